"""Checks the ledger of disclosures: that no row was changed, taken away, added or moved since it was written."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from asyncpg import Record

from models import ledger
from models.database import fetch
from models.ledger import COLUMNS, first_hash, next_hash

ROWS_AT_ONCE = 2_000
_READ = ", ".join(f"{name}::text AS {name}" if kind == "jsonb" else name for name, kind in COLUMNS.items())
_ROWS = f"""SELECT {_READ}, hash FROM disclosure WHERE partition = $1 AND position > $2
    ORDER BY position LIMIT {ROWS_AT_ONCE}"""  # noqa: S608 -- of this code alone
_PARTITIONS = "SELECT partition FROM disclosure GROUP BY partition ORDER BY min(disclosed_at), partition"

Checkpoints = dict[int, bytes]


@dataclass(frozen=True, slots=True)
class Fault:
    """The first place of a chain that is not as it was written, and what is wrong there."""

    partition: UUID
    position: int
    says: str


@dataclass(slots=True)
class Verdict:
    """What was checked, and what was found: at most one fault for each chain."""

    partitions: int = 0
    rows: int = 0
    checkpoints: int = 0
    faults: list[Fault] = field(default_factory=list[Fault])


async def verify() -> Verdict:
    """
    Check every chain of the ledger against itself and against its checkpoints.

    The shop may go on meanwhile. What was written after the last checkpoint of a chain, which is seconds at most, can
    be cut off its end without being noticed; anything else is.
    """
    verdict = Verdict()
    signed = await _checkpoints(verdict)
    faulty = {fault.partition for fault in verdict.faults}
    written = [UUID(str(row["partition"])) for row in await fetch(_PARTITIONS)]
    for partition in dict.fromkeys([*written, *signed]):
        verdict.partitions += 1
        if partition not in faulty:
            fault = await _fault_in(partition, signed.get(partition, {}), verdict)
            verdict.faults += [fault] if fault is not None else []
    return verdict


async def _checkpoints(verdict: Verdict) -> dict[UUID, Checkpoints]:
    found: dict[UUID, Checkpoints] = {}
    for partition, position, row_hash, is_signed in await ledger.current().checkpoints():
        verdict.checkpoints += 1
        if not is_signed:
            verdict.faults.append(Fault(partition, position, "its checkpoint was not signed by this shop"))
        found.setdefault(partition, {})[position] = row_hash
    return found


async def _fault_in(partition: UUID, signed: Checkpoints, verdict: Verdict) -> Fault | None:
    at, end = 0, first_hash(partition)
    async for row in _rows(partition):
        at += 1
        if row["position"] != at:
            return Fault(partition, at, "it is missing")
        end = next_hash(end, _read(row))
        if end != row["hash"]:
            return Fault(partition, at, "it, or what stands before it, is not what was written")
        if signed.get(at, end) != end:
            return Fault(partition, at, "it is not what was signed: the chain was written anew")
        verdict.rows += 1
    if signed and max(signed) > at:
        return Fault(partition, at + 1, f"it is missing, and with it all to position {max(signed)}")
    return None


async def _rows(partition: UUID) -> AsyncIterator[Record]:
    after = 0
    while rows := await fetch(_ROWS, partition, after):
        for row in rows:
            yield row
        after = rows[-1]["position"]


def _read(row: Record) -> dict[str, Any]:
    read = {name: row[name] for name in COLUMNS}
    stored = (name for name, kind in COLUMNS.items() if kind == "jsonb" and read[name] is not None)
    return read | {name: orjson.loads(read[name]) for name in stored}
