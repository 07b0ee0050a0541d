"""A hand-written server that has PostgreSQL make the JSON, in one statement for each answer."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from asyncpg import Record

from benchmarks.bare.rows import Answer
from benchmarks.bare.shop import PARTNER, PERSON, SHOWN, Shop, cursor
from models.catalogue import PRICE_EDGES
from models.rows import COUNT_LIMIT


def _euros(column: str) -> str:
    amount = f"to_char({column} / 100.0, 'FM9999999990.00')"
    return f"CASE WHEN {column} IS NOT NULL THEN json_build_object('amount', {amount}, 'currencyCode', 'EUR') END"


_FREE = "coalesce((SELECT sum(l.on_hand - l.reserved)::int FROM inventory_level l WHERE l.variant_id = v.id), 0)"
_TIERS = f"""(SELECT coalesce(json_agg(json_build_object('minimumQuantity', t.minimum_quantity,
    'price', {_euros("t.price_minor")}) ORDER BY t.minimum_quantity), '[]') FROM price_tier t
    WHERE t.variant_id = v.id)"""
_PRODUCTS = f"""
    WITH {PERSON},
    page AS (SELECT p.* FROM product p WHERE {SHOWN} AND EXISTS (SELECT FROM who) ORDER BY p.id DESC LIMIT $3 + 1)
    SELECT p.id, json_build_object('title', p.title, 'handle', p.handle, 'description', p.description,
        'category', CASE WHEN c.id IS NOT NULL THEN json_build_object('name', c.name,
            'parent', CASE WHEN r.id IS NOT NULL THEN json_build_object('name', r.name) END) END,
        'supplier', json_build_object('name', s.name),
        'variants', (SELECT coalesce(json_agg(json_build_object('sku', v.sku, 'price', {_euros("v.price_minor")},
            'availableQuantity', {_FREE}, 'priceTiers', {_TIERS}) ORDER BY v.position), '[]')
            FROM product_variant v WHERE v.product_id = p.id))::text AS node
    FROM page p JOIN supplier s ON s.id = p.supplier_id
    LEFT JOIN category c ON c.id = p.category_id LEFT JOIN category r ON r.id = c.parent_id
    ORDER BY p.id DESC
"""
_SELECTED = """(SELECT coalesce(json_agg(json_build_object('name', o.name, 'value', v.option_values[o.position])
    ORDER BY o.position), '[]') FROM product_option o WHERE o.product_id = v.product_id)"""
_PRODUCT = f"""
    WITH {PERSON}
    SELECT json_build_object('title', p.title, 'handle', p.handle, 'description', p.description,
        'options', (SELECT coalesce(json_agg(json_build_object('name', o.name, 'values', o.option_values)
            ORDER BY o.position), '[]') FROM product_option o WHERE o.product_id = p.id),
        'media', (SELECT coalesce(json_agg(json_build_object('url', m.url, 'alt', m.alt) ORDER BY m.position), '[]')
            FROM product_media m WHERE m.product_id = p.id),
        'variants', (SELECT coalesce(json_agg(json_build_object('sku', v.sku, 'title', v.title,
            'price', {_euros("v.price_minor")}, 'compareAtPrice', {_euros("v.compare_at_minor")},
            'availableQuantity', {_FREE}, 'selectedOptions', {_SELECTED}, 'priceTiers', {_TIERS})
            ORDER BY v.position), '[]') FROM product_variant v WHERE v.product_id = p.id))::text AS node
    FROM product p WHERE p.handle = $3 AND {SHOWN} AND EXISTS (SELECT FROM who)
"""
_EDGES = ", ".join(str(edge) for edge in PRICE_EDGES)
_SEARCH = f"""
    WITH {PERSON},
    hit AS MATERIALIZED (SELECT p.id, p.title, p.handle, p.price_from_minor, p.price_to_minor, p.category_id,
        p.supplier_id, ts_rank(p.search_vector, q) AS rank
        FROM websearch_to_tsquery('simple', $3) q JOIN product p ON p.search_vector @@ q
        WHERE {SHOWN} AND EXISTS (SELECT FROM who)),
    shown AS (SELECT * FROM hit ORDER BY rank DESC, id DESC LIMIT $4),
    shelf AS (SELECT c.id, c.name, count(*) AS n FROM hit JOIN category c ON c.id = hit.category_id
        GROUP BY c.id ORDER BY n DESC, c.id LIMIT 50),
    seller AS (SELECT s.id, s.name, count(*) AS n FROM hit JOIN supplier s ON s.id = hit.supplier_id
        GROUP BY s.id ORDER BY n DESC, s.id LIMIT 50),
    edge AS (SELECT edge, place, lead(edge) OVER (ORDER BY place) AS below
        FROM unnest(ARRAY[0, {_EDGES}]::bigint[]) WITH ORDINALITY AS e(edge, place)),
    price AS (SELECT edge.edge, edge.below, count(*) AS n FROM hit
        JOIN edge ON edge.place = 1 + width_bucket(hit.price_from_minor, ARRAY[{_EDGES}]::bigint[]) GROUP BY 1, 2)
    SELECT json_build_object('totalCount', (SELECT least(count(*), {COUNT_LIMIT}) FROM hit),
        'nodes', (SELECT coalesce(json_agg(json_build_object('title', h.title, 'handle', h.handle,
            'priceRange', json_build_object('minimum', {_euros("h.price_from_minor")},
                'maximum', {_euros("h.price_to_minor")})) ORDER BY h.rank DESC, h.id DESC), '[]') FROM shown h),
        'facets', json_build_object(
            'categories', (SELECT coalesce(json_agg(json_build_object('count', n,
                'category', json_build_object('name', name)) ORDER BY n DESC, id), '[]') FROM shelf),
            'suppliers', (SELECT coalesce(json_agg(json_build_object('count', n,
                'supplier', json_build_object('name', name)) ORDER BY n DESC, id), '[]') FROM seller),
            'prices', (SELECT coalesce(json_agg(json_build_object('count', n, 'priceFrom', {_euros("edge")},
                'priceBelow', {_euros("below")}) ORDER BY edge), '[]') FROM price)))::text AS node
"""
_LINE = "'sku', l.sku, 'title', l.title, 'quantity', l.quantity"
_ORDERS = f"""
    WITH {PERSON}
    SELECT o.number, o.status, o.placed_at, {_euros("o.total_minor")}::text AS total, o.recipient_id,
        t.name, t.phone, t.street, t.city, t.postal_code, t.country,
        (SELECT coalesce(json_agg(json_build_object({_LINE}, 'unitPrice', {_euros("l.unit_price_minor")})
            ORDER BY l.position), '[]') FROM order_line l WHERE l.order_id = o.id)::text AS lines
    FROM who JOIN "order" o ON o.buyer_id = who.id JOIN recipient t ON t.id = o.recipient_id
    ORDER BY o.id DESC LIMIT $3
"""
_PARTS = f"""
    WITH {PARTNER}
    SELECT f.order_id, f.supplier_id, who.partner, who.token, f.status, f.created_at, o.number, o.buyer_id,
        o.recipient_id,
        t.name, t.phone, t.street, t.city, t.postal_code, t.country,
        (SELECT coalesce(json_agg(json_build_object({_LINE}) ORDER BY l.position), '[]') FROM order_line l
            WHERE l.order_id = o.id AND l.supplier_id = f.supplier_id)::text AS lines
    FROM who JOIN fulfillment_order f ON f.supplier_id = who.id JOIN "order" o ON o.id = f.order_id
    JOIN recipient t ON t.id = o.recipient_id
    WHERE o.paid_at IS NOT NULL AND o.status IN ('PAID', 'SHIPPED', 'DELIVERED')
        AND (o.window_closes_at IS NULL OR o.window_closes_at > $2) ORDER BY f.id DESC LIMIT $3
"""


async def products(shop: Shop, given: Mapping[str, Any], credential: str) -> bytes:
    """W1: the first products."""
    first = given["first"]
    found = await shop.fetch(credential, _PRODUCTS, first)
    page = found[:first]
    info = {"hasNextPage": len(found) > first, "endCursor": cursor(page[-1]["id"]) if page else None}
    nodes = ",".join([row["node"] for row in page]).encode()
    return b'{"data":{"products":{"nodes":[' + nodes + b'],"pageInfo":' + orjson.dumps(info) + b"}}}"


async def product(shop: Shop, given: Mapping[str, Any], credential: str) -> bytes:
    """W2: one product by its handle."""
    return _only("product", await shop.fetch(credential, _PRODUCT, given["handle"]))


async def search(shop: Shop, given: Mapping[str, Any], credential: str) -> bytes:
    """W3: a search with facets."""
    return _only("search", await shop.fetch(credential, _SEARCH, given["words"], given["first"]))


def _only(field: str, found: Sequence[Record]) -> bytes:
    node: str = found[0]["node"] if found else "null"
    return f'{{"data":{{"{field}":{node}}}}}'.encode()


async def orders(shop: Shop, given: Mapping[str, Any], credential: str) -> bytes:
    """W6: a customer's latest orders; the cells come sealed beside the JSON."""
    found = await shop.fetch(credential, _ORDERS, given["first"])
    nodes = [
        {
            "number": row["number"],
            "status": row["status"],
            "placedAt": row["placed_at"],
            "total": orjson.Fragment(row["total"]),
            "recipient": recipient,
            "lines": orjson.Fragment(row["lines"]),
        }
        for row, recipient in zip(found, await shop.recipients(found), strict=True)
    ]
    return orjson.dumps({"data": {"orders": {"nodes": nodes}}})


async def parts(shop: Shop, given: Mapping[str, Any], credential: str) -> bytes:
    """W6s: a supplier's latest parts of orders."""
    found = await shop.fetch(credential, _PARTS, given["first"])
    nodes = [
        {
            "orderNumber": row["number"],
            "status": row["status"],
            "createdAt": row["created_at"],
            "recipient": recipient,
            "lines": orjson.Fragment(row["lines"]),
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
