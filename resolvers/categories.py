"""Reads behind the fields of categories, collections, and what a search counts by them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.catalogue import BY_POSITION, PRICE_EDGES, facets_of
from models.categories import Category, Collection
from models.money import Money
from models.products import Product
from models.rows import NEWEST_FIRST
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.pages import Page, page_request, public_context
from resolvers.suppliers import suppliers_by_id

MAX_FACETS = 50


@dataclass(frozen=True, slots=True)
class Facet:
    """A category or supplier, and how many of the found products are its own."""

    of: UUID
    count: int


@dataclass(frozen=True, slots=True)
class PriceFacet:
    """A range of prices, and how many of the found products begin in it."""

    price_from: Money
    price_below: Money | None
    count: int


@dataclass(frozen=True, slots=True)
class SearchFacets:
    """What the products that a search found can be narrowed by."""

    categories: list[Facet]
    suppliers: list[Facet]
    prices: list[PriceFacet]


async def categories_by_id(viewer: Viewer, ids: Sequence[UUID]) -> dict[UUID, list[Seen[Category]]]:
    """Find categories; they are public."""
    return await Category.rows(viewer).by("id", ids)


async def category_by_slug(viewer: Viewer, slug: str) -> Seen[Category] | None:
    """Find a category by the name that it has in addresses of pages."""
    return await Category.rows(viewer).where(slug=slug).one()


async def root_categories(
    viewer: Viewer, *, first: int | None, after: str | None, last: int | None, before: str | None
) -> Page:
    """List the categories that are in no other, in the order that the shop shows them."""
    rows = Category.rows(viewer).matching("t.parent_id IS NULL").by_sort(BY_POSITION)
    context = public_context("categories", BY_POSITION)
    return Page(
        await rows.page(page_request(context, first=first, after=after, last=last, before=before)), context, rows
    )


async def children_of(
    parents: Sequence[Seen[Category]],
    viewer: Viewer,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> list[Page]:
    """List what is directly in each category."""
    rows, keys = Category.rows(viewer).by_sort(BY_POSITION), [parent.row.id for parent in parents]
    context = public_context("children of a category", BY_POSITION)
    found = await rows.pages(
        "parent_id", keys, page_request(context, first=first, after=after, last=last, before=before)
    )
    return [Page(found[key], context, rows, ("parent_id", key)) for key in keys]


async def parents_of(children: Sequence[Seen[Category]], viewer: Viewer) -> list[Seen[Category] | None]:
    """Find the category that each is in."""
    found = await categories_by_id(viewer, [child.row.parent_id for child in children if child.row.parent_id])
    return [found[child.row.parent_id][0] if child.row.parent_id else None for child in children]


async def ancestors_of(children: Sequence[Seen[Category]], viewer: Viewer) -> list[list[Seen[Category]]]:
    """Find all categories above each, the outermost first."""
    found = await categories_by_id(viewer, [key for child in children for key in child.row.lineage[:-1]])
    return [[found[key][0] for key in child.row.lineage[:-1]] for child in children]


async def product_counts_of(categories: Sequence[Seen[Category]], viewer: Viewer) -> list[int]:
    """Count the products in each category and below it, to a limit."""
    keys = [category.row.id for category in categories]
    found = await Product.visible_to(viewer).counts("category_or_above", keys)
    return [found[key] for key in keys]


async def categories_of(products: Sequence[Seen[Product]], viewer: Viewer) -> list[Seen[Category] | None]:
    """Find the category of each product."""
    found = await categories_by_id(viewer, [product.row.category_id for product in products if product.row.category_id])
    return [found[product.row.category_id][0] if product.row.category_id else None for product in products]


async def products_in(
    categories: Sequence[Seen[Category]],
    viewer: Viewer,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> list[Page]:
    """List the products in each category and below it, the newest first."""
    return await _products("category_or_above", categories, viewer, first, after, last, before)


async def products_together(
    collections: Sequence[Seen[Collection]],
    viewer: Viewer,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> list[Page]:
    """List the products of each collection, the newest first."""
    return await _products("collection", collections, viewer, first, after, last, before)


async def _products(
    link: str,
    parents: Sequence[Seen[Any]],
    viewer: Viewer,
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
) -> list[Page]:
    rows, keys = Product.visible_to(viewer), [parent.row.id for parent in parents]
    context = public_context(f"products of a {link}", NEWEST_FIRST)
    found = await rows.pages(link, keys, page_request(context, first=first, after=after, last=last, before=before))
    return [Page(found[key], context, rows, (link, key)) for key in keys]


async def all_collections(
    viewer: Viewer, *, first: int | None, after: str | None, last: int | None, before: str | None
) -> Page:
    """List the collections, in the order that the shop shows them."""
    rows = Collection.rows(viewer).by_sort(BY_POSITION)
    context = public_context("collections", BY_POSITION)
    return Page(
        await rows.page(page_request(context, first=first, after=after, last=last, before=before)), context, rows
    )


async def facets_of_searches(pages: Sequence[Page], viewer: Viewer) -> list[SearchFacets]:
    """Count what each search found by category, supplier and price: one statement for each search."""
    answers: list[SearchFacets] = []
    for page in pages:
        found = await facets_of(page.rows, limit=MAX_FACETS)
        answers.append(
            SearchFacets(
                [Facet(key, count) for key, count in found.categories],
                [Facet(key, count) for key, count in found.suppliers],
                [_price_facet(currency, reached, count) for currency, reached, count in found.prices],
            )
        )
    return answers


def _price_facet(currency: str, reached: int, count: int) -> PriceFacet:
    below = Money(PRICE_EDGES[reached], currency) if reached < len(PRICE_EDGES) else None
    return PriceFacet(Money(PRICE_EDGES[reached - 1] if reached else 0, currency), below, count)


async def categories_of_facets(facets: Sequence[Facet], viewer: Viewer) -> list[Seen[Category]]:
    """Find the category of each count."""
    found = await categories_by_id(viewer, [facet.of for facet in facets])
    return [found[facet.of][0] for facet in facets]


async def suppliers_of_facets(facets: Sequence[Facet], viewer: Viewer) -> list[Seen[Any]]:
    """Find the supplier of each count."""
    found = await suppliers_by_id(viewer, [facet.of for facet in facets])
    return [found[facet.of][0] for facet in facets]
