"""The ways into the catalogue."""

from decimal import Decimal
from typing import Annotated, Any

import strawberry

from permissions.fields import After, Before, First, Last, root
from permissions.may_see import Info
from resolvers import categories, products, searches
from resolvers import suppliers as supplier_reads
from schema.categories import Category, Collection, ProductSearchConnection
from schema.enums import CurrencyCode
from schema.products import Product, ProductSortKey, ProductVariant
from schema.relay import Connection
from schema.suppliers import Supplier

Handle = Annotated[str | None, strawberry.argument(description="Its handle. Or give `id`.")]
ProductId = Annotated[strawberry.ID | None, strawberry.argument(description="Its id. Or give `handle`.")]
VariantId = Annotated[strawberry.ID, strawberry.argument(description="Its id.")]
Slug = Annotated[str, strawberry.argument(description="Its slug.")]
Words = Annotated[
    str,
    strawberry.argument(
        description="What to look for in titles, descriptions, SKUs and category names: words as in a web search, with "
        '`"quotes"`, `or` and `-`; at most 200 characters.'
    ),
]
SortKey = Annotated[ProductSortKey, strawberry.argument(description="By what the list runs.")]
Reverse = Annotated[bool, strawberry.argument(description="Whether it runs the other way.")]


@strawberry.input(
    description="Which products are wanted; all conditions hold at once, and those left out do not count."
)
class ProductFilter:
    """Typed conditions; each is compiled by hand."""

    category: strawberry.ID | None = strawberry.field(default=None, description="In this category or below it.")
    supplier: strawberry.ID | None = strawberry.field(default=None, description="Sold by this supplier.")
    currency_code: CurrencyCode | None = strawberry.field(default=None, description="Priced in this currency.")
    price_min: Decimal | None = strawberry.field(
        default=None, description="The cheapest variant costs at least this; needs `currencyCode`."
    )
    price_max: Decimal | None = strawberry.field(
        default=None, description="The cheapest variant costs at most this; needs `currencyCode`."
    )
    tags: list[str] | None = strawberry.field(default=None, description="With all of these tags, at most 25.")


Filter = Annotated[ProductFilter | None, strawberry.argument(description="Which products are wanted.")]


async def _product(info: Info, handle: Handle = None, id: ProductId = None) -> Any:
    return await products.product_by(info.context.viewer, handle=handle, public_id=id)


async def _variant(info: Info, id: VariantId) -> Any:
    return await products.variant_by_id(info.context.viewer, id)


async def _products(
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    filter: Filter = None,
    sort_key: SortKey = ProductSortKey.NEWEST,
    reverse: Reverse = False,
) -> Any:
    return await products.products_visible_to(
        info.context.viewer,
        wanted=_wanted(info, filter),
        sort=sort_key.value,
        reverse=reverse,
        first=first,
        after=after,
        last=last,
        before=before,
    )


async def _search(
    info: Info,
    query: Words,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    filter: Filter = None,
    sort_key: SortKey = ProductSortKey.RELEVANCE,
    reverse: Reverse = False,
) -> Any:
    page = await products.products_visible_to(
        info.context.viewer,
        wanted=_wanted(info, filter),
        sort=sort_key.value,
        reverse=reverse,
        words=query,
        first=first,
        after=after,
        last=last,
        before=before,
    )
    # Somebody in whose place another one looks has searched for nothing.
    if info.context.viewing is None and after is None and before is None:
        searches.noted(info.context.viewer, query, info.context.client)
    return page


def _wanted(info: Info, given: ProductFilter | None) -> products.Wanted:
    asked = info.context.asked_in.currency
    if given is None:
        return products.Wanted(currency=asked)
    return products.Wanted(
        category=given.category,
        supplier=given.supplier,
        currency=given.currency_code.value if given.currency_code is not None else asked,
        price_min=given.price_min,
        price_max=given.price_max,
        tags=given.tags,
    )


async def _category(info: Info, slug: Slug) -> Any:
    return await categories.category_by_slug(info.context.viewer, slug)


async def _categories(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Any:
    return await categories.root_categories(info.context.viewer, first=first, after=after, last=last, before=before)


async def _collections(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Any:
    return await categories.all_collections(info.context.viewer, first=first, after=after, last=last, before=before)


async def _supplier(info: Info, slug: Slug) -> Any:
    return await supplier_reads.supplier_by_slug(info.context.viewer, slug)


async def _suppliers(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Any:
    return await supplier_reads.all_suppliers(info.context.viewer, first=first, after=after, last=last, before=before)


@strawberry.type
class CatalogueQueries:
    """Reads of the catalogue."""

    product: Product | None = root("A product by its handle or id; null if it is not shown.", resolver=_product)
    products: Connection[Product] = root("The products that are shown.", resolver=_products)
    product_variant: ProductVariant | None = root("A variant by its id; null if it is not shown.", resolver=_variant)
    category: Category | None = root("A category by its slug; null if there is none.", resolver=_category)
    categories: Connection[Category] = root(
        "The categories at the top of the tree, in the shop's order.", resolver=_categories
    )
    collections: Connection[Collection] = root("The collections, in the shop's order.", resolver=_collections)
    supplier: Supplier | None = root("A supplier by its slug; null if there is none.", resolver=_supplier)
    suppliers: Connection[Supplier] = root("The suppliers, by name.", resolver=_suppliers)
    search: ProductSearchConnection = root(
        "The products that fit some words, with what they can be narrowed by.", resolver=_search, weight=75
    )
