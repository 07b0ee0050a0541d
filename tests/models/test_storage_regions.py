"""Databases remember the region that they were made in, and serve no program that says another."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import pytest_asyncio

from models import deployment, migrating
from models.database import migrate
from models.faults import BadStatement, DatabaseElsewhere
from models.keys_schema import VERSIONS
from models.pool import Pool
from models.roles import APP
from server.embedded import Embedded, EmbeddedCluster
from tests.models.test_migrations import _scratch  # pyright: ignore[reportPrivateUsage]
from tests.patience import PATIENT

NAME = "made_in_europe"
LATER = "made_later"


@contextmanager
def standing_in(region: str) -> Iterator[None]:
    """Let the program say that it stands in another country."""
    before = deployment.region()
    deployment.stand_in(region)
    try:
        yield
    finally:
        deployment.stand_in(before)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def european(migrated: Embedded) -> AsyncIterator[dict[str, str]]:
    """A shop from before, brought up to date in Germany: its owner's addresses, by what `migrate` calls them."""
    every = migrating.unapplied

    async def before(fetch: Callable[..., Awaitable[Sequence[Any]]]) -> list[str]:
        return [name for name in await every(fetch) if not name.endswith("_places")]

    async with _scratch(migrated.shop.owner_url, NAME) as shop, _scratch(migrated.keys.owner_url, NAME) as keys:
        urls = {"shop_owner_url": shop, "keys_owner_url": keys}
        with standing_in("DE"):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(migrating, "unapplied", before)
                await migrate(**urls)
            await migrate(**urls)
        yield urls


@asynccontextmanager
async def pooled(
    cluster: EmbeddedCluster, region: str, *, name: str = NAME, is_opened: bool = True
) -> AsyncIterator[Pool]:
    """Connect as a program does that says a region."""
    url = urlunsplit(urlsplit(cluster.app_url)._replace(path=f"/{name}"))
    pool = Pool(name, url, size=1, role=APP, region=region, **PATIENT)
    if is_opened:
        await pool.open()
    try:
        yield pool
    finally:
        await pool.close()


async def noted(url: str) -> list[str]:
    """Read what a database remembers."""
    connection = await asyncpg.connect(url)
    try:
        return [row["region"] for row in await connection.fetch("SELECT region FROM storage_region")]
    finally:
        await connection.close()


async def test_a_region_is_noted_once_and_serves_all_that_guard_data_by_its_law(european: dict[str, str]):
    with standing_in("NO"):
        again = await migrate(**european)

    assert again == []
    assert [await noted(url) for url in european.values()] == [["EEA"], ["EEA"]]


@pytest.mark.clause("P8.1")
async def test_a_program_that_says_another_region_does_not_migrate(european: dict[str, str]):
    with pytest.raises(DatabaseElsewhere, match="made in the region `EEA`"):
        await migrate(**european)


@pytest.mark.clause("P8.1")
@pytest.mark.parametrize("kind", ["shop", "keys"])
async def test_a_program_that_says_another_region_is_not_served(
    migrated: Embedded, european: dict[str, str], kind: str
):
    cluster = {"shop": migrated.shop, "keys": migrated.keys}[kind]

    async with pooled(cluster, "AT") as pool, pool.connection() as connection:
        assert await connection.fetchval("SELECT 1") == 1
    async with pooled(cluster, "SG", is_opened=False) as pool:
        with pytest.raises(DatabaseElsewhere, match="the configuration says `SG`"):
            await pool.open()
        with pytest.raises(DatabaseElsewhere):
            async with pool.connection():
                raise AssertionError("unreachable")


@pytest.mark.clause("P8.1")
async def test_a_connection_from_before_a_database_was_made_is_not_kept_if_it_was_made_elsewhere(migrated: Embedded):
    async with _scratch(migrated.shop.owner_url, LATER) as url, pooled(migrated.shop, "SG", name=LATER) as pool:
        async with pool.connection() as connection:
            assert await connection.fetchval("SELECT 1") == 1

        owner = await asyncpg.connect(url)
        await owner.execute(f"{dict(VERSIONS)['0003_storage_region']}; GRANT SELECT ON storage_region TO avow_app")
        await owner.execute("INSERT INTO storage_region VALUES (1, 'EEA', '2026-01-01')")
        await owner.close()

        with pytest.raises(DatabaseElsewhere):
            async with pool.connection():
                raise AssertionError("unreachable")


@pytest.mark.parametrize("statement", ["UPDATE storage_region SET region = 'DE'", "DELETE FROM storage_region"])
async def test_the_program_cannot_change_what_a_database_remembers(
    migrated: Embedded, european: dict[str, str], statement: str
):
    for cluster in (migrated.shop, migrated.keys):
        async with pooled(cluster, "DE") as pool, pool.connection() as connection:
            with pytest.raises(BadStatement, match="42501"):
                await pool.run(statement, connection.execute, statement)
