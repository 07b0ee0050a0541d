"""Takes a tree of categories into the catalogue from JSON, as Best Buy publishes its own."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, TextIO, cast
from uuid import UUID

from commerce.import_links import IMPORT_LOCK
from commerce.operators import slug_of
from commerce.product_csv import RefusedLine
from commerce.product_import import BATCH, Report
from models.bounds import CATEGORY_LEVELS
from models.catalogue import relate, summarise
from models.database import execute, fetch, transaction
from models.ids import new_id

CHUNK = 65_536
LARGEST_ENTRY = 4_000_000

_KNOWN = """
    SELECT c.external_reference AS reference, c.name, p.external_reference AS parent, c.position
    FROM category c LEFT JOIN category p ON p.id = c.parent_id WHERE c.external_reference = ANY($1::text[])
"""
# Position 0 marks what was only named in another category's path so far.
_UPSERT = """
    INSERT INTO category AS c (id, parent_id, name, slug, external_reference, lineage, position)
    SELECT x.id, p.id, x.name, x.slug, x.reference, coalesce(p.lineage, '{}') || x.id, x.position
    FROM jsonb_to_recordset($1::text::jsonb)
        AS x(id uuid, parent text, name text, slug text, reference text, position integer)
    LEFT JOIN category p ON p.external_reference = x.parent
    WHERE x.parent IS NULL OR p.id IS NOT NULL
    ON CONFLICT (external_reference) DO UPDATE
    SET name = excluded.name, parent_id = excluded.parent_id, position = excluded.position, version = c.version + 1
    WHERE excluded.position > 0
        AND (c.name, c.parent_id, c.position) IS DISTINCT FROM (excluded.name, excluded.parent_id, excluded.position)
    RETURNING c.id
"""
_PRODUCTS_WITHIN = """
    SELECT t.id FROM product t JOIN category c ON c.id = t.category_id WHERE c.lineage && $1::uuid[]
"""


class NotCategories(ValueError):
    """A file that is no JSON list; the message says where reading it ended."""


@dataclass(frozen=True, slots=True)
class ParsedCategory:
    """One category, with those that it is in, the outermost first, each as reference and name."""

    number: int
    reference: str
    name: str
    path: tuple[tuple[str, str], ...]


def categories_in(file: TextIO) -> Iterator[ParsedCategory | RefusedLine]:
    """
    Read categories one by one, in the memory that one of them takes.

    Refused are entries without id or name, and those whose path does not lead to themselves; they are counted from 1.

    Raises:
        NotCategories: The file is no list of objects, or is cut off.
    """
    for number, entry in enumerate(_entries(file), start=1):
        parsed = _parsed(number, entry)
        yield parsed if isinstance(parsed, ParsedCategory) else RefusedLine(number, parsed)


def _entries(file: TextIO) -> Iterator[object]:
    decoder, text, place = json.JSONDecoder(), file.read(CHUNK).lstrip("\ufeff \t\r\n"), 1
    if not text.startswith("["):
        raise NotCategories("The file is no JSON list of categories.")
    while True:
        rest = text[place:].lstrip(" \t\r\n,")
        if rest.startswith("]"):
            return
        try:
            entry, place = decoder.raw_decode(rest)
        except ValueError:
            # It goes on behind the end of what is read so far.
            place = 0
        else:
            text = rest
            yield entry
            continue
        more = file.read(CHUNK)
        if not more or len(rest) > LARGEST_ENTRY:
            raise NotCategories("The file is cut off, or is no JSON from some entry on; what came before was taken.")
        text = rest + more


def _parsed(number: int, entry: object) -> ParsedCategory | str:
    if not isinstance(entry, dict):
        return "it is no object"
    known = cast(dict[str, Any], entry)
    reference, name = _text(known.get("id"), 120), _text(known.get("name"), 255)
    if reference is None or name is None:
        return "its `id` or `name` is missing or too long"
    path = known.get("path", [{"id": reference, "name": name}])
    if not isinstance(path, list) or not 0 < len(cast(list[Any], path)) <= CATEGORY_LEVELS:
        return f"its `path` is no list of 1 to {CATEGORY_LEVELS} categories"
    steps: list[tuple[str, str]] = []
    for step in cast(list[Any], path):
        above = cast(dict[str, Any], step if isinstance(step, dict) else {})
        step_reference, step_name = _text(above.get("id"), 120), _text(above.get("name"), 255)
        if step_reference is None or step_name is None:
            return "in its `path`, an `id` or `name` is missing or too long"
        steps.append((step_reference, step_name))
    references = [step[0] for step in steps]
    if references[-1] != reference or len(set(references)) != len(references):
        return "its `path` does not lead to itself"
    return ParsedCategory(number, reference, name, tuple(steps[:-1]))


def _text(value: object, longest: int) -> str | None:
    if not isinstance(value, str) or "\0" in value or not 0 < len(value.strip()) <= longest:
        return None
    return value.strip()


async def take_categories(file: TextIO, *, refuse: Callable[[RefusedLine], None]) -> Report:
    """
    Take a file's categories; a category is known by its reference.

    Those that are only named in the path of another are taken too, and are not counted.

    Args:
        file: JSON: a list of objects with `id`, `name` and `path`.
        refuse: Told of each entry that was not taken.

    Raises:
        NotCategories: See `categories_in`; what came before stays taken.
    """
    report, stream = Report(), categories_in(file)
    while batch := list(islice(stream, BATCH)):
        parsed: list[ParsedCategory] = []
        for each in batch:
            if isinstance(each, RefusedLine):
                report.refused += 1
                refuse(each)
            else:
                parsed.append(each)
        if parsed:
            async with transaction():
                await _write(parsed, report)
    return report


async def _write(parsed: list[ParsedCategory], report: Report) -> None:
    await execute("SELECT pg_advisory_xact_lock($1)", IMPORT_LOCK)
    rows = await fetch(_KNOWN, [category.reference for category in parsed])
    known = {row["reference"]: (row["name"], row["parent"], row["position"]) for row in rows}
    levels: dict[int, dict[str, dict[str, object]]] = {}
    is_changed = False
    for category in parsed:
        parent = category.path[-1][0] if category.path else None
        before = known.get(category.reference)
        if before == (category.name, parent, category.number):
            report.unchanged += 1
            continue
        if before is None or before[2] == 0:
            report.taken += 1
        else:
            report.changed += 1
        is_changed |= before is not None
        above: str | None = None
        for depth, (reference, name) in enumerate(category.path):
            levels.setdefault(depth, {}).setdefault(reference, _row(reference, name, above, 0))
            above = reference
        own = _row(category.reference, category.name, parent, category.number)
        levels.setdefault(len(category.path), {})[category.reference] = own
    changed: list[UUID] = []
    for depth in sorted(levels):
        changed += [row["id"] for row in await fetch(_UPSERT, json.dumps(list(levels[depth].values())))]
    if is_changed:
        await relate()
        await summarise([row["id"] for row in await fetch(_PRODUCTS_WITHIN, changed)])


def _row(reference: str, name: str, parent: str | None, position: int) -> dict[str, object]:
    slug = f"{slug_of(name)[:120]}-{slug_of(reference)}".strip("-")
    return {
        "id": str(new_id()),
        "parent": parent,
        "name": name,
        "slug": slug,
        "reference": reference,
        "position": position,
    }
