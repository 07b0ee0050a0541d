"""A hand-written server that reads rows, a statement for each level, and puts the answer together in Python."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from asyncpg import Record

from benchmarks.bare.shop import PARTNER, PERSON, SHOWN, Shop, cursor, euros
from models.catalogue import PRICE_EDGES
from models.rows import COUNT_LIMIT

Answer = Callable[[Shop, Mapping[str, Any], str], Awaitable[bytes]]

_PRODUCTS = f"""
    WITH {PERSON}
    SELECT p.id, p.title, p.handle, p.description, c.name AS category, r.name AS parent, s.name AS supplier
    FROM product p JOIN supplier s ON s.id = p.supplier_id
    LEFT JOIN category c ON c.id = p.category_id LEFT JOIN category r ON r.id = c.parent_id
    WHERE {SHOWN} AND EXISTS (SELECT FROM who) ORDER BY p.id DESC LIMIT $3 + 1
"""
_VARIANTS = """
    SELECT v.id, v.product_id, v.sku, v.title, v.price_minor, v.compare_at_minor, v.option_values,
        coalesce((SELECT sum(l.on_hand - l.reserved)::int FROM inventory_level l WHERE l.variant_id = v.id), 0) AS free
    FROM product_variant v WHERE v.product_id = ANY($1) ORDER BY v.position
"""
_TIERS = """
    SELECT variant_id, minimum_quantity, price_minor FROM price_tier WHERE variant_id = ANY($1)
    ORDER BY minimum_quantity
"""
_PRODUCT = f"""
    WITH {PERSON}
    SELECT p.id, p.title, p.handle, p.description,
        (SELECT array_agg(ROW(o.name, o.option_values) ORDER BY o.position) FROM product_option o
            WHERE o.product_id = p.id) AS options,
        (SELECT array_agg(ROW(m.url, m.alt) ORDER BY m.position) FROM product_media m
            WHERE m.product_id = p.id) AS media
    FROM product p WHERE p.handle = $3 AND {SHOWN} AND EXISTS (SELECT FROM who)
"""
_SEARCH = f"""
    WITH {PERSON}
    SELECT p.id, p.title, p.handle, p.price_from_minor, p.price_to_minor, p.category_id, p.supplier_id,
        c.name AS category, s.name AS supplier, ts_rank(p.search_vector, q) AS rank
    FROM websearch_to_tsquery('simple', $3) q JOIN product p ON p.search_vector @@ q
    JOIN supplier s ON s.id = p.supplier_id LEFT JOIN category c ON c.id = p.category_id
    WHERE {SHOWN} AND EXISTS (SELECT FROM who) ORDER BY rank DESC, p.id DESC
"""
_ORDERS = f"""
    WITH {PERSON}
    SELECT o.id, o.number, o.status, o.placed_at, o.total_minor, o.recipient_id,
        t.name, t.phone, t.street, t.city, t.postal_code, t.country
    FROM who JOIN "order" o ON o.buyer_id = who.id JOIN recipient t ON t.id = o.recipient_id
    ORDER BY o.id DESC LIMIT $3
"""
_LINES = """
    SELECT order_id, sku, title, quantity, unit_price_minor FROM order_line WHERE order_id = ANY($1) ORDER BY position
"""
_PARTS = f"""
    WITH {PARTNER}
    SELECT f.order_id, f.supplier_id, who.partner, who.token, f.status, f.created_at, o.number, o.buyer_id,
        o.recipient_id,
        t.name, t.phone, t.street, t.city, t.postal_code, t.country
    FROM who JOIN fulfillment_order f ON f.supplier_id = who.id JOIN "order" o ON o.id = f.order_id
    JOIN recipient t ON t.id = o.recipient_id
    WHERE o.paid_at IS NOT NULL AND o.status IN ('PAID', 'SHIPPED', 'DELIVERED')
        AND (o.window_closes_at IS NULL OR o.window_closes_at > $2) ORDER BY f.id DESC LIMIT $3
"""
_LINES_OF_SUPPLIER = """
    SELECT order_id, sku, title, quantity FROM order_line WHERE order_id = ANY($1) AND supplier_id = $2
    ORDER BY position
"""


async def products(shop: Shop, given: Mapping[str, Any], credential: str) -> bytes:
    """W1: the first products."""
    first = given["first"]
    found = await shop.fetch(credential, _PRODUCTS, first)
    page = found[:first]
    variants, tiers = await _variants(shop, [row["id"] for row in page])
    nodes = [
        {
            "title": row["title"],
            "handle": row["handle"],
            "description": row["description"],
            "category": row["category"]
            and {"name": row["category"], "parent": row["parent"] and {"name": row["parent"]}},
            "supplier": {"name": row["supplier"]},
            "variants": [
                {
                    "sku": variant["sku"],
                    "price": euros(variant["price_minor"]),
                    "availableQuantity": variant["free"],
                    "priceTiers": tiers[variant["id"]],
                }
                for variant in variants[row["id"]]
            ],
        }
        for row in page
    ]
    info = {"hasNextPage": len(found) > first, "endCursor": cursor(page[-1]["id"]) if page else None}
    return orjson.dumps({"data": {"products": {"nodes": nodes, "pageInfo": info}}})


async def product(shop: Shop, given: Mapping[str, Any], credential: str) -> bytes:
    """W2: one product by its handle."""
    found = await shop.fetch(credential, _PRODUCT, given["handle"])
    if not found:
        return orjson.dumps({"data": {"product": None}})
    row = found[0]
    variants, tiers = await _variants(shop, [row["id"]])
    names = [name for name, _ in row["options"] or ()]
    answer = {
        "title": row["title"],
        "handle": row["handle"],
        "description": row["description"],
        "options": [{"name": name, "values": values} for name, values in row["options"] or ()],
        "media": [{"url": url, "alt": alt} for url, alt in row["media"] or ()],
        "variants": [
            {
                "sku": variant["sku"],
                "title": variant["title"],
                "price": euros(variant["price_minor"]),
                "compareAtPrice": euros(variant["compare_at_minor"]),
                "availableQuantity": variant["free"],
                "selectedOptions": [
                    {"name": name, "value": value} for name, value in zip(names, variant["option_values"], strict=False)
                ],
                "priceTiers": tiers[variant["id"]],
            }
            for variant in variants[row["id"]]
        ],
    }
    return orjson.dumps({"data": {"product": answer}})


async def _variants(
    shop: Shop, products: Sequence[UUID]
) -> tuple[dict[UUID, list[Record]], dict[UUID, list[dict[str, Any]]]]:
    variants: dict[UUID, list[Record]] = {key: [] for key in products}
    tiers: dict[UUID, list[dict[str, Any]]] = {}
    for row in await shop.fetch_more(_VARIANTS, products):
        variants[row["product_id"]].append(row)
        tiers[row["id"]] = []
    for row in await shop.fetch_more(_TIERS, list(tiers)):
        tier = {"minimumQuantity": row["minimum_quantity"], "price": euros(row["price_minor"])}
        tiers[row["variant_id"]].append(tier)
    return variants, tiers


async def search(shop: Shop, given: Mapping[str, Any], credential: str) -> bytes:
    """W3: a search with facets; all hits are read, because all of them are counted."""
    found = await shop.fetch(credential, _SEARCH, given["words"])
    nodes = [
        {
            "title": row["title"],
            "handle": row["handle"],
            "priceRange": {"minimum": euros(row["price_from_minor"]), "maximum": euros(row["price_to_minor"])},
        }
        for row in found[: given["first"]]
    ]
    categories, suppliers = dict[tuple[str, str], int](), dict[tuple[str, str], int]()
    prices = [0] * (len(PRICE_EDGES) + 1)
    for row in found:
        if row["category_id"]:
            category = (str(row["category_id"]), row["category"])
            categories[category] = categories.get(category, 0) + 1
        supplier = (str(row["supplier_id"]), row["supplier"])
        suppliers[supplier] = suppliers.get(supplier, 0) + 1
        prices[sum(row["price_from_minor"] >= edge for edge in PRICE_EDGES)] += 1
    facets = {
        "categories": [{"count": count, "category": {"name": name}} for name, count in _most(categories)],
        "suppliers": [{"count": count, "supplier": {"name": name}} for name, count in _most(suppliers)],
        "prices": [price_facet(reached, count) for reached, count in enumerate(prices) if count],
    }
    answer = {"totalCount": min(len(found), COUNT_LIMIT), "nodes": nodes, "facets": facets}
    return orjson.dumps({"data": {"search": answer}})


def _most(counted: Mapping[tuple[str, str], int]) -> list[tuple[str, int]]:
    order = sorted(counted.items(), key=lambda entry: (-entry[1], entry[0][0]))
    return [(name, count) for (_, name), count in order[:50]]


def price_facet(reached: int, count: int) -> dict[str, Any]:
    """Write how many products there are in a range of prices."""
    return {
        "count": count,
        "priceFrom": euros(PRICE_EDGES[reached - 1] if reached else 0),
        "priceBelow": euros(PRICE_EDGES[reached] if reached < len(PRICE_EDGES) else None),
    }


async def orders(shop: Shop, given: Mapping[str, Any], credential: str) -> bytes:
    """W6: a customer's latest orders."""
    found = await shop.fetch(credential, _ORDERS, given["first"])
    lines: dict[UUID, list[dict[str, Any]]] = {row["id"]: [] for row in found}
    for row in await shop.fetch_more(_LINES, list(lines)):
        line = {"sku": row["sku"], "title": row["title"], "quantity": row["quantity"]}
        lines[row["order_id"]].append({**line, "unitPrice": euros(row["unit_price_minor"])})
    nodes = [
        {
            "number": row["number"],
            "status": row["status"],
            "placedAt": row["placed_at"],
            "total": euros(row["total_minor"]),
            "recipient": recipient,
            "lines": lines[row["id"]],
        }
        for row, recipient in zip(found, await shop.recipients(found), strict=True)
    ]
    return orjson.dumps({"data": {"orders": {"nodes": nodes}}})


async def parts(shop: Shop, given: Mapping[str, Any], credential: str) -> bytes:
    """W6s: a supplier's latest parts of orders."""
    found = await shop.fetch(credential, _PARTS, given["first"])
    lines: dict[UUID, list[dict[str, Any]]] = {row["order_id"]: [] for row in found}
    if found:
        for row in await shop.fetch_more(_LINES_OF_SUPPLIER, list(lines), found[0]["supplier_id"]):
            line = {"sku": row["sku"], "title": row["title"], "quantity": row["quantity"]}
            lines[row["order_id"]].append(line)
    nodes = [
        {
            "orderNumber": row["number"],
            "status": row["status"],
            "createdAt": row["created_at"],
            "recipient": recipient,
            "lines": lines[row["order_id"]],
        }
        for row, recipient in zip(found, await shop.recipients(found), strict=True)
    ]
    if found:
        await shop.disclose(found)
    return orjson.dumps({"data": {"fulfillmentOrders": {"nodes": nodes}}})


ANSWERS: dict[str, Answer] = {
    "W1": products,
    "W1x100": products,
    "W1L": products,
    "W2": product,
    "W3": search,
    "W6": orders,
    "W6s": parts,
}
