"""The actions on legal grounds, for privacy officers."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from permissions.fields import mutation, part
from permissions.may_see import Info
from policy.legal_grounds import GroundKind
from policy.viewer import StaffRole
from resolvers import legal_grounds
from resolvers.legal_grounds import Given
from schema.errors import UserError
from schema.legal_grounds import LegalGround, PersonalDataClass
from schema.sessions import ERRORS, INPUT


@strawberry.input(one_of=True, description="Whose data it is about: exactly one of these.")
class LegalGroundAbout:
    """Part of the input of `legalGroundOpen`."""

    account_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="All data of this account's person."
    )
    order_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The data of this order, and of whom it goes to."
    )


@strawberry.input(one_of=True, description="Whom it is for: exactly one of these.")
class LegalGroundHolder:
    """Part of the input of `legalGroundOpen`."""

    staff_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="One member of staff, by their `viewer.staffId`."
    )
    role: StaffRole | None = strawberry.field(
        default=strawberry.UNSET, description="All members of staff in a role other than the auditors'."
    )
    partner_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="A partner that controls risks or checks identities; see `partners`."
    )


@strawberry.input(description="The legal ground to put before a second privacy officer.")
class LegalGroundOpenInput:
    """Input of `legalGroundOpen`."""

    kind: GroundKind = strawberry.field(description="Which of the ten situations it is.")
    case_reference: str = strawberry.field(
        description="What the case is called where it is kept, such as a court's file number; 1 to 200 characters."
    )
    about: LegalGroundAbout = strawberry.field(description="Whose data it is about.")
    holder: LegalGroundHolder = strawberry.field(description="Whom it is for.")
    classes: list[PersonalDataClass] = strawberry.field(description="What may be seen: the least that the case needs.")
    valid_from: datetime | None = strawberry.field(default=None, description="When it begins; null for at once.")
    valid_until: datetime = strawberry.field(description="When it ends: 30 days after it begins at the latest.")
    protects_subject: bool = strawberry.field(
        default=False, description="Whether the life or property in danger is that of the person themselves."
    )
    is_kept_from_subject: bool = strawberry.field(
        default=False, description="Whether the law forbids to tell the person while it lasts."
    )


@strawberry.input(description="Which legal ground.")
class LegalGroundInput:
    """Input of the mutations on one ground."""

    id: strawberry.ID = strawberry.field(description="The ground's id.")


@strawberry.type(description="The legal ground, or why nothing was done.")
class LegalGroundPayload:
    """Payload of the mutations on grounds."""

    legal_ground: LegalGround | None = part("The ground as it is now; null if nothing was done.", columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


def _given(value: Any) -> Any:
    return None if value is strawberry.UNSET else value


async def _open(info: Info, wanted: Annotated[LegalGroundOpenInput, INPUT]) -> Any:
    given = Given(
        kind=wanted.kind,
        case_reference=wanted.case_reference,
        account=_given(wanted.about.account_id),
        order=_given(wanted.about.order_id),
        staff=_given(wanted.holder.staff_id),
        role=_given(wanted.holder.role),
        partner=_given(wanted.holder.partner_id),
        classes=[each.name for each in wanted.classes],
        valid_from=wanted.valid_from,
        valid_until=wanted.valid_until,
        protects_subject=wanted.protects_subject,
        is_kept_from_subject=wanted.is_kept_from_subject,
    )
    return await legal_grounds.legal_ground_open(info.context.viewer, given)


async def _approve(info: Info, wanted: Annotated[LegalGroundInput, INPUT]) -> Any:
    return await legal_grounds.legal_ground_approve(info.context.viewer, wanted.id)


async def _reject(info: Info, wanted: Annotated[LegalGroundInput, INPUT]) -> Any:
    return await legal_grounds.legal_ground_reject(info.context.viewer, wanted.id)


async def _revoke(info: Info, wanted: Annotated[LegalGroundInput, INPUT]) -> Any:
    return await legal_grounds.legal_ground_revoke(info.context.viewer, wanted.id)


@strawberry.type
class LegalGroundMutations:
    """Mutations on legal grounds, for privacy officers."""

    legal_ground_open: LegalGroundPayload = mutation(
        "Put a legal ground before a second privacy officer; for privacy officers who have just proven who they are.",
        resolver=_open,
    )
    legal_ground_approve: LegalGroundPayload = mutation(
        "Put a legal ground into force that another officer opened; for privacy officers who have just proven who they "
        "are, and are not involved.",
        resolver=_approve,
    )
    legal_ground_reject: LegalGroundPayload = mutation(
        "Turn down a legal ground that waits, or take it back; for privacy officers.", resolver=_reject
    )
    legal_ground_revoke: LegalGroundPayload = mutation(
        "End a legal ground before its time, at once; for privacy officers.", resolver=_revoke
    )
