"""Rows as they come from the database, read by the names of their columns; models are for writing."""

from collections.abc import Callable
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


class Row(Record):
    """
    A row of a model's table, whose columns are attributes.

    It cannot be changed or saved, and leads to no other row. A list of a hundred rows costs as much as one object of
    a model, because nothing is made of them but what is read.
    """

    model: ClassVar[type[Model]]


@lru_cache(maxsize=1_000)
def row_of(model: type[Model]) -> type[Row]:
    """Make the class of a model's rows."""
    # What a model says of a row by a property of its own holds for its rows alike.
    own = {name: said for name, said in vars(model).items() if isinstance(said, property)}
    read: dict[str, Any] = {"__slots__": (), "model": model, **own}
    for column in columns_of(model):
        read[column] = property(_reader(column, cast(Any, model._meta.fields_map[column])))
    return type(f"{model.__name__}Row", (Row,), read)


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


def _reader(column: str, field: Field[Any]) -> Callable[[Any], Any]:
    cell = itemgetter(column)
    convert = field.to_python_value
    if type(field).to_python_value in _AS_THEY_ARE:
        return cell
    enumeration: Any = getattr(field, "enum_type", None)
    if enumeration is not None:
        members: dict[Any, Any] = {member.value: member for member in enumeration}
        members[None] = None
        return lambda row: members[row[column]]
    return lambda row: convert(row[column])
