"""
Writes the ledger of disclosures as chains of hashes: one for each process, so that none waits for another.

Each row's hash is taken over the row and the hash before it. From time to time the end of the chain is signed, and the
signature kept in the key store's cluster, where whoever can change the ledger has no access (docs/ledger.md).
"""

import asyncio
import contextvars
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID, uuid4

import orjson
from asyncpg import Record
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models import clock
from models.faults import DatabaseUnavailable
from models.ids import new_ids
from models.pool import Pool
from models.secrets import Secrets

CHECKPOINT_AFTER_S = 2.0
COLUMNS = {
    "id": "uuid",
    "account_id": "uuid",
    "party": "text",
    "viewer_account_id": "uuid",
    "supplier_id": "uuid",
    "partner_id": "uuid",
    "credential_id": "uuid",
    "classes": "jsonb",
    "purpose": "text",
    "clauses": "jsonb",
    "sharing_grounds": "jsonb",
    "ground_id": "uuid",
    "order_id": "uuid",
    "operation": "text",
    "rules": "text",
    "disclosed_at": "timestamptz",
    "partition": "uuid",
    "position": "bigint",
}
"""What is hashed of a row, with the types of PostgreSQL."""

ADDED = frozenset({"sharing_grounds"})
"""
Columns that the first rows did not have: hashed only where there is something in them, so that those rows stay as they
were signed. Whoever puts something into one, or takes it out, changes the hash.
"""

_INSERT = f"""INSERT INTO disclosure ({", ".join(COLUMNS)}, hash)
    SELECT {", ".join(f"r.{name}" for name in COLUMNS)}, decode(r.hash, 'hex')
    FROM jsonb_to_recordset($1::text::jsonb) AS r({", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())},
        hash text)"""  # noqa: S608 -- of this code alone
_CHECKPOINTS = """SELECT partition, position, hash, signature FROM ledger_checkpoint
    ORDER BY signed_at, partition, position"""
_SIGN = """INSERT INTO ledger_checkpoint (partition, position, hash, signed_at, signature) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT DO NOTHING"""


def first_hash(partition: UUID) -> bytes:
    """Give what stands for the hash before the first row of a partition."""
    return hashlib.sha256(b"avow ledger" + partition.bytes).digest()


def next_hash(before: bytes, row: Mapping[str, object]) -> bytes:
    """Hash a row, without its hash, together with the hash before it."""
    return _next_hash(before, {name: _text(row[name]) for name in COLUMNS})


def _next_hash(before: bytes, texts: Mapping[str, object]) -> bytes:
    hashed = {name: text for name, text in texts.items() if text is not None or name not in ADDED}
    return hashlib.sha256(before + orjson.dumps(hashed, option=orjson.OPT_SORT_KEYS)).digest()


def _text(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value) if isinstance(value, UUID) else value


def signed_text(partition: UUID, position: int, row_hash: bytes) -> bytes:
    """Write what a checkpoint signs."""
    return b"avow ledger checkpoint" + partition.bytes + position.to_bytes(8, "big") + row_hash


class Checkpoint(NamedTuple):
    """What a chain came to, and whether a program with this shop's secrets said so."""

    partition: UUID
    position: int
    hash: bytes
    is_signed: bool


class Ledger:
    """
    The chain that this process writes.

    INVARIANT (a chain goes on from what is there): after a write of which nobody knows whether it was done, the chain
    is left and another one begun, because two rows with one place, or a gap, would look like tampering.

    Args:
        execute: Runs a statement of the shop's database.
        store: Connections to the key store's database.
        secrets: Those of this program.
    """

    def __init__(self, execute: Callable[..., Awaitable[int]], store: Pool, secrets: Secrets) -> None:
        self._execute = execute
        self._store = store
        self._key = Ed25519PrivateKey.from_private_bytes(secrets.derive("checkpoints of the ledger"))
        self._turn = asyncio.Lock()
        self._unsigned: dict[UUID, tuple[int, bytes]] = {}
        self._timer: asyncio.Task[None] | None = None
        self._begin()

    def _begin(self) -> None:
        # By chance and not by time: nobody can know it before, and write there first.
        self._partition = uuid4()
        self._position = 0
        self._hash = first_hash(self._partition)

    async def write(self, entries: Sequence[Mapping[str, object]]) -> None:
        """
        Write entries in one statement; when it returns they are on disk.

        Args:
            entries: The columns of rows, without id and place.

        Raises:
            DatabaseUnavailable: They may not have been written.
        """
        async with self._turn:
            rows, end = self._chained(entries)
            try:
                await self._execute(_INSERT, orjson.dumps(rows).decode())
            except BaseException:
                self._begin()
                raise
            self._position += len(rows)
            self._hash = end
            self._unsigned[self._partition] = (self._position, end)
        if self._timer is None or self._timer.done():
            # Of no operation: it goes on when the one that began it has ended.
            self._timer = asyncio.create_task(
                self._sign_soon(), name="checkpoint of the ledger", context=contextvars.Context()
            )

    async def checkpoints(self) -> list[Checkpoint]:
        """Read all that was signed, by whichever process."""
        async with self._store.connection() as connection:
            rows = await self._store.run(_CHECKPOINTS, connection.fetch, _CHECKPOINTS)
        return [
            Checkpoint(UUID(str(row["partition"])), row["position"], row["hash"], self._is_signed(row)) for row in rows
        ]

    def _is_signed(self, row: Record) -> bool:
        text = signed_text(UUID(str(row["partition"])), row["position"], row["hash"])
        try:
            self._key.public_key().verify(row["signature"], text)
        except InvalidSignature:
            return False
        return True

    def _chained(self, entries: Sequence[Mapping[str, object]]) -> tuple[list[dict[str, object]], bytes]:
        rows: list[dict[str, object]] = []
        end, partition = self._hash, self._partition
        # Most ids, and the instant, are those of all entries.
        texts: dict[UUID | datetime, object] = {}
        for number, (entry, row_id) in enumerate(zip(entries, new_ids(len(entries)), strict=True), self._position + 1):
            said: dict[str, object] = {**entry, "id": row_id, "partition": partition, "position": number}
            row: dict[str, object] = {}
            for name in COLUMNS:
                value = said[name]
                if isinstance(value, (UUID, datetime)):
                    text = texts.get(value)
                    value = text if text is not None else texts.setdefault(value, _text(value))
                row[name] = value
            end = _next_hash(end, row)
            row["hash"] = end.hex()
            rows.append(row)
        return rows, end

    async def _sign_soon(self) -> None:
        await asyncio.sleep(CHECKPOINT_AFTER_S)
        await self.sign()

    async def sign(self) -> None:
        """Sign the ends of chains that were written to since; what cannot be kept now is signed the next time."""
        with suppress(DatabaseUnavailable):
            for partition, (position, row_hash) in list(self._unsigned.items()):
                signature = self._key.sign(signed_text(partition, position, row_hash))
                values = (partition, position, row_hash, clock.now(), signature)
                async with self._store.connection() as connection:
                    # Without a text it is not counted as a statement of whatever operation runs meanwhile.
                    await self._store.run("", connection.execute, _SIGN, *values)
                if self._unsigned.get(partition) == (position, row_hash):
                    del self._unsigned[partition]

    async def close(self) -> None:
        """Sign what is not signed yet, and write no more."""
        if self._timer is not None:
            self._timer.cancel()
        await self.sign()


_current: Ledger | None = None


def configure(ledger: Ledger | None) -> None:
    """Set the ledger of this program, or forget it."""
    global _current  # noqa: PLW0603 -- a program has one ledger
    _current = ledger


def current() -> Ledger:
    """
    Return the ledger of this program.

    Raises:
        DatabaseUnavailable: The program is not connected.
    """
    if _current is None:
        raise DatabaseUnavailable("shop", "the program is not connected")
    return _current
