"""Narrows what statements select to the columns that somebody will look at."""

from collections.abc import Mapping
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, cast

from tortoise.fields import UUIDField
from tortoise.models import Model

from models.records import columns_of

Columns = Mapping[str, frozenset[str]]
"""Names of columns by the name of their model; a model that is not in it is read whole."""

_ALL: Columns = {}
_wanted: ContextVar[Columns] = ContextVar("wanted columns", default=_ALL)


class selecting:  # noqa: N801  # it is called where a `with` block begins
    """
    Let rows that are read inside a `with` block have no more columns than are wanted of them.

    Keys are always there. Whoever looks at another column gets a `KeyError`: it has to be declared where the field is.
    """

    __slots__ = ("_columns", "_token")

    def __init__(self, columns: Columns | None) -> None:
        """
        Args:
            columns: What is wanted; None for everything.
        """
        self._columns = _ALL if columns is None else columns

    def __enter__(self) -> None:
        self._token = _wanted.set(self._columns)

    def __exit__(self, *_: object) -> None:
        _wanted.reset(self._token)


def selected(model: type[Model], looked_at: frozenset[str]) -> tuple[str, ...]:
    """
    List the columns of a model that a statement selects just now.

    Args:
        looked_at: Those that whoever reads the rows looks at in any case.
    """
    wanted = _wanted.get().get(model.__name__)
    if wanted is None:
        return columns_of(model)
    return _narrowed(model, wanted | looked_at if looked_at else wanted)


@lru_cache(maxsize=4_096)
def _narrowed(model: type[Model], wanted: frozenset[str]) -> tuple[str, ...]:
    columns = columns_of(model)
    if any(isinstance(vars(model).get(name), property) for name in wanted):
        # What a property of the model reads, nobody has said.
        return columns
    fields = cast("dict[str, Any]", model._meta.fields_map)
    return tuple(column for column in columns if column in wanted or isinstance(fields[column], UUIDField))
