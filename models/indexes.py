"""Indexes that Tortoise has no word for."""

from typing import Any

from tortoise.expressions import RawSQL
from tortoise.indexes import Index


class IndexWhere(Index):
    """
    An index over the rows that meet a condition; write a unique one as a `UniqueConstraint` with a condition.

    Args:
        fields: The columns.
        name: Of the index.
        where: The condition, in SQL.
    """

    def __init__(self, *, fields: list[str] | tuple[str, ...], name: str, where: str) -> None:
        super().__init__(fields=fields, name=name)
        self.where = where
        self.extra = f" WHERE {where}"

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        path, arguments, named = super().deconstruct()
        return path, arguments, {**named, "where": self.where}


class IndexOn(Index):
    """
    An index over what is worked out of a row, for lists that are sorted by it.

    Args:
        sql: What it is over: columns and expressions, in the very words of the queries that are to use it.
        name: Of the index.
    """

    def __init__(self, *, sql: list[str] | tuple[str, ...], name: str) -> None:
        super().__init__(*(RawSQL(part) for part in sql), name=name)
        self.sql = list(sql)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        path, _, _ = super().deconstruct()
        return path, [], {"sql": self.sql, "name": self.name}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IndexOn) and (self.sql, self.name) == (other.sql, other.name)

    def __hash__(self) -> int:
        return hash((tuple(self.sql), self.name))
