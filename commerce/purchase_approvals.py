"""Guardians set a limit for orders of their ward, and approve or refuse what costs more (P7.4)."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from commerce import outbox, persons, throttling
from commerce.identity_verifications import require_verified
from commerce.outbox import Event, Topic
from commerce.refusals import Refusal
from commerce.throttling import Rate
from models import clock, database
from models.accounts import Account
from models.bands import is_under_age
from models.database import retrying, transaction
from models.guardianships import Guardianship, GuardianshipState
from models.ids import new_id
from models.money import Money
from models.purchase_approvals import ApprovalState, PurchaseApproval
from models.secrets import derive
from policy.enforcement import keeps
from policy.parties import Party
from policy.viewer import Viewer

LIFE = timedelta(days=3)
# Each question is a message to the guardian.
PER_MINOR = Rate("guardian.purchase", burst=10, interval=timedelta(minutes=10))


class GuardianApprovalRequired(Refusal):
    """The order is above the limit that the guardian set, and they were asked; nothing was ordered."""

    code = "GUARDIAN_APPROVAL_REQUIRED"

    def __init__(self, approval: UUID) -> None:
        super().__init__(
            "This is above the limit that your guardian set, and they are asked. Send the same checkout again once "
            "they have approved it; you are told by a message.",
            approval=approval,
        )


class PurchaseRefused(Refusal):
    """The guardian has refused this purchase."""

    code = "PURCHASE_REFUSED"

    def __init__(self) -> None:
        super().__init__("Your guardian has refused this purchase. Talk to them, or change what is in the cart.")


class ApprovalNotFound(Refusal):
    """There is no such purchase to decide on, or it is none of the viewer's wards'."""

    code = "APPROVAL_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("You have no such purchase to decide on. See `purchaseApprovals` of your ward.", field=("id",))


class ApprovalNotPending(Refusal):
    """The purchase was decided on otherwise, or too much time has passed."""

    code = "APPROVAL_NOT_PENDING"

    def __init__(self) -> None:
        super().__init__("This purchase no longer waits for you. Your ward can send the checkout again.", field=("id",))


class ApprovalMissing(Exception):
    """An order that was about to be written needs an approval that is not there; the caller asks for it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One line of a purchase."""

    variant_id: UUID
    title: str
    quantity: int
    unit_price: Money


@dataclass(frozen=True, slots=True)
class Purchase:
    """What a minor is about to buy; from no cart where it was named line by line."""

    cart_id: UUID | None
    total: Money
    lines: Sequence[Wanted]

    @property
    def index(self) -> bytes:
        """Tell it from every other purchase, and say nothing of it."""
        cart = "" if self.cart_id is None else self.cart_id.hex
        parts = [cart, str(self.total.amount_minor), self.total.currency]
        for line in self.lines:
            parts += [line.variant_id.hex, str(line.quantity), str(line.unit_price.amount_minor)]
        return hmac.digest(derive("purchase approvals"), " ".join(parts).encode(), hashlib.sha256)


@keeps("P7.4", otherwise=False)
def is_above(total: Money, limit: Money | None) -> bool:
    """Tell whether an order needs the guardian's approval (P7.4); in another currency than the limit it always does."""
    return limit is not None and (total.currency != limit.currency or total.amount_minor > limit.amount_minor)


async def set_limit(ward_id: UUID | None, limit: Money | None, *, by: Viewer) -> UUID:
    """
    Set the total above which a ward's orders need approval; what was placed before goes on.

    Args:
        ward_id: The ward's account; None for an id that names none.
        limit: None for no limit.
        by: The guardian.

    Returns:
        The ward's account.

    Raises:
        WardNotFound: There is no such account, or they are not its guardian.
        VerificationRequired: Nobody has verified that the guardian is an adult.
    """
    person = persons.person_of(by)
    ward = await Account.visible_to(by).where(id=ward_id).one() if ward_id is not None else None
    if ward is None or by.party_to(ward.case) is not Party.GUARDIAN:
        raise persons.WardNotFound
    await require_verified(person)

    async def write() -> None:
        async with transaction():
            if not await _is_ward(ward.row.id, of=person):
                raise persons.WardNotFound
            await Guardianship.filter(minor_id=ward.row.id, guardian_id=person, state=GuardianshipState.ACTIVE).update(
                purchase_limit_minor=limit and limit.amount_minor, purchase_limit_currency=limit and limit.currency
            )

    await retrying(write)
    return ward.row.id


async def find(purchase: Purchase, minor_id: UUID) -> UUID | None:
    """
    Find the approval by which a purchase may go on; None if it needs none.

    An approval whose order was never paid counts once more. Within the transaction of the order, which has locked the
    minor's account, what this finds stays so.

    Raises:
        ApprovalMissing: It needs one, and there is none.
    """
    if not is_above(purchase.total, await _limit(minor_id)):
        return None
    rows = await database.fetch(
        """SELECT a.id FROM purchase_approval a LEFT JOIN "order" o ON o.id = a.order_id
        WHERE a.minor_id = $1 AND a.contents_index = $2 AND a.expires_at > $3
            AND (a.state = 'APPROVED' OR a.state = 'USED' AND o.status = 'CANCELLED' AND o.paid_at IS NULL)
        ORDER BY a.id DESC LIMIT 1""",
        minor_id,
        purchase.index,
        clock.now(),
    )
    if not rows:
        raise ApprovalMissing
    return rows[0]["id"]


async def spend(approval_id: UUID, order_id: UUID) -> None:
    """Note in the transaction of an order which approval it goes by."""
    await database.execute(
        "UPDATE purchase_approval SET state = 'USED', order_id = $2 WHERE id = $1", approval_id, order_id
    )


async def ask(purchase: Purchase, *, by: Viewer, unless: Callable[[], Awaitable[bool]]) -> None:
    """
    Ask the guardian of whoever buys, once for each purchase; returns if by now none has to be asked.

    One question is open at a time: another purchase takes the place of the one before. What is promised to nobody stays
    in the shop; neither goods nor a recipient's data are kept for it.

    Args:
        purchase: What is to be bought.
        by: Who buys.
        unless: Tells, under the lock of the minor's account, whether it has been bought meanwhile.

    Raises:
        GuardianApprovalRequired: The guardian is asked, now or by an earlier attempt.
        PurchaseRefused: They have refused just this.
        TooManyAttempts: They were asked too often.
    """
    person = persons.person_of(by)

    async def write() -> UUID | None:
        now = clock.now()
        async with transaction():
            account = await persons.own_account(by, is_locked=True)
            with suppress(ApprovalMissing):
                await find(purchase, person)
                return None
            if await unless():
                return None
            newest = (
                await PurchaseApproval.filter(minor_id=person, contents_index=purchase.index, expires_at__gt=now)
                .order_by("-id")
                .first()
            )
            if newest is not None and newest.state is ApprovalState.REFUSED:
                raise PurchaseRefused
            if newest is not None and newest.state is ApprovalState.PENDING:
                return newest.id
            await throttling.attempt(PER_MINOR, person.bytes)
            await _make_room(person)
            approval = await PurchaseApproval.create(
                id=new_id(),
                minor_id=person,
                state=ApprovalState.PENDING,
                contents_index=purchase.index,
                lines=[{"title": line.title, "quantity": line.quantity} for line in purchase.lines],
                currency=purchase.total.currency,
                total_minor=purchase.total.amount_minor,
                created_at=now,
                expires_at=now + LIFE,
            )
            assert account.case.guardian is not None, "a limit is a guardian's"
            await outbox.enqueue(Event(Topic.PURCHASE_ASKED, {"account": account.case.guardian, "at": now}))
            return approval.id

    waiting = await retrying(write)
    if waiting is not None:
        raise GuardianApprovalRequired(waiting)


async def decide(approval_id: UUID | None, *, is_approved: bool, by: Viewer) -> UUID:
    """
    Approve or refuse a purchase of a ward, once; saying the same again changes nothing.

    Approved, it can be ordered for three days, at this total and with these lines; refused, it is not asked for again
    that long.

    Returns:
        The approval's id.

    Raises:
        ApprovalNotFound: There is none, or they are not the guardian.
        ApprovalNotPending: It was decided otherwise, replaced, or has expired.
        VerificationRequired: It is approved, and nobody has verified that the guardian is an adult.
    """
    person = persons.person_of(by)
    seen = await PurchaseApproval.visible_to(by).where(id=approval_id).one() if approval_id is not None else None
    if seen is None or by.party_to(seen.case) is not Party.GUARDIAN:
        raise ApprovalNotFound
    if is_approved:
        await require_verified(person)
    wanted = ApprovalState.APPROVED if is_approved else ApprovalState.REFUSED

    async def write() -> None:
        now = clock.now()
        async with transaction():
            if not await _is_ward(seen.row.minor_id, of=person):
                raise ApprovalNotFound
            # INVARIANT (decided once): of several answers the one that finds it pending counts.
            changed = await database.execute(
                """UPDATE purchase_approval SET state = $2, decided_at = $3, expires_at = $4
                WHERE id = $1 AND state = 'PENDING' AND expires_at > $3""",
                seen.row.id,
                wanted.value,
                now,
                now + LIFE,
            )
            if changed:
                await outbox.enqueue(Event(Topic.PURCHASE_DECIDED, {"approval": seen.row.id}))
                return
            state = (await PurchaseApproval.get(id=seen.row.id)).state
            if state is not wanted and not (is_approved and state is ApprovalState.USED):
                raise ApprovalNotPending

    await retrying(write)
    return seen.row.id


async def close_of(minor_id: UUID) -> None:
    """End in the current transaction what a minor has asked for, and what was approved and not ordered yet."""
    await database.execute(
        "UPDATE purchase_approval SET state = 'EXPIRED' WHERE minor_id = $1 AND state IN ('PENDING', 'APPROVED')",
        minor_id,
    )


async def close_expired() -> int:
    """End the questions that nobody answered in time and the approvals that nobody used; returns how many."""
    return await database.execute(
        "UPDATE purchase_approval SET state = 'EXPIRED' WHERE state IN ('PENDING', 'APPROVED') AND expires_at <= $1",
        clock.now(),
    )


async def _make_room(minor_id: UUID) -> None:
    await database.execute(
        """UPDATE purchase_approval SET state = 'EXPIRED'
        WHERE minor_id = $1 AND (state = 'PENDING' OR state = 'APPROVED' AND expires_at <= $2)""",
        minor_id,
        clock.now(),
    )


async def _limit(minor_id: UUID) -> Money | None:
    rows: list[Any] = await database.fetch(
        """SELECT g.purchase_limit_minor, g.purchase_limit_currency, s.age_band, s.age_band_ends_on, s.region
        FROM guardianship g JOIN account s ON s.id = g.minor_id
        WHERE g.minor_id = $1 AND g.state = 'ACTIVE' AND g.purchase_limit_minor IS NOT NULL""",
        minor_id,
    )
    if not rows or not is_under_age(rows[0]):
        return None
    return Money(rows[0]["purchase_limit_minor"], rows[0]["purchase_limit_currency"])


async def _is_ward(minor_id: UUID, *, of: UUID) -> bool:
    """Lock an account, and tell whether somebody watches over it."""
    (row,) = await database.fetch(
        "SELECT guardian_id, age_band, age_band_ends_on, region FROM account WHERE id = $1 FOR NO KEY UPDATE", minor_id
    )
    return row["guardian_id"] == of and is_under_age(row)
