"""Reads behind the product fields."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from commerce import prices
from models.catalogue import NEWEST_FIRST, PRODUCT_SORTS, ProductFilter, filtered, found_by
from models.money import Money
from models.products import (
    PriceTier,
    Product,
    ProductAttribute,
    ProductMedia,
    ProductOption,
    ProductVariant,
)
from models.rows import Rows
from models.scoping import NOTHING
from policy.refused import Refused
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.nodes import row_id
from resolvers.pages import Page, page_request, public_context

MAX_WORDS = 200
MAX_TAGS = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which products a client asks for; what is None narrows nothing."""

    category: str | None = None
    supplier: str | None = None
    currency: str | None = None
    price_min: Decimal | None = None
    price_max: Decimal | None = None
    tags: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class SelectedOption:
    """What a variant is in one of the product's options."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class PriceSpan:
    """The least and the most that a variant of a product costs."""

    minimum: Money
    maximum: Money


def price_span(least: int | None, most: int | None, currency: str) -> PriceSpan | None:
    """Make the range of a product's prices; None for a product without variants."""
    if least is None or most is None:
        return None
    return PriceSpan(Money(least, currency), Money(most, currency))


async def product_by(viewer: Viewer, *, handle: str | None, public_id: str | None) -> Seen[Product] | None:
    """
    Find a product by its handle or id.

    Raises:
        Refused: `BAD_ARGUMENT` where neither or both are given.
    """
    if (handle is None) == (public_id is None):
        raise Refused("BAD_ARGUMENT", "Give either `handle` or `id`, and not both.")
    rows = Product.visible_to(viewer)
    if handle is not None:
        return await rows.where(handle=handle).one()
    key = row_id(public_id or "", "Product", viewer)
    return await rows.where(id=key).one() if key is not None else None


async def variant_by_id(viewer: Viewer, public_id: str) -> Seen[ProductVariant] | None:
    """Find a variant by its id."""
    key = row_id(public_id, "ProductVariant", viewer)
    return await ProductVariant.visible_to(viewer).where(id=key).one() if key is not None else None


async def products_visible_to(
    viewer: Viewer,
    *,
    wanted: Wanted | None,
    sort: str,
    reverse: bool,
    words: str | None = None,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> Page:
    """
    List products.

    Args:
        viewer: Who asks.
        wanted: What narrows the list.
        sort: The name of one of `PRODUCT_SORTS`.
        reverse: Whether the list runs the other way.
        words: What a search looks for; None for all products.
        first: See `page_request`, also for the rest.
        after: A cursor.
        last: A size.
        before: A cursor.

    Raises:
        Refused: `BAD_ARGUMENT` for a filter that cannot be; `BAD_PAGE` and `BAD_CURSOR`.
    """
    rows = _narrowed(Product.visible_to(viewer), viewer, wanted or Wanted())
    if words is not None:
        if len(words) > MAX_WORDS or "\0" in words:
            raise Refused("BAD_ARGUMENT", f"A search has at most {MAX_WORDS} characters, and none of them is U+0000.")
        rows = found_by(rows, words)
    order = PRODUCT_SORTS[sort]
    if words is None and order.name == "relevance":
        raise Refused("BAD_ARGUMENT", "Only what was searched for has a relevance; sort by something else.")
    if reverse:
        order = replace(order, is_descending=not order.is_descending)
    rows = rows.by_sort(order)
    # A relevance is one to the words, so a cursor of it is of no use for others.
    context = public_context(f"search for {words}" if words is not None else "products", order)
    request = page_request(context, first=first, after=after, last=last, before=before)
    return Page(await rows.page(request), context, rows)


def _narrowed(rows: Rows[Product], viewer: Viewer, wanted: Wanted) -> Rows[Product]:
    category = row_id(wanted.category, "Category", viewer) if wanted.category is not None else None
    supplier = row_id(wanted.supplier, "Supplier", viewer) if wanted.supplier is not None else None
    if (wanted.category is not None and category is None) or (wanted.supplier is not None and supplier is None):
        # As for an id of something that does not exist, nothing is found.
        return rows.matching(NOTHING)
    if wanted.currency is None and (wanted.price_min is not None or wanted.price_max is not None):
        raise Refused(
            "BAD_ARGUMENT", "A price is one in a currency: give `currencyCode` with `priceMin` and `priceMax`."
        )
    tags = tuple(wanted.tags or ())
    if len(tags) > MAX_TAGS or any("\0" in tag for tag in tags):
        raise Refused("BAD_ARGUMENT", f"Give at most {MAX_TAGS} tags, without U+0000 in them.")
    return filtered(
        rows,
        ProductFilter(
            category=category,
            supplier=supplier,
            currency=wanted.currency,
            price_from_minor=_minor(wanted.price_min, wanted.currency),
            price_to_minor=_minor(wanted.price_max, wanted.currency),
            tags=tags,
        ),
    )


def _minor(amount: Decimal | None, currency: str | None) -> int | None:
    if amount is None or currency is None:
        return None
    try:
        return prices.amount(amount, currency, field=()).amount_minor
    except prices.AmountNotValid:
        raise Refused("BAD_ARGUMENT", "A price has no more digits than its currency: `12.50`.") from None


NEWEST = NEWEST_FIRST.name


async def variants_of(products: Sequence[Seen[Product]], viewer: Viewer) -> list[list[Seen[ProductVariant]]]:
    """Read the variants of each product."""
    found = await ProductVariant.visible_to(viewer).by("product_id", _ids(products), order="position")
    return [found[product.row.id] for product in products]


async def options_of(products: Sequence[Seen[Product]], viewer: Viewer) -> list[list[Seen[ProductOption]]]:
    """Read the options of each product."""
    found = await ProductOption.visible_to(viewer).by("product_id", _ids(products), order="position")
    return [found[product.row.id] for product in products]


async def media_of(products: Sequence[Seen[Product]], viewer: Viewer) -> list[list[Seen[ProductMedia]]]:
    """Read the pictures of each product."""
    found = await ProductMedia.visible_to(viewer).by("product_id", _ids(products), order="position")
    return [found[product.row.id] for product in products]


async def attributes_of(products: Sequence[Seen[Product]], viewer: Viewer) -> list[list[Seen[ProductAttribute]]]:
    """Read the attributes of each product."""
    found = await ProductAttribute.visible_to(viewer).by("product_id", _ids(products), order="position")
    return [found[product.row.id] for product in products]


async def products_of(variants: Sequence[Seen[Any]], viewer: Viewer) -> list[Seen[Product] | None]:
    """Read the product of each variant; None for one that is no longer shown."""
    found = await Product.visible_to(viewer).by("id", [variant.row.product_id for variant in variants])
    return [next(iter(found[variant.row.product_id]), None) for variant in variants]


async def price_tiers_of(variants: Sequence[Seen[ProductVariant]], viewer: Viewer) -> list[list[Seen[PriceTier]]]:
    """Read the prices by quantity of each variant."""
    found = await PriceTier.visible_to(viewer).by("variant_id", _ids(variants), order="minimum_quantity")
    return [found[variant.row.id] for variant in variants]


async def selected_options_of(variants: Sequence[Seen[ProductVariant]], viewer: Viewer) -> list[list[SelectedOption]]:
    """Tell what each variant is in each option of its product."""
    keys = [variant.row.product_id for variant in variants]
    found = await ProductOption.visible_to(viewer).by("product_id", keys, order="position")
    return [
        [
            SelectedOption(option.row.name, value)
            for option, value in zip(found[variant.row.product_id], variant.row.option_values, strict=False)
        ]
        for variant in variants
    ]


def _ids(rows: Sequence[Seen[Any]]) -> list[Any]:
    return [seen.row.id for seen in rows]
