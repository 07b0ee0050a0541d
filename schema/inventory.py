"""Stock as operators look after it."""

from typing import Annotated, Any

import strawberry

from models.stock import StockReason
from permissions.fields import After, Before, First, Last, mutation, part, public, root, to_one
from permissions.may_see import Info
from resolvers import inventory
from resolvers.suppliers import suppliers_of
from schema.enums import described
from schema.errors import UserError
from schema.relay import Connection, Node, node_id, shows
from schema.suppliers import Supplier

described(
    StockReason,
    "Why there is more or less of something.",
    {
        StockReason.RECEIVED: "It was delivered to the place.",
        StockReason.COUNTED: "It was counted.",
        StockReason.DAMAGED: "It cannot be sold any more.",
        StockReason.LOST: "It is not where it should be.",
        StockReason.SENT_BACK: "A customer has sent it back.",
        StockReason.CORRECTED: "The number was wrong.",
        StockReason.IMPORTED: "An import said so.",
    },
)


@strawberry.type(description="A place where a supplier keeps goods; for operators.")
class StockLocation(Node):
    """Who sees places at all is `models.stock.StockLocation.visible_to`."""

    is_type_of = shows("StockLocation")

    id: strawberry.ID = node_id("StockLocation")
    name: str = public("What it is called; a supplier's places have different names.")
    supplier: Supplier = to_one("Whose goods are there.", by="supplier_id", rows=suppliers_of)


@strawberry.type(description="How many of a variant are at one place; for operators.")
class InventoryLevel(Node):
    """Who sees levels at all is `models.stock.InventoryLevel.visible_to`; everybody sees their sum on the variant."""

    is_type_of = shows("InventoryLevel")

    id: strawberry.ID = node_id("InventoryLevel")
    on_hand: int = public("How many there are, promised to orders or not.")
    reserved: int = public("How many of them are promised to orders that are not paid yet.")
    available: int = public("How many of them can be sold.", columns=("on_hand", "reserved"), value=inventory.available)
    location: StockLocation = to_one("The place.", by="location_id", rows=inventory.locations_of)


@strawberry.input(description="By how much to change what is on hand at a place.")
class InventoryAdjustInput:
    """Input of `inventoryAdjust`."""

    variant_id: strawberry.ID = strawberry.field(description="The variant.")
    location_id: strawberry.ID = strawberry.field(description="The place, one of the variant's supplier.")
    delta: int = strawberry.field(description="How many more there are; negative for fewer.")
    reason: StockReason = strawberry.field(description="Why.")
    idempotency_key: str = strawberry.field(description="A random UUID: sent again with the same key, it is done once.")


@strawberry.input(description="What was counted at a place.")
class InventorySetInput:
    """Input of `inventorySet`."""

    variant_id: strawberry.ID = strawberry.field(description="The variant.")
    location_id: strawberry.ID = strawberry.field(description="The place, one of the variant's supplier.")
    on_hand: int = strawberry.field(description="How many there are, with those that are promised to orders.")
    expected_on_hand: int = strawberry.field(
        description="The `onHand` that you have read, 0 where there is no level yet; if it is another by now, nothing "
        "is changed."
    )
    reason: StockReason = strawberry.field(default=StockReason.COUNTED, description="Why.")


@strawberry.type(description="The level as it is now, or why nothing was done.")
class InventoryPayload:
    """Payload of the actions on stock."""

    inventory_level: InventoryLevel | None = part("The level; null if nothing was done.", columns=("object",))
    user_errors: list[UserError] = part("Why it was refused; empty if it was done.")


_INPUT = strawberry.argument(name="input", description="What is wanted.")
SupplierId = Annotated[strawberry.ID | None, strawberry.argument(description="Of this supplier.")]


async def _inventory_adjust(info: Info, given: Annotated[InventoryAdjustInput, _INPUT]) -> InventoryPayload:
    return await inventory.inventory_adjust(  # pyright: ignore[reportReturnType]
        info.context.viewer,
        given.variant_id,
        given.location_id,
        given.delta,
        reason=given.reason,
        key=given.idempotency_key,
    )


async def _inventory_set(info: Info, given: Annotated[InventorySetInput, _INPUT]) -> InventoryPayload:
    return await inventory.inventory_set(  # pyright: ignore[reportReturnType]
        info.context.viewer,
        given.variant_id,
        given.location_id,
        given.on_hand,
        expected=given.expected_on_hand,
        reason=given.reason,
    )


async def _stock_locations(
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    supplier_id: SupplierId = None,
) -> Any:
    return await inventory.locations(
        info.context.viewer, supplier=supplier_id, first=first, after=after, last=last, before=before
    )


@strawberry.type
class InventoryQueries:
    """Reads of the stock."""

    stock_locations: Connection[StockLocation] = root(
        "Where suppliers keep goods, the newest place first; for operators, and empty for everybody else.",
        resolver=_stock_locations,
    )


@strawberry.type
class InventoryMutations:
    """Mutations of the stock; each is for operators with valid training, and is noted in `auditEvents`."""

    inventory_adjust: InventoryPayload = mutation(
        "Add to what is on hand at a place or take from it, never below what is promised to orders; for operators.",
        resolver=_inventory_adjust,
    )
    inventory_set: InventoryPayload = mutation(
        "Set what is on hand at a place to what was counted, never below what is promised to orders; for operators.",
        resolver=_inventory_set,
    )
