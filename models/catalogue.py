"""How the catalogue is narrowed, sorted, searched and counted, and what is summed up over its tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from models.database import execute
from models.products import Product
from models.rows import NEWEST_FIRST, Rows, Sort

# A cursor holds the value that its list runs by, so a title counts with its beginning only.
BY_TITLE = Sort("title", "lower(left(t.title, 60))", "text", is_descending=False)
BY_PRICE = Sort("price", "coalesce(t.price_from_minor, 0)", "bigint", is_descending=False)
BY_CHANGE = Sort("change", "t.updated_at", "timestamptz")
BY_RELEVANCE = Sort("relevance", "ts_rank(t.search_vector, websearch_to_tsquery('simple', :words))::float8", "float8")
BY_NAME = Sort("name", "lower(t.name)", "text", is_descending=False)
BY_POSITION = Sort("position", "t.position", "integer", is_descending=False)
PRODUCT_SORTS = {sort.name: sort for sort in (NEWEST_FIRST, BY_TITLE, BY_PRICE, BY_CHANGE, BY_RELEVANCE)}

# Where one range of prices ends and the next begins, in the smallest unit of whatever currency.
PRICE_EDGES = (1_000, 2_500, 5_000, 10_000, 25_000, 50_000)

# A product is found in its category and in all above it.
IN_CATEGORY = "t.category_id IN (SELECT c.id FROM category c WHERE c.lineage @> ARRAY[:category::uuid])"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductFilter:
    """
    Which products are wanted; what is None narrows nothing.

    Args:
        category: In it or below it.
        supplier: From whom.
        currency: In which the prices are.
        price_from_minor: The least that the cheapest variant costs.
        price_to_minor: The most that the cheapest variant costs.
        tags: Every one of which they bear.
    """

    category: UUID | None = None
    supplier: UUID | None = None
    currency: str | None = None
    price_from_minor: int | None = None
    price_to_minor: int | None = None
    tags: tuple[str, ...] = ()


def filtered(rows: Rows[Product], wanted: ProductFilter) -> Rows[Product]:
    """Narrow products to those that are wanted."""
    if wanted.category is not None:
        rows = rows.matching(IN_CATEGORY, category=wanted.category)
    if wanted.supplier is not None:
        rows = rows.where(supplier_id=wanted.supplier)
    if wanted.currency is not None:
        rows = rows.where(currency=wanted.currency)
    if wanted.price_from_minor is not None:
        rows = rows.matching("t.price_from_minor >= :least::bigint", least=wanted.price_from_minor)
    if wanted.price_to_minor is not None:
        rows = rows.matching("t.price_from_minor <= :most::bigint", most=wanted.price_to_minor)
    if wanted.tags:
        rows = rows.matching("t.tags @> :tags::text[]", tags=list(wanted.tags))
    return rows


def found_by(rows: Rows[Product], words: str) -> Rows[Product]:
    """Narrow products to those that a search finds; words as in web searches, with quotes, `or` and `-`."""
    return rows.matching("t.search_vector @@ websearch_to_tsquery('simple', :words)", words=words)


@dataclass(frozen=True, slots=True)
class Facets:
    """How many of some products there are in each category, of each supplier, and in each range of prices."""

    categories: list[tuple[UUID, int]]
    suppliers: list[tuple[UUID, int]]
    prices: list[tuple[str, int, int]]
    """Currency, how many of `PRICE_EDGES` are reached, number of products."""


async def facets_of(rows: Rows[Product], *, limit: int) -> Facets:
    """
    Count products by what they can be narrowed by, in one statement.

    Args:
        rows: The products.
        limit: The most entries of each kind; those with the most products come first.
    """
    edges = ", ".join(str(edge) for edge in PRICE_EDGES)
    by = await rows.counts_by(
        category="t.category_id",
        supplier="t.supplier_id",
        price=f"t.currency || ' ' || width_bucket(t.price_from_minor, ARRAY[{edges}]::bigint[])",
    )
    prices = [(*text.split(" "), count) for text, count in by["price"][:limit]]
    return Facets(
        [(UUID(text), count) for text, count in by["category"][:limit]],
        [(UUID(text), count) for text, count in by["supplier"][:limit]],
        sorted((currency, int(reached), count) for currency, reached, count in prices),
    )


_SUMMARISE = """
    WITH sums AS (
        SELECT p.id, min(v.price_minor) AS least, max(v.price_minor) AS most,
               concat_ws(' ', string_agg(nullif(v.sku, ''), ' ' ORDER BY v.position, v.id),
                   (SELECT string_agg(a.name, ' ' ORDER BY array_position(c.lineage, a.id))
                    FROM category c JOIN category a ON a.id = ANY(c.lineage) WHERE c.id = p.category_id)) AS words
        FROM product p LEFT JOIN product_variant v ON v.product_id = p.id AND v.currency = p.currency
        WHERE p.id = ANY($1::uuid[]) GROUP BY p.id)
    UPDATE product SET price_from_minor = s.least, price_to_minor = s.most, search_words = s.words
    FROM sums s WHERE product.id = s.id
      AND (product.price_from_minor, product.price_to_minor, product.search_words)
          IS DISTINCT FROM (s.least, s.most, s.words)
"""
_RELATE = """
    WITH RECURSIVE tree(id, lineage) AS (
        SELECT c.id, ARRAY[c.id] FROM category c WHERE c.parent_id IS NULL
        UNION ALL SELECT c.id, tree.lineage || c.id FROM category c JOIN tree ON c.parent_id = tree.id)
    UPDATE category SET lineage = tree.lineage FROM tree
    WHERE category.id = tree.id AND category.lineage IS DISTINCT FROM tree.lineage
"""


async def summarise(products: Sequence[UUID]) -> int:
    """
    Bring price ranges and search words of products up to date, and tell how many were not.

    To be called in the transaction that changes variants, their prices, or the category of a product.
    """
    # Sums of what another transaction is changing would be of before; who comes second waits, and then sees it all.
    await execute("SELECT FROM product WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE", list(products))
    return await execute(_SUMMARISE, list(products))


async def relate() -> int:
    """
    Bring the lineages of all categories up to date, and tell how many were not.

    To be called in the transaction that moves categories. A ring of categories, which no import makes, is left alone.
    """
    return await execute(_RELATE)
