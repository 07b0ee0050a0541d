"""The outbox: an event is queued with its effect or not at all, and acted on at least once."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver

from commerce import job_queue, outbox
from commerce.messages import NotSent
from commerce.outbox import Event, NotInTransaction, Topic
from models import database as db
from models.accounts import PolicyVersion
from server.embedded import Embedded
from server.jobs import Pace, running
from tests.reporting import report

WORKER = Path(__file__).with_name("outbox_worker.py")
FAST = Pace(
    look_every=timedelta(seconds=0.2),
    given_up_after=timedelta(seconds=1),
    first_pause=timedelta(seconds=0.05),
    tidy_every=timedelta(seconds=0.2),
)


UNDONE = 987_654


def something_happened() -> Event:
    return Event(Topic.PASSWORD_CHANGED, {"account": uuid4(), "at": datetime(2030, 1, 1, tzinfo=UTC)})


@pytest.fixture(autouse=True)
async def empty(database: Embedded) -> None:
    """Begin each test with an empty queue."""
    for table in ("avow_pgqueuer", "avow_pgqueuer_log"):
        await db.execute(f"DELETE FROM {table}")  # noqa: S608


async def queue(*events: Event) -> None:
    async with db.transaction():
        await outbox.enqueue(*events)


async def until(condition: Callable[[], Awaitable[object] | bool], *, seconds: float = 15.0) -> None:
    async with asyncio.timeout(seconds):
        while True:
            found = condition()
            if found if isinstance(found, bool) else await found:
                return
            await asyncio.sleep(0.02)


@asynccontextmanager
async def acting(clusters: Embedded, action: Callable[[Event], Any]) -> AsyncGenerator[None]:
    async with running(clusters.shop.app_url, action, pace=FAST):
        yield


@given(
    st.dictionaries(
        st.text(min_size=1, max_size=10),
        st.uuids() | st.datetimes(timezones=st.just(UTC)) | st.integers(-(2**53), 2**53),
        max_size=4,
    )
)
def test_an_event_is_read_as_it_was_written(facts: dict[str, UUID | datetime | int]):
    event = Event(Topic.SESSION_REUSED, facts)

    assert outbox.read(event.topic, event.payload()) == event


def test_no_text_gets_into_the_queue():
    with pytest.raises(TypeError, match="`to` of"):
        Event(Topic.SESSION_REUSED, {"to": cast(Any, "ada@mail.example")})


@pytest.mark.parametrize("payload", [None, b"", b"{}", b"[]", b'{"id": "x", "facts": {}}', b'{"id": 1, "facts": 2}'])
def test_what_is_no_event_is_refused(payload: bytes | None):
    with pytest.raises(ValueError, match="not an event"):
        outbox.read(Topic.SESSION_REUSED, payload)


async def test_the_queues_tables_are_those_that_the_library_expects(clusters: Embedded):
    login: Any = await asyncpg.connect(clusters.shop.app_url)
    try:
        plan = await job_queue.queries(AsyncpgDriver(login)).plan_upgrade()
    finally:
        await login.close()

    assert plan.statements == ()


async def test_an_event_outside_of_a_transaction_is_refused():
    with pytest.raises(NotInTransaction):
        await outbox.enqueue(something_happened())

    assert await outbox.backlog() == {}


async def test_an_event_is_acted_on_after_its_transaction(clusters: Embedded):
    event, seen = something_happened(), list[Event]()

    async def see(event: Event) -> None:
        seen.append(event)

    async with acting(clusters, see):
        await queue(event)
        await until(lambda: bool(seen))

    assert seen == [event]
    assert await outbox.backlog() == {}


async def test_an_event_is_rolled_back_with_its_effect(clusters: Embedded):
    seen = list[Event]()

    async def see(event: Event) -> None:
        seen.append(event)

    async with acting(clusters, see):
        with pytest.raises(RuntimeError, match="undone"):
            await queue_and_fail()
        await queue(last := something_happened())
        await until(lambda: bool(seen))

    assert seen == [last]
    assert not await PolicyVersion.exists(version=UNDONE)


async def queue_and_fail() -> None:
    async with db.transaction():
        await PolicyVersion.create(version=UNDONE, effective_at=datetime(2030, 1, 1, tzinfo=UTC), highlighted_terms=[])
        await outbox.enqueue(something_happened())
        raise RuntimeError("undone")


async def test_a_failed_attempt_is_repeated_with_the_same_id(clusters: Embedded):
    seen = list[UUID]()

    async def fail_twice(event: Event) -> None:
        seen.append(event.id)
        if len(seen) < 3:
            raise OSError("canary of the fault")

    async with acting(clusters, fail_twice):
        await queue(event := something_happened())
        await until(lambda: len(seen) == 3)

    assert seen == [event.id] * 3
    assert await outbox.backlog() == {}


async def test_what_can_not_succeed_is_kept_visible_and_can_be_tried_again(clusters: Embedded):
    seen = list[Event]()

    async def refuse(event: Event) -> None:
        seen.append(event)
        if len(seen) == 1:
            raise NotSent("The mail server refused the recipient (reply code 550).", is_final=True)

    counted: list[dict[tuple[str, str], int]] = []
    async with running(clusters.shop.app_url, refuse, pace=FAST, report=lambda found: counted.append(dict(found))):
        await queue(event := something_happened())
        await until(lambda: (event.topic, "failed") in (counted or [{}])[-1])
        (given_up,) = await outbox.failed()
        await outbox.try_again([given_up.job])
        await until(lambda: len(seen) == 2)

    assert given_up.topic == event.topic
    assert seen == [event, event]
    assert await outbox.failed() == []


async def test_the_queue_keeps_no_words_of_a_fault(clusters: Embedded):
    async def fail(_: Event) -> None:
        try:
            raise KeyError("canary@mail.example")
        except KeyError as cause:
            raise NotSent("canary of the server", is_final=True) from cause

    async with acting(clusters, fail):
        await queue(something_happened())
        await until(outbox.failed)

    kept = await database_text("avow_pgqueuer") + await database_text("avow_pgqueuer_log")
    assert "GivenUp" in kept
    assert "canary" not in kept


async def database_text(table: str) -> str:
    return "".join(str(row[0]) for row in await db.fetch(f"SELECT t::text FROM {table} t"))  # noqa: S608


async def test_many_events_are_acted_on_side_by_side(clusters: Embedded):
    most, now = 0, 0

    async def wait(_: Event) -> None:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.1)
        now -= 1

    async with acting(clusters, wait):
        await queue(*(something_happened() for _ in range(20)))
        await until(lambda: most > 3)

    assert 3 < most <= 10


async def test_the_runner_finds_the_database_again(clusters: Embedded):
    seen = list[Event]()

    async def see(event: Event) -> None:
        seen.append(event)

    async with acting(clusters, see):
        await queue(something_happened())
        await until(lambda: len(seen) == 1)
        ended = await end_connections(clusters, "avow jobs")
        await queue(something_happened())
        # The first may come again, as its connection was ended perhaps before it was noted as done.
        await until(lambda: len({event.id for event in seen}) == 2)

    assert ended == 1


async def end_connections(clusters: Embedded, name: str) -> int:
    login: Any = await asyncpg.connect(clusters.shop.app_url)
    try:
        return await login.fetchval(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = $1", name
        )
    finally:
        await login.close()


async def test_nothing_is_lost_when_processes_are_killed_in_the_middle_of_their_work(
    clusters: Embedded, tmp_path: Path
):
    notes = tmp_path / "notes"
    notes.touch()
    arguments = [sys.executable, str(WORKER), clusters.shop.app_url, clusters.keys.app_url, str(notes)]

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, cwd=WORKER.parents[2], env=environment())

    events = [something_happened() for _ in range(240)]
    workers = [start(), start()]
    try:
        for turn in range(4):
            victim = workers[turn % 2]
            assert victim.stdout
            # Begun before the events are queued, or the other process would have done all of them.
            assert await asyncio.to_thread(victim.stdout.readline) == "running\n"
            await queue(*events[turn * 60 : turn * 60 + 60])
            await until(lambda pid=victim.pid: bool(unended(notes, pid)))
            kill_now(victim)
            workers[turn % 2] = start()
        await until(is_empty, seconds=30)
    finally:
        for worker in workers:
            kill_now(worker)

    ended = {UUID(line.split()[2]) for line in lines(notes) if line.startswith("ended")}
    interrupted = {event for pid in pids(notes) for event in unended(notes, pid)}
    assert ended == {event.id for event in events}
    assert interrupted
    report(f"outbox: 240 events, 4 kills, {len(interrupted)} attempts broken off, 0 events lost")


def lines(notes: Path) -> list[str]:
    return notes.read_text().splitlines()


def pids(notes: Path) -> set[int]:
    return {int(line.split()[1]) for line in lines(notes)}


def unended(notes: Path, pid: int) -> set[str]:
    of_process = [line.split() for line in lines(notes) if line.split()[1] == str(pid)]
    begun = {event for what, _, event in of_process if what == "begun"}
    return begun - {event for what, _, event in of_process if what == "ended"}


def kill_now(worker: subprocess.Popen[str]) -> None:
    worker.kill()
    worker.wait()
    assert worker.stdout
    worker.stdout.close()


async def is_empty() -> bool:
    return not await outbox.backlog()


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(WORKER.parents[2])}
