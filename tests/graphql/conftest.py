"""The shop that the tests of the schema ask."""

import gc
import warnings
from collections.abc import Iterator

import pytest
import pytest_asyncio

from tests.graphql.world import World, build


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(database: object) -> World:
    """A shop of its own for each module."""
    return await build()


@pytest.fixture(scope="module")
def nothing_left_behind() -> Iterator[None]:
    """Collect what stock execution left, before another test hears of it."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        gc.collect()
