"""The shop that the tests of the schema ask."""

import pytest_asyncio

from tests.graphql.world import World, build


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(database: object) -> World:
    """A shop of its own for each module."""
    return await build()
