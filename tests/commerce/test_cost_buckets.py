"""Buckets of cost: what all processes spend together keeps to the rate, and most operations need no statement."""

import asyncio
import multiprocessing
import secrets
import time
from datetime import timedelta
from typing import Any

import pytest

from commerce.cost_buckets import ON_TRUST, CostBuckets, CostExhausted, CostRate, forget_full
from models import clock
from models import database as db
from models.pool import counting_statements
from server.embedded import Embedded
from tests.patience import PATIENT
from tests.reporting import report

pytestmark = pytest.mark.usefixtures("database")

RATE = CostRate(maximum=16_000, per_second=100)
TRUST = RATE.maximum // ON_TRUST


def somebody() -> str:
    return f"account {secrets.token_hex(16)}"


async def spend(buckets: CostBuckets, viewer: str, reserved: int, actual: int | None = None) -> int:
    """Run an operation that costs something, and tell what is left."""
    reservation = await buckets.reserve(viewer, reserved)
    return buckets.settle(reservation, reserved if actual is None else actual)


async def exhaust(buckets: CostBuckets, viewer: str, each: int = 1_000) -> int:
    """Spend until there is not enough for another operation; tell how much that was."""
    spent = 0
    while True:
        try:
            await spend(buckets, viewer, each)
        except CostExhausted:
            return spent
        spent += each


async def test_the_maximum_can_be_spent_at_once_and_the_rate_from_then_on() -> None:
    buckets, viewer, start = CostBuckets(RATE), somebody(), clock.now()

    with clock.moved_to(start):
        assert await exhaust(buckets, viewer) == RATE.maximum
    with clock.moved_to(start + timedelta(seconds=9)):
        assert await exhaust(buckets, viewer) == 0
    with clock.moved_to(start + timedelta(seconds=25)):
        assert await exhaust(buckets, viewer) == 2_000
    with clock.moved_to(start + timedelta(hours=1)):
        assert await exhaust(buckets, viewer) == RATE.maximum


async def test_a_refusal_says_what_is_left_and_how_long_to_wait_and_waiting_helps() -> None:
    buckets, viewer, start = CostBuckets(RATE), somebody(), clock.now()

    with clock.moved_to(start):
        await spend(buckets, viewer, RATE.maximum - 250)
        with pytest.raises(CostExhausted) as refused:
            await buckets.reserve(viewer, 900)

    assert (refused.value.available, refused.value.wait_s) == (250, 7)
    with clock.moved_to(start + timedelta(seconds=refused.value.wait_s)):
        assert await spend(buckets, viewer, 900) == 50


async def test_what_an_operation_did_not_cost_comes_back() -> None:
    buckets, viewer = CostBuckets(RATE), somebody()

    with clock.moved_to(clock.now()):
        on_trust = await spend(buckets, viewer, TRUST, actual=1)
        asked_for = await spend(buckets, viewer, 5 * TRUST, actual=2)
        await buckets.tell()

        assert (on_trust, asked_for) == (RATE.maximum - 1, RATE.maximum - 3)
        assert await exhaust(CostBuckets(RATE), viewer, each=1) >= RATE.maximum - 3


async def test_what_is_set_aside_is_spent_by_nobody_else() -> None:
    buckets, viewer = CostBuckets(RATE), somebody()

    with clock.moved_to(clock.now()):
        held = [await buckets.reserve(viewer, 1_000) for _ in range(16)]
        with pytest.raises(CostExhausted):
            await buckets.reserve(viewer, 1)
        for reservation in held:
            buckets.settle(reservation, 0)
        await buckets.tell()

        assert await spend(buckets, viewer, 16_000, actual=0) == RATE.maximum


async def test_viewers_have_buckets_of_their_own() -> None:
    buckets, one, other = CostBuckets(RATE), somebody(), somebody()

    await exhaust(buckets, one)

    assert await exhaust(buckets, other) >= RATE.maximum


async def test_what_is_spent_on_trust_takes_no_statement_and_all_of_it_is_told_in_one() -> None:
    buckets, viewers = CostBuckets(RATE), [somebody() for _ in range(50)]

    with counting_statements() as spending:
        for viewer in viewers:
            for _ in range(10):
                await spend(buckets, viewer, TRUST // 2, actual=20)
    with counting_statements() as telling:
        await buckets.tell()
        await buckets.tell()

    assert (len(spending), len(telling)) == (0, 1)
    others = CostBuckets(RATE)
    assert await exhaust(others, viewers[7], each=TRUST) < RATE.maximum


async def test_a_viewer_who_spends_much_waits_for_few_statements() -> None:
    buckets, viewer = CostBuckets(RATE), somebody()

    with counting_statements() as statements, clock.moved_to(clock.now()):
        for _ in range(150):
            await spend(buckets, viewer, TRUST, actual=80)

    # What one operation set aside and did not cost is what the next ones are paid from.
    assert 1 <= len(statements) <= 15


async def test_what_one_process_was_told_another_learns_when_it_tells() -> None:
    here, there, viewer = CostBuckets(RATE), CostBuckets(RATE), somebody()

    with clock.moved_to(clock.now()):
        await exhaust(there, viewer)
        on_trust = await spend(here, viewer, 100)
        await here.tell()
        with counting_statements() as refusing, pytest.raises(CostExhausted):
            await here.reserve(viewer, 100)

    # It had not heard of the other yet; and then it refuses by itself.
    assert on_trust == RATE.maximum - 100
    assert len(refusing) == 0


async def test_what_was_spent_on_trust_has_to_come_back_before_anything_else_is_spent() -> None:
    start, viewer = clock.now(), somebody()
    processes = [CostBuckets(RATE) for _ in range(4)]

    with clock.moved_to(start):
        await exhaust(processes[0], viewer)
        for process in processes[1:]:
            await spend(process, viewer, TRUST)
            await process.tell()
    with clock.moved_to(start + timedelta(seconds=29)), pytest.raises(CostExhausted):
        await CostBuckets(RATE).reserve(viewer, TRUST + 1)
    with clock.moved_to(start + timedelta(seconds=41)):
        assert await spend(CostBuckets(RATE), viewer, TRUST + 1) >= 0


async def test_spending_is_told_by_itself_within_a_second_or_so() -> None:
    buckets, viewer = CostBuckets(RATE), somebody()

    await spend(buckets, viewer, 500)
    await asyncio.sleep(1.5)

    with clock.moved_to(clock.now()), pytest.raises(CostExhausted):
        await CostBuckets(RATE).reserve(viewer, RATE.maximum)


async def test_full_buckets_are_forgotten_and_others_are_not() -> None:
    buckets, start = CostBuckets(RATE), clock.now()
    await db.execute("DELETE FROM cost_bucket")

    with clock.moved_to(start):
        await spend(buckets, somebody(), 2_000)
        await spend(buckets, somebody(), 9_000)
    with clock.moved_to(start + timedelta(seconds=30)):
        await forget_full()
        [left] = await db.fetch("SELECT full_until, octet_length(key) AS size FROM cost_bucket")

    assert left["full_until"] == start + timedelta(seconds=90)
    assert left["size"] == 32


async def test_the_table_is_not_logged() -> None:
    [found] = await db.fetch("SELECT relpersistence::text FROM pg_class WHERE relname = 'cost_bucket'")

    assert found["relpersistence"] == "u"


SECONDS = 4.0
PROCESSES = 4
FAST = CostRate(maximum=16_000, per_second=1_000)


def spend_elsewhere(urls: tuple[str, str], viewer: str, started: Any, results: Any) -> None:
    from tests.conftest import SECRETS

    async def run(buckets: CostBuckets, until: float) -> int:
        spent = 0
        while time.monotonic() < until:
            try:
                reservation = await buckets.reserve(viewer, 400)
            except CostExhausted:
                await asyncio.sleep(0.02)
                continue
            await asyncio.sleep(0.002)
            buckets.settle(reservation, 150)
            spent += 150
        return spent

    async def all_of_it() -> int:
        await db.connect(shop_url=urls[0], keys_url=urls[1], secrets=SECRETS, **PATIENT)
        try:
            buckets = CostBuckets(FAST)
            await asyncio.to_thread(started.wait, 60)
            spent = sum(await asyncio.gather(*(run(buckets, time.monotonic() + SECONDS) for _ in range(4))))
            await buckets.tell()
            return spent
        finally:
            await db.disconnect()

    results.put(asyncio.run(all_of_it()))


async def test_several_processes_together_spend_what_the_rate_allows(clusters: Embedded) -> None:
    context = multiprocessing.get_context("spawn")
    results: Any = context.Queue()
    started, viewer = context.Barrier(PROCESSES), somebody()
    urls = (clusters.shop.app_url, clusters.keys.app_url)
    others = [context.Process(target=spend_elsewhere, args=(urls, viewer, started, results)) for _ in range(PROCESSES)]

    for other in others:
        other.start()
    spent = [await asyncio.to_thread(results.get, True, 90) for _ in others]
    for other in others:
        await asyncio.to_thread(other.join, 10)

    # They do not end at one instant; half a second more is allowed for that.
    allowed = FAST.maximum + FAST.per_second * (SECONDS + 0.5)
    report(f"cost buckets: {PROCESSES} processes spent {sum(spent):,} where the rate alone allows {allowed:,.0f}")
    assert sum(spent) <= allowed + PROCESSES * (FAST.maximum // ON_TRUST)
    # And no less than nearly all of it: nothing is lost between them.
    assert sum(spent) >= 0.8 * (FAST.maximum + FAST.per_second * (SECONDS - 1))
