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
    now, key = clock.now(), _key(rate.scope, place)
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
    await database.execute("DELETE FROM throttle WHERE scope = $1 AND key = $2", rate.scope, _key(rate.scope, place))


async def remember(scope: str, place: bytes, *, lasting: timedelta) -> None:
    """
    Note for a while that something is so of a place, without keeping which place it is.

    Args:
        scope: What is so; no rate's scope.
    """
    await database.execute(
        """
        INSERT INTO throttle (id, scope, key, full_until) VALUES ($1, $2, $3, $4)
        ON CONFLICT (scope, key) DO UPDATE SET full_until = excluded.full_until
        """,
        new_id(),
        scope,
        _key(scope, place),
        clock.now() + lasting,
    )


async def remembers(scope: str, place: bytes) -> bool:
    """Tell whether something was noted of a place, and not too long ago."""
    found = await database.fetch(
        "SELECT 1 FROM throttle WHERE scope = $1 AND key = $2 AND full_until > $3",
        scope,
        _key(scope, place),
        clock.now(),
    )
    return bool(found)


async def forget_idle() -> None:
    """Delete the counts that no longer refuse anything, and the notes that no longer hold."""
    await database.execute("DELETE FROM throttle WHERE full_until < $1", clock.now())


def _key(scope: str, place: bytes) -> bytes:
    return hmac.digest(derive("throttle"), scope.encode() + b"\0" + place, hashlib.sha256)
