"""The pool: never more connections than it may have, and never one lost, whatever happens to those who use it."""

import asyncio
import random
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from models.breaker import Breaker
from models.faults import BadStatement, DatabaseBusy, DatabaseUnavailable
from models.pool import Pool
from models.roles import OWNER
from server.embedded import Embedded

SIZE = 3
NAME = "avow of this test"


@pytest_asyncio.fixture(loop_scope="session")
async def pool(migrated: Embedded) -> AsyncIterator[Pool]:
    url, settings = migrated.shop.app_url, {"application_name": NAME}
    pool = Pool("shop", url, size=SIZE, command_timeout_s=2, role="avow_app", settings=settings, patience_s=0.5)
    await pool.open()
    yield pool
    await pool.close()


async def _connections(owner: asyncpg.Connection) -> int:
    return await owner.fetchval("SELECT count(*) FROM pg_stat_activity WHERE application_name = $1", NAME)


async def _use(pool: Pool, how: str) -> None:
    async with pool.connection() as connection:
        await pool.run("", connection.execute, "SELECT pg_sleep(0.002)")
        if how == "kill":
            await pool.run("", connection.execute, "SELECT pg_terminate_backend(pg_backend_pid())")
        elif how == "leave open":
            await pool.run("", connection.execute, "BEGIN")
        elif how == "raise":
            raise KeyError
        elif how == "drop":
            connection.terminate()


async def test_no_connection_is_lost_whatever_its_users_do(pool: Pool, migrated: Embedded):
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    owner = await asyncpg.connect(migrated.shop.owner_url)
    most = 0
    try:
        for _ in range(30):
            hows = chance.choices(["well", "raise", "kill", "leave open", "drop", "cancel"], [6, 1, 1, 1, 1, 2], k=12)
            tasks = [asyncio.create_task(_use(pool, how)) for how in hows]
            await asyncio.sleep(chance.random() * 0.01)
            for task, how in zip(tasks, hows, strict=True):
                if how == "cancel":
                    task.cancel()
            most = max(most, await _connections(owner))
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
            known = (KeyError, DatabaseUnavailable, asyncio.CancelledError)
            strange = [outcome for outcome in outcomes if outcome is not None and not isinstance(outcome, known)]
            assert not strange, (seed, strange)
        # Closed ones take a moment to be gone on the server's side.
        assert most <= SIZE + 12, seed

        await asyncio.sleep(1.1)
        await asyncio.gather(*(_use(pool, "well") for _ in range(50)))
        await asyncio.sleep(0.1)
        assert await _connections(owner) == SIZE, seed
    finally:
        await owner.close()


async def test_one_who_waits_too_long_does_not_take_a_connection_with_them(pool: Pool):
    held = [await pool.acquire() for _ in range(SIZE)]
    waiting = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0)

    waiting.cancel()
    for connection in held:
        pool.release(connection)
    with pytest.raises(asyncio.CancelledError):
        await waiting

    again = [await pool.acquire() for _ in range(SIZE)]
    with pytest.raises(DatabaseBusy):
        await pool.acquire()
    for connection in again:
        pool.release(connection)


async def test_room_that_is_handed_to_one_who_leaves_goes_to_the_next(pool: Pool):
    held = [await pool.acquire() for _ in range(SIZE)]
    leaving, staying = (asyncio.create_task(pool.acquire()) for _ in range(2))
    await asyncio.sleep(0)

    pool.release(held.pop(), is_broken=True)
    leaving.cancel()

    # It would wait in vain, and be told that all connections are in use.
    held.append(await staying)
    for connection in held:
        pool.release(connection)


async def test_those_who_wait_are_served_in_their_order(pool: Pool):
    held = [await pool.acquire() for _ in range(SIZE)]
    served: list[int] = []

    async def wait(number: int) -> None:
        connection = await pool.acquire()
        served.append(number)
        pool.release(connection)

    tasks = [asyncio.create_task(wait(number)) for number in range(10)]
    await asyncio.sleep(0.01)
    for connection in held:
        pool.release(connection)
    await asyncio.gather(*tasks)

    assert served == list(range(10))


@pytest_asyncio.fixture(loop_scope="session")
async def owners(migrated: Embedded) -> AsyncIterator[Pool]:
    pool = Pool("shop", migrated.shop.owner_url, size=1, command_timeout_s=2, role=OWNER)
    await pool.open()
    yield pool
    await pool.close()


async def test_a_statement_is_prepared_anew_when_its_table_has_changed(owners: Pool):
    sql, pool = "SELECT * FROM of_this_test", owners
    async with pool.connection() as connection:
        await pool.run("", connection.execute, "CREATE TEMPORARY TABLE of_this_test AS SELECT 1 AS a")
        for _ in range(2):
            assert [tuple(row) for row in await pool.run(sql, connection.ask, sql)] == [(1,)]

        await pool.run("", connection.execute, "ALTER TABLE of_this_test ADD COLUMN b int DEFAULT 2")

        for _ in range(2):
            assert [tuple(row) for row in await pool.run(sql, connection.ask, sql)] == [(1, 2)]


async def test_a_transaction_in_which_a_table_has_changed_fails_and_the_next_one_does_not(owners: Pool):
    sql, pool = "SELECT * FROM of_this_test", owners
    async with pool.connection() as connection:
        await pool.run("", connection.execute, "CREATE TEMPORARY TABLE of_this_test AS SELECT 1 AS a")
        await pool.run(sql, connection.ask, sql)
        await pool.run("", connection.execute, "ALTER TABLE of_this_test ADD COLUMN b int DEFAULT 2")

        await pool.run("", connection.execute, "BEGIN")
        with pytest.raises(BadStatement):
            await pool.run(sql, connection.ask, sql)
        await pool.run("", connection.execute, "ROLLBACK")

        assert [tuple(row) for row in await pool.run(sql, connection.ask, sql)] == [(1, 2)]


async def test_two_statements_at_once_on_one_connection_are_refused(pool: Pool):
    sql = "SELECT 1"
    async with pool.connection() as connection:
        await pool.run(sql, connection.ask, sql)

        found = await asyncio.gather(*(pool.run(sql, connection.ask, sql) for _ in range(2)), return_exceptions=True)

        assert [type(each) for each in found] == [list, BadStatement]


async def test_a_statement_ends_in_time_whatever_the_server_does(migrated: Embedded):
    pool = Pool("shop", migrated.shop.app_url, size=1, command_timeout_s=0.3, role="avow_app")
    await pool.open()
    sql = "SELECT pg_sleep(0)"
    async with pool.connection() as connection:
        await pool.run(sql, connection.ask, sql)
        # The server is to give up after a tenth of a second; here it does not.
        await pool.run("", connection.execute, "SET statement_timeout = 0")

        started, slow = asyncio.get_running_loop().time(), "SELECT pg_sleep(20)"
        with pytest.raises(DatabaseUnavailable, match="no answer in time"):
            await pool.run(slow, connection.ask, slow)

        assert asyncio.get_running_loop().time() - started < 5
    await pool.close()


async def test_a_closed_pool_gives_out_nothing_and_takes_back_what_is_out(migrated: Embedded):
    pool = Pool("shop", migrated.shop.app_url, size=1, command_timeout_s=2, role="avow_app")
    await pool.open()
    connection = await pool.acquire()

    await pool.close()

    with pytest.raises(DatabaseUnavailable):
        await pool.acquire()
    pool.release(connection)
    assert connection.is_closed()


def test_a_breaker_opens_after_failures_in_a_row_alone():
    breaker = Breaker(failures=2, pause=60)

    breaker.failed()
    breaker.succeeded()
    breaker.failed()
    assert breaker.lets_through()
    breaker.failed()
    assert not breaker.lets_through()


def test_an_open_breaker_lets_one_in_after_each_pause_and_closes_with_success():
    breaker = Breaker(failures=1, pause=0)
    breaker.failed()
    assert breaker.lets_through()

    slow = Breaker(failures=1, pause=60)
    slow.failed()
    assert [slow.lets_through() for _ in range(3)] == [False, False, False]
    slow.succeeded()
    assert slow.lets_through()
