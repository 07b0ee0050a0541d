"""Categories, collections, and what a search found, as everybody sees them."""

from typing import Annotated

import strawberry

from models.bounds import CATEGORY_LEVELS
from permissions.fields import batch, connection, part, public, to_many, to_one
from resolvers import categories
from resolvers.categories import MAX_FACETS
from schema.money import Money
from schema.products import Product
from schema.relay import Connection, Node, node_id, shows
from schema.suppliers import Supplier


@strawberry.type(description="A place in the tree of what the shop sells.")
class Category(Node):
    """The tree is public."""

    is_type_of = shows("Category")

    id: strawberry.ID = node_id("Category")
    name: str = public("What it is called.")
    slug: str = public("The name as it is used in addresses of pages.")
    version: int = public("Goes up with every change.")
    external_reference: str | None = public("What it is called where it was imported from; null if it was not.")
    parent: Annotated["Category", strawberry.lazy("schema.categories")] | None = to_one(
        "The category that it is in; null at the top of the tree.", by="parent_id", rows=categories.parents_of
    )
    ancestors: list[Annotated["Category", strawberry.lazy("schema.categories")]] = to_many(
        "All categories that it is in, the outermost first.",
        at_most=CATEGORY_LEVELS,
        rows=categories.ancestors_of,
        needs=("lineage",),
    )
    children: Connection[Annotated["Category", strawberry.lazy("schema.categories")]] = connection(
        "The categories directly in it, in the shop's order.", rows=categories.children_of
    )
    product_count: int = public(
        "How many products are in it or below it, counted to 10,000 at most.", rows=categories.product_counts_of
    )
    products: Connection[Product] = connection(
        "The products in it or below it, the newest first.", rows=categories.products_in
    )


@strawberry.type(description="Products that are shown together, such as those of a season.")
class Collection(Node):
    """Collections are public."""

    is_type_of = shows("Collection")

    id: strawberry.ID = node_id("Collection")
    name: str = public("What it is called.")
    slug: str = public("The name as it is used in addresses of pages.")
    description: str = public("What holds it together; empty if nobody has said.")
    products: Connection[Product] = connection("Its products, the newest first.", rows=categories.products_together)


@strawberry.type(description="How many of the found products are in a category itself.")
class CategoryFacet:
    """Products of categories below count there."""

    category: Category = to_one("The category.", by="of", rows=categories.categories_of_facets)
    count: int = part("How many there are.")


@strawberry.type(description="How many of the found products a supplier sells.")
class SupplierFacet:
    """One supplier."""

    supplier: Supplier = to_one("The supplier.", by="of", rows=categories.suppliers_of_facets)
    count: int = part("How many there are.")


@strawberry.type(description="How many of the found products there are from one price up to another.")
class PriceFacet:
    """It counts by the cheapest variant."""

    price_from: Money = part("The lowest price that counts.")
    price_below: Money | None = part("The price from which on it no longer counts; null if there is none.")
    count: int = part("How many there are.")


@strawberry.type(description="By what the found products can be narrowed, with how many there are of each.")
class SearchFacets:
    """The whole of what was found is counted, not one page."""

    categories: list[CategoryFacet] = part("By category, those with the most products first.", at_most=MAX_FACETS)
    suppliers: list[SupplierFacet] = part("By supplier, those with the most products first.", at_most=MAX_FACETS)
    prices: list[PriceFacet] = part("By price, at most 50, by currency and from the lowest.")


@strawberry.type(description="A page of the products that a search found.")
class ProductSearchConnection(Connection[Product]):
    """A connection that counts besides."""

    facets: SearchFacets = batch("By what they can be narrowed.", rows=categories.facets_of_searches)
