"""Arrays of keys that PostgreSQL takes without planning a statement anew."""

from collections.abc import Iterable
from typing import TypeVar
from uuid import UUID

T = TypeVar("T")

RECKONED_WITH = 10
"""How many elements PostgreSQL takes an array to have that it does not know yet."""


def of_keys(keys: Iterable[UUID]) -> list[str]:
    """
    List keys for `= ANY($1)`, the last one again and again if there are few.

    PostgreSQL keeps the plan of a prepared statement only if one for these very values would not be cheaper, and to it
    a shorter array always is. Planning costs several times what such a statement does. Not for `unnest`, which would
    give a row for each time: see `of_rows`. They go as texts, because the driver asks of everything else whether it is
    a list itself, which costs more than to write and read a text.
    """
    listed = list(map(str, keys))
    if listed and len(listed) < RECKONED_WITH:
        listed += listed[-1:] * (RECKONED_WITH - len(listed))
    return listed


def of_rows(column: Iterable[T]) -> list[T | None]:
    """
    List a column for `unnest`, with nulls behind it if there are few rows, for the reason that `of_keys` gives.

    The statement leaves out what is null in one of its columns, such as the key.
    """
    listed: list[T | None] = list(column)
    return listed + [None] * (RECKONED_WITH - len(listed))
