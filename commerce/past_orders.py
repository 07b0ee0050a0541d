"""Orders of the past: taken in with the price and date of their lines, as delivered, and charged to nobody."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from commerce.settlement import AFTER_SALES
from models import clock, keys
from models.accounts import Account, AccountState
from models.database import execute, fetch, transaction
from models.fulfilments import FulfillmentOrder, FulfillmentStatus
from models.ids import new_id
from models.order_numbers import new_order_number
from models.orders import Order, OrderEvent, OrderLine, OrderStatus, Recipient
from models.sealed import seal_rows
from models.secrets import derive
from policy.ages import AgeBand

# One import writes orders at a time, so that two of the same file do not meet: the bytes of "orders".
IMPORT_LOCK = 0x6F7264657273

# Before this day no program kept a shop's books, and primary keys sort by the milliseconds since then.
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)

# No password has this hash, and no address leads to such an account: nobody signs in to it.
_NO_PASSWORD = "!"  # noqa: S105


@dataclass(frozen=True, slots=True)
class SoldLine:
    """One product of an order, as it was called and priced on that day."""

    sku: str
    title: str
    quantity: int
    unit_price_minor: int


@dataclass(frozen=True, slots=True)
class PastOrder:
    """
    An order that was placed and delivered elsewhere.

    Args:
        source: Where it comes from; with `reference` it names the order for ever.
        buyer: By what the source knows the buyer, who gets an account that nobody can sign in to.
        country: Where the buyer is, as ISO 3166-1.
        happened_at: When it was placed, by the source; what makes it the same order.
        placed_at: When it is to appear as placed.
        attributes: What else is known of it, for whoever reads it.
    """

    source: str
    reference: str
    buyer: str
    country: str
    supplier_id: UUID
    currency: str
    happened_at: datetime
    placed_at: datetime
    lines: tuple[SoldLine, ...]
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def total_minor(self) -> int:
        """The sum of its lines."""
        return sum(line.quantity * line.unit_price_minor for line in self.lines)

    @property
    def digest(self) -> bytes:
        """By what it is known again: everything but how it is to appear."""
        lines = [[line.sku, line.title, line.quantity, line.unit_price_minor] for line in self.lines]
        content = [self.buyer, self.country, self.currency, self.happened_at.isoformat(), lines]
        return hmac.digest(derive("past orders"), json.dumps(content).encode(), hashlib.sha256)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of orders, by reference: written now, there already, or there with another content."""

    new: Mapping[str, UUID]
    unchanged: Mapping[str, UUID]
    conflicting: frozenset[str]


async def take(orders: Sequence[PastOrder]) -> Taken:
    """
    Take orders of one source in, each of them once for ever.

    No stock is moved, nobody is charged and nobody is told. A recipient is made up and marked so, because the source
    names none. An order that is there with another content is left as it is: what happened does not change.

    Args:
        orders: Of one source, no reference twice.
    """
    recipients = await invent_recipients(orders)
    taken = await write(orders, recipients)
    await discard_unused(recipients)
    return taken


async def invent_recipients(orders: Sequence[PastOrder]) -> dict[str, Recipient]:
    """
    Make up whom those orders went to that are not there yet; nothing is stored but their keys.

    Outside of a transaction, because the keys are elsewhere. Whatever comes of it, call `discard_unused` afterwards.
    """
    before = await _known(orders)
    return await _recipients([order for order in orders if order.reference not in before])


async def discard_unused(recipients: Mapping[str, Recipient]) -> None:
    """Destroy the keys of recipients that were not written: of two imports at once, one has made some in vain."""
    ids = [recipient.id for recipient in recipients.values()]
    rows = await fetch("SELECT id FROM recipient WHERE id = ANY($1::uuid[])", ids) if ids else []
    for key in set(ids) - {row["id"] for row in rows}:
        await keys.destroy(key)


async def write(orders: Sequence[PastOrder], recipients: Mapping[str, Recipient]) -> Taken:
    """
    Write those orders that are not there yet, in a transaction; within another one it is part of that.

    Args:
        orders: Of one source, no reference twice.
        recipients: Of those that may be new, from `invent_recipients`.
    """
    async with transaction():
        await execute("SELECT pg_advisory_xact_lock($1)", IMPORT_LOCK)
        known = await _known(orders)
        new = [order for order in orders if order.reference not in known]
        written = await _write(new, recipients) if new else {}
    same = {order.reference for order in orders if known.get(order.reference, (None, b""))[1] == order.digest}
    return Taken(
        new=written,
        unchanged={reference: known[reference][0] for reference in same},
        conflicting=frozenset(known.keys() - same),
    )


async def _known(orders: Sequence[PastOrder]) -> dict[str, tuple[UUID, bytes]]:
    rows = await fetch(
        """SELECT id, external_reference, external_digest FROM "order"
        WHERE external_source = $1 AND external_reference = ANY($2::text[])""",
        orders[0].source if orders else "",
        [order.reference for order in orders],
    )
    return {row["external_reference"]: (row["id"], bytes(row["external_digest"])) for row in rows}


async def _recipients(orders: Sequence[PastOrder]) -> dict[str, Recipient]:
    """Make up whom each order went to, under a key of its own as for a real person."""
    ids = [new_id(at=order.placed_at) for order in orders]
    # Country code 999 is assigned to nobody.
    plain = [
        {
            "name": f"Recipient of {order.reference}",
            "phone": f"+999{int.from_bytes(hashlib.sha256(order.reference.encode()).digest()[:4]):010d}",
            "street": "1 Invented Street",
            "city": "Nowhere",
            "postal_code": None,
            "country": order.country,
        }
        for order in orders
    ]
    cells = await seal_rows([(Recipient, key, key, values) for key, values in zip(ids, plain, strict=True)])
    return {
        order.reference: Recipient(
            id=key, is_account_holder=False, is_synthesised=True, created_at=order.placed_at, **sealed
        )
        for order, key, sealed in zip(orders, ids, cells, strict=True)
    }


async def _write(orders: Sequence[PastOrder], recipients: Mapping[str, Recipient]) -> dict[str, UUID]:
    buyers = await _buyers(orders)
    rows = {
        order.reference: Order(
            id=new_id(at=order.placed_at),
            number=new_order_number(),
            buyer_id=buyers[order.buyer],
            recipient_id=recipients[order.reference].id,
            status=OrderStatus.DELIVERED,
            currency=order.currency,
            total_minor=order.total_minor,
            placed_at=order.placed_at,
            paid_at=order.placed_at,
            window_closes_at=order.placed_at + AFTER_SALES,
            external_source=order.source,
            external_reference=order.reference,
            external_digest=order.digest,
            external_attributes=dict(order.attributes),
        )
        for order in orders
    }
    variants = await _variants(orders)
    await Recipient.bulk_create([recipients[order.reference] for order in orders])
    await Order.bulk_create(rows.values())
    await OrderLine.bulk_create(
        OrderLine(
            id=new_id(at=order.placed_at),
            order_id=rows[order.reference].id,
            supplier_id=order.supplier_id,
            variant_id=variants.get((order.supplier_id, line.sku)),
            position=position,
            sku=line.sku,
            title=line.title,
            quantity=line.quantity,
            currency=order.currency,
            unit_price_minor=line.unit_price_minor,
        )
        for order in orders
        for position, line in enumerate(order.lines, start=1)
    )
    await FulfillmentOrder.bulk_create(
        FulfillmentOrder(
            id=new_id(at=order.placed_at),
            order_id=rows[order.reference].id,
            supplier_id=order.supplier_id,
            status=FulfillmentStatus.RECEIVED,
            created_at=order.placed_at,
        )
        for order in orders
    )
    await OrderEvent.bulk_create(
        OrderEvent(id=new_id(), order_id=rows[order.reference].id, status=status, happened_at=order.placed_at)
        for order in orders
        for status in (OrderStatus.PLACED, OrderStatus.PAID, OrderStatus.DELIVERED)
    )
    return {reference: row.id for reference, row in rows.items()}


async def _variants(orders: Sequence[PastOrder]) -> dict[tuple[UUID, str], UUID]:
    """Find what the lines are in the catalogue: a SKU is its supplier's, and one that several variants have is none."""
    rows = await fetch(
        """SELECT p.supplier_id, v.sku, min(v.id::text)::uuid AS id
        FROM product_variant v JOIN product p ON p.id = v.product_id
        WHERE v.sku = ANY($1::text[]) AND p.supplier_id = ANY($2::uuid[])
        GROUP BY p.supplier_id, v.sku HAVING count(*) = 1""",
        list({line.sku for order in orders for line in order.lines}),
        list({order.supplier_id for order in orders}),
    )
    return {(row["supplier_id"], row["sku"]): row["id"] for row in rows}


async def _buyers(orders: Sequence[PastOrder]) -> dict[str, UUID]:
    """Find the account of each buyer, or make it; a source knows businesses, and so adults, by their numbers alone."""
    source, names = orders[0].source, {order.buyer: order.country for order in orders}
    rows = await fetch(_BUYERS, source, list(names))
    found: dict[str, UUID] = {row["external_reference"]: row["id"] for row in rows}
    now = clock.now()
    await Account.bulk_create(
        [
            Account(
                id=found.setdefault(buyer, new_id()),
                password_hash=_NO_PASSWORD,
                password_changed_at=now,
                state=AccountState.ACTIVE,
                region=country,
                language="en",
                age_band=AgeBand.ADULT,
                external_source=source,
                external_reference=buyer,
                created_at=now,
            )
            for buyer, country in names.items()
            if buyer not in found
        ]
    )
    return found


_BUYERS = """
    SELECT id, external_reference FROM account WHERE external_source = $1 AND external_reference = ANY($2::text[])
"""


@dataclass(frozen=True, slots=True)
class PastCancellation:
    """
    That some of what was ordered was cancelled again.

    Args:
        reference: What the source calls the cancellation; with `position` it names this line for ever.
        unit_price_minor: At which they were sold; at another price it is no cancellation of that line.
    """

    source: str
    reference: str
    position: int
    buyer: str
    sku: str
    quantity: int
    unit_price_minor: int
    cancelled_at: datetime


async def cancel(cancellation: PastCancellation) -> bool:
    """
    Cancel as many of an imported line as the source says, once for ever.

    The line is the newest one of the same buyer, product and price that is not younger and has as many left; it is
    never guessed from several. An order of which nothing is left is cancelled.

    Returns:
        Whether there is such a line, now or from an earlier run.
    """
    async with transaction():
        await execute("SELECT pg_advisory_xact_lock($1)", IMPORT_LOCK)
        if await fetch(
            """SELECT id FROM order_line_cancellation
            WHERE external_source = $1 AND external_reference = $2 AND position = $3""",
            cancellation.source,
            cancellation.reference,
            cancellation.position,
        ):
            return True
        lines = await fetch(
            _CANCEL,
            cancellation.source,
            cancellation.buyer,
            cancellation.sku,
            cancellation.unit_price_minor,
            cancellation.quantity,
            cancellation.cancelled_at,
        )
        if not lines:
            return False
        await execute(
            """INSERT INTO order_line_cancellation
                (id, line_id, quantity, external_source, external_reference, position, cancelled_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)""",
            new_id(),
            lines[0]["id"],
            cancellation.quantity,
            cancellation.source,
            cancellation.reference,
            cancellation.position,
            cancellation.cancelled_at,
        )
        order_id = lines[0]["order_id"]
        if await execute(_CALL_OFF, order_id, cancellation.cancelled_at):
            await execute("UPDATE fulfillment_order SET status = 'CANCELLED' WHERE order_id = $1", order_id)
            await OrderEvent.create(
                order_id=order_id, status=OrderStatus.CANCELLED, happened_at=cancellation.cancelled_at
            )
        return True


_CANCEL = """
    UPDATE order_line SET cancelled_quantity = cancelled_quantity + $5 WHERE id = (
        SELECT l.id FROM account a
        JOIN "order" o ON o.buyer_id = a.id AND o.external_source = $1
        JOIN order_line l ON l.order_id = o.id
        WHERE a.external_source = $1 AND a.external_reference = $2 AND l.sku = $3 AND l.unit_price_minor = $4
            AND l.quantity - l.cancelled_quantity >= $5 AND o.placed_at <= $6
        ORDER BY o.placed_at DESC, o.id DESC, l.position LIMIT 1)
    RETURNING id, order_id
"""
_CALL_OFF = """
    UPDATE "order" SET status = 'CANCELLED', cancelled_at = $2, window_closes_at = least(window_closes_at, $2),
        version = version + 1
    WHERE id = $1 AND status = 'DELIVERED'
        AND NOT EXISTS (SELECT FROM order_line l WHERE l.order_id = $1 AND l.cancelled_quantity < l.quantity)
"""


async def amounts(source: str, references: Sequence[str]) -> tuple[int, int]:
    """Add up what the database holds of imported orders: how many lines, and their amount as they were sold."""
    (row,) = await fetch(
        """SELECT count(*) AS lines, coalesce(sum(l.quantity * l.unit_price_minor), 0)::bigint AS minor
        FROM "order" o JOIN order_line l ON l.order_id = o.id
        WHERE o.external_source = $1 AND o.external_reference = ANY($2::text[])""",
        source,
        list(references),
    )
    return row["lines"], row["minor"]
