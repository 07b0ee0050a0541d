"""Cost over HTTP: told in every answer, refused before anything runs, and charged to whoever asks."""

import secrets
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest

from policy.viewer import Viewer
from schema import schema
from server.app import create
from tests.graphql.shelves import Shelves, build
from tests.server.small_shop import GRAPHQL, ask, calling, codes, no_databases, settings

pytestmark = pytest.mark.usefixtures("database")

PRODUCT = "query ($handle: String!) { product(handle: $handle) { title variants { sku } } }"
PAGE = "query ($n: Int!) { products(first: $n) { nodes { title } } }"
DEEP = """{ categories(first: 100) { nodes { products(first: 100) { nodes { title supplier { name } } } } } }"""


def serving(**changes: Any) -> httpx.AsyncClient:
    """Serve the shop to people who have each a bucket of their own: what a credential says is who they are."""
    people: dict[str, Viewer] = {}

    async def known(credential: str) -> Viewer:
        return people.setdefault(credential, Viewer(account=uuid4()))

    chosen = replace(settings(), **changes)
    return calling(create(chosen, schema=schema, storage=no_databases, authenticated_by=known))


@pytest.fixture
async def client() -> AsyncGenerator[httpx.AsyncClient]:
    async with serving() as client:
        yield client


@pytest.fixture
async def shelves() -> Shelves:
    return await build()


def somebody() -> dict[str, str]:
    return {"Authorization": f"Bearer avow_session_{secrets.token_hex(8)}"}


async def test_every_answer_tells_what_it_cost_and_what_is_left(client: httpx.AsyncClient, shelves: Shelves) -> None:
    headers, handle = somebody(), shelves.products["teapot"].handle

    answers = [(await ask(client, PRODUCT, {"handle": handle}, headers=headers)).json() for _ in range(2)]

    first, second = (answer["extensions"]["cost"] for answer in answers)
    # The way in counts for 15 fields, the product for two, and its four variants for one each.
    assert first == {
        "requested": 18,
        "actual": 2,
        "limit": 1_000,
        "throttle": {"maximum": 20_000, "available": 19_998, "restoreRate": 500},
    }
    assert second["throttle"]["available"] in (19_996, 19_997, 19_998, 20_000)


async def test_an_operation_with_errors_tells_its_cost_too(client: httpx.AsyncClient) -> None:
    answer = (await ask(client, "{ products(first: 0) { nodes { title } } __typename }", headers=somebody())).json()

    assert {error["extensions"]["code"] for error in answer["errors"]} == {"BAD_PAGE"}
    assert answer["extensions"]["cost"]["actual"] <= answer["extensions"]["cost"]["requested"]


async def test_what_asks_for_too_much_is_refused_before_it_runs(client: httpx.AsyncClient) -> None:
    headers = somebody()

    response = await ask(client, DEEP, headers=headers)
    after = await ask(client, "{ __typename }", headers=headers)

    assert (response.status_code, codes(response)) == (400, ["QUERY_TOO_COSTLY"])
    assert "data" not in response.json()
    told = response.json()["extensions"]["cost"]
    assert told["requested"] > told["limit"] == 1_000
    assert f"{told['requested']:,}" in response.json()["errors"][0]["message"]
    assert after.json()["extensions"]["cost"]["throttle"]["available"] == 19_999


async def test_the_variables_decide_what_is_refused(client: httpx.AsyncClient) -> None:
    document = """query ($n: Int!) { categories(first: $n) { nodes { products(first: $n) { nodes {
      title supplier { name } } } } } }"""

    few, many = [await ask(client, document, {"n": n}, headers=somebody()) for n in (5, 100)]

    # The way in and 5 categories, 25 products with two fields each, and a field of each of their suppliers.
    assert few.json()["extensions"]["cost"]["requested"] == -(-(15 + 5 + 5 * 5 * 3) // 15)
    assert codes(many) == ["QUERY_TOO_COSTLY"]


async def test_who_has_spent_all_is_told_to_wait_and_nobody_else_is(shelves: Shelves) -> None:
    async with serving(cost_maximum=1_000, cost_per_second=1) as client:
        headers, other = somebody(), somebody()
        costs = [(await ask(client, PAGE, {"n": 100}, headers=headers)) for _ in range(3)]
        while (last := await ask(client, "{ privacySchema { classes { name } } }", headers=headers)).status_code == 200:
            costs.append(last)
        else_where = await ask(client, PAGE, {"n": 100}, headers=other)
        as_json = await ask(
            client,
            "{ privacySchema { classes { name } } }",
            headers={**headers, "Accept": "application/json"},
        )

    assert (last.status_code, codes(last)) == (429, ["THROTTLED"])
    assert as_json.status_code == 429
    told = last.json()["extensions"]["cost"]
    assert "actual" not in told
    assert told["requested"] > told["throttle"]["available"]
    wait = told["requested"] - told["throttle"]["available"]
    assert wait - 1 <= int(last.headers["retry-after"]) <= wait
    assert "data" not in last.json()
    assert len(costs) > 3
    assert else_where.status_code == 200


async def test_nobody_in_particular_pays_by_where_they_come_from(shelves: Shelves) -> None:
    trusting = settings(trusted_proxies=("127.0.0.1/32",))
    app = create(replace(trusting, cost_maximum=1_000, cost_per_second=1), schema=schema, storage=no_databases)
    heavy = "{ privacySchema { classes { name } } }"
    async with (
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app, client=(f"10.1.{secrets.randbelow(255)}.{secrets.randbelow(255)}", 1)),
            base_url="http://127.0.0.1",
        ) as one,
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app, client=(f"10.2.{secrets.randbelow(255)}.{secrets.randbelow(255)}", 1)),
            base_url="http://127.0.0.1",
        ) as other,
    ):
        statuses = [(await ask(one, heavy)).status_code for _ in range(9)]
        elsewhere = await ask(other, heavy)

    assert statuses == [200] * 7 + [429] * 2
    assert elsewhere.status_code == 200


async def test_what_a_refused_document_or_variable_costs_is_nothing(client: httpx.AsyncClient) -> None:
    headers = somebody()

    await ask(client, "{ nothing }", headers=headers)
    await client.post("/graphql", json={"query": PAGE, "variables": {"n": "x"}}, headers={"Accept": GRAPHQL, **headers})
    left = (await ask(client, "{ __typename }", headers=headers)).json()["extensions"]["cost"]["throttle"]["available"]

    # One for the operation whose variables were refused when it was about to run, one for the last.
    assert left >= 19_998
