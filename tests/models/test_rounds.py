"""What branches of one operation ask for at the same time is one statement, and each gets what is its own."""

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from commerce.persons import own_account
from models.database import BadStatement, counting_statements, fetch, snapshot, transaction
from models.engine import TransactionLost
from models.lookahead import selected, selecting
from models.rounds import MANY, read, together
from models.suppliers import Supplier
from server.embedded import Embedded
from tests.commerce.buyers import buyer

pytestmark = pytest.mark.usefixtures("database")

NUMBERS = "SELECT n, n * $1::int FROM generate_series(1, $2::int) AS s(n) ORDER BY n"
NOBODY_KNOWS = "SELECT unknown FROM nowhere"


async def _numbers(times: int, count: int) -> list[tuple[int, int]]:
    return [(row[0], row[1]) for row in await read(NUMBERS, times, count)]


async def test_branches_that_ask_at_the_same_time_are_served_by_one_statement():
    with counting_statements() as statements:
        answers = await together(_numbers(times, count) for times, count in ((2, 3), (5, 1), (7, 0)))

    assert answers == [[(1, 2), (2, 4), (3, 6)], [(1, 5)], []]
    assert len(statements) == 1


async def test_rows_for_many_keys_come_side_by_side_and_each_gets_its_own():
    keys = list(range(MANY))
    named = "SELECT k, 'a' || k, k FROM unnest($1::int[]) AS u(k) ORDER BY k DESC"
    nothing = "SELECT k FROM unnest($1::int[]) AS u(k) WHERE k < 0"

    with counting_statements() as statements:
        answers = await together((_numbers(2, 2), read(named, keys), read(nothing, keys), _numbers(3, 1)))

    assert answers[0] == [(1, 2), (2, 4)]
    assert answers[1] == [(key, f"a{key}", key) for key in reversed(keys)]
    assert answers[2] == []
    assert answers[3] == [(1, 3)]
    assert len(statements) == 1
    assert "UNION ALL" in statements.shop[0]


async def test_branches_of_branches_share_the_rounds_of_all():
    async def leading_on(times: int) -> list[Any]:
        first = await _numbers(times, 1)
        return [first, *await together(_numbers(times * 10, count) for count in (1, 2))]

    with counting_statements() as statements:
        answers = await together(map(leading_on, (2, 3)))

    assert answers == [
        [[(1, 2)], [(1, 20)], [(1, 20), (2, 40)]],
        [[(1, 3)], [(1, 30)], [(1, 30), (2, 60)]],
    ]
    assert len(statements) == 2


async def test_a_statement_that_is_wrong_fails_for_whoever_asked_it():
    right, wrong, failing = await together((_numbers(2, 1), read(NOBODY_KNOWS), _failing()))

    assert right == [(1, 2)]
    assert isinstance(wrong, BadStatement)
    assert isinstance(failing, LookupError)


async def _failing() -> None:
    await _numbers(1, 1)
    raise LookupError


async def test_in_a_transaction_a_wrong_statement_fails_for_all_because_it_ends_the_transaction():
    answers: list[Any] = []

    with pytest.raises(TransactionLost):
        await _in_a_snapshot(answers)

    assert [type(answer) for answer in answers] == [BadStatement, BadStatement]


async def _in_a_snapshot(answers: list[Any]) -> None:
    async with snapshot():
        answers += await together((_numbers(2, 1), read(NOBODY_KNOWS)))


async def test_arrays_come_in_rows_that_came_with_others_as_in_those_that_came_alone():
    key = uuid4()
    sql = "SELECT $1::uuid, ARRAY[$1::uuid], ARRAY['a', NULL], NULL::text[], TRUE, now()"

    (alone,) = await read(sql, key)
    (together_with,), _ = await together((read(sql, key), read(sql, key)))

    assert tuple(alone)[:5] == tuple(together_with)[:5] == (key, [key], ["a", None], None, True)
    assert type(alone[5]) is type(together_with[5])


async def test_a_branch_waits_for_other_things_as_well():
    async def waiting() -> int:
        await asyncio.sleep(0.001)
        (row,) = await fetch("SELECT 41 AS n")
        await asyncio.sleep(0)
        return row["n"] + (await _numbers(1, 1))[0][0]

    assert await together((waiting(), _numbers(1, 1), waiting())) == [42, [(1, 1)], 42]


async def test_a_task_that_a_branch_starts_asks_by_itself():
    async def starting() -> list[tuple[int, int]]:
        return await asyncio.create_task(_numbers(3, 1))

    assert await together((starting(), _numbers(1, 1))) == [[(1, 3)], [(1, 1)]]


async def test_each_branch_has_variables_of_its_own():
    async def narrowed(*columns: str) -> tuple[str, ...]:
        with selecting({"Supplier": frozenset(columns)}):
            await _numbers(1, 1)
            return selected(Supplier, frozenset())

    with_name, without = await together((narrowed("name"), narrowed()))

    assert "name" in with_name
    assert "name" not in without


async def test_whoever_is_interrupted_leaves_no_branch_behind():
    ended: list[str] = []

    async def slow(name: str) -> None:
        try:
            await _numbers(1, 1)
            await asyncio.sleep(60)
        finally:
            ended.append(name)

    async def all_of_them() -> None:
        await together((slow("first"), slow("second")))

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await all_of_them()

    assert ended == ["first", "second"]
    assert await _numbers(1, 1) == [(1, 1)]


async def test_a_row_that_is_locked_in_a_round_stays_locked_until_the_transaction_ends(database: Embedded):
    by = await buyer()
    owner = await asyncpg.connect(database.shop.owner_url)
    lock = "SELECT FROM account WHERE id = $1 FOR NO KEY UPDATE NOWAIT"

    async with transaction():
        account, (one,) = await together((own_account(by, is_locked=True), read("SELECT 1")))
        with pytest.raises(asyncpg.LockNotAvailableError):
            await owner.fetch(lock, by.account)
    free = await owner.fetch(lock, by.account)
    await owner.close()

    assert (account.row.id, tuple(one), len(free)) == (by.account, (1,), 1)


async def test_branches_that_are_left_end_in_the_context_that_they_ran_in():
    ends: list[BaseException | None] = []

    async def waiting() -> None:
        with selecting({"Supplier": frozenset({"name"})}):
            try:
                await asyncio.sleep(60)
            except BaseException as fault:
                ends.append(fault)
                raise

    async def reading() -> None:
        try:
            with selecting({"Supplier": frozenset({"id"})}):
                await _numbers(1, 1)
        except BaseException as fault:
            ends.append(fault)
            raise

    task = asyncio.create_task(_awaited(together((reading(), waiting(), reading()))))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert sorted(type(fault).__name__ for fault in ends) == ["CancelledError", "GeneratorExit"]


async def _awaited(awaitable: Any) -> None:
    await awaitable
