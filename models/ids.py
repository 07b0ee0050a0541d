"""Identifiers: of rows, of objects as clients see them, and of places in a list."""

import base64
import re
import secrets as random
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from models import clock
from models.secrets import derive

MAX_SEALED_CHARACTERS = 1_024

_URL_SAFE = re.compile(rf"[A-Za-z0-9_-]{{1,{MAX_SEALED_CHARACTERS}}}")


class BadId(ValueError):
    """An id that was never given out, or not to this audience; the message is the same for every fault."""

    def __init__(self) -> None:
        super().__init__("This is not an id of this shop. Use an id exactly as an earlier answer gave it.")


class BadCursor(ValueError):
    """A cursor that was never given out, or not for this list; the message is the same for every fault."""

    def __init__(self) -> None:
        super().__init__("This is not a cursor of this list. Use a cursor exactly as an earlier page of it gave it.")


def new_id(*, at: datetime | None = None) -> UUID:
    """
    Make the primary key of a new row: a UUID of version 7, which sorts by time.

    It is made here and not in the database because the row's sealed cells are bound to it before the row exists. It
    tells when the row was made, so clients never see it; they see `public_id`.

    Args:
        at: The instant it sorts by, for what happened earlier than it is written; now unless given.
    """
    instant = at or clock.now()
    milliseconds = int(instant.timestamp()) * 1_000 + instant.microsecond // 1_000
    fraction = instant.microsecond % 1_000 * 4_096 // 1_000
    return UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | random.randbits(62))


def new_ids(count: int) -> list[UUID]:
    """Make the primary keys of many new rows at once: as `new_id`, and each sorts behind the one before it."""
    instant = clock.now()
    first = (int(instant.timestamp()) * 1_000_000 + instant.microsecond) * 4_096 // 1_000
    # Drawn at once, because each draw lets another thread go first.
    drawn = memoryview(random.token_bytes(8 * count)).cast("Q")
    return [
        UUID(int=at >> 12 << 80 | 0x7 << 76 | (at & 0xFFF) << 64 | 0b10 << 62 | bits >> 2)
        for at, bits in enumerate(drawn, start=first)
    ]


def counted_id(first: str, number: str) -> str:
    """
    Say in SQL how a statement makes ids for rows that only it can count: an id whose last digits count them.

    Args:
        first: The parameter with an id of `new_id`, which is given to no row itself.
        number: SQL of the row's number, such as `row_number() OVER ()`; at most 65,535.
    """
    return f"overlay({first}::uuid::text PLACING lpad(to_hex({number}), 4, '0') FROM 33)::uuid"


def public_id(type_name: str, row_id: UUID, audience: str | None = None) -> str:
    """
    Seal a row's id into the opaque id that clients see.

    The same row gives the same id each time, and a different one for each audience: two partners cannot find out by
    comparing ids that they serve the same person.

    Args:
        type_name: Name of the GraphQL type.
        row_id: The primary key.
        audience: For whom the id is, where it must not be comparable with another's; None for everybody.
    """
    return _sealed("public ids", row_id.bytes + type_name.encode(), audience)


def read_public_id(text: str, audience: str | None = None) -> tuple[str, UUID]:
    """
    Open an id that a client sent.

    Returns:
        The type's name and the row's primary key.

    Raises:
        BadId: Whatever is wrong with it.
    """
    plain = _opened("public ids", text, audience)
    if plain is None or len(plain) <= 16:
        raise BadId
    return plain[16:].decode(), UUID(bytes=plain[:16])


def seal_cursor(payload: bytes, context: str) -> str:
    """
    Seal a place in a list into an opaque cursor.

    Args:
        payload: The sort values of the row, packed.
        context: The list and, where its content depends on who asks, the viewer; a cursor opens only in the same one.
    """
    return _sealed("cursors", payload, context)


def open_cursor(text: str, context: str) -> bytes:
    """
    Open a cursor that a client sent.

    Raises:
        BadCursor: Whatever is wrong with it.
    """
    payload = _opened("cursors", text, context)
    if payload is None:
        raise BadCursor
    return payload


def _sealed(label: str, plain: bytes, context: str | None) -> str:
    sealed = _cipher(derive(label, 64)).encrypt(plain, _associated(context))
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode("ascii")


def _opened(label: str, text: str, context: str | None) -> bytes | None:
    if not _URL_SAFE.fullmatch(text):
        return None
    try:
        sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        plain = _cipher(derive(label, 64)).decrypt(sealed, _associated(context))
    except (ValueError, InvalidTag):
        return None
    # Base64 ignores the spare bits of the last character: without this, several texts would be one id.
    return plain if base64.urlsafe_b64encode(sealed).rstrip(b"=").decode("ascii") == text else None


def _associated(context: str | None) -> list[bytes]:
    # AES-SIV authenticates a list unambiguously, so "no audience" differs from every audience, the empty one too.
    return [b"avow 1"] if context is None else [b"avow 1", b"for " + context.encode()]


@lru_cache(maxsize=8)
def _cipher(key: bytes) -> AESSIV:
    return AESSIV(key)
