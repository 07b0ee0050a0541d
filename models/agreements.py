"""What waits for people's consent, by the version of the policy that they accepted last (P9.3)."""

import json
from collections.abc import Iterable
from typing import Any

from models.database import fetch
from policy.pending_uses import PendingUses, pending_uses
from policy.version_changes import Difference, difference
from policy.versions import Snapshot, program_name, read, snapshot

# INVARIANT (agreed once): what an announced version says never changes, so a process reads it once.
_snapshots: dict[str, Snapshot] = {}
_agreed: dict[int, str] = {}
_differences: dict[tuple[str, str], Difference] = {}
_pending: dict[int | None, PendingUses | None] = {}

_OF_VERSIONS = """SELECT v.version, v.snapshot_id AS name FROM policy_version v
    WHERE v.version = ANY($1) AND v.state = 'ANNOUNCED'"""
_FIRST = """SELECT v.snapshot_id AS name FROM policy_version v
    WHERE v.state = 'ANNOUNCED' ORDER BY v.effective_at, v.version LIMIT 1"""
_SAID = "SELECT s.said FROM policy_snapshot s WHERE s.name = $1"


async def know(versions: Iterable[int | None]) -> None:
    """
    Read what versions say that this process has not met yet, so that `pending_for` can tell without a query.

    Args:
        versions: Numbers of versions that people accepted; None of those who accepted none, who are held to the first.
    """
    unknown = set(versions) - _pending.keys()
    if not unknown:
        return
    names = await _names_of([version for version in unknown if version is not None])
    first = await fetch(_FIRST) if unknown - names.keys() else []
    for version in unknown:
        # INVARIANT (held to the first): a number that no version has stands for no acceptance.
        name = names.get(version) if version is not None else None
        name = name or (first[0]["name"] if first else None)
        if name == program_name():
            # Nothing waits where a version says what this program does, and what that is need not be worked out.
            _pending[version] = None
        elif name is not None:
            _pending[version] = pending_uses(await snapshot_named(name), await program_snapshot())


def pending_for(version: int | None) -> PendingUses | None:
    """Tell what waits for the consent of whoever accepted a version last; `know` has read it."""
    return _pending.get(version)


async def program_snapshot() -> Snapshot:
    """Tell what the rules say by which this program decides."""
    return await snapshot_named(program_name())


async def snapshot_named(name: str) -> Snapshot:
    """
    Read a snapshot, once for each process.

    That of this program is worked out only where no version says the same: it takes about a second.

    Raises:
        LookupError: No version says that, and this program says something else.
    """
    if name not in _snapshots:
        stored = await fetch(_SAID, name)
        if stored:
            said: Any = stored[0]["said"]
            _snapshots[name] = read(name, json.loads(said) if isinstance(said, str) else said)
        elif name == program_name():
            _snapshots[name] = snapshot()
        else:
            raise LookupError("No version of the policy says that.")
    return _snapshots[name]


async def differing(before: str, after: str) -> Difference:
    """Compare what two versions say, by the names of their snapshots; worked out once for each process."""
    if (before, after) not in _differences:
        _differences[before, after] = difference(await snapshot_named(before), await snapshot_named(after))
    return _differences[before, after]


async def name_agreed(version: int | None) -> str:
    """Name what a version says that somebody accepted last; see `names_agreed`."""
    return (await names_agreed([version]))[version]


async def names_agreed(versions: Iterable[int | None]) -> dict[int | None, str]:
    """
    Name what versions say that people accepted last; whoever accepted none is held to the first.

    Raises:
        LookupError: No version was announced at all.
    """
    wanted = set(versions)
    known = await _names_of([version for version in wanted if version is not None])
    others = wanted - known.keys()
    first = await fetch(_FIRST) if others else []
    if others and not first:
        raise LookupError("No version of the policy was announced.")
    return {version: first[0]["name"] if version in others or version is None else known[version] for version in wanted}


async def _names_of(versions: list[int]) -> dict[int, str]:
    missing = [version for version in versions if version not in _agreed]
    if missing:
        for row in await fetch(_OF_VERSIONS, missing):
            _agreed[row["version"]] = row["name"]
    return {version: _agreed[version] for version in versions if version in _agreed}
