"""What is in stock: changed by one conditional statement, rows in ascending order, and every change in the journal."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from uuid import UUID

from commerce.refusals import Refusal
from models import clock, rounds
from models.arrays import of_keys, of_rows
from models.database import execute, fetch, is_in_transaction, retrying, transaction
from models.ids import counted_id, new_id
from models.scoping import numbered
from models.stock import MovementKind, ReservationState, StockReason

HELD_FOR = timedelta(minutes=15)
"""How long goods are promised to an order that is not paid."""

# Every change is noted by the statement that makes it, in rows whose ids count on from the parameter.
_NOTE = f"""INSERT INTO stock_movement
        (id, level_id, kind, on_hand_change, reserved_change, order_id, happened_at, reason)
    SELECT {counted_id("{id}", "row_number() OVER ()")}, """

# Locks all places of the wanted variants in ascending order, and takes from each what it has until a variant is
# served. Nothing is taken unless everything is there.
_RESERVE = f"""
    WITH wanted AS (SELECT * FROM unnest($1::uuid[], $2::int[]) AS w(variant_id, quantity)
        WHERE variant_id IS NOT NULL),
    place AS (SELECT l.id, l.variant_id, l.on_hand - l.reserved AS free FROM inventory_level l
        WHERE l.variant_id = ANY($1::uuid[]) ORDER BY l.id FOR UPDATE),
    share AS (SELECT p.id, p.free, w.quantity,
        sum(p.free) OVER (PARTITION BY p.variant_id ORDER BY p.id) - p.free AS before
        FROM place p JOIN wanted w USING (variant_id)),
    short AS (SELECT w.variant_id FROM wanted w LEFT JOIN place p USING (variant_id)
        GROUP BY w.variant_id, w.quantity HAVING coalesce(sum(p.free), 0) < w.quantity),
    part AS (SELECT id, least(free, quantity - before)::int AS n FROM share WHERE free > 0 AND before < quantity),
    taken AS (UPDATE inventory_level l SET reserved = l.reserved + part.n FROM part
        WHERE l.id = part.id AND NOT EXISTS (SELECT FROM short) AND l.on_hand - l.reserved >= part.n
        RETURNING l.id, part.n, l.variant_id),
    noted AS ({_NOTE.format(id="$3")} t.id, '{MovementKind.RESERVED}', 0, t.n, $4, $5, NULL FROM taken t)
    SELECT id, n, variant_id FROM taken"""  # noqa: S608 -- of this code alone, as below

# Of two statements that would settle a reservation the second waits for the first, and then finds another state. Each
# part needs what the one before it gives, so levels are locked after reservations, and in ascending order.
_SETTLED = f"""
    given AS (UPDATE stock_reservation r SET state = '{{to}}'
        WHERE r.order_id = {{order}} AND r.state = '{{since}}'{{narrower}}
        RETURNING r.order_id, r.level_id, r.quantity),
    place AS (SELECT l.id, g.order_id, g.quantity AS n FROM inventory_level l JOIN given g ON g.level_id = l.id
        ORDER BY l.id FOR UPDATE OF l),
    moved AS (UPDATE inventory_level l SET on_hand = l.on_hand + {{on_hand}} * p.n,
            reserved = l.reserved + {{reserved}} * p.n
        FROM place p WHERE l.id = p.id RETURNING l.id, p.order_id, p.n),
    noted AS ({_NOTE.format(id=":movement")}
        m.id, '{{kind}}', {{on_hand}} * m.n, {{reserved}} * m.n, m.order_id, :instant, NULL FROM moved m
        RETURNING level_id)"""  # noqa: S608
_OF_SUPPLIER = """ AND EXISTS (
    SELECT FROM inventory_level l JOIN product_variant v ON v.id = l.variant_id JOIN product p ON p.id = v.product_id
    WHERE l.id = r.level_id AND p.supplier_id = :supplier)"""

_ADJUST = f"""
    WITH changed AS (UPDATE inventory_level SET on_hand = on_hand + $3
        WHERE variant_id = $1 AND location_id = $2 AND on_hand::bigint + $3 BETWEEN reserved AND 2147483647
        RETURNING id, on_hand),
    noted AS ({_NOTE.format(id="$4")} c.id, '{MovementKind.ADJUSTED}', $3, 0, NULL, $5, $6 FROM changed c)
    SELECT on_hand FROM changed"""  # noqa: S608


class InsufficientStock(Refusal):
    """Fewer are in stock than are wanted."""

    code = "INSUFFICIENT_STOCK"

    def __init__(self, variant_id: UUID, available: int) -> None:
        super().__init__(
            f"Only `{available}` of these can be had; lower the quantity of the line or take it out.",
            field=("cartId",),
            available=available,
            variant_id=variant_id,
        )


class StockNotAdjustable(Refusal):
    """The change would leave fewer goods than are promised to orders."""

    code = "STOCK_NOT_ADJUSTABLE"

    def __init__(self) -> None:
        super().__init__("So many are promised to orders; cancel these first, or take fewer.")


def free_of(variant: str) -> str:
    """Say in SQL how many of a variant can be sold now, over all places."""
    return f"""coalesce((SELECT sum(l.on_hand - l.reserved) FROM inventory_level l
        WHERE l.variant_id = {variant}), 0)::int"""  # noqa: S608 -- of this code alone


async def available(variants: Collection[UUID]) -> dict[UUID, int]:
    """Tell how many of each variant can be sold now, over all places; 0 for what is kept nowhere."""
    found = dict.fromkeys(variants, 0)
    rows = await rounds.read(
        "SELECT variant_id, sum(on_hand - reserved)::int FROM inventory_level"
        " WHERE variant_id = ANY($1::uuid[]) GROUP BY variant_id",
        of_keys(found),
    )
    return found | dict(rows)


async def adjust(variant_id: UUID, location_id: UUID, *, by: int, reason: StockReason = StockReason.CORRECTED) -> int:
    """
    Add to what is on hand at a place, or take from it: a delivery, a count.

    Args:
        by: How many more; negative for fewer.
        reason: For the journal.

    Returns:
        How many are on hand then.

    Raises:
        StockNotAdjustable: Fewer would be left than are promised, or more than can be counted.
    """
    return await retrying(lambda: _adjust(variant_id, location_id, by, reason))


async def keep(variant_id: UUID, location_id: UUID) -> int:
    """Tell how many of a variant are on hand at a place, and let that stay so until the transaction ends."""
    _require_transaction()
    await _be_there(variant_id, location_id)
    (row,) = await fetch(
        "SELECT on_hand FROM inventory_level WHERE variant_id = $1 AND location_id = $2 FOR UPDATE",
        variant_id,
        location_id,
    )
    return row["on_hand"]


async def _be_there(variant_id: UUID, location_id: UUID) -> None:
    await execute(
        "INSERT INTO inventory_level (id, variant_id, location_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        new_id(),
        variant_id,
        location_id,
    )


async def _adjust(variant_id: UUID, location_id: UUID, by: int, reason: StockReason) -> int:
    async with transaction():
        await _be_there(variant_id, location_id)
        changed = await fetch(_ADJUST, variant_id, location_id, by, new_id(), clock.now(), reason)
        if not changed:
            raise StockNotAdjustable
        return changed[0]["on_hand"]


async def reserve(wanted: Mapping[UUID, int], *, order_id: UUID) -> list[tuple[UUID, int]]:
    """
    Promise goods to an order, all or none, from as many places as it takes.

    Call it before anything else that locks rows in the transaction. The order is written afterwards, with what was
    promised to it (`placing.write`).

    Args:
        wanted: Quantities by variant.

    Returns:
        From which level how many.

    Raises:
        InsufficientStock: There are fewer; the transaction is to be given up.
    """
    _require_transaction()
    taken = await fetch(_RESERVE, of_rows(wanted), of_rows(wanted.values()), new_id(), order_id, clock.now())
    got: dict[UUID, int] = dict.fromkeys(wanted, 0)
    for row in taken:
        got[row["variant_id"]] += row["n"]
    if got != dict(wanted):
        left = await available(wanted)
        lacking = min((variant for variant in wanted if got[variant] < wanted[variant]), key=lambda v: left[v])
        raise InsufficientStock(lacking, max(0, left[lacking]))
    return [(row["id"], row["n"]) for row in taken]


def committed(order: str) -> str:
    """
    Say in SQL how the goods of an order that is paid leave the stock: parts of the statement that says it is paid.

    Args:
        order: SQL of the order's id, from the part whose change of status lets this happen once; null if it was not
            changed. The statement gives `:movement`, an id of its own, and `:instant`.
    """
    return _SETTLED.format(
        order=order,
        since=ReservationState.HELD,
        to=ReservationState.COMMITTED,
        kind=MovementKind.COMMITTED,
        on_hand=-1,
        reserved=-1,
        narrower="",
    )


async def release(order_id: UUID) -> None:
    """Give up what is held for an order that was just cancelled unpaid; its status is what lets this happen once."""
    await _settle(order_id, ReservationState.HELD, ReservationState.RELEASED, MovementKind.RELEASED, 0, -1)


async def put_back(order_id: UUID, *, of: UUID | None = None) -> None:
    """
    Return the goods of a paid order that was just cancelled; its status is what lets this happen once.

    Args:
        order_id: The order.
        of: The supplier whose part alone was cancelled; None for all of the order.
    """
    await _settle(order_id, ReservationState.COMMITTED, ReservationState.RETURNED, MovementKind.RETURNED, 1, 0, of=of)


async def expired(limit: int = 100) -> list[UUID]:
    """List orders whose goods are held for longer than they should be, the oldest first."""
    rows = await fetch(
        "SELECT order_id FROM stock_reservation WHERE state = 'HELD' AND expires_at <= $1"
        " GROUP BY order_id ORDER BY min(expires_at) LIMIT $2",
        clock.now(),
        limit,
    )
    return [row["order_id"] for row in rows]


async def _settle(
    order_id: UUID,
    since: ReservationState,
    to: ReservationState,
    kind: MovementKind,
    on_hand: int,
    reserved: int,
    *,
    of: UUID | None = None,
) -> None:
    _require_transaction()
    parts = _SETTLED.format(
        order=":order",
        since=since,
        to=to,
        kind=kind,
        on_hand=on_hand,
        reserved=reserved,
        narrower="" if of is None else _OF_SUPPLIER,
    )
    text, values = numbered(
        f"WITH {parts} SELECT count(*) FROM noted",  # noqa: S608 -- of this code alone
        {"order": order_id, "supplier": of, "movement": new_id(), "instant": clock.now()},
    )
    await execute(text, *values)


def _require_transaction() -> None:
    if not is_in_transaction():
        raise RuntimeError("Stock moves together with what it moves for; open `transaction()` around both.")
