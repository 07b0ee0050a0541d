"""How often something may be tried, counted once for all server processes."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from commerce.refusals import Refusal
from models import clock, database
from models.ids import new_id
from models.secrets import derive


class TooManyAttempts(Refusal):
    """More attempts than allowed came from one place, or for one account."""

    code = "TOO_MANY_ATTEMPTS"

    def __init__(self, *, wait_s: int) -> None:
        super().__init__(f"There were too many attempts. Try again in {wait_s} seconds.", wait_s=wait_s)


@dataclass(frozen=True)
class Rate:
    """
    So many attempts at once, and after these one per interval.

    Args:
        scope: What is counted; one place has a count of its own in each scope.
    """

    scope: str
    burst: int
    interval: timedelta

    @property
    def depth(self) -> timedelta:
        """How far ahead of the time a place may get."""
        return self.burst * self.interval


async def attempt(rate: Rate, place: bytes) -> None:
    """
    Count one attempt, or refuse it.

    The count is one instant per place: when everything that it did would have been done at the sustained pace. It is
    moved on by one conditional statement, so 100 attempts at once from several processes count as 100, and what is
    refused does not count. Outside of a transaction the count stays, whatever becomes of the attempt.

    Args:
        place: An account's index, a client's hashed address: whatever is counted. Only a keyed hash of it is stored.

    Raises:
        TooManyAttempts: With the seconds to wait.
    """
    now, key = clock.now(), _key(rate, place)
    counted = await database.fetch(
        """
        INSERT INTO throttle (id, scope, key, full_until) VALUES ($1, $2, $3, $4::timestamptz + $5::interval)
        ON CONFLICT (scope, key) DO UPDATE SET full_until = greatest(throttle.full_until, $4) + $5
            WHERE greatest(throttle.full_until, $4) + $5 <= $4 + $6::interval
        RETURNING full_until
        """,
        new_id(),
        rate.scope,
        key,
        now,
        rate.interval,
        rate.depth,
    )
    if counted:
        return
    found = await database.fetch("SELECT full_until FROM throttle WHERE scope = $1 AND key = $2", rate.scope, key)
    wait = (found[0]["full_until"] + rate.interval - now - rate.depth) if found else timedelta()
    raise TooManyAttempts(wait_s=max(1, ceil(wait.total_seconds())))


async def forgive(rate: Rate, place: bytes) -> None:
    """Forget the attempts of a place, after one that proves who it was."""
    await database.execute("DELETE FROM throttle WHERE scope = $1 AND key = $2", rate.scope, _key(rate, place))


async def forget_idle() -> None:
    """Delete the counts that no longer refuse anything."""
    await database.execute("DELETE FROM throttle WHERE full_until < $1", clock.now())


def _key(rate: Rate, place: bytes) -> bytes:
    return hmac.digest(derive("throttle"), rate.scope.encode() + b"\0" + place, hashlib.sha256)
