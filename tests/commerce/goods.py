"""Goods and buyers for the tests of carts, stock and checkout."""

from dataclasses import dataclass
from uuid import UUID

from commerce import carts, stock
from commerce.checkout import Wish
from commerce.recipients import Attestation, Delivery
from models import clock
from models.database import fetch
from models.ids import new_id
from models.money import Money
from models.payments import InstitutionName
from models.products import PriceTier, Product, ProductStatus, ProductVariant
from models.stock import StockLocation
from models.suppliers import Supplier
from policy.viewer import Viewer

AT_HOME = Delivery(True, "Mara de Wit", "+31612345678", "Dam 1", "Amsterdam", "1012 JS", "NL")


@dataclass(frozen=True, slots=True)
class Goods:
    """A variant that is sold, and where it is kept."""

    variant_id: UUID
    supplier_id: UUID
    locations: tuple[UUID, ...]


async def add_goods(
    *, stock_at: tuple[int, ...] = (10,), price_minor: int = 1_250, currency: str = "EUR", supplier: UUID | None = None
) -> Goods:
    """Write a product with one variant, and as many of it at each place as is said."""
    mark, instant = new_id().hex, clock.now()
    supplier_id = supplier or (await Supplier.create(name=mark, slug=mark, region="DE", created_at=instant)).id
    product = await Product.create(
        supplier_id=supplier_id,
        handle=mark,
        title=f"Goods {mark[-6:]}",
        description="",
        vendor="",
        product_type="",
        tags=[],
        status=ProductStatus.ACTIVE,
        currency=currency,
        search_words="",
        published_at=instant,
        created_at=instant,
        updated_at=instant,
    )
    variant = await ProductVariant.create(
        product_id=product.id,
        sku=f"SKU-{mark[-12:]}",
        title="",
        option_values=[],
        currency=currency,
        price_minor=price_minor,
        barcode="",
        position=1,
    )
    locations: list[UUID] = []
    for number, held in enumerate(stock_at):
        place = await StockLocation.create(supplier_id=supplier_id, name=f"{mark} {number}", created_at=instant)
        locations.append(place.id)
        await stock.adjust(variant.id, place.id, by=held)
    return Goods(variant.id, supplier_id, tuple(locations))


async def add_tier(goods: Goods, *, from_quantity: int, price_minor: int, currency: str = "EUR") -> None:
    """Lower the price from some quantity on."""
    await PriceTier.create(
        variant_id=goods.variant_id, minimum_quantity=from_quantity, price_minor=price_minor, currency=currency
    )


async def filled_cart(by: Viewer, *lines: tuple[Goods, int]) -> UUID:
    """Fill the buyer's cart."""
    begun = await carts.create(by)
    wanted = [(goods.variant_id, quantity) for goods, quantity in lines]
    return (await carts.add(carts.Holder(by, begun.cart_id), wanted)).cart_id


def wish(cart_id: UUID, total_minor: int, currency: str = "EUR", delivery: Delivery = AT_HOME) -> Wish:
    """Put together what a buyer wants."""
    return Wish(
        cart_id, delivery, Attestation(), Money(total_minor, currency), InstitutionName.SANDBOX, is_confirmed=True
    )


async def levels(goods: Goods) -> tuple[int, int]:
    """Count what is on hand and what is promised, over all places."""
    (row,) = await fetch(
        "SELECT sum(on_hand)::int AS on_hand, sum(reserved)::int AS reserved FROM inventory_level"
        " WHERE variant_id = $1",
        goods.variant_id,
    )
    return row["on_hand"], row["reserved"]


async def journal_differs() -> int:
    """Count the levels that are not the sum of their movements."""
    (row,) = await fetch(
        """SELECT count(*) AS n FROM inventory_level l JOIN LATERAL (
            SELECT coalesce(sum(on_hand_change), 0) AS on_hand, coalesce(sum(reserved_change), 0) AS reserved
            FROM stock_movement m WHERE m.level_id = l.id) j ON TRUE
        WHERE (l.on_hand, l.reserved) IS DISTINCT FROM (j.on_hand, j.reserved)"""
    )
    return row["n"]
