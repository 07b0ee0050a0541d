"""What each viewer's operations may cost over time: a leaky bucket for each, shared by all server processes."""

import asyncio
import hashlib
import hmac
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from typing import Any

from models import clock, database
from models.faults import Contended, DatabaseUnavailable
from models.secrets import derive

TOLD_EVERY_S = 1.0
"""How long a process keeps to itself what it let viewers spend."""
ON_TRUST = 16
"""A process lets a viewer spend one part in so many of the maximum before it asks or tells."""
MOST_VIEWERS = 10_000
"""Of how many viewers a process remembers anything; those met the longest ago are forgotten first."""

# A bucket that is full again is like one that was never touched, and nothing that is given back makes it fuller.
_CHARGE = """
    INSERT INTO cost_bucket AS b (key, full_until)
    SELECT t.key, $1::timestamptz + make_interval(secs => t.amount / $2::float8)
    FROM unnest($3::bytea[], $4::int[]) AS t (key, amount) ORDER BY t.key
    ON CONFLICT (key) DO UPDATE
        SET full_until = greatest(greatest(b.full_until, $1) + (excluded.full_until - $1), $1)
"""
_TELL = f"{_CHARGE} RETURNING key, full_until"
_ASK = f"""{_CHARGE}
        WHERE greatest(b.full_until, $1) + (excluded.full_until - $1)
              <= $1 + make_interval(secs => $5::int / $2::float8)
    RETURNING key, full_until
"""


@dataclass(frozen=True, slots=True)
class CostRate:
    """
    How much a viewer's operations may cost.

    Args:
        maximum: At once, after a while of quiet; no less than one operation may cost.
        per_second: What comes back each second.
    """

    maximum: int
    per_second: int


class CostExhausted(Exception):
    """
    A viewer's operations have cost too much of late.

    Args:
        available: What is left.
        wait_s: After how many seconds there is enough, if nothing else is asked meanwhile.
    """

    def __init__(self, available: int, wait_s: int) -> None:
        super().__init__("a viewer's bucket is empty")
        self.available = available
        self.wait_s = wait_s


@dataclass(slots=True)
class _Account:
    """
    What one process knows of a viewer's bucket.

    Args:
        full_until: When the bucket will be full, as it was told last.
        told_at: When that was.
        owed: What was spent since; below zero for what came back of what was charged.
        telling: What of it is being told.
        asking: What of it is being charged together with an operation.
        reserved: What operations that run may spend on trust.
        turn: Held by the operation that asks.
    """

    full_until: datetime
    told_at: datetime | None = None
    owed: int = 0
    telling: int = 0
    asking: int = 0
    reserved: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def untold(self) -> int:
        """What the bucket in the database does not know of."""
        return self.owed + self.telling + self.asking + self.reserved


@dataclass(frozen=True, slots=True)
class Reservation:
    """What was set aside for one operation; `is_charged` if the bucket in the database knows of it already."""

    account: _Account
    cost: int
    is_charged: bool


class CostBuckets:
    """
    The buckets as one process sees them.

    A bucket is an instant in the database: when it will be full. Reads are to cost no statement for it, so a process
    lets a viewer spend a little on trust, and once a second tells in one statement what all its viewers have spent, by
    which it learns what they spent elsewhere. Whoever spends faster waits for one conditional statement.

    INVARIANT (no more than the rate): in any span of time one viewer's operations cost at most `maximum`, what comes
    back in that span, and `maximum / ON_TRUST` for each process. What was spent on trust is charged even if it makes
    the bucket more than empty, so it has to come back before anything else is spent.

    What a process owes lives in its memory: when it is killed, at most that much was spent for nothing.
    """

    def __init__(self, rate: CostRate) -> None:
        self.rate = rate
        self._on_trust = rate.maximum // ON_TRUST
        self._accounts: OrderedDict[str, _Account] = OrderedDict()
        self._timer: asyncio.TimerHandle | None = None
        self._telling: asyncio.Task[None] | None = None

    async def reserve(self, viewer: str, cost: int) -> Reservation:
        """
        Set aside what an operation can cost, before it runs; `settle` has to follow, whatever becomes of it.

        Args:
            viewer: Who pays: what names an account, a partner or a hashed address.
            cost: No more than the maximum.

        Raises:
            CostExhausted: There is not so much left; nothing was set aside.
        """
        account = self._account(viewer)
        if self._is_trusted(account, cost):
            return Reservation(account, cost, is_charged=False)
        async with account.turn:
            # What others set aside and did not spend may have come back while this one waited.
            if self._is_trusted(account, cost):
                return Reservation(account, cost, is_charged=False)
            await self._ask(viewer, account, cost)
        return Reservation(account, cost, is_charged=True)

    def settle(self, reservation: Reservation, cost: int) -> int:
        """
        Say what an operation did cost: no more than was set aside for it.

        Returns:
            About how much is left; what other processes let the viewer spend since this one told last is missing.
        """
        account = reservation.account
        if reservation.is_charged:
            account.owed += cost - reservation.cost
        else:
            account.reserved -= reservation.cost
            account.owed += cost
        if account.owed and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(TOLD_EVERY_S, self._begin_to_tell)
        return max(0, self._available(account, clock.now()))

    async def tell(self) -> None:
        """Charge the buckets in the database with what was spent, and learn how they stand."""
        owing = {
            _key(viewer): account
            for viewer, account in self._accounts.items()
            if account.owed and not account.telling and not account.asking
        }
        if not owing:
            return
        for account in owing.values():
            account.telling, account.owed = account.owed, 0
        now = clock.now()
        keys, amounts = list(owing), [account.telling for account in owing.values()]
        try:
            told = await database.fetch(_TELL, now, self.rate.per_second, keys, amounts)
        except BaseException:
            for account in owing.values():
                account.owed, account.telling = account.owed + account.telling, 0
            raise
        for row in told:
            account = owing[row["key"]]
            account.telling, account.full_until, account.told_at = 0, row["full_until"], now

    async def _ask(self, viewer: str, account: _Account, cost: int) -> None:
        now, key, owed = clock.now(), _key(viewer), account.owed
        account.asking, account.owed = owed, 0
        charged: list[Any] = []
        try:
            charged = await database.fetch(_ASK, now, self.rate.per_second, [key], [owed + cost], self.rate.maximum)
        finally:
            account.asking = 0
            if not charged:
                account.owed += owed
        if not charged:
            charged = await database.fetch("SELECT full_until FROM cost_bucket WHERE key = $1", key)
            account.full_until, account.told_at = charged[0]["full_until"] if charged else now, now
            raise self._exhausted(self._available(account, now), cost)
        account.full_until, account.told_at = charged[0]["full_until"], now

    def _begin_to_tell(self) -> None:
        self._timer = None
        self._telling = database.detached(self._keep_told(), name="cost buckets")

    async def _keep_told(self) -> None:
        try:
            await self.tell()
        except (DatabaseUnavailable, Contended):
            # Told later; until then nobody gets more than is let on trust.
            self._timer = self._timer or asyncio.get_running_loop().call_later(TOLD_EVERY_S, self._begin_to_tell)

    def _available(self, account: _Account, now: datetime) -> int:
        behind = max(0.0, (account.full_until - now).total_seconds())
        return min(int(self.rate.maximum - behind * self.rate.per_second) - account.untold, self.rate.maximum)

    def _exhausted(self, available: int, cost: int) -> CostExhausted:
        return CostExhausted(max(0, available), max(1, ceil((cost - available) / self.rate.per_second)))

    def _is_trusted(self, account: _Account, cost: int) -> bool:
        """
        Set something aside without a statement, if there is enough and not too much was spent so.

        Raises:
            CostExhausted: There was not enough when the bucket was heard of just now.
        """
        now = clock.now()
        available = self._available(account, now)
        if cost > available:
            if account.told_at is not None and (now - account.told_at).total_seconds() < TOLD_EVERY_S:
                raise self._exhausted(available, cost)
            return False
        if account.untold + cost > self._on_trust:
            return False
        account.reserved += cost
        return True

    def _account(self, viewer: str) -> _Account:
        account = self._accounts.get(viewer)
        if account is None:
            # Somebody unknown is trusted to have a full bucket, for no more than is let on trust.
            account = self._accounts[viewer] = _Account(full_until=clock.now())
            if len(self._accounts) > MOST_VIEWERS:
                self._accounts.popitem(last=False)
        else:
            self._accounts.move_to_end(viewer)
        return account


async def forget_full() -> None:
    """Delete the buckets that are full again, which are like those that were never touched."""
    await database.execute("DELETE FROM cost_bucket WHERE full_until < $1", clock.now())


def _key(viewer: str) -> bytes:
    return hmac.digest(derive("cost bucket"), viewer.encode(), hashlib.sha256)
