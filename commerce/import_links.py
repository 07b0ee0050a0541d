"""What an import ties products to: categories that exist, and stock by the same journal as orders."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models import clock
from models.database import execute, fetch
from models.ids import new_id

# One import writes at a time, so that two of the same file do not meet: the bytes of "catalog".
IMPORT_LOCK = 0x636174616C6F67

# Where goods are that an import counts, at each supplier.
PLACE = "Imported"

_CATEGORIES = """
    SELECT c.id, c.name, array(SELECT a.name::text FROM category a WHERE a.id = ANY(c.lineage)
        ORDER BY array_position(c.lineage, a.id)) AS path
    FROM category c WHERE c.name = ANY($1::text[])
"""
_SAID = """
    SELECT v.id AS variant_id, v.product_id, v.title, x.location_id, x.quantity, x.level_id, x.movement_id
    FROM jsonb_to_recordset($1::text::jsonb) AS x(product_id uuid, option_values text[], location_id uuid,
        quantity integer, level_id uuid, movement_id uuid)
    JOIN product_variant v ON v.product_id = x.product_id AND v.option_values = x.option_values
"""
_FIRST = """
    WITH said AS MATERIALIZED (said_by_file),
    made AS (INSERT INTO inventory_level (id, variant_id, location_id, on_hand, imported)
        SELECT level_id, variant_id, location_id, quantity, quantity FROM said
        ON CONFLICT (variant_id, location_id) DO NOTHING RETURNING id, on_hand)
    INSERT INTO stock_movement (id, level_id, kind, on_hand_change, reserved_change, happened_at, reason)
    SELECT s.movement_id, m.id, 'ADJUSTED', m.on_hand, 0, $2, 'IMPORTED'
    FROM made m JOIN said s ON s.level_id = m.id WHERE m.on_hand > 0
""".replace("said_by_file", _SAID)
# What the file says now less what it said last was delivered or taken; a level that no file spoke of is counted.
_AGAIN = """
    WITH said AS MATERIALIZED (said_by_file),
    place AS (SELECT l.id, l.on_hand, s.product_id, s.title, s.movement_id, s.quantity,
            l.on_hand::bigint + s.quantity - coalesce(l.imported, l.on_hand) AS wanted
        FROM inventory_level l JOIN said s ON s.variant_id = l.variant_id AND s.location_id = l.location_id
        WHERE l.imported IS DISTINCT FROM s.quantity ORDER BY l.id FOR UPDATE OF l),
    moved AS (UPDATE inventory_level l SET imported = p.quantity,
            on_hand = greatest(l.reserved, least(p.wanted, 2147483647))::int
        FROM place p WHERE l.id = p.id
        RETURNING l.id, l.on_hand - p.on_hand AS change, l.on_hand > p.wanted AS is_short,
            p.product_id, p.title, p.movement_id),
    noted AS (INSERT INTO stock_movement (id, level_id, kind, on_hand_change, reserved_change, happened_at, reason)
        SELECT movement_id, id, 'ADJUSTED', change, 0, $2, 'IMPORTED' FROM moved WHERE change <> 0)
    SELECT product_id, title FROM moved WHERE is_short
""".replace("said_by_file", _SAID)
_DROPPED = """
    SELECT v.product_id, v.title FROM product_variant v WHERE v.product_id = ANY($1::uuid[]) AND NOT EXISTS (
        SELECT FROM jsonb_to_recordset($2::text::jsonb) AS x(product_id uuid, option_values text[])
        WHERE x.product_id = v.product_id AND x.option_values = v.option_values)
    ORDER BY v.product_id, v.position
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A category that exists, with the names of those above it, the outermost first, and its own."""

    id: UUID
    path: tuple[str, ...]


async def categories_named(texts: Collection[str]) -> dict[str, Place]:
    """
    Find the categories that texts name: by name, or by a path such as `Home > Kitchen > Pots`, as far as it is given.

    A text that fits none, or several, is not in the answer.
    """
    steps = {text: tuple(step.strip() for step in text.split(">")) for text in texts}
    rows = await fetch(_CATEGORIES, list({path[-1] for path in steps.values()}))
    known: dict[str, list[Place]] = {}
    for row in rows:
        known.setdefault(row["name"], []).append(Place(row["id"], tuple(row["path"])))
    found: dict[str, Place] = {}
    for text, path in steps.items():
        fitting = [place for place in known.get(path[-1], ()) if place.path[-len(path) :] == path]
        if len(fitting) == 1:
            found[text] = fitting[0]
    return found


async def location_of(supplier: UUID) -> UUID:
    """Find the place where an import counts a supplier's goods, or make it."""
    await execute(
        "INSERT INTO stock_location (id, supplier_id, name, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        new_id(),
        supplier,
        PLACE,
        clock.now(),
    )
    (row,) = await fetch("SELECT id FROM stock_location WHERE supplier_id = $1 AND name = $2", supplier, PLACE)
    return row["id"]


async def take_stock(said: Sequence[Mapping[str, Any]], *, has_changed: bool) -> list[tuple[UUID, str]]:
    """
    Bring stock to what a file says, once: said again, it changes nothing, and what was sold since stays sold.

    Args:
        said: `product_id`, `option_values`, `location_id` and `quantity` of each variant.
        has_changed: Whether the file may have spoken of some of them before.

    Returns:
        Product and title of each variant of which more are promised to orders than the file leaves; these stay.
    """
    if not said:
        return []
    rows = json.dumps([{**each, "level_id": str(new_id()), "movement_id": str(new_id())} for each in said])
    await execute(_FIRST, rows, clock.now())
    if not has_changed:
        return []
    return [(row["product_id"], row["title"]) for row in await fetch(_AGAIN, rows, clock.now())]


async def dropped(products: Sequence[UUID], variants: Sequence[Mapping[str, Any]]) -> list[tuple[UUID, str]]:
    """Tell which variants of products a file no longer has, as product and title."""
    rows = json.dumps([{"product_id": v["product_id"], "option_values": v["option_values"]} for v in variants])
    return [(row["product_id"], row["title"]) for row in await fetch(_DROPPED, list(products), rows)]
