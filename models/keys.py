"""The key store: one key for each person, wrapped, in a database cluster of its own."""

import asyncio
import os
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final, Literal
from uuid import UUID

from asyncpg import Record
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from models import clock
from models.arrays import of_keys
from models.faults import ConstraintViolated
from models.pool import Pool
from models.secrets import Secrets

KEY_BYTES = 32
NONCE_BYTES = 12
# A destroyed key is out of use everywhere this many seconds later at the latest; the promise is five.
CACHED_FOR_S = 4.0
CACHED_AT_MOST = 10_000
REWRAPPED_AT_ONCE = 500


class Erased(Enum):
    """Stands in for a value whose subject's key was destroyed."""

    ERASED = "erased"


ERASED: Final = Erased.ERASED
Key = AESGCM | Literal[Erased.ERASED]


class KeyStoreFault(Exception):
    """The key store and the key-encryption keys that this program was given do not fit together."""


class KeyMissing(KeyStoreFault):
    """A sealed cell exists, but its subject never had a key here: the key store is not the one it was sealed with."""


class SubjectErased(Exception):
    """Something was to be sealed for a subject whose key was destroyed; that key never comes back."""


class KeyStore:
    """
    Gives out subjects' keys, and destroys them.

    Args:
        pool: Connections to the key store's database.
        secrets: With every key-encryption key that still wraps something.
    """

    def __init__(self, pool: Pool, secrets: Secrets) -> None:
        self._pool = pool
        self._active = secrets.active
        self._wrapping = {name: AESGCM(key) for name, key in secrets.key_encryption_keys.items()}
        self._cache: OrderedDict[UUID, tuple[float, Key]] = OrderedDict()
        self._sweep: asyncio.TimerHandle | None = None
        self._is_registered = False

    async def keys(
        self, subjects: Iterable[UUID], *, create: bool = False, are_new: bool = False
    ) -> Mapping[UUID, Key]:
        """
        Return subjects' keys, with at most one query for all that are not cached (two where keys are created).

        Args:
            subjects: Whose.
            create: Whether a subject without a key gets one. Two programs that do so at once get the same key.
            are_new: Whether none is expected to have a key, so that none is looked for before one is made.

        Returns:
            The key of each subject; `ERASED` where it was destroyed; nothing for a subject that has none.

        Raises:
            KeyStoreFault: A key is wrapped by a key-encryption key that is missing here or is another one.
            DatabaseUnavailable: The key store does not answer.
        """
        present = time.monotonic()
        found: dict[UUID, Key] = {}
        missing: set[UUID] = set()
        for subject in subjects:
            cached = self._cache.get(subject)
            if cached is not None and cached[0] > present:
                found[subject] = cached[1]
            else:
                missing.add(subject)
        if missing:
            # Sorted, so that two programs that create the same keys cannot wait for each other.
            loaded = {} if create and are_new else await self._load(sorted(missing))
            if create and (absent := [subject for subject in sorted(missing) if subject not in loaded]):
                loaded |= await self._create(absent)
            self._remember(loaded, until=present + CACHED_FOR_S)
            found |= loaded
        return found

    async def destroy(self, subject: UUID) -> None:
        """
        Destroy a subject's key: all that was sealed for them is unreadable everywhere within five seconds, for good.

        What remains is a row that says so, because no second key may ever be made for them. May be repeated.
        """
        sql = """
            INSERT INTO subject_key (subject, created_at, destroyed_at) VALUES ($1, $2, $2)
            ON CONFLICT (subject) DO UPDATE SET wrapped = NULL, wrapped_by = NULL,
                destroyed_at = coalesce(subject_key.destroyed_at, excluded.destroyed_at)
        """
        async with self._pool.connection() as connection:
            await self._pool.run(sql, connection.execute, sql, subject, clock.now())
        self._cache.pop(subject, None)

    async def rotate(self) -> int:
        """
        Wrap every key anew with the active key-encryption key, and strike the others off the register.

        Readers go on meanwhile. It may be broken off and started again, and run in several programs at once. The
        program must still hold the former key-encryption keys.

        Returns:
            How many keys were wrapped anew.
        """
        await self._register()
        total = 0
        while True:
            count = await self._rewrap_some()
            total += count
            if count == 0:
                if await self._strike_off():
                    return total
                # Another program holds the rest, or has just added to it.
                await asyncio.sleep(0.05)

    async def faults(self) -> list[str]:
        """Tell which key-encryption keys are in use but missing here, or are not the ones that were in use."""
        sql = "SELECT id, proof FROM key_encryption_key ORDER BY id"
        async with self._pool.connection() as connection:
            rows = await self._pool.run(sql, connection.fetch, sql)
        faults: list[str] = []
        for name, proof in rows:
            if name not in self._wrapping:
                faults.append(f"keys are still wrapped by `{name}`, which was not given; add it, or rotate where it is")
            elif not self._proves(name, proof):
                faults.append(f"`{name}` is not the key that was registered under this name; give it another name")
        return faults

    def forget(self) -> None:
        """Drop every cached key now."""
        self._cache.clear()
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None

    async def _load(self, subjects: list[UUID]) -> dict[UUID, Key]:
        sql = "SELECT subject, wrapped, wrapped_by FROM subject_key WHERE subject = ANY($1)"
        async with self._pool.connection() as connection:
            rows = await self._pool.run(sql, connection.fetch, sql, of_keys(subjects))
        return {row["subject"]: self._unwrap(row) for row in rows}

    async def _create(self, subjects: list[UUID]) -> dict[UUID, Key]:
        await self._register()
        sql = """
            INSERT INTO subject_key (subject, wrapped, wrapped_by, created_at)
            SELECT subject, wrapped, $3, $4 FROM unnest($1::uuid[], $2::bytea[]) AS new (subject, wrapped)
            ON CONFLICT (subject) DO NOTHING RETURNING subject
        """
        made = {subject: os.urandom(KEY_BYTES) for subject in subjects}
        wrapped = [self._wrap(self._active, subject, key) for subject, key in made.items()]
        async with self._pool.connection() as connection:
            values = (subjects, wrapped, self._active, clock.now())
            try:
                rows = await self._pool.run(sql, connection.fetch, sql, *values)
            except ConstraintViolated:
                raise KeyStoreFault(
                    f"Key-encryption key `{self._active}` was rotated away and may wrap nothing new. "
                    "Restart this program with the one that is active now."
                ) from None
        # INVARIANT (one key): what counts is what the table holds now, whoever's insert came first.
        kept: dict[UUID, Key] = {row["subject"]: AESGCM(made[row["subject"]]) for row in rows}
        others = [subject for subject in subjects if subject not in kept]
        return kept | await self._load(others) if others else kept

    async def _register(self) -> None:
        if self._is_registered:
            return
        if faults := await self.faults():
            raise KeyStoreFault(f"The key-encryption keys do not fit: {'; '.join(faults)}.")
        nonce = os.urandom(NONCE_BYTES)
        proof = nonce + self._wrapping[self._active].encrypt(nonce, b"", _proof_of(self._active))
        sql = "INSERT INTO key_encryption_key (id, proof, added_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING"
        async with self._pool.connection() as connection:
            await self._pool.run(sql, connection.execute, sql, self._active, proof, clock.now())
        if faults := await self.faults():
            raise KeyStoreFault(f"The key-encryption keys do not fit: {'; '.join(faults)}.")
        self._is_registered = True

    async def _rewrap_some(self) -> int:
        select = """
            SELECT subject, wrapped, wrapped_by FROM subject_key WHERE wrapped_by <> $1
            ORDER BY subject LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
        """
        update = """
            UPDATE subject_key SET wrapped = new.wrapped, wrapped_by = $3
            FROM unnest($1::uuid[], $2::bytea[]) AS new (subject, wrapped) WHERE subject_key.subject = new.subject
        """
        run = self._pool.run
        async with self._pool.connection() as connection:
            # A connection that comes back in the middle of a transaction is dropped by the pool.
            await run("", connection.execute, "BEGIN")
            rows = await run(select, connection.fetch, select, self._active, REWRAPPED_AT_ONCE)
            if rows:
                subjects = [row["subject"] for row in rows]
                wrapped = [self._wrap(self._active, row["subject"], self._plain(row)) for row in rows]
                await run(update, connection.execute, update, subjects, wrapped, self._active)
            await run("", connection.execute, "COMMIT")
        return len(rows)

    async def _strike_off(self) -> bool:
        # The foreign key refuses while any key is still wrapped by it, also one that is being added just now.
        sql = "DELETE FROM key_encryption_key WHERE id <> $1"
        async with self._pool.connection() as connection:
            try:
                await self._pool.run(sql, connection.execute, sql, self._active)
            except ConstraintViolated:
                return False
        return True

    def _wrap(self, name: str, subject: UUID, key: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._wrapping[name].encrypt(nonce, key, _wrapping_of(name, subject))

    def _unwrap(self, row: Record) -> Key:
        return ERASED if row["wrapped"] is None else AESGCM(self._plain(row))

    def _plain(self, row: Record) -> bytes:
        name, wrapped, subject = row["wrapped_by"], row["wrapped"], row["subject"]
        if name not in self._wrapping:
            raise KeyStoreFault(f"A key is wrapped by key-encryption key `{name}`, which was not given; add it.")
        try:
            return self._wrapping[name].decrypt(
                wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _wrapping_of(name, subject)
            )
        except InvalidTag:
            raise KeyStoreFault(
                f"A key that `{name}` wrapped does not open: `{name}` is another key now, or the key store was changed."
            ) from None

    def _proves(self, name: str, proof: bytes) -> bool:
        try:
            self._wrapping[name].decrypt(proof[:NONCE_BYTES], proof[NONCE_BYTES:], _proof_of(name))
        except InvalidTag:
            return False
        return True

    def _remember(self, keys: Mapping[UUID, Key], *, until: float) -> None:
        for subject, key in keys.items():
            self._cache[subject] = (until, key)
            self._cache.move_to_end(subject)
        while len(self._cache) > CACHED_AT_MOST:
            self._cache.popitem(last=False)
        if self._sweep is None and self._cache:
            self._sweep = asyncio.get_running_loop().call_later(CACHED_FOR_S, self._drop_expired)

    def _drop_expired(self) -> None:
        # INVARIANT (keys leave memory): also those that nobody asks for again.
        self._sweep = None
        present = time.monotonic()
        while self._cache:
            subject, (until, _) = next(iter(self._cache.items()))
            if until > present:
                self._sweep = asyncio.get_running_loop().call_later(until - present, self._drop_expired)
                return
            del self._cache[subject]


def _wrapping_of(name: str, subject: UUID) -> bytes:
    return b"avow key 1 " + subject.bytes + name.encode()


def _proof_of(name: str) -> bytes:
    return b"avow proof 1 " + name.encode()


_store: KeyStore | None = None


def configure(store: KeyStore | None) -> None:
    """Set the key store of this program, or forget it with all its cached keys."""
    global _store  # noqa: PLW0603 -- a program has one key store
    if _store is not None:
        _store.forget()
    _store = store


def current() -> KeyStore:
    """
    Return the key store of this program.

    Raises:
        KeyStoreFault: The program is not connected.
    """
    if _store is None:
        raise KeyStoreFault("There is no key store. Call `models.database.connect(...)` first.")
    return _store


async def subject_keys(subjects: Iterable[UUID], *, create: bool = False, are_new: bool = False) -> Mapping[UUID, Key]:
    """Return subjects' keys; see `KeyStore.keys`."""
    return await current().keys(subjects, create=create, are_new=are_new)


async def destroy(subject: UUID) -> None:
    """Destroy a subject's key; see `KeyStore.destroy`."""
    await current().destroy(subject)


async def rotate() -> int:
    """Wrap every key anew with the active key-encryption key; see `KeyStore.rotate`."""
    return await current().rotate()
