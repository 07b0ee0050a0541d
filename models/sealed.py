"""Sealed columns: encrypted under the key of the person they are about, and bound to their cell."""

import hmac
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from operator import itemgetter
from typing import Any, NamedTuple, cast
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tortoise.fields import BinaryField
from tortoise.models import Model

from models.columns import About
from models.keys import ERASED, NONCE_BYTES, Erased, Key, KeyMissing, SubjectErased, subject_keys
from models.secrets import derive
from policy.classes import DataClass

VERSION = b"\x01"
TAG_BYTES = 16
# A stored length tells no more of a value than how many times this many bytes it takes.
PADDED_TO = 32
LONGEST_TEXT = 65_536

_SHORTEST = len(VERSION) + NONCE_BYTES + PADDED_TO + TAG_BYTES
_NONCE_AT = len(VERSION)
_NONCE_END = len(VERSION) + NONCE_BYTES

_VERSIONS = set(VERSION)
_SUBJECT, _SEALED, _FIRST = itemgetter(1), itemgetter(2), itemgetter(0)

Opened = str | None | Erased


class CellTampered(Exception):
    """A sealed cell does not open under its subject's key in its place: it was changed, or moved there."""

    def __init__(self, table: str, column: str) -> None:
        super().__init__(
            f"A cell of `{table}.{column}` is not the one that was sealed there. Restore it from a backup."
        )


class SealedField(BinaryField[bytes]):
    """A column of ciphertext; it refuses everything that `seal` did not make."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.subject_column = ""

    def to_db_value(self, value: Any, instance: Any) -> bytes | None:
        if value is None:
            return None
        if not isinstance(value, bytes):
            raise TypeError("A sealed column takes what `seal` returns, never a text.")
        if len(value) < _SHORTEST or not value.startswith(VERSION):
            raise ValueError("A sealed column takes what `seal` returns, and this is not it.")
        return value


class SealedColumn(NamedTuple):
    """
    Cells of one sealed column.

    Args:
        name: The column's.
        cells: Of each the row's id, the id of the person whom it is about, and what is in it.
    """

    model: type[Model]
    name: str
    cells: Sequence[tuple[UUID, UUID, bytes | None]]


class Cell(NamedTuple):
    """One sealed cell and where it is."""

    model: type[Model]
    column: str
    row_id: UUID
    subject_id: UUID
    sealed: bytes | None


def sealed(data_class: DataClass, *, subject: str, null: bool = True, about: About | None = None) -> Any:
    """
    Declare a sealed column.

    Args:
        data_class: The class of what it holds.
        subject: Name of the column, on the same model, with the id of the person it is about.
        null: Whether a row may have no value.
        about: Whom it is about, where that is somebody else than its row is.
    """
    field = SealedField(null=null)
    vars(field)["holds"] = data_class
    vars(field)["about"] = about
    field.subject_column = subject
    return field


def sealed_columns(model: type[Model]) -> tuple[str, ...]:
    """List the sealed columns of a model."""
    fields = cast("dict[str, Any]", model._meta.fields_map)  # pyright: ignore[reportPrivateUsage]
    return tuple(name for name, field in fields.items() if isinstance(field, SealedField))


async def seal(model: type[Model], row_id: UUID, subject_id: UUID, **plain: str | None) -> dict[str, bytes | None]:
    """
    Seal the values of a row that are about one person; pass the answer on to `Model(...)`.

    A person who has no key yet gets one. Best called before a transaction begins, as it may ask the key store.

    Args:
        model: Whose columns.
        row_id: The row's primary key, which its cells are bound to.
        subject_id: The person.
        plain: Values by column; None stays None.

    Raises:
        SubjectErased: The person's key was destroyed.
        DatabaseUnavailable: The key store does not answer.
    """
    return (await seal_rows([(model, row_id, subject_id, plain)]))[0]


async def seal_rows(
    rows: Sequence[tuple[type[Model], UUID, UUID, Mapping[str, str | None]]],
    *,
    are_new: bool = False,
) -> list[dict[str, bytes | None]]:
    """
    Seal many rows, with one look-up of keys for all of them; see `seal`.

    Args:
        rows: Of each the model, the row's id, the person's id and the values by column.
        are_new: Whether nobody can have a key yet, as their ids were made for this; then no key is looked up.
    """
    keys = await subject_keys({subject_id for _, _, subject_id, _ in rows}, create=True, are_new=are_new)
    return [
        {
            column: None if value is None else _sealed(_alive(keys[subject_id]), _place(model, column, row_id), value)
            for column, value in plain.items()
        }
        for model, row_id, subject_id, plain in rows
    ]


async def open_cells(
    cells: Sequence[Cell | tuple[type[Model], str, UUID, UUID, bytes | None]],
) -> list[Opened]:
    """
    Open sealed cells, with one look-up of keys for all of them.

    Returns:
        For each cell its text; None where it is empty; `ERASED` where its subject's key was destroyed.

    Raises:
        CellTampered: A cell was changed, or moved from another row, column or table.
        KeyMissing: The key store never had the subject's key.
        DatabaseUnavailable: The key store does not answer.
    """
    columns = [SealedColumn(model, column, [(row, subject, cell)]) for model, column, row, subject, cell in cells]
    return [text for texts in await open_columns(columns) for text in texts]


async def open_columns(columns: Sequence[SealedColumn]) -> list[list[Opened]]:
    """
    Open the sealed cells of some columns, with one look-up of keys for all of them; see `open_cells`.

    Returns:
        For each column the texts of its cells.
    """
    wanted: set[UUID] = set()
    for column in columns:
        if None in map(_SEALED, column.cells):
            wanted |= {subject for _, subject, cell in column.cells if cell is not None}
        else:
            wanted |= set(map(_SUBJECT, column.cells))
    keys = await subject_keys(wanted)
    return [_column_opened(column, keys) for column in columns]


def blind_index(column_label: str, normalised_value: str) -> bytes:
    """
    Make the value by which a sealed column is looked up: equal for equal values, and nothing else is to be had from it.

    Args:
        column_label: Such as `account.email`; another label gives unrelated values.
        normalised_value: In the one form in which equal values are equal texts.
    """
    return hmac.digest(derive(f"blind index {column_label}"), normalised_value.encode(), sha256)


def _place(model: type[Model], column: str, row_id: UUID) -> bytes:
    return _column(model, column) + row_id.bytes


@lru_cache(maxsize=1_000)
def _column(model: type[Model], column: str) -> bytes:
    # INVARIANT (a cell opens in its place alone): no name holds a zero byte, so the three parts are unambiguous.
    meta = model._meta  # pyright: ignore[reportPrivateUsage]
    if not isinstance(meta.fields_map.get(column), SealedField):
        raise TypeError(f"`{model.__name__}.{column}` is not a sealed column; declare it with `sealed`.")
    return b"avow cell 1\0" + meta.db_table.encode() + b"\0" + column.encode() + b"\0"


def _sealed(key: AESGCM, place: bytes, text: str) -> bytes:
    plain = text.encode()
    if len(plain) > LONGEST_TEXT:
        raise ValueError(f"A sealed text has at most {LONGEST_TEXT} bytes; shorten it.")
    padded = plain + b"\x80"
    nonce = os.urandom(NONCE_BYTES)
    return VERSION + nonce + key.encrypt(nonce, padded + bytes(-len(padded) % PADDED_TO), place)


def _column_opened(column: SealedColumn, keys: Mapping[UUID, Key]) -> list[Opened]:
    label = _column(column.model, column.name)
    with suppress(InvalidTag, AttributeError, LookupError, TypeError, ValueError):
        return _all_opened(column, cast("Mapping[UUID, AESGCM]", keys), label)
    # Some cell is empty, erased or not what was sealed there: which one, is found by looking at each.
    return [
        None if cell is None else _opened(keys.get(subject), column, label, row_id, cell)
        for row_id, subject, cell in column.cells
    ]


def _all_opened(column: SealedColumn, keys: Mapping[UUID, AESGCM], label: bytes) -> list[Opened]:
    """Open cells of which all are there and as they were sealed, as nearly always; any other makes it fail."""
    cells = cast("list[bytes]", list(map(_SEALED, column.cells)))
    if min(map(len, cells)) < _SHORTEST or set(map(_FIRST, cells)) != _VERSIONS:
        raise ValueError
    padded = [
        keys[subject].decrypt(cell[_NONCE_AT:_NONCE_END], cell[_NONCE_END:], label + row_id.bytes)
        for row_id, subject, cell in cast("Sequence[tuple[UUID, UUID, bytes]]", column.cells)
    ]
    return [each.rstrip(b"\0")[:-1].decode() for each in padded]


def _opened(key: Key | None, column: SealedColumn, label: bytes, row_id: UUID, cell: bytes) -> Opened:
    if key is ERASED:
        return ERASED
    if key is None:
        table = _table(column.model)
        raise KeyMissing(
            f"There is no key for a cell of `{table}.{column.name}`. Connect the key store it was sealed with."
        )
    if len(cell) < _SHORTEST or not cell.startswith(VERSION):
        raise CellTampered(_table(column.model), column.name)
    try:
        padded = key.decrypt(cell[_NONCE_AT:_NONCE_END], cell[_NONCE_END:], label + row_id.bytes)
    except InvalidTag:
        raise CellTampered(_table(column.model), column.name) from None
    return padded.rstrip(b"\0")[:-1].decode()


def _table(model: type[Model]) -> str:
    return model._meta.db_table  # pyright: ignore[reportPrivateUsage]


def _alive(key: Key) -> AESGCM:
    if key is ERASED:
        raise SubjectErased("This person's data was erased; nothing new can be sealed for them.")
    return key
