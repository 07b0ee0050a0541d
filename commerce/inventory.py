"""Stock as operators count it: through the same journal as orders, never below what is promised to them."""

from uuid import UUID

from commerce import audit, stock
from commerce.idempotency import Answer, fingerprint_of, once
from commerce.operators import NumberNotValid, require_operator, whole
from commerce.refusals import Refusal
from models.database import fetch, retrying, transaction
from models.stock import InventoryLevel, StockReason
from policy.viewer import Viewer

MOST_ON_HAND = 1_000_000_000


class LocationNotFound(Refusal):
    """There is no such place, or it is not one of the supplier of the variant."""

    code = "LOCATION_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__(
            "The supplier of this variant has no such place; take one from `stockLocations`.", field=("locationId",)
        )


class StockMoved(Refusal):
    """There is more or less on hand than was expected."""

    code = "STOCK_MOVED"

    def __init__(self, on_hand: int) -> None:
        super().__init__(
            f"There are `{on_hand}` on hand now; count again, and send that number as `expectedOnHand`.",
            field=("expectedOnHand",),
            on_hand=on_hand,
        )


async def adjust(
    variant_id: UUID | None, location_id: UUID | None, delta: int, *, reason: StockReason, key: str, by: Viewer
) -> UUID:
    """
    Add to what is on hand at a place or take from it, once for each key, however often it is asked for.

    Args:
        variant_id: None for an id that names none.
        location_id: None for an id that names none.
        delta: How many more; negative for fewer; not 0.
        reason: For the journal.
        key: The idempotency key.

    Returns:
        The level.

    Raises:
        NotOperator, LocationNotFound, NumberNotValid, StockNotAdjustable: Nothing was changed.
        IdempotencyConflict, BadIdempotencyKey: The key is used for something else, or none.
    """
    account = require_operator(by)
    if delta == 0:
        raise NumberNotValid(-MOST_ON_HAND, MOST_ON_HAND, field=("delta",))
    whole(delta, -MOST_ON_HAND, MOST_ON_HAND, field=("delta",))

    async def write() -> Answer:
        variant, location = await _place(variant_id, location_id)
        on_hand = await stock.adjust(variant, location, by=delta, reason=reason)
        level = await _level(variant, location)
        await audit.record("inventoryAdjust", InventoryLevel, level, {"on_hand": (on_hand - delta, on_hand)}, by=by)
        return {"level": level}

    given = [variant_id, location_id, delta, reason.value]
    answer = await once(account, key, fingerprint_of("inventoryAdjust", given), write)
    return UUID(str(answer["level"]))


async def set_on_hand(
    variant_id: UUID | None, location_id: UUID | None, count: int, *, expected: int, reason: StockReason, by: Viewer
) -> UUID:
    """
    Set what is on hand at a place to what was counted, if it is still what it was when the count began.

    Args:
        count: How many there are.
        expected: How many the shop said that there were; 0 where it has none of it at this place.

    Returns:
        The level.

    Raises:
        NotOperator, LocationNotFound, NumberNotValid: Nothing was changed.
        StockMoved: There are more or fewer on hand than expected.
        StockNotAdjustable: More are promised to orders than were counted.
    """
    require_operator(by)
    whole(count, 0, MOST_ON_HAND, field=("onHand",))

    async def write() -> UUID:
        async with transaction():
            variant, location = await _place(variant_id, location_id)
            before = await stock.keep(variant, location)
            if before != expected:
                raise StockMoved(before)
            if count != before:
                await stock.adjust(variant, location, by=count - before, reason=reason)
            level = await _level(variant, location)
            await audit.record("inventorySet", InventoryLevel, level, {"on_hand": (before, count)}, by=by)
        return level

    return await retrying(write)


async def _place(variant_id: UUID | None, location_id: UUID | None) -> tuple[UUID, UUID]:
    rows = await fetch(
        "SELECT v.id AS variant_id, l.id AS location_id FROM product_variant v JOIN product p ON p.id = v.product_id"
        " JOIN stock_location l ON l.supplier_id = p.supplier_id WHERE v.id = $1 AND l.id = $2",
        variant_id,
        location_id,
    )
    if not rows:
        raise LocationNotFound
    return rows[0]["variant_id"], rows[0]["location_id"]


async def _level(variant_id: UUID, location_id: UUID) -> UUID:
    (row,) = await fetch(
        "SELECT id FROM inventory_level WHERE variant_id = $1 AND location_id = $2", variant_id, location_id
    )
    return row["id"]
