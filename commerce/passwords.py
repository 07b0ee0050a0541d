"""Passwords: how strong they have to be, and how they are kept."""

import asyncio
import re
import secrets
import unicodedata
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from functools import cache, cached_property
from os import cpu_count
from typing import Any, NamedTuple, TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from commerce.refusals import Refusal
from policy.enforcement import keeps

T = TypeVar("T")

FEWEST_CHARACTERS = 10
MOST_BYTES = 256
# Normalisation can lengthen a text eighteenfold, so the raw text is bounded first.
MOST_RAW_BYTES = 1_024
# Each waits for its turn of about 30 ms; more than these would wait longer than a person does.
MOST_WAITING = 64
_SHORTEST_PERSONAL_WORD = 3

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)


class Weakness(StrEnum):
    """Why a password is too weak."""

    TOO_SHORT = "TOO_SHORT"
    TOO_LONG = "TOO_LONG"
    UNTYPABLE = "UNTYPABLE"
    COMMON = "COMMON"
    PERSONAL = "PERSONAL"
    PATTERN = "PATTERN"
    GUESSABLE = "GUESSABLE"


REMEDIES = {
    Weakness.TOO_SHORT: f"use at least {FEWEST_CHARACTERS} characters",
    Weakness.TOO_LONG: f"use at most {MOST_BYTES} bytes",
    Weakness.UNTYPABLE: "leave out control characters",
    Weakness.COMMON: "do not build it on a widely used password or word",
    Weakness.PERSONAL: "leave out your own address, number, name and birth date",
    Weakness.PATTERN: "avoid repeats, sequences, dates and rows of keys",
    Weakness.GUESSABLE: "add more unrelated words or characters",
}


class WeakPassword(Refusal):
    """A password that could be guessed (P5.7)."""

    code = "WEAK_PASSWORD"

    def __init__(self, reasons: tuple[Weakness, ...], *, field: tuple[str, ...] = ("password",)) -> None:
        remedies = "; ".join(REMEDIES[reason] for reason in reasons)
        super().__init__(f"Choose a stronger password: {remedies}.", field=field, reasons=reasons)
        self.reasons = reasons


class ServerBusy(Refusal):
    """More passwords wait to be checked than can be checked in reasonable time."""

    code = "SERVER_BUSY"

    def __init__(self) -> None:
        super().__init__("The server is busy. Try again in a few seconds.")


class Verification(NamedTuple):
    """Whether a password was right, and whether its hash should be renewed with today's parameters."""

    matches: bool
    is_outdated: bool


def normalised(password: str) -> str:
    """Bring a password into the form that is judged and hashed (NFKC), so that every keyboard types the same one."""
    return unicodedata.normalize("NFKC", password)


def personal_words(*sources: str) -> frozenset[str]:
    """Split what is known of a person into the words that their password must not rest on."""
    words = {piece for source in sources for piece in re.split(r"[\W_]+", source.casefold())}
    whole = {re.sub(r"[\W_]+", "", source.casefold()) for source in sources}
    return frozenset(word for word in words | whole if len(word) >= _SHORTEST_PERSONAL_WORD)


def weaknesses(password: str, *, personal: Iterable[str] = ()) -> tuple[Weakness, ...]:
    """
    Tell why a password is too weak; empty when it is strong enough.

    Length and guessability count, not kinds of characters. What is left without personal words has to be strong by
    itself, so an address with a year after it is not.

    Args:
        password: As it was typed.
        personal: Words from `personal_words`.
    """
    if len(password.encode(errors="replace")) > MOST_RAW_BYTES:
        return (Weakness.TOO_LONG,)
    text = normalised(password)
    if len(text.encode(errors="replace")) > MOST_BYTES:
        return (Weakness.TOO_LONG,)
    found: set[Weakness] = set()
    if any(unicodedata.category(sign) in {"Cc", "Cs", "Cn"} for sign in text):
        found.add(Weakness.UNTYPABLE)
    if len(text) < FEWEST_CHARACTERS:
        found.add(Weakness.TOO_SHORT)
    found |= _estimated(text)
    if not found & {Weakness.TOO_SHORT, Weakness.COMMON, Weakness.PATTERN, Weakness.GUESSABLE}:
        impersonal = text.casefold()
        for word in sorted(personal, key=len, reverse=True):
            impersonal = impersonal.replace(normalised(word), "")
        if impersonal != text.casefold() and _estimated(impersonal):
            found.add(Weakness.PERSONAL)
    return tuple(sorted(found))


def _estimated(text: str) -> set[Weakness]:
    if not text:
        return {Weakness.GUESSABLE}
    # Here, as all that is slow to import and not needed by first answers (`server.later`).
    from commerce.guessing import FEWEST_GUESSES, estimate

    # One guess a second for three years is enough.
    cheapest = estimate(text)
    if cheapest.guesses >= FEWEST_GUESSES:
        return set()
    found: set[Weakness] = set()
    if "dictionary" in cheapest.patterns:
        found.add(Weakness.COMMON)
    if cheapest.patterns & {"repeat", "sequence", "spatial", "regex", "date"}:
        found.add(Weakness.PATTERN)
    return found or {Weakness.GUESSABLE}


@keeps("P5.7", otherwise=None)
def require_strength(password: str, personal: Iterable[str]) -> None:
    """
    Refuse a password that could be guessed (P5.7).

    Raises:
        WeakPassword: With every reason found.
    """
    if reasons := weaknesses(password, personal=personal):
        raise WeakPassword(reasons)


class Turns:
    """
    A bounded queue before a few threads.

    Args:
        name: Of the threads.
        workers: How many work at once.
        waiting: How many may be there, those at work included.
    """

    def __init__(self, name: str, *, workers: int, waiting: int) -> None:
        self._name = name
        self._workers = workers
        self._waiting = waiting
        self._taken: set[asyncio.Future[Any]] = set()

    @property
    def is_idle(self) -> bool:
        """Whether nobody waits or is served."""
        return not self._taken

    async def take(self, work: Callable[[], T]) -> T:
        """
        Have work done in turn.

        Once begun, work runs to its end: a client that goes away must not free its place while a thread still works.

        Raises:
            ServerBusy: Too many wait already.
        """
        if len(self._taken) >= self._waiting:
            raise ServerBusy
        turn = asyncio.get_running_loop().run_in_executor(self._pool, work)
        self._taken.add(turn)
        turn.add_done_callback(self._leave)
        return await asyncio.shield(turn)

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(max_workers=self._workers, thread_name_prefix=self._name)

    def _leave(self, turn: "asyncio.Future[Any]") -> None:
        self._taken.discard(turn)
        if not turn.cancelled():
            turn.exception()


# Anybody may have a new password judged, so that has a thread and a queue of its own: log-ins never wait behind it.
choosing = Turns("new-passwords", workers=1, waiting=MOST_WAITING)
verifying = Turns("passwords", workers=max(1, min(4, cpu_count() or 1)), waiting=MOST_WAITING)


async def require_strong(password: str, *, personal: Iterable[str] = ()) -> None:
    """
    Refuse a password that could be guessed, without holding up other requests while it is judged.

    Raises:
        WeakPassword: With every reason found.
        ServerBusy: Too many new passwords wait.
    """
    await choosing.take(lambda: require_strength(password, personal))


async def hashed(password: str) -> str:
    """
    Hash a new password with argon2id.

    Raises:
        ServerBusy: Too many new passwords wait.
    """
    return await choosing.take(lambda: _hasher.hash(normalised(password)))


async def verified(password: str, stored: str | None) -> Verification:
    """
    Compare a password with a stored hash.

    Without a stored hash, and for a text that can not be a password, the same work is done and the answer is no:
    the time taken does not tell whether there is an account.

    Raises:
        ServerBusy: Too many passwords wait to be compared.
    """

    def compare() -> Verification:
        is_possible = stored is not None and len(password.encode(errors="replace")) <= MOST_RAW_BYTES
        reference = stored if is_possible and stored is not None else _hash_of_nothing()
        try:
            matches = _hasher.verify(reference, normalised(password) if is_possible else "")
        except (VerifyMismatchError, VerificationError, InvalidHashError, UnicodeEncodeError):
            return Verification(matches=False, is_outdated=False)
        return Verification(matches and is_possible, is_outdated=_hasher.check_needs_rehash(reference))

    return await verifying.take(compare)


@cache
def _hash_of_nothing() -> str:
    return _hasher.hash(secrets.token_urlsafe(32))
