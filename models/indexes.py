"""Indexes that Tortoise has no word for."""

from typing import Any

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
