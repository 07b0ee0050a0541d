"""Acts on the events of the outbox: on any server process, at least once each, with pauses that grow."""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

import asyncpg

from commerce import (
    anomalies,
    coming_of_age,
    cost_buckets,
    enterprise_verifications,
    enterprises,
    guardian_challenges,
    identity_verifications,
    objections,
    outbox,
    policy_announcements,
    purchase_approvals,
    registrations,
    searches,
    sessions,
    settlement,
    step_up,
    third_parties,
    throttling,
)
from commerce.outbox import Event
from models import database
from models.faults import DatabaseUnavailable
from server import logs
from server.later import imported_later

Action = Callable[[Event], Awaitable[None]]
Report = Callable[[Mapping[tuple[str, str], int]], None]

STOP_PATIENCE_S = 10.0


@dataclass(frozen=True)
class Pace:
    """
    How patient the runner is.

    Args:
        look_every: How often the queue is looked at without being notified.
        given_up_after: After how long without a sign of life a job of another process is taken over.
        first_pause: The pause before the second attempt; each later one is twice as long.
        tidy_every: How often what is spent is deleted.
    """

    look_every: timedelta = timedelta(seconds=5)
    given_up_after: timedelta = timedelta(seconds=30)
    first_pause: timedelta = timedelta(seconds=2)
    tidy_every: timedelta = timedelta(seconds=60)


@asynccontextmanager
async def running(
    shop_url: str, action: Action, *, pace: Pace | None = None, report: Report | None = None
) -> AsyncGenerator[None]:
    """
    Act on events for the length of an `async with` block; leaving it lets the attempts under way end.

    Any number of processes may do so: each event is with one of them at a time. A process that dies leaves its events
    to the others, so an action may be repeated and finds the same `event.id` each time.

    Args:
        shop_url: The shop's database; a connection of its own listens there, because notifications need a lasting one.
        action: What to do; an exception means "later", `NotSent` with `is_final` means "never".
        report: Told now and then how many events there are, by topic and status.
    """
    pace = pace or Pace()
    stopping = asyncio.Event()
    tasks = [
        database.detached(_keep_running(shop_url, action, pace, stopping), name="jobs"),
        database.detached(_keep_tidy(pace, stopping, report), name="tidying"),
    ]
    try:
        yield
    finally:
        stopping.set()
        _, late = await asyncio.wait(tasks, timeout=STOP_PATIENCE_S)
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _keep_running(shop_url: str, action: Action, pace: Pace, stopping: asyncio.Event) -> None:
    await imported_later()
    from server import attempts

    pause_s = 0.5
    while not stopping.is_set():
        began = asyncio.get_running_loop().time()
        try:
            await attempts.make(shop_url, action, pace, stopping)
        except (
            OSError,
            TimeoutError,
            asyncpg.PostgresError,
            asyncpg.InterfaceError,
            attempts.QueueFault,
            RuntimeError,
            DatabaseUnavailable,
        ) as fault:
            logs.event("jobs interrupted", level=logging.WARNING, exception=logs.type_of(fault))
        if asyncio.get_running_loop().time() - began > 60:
            pause_s = 0.5
        await _pause(pause_s, stopping)
        pause_s = min(pause_s * 2, 30.0)


async def _keep_tidy(pace: Pace, stopping: asyncio.Event, report: Report | None) -> None:
    async def count() -> None:
        if report is not None:
            report(await outbox.backlog())

    await imported_later()
    while not stopping.is_set():
        for duty in (
            registrations.discard_expired,
            guardian_challenges.close_expired,
            identity_verifications.follow_up,
            enterprise_verifications.follow_up,
            purchase_approvals.close_expired,
            coming_of_age.grow,
            policy_announcements.tell,
            throttling.forget_idle,
            cost_buckets.forget_full,
            sessions.forget_spent_keys,
            searches.forget_old,
            step_up.forget_expired,
            third_parties.discard_expired,
            third_parties.index_given,
            objections.go_on,
            enterprises.erase_objecting,
            outbox.forget_old,
            settlement.sweep,
            anomalies.look,
            count,
        ):
            try:
                await duty()
            except DatabaseUnavailable:
                break
            except Exception as fault:  # noqa: BLE001
                logs.fault("tidying failed", fault, part=duty.__name__)
        await _pause(pace.tidy_every.total_seconds() * random.uniform(0.8, 1.2), stopping)  # noqa: S311


async def _pause(seconds: float, stopping: asyncio.Event) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stopping.wait()
