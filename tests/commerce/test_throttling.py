"""Throttling: attempts are counted once for all processes, and what is refused does not count."""

import asyncio
import multiprocessing
import os
from datetime import timedelta
from typing import Any

import pytest

from commerce.throttling import Rate, TooManyAttempts, attempt, forget_idle, forgive, remember, remembers
from models import clock
from models import database as db
from server.embedded import Embedded
from tests.patience import PATIENT

pytestmark = pytest.mark.usefixtures("database")

SHORT = Rate("test of forgetting", burst=5, interval=timedelta(seconds=10))
RATE = Rate("test", burst=5, interval=timedelta(seconds=10))


async def is_counted(place: bytes, rate: Rate = RATE) -> bool:
    try:
        await attempt(rate, place)
    except TooManyAttempts:
        return False
    return True


async def test_a_burst_is_let_through_and_then_one_per_interval():
    place, start = os.urandom(16), clock.now()

    with clock.moved_to(start):
        assert [await is_counted(place) for _ in range(7)] == [True] * 5 + [False] * 2
    with clock.moved_to(start + timedelta(seconds=9)):
        assert not await is_counted(place)
    with clock.moved_to(start + timedelta(seconds=10)):
        assert [await is_counted(place) for _ in range(2)] == [True, False]
    with clock.moved_to(start + timedelta(seconds=60)):
        assert [await is_counted(place) for _ in range(7)] == [True] * 5 + [False] * 2


async def test_a_refusal_tells_how_long_to_wait_and_waiting_helps():
    place, start = os.urandom(16), clock.now()

    with clock.moved_to(start):
        while await is_counted(place):
            continue
        with pytest.raises(TooManyAttempts) as refusal:
            await attempt(RATE, place)
    wait_s = refusal.value.details["wait_s"]

    assert wait_s == 10
    with clock.moved_to(start + timedelta(seconds=wait_s)):
        assert await is_counted(place)


async def test_places_and_scopes_are_counted_apart():
    place = os.urandom(16)
    while await is_counted(place):
        continue

    assert await is_counted(os.urandom(16))
    assert await is_counted(place, Rate("another test", burst=1, interval=timedelta(hours=1)))


async def test_a_place_that_proved_itself_begins_anew():
    place = os.urandom(16)
    while await is_counted(place):
        continue

    await forgive(RATE, place)

    assert await is_counted(place)


async def test_only_a_hash_of_the_place_is_stored_and_it_is_forgotten_when_idle():
    place = b"canary of the place"
    await attempt(SHORT, place)
    before = await rows()

    with clock.moved_to(clock.now() + timedelta(seconds=11)):
        await forget_idle()

    assert len(before) == 1
    assert not any("canary" in row or place.hex() in row for row in before)
    assert await rows() == []


async def test_what_is_noted_of_a_place_holds_for_a_while_and_is_then_forgotten():
    place, noted = os.urandom(16), "test of notes"
    start = clock.now()

    assert not await remembers(noted, place)
    with clock.moved_to(start):
        await remember(noted, place, lasting=timedelta(days=1))
    with clock.moved_to(start + timedelta(hours=23)):
        assert await remembers(noted, place)
        await remember(noted, place, lasting=timedelta(days=1))
    with clock.moved_to(start + timedelta(hours=46)):
        assert await remembers(noted, place)
        assert not await remembers(noted, os.urandom(16))
        assert not await remembers("another note", place)

    with clock.moved_to(start + timedelta(hours=48)):
        assert not await remembers(noted, place)
        await forget_idle()
    assert await db.fetch("SELECT 1 FROM throttle WHERE scope = $1", noted) == []


async def rows() -> list[str]:
    return [row[0] for row in await db.fetch("SELECT t::text FROM throttle t WHERE scope = $1", SHORT.scope)]


def attempt_elsewhere(urls: tuple[str, str], place: bytes, times: int, results: Any) -> None:
    from tests.conftest import SECRETS

    async def attempts() -> int:
        await db.connect(shop_url=urls[0], keys_url=urls[1], secrets=SECRETS, **PATIENT)
        try:
            return sum(await asyncio.gather(*(is_counted(place, SLOW) for _ in range(times))))
        finally:
            await db.disconnect()

    results.put(asyncio.run(attempts()))


SLOW = Rate("test of processes", burst=30, interval=timedelta(hours=1))


async def test_a_hundred_attempts_at_once_from_several_processes_count_as_a_hundred(clusters: Embedded):
    place = os.urandom(16)
    context = multiprocessing.get_context("spawn")
    results: Any = context.Queue()
    urls = (clusters.shop.app_url, clusters.keys.app_url)
    others = [context.Process(target=attempt_elsewhere, args=(urls, place, 34, results)) for _ in range(3)]

    for other in others:
        other.start()
    counted = [await asyncio.to_thread(results.get, True, 30) for _ in others]
    for other in others:
        await asyncio.to_thread(other.join, 10)

    assert sum(counted) == SLOW.burst
    assert not await is_counted(place, SLOW)
