"""Reads rows that a viewer may know of, each with its case: one, by keys, or page by page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar
from uuid import UUID

from asyncpg import Record
from tortoise.contrib.postgres.fields import TSVectorField
from tortoise.models import Model

from models.database import fetch
from models.scoping import Scope, numbered
from policy.ages import AgeBand
from policy.purposes import purposes_in
from policy.seen import Seen
from policy.viewer import Case, Viewer

M = TypeVar("M", bound=Model)

_FACT = "fact_"
_PARENT = "parent_key"
COUNT_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class PageRequest:
    """
    Which part of a list is wanted; lists run from the newest row to the oldest.

    Args:
        size: How many rows.
        after: The id of the row after which to start.
        before: The id of the row before which to end.
        from_end: Whether the rows at the end of that stretch are wanted.
    """

    size: int
    after: UUID | None = None
    before: UUID | None = None
    from_end: bool = False


@dataclass(frozen=True, slots=True)
class RowPage(Generic[M]):
    """Some rows of a list, and whether there are more on either side."""

    rows: list[Seen[M]]
    has_next: bool
    has_previous: bool


@dataclass(frozen=True, slots=True)
class Rows(Generic[M]):
    """
    The rows of one table that a viewer may know of; narrowing gives a new one, reading asks the database.

    INVARIANT (one way to a row): lists, look-ups, links and mutations all read through here, so what is hidden on one
    way is hidden on every other.
    """

    model: type[M]
    viewer: Viewer
    scope: Scope
    conditions: tuple[str, ...] = ()
    values: tuple[tuple[str, object], ...] = ()

    def where(self, **columns: object) -> "Rows[M]":
        """Narrow to rows with these values; the names are columns and come from code, never from a client."""
        known = self.model._meta.fields_db_projection.values()
        for name in columns:
            if name not in known:
                raise ValueError(f"`{self.model.__name__}` has no column `{name}`.")
        return replace(
            self,
            conditions=(*self.conditions, *(f't."{name}" = :{name}' for name in columns)),
            values=(*self.values, *columns.items()),
        )

    async def one(self) -> Seen[M] | None:
        """Read the only row; None where there is none, or none that the viewer may know of."""
        found = await self._read(f"{self._select()} LIMIT 1", {})
        return self._seen(found[0]) if found else None

    async def by(self, column: str, keys: Sequence[UUID], *, order: str = "id") -> dict[UUID, list[Seen[M]]]:
        """Read all rows for many keys in one statement.

        Args:
            column: The column that holds the key.
            keys: What to look for.
            order: The column to sort by.
        """
        sql = f'{self._select()} AND t."{column}" = ANY(:keys) ORDER BY t."{order}"'
        found: dict[UUID, list[Seen[M]]] = {key: [] for key in keys}
        for record in await self._read(sql, {"keys": list(dict.fromkeys(keys))}):
            found[record[column]].append(self._seen(record))
        return found

    async def page(self, wanted: PageRequest) -> RowPage[M]:
        """Read one page of the whole list."""
        sql, values = self._paged(wanted, "")
        return self._page([self._seen(record) for record in await self._read(sql, values)], wanted)

    async def pages(self, column: str, keys: Sequence[UUID], wanted: PageRequest) -> dict[UUID, RowPage[M]]:
        """Read the same page of many lists, one for each key, in one statement."""
        inner, values = self._paged(wanted, f'AND t."{column}" = p.key')
        sql = f"SELECT p.key AS {_PARENT}, q.* FROM unnest(:keys::uuid[]) AS p(key) CROSS JOIN LATERAL ({inner}) q"
        rows: dict[UUID, list[Seen[M]]] = {key: [] for key in keys}
        for record in await self._read(sql, {**values, "keys": list(rows)}):
            rows[record[_PARENT]].append(self._seen(record))
        return {key: self._page(found, wanted) for key, found in rows.items()}

    async def counts(self, column: str, keys: Sequence[UUID]) -> dict[UUID, int]:
        """Count the rows of many lists in one statement, each to `COUNT_LIMIT` at most."""
        sql = f"""SELECT p.key AS {_PARENT}, q.n FROM unnest(:keys::uuid[]) AS p(key) CROSS JOIN LATERAL (
            SELECT count(*) AS n FROM ({self._select("1")} AND t."{column}" = p.key LIMIT {COUNT_LIMIT}) c) q"""
        return {record[_PARENT]: record["n"] for record in await self._read(sql, {"keys": list(dict.fromkeys(keys))})}

    async def count(self) -> int:
        """Count the rows, to `COUNT_LIMIT` at most."""
        sql = f"SELECT count(*) AS n FROM ({self._select('1')} LIMIT {COUNT_LIMIT}) c"
        return (await self._read(sql, {}))[0]["n"]

    def _columns(self) -> list[str]:
        # What full text is looked up by is long, and of no use to a reader.
        meta = self.model._meta
        return [
            column
            for name, column in meta.fields_db_projection.items()
            if not isinstance(meta.fields_map[name], TSVectorField)
        ]

    def _select(self, columns: str | None = None) -> str:
        meta = self.model._meta
        if columns is None:
            shown = [f't."{name}"' for name in self._columns()]
            shown += [f"{sql} AS {_FACT}{name}" for name, sql in self.scope.facts.items()]
            columns = ", ".join(shown)
        conditions = "".join(f" AND {condition}" for condition in self.conditions)
        return f'SELECT {columns} FROM "{meta.db_table}" t {self.scope.joins} WHERE ({self.scope.where}){conditions}'

    def _paged(self, wanted: PageRequest, also: str) -> tuple[str, dict[str, object]]:
        values: dict[str, object] = {}
        sql = f"{self._select()} {also}"
        if wanted.after is not None:
            sql, values["after"] = f"{sql} AND t.id < :after", wanted.after
        if wanted.before is not None:
            sql, values["before"] = f"{sql} AND t.id > :before", wanted.before
        return f"{sql} ORDER BY t.id {'ASC' if wanted.from_end else 'DESC'} LIMIT {int(wanted.size) + 1}", values

    def _page(self, found: list[Seen[M]], wanted: PageRequest) -> RowPage[M]:
        has_more = len(found) > wanted.size
        rows = found[: wanted.size]
        if wanted.from_end:
            return RowPage(rows[::-1], has_next=wanted.before is not None, has_previous=has_more)
        return RowPage(rows, has_next=has_more, has_previous=wanted.after is not None)

    async def _read(self, sql: str, values: Mapping[str, object]) -> list[Record]:
        text, parameters = numbered(sql, {**self.scope.values, **dict(self.values), **values})
        return await fetch(text, *parameters)

    def _seen(self, record: Record) -> Seen[M]:
        columns = self.model._meta.fields_db_projection.values()
        row = self.model._init_from_db(**{name: record.get(name) for name in columns})
        if not self.scope.facts:
            return Seen(row, Case.nobody())
        facts = {name: record[_FACT + name] for name in self.scope.facts}
        facts["age"] = AgeBand(facts["age"])
        facts["guardian_consents"] = purposes_in(facts["guardian_consents"])
        if facts.pop("is_of_supplier", False):
            facts["suppliers"] = frozenset({self.viewer.supplier})
        return Seen(row, Case(**facts))
