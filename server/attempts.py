"""Attempts to act on the events of the outbox, as the queue library hands them out."""

import asyncio
import logging
import random
from datetime import timedelta
from typing import Any

import asyncpg
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.core.executors import AsyncEntrypoint
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.errors import PgqException, RetryRequested
from pgqueuer.domain.models import Job

from commerce import job_queue, outbox
from commerce.messages import NotSent
from commerce.outbox import Topic
from models import database
from models.roles import APP
from server import logs
from server.jobs import Action, Pace

CONNECT_TIMEOUT_S = 5.0
STATEMENT_TIMEOUT_S = 5.0
LONGEST_JOB_S = 60.0
AT_ONCE = 10
PICKED_AT_ONCE = 5
MOST_ATTEMPTS = 14
LONGEST_PAUSE = timedelta(minutes=15)

QueueFault = PgqException
"""What the queue library raises of its own."""


class GivenUp(Exception):
    """An event that will not be tried again by itself; the text names the kind of the last fault and no value."""


async def make(shop_url: str, action: Action, pace: Pace, stopping: asyncio.Event) -> None:
    """Attempt what the queue hands out until the program stops, or the queue's connection is lost."""
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
        queue = QueueManager(job_queue.queries(AsyncpgDriver(connection)), channel=job_queue.NAMES.channel)
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
