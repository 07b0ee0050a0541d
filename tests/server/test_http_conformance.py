"""The audits of GraphQL over HTTP (github.com/graphql/graphql-http), as our own tests; each names its audit."""

import json
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest

from tests.server.small_shop import GRAPHQL, application, calling

JSON = "application/json"
QUERY = {"query": "{ __typename }"}
TYPED = {"query": "query Type($name: String!) { __type(name: $name) { name } }", "variables": {"name": "sometype"}}
NOT_A_STRING: list[Any] = [{"obj": "ect"}, 0, False, ["array"]]
NOT_A_MAP: list[Any] = ["string", 0, False, ["array"]]


@pytest.fixture
async def client() -> AsyncGenerator[httpx.AsyncClient]:
    async with calling(application()) as client:
        del client.headers["accept"]
        yield client


async def post(client: httpx.AsyncClient, body: Any, accept: str | None) -> httpx.Response:
    headers = {"Content-Type": JSON} | ({"Accept": accept} if accept else {})
    content = body if isinstance(body, str) else json.dumps(body)
    return await client.post("/graphql", content=content, headers=headers)


@pytest.mark.parametrize(
    ("audit", "accept", "media_type"),
    [("22EB", GRAPHQL, GRAPHQL), ("4655", JSON, JSON), ("47DE", "*/*", JSON), ("80D8", None, JSON)],
)
async def test_the_answer_has_the_media_type_that_was_asked_for(
    client: httpx.AsyncClient, audit: str, accept: str | None, media_type: str
) -> None:
    posted = await post(client, QUERY, accept)
    got = await client.get("/graphql", params=QUERY, headers={"Accept": accept} if accept else {})

    for response in (posted, got):
        assert response.status_code == 200, audit
        assert response.headers["content-type"] == f"{media_type}; charset=utf-8"


async def test_answers_are_utf_8(client: httpx.AsyncClient) -> None:
    response = await post(client, {"query": '{ product(name: "灯笼 ландыш") { name } }'}, None)

    assert response.status_code == 200, "82A3"
    assert json.loads(response.content.decode("utf-8"))["data"]["product"]["name"] == "灯笼 ландыш"


@pytest.mark.parametrize(
    ("audit", "content_type"), [("BF61", f"{JSON}; charset=utf-8"), ("78D5", JSON), ("03D4", JSON)]
)
async def test_a_post_of_json_in_utf_8_is_taken(client: httpx.AsyncClient, audit: str, content_type: str) -> None:
    response = await client.post("/graphql", content=json.dumps(QUERY), headers={"Content-Type": content_type})

    assert response.status_code == 200, audit
    assert response.json()["data"] == {"__typename": "Query"}


async def test_a_get_runs_queries_and_no_mutations(client: httpx.AsyncClient) -> None:
    query = await client.get("/graphql", params=QUERY)
    mutation = await client.get("/graphql", params={"query": "mutation { __typename }"}, headers={"Accept": GRAPHQL})

    assert query.status_code == 200, "5A70"
    assert mutation.status_code == 405, "9C48"
    assert mutation.headers["allow"] == "POST"


async def test_a_post_without_a_type_or_without_a_body_is_refused(client: httpx.AsyncClient) -> None:
    untyped = await client.post("/graphql")
    empty = await client.post("/graphql", headers={"Content-Type": JSON})

    assert untyped.status_code == 415, "9ABE"
    assert empty.status_code == 400, "7267"
    assert empty.json()["errors"]


FAULTY_PARAMETERS = [
    pytest.param("6610 3715", {"notquery": "{ __typename }"}, id="no query"),
    pytest.param("3E36 17C5 34D6 F5AF", {"qeury": "{ __typename }"}, id="a misspelt query"),
    *(pytest.param("4F5x 9FEx", {"query": value}, id=f"query {value}") for value in NOT_A_STRING),
    *(
        pytest.param("E3Ex FB9x", {**QUERY, "operationName": value}, id=f"operationName {value}")
        for value in NOT_A_STRING
    ),
    *(pytest.param("69Bx F05x", {**QUERY, "variables": value}, id=f"variables {value}") for value in NOT_A_MAP),
    *(pytest.param("904x 368x", {**QUERY, "extensions": value}, id=f"extensions {value}") for value in NOT_A_MAP),
    pytest.param("60AA 2163 D477", '{ "not a JSON', id="no JSON"),
    pytest.param("865D 556A D586 572B", {"query": "{"}, id="no GraphQL"),
    pytest.param("51FE 74FF 5E5B FDE2", {"query": "{ 8f31403dfe404bccbb0e835f2629c6a7 }"}, id="an odd field"),
    pytest.param("51FE 74FF 5E5B FDE2", {"query": "{ f31403dfe404bccbb0e835f2629c6a7 }"}, id="an unknown field"),
]


@pytest.mark.parametrize(("audits", "body"), FAULTY_PARAMETERS)
async def test_a_request_error_is_400_for_the_newer_type_and_200_for_the_older_one_by_name(
    client: httpx.AsyncClient, audits: str, body: Any
) -> None:
    newer = await post(client, body, GRAPHQL)
    older = await post(client, body, JSON)
    unnamed = await post(client, body, None)

    assert (newer.status_code, older.status_code, unnamed.status_code) == (400, 200, 400), audits
    for response in (newer, older, unnamed):
        assert response.json()["errors"][0]["extensions"]["code"]
        assert "data" not in response.json()


@pytest.mark.parametrize("accept", [GRAPHQL, JSON])
@pytest.mark.parametrize(
    ("audits", "body"),
    [
        ("34A2 13EE", QUERY),
        ("8161 B8B3", {"operationName": "Query", "query": "query Query { __typename }"}),
        *(
            (f"94B{i} 022{i}", {**QUERY, name: None})
            for i, name in enumerate(("variables", "operationName", "extensions"))
        ),
        ("2EA1 28B9", TYPED),
        ("428F 1B7A", {**QUERY, "extensions": {"some": "value"}}),
    ],
)
async def test_whole_parameters_are_executed(client: httpx.AsyncClient, accept: str, audits: str, body: Any) -> None:
    response = await post(client, body, accept)

    assert response.status_code == 200, audits
    assert "errors" not in response.json()


@pytest.mark.parametrize("accept", [GRAPHQL, JSON])
async def test_variables_of_a_get_are_json(client: httpx.AsyncClient, accept: str) -> None:
    parameters = {"query": str(TYPED["query"]), "variables": json.dumps(TYPED["variables"])}

    response = await client.get("/graphql", params=parameters, headers={"Accept": accept})

    assert response.status_code == 200, "D6D5 6A70"
    assert response.json()["data"] == {"__type": None}


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (f"{GRAPHQL}, {JSON};q=0.9", GRAPHQL),
        (f"{JSON};q=0.5, {GRAPHQL}", GRAPHQL),
        (f"{JSON}, {GRAPHQL}", GRAPHQL),
        (f"{JSON}, {GRAPHQL};q=0.1", JSON),
        (f"{GRAPHQL.upper()}", GRAPHQL),
        (f"{GRAPHQL};charset=utf-8", GRAPHQL),
        (f"{GRAPHQL};q=0, */*", JSON),
        (f"{JSON};q=0, */*", GRAPHQL),
        ("text/html, application/*;q=0.1", JSON),
    ],
)
async def test_wishes_are_weighed(client: httpx.AsyncClient, accept: str, media_type: str) -> None:
    response = await post(client, QUERY, accept)

    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"


@pytest.mark.parametrize(
    "accept",
    ["text/html", f"{GRAPHQL}x", f"{JSON};charset=latin-1", f"{JSON};q=0", "*/*;q=0", "application/jsonp", ";;,"],
)
async def test_a_type_that_only_looks_alike_is_not_acceptable(client: httpx.AsyncClient, accept: str) -> None:
    response = await post(client, QUERY, accept)

    assert response.status_code == 406
    assert response.json()["errors"][0]["extensions"]["code"] == "NOT_ACCEPTABLE"
