"""The catalogue's products, as everybody sees them: they are about nobody."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from models.bounds import (
    INVENTORY_LEVELS,
    PRICE_TIERS,
    PRODUCT_ATTRIBUTES,
    PRODUCT_OPTIONS,
    PRODUCT_PICTURES,
    PRODUCT_VARIANTS,
)
from models.money import Money as Sum
from models.products import ProductStatus
from permissions.fields import part, public, pure, to_many, to_one
from resolvers import categories, inventory, products, stock
from resolvers.suppliers import suppliers_of
from schema.enums import described
from schema.inventory import InventoryLevel
from schema.money import Money, money
from schema.relay import Node, node_id, shows
from schema.suppliers import Supplier

if TYPE_CHECKING:
    from schema.categories import Category

described(
    ProductStatus,
    "Whether a product is shown.",
    {
        ProductStatus.DRAFT: "Not yet: only operators see it.",
        ProductStatus.ACTIVE: "From when it is published on.",
        ProductStatus.ARCHIVED: "No longer: only operators see it.",
    },
)


class ProductSortKey(Enum):
    """By what a list of products runs: the names of `models.catalogue.PRODUCT_SORTS`."""

    NEWEST = "newest first"
    UPDATED_AT = "change"
    TITLE = "title"
    PRICE = "price"
    RELEVANCE = "relevance"


described(
    ProductSortKey,
    "By what a list of products runs.",
    {
        ProductSortKey.NEWEST: "When they were added, the newest first.",
        ProductSortKey.UPDATED_AT: "When they were changed, the latest first.",
        ProductSortKey.TITLE: "Their titles from A to Z; only the first 60 characters count.",
        ProductSortKey.PRICE: "What their cheapest variant costs, the lowest first; currencies are not converted.",
        ProductSortKey.RELEVANCE: "How well they fit what was searched for, the best first; in searches only.",
    },
)


@pure
def _money_if_any(amount_minor: int | None, currency: str) -> Sum | None:
    return money(amount_minor, currency) if amount_minor is not None else None


_price_span = pure(products.price_span)


@strawberry.type(description="From what to what the variants of a product cost.")
class PriceRange:
    """Both ends are in the product's currency."""

    minimum: Money = part("The price of the cheapest variant.")
    maximum: Money = part("The price of the dearest variant.")


@strawberry.type(description="In what the variants of a product differ, such as their size.")
class ProductOption:
    """The order of options and values is that of the shop."""

    name: str = public("What it is called.")
    values: list[str] = public("The values that there are.", columns=("option_values",))


@strawberry.type(description="What a variant is in one of its product's options, such as: size, L.")
class SelectedOption:
    """One option and one of its values."""

    name: str = part("The option.")
    value: str = part("Its value.")


@strawberry.type(description="What one costs if at least so many are bought at once.")
class PriceTier:
    """A price by quantity."""

    minimum_quantity: int = public("From how many on.")
    price: Money = public("The price of one.", columns=("price_minor", "currency"), value=money)


@strawberry.type(description="A picture of a product.")
class ProductMedia:
    """Pictures are shown, not held: here is where they are."""

    url: str = public("Where the picture is; an address without a host is one of the shop's own.")
    alt: str = public("What is to be seen, for those who cannot see it; empty if nobody has said.")


@strawberry.type(description="A fact about a product, such as its material.")
class ProductAttribute:
    """A name and a value, as the supplier gave them."""

    name: str = public("What the fact is about.")
    value: str = public("What is so.")


@strawberry.type(description="What is bought: a product in one combination of its options.")
class ProductVariant(Node):
    """A product without options has one variant."""

    is_type_of = shows("ProductVariant")

    id: strawberry.ID = node_id("ProductVariant")
    sku: str = public("The supplier's stock-keeping unit; empty if it has none.")
    title: str = public("The values of its options, or the product's title if there are none.")
    price: Money = public("The price of one.", columns=("price_minor", "currency"), value=money)
    compare_at_price: Money | None = public(
        "What one cost before, as the supplier says; null if nothing was said.",
        columns=("compare_at_minor", "currency"),
        value=_money_if_any,
    )
    price_tiers: list[PriceTier] = to_many(
        "What one costs if more are bought, from the smallest quantity on.",
        at_most=PRICE_TIERS,
        rows=products.price_tiers_of,
    )
    selected_options: list[SelectedOption] = public(
        "What it is in each of the product's options.",
        at_most=PRODUCT_OPTIONS,
        rows=products.selected_options_of,
        needs=("option_values",),
    )
    available_quantity: int = public("How many can be bought now, of all places together.", rows=stock.available_of)
    is_in_stock: bool = public("Whether at least one can be bought now.", rows=stock.in_stock_of)
    inventory_levels: list[InventoryLevel] = to_many(
        "How many there are at each place; for operators, and empty for everybody else.",
        at_most=INVENTORY_LEVELS,
        rows=inventory.levels_of,
    )
    barcode: str = public("The number below the bars, such as an EAN; empty if unknown.")
    weight_grams: int | None = public("What one weighs, in grams; null if unknown.")
    position: int = public("Its place among the product's variants, from 1.")
    version: int = public("Goes up with every change.")
    product: Annotated["Product", strawberry.lazy("schema.products")] | None = to_one(
        "The product that it is a variant of.", by="product_id", rows=products.products_of
    )


@strawberry.type(description="Something that a supplier sells, in one or several variants.")
class Product(Node):
    """Everybody sees what is active and published; operators see the rest too."""

    is_type_of = shows("Product")

    id: strawberry.ID = node_id("Product")
    handle: str = public("The name as it is used in addresses of pages.")
    title: str = public("What it is called.")
    description: str = public("What there is to say about it, as the supplier wrote it: text, or HTML to be cleaned.")
    vendor: str = public("Under which name it is sold.")
    product_type: str = public("What sort of thing it is, in the supplier's words; empty if it has not said.")
    tags: list[str] = public("Words that it is filed under.")
    status: ProductStatus = public("Whether it is shown.")
    published_at: datetime | None = public("From when on it is shown; null if it is not.")
    created_at: datetime = public("When it was added.")
    updated_at: datetime = public("When it was last changed.")
    version: int = public("Goes up with every change.")
    supplier: Supplier = to_one("Who sells it.", by="supplier_id", rows=suppliers_of)
    category: Annotated["Category", strawberry.lazy("schema.categories")] | None = to_one(
        "The category that it is in; null if it is in none.", by="category_id", rows=categories.categories_of
    )
    price_range: PriceRange | None = public(
        "From what to what its variants cost; null if it has none.",
        columns=("price_from_minor", "price_to_minor", "currency"),
        value=_price_span,
    )
    options: list[ProductOption] = to_many(
        "In what its variants differ.", at_most=PRODUCT_OPTIONS, rows=products.options_of
    )
    variants: list[ProductVariant] = to_many("What can be bought.", at_most=PRODUCT_VARIANTS, rows=products.variants_of)
    media: list[ProductMedia] = to_many(
        "Its pictures, the main one first.", at_most=PRODUCT_PICTURES, rows=products.media_of
    )
    attributes: list[ProductAttribute] = to_many(
        "Facts about it.", at_most=PRODUCT_ATTRIBUTES, rows=products.attributes_of
    )
