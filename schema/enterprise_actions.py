"""What an account says of its company, and of those who act for it."""

from typing import Annotated, Any

import strawberry

from models.enterprises import ContactRole
from permissions.fields import mutation, part
from permissions.may_see import Info
from resolvers import enterprises
from resolvers.enterprises import Attestation, Contact
from schema.checkout import AttestationInput
from schema.enterprise_verifications import EnterpriseVerification
from schema.enterprises import Enterprise, EnterpriseContact
from schema.enums import described
from schema.errors import UserError
from schema.sessions import ERRORS, INPUT

strawberry.enum(ContactRole, name="EnterpriseContactRole")
described(
    ContactRole,
    "As what somebody acts for a company.",
    {
        ContactRole.LEGAL_REPRESENTATIVE: "Its legal representative.",
        ContactRole.PERSON_IN_CHARGE: "Whoever is in charge of it.",
        ContactRole.DIRECTOR: "A director.",
        ContactRole.AGENT: "Somebody whom it has appointed.",
    },
)


def _given(description: str) -> Any:
    return strawberry.field(default=None, description=description)


@strawberry.input(description="Which company your account is of.")
class EnterpriseRegisterInput:
    """Input of `enterpriseRegister`."""

    name: str = strawberry.field(description="Its name as it is registered, of at most 200 characters.")
    registration_number: str = strawberry.field(description="By which its register knows it, of at most 64 characters.")


@strawberry.type(description="The company, or why it was not registered.")
class EnterpriseRegisterPayload:
    """Payload of `enterpriseRegister`."""

    enterprise: Enterprise | None = part("The company; null if nothing was done.", columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


@strawberry.input(description="Who acts for your company.")
class EnterpriseContactAddInput:
    """Input of `enterpriseContactAdd`."""

    role: ContactRole = strawberry.field(description="As what.")
    is_self: bool = strawberry.field(description="Whether it is you; for anybody else `attestation` is needed.")
    name: str = strawberry.field(description="The person's name, of at most 100 characters.")
    email: str | None = _given("Their e-mail address; this or `phone` is needed, so that they can see and object.")
    phone: str | None = _given("Their phone number, with its country code or in the form of `@inContext`'s country.")
    identity_document: str | None = _given("The number of an identity document, of at most 64 characters; sensitive.")
    attestation: AttestationInput | None = _given("Your word for somebody who is not you.")
    is_child: bool = strawberry.field(default=False, description="Whether they are a child.")
    guardian_consent_attested: bool = strawberry.field(
        default=False, description="That a child's guardian has consented; without it a child is refused."
    )
    confirms_sensitive: bool = strawberry.field(
        default=False, description="That it was said what an identity document is used for, and it is to be stored."
    )


@strawberry.type(description="Who acts for your company, or why they were not added.")
class EnterpriseContactAddPayload:
    """Payload of `enterpriseContactAdd`."""

    contact: EnterpriseContact | None = part("The contact; null if nothing was done.", columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


@strawberry.input(
    description="With whom your company is to be checked. Its name and number go to the provider, with the name, the "
    "document and the phone number that you gave of them."
)
class EnterpriseVerifyInput:
    """Input of `enterpriseVerify`: what the check takes is held already (P1.4)."""

    contact_id: strawberry.ID = strawberry.field(description="A contact of the role `LEGAL_REPRESENTATIVE`.")
    attestation: AttestationInput | None = _given("Your word that they agree to the check, if they are not you.")


@strawberry.type(description="The check, or why none was begun.")
class EnterpriseVerifyPayload:
    """Payload of `enterpriseVerify`."""

    verification: EnterpriseVerification | None = part(
        "The check as it stands; null if nothing was done.", columns=("object",)
    )
    user_errors: list[UserError] = part(ERRORS)


@strawberry.input(description="Who does not act for your company any more.")
class EnterpriseContactRemoveInput:
    """Input of `enterpriseContactRemove`."""

    id: strawberry.ID = strawberry.field(description="The contact's id.")


@strawberry.type(description="The id of whoever was removed, or why they were not.")
class EnterpriseContactRemovePayload:
    """Payload of `enterpriseContactRemove`."""

    removed_id: strawberry.ID | None = part(
        "The id that the contact had; null if nothing was done.", columns=("object",)
    )
    user_errors: list[UserError] = part(ERRORS)


async def _register(info: Info, wanted: Annotated[EnterpriseRegisterInput, INPUT]) -> Any:
    return await enterprises.enterprise_register(info.context.viewer, wanted.name, wanted.registration_number)


async def _add(info: Info, wanted: Annotated[EnterpriseContactAddInput, INPUT]) -> Any:
    word = wanted.attestation
    contact = Contact(
        is_self=wanted.is_self,
        role=wanted.role,
        name=wanted.name,
        email=wanted.email,
        phone=wanted.phone,
        identity_document=wanted.identity_document,
        region=info.context.asked_in.country,
        is_child=wanted.is_child,
    )
    attestation = Attestation(
        is_authorised=word is not None and word.is_authorised,
        policy_version=word.policy_version if word is not None else None,
        guardian_consents=wanted.guardian_consent_attested,
    )
    return await enterprises.enterprise_contact_add(
        info.context.viewer, contact, attestation, is_confirmed=wanted.confirms_sensitive
    )


async def _verify(info: Info, wanted: Annotated[EnterpriseVerifyInput, INPUT]) -> Any:
    word = wanted.attestation
    attestation = Attestation(
        is_authorised=word is not None and word.is_authorised,
        policy_version=word.policy_version if word is not None else None,
    )
    return await enterprises.enterprise_verify(info.context.viewer, wanted.contact_id, attestation)


async def _remove(info: Info, wanted: Annotated[EnterpriseContactRemoveInput, INPUT]) -> Any:
    return await enterprises.enterprise_contact_remove(info.context.viewer, wanted.id)


@strawberry.type
class EnterpriseMutations:
    """Mutations of accounts that are of a company."""

    enterprise_register: EnterpriseRegisterPayload = mutation(
        "Say which company your account is of; once.", resolver=_register
    )
    enterprise_contact_add: EnterpriseContactAddPayload = mutation(
        "Give the details of somebody who acts for your company. They are theirs: whoever proves that the phone or "
        "e-mail address is theirs sees them, and can object.",
        resolver=_add,
    )
    enterprise_verify: EnterpriseVerifyPayload = mutation(
        "Have your company's licence checked, together with who represents it by law. Consent to "
        "`IDENTITY_VERIFICATION` first.",
        resolver=_verify,
    )
    enterprise_contact_remove: EnterpriseContactRemovePayload = mutation(
        "Remove somebody who does not act for your company any more; what was given of them is erased.",
        resolver=_remove,
    )
