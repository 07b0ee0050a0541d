"""Decrypts the sealed cells of many rows, column by column and all at once."""

from collections.abc import Mapping, Sequence
from itertools import islice, repeat
from operator import attrgetter
from typing import Any

from permissions.context import BatchLoad

Opened = Mapping[str, Sequence[Any]]
"""By column what each of the rows has: a text where it was opened, or the fault by which it was not."""


async def opened(rows: Sequence[Any], wanted: Mapping[str, Sequence[int]], open_cells: BatchLoad) -> Opened:
    """
    Decrypt what of some columns is sealed.

    Args:
        rows: The rows.
        wanted: The columns, each with the places of the rows that may show it.
        open_cells: Decrypts many cells.

    Returns:
        The columns that had something to be opened; what is at other places is as it was.
    """
    cells: list[tuple[Any, str]] = []
    found: dict[str, tuple[list[Any], Sequence[int]]] = {}
    for column, places in wanted.items():
        values: list[Any] = list(map(attrgetter(column), rows))
        kinds = set(map(type, values))
        if bytes not in kinds:
            continue
        # Nearly always all are sealed.
        at = places if len(kinds) == 1 else [place for place in places if type(values[place]) is bytes]
        if at:
            found[column] = values, at
            cells += zip(map(rows.__getitem__, at), repeat(column))
    if not cells:
        return {}
    try:
        texts = iter(await open_cells(cells))
    except Exception as fault:  # noqa: BLE001  # what a resolver raises is an error of its field
        texts = repeat(fault)
    for values, at in found.values():
        if len(at) == len(values):
            values[:] = islice(texts, len(at))
        else:
            for place in at:
                values[place] = next(texts)
    return {column: values for column, (values, _) in found.items()}
