"""The key store: one key for each person, gone within five seconds, wrapped anew while others read."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from models import keys, secrets
from models.ids import new_id
from models.keys import CACHED_FOR_S, ERASED, KeyStore, KeyStoreFault
from models.orders import Recipient
from models.pool import Pool
from models.sealed import Cell, open_cells, seal
from models.secrets import Secrets
from server.embedded import Embedded
from tests.models.programs import Program, running
from tests.patience import PATIENT


@pytest_asyncio.fixture(loop_scope="session")
async def pool(database: Embedded) -> AsyncIterator[Pool]:
    """A pool of its own to the key store, as another worker has."""
    pool = Pool("keys", database.keys.app_url, size=4, role="avow_app", **PATIENT)
    await pool.open()
    yield pool
    await pool.close()


@pytest.fixture
def three_programs(database: Embedded) -> Iterator[list[Program]]:
    with ExitStack() as stack:
        yield [stack.enter_context(running(database.shop.app_url, database.keys.app_url)) for _ in range(3)]


async def _row(database: Embedded, subject: UUID) -> asyncpg.Record | None:
    connection = await asyncpg.connect(database.keys.owner_url)
    try:
        return await connection.fetchrow("SELECT * FROM subject_key WHERE subject = $1", subject)
    finally:
        await connection.close()


def test_programs_that_create_a_persons_key_at_once_get_the_same_one(three_programs: list[Program]):
    for _ in range(20):
        subject = str(new_id())

        for program in three_programs:
            program.tell("seal", subject=subject)
        sealed = [program.hear() for program in three_programs]

        for cell in sealed:
            for program in three_programs:
                answer = program.ask("open", subject=subject, row=cell["row"], cell=cell["cell"])
                assert answer["opened"] == "somebody"


async def test_tasks_that_create_many_keys_in_any_order_get_the_same_ones(pool: Pool):
    stores = [KeyStore(pool, secrets.current()) for _ in range(8)]
    subjects = [new_id() for _ in range(40)]

    given = await asyncio.gather(
        *(store.keys(subjects[number:] + subjects[:number], create=True) for number, store in enumerate(stores))
    )

    for subject in subjects:
        sealed: set[bytes] = set()
        for found in given:
            key = found[subject]
            assert key is not ERASED
            sealed.add(key.encrypt(bytes(12), b"x", None))
        assert len(sealed) == 1


async def test_a_destroyed_key_is_out_of_use_everywhere_within_five_seconds(
    database: Embedded, three_programs: list[Program]
):
    subject = new_id()
    cell = three_programs[0].ask("seal", subject=str(subject))
    asked = {"subject": str(subject), "row": cell["row"], "cell": cell["cell"]}
    for program in three_programs:
        assert program.ask("open", **asked)["opened"] == "somebody"

    await keys.destroy(subject)
    destroyed = time.monotonic()

    remaining = list(three_programs)
    while remaining:
        assert time.monotonic() - destroyed < 5.0
        remaining = [program for program in remaining if program.ask("open", **asked)["opened"] == "somebody"]
        await asyncio.sleep(0.05)
    for program in three_programs:
        assert program.ask("open", **asked)["opened"] == str(ERASED)
        assert program.ask("seal", subject=str(subject))["fault"] == "SubjectErased"


async def test_destroying_leaves_no_key_behind_and_may_be_repeated(database: Embedded):
    subject, unknown = new_id(), new_id()
    await keys.subject_keys([subject], create=True)

    for _ in range(2):
        await keys.destroy(subject)
        await keys.destroy(unknown)

    for destroyed in (subject, unknown):
        row = await _row(database, destroyed)
        assert row is not None
        assert row["wrapped"] is None
        assert row["destroyed_at"] is not None


async def test_keys_leave_memory_also_when_nobody_asks_for_them_again(pool: Pool, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(keys, "CACHED_FOR_S", 0.2)
    store = KeyStore(pool, secrets.current())
    await store.keys([new_id() for _ in range(10)], create=True)
    held = store._cache  # pyright: ignore[reportPrivateUsage]
    assert len(held) == 10

    await asyncio.sleep(0.4)

    assert not held
    assert CACHED_FOR_S < 5.0


async def test_the_cache_is_bounded(pool: Pool, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(keys, "CACHED_AT_MOST", 20)
    store = KeyStore(pool, secrets.current())

    given = await store.keys([new_id() for _ in range(100)], create=True)

    assert len(given) == 100
    assert len(store._cache) == 20  # pyright: ignore[reportPrivateUsage]
    store.forget()


async def test_keys_are_stored_wrapped_and_bound_to_their_person(database: Embedded):
    one, other = new_id(), new_id()
    await keys.subject_keys([one, other], create=True)
    connection = await asyncpg.connect(database.keys.owner_url)
    try:
        await connection.execute(
            "UPDATE subject_key SET wrapped = (SELECT wrapped FROM subject_key WHERE subject = $2) WHERE subject = $1",
            one,
            other,
        )
        keys.current().forget()

        with pytest.raises(KeyStoreFault):
            await keys.subject_keys([one])
    finally:
        await connection.execute("DELETE FROM subject_key WHERE subject = $1", one)
        await connection.close()


async def test_rotating_wraps_every_key_anew_while_others_read_and_write(database: Embedded):
    before = secrets.current()
    old = before.active
    both = {**before.key_encryption_keys, "rotated": os.urandom(32)}
    subjects = [new_id() for _ in range(700)]
    sealed = [await seal(Recipient, subject, subject, name=str(subject)) for subject in subjects]
    cells = [Cell(Recipient, "name", s, s, c["name"]) for s, c in zip(subjects, sealed, strict=True)]
    programs = [Secrets(before.master, both, "rotated")] * 2
    reader = Pool("keys", database.keys.app_url, size=2, role="avow_app", **PATIENT)
    await reader.open()
    keys.configure(KeyStore(reader, Secrets(before.master, both, old)))
    reads = 0
    try:
        with ExitStack() as stack, ThreadPoolExecutor(2) as threads:
            rotating = [
                stack.enter_context(running(database.shop.app_url, database.keys.app_url, given)) for given in programs
            ]
            answers = [threads.submit(program.ask, "rotate") for program in rotating]
            while not all(answer.done() for answer in answers) or reads < 3:
                keys.current().forget()
                assert await open_cells(cells) == [str(subject) for subject in subjects]
                # While its wrapping key is still registered, a worker that was not restarted yet goes on making keys.
                reads += 1
                await asyncio.sleep(0)
            wrapped = sum(answer.result()["wrapped"] for answer in answers)
        keys.current().forget()

        assert wrapped >= len(subjects)
        assert await open_cells(cells) == [str(subject) for subject in subjects]
        owner = await asyncpg.connect(database.keys.owner_url)
        try:
            assert await owner.fetchval("SELECT count(*) FROM subject_key WHERE wrapped_by = $1", old) == 0
            assert [row[0] for row in await owner.fetch("SELECT id FROM key_encryption_key")] == ["rotated"]
        finally:
            await owner.close()
        # A worker that only has the old one says so, and cannot wrap anything with it any more.
        stale = KeyStore(reader, before)
        assert "rotated" in (await stale.faults())[0]
        with pytest.raises(KeyStoreFault):
            await stale.keys([new_id()], create=True)
        with pytest.raises(KeyStoreFault):
            await stale.keys(subjects[:1])
    finally:
        # Back to the keys of the session, by the same way.
        keys.configure(KeyStore(reader, Secrets(before.master, both, old)))
        await keys.rotate()
        await reader.close()
        await _reconnected(database)
    assert await open_cells(cells) == [str(subject) for subject in subjects]


async def test_a_worker_that_was_not_restarted_cannot_wrap_with_a_struck_off_key(pool: Pool, database: Embedded):
    before = secrets.current()
    both = {**before.key_encryption_keys, "second": os.urandom(32)}
    straggler = KeyStore(pool, before)
    await straggler.keys([new_id()], create=True)

    await KeyStore(pool, Secrets(before.master, both, "second")).rotate()

    try:
        with pytest.raises(KeyStoreFault, match="rotated away"):
            await straggler.keys([new_id()], create=True)
    finally:
        await KeyStore(pool, Secrets(before.master, both, before.active)).rotate()


async def test_another_key_under_a_registered_name_is_noticed(pool: Pool):
    before = secrets.current()
    impostor = KeyStore(pool, Secrets(before.master, {before.active: os.urandom(32)}, before.active))

    assert "is not the key that was registered" in (await impostor.faults())[0]
    with pytest.raises(KeyStoreFault):
        await impostor.keys([new_id()], create=True)


async def _reconnected(database: Embedded) -> None:
    from models import database as shop_database

    given = secrets.current()
    await shop_database.disconnect()
    await shop_database.connect(shop_url=database.shop.app_url, keys_url=database.keys.app_url, secrets=given)
