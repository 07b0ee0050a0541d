"""The actions on the register of partners, for privacy officers."""

from datetime import date
from typing import Annotated, Any

import strawberry

from models.partners import ReviewOutcome
from models.payments import InstitutionName
from permissions.fields import mutation, part
from permissions.may_see import Info
from policy.partners import PartnerType
from policy.purposes import Purpose
from resolvers import partners
from resolvers.partners import GivenPartner
from schema.errors import UserError
from schema.partners import DataProcessingAgreement, Partner, SecurityReview
from schema.sessions import ERRORS, INPUT


def _needed(description: str) -> Any:
    return strawberry.field(description=description)


@strawberry.input(description="The partner to enter.")
class PartnerRegisterInput:
    """Input of `partnerRegister`."""

    type: PartnerType = _needed("What it does.")
    name: str = _needed("What the company is called, 1 to 120 characters; never the name of a person.")
    region: str = _needed("Where the company is, as an ISO 3166-1 code.")
    policy_url: str = _needed("The `https://` address of its own privacy policy.")
    supplier_id: strawberry.ID | None = strawberry.field(
        default=None, description="Which supplier of the catalogue it is; for suppliers, and for nobody else."
    )
    institution: InstitutionName | None = strawberry.field(
        default=None, description="Which institution of the checkout it is; for payment institutions alone."
    )
    named_by_id: strawberry.ID | None = strawberry.field(
        default=None, description="The affiliate that has named it; for who works for one, and for nobody else."
    )


@strawberry.input(description="What a partner is called from now on.")
class PartnerUpdateInput:
    """Input of `partnerUpdate`."""

    id: strawberry.ID = _needed("The partner's id.")
    name: str = _needed("What the company is called, 1 to 120 characters.")
    policy_url: str = _needed("The `https://` address of its own privacy policy.")
    expected_version: int = _needed("Its `version`, as you have read it.")


@strawberry.input(description="Which partner.")
class PartnerInput:
    """Input of `partnerSuspend` and `partnerResume`."""

    id: strawberry.ID = _needed("The partner's id.")


@strawberry.type(description="The partner, or why nothing was done.")
class PartnerPayload:
    """Payload of the mutations on partners."""

    partner: Partner | None = part("The partner as it is now; null if nothing was done.", columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


@strawberry.input(description="An agreement, as a partner has signed it.")
class AgreementSignInput:
    """Input of `agreementSign`."""

    partner_id: strawberry.ID = _needed("Who has signed it.")
    text_version: str = _needed("Which text was signed, as the contract calls it, 1 to 40 characters.")
    signed_on: date = _needed("When, today at the latest.")
    expires_on: date = _needed("The first day on which it does not hold any more, within five years.")
    region: str = _needed("Where the partner works with the data, as an ISO 3166-1 code.")
    purposes: list[Purpose] = _needed("What it may use data for: no more than partners of its type may.")


@strawberry.type(description="The agreement, or why it was not recorded.")
class AgreementSignPayload:
    """Payload of `agreementSign`."""

    agreement: DataProcessingAgreement | None = part("The agreement; null if nothing was done.", columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


@strawberry.input(description="How an examination of a partner's software ended.")
class SecurityReviewRecordInput:
    """Input of `securityReviewRecord`."""

    partner_id: strawberry.ID = _needed("Whose software was examined.")
    reviewed_on: date = _needed("When, today at the latest.")
    outcome: ReviewOutcome = _needed("How it ended.")
    expires_on: date = _needed("The first day on which it does not count any more, within two years.")


@strawberry.type(description="The examination, or why it was not recorded.")
class SecurityReviewRecordPayload:
    """Payload of `securityReviewRecord`."""

    security_review: SecurityReview | None = part("The examination; null if nothing was done.", columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


async def _register(info: Info, wanted: Annotated[PartnerRegisterInput, INPUT]) -> Any:
    given = GivenPartner(
        kind=wanted.type,
        name=wanted.name,
        region=wanted.region,
        policy_url=wanted.policy_url,
        supplier=wanted.supplier_id,
        institution=wanted.institution,
        named_by=wanted.named_by_id,
    )
    return await partners.partner_register(info.context.viewer, given)


async def _update(info: Info, wanted: Annotated[PartnerUpdateInput, INPUT]) -> Any:
    return await partners.partner_update(
        info.context.viewer,
        wanted.id,
        name=wanted.name,
        policy_url=wanted.policy_url,
        expected_version=wanted.expected_version,
    )


async def _suspend(info: Info, wanted: Annotated[PartnerInput, INPUT]) -> Any:
    return await partners.partner_suspend(info.context.viewer, wanted.id)


async def _resume(info: Info, wanted: Annotated[PartnerInput, INPUT]) -> Any:
    return await partners.partner_resume(info.context.viewer, wanted.id)


async def _sign(info: Info, wanted: Annotated[AgreementSignInput, INPUT]) -> Any:
    return await partners.agreement_sign(
        info.context.viewer,
        wanted.partner_id,
        text_version=wanted.text_version,
        signed_on=wanted.signed_on,
        expires_on=wanted.expires_on,
        region=wanted.region,
        purposes=wanted.purposes,
    )


async def _review(info: Info, wanted: Annotated[SecurityReviewRecordInput, INPUT]) -> Any:
    return await partners.security_review_record(
        info.context.viewer,
        wanted.partner_id,
        reviewed_on=wanted.reviewed_on,
        outcome=wanted.outcome,
        expires_on=wanted.expires_on,
    )


@strawberry.type
class PartnerMutations:
    """Mutations on the register, for privacy officers."""

    partner_register: PartnerPayload = mutation(
        "Enter a partner into the register; for privacy officers who have just proven who they are.",
        resolver=_register,
    )
    partner_update: PartnerPayload = mutation(
        "Change what a partner is called and where its own privacy policy is; for privacy officers.", resolver=_update
    )
    partner_suspend: PartnerPayload = mutation(
        "Stop working with a partner: its tokens are shown nobody, at once; for privacy officers.", resolver=_suspend
    )
    partner_resume: PartnerPayload = mutation(
        "Work with a suspended partner again; for privacy officers who have just proven who they are.",
        resolver=_resume,
    )
    agreement_sign: AgreementSignPayload = mutation(
        "Record an agreement that a partner has signed; for privacy officers who have just proven who they are.",
        resolver=_sign,
    )
    security_review_record: SecurityReviewRecordPayload = mutation(
        "Record how an examination of a partner's software ended; for privacy officers who have just proven who they "
        "are.",
        resolver=_review,
    )
