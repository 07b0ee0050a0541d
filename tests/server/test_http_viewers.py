"""Who asks over HTTP: credentials, cookies, foreign pages, and what strangers learn of the schema."""

from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest

from tests.at_home import at_home
from tests.server.small_shop import GRAPHQL, TOKEN, application, ask, calling, codes, production, settings

BEARER = {"Authorization": f"Bearer {TOKEN}"}
KIND = "{ viewerKind }"
SHOP = "https://shop.example.com"
COOKIE = f"avow_session={TOKEN}"
SECURE_COOKIE = f"__Host-avow_session={TOKEN}"


@pytest.fixture
async def client() -> AsyncGenerator[httpx.AsyncClient]:
    async with calling(application()) as client:
        yield client


@pytest.fixture
async def live() -> AsyncGenerator[httpx.AsyncClient]:
    app = application(production(allowed_origins=frozenset({"https://m.example.com"})))
    async with calling(app, origin=SHOP) as client:
        yield client


async def test_without_a_credential_nobody_in_particular_asks(client: httpx.AsyncClient) -> None:
    assert (await ask(client, KIND)).json()["data"] == {"viewerKind": "anonymous"}


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER  "])
async def test_a_bearer_token_says_who_asks(client: httpx.AsyncClient, scheme: str) -> None:
    response = await ask(client, KIND, headers={"Authorization": f"{scheme} {TOKEN}"})

    assert response.json()["data"] == {"viewerKind": "person"}


@pytest.mark.parametrize(
    "value",
    [
        "Bearer",
        "Bearer ",
        "Bearer nobody",
        "Basic dXNlcjpwYXNz",
        TOKEN,
        "Bearer a b",
        "Bearer " + "x" * 5_000,
        "Bearer é",
    ],
)
async def test_a_bad_credential_is_unauthenticated(client: httpx.AsyncClient, value: str) -> None:
    response = await ask(client, KIND, headers={"Authorization": value.encode("utf-8")})  # type: ignore[dict-item]

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert codes(response) == ["UNAUTHENTICATED"]


async def test_an_older_media_type_does_not_hide_that_a_credential_is_bad(client: httpx.AsyncClient) -> None:
    response = await ask(client, KIND, headers={"Authorization": "Bearer nobody", "Accept": "application/json"})

    assert response.status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        [("Authorization", f"Bearer {TOKEN}"), ("Cookie", COOKIE), ("Avow-Client", "web")],
        [("Authorization", f"Bearer {TOKEN}"), ("Authorization", "Bearer other")],
        [("Cookie", f"{COOKIE}; avow_session=other"), ("Avow-Client", "web")],
        [("Cookie", COOKIE), ("Cookie", COOKIE), ("Avow-Client", "web")],
    ],
)
async def test_two_credentials_at_once_are_refused(client: httpx.AsyncClient, headers: list[tuple[str, str]]) -> None:
    response = await client.post("/graphql", json={"query": KIND}, headers=[*headers, ("Accept", GRAPHQL)])

    assert response.status_code == 400
    assert codes(response) == ["CREDENTIALS_AMBIGUOUS"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Avow-Client": "web"},
        {"Avow-Client": "web", "Sec-Fetch-Site": "same-origin"},
        {"Origin": SHOP},
        {"Origin": "https://m.example.com"},
    ],
)
async def test_the_cookie_counts_when_a_page_of_ours_sends_it(live: httpx.AsyncClient, headers: dict[str, str]) -> None:
    response = await ask(live, KIND, headers={"Cookie": SECURE_COOKIE, **headers})

    assert response.json()["data"] == {"viewerKind": "person"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example.com"},
        {"Origin": "https://evil.example.com", "Avow-Client": "web"},
        {"Origin": "null", "Avow-Client": "web"},
        {"Origin": "http://shop.example.com"},
        {"Avow-Client": "web", "Sec-Fetch-Site": "cross-site"},
        {"Referer": f"{SHOP}/"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_cookie_is_refused_when_a_foreign_page_may_have_sent_it(
    live: httpx.AsyncClient, method: str, headers: dict[str, str]
) -> None:
    sent: dict[str, Any] = {"params": {"query": KIND}} if method == "GET" else {"json": {"query": KIND}}

    response = await live.request(
        method, "/graphql", headers={"Cookie": SECURE_COOKIE, "Accept": GRAPHQL, **headers}, **sent
    )

    assert response.status_code == 403
    assert codes(response) == ["CSRF_REFUSED"]


async def test_a_form_cannot_carry_the_cookie(live: httpx.AsyncClient) -> None:
    response = await live.post(
        "/graphql",
        content=b'{"query":"{ viewerKind }"}',
        headers={"Cookie": SECURE_COOKIE, "Origin": SHOP, "Content-Type": "text/plain"},
    )

    assert response.status_code == 415


async def test_a_bearer_token_needs_no_proof_of_the_page(live: httpx.AsyncClient) -> None:
    response = await ask(live, KIND, headers={**BEARER, "Origin": "https://partner.example.com"})

    assert response.json()["data"] == {"viewerKind": "person"}


async def test_production_knows_its_own_cookie_only(live: httpx.AsyncClient) -> None:
    response = await ask(live, KIND, headers={"Cookie": COOKIE, "Avow-Client": "web"})

    assert response.json()["data"] == {"viewerKind": "anonymous"}


async def test_logging_in_sets_a_cookie_that_scripts_and_plain_http_do_not_get(
    client: httpx.AsyncClient, live: httpx.AsyncClient
) -> None:
    query = 'mutation { login(password: "x") }'

    in_development = (await ask(client, query)).headers["set-cookie"]
    in_production = (await ask(live, query)).headers["set-cookie"]

    assert in_development == "avow_session=avow_session_fresh; Path=/; HttpOnly; SameSite=Lax"
    assert in_production == "__Host-avow_session=avow_session_fresh; Path=/; HttpOnly; SameSite=Lax; Secure"


async def test_logging_out_and_an_ended_session_take_the_cookie_away(client: httpx.AsyncClient) -> None:
    out = await ask(client, "mutation { logout }")
    ended = await ask(client, KIND, headers={"Cookie": "avow_session=ended", "Avow-Client": "web"})

    assert "Max-Age=0" in out.headers["set-cookie"]
    assert ended.status_code == 401
    assert "Max-Age=0" in ended.headers["set-cookie"]


async def test_an_operation_that_leaves_the_session_alone_sets_no_cookie(client: httpx.AsyncClient) -> None:
    assert "set-cookie" not in (await ask(client, KIND)).headers


async def test_only_the_family_of_the_program_and_a_hash_of_the_address_are_kept(client: httpx.AsyncClient) -> None:
    browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

    response = await ask(client, "{ clientFacts }", headers={"User-Agent": browser, "Avow-Client": "app"})

    kind, family, hashed = response.json()["data"]["clientFacts"]
    assert (kind, family) == ("app", "Firefox")
    assert len(hashed) == 64
    assert b"127.0.0.1".hex() not in hashed


async def test_strangers_to_a_live_shop_get_one_text_for_every_unknown_thing(live: httpx.AsyncClient) -> None:
    unknown = [
        "{ nothing }",
        "{ product { naem } }",
        "{ product(nmae: 1) { name } }",
        "query ($a: Nothing) { product(name: $a) { name } }",
        "{ ... on Nothing { a } }",
        "{ product { name { more } } }",
        "{ product(name: 5) { name } }",
    ]

    answers = [await ask(live, document) for document in unknown]

    assert len({answer.content for answer in answers}) == 1
    assert codes(answers[0]) == ["GRAPHQL_VALIDATION_FAILED"]


async def test_strangers_to_a_live_shop_do_not_see_the_schema_and_others_do(live: httpx.AsyncClient) -> None:
    for document in (
        "{ __schema { types { name } } }",
        '{ __type(name: "Query") { name } }',
        "{ a: __schema { types { name } } }",
    ):
        stranger = await ask(live, document)
        somebody = await ask(live, document, headers=BEARER)

        assert codes(stranger) == ["INTROSPECTION_REFUSED"]
        assert somebody.status_code == 200
        assert somebody.json()["data"]
    assert (await ask(live, "{ __typename }")).status_code == 200


async def test_those_who_may_know_learn_what_is_wrong_without_suggestions(live: httpx.AsyncClient) -> None:
    response = await ask(live, "{ product { naem } }", headers=BEARER)

    assert response.json()["errors"][0]["message"] == "Cannot query field 'naem' on type 'Product'."
    assert response.json()["errors"][0]["locations"] == [{"line": 1, "column": 13}]


async def test_production_insists_on_https(live: httpx.AsyncClient) -> None:
    assert "max-age=63072000" in (await ask(live, KIND)).headers["strict-transport-security"]


async def test_pages_of_allowed_origins_only_may_call_from_elsewhere(live: httpx.AsyncClient) -> None:
    def asking(origin: str) -> dict[str, str]:
        return {
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type,avow-client",
        }

    allowed = await live.options("/graphql", headers=asking("https://m.example.com"))
    foreign = await live.options("/graphql", headers=asking("https://evil.example.com"))

    assert allowed.headers["access-control-allow-origin"] == "https://m.example.com"
    assert "access-control-allow-origin" not in foreign.headers


@pytest.mark.parametrize("host", ["shop.example.com", "127.0.0.1.evil.example.com", "10.0.0.1", ""])
async def test_development_answers_loopback_names_only(client: httpx.AsyncClient, host: str) -> None:
    response = await client.get("/livez", headers={"Host": host})

    assert response.status_code == 421
    assert codes(response) == ["HOST_REFUSED"]


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "127.0.0.1:5", "[::1]:8000", "LOCALHOST"])
async def test_development_answers_every_loopback_name(client: httpx.AsyncClient, host: str) -> None:
    assert (await client.get("/livez", headers={"Host": host})).status_code == 200


async def test_the_demos_products_have_pictures_in_development(tmp_path: Any) -> None:
    async with calling(application(settings(tmp_path))) as client:
        drawn = await client.get("/media/brass-desk-lamp.svg")
        unknown = await client.get("/media/a%3Cscript%3E.svg")
    async with calling(application(production(data=at_home(tmp_path))), origin=SHOP) as client:
        in_production = await client.get("/media/brass-desk-lamp.svg")

    assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/svg+xml")
    assert ">BD</text>" in drawn.text
    assert "sandbox" in drawn.headers["content-security-policy"]
    assert (unknown.status_code, in_production.status_code) == (404, 404)


async def test_demo_viewers_are_listed_in_development_for_our_own_page(tmp_path: Any) -> None:
    (tmp_path / "demo-viewers.json").write_text('[{"name": "customer", "about": "buys", "token": "t"}]')
    async with calling(application(settings(tmp_path))) as client:
        listed = await client.get("/explorer/viewers", headers={"Sec-Fetch-Site": "same-origin"})
        foreign = await client.get("/explorer/viewers", headers={"Sec-Fetch-Site": "cross-site"})
    async with calling(application()) as client:
        none_yet = await client.get("/explorer/viewers")
    async with calling(application(production(data=at_home(tmp_path))), origin=SHOP) as client:
        in_production = await client.get("/explorer/viewers")

    assert listed.json() == [{"name": "customer", "about": "buys", "token": "t"}]
    assert (foreign.status_code, foreign.json()) == (403, [])
    assert none_yet.json() == []
    assert in_production.status_code == 404
