"""The shop's database: transactions, retries, errors without values, and the roles' limits."""

import asyncio
import logging
from typing import Any
from uuid import UUID

import pytest
from tortoise.exceptions import IntegrityError

from models import clock
from models.database import (
    BadStatement,
    ConstraintViolated,
    Contended,
    DatabaseBusy,
    DatabaseUnavailable,
    connection,
    counting_statements,
    detached,
    execute,
    fetch,
    is_in_transaction,
    readiness,
    retrying,
    snapshot,
    transaction,
)
from models.engine import TransactionLost
from models.ids import new_id
from models.orders import Recipient
from models.pool import Pool
from server.embedded import Embedded

pytestmark = pytest.mark.usefixtures("database")

INSERT = "INSERT INTO recipient (id, is_account_holder, created_at) VALUES ($1, false, now())"


async def _exists(row: UUID) -> bool:
    return bool(await fetch("SELECT 1 FROM recipient WHERE id = $1", row))


async def test_a_connected_and_migrated_program_is_ready():
    assert await readiness() == {}


async def test_what_a_transaction_wrote_is_there_or_gone_with_it():
    kept, lost = new_id(), new_id()

    async with transaction():
        await execute(INSERT, kept)
    with pytest.raises(KeyError):
        await _written_and_undone(lost)

    assert await _exists(kept)
    assert not await _exists(lost)
    assert not is_in_transaction()


async def test_a_snapshot_writes_nothing_and_stays_as_it_was_when_it_began():
    seen, refused = new_id(), new_id()

    async with snapshot():
        assert not await _exists(seen)
        await detached(execute(INSERT, seen), name="somebody else")
        assert not await _exists(seen)
    with pytest.raises(DatabaseUnavailable, match="accepts no writes"):
        async with snapshot():
            await execute(INSERT, refused)

    assert await _exists(seen)
    assert not await _exists(refused)


async def _written_and_undone(row: UUID) -> None:
    async with transaction():
        await execute(INSERT, row)
        assert await _exists(row)
        raise KeyError


async def test_models_take_part_in_the_transaction():
    row = new_id()

    async def create() -> None:
        async with transaction():
            await Recipient.create(id=row, is_account_holder=True, created_at=clock.now())
            assert await Recipient.filter(id=row).exists()
            raise KeyError

    with pytest.raises(KeyError):
        await create()

    assert not await Recipient.filter(id=row).exists()


async def test_an_inner_transaction_is_undone_alone():
    outer, inner = new_id(), new_id()

    async def violate() -> None:
        async with transaction():
            await execute(INSERT, inner)
            await execute(INSERT, outer)

    async with transaction():
        await execute(INSERT, outer)
        with pytest.raises(ConstraintViolated):
            await violate()
        assert is_in_transaction()

    assert await _exists(outer)
    assert not await _exists(inner)


async def test_a_swallowed_error_does_not_pass_for_a_commit():
    row = new_id()

    async def swallow() -> None:
        async with transaction():
            await execute(INSERT, row)
            with pytest.raises(ConstraintViolated):
                await execute(INSERT, row)

    with pytest.raises(TransactionLost):
        await swallow()

    assert not await _exists(row)


async def test_tasks_of_a_transaction_share_it_and_detached_ones_do_not():
    row, apart = new_id(), new_id()

    async def fail() -> None:
        async with transaction():
            await asyncio.gather(execute(INSERT, row), fetch("SELECT 1"), fetch("SELECT 2"))
            await detached(execute(INSERT, apart), name="apart")
            raise KeyError

    with pytest.raises(KeyError):
        await fail()

    assert not await _exists(row)
    assert await _exists(apart)


async def test_a_task_that_outlives_its_transaction_cannot_write():
    row = new_id()
    may_go = asyncio.Event()

    async def late() -> None:
        await may_go.wait()
        await execute(INSERT, row)

    async with transaction():
        task = asyncio.create_task(late())
        await asyncio.sleep(0)
    may_go.set()

    with pytest.raises(BadStatement):
        await task
    assert not await _exists(row)


async def test_deadlocked_transactions_are_repeated_until_all_are_through():
    rows = [new_id() for _ in range(2)]
    for row in rows:
        await execute(INSERT, row)
    runs = 0

    async def swap(one: UUID, other: UUID) -> None:
        nonlocal runs
        runs += 1
        async with transaction():
            for row in (one, other):
                await execute("UPDATE recipient SET is_account_holder = true WHERE id = $1", row)
                await asyncio.sleep(0.05)

    await asyncio.gather(*(retrying(lambda order=order: swap(*order)) for order in (rows, rows[::-1])))

    assert runs > 2, "there was a deadlock to get over"


async def test_a_transaction_that_loses_every_time_is_given_up_after_five_repetitions():
    runs = 0

    async def loses() -> None:
        nonlocal runs
        runs += 1
        raise Contended("40001")

    with pytest.raises(Contended):
        await retrying(loses)

    assert runs == 6


async def test_inside_a_transaction_nothing_is_repeated():
    runs = 0

    async def loses() -> None:
        nonlocal runs
        runs += 1
        raise Contended("40001")

    with pytest.raises(Contended):
        async with transaction():
            await retrying(loses)

    assert runs == 1


async def test_a_lock_that_is_not_free_in_time_is_busy_not_a_hang(database: Embedded):
    row, pool = new_id(), _impatient(database)
    await execute(INSERT, row)
    update = "UPDATE recipient SET is_account_holder = true WHERE id = $1"
    await pool.open()

    try:
        async with transaction(), pool.connection() as second:
            await execute(update, row)
            with pytest.raises(DatabaseBusy):
                await pool.run("", second.execute, update, row)
    finally:
        await pool.close()


async def test_a_slow_statement_is_ended_by_the_server_and_its_connection_is_used_again(
    database: Embedded,
):
    pool = Pool("shop", database.shop.app_url, size=1, command_timeout_s=1, role="avow_app")
    await pool.open()
    pids: set[int] = set()

    async def sleep() -> None:
        async with pool.connection() as lent:
            pids.add(lent.get_server_pid())
            await pool.run("", lent.execute, "SELECT pg_sleep(60)")

    try:
        for _ in range(3):
            with pytest.raises(DatabaseBusy, match="too long"):
                await sleep()
    finally:
        await pool.close()

    assert len(pids) == 1


async def test_a_value_that_does_not_fit_harms_nobody_who_comes_later(database: Embedded):
    pool = Pool("shop", database.shop.app_url, size=1, command_timeout_s=2, role="avow_app")
    await pool.open()

    async def select(value: Any) -> None:
        async with pool.connection() as lent:
            await pool.run("", lent.fetch, "SELECT $1::integer", value)

    try:
        for value in ("text", 2**40, ()):
            with pytest.raises(BadStatement):
                await select(value)
            # Longer than the server lets a statement take.
            await asyncio.sleep(1.6)
            await select(1)
    finally:
        await pool.close()


async def test_waiting_for_a_connection_is_bounded(database: Embedded):
    pool = _impatient(database)
    await pool.open()

    try:
        held = await pool.acquire()
        with pytest.raises(DatabaseBusy, match="in use"):
            await pool.acquire()
        pool.release(held)
        pool.release(await pool.acquire())
    finally:
        await pool.close()


async def test_a_cancelled_task_gives_its_connection_back_and_writes_nothing():
    for _ in range(8):
        row = new_id()

        async def write(row: UUID = row) -> None:
            async with transaction():
                await execute(INSERT, row)
                await fetch("SELECT pg_sleep(60)")

        task = asyncio.create_task(write())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not await _exists(row)


CANARY = "canary-9f3a@example.org"


async def test_errors_name_the_constraint_and_never_a_value():
    row = new_id()
    await execute(INSERT, row)
    statements = [
        (ConstraintViolated, INSERT, row),
        (ConstraintViolated, "INSERT INTO recipient (id, name) VALUES ($1, $2)", row, CANARY.encode()),
        (BadStatement, "SELECT $1::text::integer", CANARY),
        (BadStatement, "SELECT $1::integer", CANARY),
        (BadStatement, "SELECT nothing FROM nowhere WHERE $1::text = ''", CANARY),
        (BadStatement, "SELECT 1 / length(replace($1::text, $1::text, ''))", CANARY),
    ]

    for expected, sql, *values in statements:
        with pytest.raises(expected) as caught:
            await fetch(sql, *values)
        fault: BaseException | None = caught.value
        while fault is not None:
            assert CANARY not in str(fault)
            assert str(row) not in str(fault)
            assert CANARY.encode().hex() not in str(fault)
            fault = fault.__cause__ or fault.__context__


async def test_a_violated_constraint_is_told_by_name():
    row = new_id()
    await execute(INSERT, row)

    with pytest.raises(IntegrityError) as caught:
        await execute(INSERT, row)

    assert isinstance(caught.value, ConstraintViolated)
    assert caught.value.constraint == "recipient_pkey"
    assert caught.value.sqlstate == "23505"


async def test_no_value_reaches_a_log_whatever_its_level(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)

    with pytest.raises(BadStatement):
        await fetch("SELECT $1::text::integer", CANARY)
    await fetch("SELECT $1::text", CANARY)
    await Recipient.filter(id=new_id()).update(is_account_holder=True)

    assert CANARY not in caplog.text


async def test_statements_are_counted_by_database_and_without_values():
    with counting_statements() as statements:
        async with transaction():
            await fetch("SELECT $1::text", CANARY)
            await Recipient.filter(id=new_id()).exists()
            await detached(fetch("SELECT 3"), name="elsewhere")

    assert len(statements.shop) == len(statements) == 3
    assert CANARY not in "".join(statements.shop)
    assert not statements.keys


async def test_a_connection_comes_back_without_a_statement_to_reset_it():
    sent: list[str] = []
    async with connection().pool.connection() as lent:
        lent.add_query_logger(lambda record: sent.append(record.query))
    for _ in range(8):
        await fetch("SELECT 1")

    assert set(sent) <= {"SELECT 1"}


def _impatient(database: Embedded) -> Pool:
    return Pool("shop", database.shop.app_url, size=1, command_timeout_s=5, role="avow_app", patience_s=0.3)
