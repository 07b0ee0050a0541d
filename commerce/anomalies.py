"""Notices which orders are out of the ordinary, after they were placed and never while they are (P2.4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from models import clock
from models.anomalies import AnomalyKind
from models.database import execute, fetch
from models.ids import new_id
from models.scoping import numbered
from policy.enforcement import keeps

OPEN_FOR = timedelta(days=30)
"""How long what was noticed opens an order to risk control."""
FIRST_LOOK = timedelta(days=1)
"""How far back a process looks that has just started: for what was placed while none was there to look."""
OVERLAP = timedelta(minutes=5)
"""How far each look goes back behind the one before: an order is named before its transaction is over."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """
    From where on an order is out of the ordinary.

    Args:
        orders_at_once: As many orders of one account within `span` are many, each from that one on.
        amounts: By currency, above which amount in minor units any order is looked at.
        times_the_most: More than so many times the dearest of the earlier orders is far above them.
        earlier: How many paid orders of before it takes to know what is usual; of at most `compared` the newest count.
    """

    orders_at_once: int = 5
    span: timedelta = timedelta(hours=1)
    amounts: Mapping[str, int] = field(
        default_factory=lambda: {"EUR": 1_000_000, "USD": 1_000_000, "GBP": 900_000, "SEK": 11_000_000}
    )
    times_the_most: int = 5
    earlier: int = 3
    compared: int = 50


BOUNDS = Bounds()

# What came from elsewhere was not placed here, at its hour or at any other.
_SIGNS = """
    WITH looked AS (
        SELECT o.id, o.buyer_id, o.currency, o.total_minor, o.placed_at FROM "order" o
        WHERE o.id >= :since AND o.external_source IS NULL),
    sign AS (
        SELECT l.id, :velocity::text AS kind FROM looked l
        WHERE (SELECT count(*) FROM "order" e WHERE e.buyer_id = l.buyer_id AND e.external_source IS NULL
            AND e.placed_at > l.placed_at - :span::interval AND e.placed_at <= l.placed_at) >= :orders_at_once
        UNION ALL
        SELECT l.id, :amount::text FROM looked l
        LEFT JOIN unnest(:currencies::text[], :amounts::bigint[]) AS b(currency, most) ON b.currency = l.currency
        CROSS JOIN LATERAL (SELECT count(*) AS n, max(u.total_minor) AS most FROM (
            SELECT e.total_minor FROM "order" e
            WHERE e.buyer_id = l.buyer_id AND e.id < l.id AND e.currency = l.currency AND e.paid_at IS NOT NULL
            ORDER BY e.id DESC LIMIT :compared) u) usual
        WHERE l.total_minor > b.most OR (usual.n >= :earlier AND l.total_minor > :times_the_most * usual.most))
    SELECT s.id, s.kind FROM sign s
    WHERE NOT EXISTS (SELECT FROM order_anomaly a WHERE a.order_id = s.id AND a.kind = s.kind)
"""
_NOTICED = """
    INSERT INTO order_anomaly (id, order_id, kind, noticed_at, closes_at)
    SELECT n.id, n.order_id, n.kind, $4, $5 FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS n(id, order_id, kind)
    ON CONFLICT (order_id, kind) DO NOTHING
"""


@dataclass(slots=True)
class _Progress:
    """Until when this process has looked; another one looks at the same orders, and notices nothing twice."""

    through: datetime | None = None


_progress = _Progress()


async def look() -> None:
    """Look at the orders that were placed since this process looked last; one that could not is repeated."""
    began = clock.now()
    await notice(began - FIRST_LOOK if _progress.through is None else _progress.through - OVERLAP)
    _progress.through = began


@keeps("P2.4", otherwise=0)
async def notice(since: datetime, bounds: Bounds = BOUNDS) -> int:
    """
    Note what is out of the ordinary of the orders placed since an instant (P2.4).

    It may be repeated, and done by several processes at once: what stands is not noted again.

    Returns:
        How many signs were added.
    """
    # Keys sort by time, so that the newest orders are the end of the table's own index.
    first = UUID(int=new_id(at=since).int >> 80 << 80)
    text, values = numbered(
        _SIGNS,
        {
            "since": first,
            "velocity": AnomalyKind.VELOCITY.value,
            "amount": AnomalyKind.AMOUNT.value,
            "span": bounds.span,
            "orders_at_once": bounds.orders_at_once,
            "currencies": list(bounds.amounts),
            "amounts": list(bounds.amounts.values()),
            "compared": bounds.compared,
            "earlier": bounds.earlier,
            "times_the_most": bounds.times_the_most,
        },
    )
    found = await fetch(text, *values)
    if not found:
        return 0
    instant = clock.now()
    return await execute(
        _NOTICED,
        [new_id() for _ in found],
        [row["id"] for row in found],
        [row["kind"] for row in found],
        instant,
        instant + OPEN_FOR,
    )
