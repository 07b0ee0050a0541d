"""What becomes of exceptions: nothing of them leaves, and each has a code."""

from collections.abc import AsyncGenerator

import httpx
import pytest

from tests.server.small_shop import application, ask, calling, codes

CANARY = "canary.alice@example.com"


@pytest.fixture
async def client() -> AsyncGenerator[httpx.AsyncClient]:
    async with calling(application()) as client:
        yield client


@pytest.mark.parametrize(
    "field", [f'explodes(secret: "{CANARY}")', f'raisesAGraphqlError(secret: "{CANARY}")', "returnsAnException"]
)
async def test_an_exception_is_masked_and_has_the_id_of_its_request(client: httpx.AsyncClient, field: str) -> None:
    response = await ask(client, "{ product { name } found: " + field + " }")

    error = response.json()["errors"][0]
    assert response.status_code == 200
    assert response.json()["data"] == {"product": {"name": "Lantern"}, "found": None}
    assert error["path"] == ["found"]
    assert error["extensions"] == {"code": "INTERNAL", "requestId": response.headers["avow-request-id"]}
    assert "canary" not in response.text


async def test_a_null_where_none_may_be_is_masked_too(client: httpx.AsyncClient) -> None:
    response = await ask(client, "{ neverNull }")

    assert response.status_code == 200
    assert response.json()["data"] is None
    assert codes(response) == ["INTERNAL"]


async def test_a_refusal_keeps_its_own_code_and_text(client: httpx.AsyncClient) -> None:
    error = (await ask(client, "{ refused }")).json()["errors"][0]

    assert error["message"] == "Ask for the scope `orders:read`."
    assert error["extensions"] == {"code": "INSUFFICIENT_SCOPE"}


async def test_a_refusal_by_a_resolver_keeps_its_own_code_and_text_too(client: httpx.AsyncClient) -> None:
    error = (await ask(client, "{ refusedByAResolver }")).json()["errors"][0]

    assert (error["message"], error["extensions"]) == ("Ask for 1 to 100 rows.", {"code": "BAD_PAGE"})


async def test_without_its_database_the_shop_is_unavailable(client: httpx.AsyncClient) -> None:
    response = await ask(client, "{ product { name } withoutDatabase }")

    assert response.status_code == 503
    assert response.headers["retry-after"]
    assert codes(response) == ["UNAVAILABLE"]


async def test_a_mutation_that_had_an_effect_before_the_database_went_away_says_so(client: httpx.AsyncClient) -> None:
    response = await ask(client, 'mutation { note(text: "x") losesTheDatabase }')

    assert response.status_code == 200
    assert response.json()["data"] == {"note": "noted", "losesTheDatabase": None}
    assert codes(response) == ["UNAVAILABLE"]


@pytest.mark.parametrize(
    ("document", "variables", "place"),
    [
        (
            "query ($lines: [LineInput!]!) { total(lines: $lines) }",
            {"lines": [{"sku": CANARY, "quantity": CANARY}]},
            "$lines.0.quantity",
        ),
        ("query ($lines: [LineInput!]!) { total(lines: $lines) }", {"lines": [{"sku": "a"}]}, "$lines.0"),
        (
            "query ($lines: [LineInput!]!) { total(lines: $lines) }",
            {"lines": [{"sku": "a", "quantity": 1, CANARY: 1}]},
            "$lines.0",
        ),
        ("query ($lines: [LineInput!]!) { total(lines: $lines) }", {"lines": None}, "$lines"),
        ("query ($lines: [LineInput!]!) { total(lines: $lines) }", {}, "$lines"),
        ("query ($name: String) { product(name: $name) { name } }", {"name": {"a": CANARY}}, "$name"),
    ],
)
async def test_a_variable_that_does_not_fit_is_named_by_its_place(
    client: httpx.AsyncClient, document: str, variables: dict[str, object], place: str
) -> None:
    response = await ask(client, document, variables)

    assert response.status_code == 400
    assert "data" not in response.json()
    assert codes(response) == ["BAD_VARIABLES"]
    assert f"`{place}`" in response.json()["errors"][0]["message"]
    assert CANARY not in response.text


@pytest.mark.parametrize(
    "document",
    [
        f'{{ product(name: 1) {{ name }} explodes(secret: ["{CANARY}"]) }}',
        f'{{ total(lines: [{{sku: "{CANARY}", quantity: "{CANARY}"}}]) }}',
        f'{{ total(lines: "{CANARY}") }}',
        f'{{ product(name: "a" "{CANARY}") {{ name }} }}',
        f'"{CANARY}"',
        f'{{ product(name: """{CANARY}',
        f'query ($name: String = 5, $other: String = "{CANARY}") {{ product(name: $name) {{ name }} }}',
    ],
)
async def test_a_value_in_a_faulty_document_is_not_repeated(client: httpx.AsyncClient, document: str) -> None:
    response = await ask(client, document)

    assert response.status_code == 400
    assert CANARY not in response.text


async def test_a_syntax_error_says_where_and_what_kind_of_token(client: httpx.AsyncClient) -> None:
    response = await ask(client, '{ product(name "Alice") }')

    error = response.json()["errors"][0]
    assert error["message"] == "Syntax error in line 1, column 16: expected ':', found String."
    assert error["locations"] == [{"line": 1, "column": 16}]
