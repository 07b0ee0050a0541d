"""Acts on the events of the outbox: on any server process, at least once each, with pauses that grow."""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import asyncpg
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.core.executors import AsyncEntrypoint
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.errors import PgqException, RetryRequested
from pgqueuer.domain.models import Job

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
from commerce.messages import NotSent
from commerce.outbox import NAMES, Event, Topic
from models import database
from models.faults import DatabaseUnavailable
from models.roles import APP
from server import logs

Action = Callable[[Event], Awaitable[None]]
Report = Callable[[Mapping[tuple[str, str], int]], None]

CONNECT_TIMEOUT_S = 5.0
STATEMENT_TIMEOUT_S = 5.0
LONGEST_JOB_S = 60.0
STOP_PATIENCE_S = 10.0
AT_ONCE = 10
PICKED_AT_ONCE = 5
MOST_ATTEMPTS = 14
LONGEST_PAUSE = timedelta(minutes=15)


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


class GivenUp(Exception):
    """An event that will not be tried again by itself; the text names the kind of the last fault and no value."""


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
    pause_s = 0.5
    while not stopping.is_set():
        began = asyncio.get_running_loop().time()
        try:
            await _run(shop_url, action, pace, stopping)
        except (
            OSError,
            TimeoutError,
            asyncpg.PostgresError,
            asyncpg.InterfaceError,
            PgqException,
            RuntimeError,
            DatabaseUnavailable,
        ) as fault:
            logs.event("jobs interrupted", level=logging.WARNING, exception=logs.type_of(fault))
        if asyncio.get_running_loop().time() - began > 60:
            pause_s = 0.5
        await _pause(pause_s, stopping)
        pause_s = min(pause_s * 2, 30.0)


async def _run(shop_url: str, action: Action, pace: Pace, stopping: asyncio.Event) -> None:
    # The program's own connections look where the database was made (P8.1); this one is of the same database.
    await database.execute("SELECT 1")
    connection: Any = await asyncpg.connect(
        shop_url,
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=STATEMENT_TIMEOUT_S,
        server_settings={
            "application_name": "avow jobs",
            "role": APP,
            "timezone": "UTC",
            "statement_timeout": str(int(STATEMENT_TIMEOUT_S * 1_000) - 500),
        },
    )
    try:
        queue = QueueManager(outbox.queries(AsyncpgDriver(connection)), channel=NAMES.channel)
        for topic in Topic:
            queue.entrypoint(topic, on_failure="hold")(_attempt(action, pace))
        stop = asyncio.create_task(_stop(queue, stopping))
        try:
            await queue.run(
                dequeue_timeout=pace.look_every,
                batch_size=PICKED_AT_ONCE,
                max_concurrent_tasks=AT_ONCE,
                shutdown_on_listener_failure=True,
                heartbeat_timeout=pace.given_up_after,
            )
        finally:
            stop.cancel()
    finally:
        connection.terminate()


async def _stop(queue: QueueManager, stopping: asyncio.Event) -> None:
    await stopping.wait()
    queue.shutdown.set()


def _attempt(action: Action, pace: Pace) -> AsyncEntrypoint:
    async def attempt(job: Job) -> None:
        try:
            async with asyncio.timeout(LONGEST_JOB_S):
                await action(outbox.read(job.entrypoint, job.payload))
        except Exception as fault:  # noqa: BLE001
            kind, attempts = logs.type_of(fault), job.attempts + 1
            is_final = (isinstance(fault, NotSent) and fault.is_final) or attempts >= MOST_ATTEMPTS
        else:
            return
        # Raised outside of the `except` block: the queue keeps tracebacks, and a cause could hold personal data.
        logs.event("job failed", level=logging.WARNING, part=job.entrypoint, count=attempts, exception=kind)
        if is_final:
            raise GivenUp(f"Given up after {attempts} attempts: {kind}.")
        raise RetryRequested(_pause_after(attempts, pace), reason=kind)

    return attempt


def _pause_after(attempts: int, pace: Pace) -> timedelta:
    longest = min(pace.first_pause * 2 ** (attempts - 1), LONGEST_PAUSE)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311  # spreads load, guards nothing


async def _keep_tidy(pace: Pace, stopping: asyncio.Event, report: Report | None) -> None:
    async def count() -> None:
        if report is not None:
            report(await outbox.backlog())

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
