"""Reads rows that a viewer may know of, each with its case: one, by keys, or page by page."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import repeat
from operator import itemgetter
from typing import Any, Generic, NamedTuple, TypeVar, cast
from uuid import UUID

from tortoise.models import Model

from models import agreements, rounds
from models.arrays import of_keys
from models.grounds import grounds_in
from models.lookahead import selected
from models.records import row_classes
from models.scoping import Scope, numbered
from policy.ages import AgeBand
from policy.purposes import Purpose, purposes_in
from policy.seen import Seen
from policy.viewer import Case, Viewer

M = TypeVar("M", bound=Model)

_AGREED = "agreed_version"
_SUBJECT, _ORDER, _GROUNDS = "subject", "order", "grounds"
COUNT_LIMIT = 10_000

_NOBODY = Case.nobody()


@dataclass(frozen=True, slots=True)
class Sort:
    """
    By what a list runs; rows that are equal in it run by their ids.

    Args:
        name: What it is called, in code.
        value: SQL over the row `t`, never null; None to run by ids alone, which is the order in which rows were made.
        type: The SQL type of the value; its text says the value exactly.
        is_descending: Whether the largest value, or the newest row, comes first.
    """

    name: str
    value: str | None = None
    type: str = "text"
    is_descending: bool = True


NEWEST_FIRST = Sort("newest first")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands in a list: its id and, in a list that runs by some value, that value's text."""

    row_id: UUID
    value: str | None = None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """
    Which part of a list is wanted.

    Args:
        size: How many rows.
        after: The place after which to start.
        before: The place before which to end.
        from_end: Whether the rows at the end of that stretch are wanted.
    """

    size: int
    after: Place | None = None
    before: Place | None = None
    from_end: bool = False


@dataclass(frozen=True, slots=True)
class RowPage(Generic[M]):
    """Some rows of a list with their places, and whether there are more on either side."""

    rows: list[Seen[M]]
    places: list[Place]
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
    sort: Sort = NEWEST_FIRST
    looked_at: frozenset[str] = frozenset()

    def looking_at(self, *columns: str) -> "Rows[M]":
        """Have columns in the rows that the reader itself looks at, whether or not a client asks for them."""
        return replace(self, looked_at=self.looked_at | frozenset(columns))

    def by_sort(self, sort: Sort) -> "Rows[M]":
        """Let the list run by something else than when its rows were made."""
        return replace(self, sort=sort)

    def matching(self, condition: str, **values: object) -> "Rows[M]":
        """Narrow to rows of which a condition holds: SQL over the row `t`, with `:name` for each value."""
        return replace(self, conditions=(*self.conditions, condition), values=(*self.values, *values.items()))

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
        found = self._all_seen(await self._read(f"{self._select()} LIMIT 1", {}))
        return found[0] if found else None

    async def by(self, column: str, keys: Sequence[UUID], *, order: str = "id") -> dict[UUID, list[Seen[M]]]:
        """Read all rows for many keys in one statement.

        Args:
            column: The column that holds the key.
            keys: What to look for.
            order: The column to sort by.
        """
        sql = f'{self._select()} AND t."{column}" = ANY(:keys) ORDER BY t."{order}"'
        found: dict[UUID, list[Seen[M]]] = {key: [] for key in keys}
        records = await self._read(sql, {"keys": of_keys(found)})
        at = self._columns.index(column)
        for record, seen in zip(records, self._all_seen(records), strict=True):
            found[record[at]].append(seen)
        return found

    async def by_order(self, orders: Iterable[UUID]) -> dict[UUID, list[Seen[M]]]:
        """Read all rows that belong to some orders in one statement, where the scope says to which they do."""
        sql = f"{self._select()} AND {self.scope.facts[_ORDER]} = ANY(:orders) ORDER BY t.id"
        found: dict[UUID, list[Seen[M]]] = {order: [] for order in orders}
        for seen in self._all_seen(await self._read(sql, {"orders": of_keys(found)})):
            found[cast(UUID, seen.order)].append(seen)
        return found

    async def page(self, wanted: PageRequest) -> RowPage[M]:
        """Read one page of the whole list."""
        sql, values = self._paged(wanted, "")
        return self._page(await self._read(sql, values), wanted)

    async def pages(self, column: str, keys: Sequence[UUID], wanted: PageRequest) -> dict[UUID, RowPage[M]]:
        """Read the same page of many lists, one for each key, in one statement.

        Args:
            column: The column that holds the key, or one of the model's `links`.
            keys: Whose lists.
            wanted: Which part of each.
        """
        inner, values = self._paged(wanted, f"AND {self._link(column)}")
        sql = f"SELECT q.*, p.key FROM unnest(:keys::uuid[]) AS p(key) CROSS JOIN LATERAL ({inner}) q"
        records: dict[UUID, list[Any]] = {key: [] for key in keys}
        for record in await self._read(sql, {**values, "keys": list(records)}):
            records[record[-1]].append(record)
        return {key: self._page(found, wanted) for key, found in records.items()}

    async def counts(self, column: str, keys: Sequence[UUID]) -> dict[UUID, int]:
        """Count the rows of many lists in one statement, each to `COUNT_LIMIT` at most."""
        sql = f"""SELECT p.key, q.n FROM unnest(:keys::uuid[]) AS p(key) CROSS JOIN LATERAL (
            SELECT count(*) AS n FROM ({self._select("1")} AND {self._link(column)} LIMIT {COUNT_LIMIT}) c) q"""
        counted = await self._numbered(sql, {"keys": list(dict.fromkeys(keys))})
        return dict(counted)

    async def count(self) -> int:
        """Count the rows, to `COUNT_LIMIT` at most."""
        sql = f"SELECT count(*) AS n FROM ({self._select('1')} LIMIT {COUNT_LIMIT}) c"
        return (await self._numbered(sql, {}))[0][0]

    async def sample(self, size: int) -> list[Seen[M]]:
        """Read some of the newest `COUNT_LIMIT` rows, drawn and ordered by chance."""
        sql = f"""SELECT * FROM ({self._select()} ORDER BY t.id DESC LIMIT {COUNT_LIMIT}) q
            ORDER BY random() LIMIT {int(size)}"""
        return self._all_seen(await self._read(sql, {}))

    @property
    def _columns(self) -> tuple[str, ...]:
        """What a statement selects of the table just now; behind it come the facts."""
        return selected(self.model, self.looked_at)

    def _shown(self) -> str:
        return _shown(self._columns, tuple(self.scope.facts.items()))

    def _select(self, columns: str | None = None) -> str:
        meta, columns = self.model._meta, columns or self._shown()
        conditions = "".join(f" AND {condition}" for condition in self.conditions)
        return f'SELECT {columns} FROM "{meta.db_table}" t {self.scope.joins} WHERE ({self.scope.where}){conditions}'

    async def counts_by(self, **expressions: str) -> dict[str, list[tuple[str, int]]]:
        """Count the rows by each of some SQL expressions over `t`, all in one statement; the largest count first.

        Returns:
            For each expression its values, as text, with their counts; rows where it is null are not counted.
        """
        names = list(expressions)
        inner = self._select(", ".join(f"({sql})::text AS by_{name}" for name, sql in expressions.items()))
        columns = ", ".join(f"by_{name}" for name in names)
        sets = ", ".join(f"(by_{name})" for name in names)
        sql = f"""SELECT grouping({columns}) AS left_out, coalesce({columns}) AS value, count(*) AS n
            FROM ({inner}) q GROUP BY GROUPING SETS ({sets}) ORDER BY n DESC, value"""
        counted: dict[str, list[tuple[str, int]]] = {name: [] for name in names}
        by_bit = {(1 << len(names)) - 1 - (1 << (len(names) - 1 - place)): name for place, name in enumerate(names)}
        for left_out, value, count in await self._numbered(sql, {}):
            if value is not None:
                counted[by_bit[left_out]].append((value, count))
        return counted

    def _link(self, column: str) -> str:
        links: Mapping[str, str] = getattr(self.model, "links", {})
        return links.get(column) or f't."{column}" = p.key'

    def _paged(self, wanted: PageRequest, also: str) -> tuple[str, dict[str, object]]:
        values: dict[str, object] = {}
        sort, columns = self.sort, None
        if sort.value is not None:
            columns = f"{self._shown()}, ({sort.value})::text AS sort_value"
        sql = f"{self._select(columns)} {also}"
        for name, place, is_below in (("after", wanted.after, True), ("before", wanted.before, False)):
            if place is None:
                continue
            sign = "<" if sort.is_descending is is_below else ">"
            values[name] = place.row_id
            if sort.value is None:
                sql = f"{sql} AND t.id {sign} :{name}"
            else:
                values[f"{name}_value"] = place.value
                sql = f"{sql} AND ({sort.value}, t.id) {sign} (:{name}_value::text::{sort.type}, :{name}::uuid)"
        direction = "DESC" if sort.is_descending is not wanted.from_end else "ASC"
        by = f"t.id {direction}" if sort.value is None else f"{sort.value} {direction}, t.id {direction}"
        return f"{sql} ORDER BY {by} LIMIT {int(wanted.size) + 1}", values

    def _page(self, found: Sequence[Any], wanted: PageRequest) -> RowPage[M]:
        has_more = len(found) > wanted.size
        kept = found[: wanted.size][:: -1 if wanted.from_end else 1]
        # Behind the columns and the facts.
        facts = tuple(self.scope.facts)
        behind = len(self._columns) + (1 + len(_reading(facts).apart) if facts else 0)
        value_at = behind if self.sort.value is not None else None
        return RowPage(
            self._all_seen(kept),
            [Place(record.id, record[value_at] if value_at is not None else None) for record in kept],
            has_next=wanted.before is not None if wanted.from_end else has_more,
            has_previous=has_more if wanted.from_end else wanted.after is not None,
        )

    async def _numbered(self, sql: str, values: Mapping[str, object]) -> Sequence[Any]:
        text, parameters = numbered(sql, {**self.scope.values, **dict(self.values), **values})
        return await rounds.read(text, *parameters)

    async def _read(self, sql: str, values: Mapping[str, object]) -> Sequence[Any]:
        text, parameters = numbered(sql, {**self.scope.values, **dict(self.values), **values})
        columns = self._columns
        records = await rounds.read(text, *parameters, classes=row_classes(self.model, columns))
        if records and self.scope.facts:
            names = _reading(tuple(self.scope.facts)).names
            texts = set(map(itemgetter(len(columns)), records))
            await agreements.know({_number(text.split(" ")[names.index(_AGREED)]) for text in texts})
        return records

    def _all_seen(self, records: Sequence[Any]) -> list[Seen[M]]:
        """Put each row beside its case; rows with the same facts share one, whichever order they belong to."""
        core, facts = self.scope.core, self.scope.facts
        if not facts:
            return [Seen(row, _NOBODY) for row in records]
        reading, first = _reading(tuple(facts)), len(self._columns)
        read = itemgetter(*(first + place for place in reading.said))
        said = list(map(read, records))
        cases = self._cases(dict.fromkeys(said), reading.names)
        orders = repeat(None) if reading.order is None else map(itemgetter(first + reading.order), records)
        return list(map(Seen, records, map(cases.__getitem__, said), repeat(core), orders))

    def _cases(self, all_said: Iterable[tuple[Any, ...]], names: tuple[str, ...]) -> dict[tuple[Any, ...], Case]:
        """Make the cases of what was read; of the many people in one situation it is worked out once."""
        cases: dict[tuple[Any, ...], Case] = {}
        of_anybody: dict[tuple[Any, ...], Case] = {}
        for said in all_said:
            subject, *rest = said
            key = tuple(rest)
            known = of_anybody.get(key)
            if known is None:
                facts, *listed = rest
                known = of_anybody[key] = self._case(
                    {_SUBJECT: subject, **dict(zip(names, facts.split(" "), strict=True))}, *listed
                )
            cases[said] = known.about(subject)
        return cases

    def _case(self, said: dict[str, Any], grounds: str | None = None) -> Case:
        facts = {name: _READ[name](text) if name in _READ else text == "t" for name, text in said.items()}
        facts |= self.scope.known
        facts["pending_uses"] = agreements.pending_for(facts.pop(_AGREED))
        facts["grounds"] = grounds_in(grounds)
        if facts.pop("is_of_supplier", False):
            facts["suppliers"] = frozenset({self.viewer.supplier})
        if facts.pop("is_of_partner", False):
            facts["partners"] = frozenset({self.viewer.partner})
        return Case(**facts)


def _number(text: str) -> int | None:
    return int(text) if text else None


def _purposes(text: str) -> frozenset[Purpose]:
    return purposes_in(int(text))


# All other facts are true or false.
_READ: Mapping[str, Callable[[Any], Any]] = {
    _SUBJECT: lambda subject: subject,
    "age": AgeBand,
    "guardian": lambda text: UUID(text) if text else None,
    "guardian_consents": _purposes,
    "own_consents": _purposes,
    "asked_anew": _purposes,
    _AGREED: _number,
}


@lru_cache(maxsize=2_000)
def _shown(columns: tuple[str, ...], facts: tuple[tuple[str, str], ...]) -> str:
    shown = [f't."{name}"' for name in columns]
    if facts:
        # As one text, because a column costs both sides more than what is in it; most rows have the same.
        reading, sql = _reading(tuple(name for name, _ in facts)), dict(facts)
        said = ", ' ', ".join(sql[name] for name in reading.names)
        shown += [f"concat({said}) AS facts", *(f"{sql[name]} AS fact_{name}" for name in reading.apart)]
    return ", ".join(shown)


class _Reading(NamedTuple):
    """
    How facts are read of rows.

    Args:
        names: Those that are in the one text, in its order.
        apart: Those that have a column of their own behind it.
        said: The places of the columns that make a case, whose row it is first.
        order: The place of the order that a row belongs to, which is in no case; None where rows belong to none.
    """

    names: tuple[str, ...]
    apart: tuple[str, ...]
    said: tuple[int, ...]
    order: int | None


@lru_cache(maxsize=1_000)
def _reading(facts: tuple[str, ...]) -> _Reading:
    apart = tuple(name for name in (_SUBJECT, _ORDER, _GROUNDS) if name in facts)
    at = {name: place for place, name in enumerate(apart, start=1)}
    listed = (at[_GROUNDS],) if _GROUNDS in at else ()
    names = tuple(name for name in facts if name not in apart)
    return _Reading(names, apart, (at[_SUBJECT], 0, *listed), at.get(_ORDER))
