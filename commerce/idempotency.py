"""Carries out a request once, however often it is repeated."""

import asyncio
import hmac
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from models import clock, rounds
from models.database import execute, fetch, is_in_transaction, retrying, transaction
from models.secrets import derive

Answer = Mapping[str, UUID | str | int | bool | None]

LONGEST_KEY = 255
FORGOTTEN_AT_ONCE = 1_000
_ANSWERED = "SELECT fingerprint, answer FROM idempotent_answer WHERE id = $1"

# Ids, numbers and codes have no blanks and no @; this keeps out what somebody saves by mistake, not what they hide.
_ID_OR_CODE = re.compile(r"[A-Za-z0-9_=.:-]{0,255}")

_turns: dict[bytes, tuple[asyncio.Lock, list[None]]] = {}


class IdempotencyConflict(Exception):
    """An idempotency key was used again, with another input."""

    def __init__(self) -> None:
        super().__init__("This idempotency key was used before with another input. Take a new key for a new request.")


class BadIdempotencyKey(ValueError):
    """An idempotency key that is empty or too long."""

    def __init__(self) -> None:
        super().__init__(f"An idempotency key has 1 to {LONGEST_KEY} characters. Take a random UUID.")


def fingerprint_of(operation: str, given: object) -> bytes:
    """
    Make the fingerprint of a request's input; without the program's secret nothing can be told from it.

    Args:
        operation: What is asked for, such as `orderCancel`.
        given: The input, of what JSON knows and ids; the order of keys makes no difference.
    """
    text = json.dumps([operation, given], sort_keys=True, separators=(",", ":"), default=_plain)
    return hmac.digest(derive("idempotency fingerprints"), text.encode(), sha256)


async def once(
    actor: UUID | str,
    key: str,
    fingerprint: bytes,
    action: Callable[[], Awaitable[Answer]],
    *,
    foreseen: Answer | None = None,
) -> dict[str, str | int | bool | None]:
    """
    Carry out an action, or answer as before if it was carried out already.

    The note that it was, the effect and the answer are one transaction: after a crash there are all of them or none.
    Of several that ask at once, in whatever program, one acts and the others wait for its answer. An action that
    raises leaves nothing, so its repetition is tried anew.

    Args:
        actor: Whose key it is; two actors may choose the same key.
        key: Chosen by the client.
        fingerprint: Of the input; see `fingerprint_of`.
        action: The effect, within the transaction of this function and nothing outside of it, as it may be run again
            after losing against another transaction. Its answer holds ids, numbers and codes only, never a personal
            value: it is kept in clear after those it is about are erased. Whoever needs more loads it by id.
        foreseen: What the action will answer, where that is known before: it is then saved with the note itself.

    Returns:
        The answer as it was saved; ids are texts in it.

    Raises:
        IdempotencyConflict: The key came before with another input.
        BadIdempotencyKey: The key is empty or too long.
        DatabaseBusy: Another one with this key is still at it.
        RuntimeError: A transaction is open already; the note would have to come first in it.
    """
    if not 0 < len(key) <= LONGEST_KEY:
        raise BadIdempotencyKey
    if is_in_transaction():
        raise RuntimeError("`once` opens the transaction itself; call it outside of `transaction()`.")
    digest = _digest(str(actor), key)
    # Those of one program take turns here, so that they do not use up its connections while they wait.
    async with _turn(digest):
        return await retrying(lambda: _once(digest, fingerprint, action, foreseen))


async def answered(actor: UUID | str, key: str, fingerprint: bytes) -> dict[str, str | int | bool | None] | None:
    """
    Look up the answer of a request that was carried out before; None where none was.

    For what is to be made ready outside of the transaction of `once`, and not again for a repetition.

    Raises:
        IdempotencyConflict, BadIdempotencyKey: As `once`.
    """
    if not 0 < len(key) <= LONGEST_KEY:
        raise BadIdempotencyKey
    found = await rounds.read(_ANSWERED, _digest(str(actor), key))
    if not found:
        return None
    before, saved = found[0]
    return _told(before, saved, fingerprint)


async def forget(before: datetime) -> int:
    """
    Delete the answers given before an instant, a thousand at most; their requests would be carried out again.

    Returns:
        How many were deleted; call again while it is a thousand.
    """
    return await execute(
        "DELETE FROM idempotent_answer WHERE id IN"
        " (SELECT id FROM idempotent_answer WHERE created_at < $1 ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)",
        before,
        FORGOTTEN_AT_ONCE,
    )


async def _once(
    digest: bytes, fingerprint: bytes, action: Callable[[], Awaitable[Answer]], foreseen: Answer | None
) -> dict[str, str | int | bool | None]:
    async with transaction():
        # INVARIANT (note first): a second one waits at this statement until the first has committed or is gone.
        is_first = await execute(
            "INSERT INTO idempotent_answer (id, fingerprint, created_at, answer) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT DO NOTHING",
            digest,
            fingerprint,
            clock.now(),
            None if foreseen is None else json.dumps(_plainly(foreseen)),
        )
        if not is_first:
            ((before, saved),) = await fetch(_ANSWERED, digest)
            return _told(before, saved, fingerprint)
        answer = await action()
        if foreseen is None:
            text = json.dumps(_plainly(answer))
            await execute("UPDATE idempotent_answer SET answer = $2 WHERE id = $1", digest, text)
        elif answer != foreseen:
            raise RuntimeError("An action answered something else than was foreseen; save what it answers.")
        return _plainly(answer)


def _plainly(answer: Answer) -> dict[str, str | int | bool | None]:
    return {name: _saved(name, value) for name, value in answer.items()}


def _told(before: bytes, answer: str, fingerprint: bytes) -> dict[str, str | int | bool | None]:
    if not hmac.compare_digest(before, fingerprint):
        raise IdempotencyConflict
    return json.loads(answer)


def _plain(value: object) -> str:
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"A `{type(value).__name__}` has no fingerprint; pass a text or a number.")


def _digest(actor: str, key: str) -> bytes:
    text = f"{len(actor)}:{actor}{key}"
    return hmac.digest(derive("idempotency keys"), text.encode(), sha256)


def _saved(name: str, value: UUID | str | int | bool | None) -> str | int | bool | None:
    saved = str(value) if isinstance(value, UUID) else value
    if isinstance(saved, str) and not _ID_OR_CODE.fullmatch(saved):
        raise ValueError(f"`{name}` of a saved answer is neither id nor code; save the id and load the rest by it.")
    return saved


@asynccontextmanager
async def _turn(digest: bytes) -> AsyncIterator[None]:
    lock, waiting = _turns.setdefault(digest, (asyncio.Lock(), []))
    waiting.append(None)
    try:
        async with lock:
            yield
    finally:
        waiting.pop()
        if not waiting:
            _turns.pop(digest, None)
