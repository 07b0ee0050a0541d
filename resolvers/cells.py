"""Decrypts the sealed cells that an operation may show, all that are wanted at once."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import chain, groupby
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple, cast
from uuid import UUID

from tortoise.models import Model

from models.keys import ERASED
from models.records import Row
from models.sealed import SealedColumn, SealedField, open_columns


async def open_cells(wanted: Sequence[tuple[Any, str]]) -> list[str | None]:
    """
    Decrypt cells with one look-up of keys.

    Args:
        wanted: Rows and the names of their sealed columns; best column by column, as what is alike is done once then.

    Returns:
        The texts; None for what is empty or was erased with its subject's key.
    """
    if not wanted:
        return []
    rows, names = zip(*wanted, strict=True)
    columns: list[SealedColumn] = []
    kinds = zip(map(type, rows), names, strict=True)
    for (kind, column), cells in groupby(zip(kinds, rows, strict=True), key=_KIND):
        read = _reader(kind, column)
        columns.append(SealedColumn(read.model, column, list(map(read.cell, map(_ROW, cells)))))
    texts = list(chain.from_iterable(await open_columns(columns)))
    return [None if text is ERASED else text for text in texts] if ERASED in texts else cast("list[str | None]", texts)


_KIND, _ROW = itemgetter(0), itemgetter(1)


class _Reader(NamedTuple):
    model: type[Model]
    cell: Callable[[Any], tuple[UUID, UUID, bytes | None]]


@lru_cache(maxsize=1_000)
def _reader(kind: type[Any], column: str) -> _Reader:
    model: type[Model] = kind.model if issubclass(kind, Row) else kind
    field = cast("dict[str, object]", model._meta.fields_map)[column]
    if not isinstance(field, SealedField):
        raise TypeError(f"`{column}` is not a sealed column.")
    return _Reader(model, attrgetter("id", field.subject_column, column))
