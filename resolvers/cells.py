"""Decrypts the sealed cells that an operation may show, all that are wanted at once."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, cast

from tortoise.models import Model

from models.keys import ERASED
from models.records import model_of
from models.sealed import Cell, SealedField
from models.sealed import open_cells as opened


async def open_cells(wanted: Sequence[tuple[Any, str]]) -> list[str | None]:
    """
    Decrypt cells with one look-up of keys.

    Args:
        wanted: Rows and the names of their sealed columns.

    Returns:
        The texts; None for what is empty or was erased with its subject's key.
    """
    texts = await opened([_reader(model_of(row), column)(row) for row, column in wanted])
    return [None if text is ERASED else text for text in texts]


@lru_cache(maxsize=1_000)
def _reader(model: type[Model], column: str) -> Callable[[Any], Cell]:
    field = cast("dict[str, object]", model._meta.fields_map)[column]
    if not isinstance(field, SealedField):
        raise TypeError(f"`{column}` is not a sealed column.")
    read = attrgetter("id", field.subject_column, column)
    return lambda row: Cell(model, column, *read(row))
