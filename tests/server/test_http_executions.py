"""`/metrics` counts how operations were run: by plan, or by stock execution for a reason."""

import re

import httpx
import pytest

from schema import schema
from server.app import create
from tests.graphql.comparing import BY_STOCK
from tests.server.small_shop import ask, calling, no_databases, settings

pytestmark = pytest.mark.usefixtures("database")

COUNTED = re.compile(r'^avow_executions_total\{by="(\w+)",reason="([^"]*)"\} (\d+)', re.MULTILINE)


async def counts(client: httpx.AsyncClient) -> dict[tuple[str, str], int]:
    text = (await client.get("/metrics")).text
    return {(by, reason): int(count) for by, reason, count in COUNTED.findall(text)}


async def test_operations_are_counted_by_how_they_were_run_and_why() -> None:
    async with calling(create(settings(), schema=schema, storage=no_databases)) as client:
        before = await counts(client)
        for _ in range(3):
            assert (await ask(client, "{ privacyPolicy { version } }")).status_code == 200
        await ask(client, "{ __schema { queryType { name } } }")
        await ask(client, "query ($first: Int!) { products(first: $first) { totalCount } }", {"first": None})
        # What is refused before it runs is not run at all.
        await ask(client, "{ nothing }")
        after = await counts(client)

    assert before == {}
    assert after == {("plan", ""): 3, **{("stock", reason): 1 for reason in BY_STOCK}}
