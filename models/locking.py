"""Reads a row that a viewer may know of and locks it, in one statement."""

from dataclasses import fields
from typing import TypeVar

from tortoise.models import Model

from models.rows import Rows
from policy.seen import Seen

M = TypeVar("M", bound=Model)


def locked(rows: Rows[M]) -> Rows[M]:
    """
    Have the only one of some rows locked when it is read, until the transaction ends, with its subject's account.

    PostgreSQL waits for whoever has the locks, and only then reads the row and the account as they were left. What
    else a fact is read from is as it was before that wait, so this is for tables whose facts are the account's alone.
    """
    return _Locked(**{each.name: getattr(rows, each.name) for each in fields(rows)})


class _Locked(Rows[M]):
    async def one(self) -> Seen[M] | None:
        found = self._all_seen(await self._read(f"{self._select()} LIMIT 1 FOR NO KEY UPDATE OF t, s", {}))
        return found[0] if found else None
