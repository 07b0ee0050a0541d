"""The address book of a person: at most fifty addresses, at most one of them the default."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

from tortoise.expressions import F

from commerce import addresses, persons, texts
from commerce.profiles import NothingToChange
from commerce.refusals import Refusal, StaleObject
from models import clock
from models.accounts import Address
from models.bounds import ADDRESSES
from models.database import execute, retrying, transaction
from models.ids import new_id
from models.sealed import seal
from policy.viewer import Viewer

# By column: what the client calls it, and how many characters it may have.
LINES: Mapping[str, tuple[str, int]] = MappingProxyType(
    {"name": ("name", 100), "street": ("street", 200), "city": ("city", 100), "postal_code": ("postalCode", 16)}
)
# What no parcel arrives without.
NEEDED = frozenset({"name", "street", "city", "country"})


class AddressNotFound(Refusal):
    """There is no such address, or it is not in the person's own book."""

    code = "ADDRESS_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("You have no such address; use the id of one from `viewer.account.addresses`.", field=("id",))


class AddressBookFull(Refusal):
    """The address book holds as many addresses as it may."""

    code = "ADDRESS_BOOK_FULL"

    def __init__(self) -> None:
        super().__init__(f"An address book holds at most {ADDRESSES} addresses. Delete one that is not needed.")


async def create(given: Mapping[str, str | None], *, is_confirmed: bool, by: Viewer) -> UUID:
    """
    Add an address to the book of the person who asks.

    Args:
        given: Texts by column. A phone number may be in its country's own form; it is kept as E.164.
        is_confirmed: Whether they confirmed that sensitive data, which an address is, is to be stored.
        by: Who asks.

    Returns:
        The address's id.

    Raises:
        NotInPerson: They are staff, a token or nobody.
        AccountCancelled: Their account was cancelled.
        TextNotValid: A text is missing, empty, too long, or no single line.
        CountryNotKnown: The country is no ISO 3166-1 code.
        PhoneNotValid: The phone number is none.
        GuardianConsentRequired: A child gives data without their guardian's consent.
        SensitiveNotConfirmed: It was not confirmed.
        AddressBookFull: There are fifty already.
    """
    account = await persons.own_account(by)
    read = _read({**dict.fromkeys(sorted(NEEDED)), **given})
    classes = persons.classes_of(Address, [column for column, text in read.items() if text is not None])
    persons.require_may_give(classes, of=account.case, is_confirmed=is_confirmed)
    address_id = new_id()
    cells: dict[str, Any] = await seal(Address, address_id, account.row.id, **read)

    async def write() -> None:
        async with transaction():
            # INVARIANT (fifty at most): the lock lets nobody add between the count and the row.
            locked = await persons.own_account(by, is_locked=True)
            persons.require_may_give(classes, of=locked.case, is_confirmed=is_confirmed)
            if await Address.filter(account_id=account.row.id).count() >= ADDRESSES:
                raise AddressBookFull
            await Address.create(id=address_id, account_id=account.row.id, created_at=clock.now(), **cells)

    await retrying(write)
    return address_id


async def update(
    address_id: UUID | None,
    changes: Mapping[str, str | None],
    *,
    expected_version: int,
    is_confirmed: bool,
    by: Viewer,
) -> UUID:
    """
    Correct or supplement an address of the person who asks (P6.1).

    The version is compared and set in one statement.

    Args:
        address_id: The address; None for an id that names none.
        changes: Texts by column; None clears the phone or the postal code. A phone number in its country's own form
            is understood if the country is given with it.
        expected_version: The version that the person has seen.
        is_confirmed: Whether they confirmed that sensitive data is to be stored.
        by: Who asks.

    Raises:
        AddressNotFound: It is not in their book.
        StaleObject: It has another version.
        NothingToChange: There are no changes.
        Refusal: As of `create`.
    """
    account = await persons.own_account(by)
    if not changes:
        raise NothingToChange
    read = _read(changes)
    classes = persons.classes_of(Address, [column for column, text in read.items() if text is not None])
    persons.require_may_give(classes, of=account.case, is_confirmed=is_confirmed)
    if address_id is None:
        raise AddressNotFound
    cells = await seal(Address, address_id, account.row.id, **read)

    async def write() -> None:
        async with transaction():
            locked = await persons.own_account(by, is_locked=True)
            persons.require_may_give(classes, of=locked.case, is_confirmed=is_confirmed)
            own = Address.filter(id=address_id, account_id=account.row.id)
            changed = await own.filter(version=expected_version).update(**cells, version=F("version") + 1)
            if not changed:
                raise StaleObject if await own.exists() else AddressNotFound

    await retrying(write)
    return address_id


async def delete(address_id: UUID | None, *, by: Viewer) -> UUID:
    """
    Delete an address of the person who asks; if it was the default, there is none until another one is chosen.

    A child may do so too without their guardian's consent: nothing is added.

    Raises:
        NotInPerson: They are staff, a token or nobody.
        AddressNotFound: It is not in their book.
    """
    person = persons.person_of(by)
    if address_id is None or not await Address.filter(id=address_id, account_id=person).delete():
        raise AddressNotFound
    return address_id


async def set_default(address_id: UUID | None, *, by: Viewer) -> UUID:
    """
    Make an address the default of the person who asks, in place of the one that was; repeating it changes nothing.

    Raises:
        NotInPerson: They are staff, a token or nobody.
        AccountCancelled: Their account was cancelled.
        GuardianConsentRequired: They are a child without their guardian's consent.
        AddressNotFound: It is not in their book.
    """
    person = persons.person_of(by)
    if address_id is None:
        raise AddressNotFound
    chosen = address_id

    async def write() -> None:
        async with transaction():
            # INVARIANT (one default): the lock lets of several who choose at once each see what the one before did.
            account = await persons.own_account(by, is_locked=True)
            persons.require_guardian_consent(account.case)
            if await Address.filter(id=chosen, account_id=person, is_default=True).exists():
                return
            # First none and then one, because no instant may have two.
            await execute(
                "UPDATE address SET is_default = false, version = version + 1 WHERE account_id = $1 AND is_default",
                person,
            )
            changed = await execute(
                "UPDATE address SET is_default = true, version = version + 1 WHERE id = $1 AND account_id = $2",
                chosen,
                person,
            )
            if not changed:
                raise AddressNotFound

    await retrying(write)
    return chosen


def _read(given: Mapping[str, str | None]) -> dict[str, str | None]:
    region = given.get("country")
    country = None if region is None else texts.country(region, field="country")
    return {column: _read_one(column, text, country) for column, text in given.items()}


def _read_one(column: str, text: str | None, country: str | None) -> str | None:
    if column == "country":
        if country is None:
            raise texts.CountryNotKnown("country")
        return country
    if text is None and column not in NEEDED:
        return None
    if column == "phone" and text is not None:
        return addresses.phone(text, region=country).text
    field, longest = LINES[column]
    return texts.line(text or "", field=field, longest=longest)
