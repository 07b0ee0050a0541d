"""Idempotency: one effect and one answer, however often, from wherever, and whatever is killed in between."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from commerce.idempotency import (
    BadIdempotencyKey,
    IdempotencyConflict,
    fingerprint_of,
    forget,
    once,
)
from models import clock
from models.database import execute, fetch, transaction
from models.ids import new_id
from server.embedded import Embedded
from tests.models.programs import Program, running

pytestmark = pytest.mark.usefixtures("database")


async def _make_recipient() -> dict[str, UUID]:
    row = new_id()
    await execute("INSERT INTO recipient (id, is_account_holder, created_at) VALUES ($1, false, now())", row)
    return {"recipient": row}


async def _count(*rows: str) -> int:
    found = await fetch("SELECT id FROM recipient WHERE id = ANY($1)", [UUID(row) for row in rows])
    return len(found)


@pytest.fixture
def programs(database: Embedded) -> Iterator[list[Program]]:
    with ExitStack() as stack:
        yield [stack.enter_context(running(database.shop.app_url, database.keys.app_url)) for _ in range(3)]


async def test_a_repetition_gets_the_first_answer_and_has_no_effect():
    actor, fingerprint = new_id(), fingerprint_of("test", {"line": 1})

    first = await once(actor, "key", fingerprint, _make_recipient)
    again = await once(actor, "key", fingerprint, _unwanted)

    assert again == first
    assert await _count(str(first["recipient"])) == 1


async def _unwanted() -> dict[str, UUID]:
    raise AssertionError("a repetition has no effect")


async def test_the_same_key_with_another_input_is_a_conflict():
    actor = new_id()
    await once(actor, "key", fingerprint_of("test", {"line": 1}), _make_recipient)

    with pytest.raises(IdempotencyConflict):
        await once(actor, "key", fingerprint_of("test", {"line": 2}), _unwanted)
    with pytest.raises(IdempotencyConflict):
        await once(actor, "key", fingerprint_of("other", {"line": 1}), _unwanted)


async def test_two_actors_may_choose_the_same_key():
    fingerprint = fingerprint_of("test", 1)

    one = await once("a", "bc", fingerprint, _make_recipient)
    other = await once("ab", "c", fingerprint, _make_recipient)
    third = await once(new_id(), "c", fingerprint, _make_recipient)

    assert len({one["recipient"], other["recipient"], third["recipient"]}) == 3


async def test_a_failed_action_leaves_nothing_and_may_be_repeated():
    actor, fingerprint = new_id(), fingerprint_of("test", 1)
    made: list[str] = []

    async def fails() -> dict[str, UUID]:
        made.append(str((await _make_recipient())["recipient"]))
        raise KeyError("sold out")

    with pytest.raises(KeyError):
        await once(actor, "key", fingerprint, fails)
    answer = await once(actor, "key", fingerprint, _make_recipient)

    assert await _count(*made) == 0
    assert await _count(str(answer["recipient"])) == 1


async def test_two_hundred_repetitions_from_three_programs_have_one_effect(programs: list[Program]):
    actor, key = str(new_id()), "the same"
    before = (await fetch("SELECT count(*) AS n FROM recipient"))[0]["n"]

    for program in programs:
        program.tell("once", actor=actor, key=key, times=67, pause=0.2)
    answers = [answer for program in programs for answer in program.hear()["answers"]]

    assert len(answers) == 201
    assert len(set(answers)) == 1
    assert (await fetch("SELECT count(*) AS n FROM recipient"))[0]["n"] == before + 1


async def test_killed_between_effect_and_answer_there_is_neither(database: Embedded, programs: list[Program]):
    victim, other, _ = programs
    actor = str(new_id())
    victim.tell("once", actor=actor, key="key", times=1, pause=30, say=True)
    lost = victim.hear()["effect"]

    waiting: list[dict[str, Any]] = []
    repetition = threading.Thread(target=lambda: waiting.append(other.ask("once", actor=actor, key="key", times=1)))
    repetition.start()
    await asyncio.sleep(0.3)
    assert not waiting, "a repetition waits while the first one is at work"
    victim.process.kill()
    await asyncio.to_thread(repetition.join, 10)

    answer: str = waiting[0]["answers"][0]
    assert answer != lost
    assert await _count(lost) == 0
    assert await _count(answer) == 1


@pytest.mark.parametrize("moment", [0.0, 0.01, 0.02, 0.03, 0.05])
async def test_killed_at_any_moment_there_is_all_or_nothing(database: Embedded, moment: float):
    actor = str(new_id())
    with running(database.shop.app_url, database.keys.app_url) as victim:
        victim.tell("once", actor=actor, key="key", times=1, say=True)
        effect = victim.hear()["effect"]
        await asyncio.sleep(moment)
        victim.process.kill()
        victim.process.wait()

    answer = await once(actor, "key", fingerprint_of("test", "key"), _make_recipient)

    was_kept = await _count(effect) == 1
    assert (answer["recipient"] == effect) == was_kept
    assert await _count(str(answer["recipient"])) == 1


async def test_it_opens_the_transaction_itself():
    async with transaction():
        with pytest.raises(RuntimeError, match="outside"):
            await once(new_id(), "key", fingerprint_of("test", 1), _make_recipient)


@pytest.mark.parametrize("key", ["", "x" * 256])
async def test_a_key_is_neither_empty_nor_endless(key: str):
    with pytest.raises(BadIdempotencyKey):
        await once(new_id(), key, fingerprint_of("test", 1), _make_recipient)


@pytest.mark.parametrize("value", ["Ada Lovelace", "ada@example.org", "+49 30 1234", "Straße"])
async def test_an_answer_holds_no_names_or_addresses(value: str):
    async def answers() -> dict[str, str]:
        return {"name": value}

    with pytest.raises(ValueError, match="neither id nor code") as caught:
        await once(new_id(), "key", fingerprint_of("test", 1), answers)
    assert value not in str(caught.value)


async def test_the_table_tells_neither_actor_nor_key_nor_input(database: Embedded):
    actor, key, value = new_id(), "canary-key-7461", "canary-input-7461"
    await once(actor, key, fingerprint_of("test", value), _make_recipient)

    connection = await asyncpg.connect(database.shop.owner_url)
    try:
        rows = await connection.fetch("SELECT t::text FROM idempotent_answer AS t")
    finally:
        await connection.close()

    stored = " ".join(row[0] for row in rows)
    for told in (str(actor), actor.hex, key, key.encode().hex(), value, value.encode().hex()):
        assert told not in stored


def test_a_fingerprint_does_not_depend_on_the_order_of_names():
    assert fingerprint_of("test", {"a": 1, "b": [2]}) == fingerprint_of("test", {"b": [2], "a": 1})
    assert fingerprint_of("test", [1, 2]) != fingerprint_of("test", [2, 1])
    with pytest.raises(TypeError):
        fingerprint_of("test", object())


async def test_old_answers_are_forgotten_and_new_ones_kept():
    actor, fingerprint = new_id(), fingerprint_of("test", 1)
    with clock.moved_to(clock.now() - timedelta(days=400)):
        old = await once(actor, "old", fingerprint, _make_recipient)
    new = await once(actor, "new", fingerprint, _make_recipient)

    assert await forget(clock.now() - timedelta(days=365)) >= 1

    assert await once(actor, "new", fingerprint, _unwanted) == new
    assert await once(actor, "old", fingerprint, _make_recipient) != old
