"""Categories as operators make, rename and move them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from tortoise.expressions import F

from commerce import audit, texts
from commerce.import_links import IMPORT_LOCK
from commerce.operators import CategoryNotFound, HandleTaken, handle, require_operator, whole
from commerce.profiles import NothingToChange
from commerce.refusals import Refusal, StaleObject
from models.bounds import CATEGORY_LEVELS
from models.catalogue import relate, summarise
from models.categories import Category
from models.database import ConstraintViolated, execute, fetch, retrying, transaction
from models.ids import new_id
from policy.viewer import Viewer

LONGEST_NAME = 255
MOST_POSITION = 1_000_000

_DEPTH_BELOW = """
    SELECT coalesce(max(cardinality(c.lineage)), 0)::int AS deepest FROM category c WHERE c.lineage @> ARRAY[$1::uuid]
"""
_PRODUCTS_WITHIN = """
    SELECT t.id FROM product t JOIN category c ON c.id = t.category_id WHERE c.lineage @> ARRAY[$1::uuid]
"""


class CategoryNotPlaceable(Refusal):
    """A category cannot be put there: into itself or what is in it, or too deep."""

    code = "CATEGORY_NOT_PLACEABLE"

    def __init__(self) -> None:
        super().__init__(
            "A category cannot be in itself or in what it holds, nor more than "
            f"{CATEGORY_LEVELS} deep; choose another parent.",
            field=("parentId",),
        )


async def create(given: Mapping[str, Any], *, by: Viewer) -> UUID:
    """
    Make a category.

    Args:
        given: By column: `name`; `slug`, of which None makes one of the name; `parent_id`, None for the top of the
            tree; `position` among its siblings.

    Raises:
        NotOperator, CategoryNotFound, CategoryNotPlaceable, TextNotValid, HandleNotValid, HandleTaken, NumberNotValid:
            Nothing was made.
    """
    require_operator(by)
    name = texts.line(given["name"], field="name", longest=LONGEST_NAME)
    slug = handle(given.get("slug"), name=name, field="slug")
    position = whole(given.get("position") or 0, 0, MOST_POSITION, field=("position",))

    async def write() -> UUID:
        category_id = new_id()
        async with transaction():
            await _turn()
            parent_id = given.get("parent_id")
            above = await _lineage(parent_id)
            if len(above) >= CATEGORY_LEVELS:
                raise CategoryNotPlaceable
            made: dict[str, Any] = {
                "name": name,
                "slug": slug,
                "parent_id": given.get("parent_id"),
                "position": position,
            }
            await Category.create(id=category_id, lineage=[*above, category_id], **made)
            noted = {column: (None, value) for column, value in made.items()}
            await audit.record("categoryCreate", Category, category_id, noted, by=by)
        return category_id

    return await _unique(write)


async def update(category_id: UUID | None, changes: Mapping[str, Any], *, expected_version: int, by: Viewer) -> UUID:
    """
    Rename or move a category; what is in it moves along, and its products are found by the new names.

    Args:
        category_id: None for an id that names none.
        changes: As of `create`.
        expected_version: The version that was read.

    Raises:
        StaleObject, NothingToChange: Nothing was changed; also as of `create`.
    """
    require_operator(by)
    if not changes:
        raise NothingToChange
    columns = {name: _read(name, value) for name, value in changes.items()}

    async def write() -> UUID:
        async with transaction():
            await _turn()
            rows = await fetch(
                "SELECT id, parent_id, name, slug, position, version, lineage FROM category WHERE id = $1 FOR UPDATE",
                category_id,
            )
            if not rows:
                raise CategoryNotFound("id")
            before = rows[0]
            if before["version"] != expected_version:
                raise StaleObject(before["version"])
            if "parent_id" in columns:
                await _require_place(before["id"], len(before["lineage"]), columns["parent_id"])
            await Category.filter(id=before["id"]).update(**columns, version=F("version") + 1)
            if "parent_id" in columns:
                await relate()
            if {"parent_id", "name"} & columns.keys():
                await summarise([row["id"] for row in await fetch(_PRODUCTS_WITHIN, before["id"])])
            noted = {name: (before[name], value) for name, value in columns.items()}
            await audit.record("categoryUpdate", Category, before["id"], noted, by=by)
        return before["id"]

    return await _unique(write)


async def _turn() -> None:
    # Two moves at once could make a ring of what neither of them saw; so the tree has one writer at a time.
    await execute("SELECT pg_advisory_xact_lock($1)", IMPORT_LOCK)


async def _lineage(parent_id: UUID | None) -> list[UUID]:
    if parent_id is None:
        return []
    rows = await fetch("SELECT lineage FROM category WHERE id = $1", parent_id)
    if not rows:
        raise CategoryNotFound("parentId")
    return list(rows[0]["lineage"])


async def _require_place(category_id: UUID, depth: int, parent_id: UUID | None) -> None:
    above = await _lineage(parent_id)
    (below,) = await fetch(_DEPTH_BELOW, category_id)
    if category_id in above or len(above) + 1 + below["deepest"] - depth > CATEGORY_LEVELS:
        raise CategoryNotPlaceable


def _read(name: str, value: Any) -> Any:
    match name:
        case "name":
            return texts.line(value or "", field="name", longest=LONGEST_NAME)
        case "slug":
            return handle(value or "", name="", field="slug")
        case "position":
            return whole(value or 0, 0, MOST_POSITION, field=("position",))
        case "parent_id":
            return value
        case _:
            raise ValueError(f"A category has no `{name}` to change.")


async def _unique(write: Any) -> UUID:
    try:
        return await retrying(write)
    except ConstraintViolated as violated:
        if violated.sqlstate == "23505" and "slug" in violated.constraint:
            raise HandleTaken("slug") from None
        raise
