"""What people change about themselves: their profile and their address book."""

from typing import Annotated, Any

import strawberry

from permissions.fields import mutation, part
from permissions.may_see import Info
from resolvers import profiles
from schema.errors import UserError
from schema.users import Address, UserProfile

_VERSION = "The `version` that you have read; if it has changed since, nothing is done."
_CONFIRMS = (
    "That the person was told what sensitive data is used for, and wants it stored. "
    "Sensitive is {what}, and whatever a child gives."
)
_INPUT = strawberry.argument(name="input", description="What is wanted.")
_ERRORS = "Why it was refused; empty if it was done."


def _given(description: str) -> Any:
    return strawberry.field(default=strawberry.UNSET, description=description)


def _needed(description: str) -> Any:
    return strawberry.field(description=description)


def _confirmation(what: str) -> Any:
    return strawberry.field(default=False, description=_CONFIRMS.format(what=what))


@strawberry.input(description="What to change of a profile: null clears a field, and what is left out stays as it is.")
class ProfileUpdateInput:
    """Input of `profileUpdate`."""

    expected_version: int = _needed(_VERSION)
    name: str | None = _given("The person's name, of at most 100 characters.")
    gender: str | None = _given("The person's gender in their own words, of at most 50 characters.")
    nationality: str | None = _given("The nationality, as an ISO 3166-1 code of two letters.")
    identity_document: str | None = _given("The number of an identity document, of at most 64 characters; sensitive.")
    payment_account: str | None = _given("The account for payments and refunds, of at most 64 characters; sensitive.")
    contact_person: str | None = _given("Whom to ask for, if not the person; at most 200 characters.")
    confirms_sensitive: bool = _confirmation("an identity document, a payment account")


@strawberry.input(description="An address to add to one's address book.")
class AddressCreateInput:
    """Input of `addressCreate`."""

    name: str = _needed("Who lives or works there, in at most 100 characters.")
    street: str = _needed("Street, house and what else the courier needs, in at most 200 characters.")
    city: str = _needed("City or place, in at most 100 characters.")
    country: str = _needed("The country, as an ISO 3166-1 code of two letters.")
    postal_code: str | None = _given("Postal code as the country writes it, of at most 16 characters.")
    phone: str | None = _given("Whom the courier calls: with country code, or as it is written in that country.")
    confirms_sensitive: bool = _confirmation("an address")


@strawberry.input(description="What to change of an address: what is left out stays as it is.")
class AddressUpdateInput:
    """Input of `addressUpdate`."""

    id: strawberry.ID = _needed("The address's id.")
    expected_version: int = _needed(_VERSION)
    name: str | None = _given("Who lives or works there, in at most 100 characters; not null.")
    street: str | None = _given("Street, house and what else the courier needs, in at most 200 characters; not null.")
    city: str | None = _given("City or place, in at most 100 characters; not null.")
    country: str | None = _given("The country, as an ISO 3166-1 code of two letters; not null.")
    postal_code: str | None = _given("Postal code as the country writes it, of at most 16 characters; null clears it.")
    phone: str | None = _given(
        "Whom the courier calls: with country code, or as it is written in the `country` given here; null clears it."
    )
    confirms_sensitive: bool = _confirmation("an address")


@strawberry.input(description="Which address to delete.")
class AddressDeleteInput:
    """Input of `addressDelete`."""

    id: strawberry.ID = _needed("The address's id.")


@strawberry.input(description="Which address is to be the default.")
class AddressDefaultSetInput:
    """Input of `addressDefaultSet`."""

    id: strawberry.ID = _needed("The address's id.")


@strawberry.type(description="The changed profile, or why it was not changed.")
class ProfileUpdatePayload:
    """Payload of `profileUpdate`."""

    profile: UserProfile | None = part("The profile as it is now; null if nothing was done.", columns=("object",))
    user_errors: list[UserError] = part(_ERRORS)


@strawberry.type(description="The new address, or why it was not added.")
class AddressCreatePayload:
    """Payload of `addressCreate`."""

    address: Address | None = part("The address; null if nothing was done.", columns=("object",))
    user_errors: list[UserError] = part(_ERRORS)


@strawberry.type(description="The changed address, or why it was not changed.")
class AddressUpdatePayload:
    """Payload of `addressUpdate`."""

    address: Address | None = part("The address as it is now; null if nothing was done.", columns=("object",))
    user_errors: list[UserError] = part(_ERRORS)


@strawberry.type(description="The id of the deleted address, or why it was not deleted.")
class AddressDeletePayload:
    """Payload of `addressDelete`."""

    deleted_id: strawberry.ID | None = part(
        "The id that the address had; null if nothing was done.", columns=("object",)
    )
    user_errors: list[UserError] = part(_ERRORS)


@strawberry.type(description="The new default address, or why it did not become that.")
class AddressDefaultSetPayload:
    """Payload of `addressDefaultSet`."""

    address: Address | None = part("The address as it is now; null if nothing was done.", columns=("object",))
    user_errors: list[UserError] = part(_ERRORS)


def _texts(wanted: Any, *names: str) -> dict[str, str | None]:
    return {name: text for name in names if (text := getattr(wanted, name)) is not strawberry.UNSET}


async def _profile_update(info: Info, wanted: Annotated[ProfileUpdateInput, _INPUT]) -> Any:
    changes = _texts(wanted, "name", "gender", "nationality", "identity_document", "payment_account", "contact_person")
    return await profiles.profile_update(
        info.context.viewer,
        changes,
        expected_version=wanted.expected_version,
        is_confirmed=wanted.confirms_sensitive,
    )


async def _address_create(info: Info, wanted: Annotated[AddressCreateInput, _INPUT]) -> Any:
    given = _texts(wanted, "name", "street", "city", "country", "postal_code", "phone")
    return await profiles.address_create(info.context.viewer, given, is_confirmed=wanted.confirms_sensitive)


async def _address_update(info: Info, wanted: Annotated[AddressUpdateInput, _INPUT]) -> Any:
    return await profiles.address_update(
        info.context.viewer,
        wanted.id,
        _texts(wanted, "name", "street", "city", "country", "postal_code", "phone"),
        expected_version=wanted.expected_version,
        is_confirmed=wanted.confirms_sensitive,
    )


async def _address_delete(info: Info, wanted: Annotated[AddressDeleteInput, _INPUT]) -> Any:
    return await profiles.address_delete(info.context.viewer, wanted.id)


async def _address_default_set(info: Info, wanted: Annotated[AddressDefaultSetInput, _INPUT]) -> Any:
    return await profiles.address_default_set(info.context.viewer, wanted.id)


@strawberry.type
class ProfileMutations:
    """Mutations by which people change what is held about them."""

    profile_update: ProfileUpdatePayload = mutation(
        "Correct or supplement your own profile. The birth date is corrected by `birthDateCorrect`.",
        resolver=_profile_update,
    )
    address_create: AddressCreatePayload = mutation(
        "Add an address to your address book, which holds at most 50.", resolver=_address_create
    )
    address_update: AddressUpdatePayload = mutation("Correct an address of yours.", resolver=_address_update)
    address_delete: AddressDeletePayload = mutation(
        "Delete an address of yours; if it was the default, there is none until you choose one.",
        resolver=_address_delete,
    )
    address_default_set: AddressDefaultSetPayload = mutation(
        "Make an address of yours the one to begin with, in place of the one that was.", resolver=_address_default_set
    )
