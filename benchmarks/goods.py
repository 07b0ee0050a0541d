"""A generated catalogue: products with three variants each, made by the database itself, the same in every run."""

from datetime import timedelta

import asyncpg

from models import clock
from models.catalogue import summarise
from models.database import fetch

SUPPLIERS = 10
ROOT_CATEGORIES = 10
CATEGORIES_OF_EACH = 10
VARIANTS = 3
STOCK = 1_000_000
"""Of each variant: enough for every order of a run."""

WORD = "marbled"
HITS = 130
"""In how many titles `WORD` stands, whatever the number of products."""

SUMMED_UP_AT_ONCE = 5_000

# Ids are UUIDs of version 7 that follow each other in the order of their numbers; the kind keeps tables apart.
_IDS = """
    CREATE FUNCTION pg_temp.made(kind integer, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE RETURN
        (lpad(to_hex(1700000000000 + n), 12, '0') || '7' || lpad(to_hex(kind), 3, '0')
            || 'a' || lpad(to_hex(n), 15, '0'))::uuid
"""
_WORD = """
    CREATE FUNCTION pg_temp.word(n bigint, list text) RETURNS text LANGUAGE sql IMMUTABLE RETURN
        (string_to_array(list, ' '))[1 + (n % cardinality(string_to_array(list, ' ')))]
"""
_SUPPLIERS = """
    INSERT INTO supplier (id, name, slug, region, created_at)
    SELECT pg_temp.made(1, n), 'Supplier ' || n, 'supplier-' || n, pg_temp.word(n, 'DE NL FR SE PT'), $2
    FROM generate_series(1, $1::integer) AS n
"""
_LOCATIONS = """
    INSERT INTO stock_location (id, supplier_id, name, created_at)
    SELECT pg_temp.made(2, n), pg_temp.made(1, n), 'Warehouse', $2 FROM generate_series(1, $1::integer) AS n
"""
_ROOTS = """
    INSERT INTO category (id, name, slug, lineage, position)
    SELECT pg_temp.made(3, n), 'Department ' || n, 'department-' || n, ARRAY[pg_temp.made(3, n)], n
    FROM generate_series(1, $1::integer) AS n
"""
_CATEGORIES = """
    INSERT INTO category (id, parent_id, name, slug, lineage, position)
    SELECT pg_temp.made(4, n), root, 'Shelf ' || n, 'shelf-' || n, ARRAY[root, pg_temp.made(4, n)], n
    FROM (SELECT n, pg_temp.made(3, 1 + n % $1) AS root FROM generate_series(1, $1 * $2::integer) AS n) AS shelf
"""
_PRODUCTS = """
    INSERT INTO product (id, supplier_id, category_id, handle, title, description, vendor, product_type, tags, status,
        currency, search_words, published_at, created_at, updated_at)
    SELECT pg_temp.made(5, n), pg_temp.made(1, supplier), pg_temp.made(4, shelf), 'product-' || n,
        CASE WHEN n % $2 = 0 AND n / $2 <= $3 THEN 'Marbled ' ELSE '' END
            || pg_temp.word(n, 'Round Square Tall Low Wide Narrow Plain') || ' '
            || pg_temp.word(n / 7, 'oak brass linen wool glass clay steel cork paper') || ' '
            || pg_temp.word(n / 63, 'lamp vase blanket bowl tray chair clock frame') || ' ' || n,
        'Made by hand in small numbers, packed without plastic and checked twice. Item ' || n || ' of the series.',
        'Supplier ' || supplier, 'Shelf ' || shelf, ARRAY['series', pg_temp.word(n, 'new classic spare')], 'ACTIVE',
        'EUR', '', $4, $4, $4
    FROM (SELECT n, 1 + n % $5 AS supplier, 1 + n % $6 AS shelf FROM generate_series(1, $1::integer) AS n) AS made
"""
_OPTIONS = """
    INSERT INTO product_option (id, product_id, name, option_values, position)
    SELECT pg_temp.made(6, n), pg_temp.made(5, n), 'Size', ARRAY['S', 'M', 'L'], 1
    FROM generate_series(1, $1::integer) AS n
"""
_MEDIA = """
    INSERT INTO product_media (id, product_id, url, alt, position)
    SELECT pg_temp.made(7, n * 2 + place), pg_temp.made(5, n), '/media/product-' || n || '-' || place || '.jpg',
        'Product ' || n || ' from side ' || place, place
    FROM generate_series(1, $1::integer) AS n, generate_series(1, 2) AS place
"""
_VARIANTS = """
    INSERT INTO product_variant (id, product_id, sku, title, option_values, currency, price_minor, compare_at_minor,
        barcode, weight_grams, position)
    SELECT pg_temp.made(8, n * 3 + place), pg_temp.made(5, n), 'SKU-' || n || '-' || place, size, ARRAY[size], 'EUR',
        500 + (n * 37) % 9500 + place * 150, CASE WHEN n % 5 = 0 THEN 11000 END, '', 200 + n % 800, place
    FROM generate_series(1, $1::integer) AS n, unnest(ARRAY['S', 'M', 'L']) WITH ORDINALITY AS o(size, place)
"""
_TIERS = """
    INSERT INTO price_tier (id, variant_id, minimum_quantity, price_minor, currency)
    SELECT pg_temp.made(9, (n * 3 + place) * 2 + tier), pg_temp.made(8, n * 3 + place), tier * 10,
        400 + (n * 37) % 9500 + place * 150 - tier * 40, 'EUR'
    FROM generate_series(1, $1::integer) AS n, generate_series(1, 3) AS place, generate_series(1, 2) AS tier
"""
_LEVELS = """
    INSERT INTO inventory_level (id, variant_id, location_id, on_hand)
    SELECT pg_temp.made(10, n * 3 + place), pg_temp.made(8, n * 3 + place), pg_temp.made(2, 1 + n % $2), $3
    FROM generate_series(1, $1::integer) AS n, generate_series(1, 3) AS place
"""
_MOVEMENTS = """
    INSERT INTO stock_movement (id, level_id, kind, on_hand_change, reserved_change, happened_at)
    SELECT pg_temp.made(11, n * 3 + place), pg_temp.made(10, n * 3 + place), 'ADJUSTED', $2, 0, $3
    FROM generate_series(1, $1::integer) AS n, generate_series(1, 3) AS place
"""


async def fill(connection: asyncpg.Connection, *, products: int) -> None:
    """
    Write the catalogue, with its stock, into an empty shop.

    Args:
        connection: As the owner of the tables.
        products: How many; each has three variants, two pictures, and two price tiers for each variant.
    """
    published, shelves = clock.now() - timedelta(days=30), ROOT_CATEGORIES * CATEGORIES_OF_EACH
    async with connection.transaction():
        for statement, *values in (
            (_IDS,),
            (_WORD,),
            (_SUPPLIERS, SUPPLIERS, published),
            (_LOCATIONS, SUPPLIERS, published),
            (_ROOTS, ROOT_CATEGORIES),
            (_CATEGORIES, ROOT_CATEGORIES, CATEGORIES_OF_EACH),
            (_PRODUCTS, products, max(1, products // HITS), HITS, published, SUPPLIERS, shelves),
            (_OPTIONS, products),
            (_MEDIA, products),
            (_VARIANTS, products),
            (_TIERS, products),
            (_LEVELS, products, SUPPLIERS, STOCK),
            (_MOVEMENTS, products, STOCK, published),
        ):
            await connection.execute(statement, *values)
    rows = await fetch("SELECT id FROM product ORDER BY id")
    for start in range(0, len(rows), SUMMED_UP_AT_ONCE):
        await summarise([row["id"] for row in rows[start : start + SUMMED_UP_AT_ONCE]])
