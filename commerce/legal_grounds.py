"""Opens and closes legal grounds, by two people each, and notes every use that is made of one (P2.9, P4.8)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from commerce import audit, step_up, texts
from commerce.refusals import Refusal
from models import clock
from models.accounts import Account, Staff
from models.database import execute, fetch, retrying, transaction
from models.ids import new_id
from models.legal_grounds import GroundState, LegalGround
from models.orders import Order
from models.partners import Partner
from models.sealed import seal
from policy.ages import AgeBand
from policy.classes import BY_NAME, CREDENTIAL, DataClass
from policy.enforcement import keeps
from policy.legal_grounds import LONGEST, GroundKind, covers_child, holds_for_sharing
from policy.partners import PartnerType
from policy.rules.rule import UNDER_GROUND
from policy.viewer import StaffRole, Viewer

LONGEST_REFERENCE = 200


class NotPrivacyOfficer(Refusal):
    """Only privacy officers with valid privacy training open and close legal grounds."""

    code = "NOT_PRIVACY_OFFICER"

    def __init__(self) -> None:
        super().__init__("Log in as a privacy officer whose privacy training is valid; nobody else can do this.")


class LegalGroundNotFound(Refusal):
    """There is no such legal ground."""

    code = "LEGAL_GROUND_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such legal ground; take one from `legalGrounds`.", field=("id",))


class LegalGroundNotValid(Refusal):
    """
    No legal ground can be opened like that.

    Args:
        remedy: What to give instead.
    """

    code = "LEGAL_GROUND_NOT_VALID"

    def __init__(self, field: str, remedy: str) -> None:
        super().__init__(remedy, field=(field,))


class LegalGroundNotPending(Refusal):
    """Somebody has looked at it before, or it would have ended by now."""

    code = "LEGAL_GROUND_NOT_PENDING"

    def __init__(self) -> None:
        super().__init__("It no longer waits for a second person. Read it again; if need be, open another one.")


class LegalGroundEnded(Refusal):
    """It is not in force, so there is nothing to revoke."""

    code = "LEGAL_GROUND_ENDED"

    def __init__(self) -> None:
        super().__init__("Only a legal ground that was approved and has not ended is revoked; reject one that waits.")


class SecondPersonNeeded(Refusal):
    """Whoever opened a legal ground, holds it, or is the person whom it is about does not approve it."""

    code = "SECOND_PERSON_NEEDED"

    def __init__(self) -> None:
        super().__init__("Ask another privacy officer to look at it: nobody approves what is their own.")


@dataclass(frozen=True, slots=True)
class GroundFor:
    """Whom a ground is for: exactly one of a member of staff, all of a role, or a partner."""

    staff: UUID | None = None
    role: StaffRole | None = None
    partner: UUID | None = None


@dataclass(frozen=True, slots=True)
class WantedGround:
    """
    What an officer asks a second one to approve.

    Args:
        case_reference: What the case is called where it is kept, such as a court's file number.
        account: Whose data; None where an order says it, or for an id that names none.
        order: The one order whose data, and whose recipient's, it is about; None for all data of the account.
        classes: What may be seen.
        valid_from: None for at once.
        protects_subject: Whether the life or property in danger is that of the person themselves.
        carries_abroad: Whether the law lets the data leave the person's region.
        is_kept_from_subject: Whether the law forbids to tell the person while the ground lasts.
    """

    kind: GroundKind
    case_reference: str = field(repr=False)
    account: UUID | None
    order: UUID | None
    holder: GroundFor
    classes: frozenset[DataClass]
    valid_until: datetime
    valid_from: datetime | None = None
    protects_subject: bool = False
    carries_abroad: bool = False
    is_kept_from_subject: bool = False


async def open_ground(wanted: WantedGround, *, by: Viewer) -> UUID:
    """
    Put a legal ground before a second officer; until they approve it, it opens nothing (P2.9).

    Returns:
        The ground.

    Raises:
        NotPrivacyOfficer, StepUpRequired: The viewer may not.
        LegalGroundNotValid, TextNotValid: It cannot be opened like that.
    """
    officer = require_officer(by)
    await step_up.require(by=by)
    reference = texts.line(wanted.case_reference, field="caseReference", longest=LONGEST_REFERENCE)
    begins = wanted.valid_from or clock.now()
    require_bounded(begins, wanted.valid_until)
    account = await _subject(wanted)
    if account.id == officer:
        raise SecondPersonNeeded
    for_child = covers_child(wanted.kind, protects_subject=wanted.protects_subject)
    require_fitting(wanted, is_child=account.age_band is AgeBand.CHILD, for_child=for_child)
    await _require_holder(wanted.holder)
    ground_id = new_id()
    cells: dict[str, Any] = await seal(LegalGround, ground_id, account.id, case_reference=reference)
    names = sorted(data_class.name for data_class in wanted.classes)
    async with transaction():
        await LegalGround.create(
            id=ground_id,
            kind=wanted.kind,
            **cells,
            account_id=account.id,
            order_id=wanted.order,
            viewer_account_id=wanted.holder.staff,
            viewer_role=wanted.holder.role,
            viewer_partner_id=wanted.holder.partner,
            classes=names,
            covers_child=for_child,
            carries_abroad=wanted.carries_abroad,
            is_kept_from_subject=wanted.is_kept_from_subject,
            valid_from=begins,
            valid_until=wanted.valid_until,
            state=GroundState.PENDING,
            opened_by_id=officer,
            opened_at=clock.now(),
        )
        changes = {"state": (None, GroundState.PENDING), "classes": (None, names)}
        await audit.record("legalGroundOpen", LegalGround, ground_id, changes, by=by)
    return ground_id


async def approve(ground_id: UUID | None, *, by: Viewer) -> UUID:
    """
    Put a ground into force; of two officers at once, one does.

    Raises:
        NotPrivacyOfficer, StepUpRequired: The viewer may not.
        LegalGroundNotFound, SecondPersonNeeded, LegalGroundNotPending: It is not for them to approve, or not now.
    """
    officer = require_officer(by)
    await step_up.require(by=by)
    found = await _found(ground_id, by)
    require_second(officer, {found.opened_by_id, found.account_id, found.viewer_account_id})
    instant = clock.now()

    async def write() -> None:
        async with transaction():
            # INVARIANT (approved once): of all who would approve or reject it, the one that changes its state goes on.
            changed = await execute(
                """UPDATE legal_ground SET state = 'APPROVED', approved_by_id = $2, approved_at = $3
                WHERE id = $1 AND state = 'PENDING' AND valid_until > $3""",
                found.id,
                officer,
                instant,
            )
            if not changed:
                raise LegalGroundNotPending
            changes = {"state": (GroundState.PENDING, GroundState.APPROVED)}
            await audit.record("legalGroundApprove", LegalGround, found.id, changes, by=by)

    await retrying(write)
    return found.id


async def reject(ground_id: UUID | None, *, by: Viewer) -> UUID:
    """
    Close a ground that waits; whoever opened it may take it back so.

    Raises:
        NotPrivacyOfficer, LegalGroundNotFound, LegalGroundNotPending: Nothing was changed.
    """
    require_officer(by)
    found = await _found(ground_id, by)
    await _close(found.id, GroundState.PENDING, GroundState.REJECTED, LegalGroundNotPending, by)
    return found.id


async def revoke(ground_id: UUID | None, *, by: Viewer) -> UUID:
    """
    End a ground before its time; from the next operation on it opens nothing, on every worker.

    Raises:
        NotPrivacyOfficer, LegalGroundNotFound, LegalGroundEnded: Nothing was changed.
    """
    require_officer(by)
    found = await _found(ground_id, by)
    await _close(found.id, GroundState.APPROVED, GroundState.REVOKED, LegalGroundEnded, by)
    return found.id


async def note_uses(uses: Mapping[UUID, Collection[str]], *, by: Viewer, operation: str | None) -> None:
    """
    Note that data was cleared for the viewer by grounds alone, in one statement for all grounds (P2.9).

    Args:
        uses: The names of the classes, by ground.
        operation: The name of the operation, as its document gives it.
    """
    viewer = by.account if by.staff is not None else by.partner
    await execute(
        """INSERT INTO legal_ground_use (id, ground_id, viewer_id, classes, operation, used_at)
        SELECT u.id, u.ground_id, $3, to_jsonb(string_to_array(u.classes, ' ')), $5, $6
        FROM unnest($1::uuid[], $2::uuid[], $4::text[]) AS u(id, ground_id, classes)""",
        [new_id() for _ in uses],
        list(uses),
        viewer,
        [" ".join(sorted(names)) for names in uses.values()],
        operation and operation[:64],
        clock.now(),
    )


def require_officer(by: Viewer) -> UUID:
    """
    Tell which account opens and closes grounds.

    Raises:
        NotPrivacyOfficer: It is none's who may.
    """
    if by.staff is not StaffRole.PRIVACY_OFFICER or not by.is_trained or by.account is None:
        raise NotPrivacyOfficer
    return by.account


@keeps("P2.9", otherwise=None)
def require_second(officer: UUID, involved: Collection[UUID | None]) -> None:
    """
    Refuse that anybody approves a ground which is their own in any way (P2.9).

    Raises:
        SecondPersonNeeded: The officer is involved.
    """
    if officer in involved:
        raise SecondPersonNeeded


@keeps("P2.9", otherwise=None)
def require_bounded(begins: datetime, ends: datetime) -> None:
    """
    Refuse a ground that does not end, or has ended already (P2.9).

    Raises:
        LegalGroundNotValid: It lasts longer than `LONGEST`.
    """
    if begins.tzinfo is None or ends.tzinfo is None:
        raise LegalGroundNotValid("validUntil", "Give instants with their offset, such as `2026-01-31T12:00:00Z`.")
    if not max(begins, clock.now()) < ends <= begins + LONGEST:
        raise LegalGroundNotValid(
            "validUntil",
            f"A legal ground ends later than it begins and than now, and after {LONGEST.days} days at most.",
        )


def require_fitting(wanted: WantedGround, *, is_child: bool, for_child: bool) -> None:
    """
    Refuse a ground of a kind that opens nothing to such a viewer, of such a person (P2.9, P4.8, P7.3).

    Raises:
        LegalGroundNotValid: Names what does not fit.
    """
    if not wanted.classes or not wanted.classes <= frozenset(BY_NAME.values()) - {CREDENTIAL}:
        raise LegalGroundNotValid("classes", "Name at least one class of data; credentials are shown to nobody.")
    if wanted.holder.partner is not None and not holds_for_sharing(wanted.kind):
        raise LegalGroundNotValid("kind", "This kind lets data be used here, and not be given to a partner.")
    if is_child and not for_child:
        raise LegalGroundNotValid("kind", "A child's data is opened by the law, or for the child's own protection.")
    if wanted.is_kept_from_subject and not wanted.kind.law.may_be_kept_from_subject:
        raise LegalGroundNotValid("isKeptFromSubject", "No law of this kind forbids to tell the person.")
    if wanted.carries_abroad and not (wanted.holder.partner is not None and wanted.kind.law.may_carry_abroad):
        raise LegalGroundNotValid("carriesAbroad", "Only what an authority demands for a partner goes abroad so.")


async def _subject(wanted: WantedGround) -> Account:
    if wanted.order is not None:
        order = await Order.get_or_none(id=wanted.order)
        account_id = order and order.buyer_id
    else:
        account_id = wanted.account
    account = await Account.get_or_none(id=account_id) if account_id is not None else None
    if account is None:
        raise LegalGroundNotValid("about", "There is no such person or order; give an id from an earlier answer.")
    return account


async def _require_holder(holder: GroundFor) -> None:
    if [holder.staff, holder.role, holder.partner].count(None) != 2:
        raise ValueError("A ground is for exactly one of a member of staff, a role, or a partner.")
    if holder.partner is not None:
        partner = await Partner.get_or_none(id=holder.partner)
        if partner is None or PartnerType[partner.kind].party not in UNDER_GROUND:
            raise LegalGroundNotValid("holder", "Name a partner that controls risks or checks identities.")
    role = holder.role
    if holder.staff is not None:
        member = await Staff.get_or_none(account_id=holder.staff)
        role = member.role if member is not None else StaffRole.AUDITOR
    if role is StaffRole.AUDITOR:
        raise LegalGroundNotValid("holder", "Name somebody of the staff; auditors act under no legal ground.")


async def _found(ground_id: UUID | None, by: Viewer) -> LegalGround:
    seen = await LegalGround.visible_to(by).where(id=ground_id).one() if ground_id is not None else None
    if seen is None:
        raise LegalGroundNotFound
    return seen.row


async def _close(ground_id: UUID, before: GroundState, after: GroundState, refusal: type[Refusal], by: Viewer) -> None:
    instant = clock.now()

    async def write() -> None:
        async with transaction():
            changed = await fetch(
                """UPDATE legal_ground SET state = $3, closed_at = $4
                WHERE id = $1 AND state = $2 AND (state = 'PENDING' OR valid_until > $4) RETURNING id""",
                ground_id,
                before.value,
                after.value,
                instant,
            )
            if not changed:
                raise refusal()  # pyright: ignore[reportCallIssue]  # each says its sentence itself
            action = "legalGroundReject" if after is GroundState.REJECTED else "legalGroundRevoke"
            await audit.record(action, LegalGround, ground_id, {"state": (before, after)}, by=by)

    await retrying(write)
