"""Reads and writes behind the fields of stock that operators look after."""

from collections.abc import Sequence
from typing import Any

from commerce import inventory
from commerce.idempotency import BadIdempotencyKey, IdempotencyConflict
from models.products import ProductVariant
from models.rows import NEWEST_FIRST
from models.scoping import NOTHING
from models.stock import InventoryLevel, StockLocation, StockReason
from policy.refused import Refused
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.nodes import row_id
from resolvers.outcomes import Outcome, outcome
from resolvers.pages import Page, cursor_context, page_request


async def locations(
    viewer: Viewer,
    *,
    supplier: str | None,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> Page:
    """List the places where suppliers keep goods, the newest first; for operators."""
    rows = StockLocation.visible_to(viewer).by_sort(NEWEST_FIRST)
    if supplier is not None:
        key = row_id(supplier, "Supplier", viewer)
        rows = rows.where(supplier_id=key) if key is not None else rows.matching(NOTHING)
    context = cursor_context("stock locations", viewer)
    request = page_request(context, first=first, after=after, last=last, before=before)
    return Page(await rows.page(request), context, rows)


async def levels_of(parents: Sequence[Seen[ProductVariant]], viewer: Viewer) -> list[list[Seen[InventoryLevel]]]:
    """Read the levels of each variant."""
    found = await InventoryLevel.visible_to(viewer).by("variant_id", [parent.row.id for parent in parents])
    return [found[parent.row.id] for parent in parents]


async def locations_of(parents: Sequence[Seen[InventoryLevel]], viewer: Viewer) -> list[Seen[StockLocation]]:
    """Find the place of each level."""
    found = await StockLocation.visible_to(viewer).by("id", [parent.row.location_id for parent in parents])
    return [found[parent.row.location_id][0] for parent in parents]


def available(on_hand: int, reserved: int) -> int:
    """Tell how many of a level can be sold."""
    return on_hand - reserved


async def inventory_adjust(
    viewer: Viewer, variant: str, location: str, delta: int, *, reason: StockReason, key: str
) -> Outcome:
    """
    Add to what is on hand or take from it, and read the level.

    Raises:
        Refused: `IDEMPOTENCY_CONFLICT`, or `BAD_IDEMPOTENCY_KEY`.
    """
    try:
        return await _adjust(viewer, variant, location, delta, reason, key)
    except IdempotencyConflict as conflict:
        raise Refused("IDEMPOTENCY_CONFLICT", str(conflict)) from None
    except BadIdempotencyKey as bad:
        raise Refused("BAD_IDEMPOTENCY_KEY", str(bad)) from None


@outcome
async def _adjust(viewer: Viewer, variant: str, location: str, delta: int, reason: StockReason, key: str) -> Any:
    ids = (row_id(variant, "ProductVariant", viewer), row_id(location, "StockLocation", viewer))
    level = await inventory.adjust(*ids, delta, reason=reason, key=key, by=viewer)
    return await InventoryLevel.visible_to(viewer).where(id=level).one()


@outcome
async def inventory_set(
    viewer: Viewer, variant: str, location: str, count: int, *, expected: int, reason: StockReason
) -> Seen[InventoryLevel] | None:
    """Set what is on hand to what was counted, and read the level."""
    ids = (row_id(variant, "ProductVariant", viewer), row_id(location, "StockLocation", viewer))
    level = await inventory.set_on_hand(*ids, count, expected=expected, reason=reason, by=viewer)
    return await InventoryLevel.visible_to(viewer).where(id=level).one()
