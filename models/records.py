"""Rows as they come from the database, read by the names of their columns; models are for writing."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any, ClassVar, cast

from asyncpg import Record
from tortoise.contrib.postgres.fields import TSVectorField
from tortoise.fields import DatetimeField, UUIDField
from tortoise.fields.base import Field
from tortoise.models import Model

# What PostgreSQL's driver gives as it is wanted.
_AS_THEY_ARE: frozenset[object] = frozenset(
    cast(Any, kind).to_python_value for kind in (Field, UUIDField, DatetimeField)
)


class Row:
    """
    A row of a model's table, whose columns are attributes.

    It cannot be changed or saved, and leads to no other row. A list of a hundred rows costs as much as one object of
    a model, because nothing is made of them but what is read. What was not selected is a `KeyError`.
    """

    __slots__ = ()
    model: ClassVar[type[Model]]


@dataclass(frozen=True, slots=True)
class RowClasses:
    """
    The classes of the same rows, both read by places too.

    Args:
        fetched: As the driver makes them.
        gathered: Of those that came with others, which the driver gives as tuples.
    """

    fetched: type[Record]
    gathered: Callable[[tuple[Any, ...]], Any]


def _as_it_is(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return row


ANY_ROW = RowClasses(Record, _as_it_is)
"""Rows of no model, which are read by places alone."""


@lru_cache(maxsize=1_000)
def row_classes(model: type[Model], names: tuple[str, ...]) -> RowClasses:
    """
    Make the classes of a model's rows.

    Args:
        model: Whose rows they are.
        names: What was selected of them, in this order, and perhaps more beside it.
    """
    # What a model says of a row by a property of its own holds for its rows alike.
    own = {name: said for name, said in vars(model).items() if isinstance(said, property)}
    read: dict[str, Any] = {"__slots__": (), "model": model, **own}
    places = {name: place for place, name in enumerate(names)}
    for column in columns_of(model):
        if column in places:
            field = cast("dict[str, Field[Any]]", model._meta.fields_map)[column]
            read[column] = property(_reader(places[column], field))
        else:
            read[column] = property(_missing(model, column))
    fetched, gathered = (cast(Any, type(f"{model.__name__}Row", (kind, Row), read)) for kind in (Record, tuple))
    return RowClasses(fetched, gathered)


@lru_cache(maxsize=1_000)
def columns_of(model: type[Model]) -> tuple[str, ...]:
    """List the columns that a row has; what full text is looked up by is long, and of no use to a reader."""
    meta = model._meta
    return tuple(
        column
        for name, column in meta.fields_db_projection.items()
        if not isinstance(meta.fields_map[name], TSVectorField)
    )


def model_of(row: object) -> type[Any]:
    """Tell of which model a row is, or an object of a model."""
    return row.model if isinstance(row, Row) else type(row)


def _missing(model: type[Model], column: str) -> Callable[[Any], Any]:
    def missing(_: Any) -> Any:
        raise KeyError(f"`{model.__name__}.{column}` was not selected: say at the field that it is looked at.")

    return missing


def _reader(place: int, field: Field[Any]) -> Callable[[Any], Any]:
    cell = itemgetter(place)
    convert = field.to_python_value
    if type(field).to_python_value in _AS_THEY_ARE:
        return cell
    enumeration: Any = getattr(field, "enum_type", None)
    if enumeration is not None:
        members: dict[Any, Any] = {member.value: member for member in enumeration}
        members[None] = None
        return lambda row: members[row[place]]
    return lambda row: convert(row[place])
