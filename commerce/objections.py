"""Somebody whose data an account gave objects and is forgotten: at once, or once a running delivery ended (P1.2e)."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from commerce import enterprises, orders, outbox, settlement
from commerce.outbox import Event, Topic
from commerce.refusals import Refusal
from models import clock, keys
from models.database import execute, fetch, retrying, transaction
from models.enterprises import EnterpriseContact
from models.faults import DatabaseUnavailable
from models.ids import new_id
from models.orders import OrderStatus
from models.rows import Rows
from models.third_parties import ObjectionNotice, given_of
from policy.classes import RECIPIENT
from policy.enforcement import keeps
from policy.viewer import Viewer

# A parcel that nobody says has come is taken for delivered or lost by then.
LONGEST_DELIVERY = timedelta(days=30)
# An answer under way when somebody was erased has been put on record by then.
LONGEST_ANSWER = timedelta(minutes=1)
DONE_AT_ONCE = 20
SWEPT_AT_ONCE = 100
NAMED_AT_ONCE = 250

_NOT_LEFT = frozenset({OrderStatus.PLACED, OrderStatus.PAID})
_ENDED = frozenset({OrderStatus.DELIVERED, OrderStatus.CANCELLED})


class ProofNeeded(Refusal):
    """Only somebody who has just proven that a phone or an e-mail address is theirs can do this."""

    code = "THIRD_PARTY_PROOF_NEEDED"

    def __init__(self) -> None:
        super().__init__(
            "Prove first that the phone or e-mail address is yours: `thirdPartyChallenge`, then `thirdPartyProve`."
        )


class RecordNotFound(Refusal):
    """There is no such record, or it is about somebody else."""

    code = "THIRD_PARTY_RECORD_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__(
            f"List `thirdParty` for what is held about you, and name at most {NAMED_AT_ONCE} of each kind.",
            field=("recordIds",),
        )


class NoticeNotFound(Refusal):
    """There is no such notice, or it tells somebody else."""

    code = "OBJECTION_NOTICE_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("You have no such notice. List `objectionNotices` for those that you have.", field=("id",))


class Ending(Enum):
    """How an objection to what one order holds has ended so far."""

    ERASED = "ERASED"
    CANCELLED = "CANCELLED"
    ON_ITS_WAY = "ON_ITS_WAY"


@dataclass(frozen=True, slots=True)
class Named:
    """
    What of all that is held somebody objects to.

    Args:
        records: What orders hold of them; None for an id that names none.
        contacts: What companies hold of them; None for an id that names none.
    """

    records: Sequence[UUID | None]
    contacts: Sequence[UUID | None] = ()


@dataclass(frozen=True, slots=True)
class Objection:
    """
    What came of an objection.

    Args:
        erased: In how many orders and companies all that was given of the person is gone now.
        cancelled: How many of these had not left and were cancelled for it.
        waiting: Of how many it goes when their delivery has ended, or there were too many to be done at once.
    """

    recorded_at: datetime
    erased: int
    cancelled: int
    waiting: int


@keeps("P1.2e", otherwise=True)
def may_erase(status: OrderStatus, closes_at: datetime | None, *, at: datetime) -> bool:
    """Tell whether nothing is under way any more that needs to know whom an order goes to (P1.2e)."""
    return status in _ENDED or (status not in _NOT_LEFT and closes_at is not None and closes_at <= at)


async def object_to(named: Named | None, *, by: Viewer) -> Objection:
    """
    Record that a person objects to the use of what was given of them, and forget it.

    What is recorded is recorded at once for all of it, and each account that gave something is told. Then each order is
    dealt with in a transaction of its own: one that has not left is cancelled and its money is due back, one that was
    received or cancelled is left as it is, and with either the person is erased; one on its way is finished first. What
    is not done when the answer leaves, after a crash or because there is much of it, `go_on` does.

    Args:
        named: Which of what is held; None for all of it.
        by: Who objects, by a proof of `commerce.third_parties`.

    Raises:
        ProofNeeded: They came by no proof, or it has ended.
        RecordNotFound: One of the records is not about them.
    """
    recorded_at = clock.now()
    if named is not None:
        await _require_own(named, by)
    objecting, contacts = await retrying(lambda: _record(named, recorded_at, by=by))
    endings = [await settle(recipient) for recipient in objecting[:DONE_AT_ONCE]]
    gone = [await settle_contact(contact) for contact in contacts]
    (row,) = await fetch(
        """SELECT count(*) AS waiting FROM recipient r JOIN third_party_proof p ON p.contact_index = r.phone_index
        WHERE p.id = $1 AND r.objected_at IS NOT NULL""",
        by.proof,
    )
    return Objection(
        recorded_at,
        erased=endings.count(Ending.ERASED) + endings.count(Ending.CANCELLED) + gone.count(True),
        cancelled=endings.count(Ending.CANCELLED),
        waiting=row["waiting"],
    )


async def _require_own(named: Named, by: Viewer) -> None:
    rows: list[tuple[Rows[Any], Sequence[UUID | None]]] = [
        (given_of(by), named.records),
        (EnterpriseContact.visible_to(by), named.contacts),
    ]
    for visible, ids in rows:
        known = [row_id for row_id in ids if row_id is not None]
        if len(known) < len(ids) or len(known) > NAMED_AT_ONCE:
            raise RecordNotFound
        if by.proof is not None and not all((await visible.by("id", known)).values()):
            raise RecordNotFound


async def _record(named: Named | None, now: datetime, *, by: Viewer) -> tuple[list[UUID], list[UUID]]:
    async with transaction():
        proof = await fetch(
            "SELECT contact_index FROM third_party_proof WHERE id = $1 AND expires_at > $2", by.proof, now
        )
        if not proof:
            raise ProofNeeded
        rows = await fetch(
            """
            UPDATE recipient SET objected_at = $2 WHERE id IN (
                SELECT id FROM recipient WHERE phone_index = $1 AND objected_at IS NULL
                    AND ($3::uuid[] IS NULL OR id = ANY($3)) ORDER BY id FOR NO KEY UPDATE)
            RETURNING id
            """,
            proof[0]["contact_index"],
            now,
            None if named is None else named.records,
        )
        objecting = sorted(row["id"] for row in rows)
        rows = await fetch(
            """
            UPDATE enterprise_contact SET objected_at = $2 WHERE id IN (
                SELECT id FROM enterprise_contact WHERE $1 IN (email_index, phone_index) AND objected_at IS NULL
                    AND ($3::uuid[] IS NULL OR id = ANY($3)) ORDER BY id FOR NO KEY UPDATE)
            RETURNING id
            """,
            proof[0]["contact_index"],
            now,
            None if named is None else named.contacts,
        )
        contacts = sorted(row["id"] for row in rows)
        givers = await fetch(
            """
            SELECT buyer_id AS id FROM "order" WHERE recipient_id = ANY($1)
            UNION SELECT e.account_id FROM enterprise e JOIN enterprise_contact c ON c.enterprise_id = e.id
                WHERE c.id = ANY($2)
            ORDER BY id
            """,
            objecting,
            contacts,
        )
        if givers:
            await outbox.enqueue(
                *(Event(Topic.RECIPIENT_OBJECTED, {"account": row["id"], "at": now}) for row in givers)
            )
    return objecting, contacts


@keeps("P1.2e", otherwise=False)
async def settle_contact(contact_id: UUID) -> bool:
    """Erase somebody who acts for a company and objected (P1.2e); nothing of it has to be finished first."""
    return await enterprises.erase(contact_id)


@keeps("P1.2e", otherwise=None)
async def settle(recipient_id: UUID) -> Ending | None:
    """
    Bring one objection as far as it can be brought now; safe to repeat, and to do in several programs at once.

    Returns:
        How it ended; None if another program has erased the person already, or nobody objected.
    """
    ending = await retrying(lambda: settle_order(recipient_id))
    if ending in (Ending.ERASED, Ending.CANCELLED):
        # What fails here is done by `go_on`: the money and the key are noted as due in the transaction.
        with suppress(DatabaseUnavailable):
            await keys.destroy(recipient_id)
    if ending is not None:
        (order,) = await fetch('SELECT id FROM "order" WHERE recipient_id = $1', recipient_id)
        await settlement.refund(order["id"])
    return ending


async def settle_order(recipient_id: UUID) -> Ending | None:
    """Do of `settle` what is one transaction: all of it, or nothing."""
    now = clock.now()
    async with transaction():
        # INVARIANT (one at a time): whatever changes how far an order has come locks the order first, so a parcel is
        # handed over before the objection is dealt with, or not at all.
        locked = await fetch('SELECT id FROM "order" WHERE recipient_id = $1 FOR NO KEY UPDATE', recipient_id)
        objected = await fetch(
            "SELECT objected_at FROM recipient WHERE id = $1 AND objected_at IS NOT NULL AND erased_at IS NULL",
            recipient_id,
        )
        if not locked or not objected:
            return None
        order_id = locked[0]["id"]
        is_cancelled = await settlement.call_off(order_id)
        if not is_cancelled:
            await orders.call_off_unsent_parts(order_id)
        (order,) = await fetch('SELECT status, window_closes_at FROM "order" WHERE id = $1', order_id)
        if not may_erase(OrderStatus(order["status"]), order["window_closes_at"], at=now):
            await _bound(order_id, objected[0]["objected_at"] + LONGEST_DELIVERY)
            return Ending.ON_ITS_WAY
        await _bound(order_id, now)
        await _erase(recipient_id, now)
        await _tell_partners(order_id, now)
        return Ending.CANCELLED if is_cancelled else Ending.ERASED


async def _bound(order_id: UUID, closes_at: datetime) -> None:
    """Close the sight of whom an order goes to at some instant at the latest."""
    await execute(
        """UPDATE "order" SET window_closes_at = $2, version = version + 1
        WHERE id = $1 AND (window_closes_at IS NULL OR window_closes_at > $2)""",
        order_id,
        closes_at,
    )


async def _erase(recipient_id: UUID, now: datetime) -> None:
    # INVARIANT (nobody is half erased): all that is sealed for the person is cleared by the transaction that closes
    # the order, and the table refuses a row of which only a part is.
    await execute(
        """UPDATE recipient SET name = NULL, phone = NULL, street = NULL, city = NULL, postal_code = NULL,
            country = NULL, phone_index = NULL, erased_at = $2 WHERE id = $1""",
        recipient_id,
        now,
    )
    await execute("UPDATE shipment SET tracking_number = NULL WHERE recipient_id = $1", recipient_id)
    await execute("UPDATE tracking_event SET country = NULL WHERE recipient_id = $1", recipient_id)


async def _tell_partners(order_id: UUID, now: datetime) -> None:
    """Give a notice to each partner that was shown the person, by the ledger, and has none of this order yet."""
    rows = await fetch(
        """
        SELECT d.supplier_id, d.partner_id, array_agg(DISTINCT c.name ORDER BY c.name) AS classes
        FROM disclosure d JOIN "order" o ON o.id = d.order_id AND o.buyer_id = d.account_id
        CROSS JOIN LATERAL jsonb_array_elements_text(d.classes) AS c(name)
        WHERE o.id = $1 AND c.name = ANY($2) AND (d.supplier_id IS NOT NULL OR d.partner_id IS NOT NULL)
        GROUP BY d.supplier_id, d.partner_id ORDER BY d.supplier_id, d.partner_id
        """,
        order_id,
        [each.name for each in RECIPIENT],
    )
    for row in rows:
        await execute(
            """INSERT INTO objection_notice (id, order_id, supplier_id, partner_id, classes, created_at)
            VALUES ($1, $2, $3, CASE WHEN $3::uuid IS NULL THEN $4::uuid END, to_jsonb($5::text[]), $6)
            ON CONFLICT DO NOTHING""",
            new_id(),
            order_id,
            row["supplier_id"],
            row["partner_id"],
            row["classes"],
            now,
        )


async def go_on() -> int:
    """
    Go on with objections where they stopped, and erase whose delivery has ended since; any number of programs may.

    Once no answer is under way any more that could have shown an erased person, whoever was shown them last is told as
    well, and the key is destroyed if it was not.

    Returns:
        How many people were forgotten for good.
    """
    now, after = clock.now(), UUID(int=0)
    while rows := await fetch(
        """
        SELECT r.id FROM recipient r JOIN "order" o ON o.recipient_id = r.id
        WHERE r.objected_at IS NOT NULL AND r.forgotten_at IS NULL AND r.erased_at IS NULL AND r.id > $1
            AND (o.status NOT IN ('PARTLY_SHIPPED', 'SHIPPED')
                OR o.window_closes_at IS NULL OR o.window_closes_at <= $2)
        ORDER BY r.id LIMIT $3
        """,
        after,
        now,
        SWEPT_AT_ONCE,
    ):
        for row in rows:
            await settle(row["id"])
        after = rows[-1]["id"]
    erased = await fetch(
        """SELECT r.id, o.id AS order_id FROM recipient r JOIN "order" o ON o.recipient_id = r.id
        WHERE r.objected_at IS NOT NULL AND r.forgotten_at IS NULL AND r.erased_at < $1 ORDER BY r.id LIMIT $2""",
        now - LONGEST_ANSWER,
        SWEPT_AT_ONCE,
    )
    for row in erased:
        await keys.destroy(row["id"])
        await retrying(lambda row=row: _forget(row["id"], row["order_id"], now))
    return len(erased)


async def _forget(recipient_id: UUID, order_id: UUID, now: datetime) -> None:
    async with transaction():
        await _tell_partners(order_id, now)
        await execute("UPDATE recipient SET forgotten_at = $2 WHERE id = $1", recipient_id, now)


async def acknowledge(notice_id: UUID | None, *, by: Viewer) -> UUID:
    """
    Note that a partner has deleted what it had of somebody who objected; the first time counts.

    Args:
        notice_id: The notice; None for an id that names none.
        by: The token of the partner that was told.

    Raises:
        NoticeNotFound: There is no such notice, or it tells somebody else.
    """
    seen = await ObjectionNotice.visible_to(by).where(id=notice_id).one() if notice_id is not None else None
    if seen is None or by.supplier is None or by.supplier != seen.row.supplier_id:
        raise NoticeNotFound
    await execute(
        "UPDATE objection_notice SET acknowledged_at = $2 WHERE id = $1 AND acknowledged_at IS NULL",
        seen.row.id,
        clock.now(),
    )
    return seen.row.id
