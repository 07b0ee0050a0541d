"""The write behind the import of one order."""

from collections.abc import Sequence
from datetime import datetime

from commerce import order_entry
from commerce.idempotency import BadIdempotencyKey, IdempotencyConflict
from commerce.order_entry import LineEntry, OrderEntry
from models.orders import Order
from policy.refused import Refused
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.nodes import row_id
from resolvers.outcomes import Outcome, outcome

__all__ = ["LineEntry", "order_import"]


async def order_import(
    viewer: Viewer,
    *,
    source: str,
    reference: str,
    buyer: str,
    country: str,
    supplier: str,
    currency: str,
    placed_at: datetime,
    lines: Sequence[LineEntry],
    attributes: Sequence[tuple[str, str]],
    key: str,
) -> Outcome:
    """
    Take an order of the past in, and read it.

    Raises:
        Refused: `IDEMPOTENCY_CONFLICT`, or `BAD_IDEMPOTENCY_KEY`.
    """
    supplier_id = row_id(supplier, "Supplier", viewer)
    entry = OrderEntry(source, reference, buyer, country, supplier_id, currency, placed_at, lines, attributes)
    try:
        return await _order_import(viewer, entry, key)
    except IdempotencyConflict as conflict:
        raise Refused("IDEMPOTENCY_CONFLICT", str(conflict)) from None
    except BadIdempotencyKey as bad:
        raise Refused("BAD_IDEMPOTENCY_KEY", str(bad)) from None


@outcome
async def _order_import(viewer: Viewer, entry: OrderEntry, key: str) -> Seen[Order] | None:
    brought_in = await order_entry.bring_in(entry, key=key, by=viewer)
    return await Order.visible_to(viewer).where(id=brought_in).one()
