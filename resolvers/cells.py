"""Decrypts the sealed cells that an operation may show, all that are wanted at once."""

from collections.abc import Sequence
from typing import Any

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
    texts = await opened([_cell(row, column) for row, column in wanted])
    return [None if text is ERASED else text for text in texts]


def _cell(row: Any, column: str) -> Cell:
    model = model_of(row)
    field = model._meta.fields_map[column]
    if not isinstance(field, SealedField):
        raise TypeError(f"`{column}` is not a sealed column.")
    return Cell(model, column, row.id, getattr(row, field.subject_column), getattr(row, column))
