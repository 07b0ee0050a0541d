"""The directives of operations over HTTP: inputs are completed from them, and what was asked for is told."""

import secrets
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest

from commerce.acceptances import in_force, term_ids
from models.accounts import Registration
from models.ids import read_public_id
from models.products import Product, ProductVariant
from schema import schema
from server.app import create
from tests.commerce.people import PASSWORD, policy
from tests.graphql.shelves import Shelves, build
from tests.server.small_shop import ask, calling, codes, no_databases, settings

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def client() -> AsyncGenerator[httpx.AsyncClient]:
    async with calling(create(settings(), schema=schema, storage=no_databases)) as client:
        yield client


async def registration(number: str, **other: Any) -> dict[str, Any]:
    await policy()
    current = await in_force()
    return {
        "contact": {"email": f"{number}@mail.example"},
        "password": PASSWORD,
        "birthDate": "1990-04-12",
        "region": "SE",
        "acceptance": {"version": current.version, "highlightedTerms": sorted(term_ids(current))},
        **other,
    }


async def register(client: httpx.AsyncClient, directive: str, given: dict[str, Any]) -> dict[str, Any]:
    document = f"""mutation ($input: AccountRegisterInput!) {directive} {{
      accountRegister(input: $input) {{ registration {{ id }} userErrors {{ code }} }}
    }}"""
    return (await ask(client, document, {"input": given})).json()["data"]["accountRegister"]


async def in_yen(shelves: Shelves) -> str:
    product = shelves.products["cup"]
    await Product.filter(id=product.id).update(currency="JPY")
    await ProductVariant.filter(product_id=product.id).update(currency="JPY")
    return product.handle


async def test_what_was_understood_is_told(client: httpx.AsyncClient) -> None:
    document = 'query ($money: CurrencyCode) @inContext(country: "cn", language: ZH, currency: $money) { __typename }'

    told = (await ask(client, document, {"money": "JPY"})).json()
    untold = (await ask(client, "{ __typename }")).json()

    assert told["extensions"]["context"] == {"country": "CN", "language": "ZH", "currency": "JPY"}
    assert "context" not in untold["extensions"]


async def test_the_same_text_is_understood_anew_for_other_variables(client: httpx.AsyncClient) -> None:
    document = "query ($money: CurrencyCode) @inContext(currency: $money) { __typename }"

    answers = [(await ask(client, document, {"money": money})).json() for money in ("JPY", "EUR", None)]

    assert [answer["extensions"].get("context", {}).get("currency") for answer in answers] == ["JPY", "EUR", None]


async def test_decisions_are_told_to_who_asks_for_them(client: httpx.AsyncClient) -> None:
    asked = (await ask(client, "query @explain { __typename }")).json()
    unasked = (await ask(client, "{ __typename }")).json()

    assert asked["extensions"]["privacy"] == {"withheld": [], "decisions": []}
    assert unasked["extensions"]["privacy"] == {"withheld": []}


async def test_the_currency_is_that_of_the_products_listed(client: httpx.AsyncClient) -> None:
    shelves = await build()
    handle = await in_yen(shelves)

    def document(directive: str, narrowed: str = "") -> str:
        words = f'search(query: "{shelves.mark}", first: 50{narrowed})'
        return f"query {directive} {{ {words} {{ totalCount nodes {{ handle }} }} }}"

    def handles(answer: httpx.Response) -> set[str]:
        return {node["handle"] for node in answer.json()["data"]["search"]["nodes"]}

    yen = handles(await ask(client, document("@inContext(currency: JPY)")))
    euros = handles(await ask(client, document("@inContext(currency: EUR)")))
    outweighed = handles(await ask(client, document("@inContext(currency: EUR)", ", filter: { currencyCode: JPY }")))
    cheap = handles(await ask(client, document("@inContext(currency: JPY)", ', filter: { priceMax: "100" }')))

    assert yen == outweighed == {handle}
    assert handle not in euros
    assert len(euros) > 1
    assert cheap == set()


async def test_a_price_still_wants_a_currency_without_it(client: httpx.AsyncClient) -> None:
    document = '{ products(first: 1, filter: { priceMax: "100" }) { nodes { handle } } }'

    assert codes(await ask(client, document)) == ["BAD_ARGUMENT"]
    assert "errors" not in (await ask(client, "query @inContext(currency: EUR) " + document)).json()


@pytest.mark.parametrize(
    ("directive", "said", "language"),
    [("", {}, "en"), ("@inContext(language: ZH)", {}, "zh"), ("@inContext(language: ZH)", {"language": "EN"}, "en")],
)
async def test_the_language_is_that_of_messages_unless_the_input_says_another(
    client: httpx.AsyncClient, directive: str, said: dict[str, str], language: str
) -> None:
    done = await register(client, directive, await registration(secrets.token_hex(8), **said))

    assert done["userErrors"] == []
    row = await Registration.get(id=read_public_id(done["registration"]["id"])[1])
    assert row.language == language


async def test_the_country_reads_phone_numbers_in_its_own_form(client: httpx.AsyncClient) -> None:
    contact = {"contact": {"phone": "070-174 06 05"}}

    unread = await register(client, "", await registration("x", **contact))
    read = await register(client, '@inContext(country: "SE")', await registration("x", **contact))
    document = """mutation @inContext(country: "SE") {
      login(input: { address: "070-174 06 05", password: "no" }) { userErrors { code } }
    }"""
    login = (await ask(client, document)).json()

    assert [error["code"] for error in unread["userErrors"]] == ["PHONE_NOT_VALID"]
    # It is read, and then this shop sends no texts.
    assert [error["code"] for error in read["userErrors"]] == ["PHONE_NOT_SERVED"]
    assert login["data"]["login"]["userErrors"] == [{"code": "CREDENTIALS_NOT_VALID"}]


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ('query @inContext(country: "Atlantis") { __typename }', "BAD_ARGUMENT"),
        ('query @inContext(country: "XX") { __typename }', "BAD_ARGUMENT"),
        ("query @inContext(currency: DOUBLOON) { __typename }", "GRAPHQL_VALIDATION_FAILED"),
        ('query @inContext(city: "Rome") { __typename }', "GRAPHQL_VALIDATION_FAILED"),
        ("query @inContext(currency: EUR) @inContext(currency: JPY) { __typename }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ __typename @inContext(currency: EUR) }", "GRAPHQL_VALIDATION_FAILED"),
        ("query @elsewhere { __typename }", "GRAPHQL_VALIDATION_FAILED"),
        ("query ($c: Int) @inContext(currency: $c) { __typename }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_what_is_no_context_is_refused(client: httpx.AsyncClient, document: str, code: str) -> None:
    assert codes(await ask(client, document)) == [code]


async def test_a_variable_that_does_not_fit_is_refused_as_any(client: httpx.AsyncClient) -> None:
    document = "query ($money: CurrencyCode) @inContext(currency: $money) { __typename }"

    assert codes(await ask(client, document, {"money": "DOUBLOON"})) == ["BAD_VARIABLES"]
