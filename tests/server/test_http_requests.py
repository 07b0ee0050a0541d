"""Odd requests end in a 4xx with a code, and never in a 500."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from server.limits import RequestLimits
from tests.server.small_shop import GRAPHQL, application, ask, calling, codes

HEADERS = {"Content-Type": "application/json", "Accept": GRAPHQL}
ECHO = "query ($name: String) { product(name: $name) { name } }"


@pytest.fixture
async def client() -> AsyncGenerator[httpx.AsyncClient]:
    async with calling(application()) as client:
        yield client


def nested(depth: int) -> bytes:
    return b'{"query":"{__typename}","variables":{"a":' + b"[" * depth + b"]" * depth + b"}}"


def with_variable(text: str) -> bytes:
    return b'{"query":"{__typename}","variables":{"a":' + text.encode() + b"}}"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "BAD_REQUEST"),
        (b"  \n ", "BAD_REQUEST"),
        (b"null", "BAD_REQUEST"),
        (b'"query"', "BAD_REQUEST"),
        (b"17", "BAD_REQUEST"),
        (b"{", "BAD_JSON"),
        (b"{'query': 1}", "BAD_JSON"),
        (b'{"query":"{__typename}",}', "BAD_JSON"),
        (b'{"query":"{__typename}"} {}', "BAD_JSON"),
        (b'\xef\xbb\xbf{"query":"{__typename}"}', "BAD_JSON"),
        (b'{"query":"{__typename}\n"}', "BAD_JSON"),
        (b'{"query":"\xff"}', "BAD_ENCODING"),
        ('{"query":"{__typename}"}'.encode("utf-16"), "BAD_ENCODING"),
        (b'{"query":"{__typename}","variables":{"a":"\xed\xa0\x80"}}', "BAD_ENCODING"),
        (b'{"query":"\\ud800"}', "BAD_ENCODING"),
        (with_variable('"\\udfff"'), "BAD_ENCODING"),
        (with_variable('{"\\ud800": 1}'), "BAD_ENCODING"),
        (with_variable('"nothing\\u0000"'), "BAD_ENCODING"),
        (with_variable("NaN"), "BAD_NUMBER"),
        (with_variable("-Infinity"), "BAD_NUMBER"),
        (with_variable("1e999"), "BAD_NUMBER"),
        (with_variable("9" * 5_000), "BAD_NUMBER"),
        (with_variable("9223372036854775808"), "BAD_NUMBER"),
        (with_variable("0." + "1" * 5_000), "BAD_NUMBER"),
        (b'{"query":"{__typename}","query":"{__typename}"}', "DUPLICATE_KEY"),
        (with_variable('{"b":1,"b":2}'), "DUPLICATE_KEY"),
        (nested(40), "JSON_TOO_DEEP"),
        (nested(20_000), "JSON_TOO_DEEP"),
        (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, "JSON_TOO_DEEP"),
        (with_variable(json.dumps(list(range(251)))), "LIST_TOO_LONG"),
        (b'[{"query":"{__typename}"}]', "BATCHING_REFUSED"),
        (b"[]", "BATCHING_REFUSED"),
        (b'{"query":""}', "BAD_REQUEST"),
        (b'{"query":null}', "BAD_REQUEST"),
        (b'{"query":"{__typename}","operationName":"Other"}', "OPERATION_UNKNOWN"),
        (b'{"query":"fragment F on Query { __typename }"}', "GRAPHQL_VALIDATION_FAILED"),
        (b'{"query":"query A {__typename} query B {__typename}"}', "OPERATION_NAME_REQUIRED"),
        (b'{"query":"{__typename} query B {__typename}","operationName":"B"}', "GRAPHQL_VALIDATION_FAILED"),
        (b'{"query":"type A { b: C }"}', "GRAPHQL_VALIDATION_FAILED"),
        (b'{"query":"subscription { ticks }"}', "SUBSCRIPTION_NOT_SERVED"),
        (b'{"query":"{ product(name: \\"\\\\u0000\\") { name } }"}', "BAD_STRING"),
        (b'{"query":"# only a comment"}', "GRAPHQL_PARSE_FAILED"),
    ],
    ids=lambda value: value[:50].decode("latin-1") if isinstance(value, bytes) else value,
)
async def test_an_odd_body_is_refused_with_its_code(client: httpx.AsyncClient, body: bytes, code: str) -> None:
    response = await client.post("/graphql", content=body, headers=HEADERS)

    assert response.status_code == 400
    assert set(codes(response)) == {code}
    assert "data" not in response.json()


async def test_numbers_lists_and_depths_within_bounds_are_taken(client: httpx.AsyncClient) -> None:
    lines = [{"sku": "a", "quantity": 1}] * 250
    query = "query ($lines: [LineInput!]!) { total(lines: $lines) }"

    counted = await ask(client, query, {"lines": lines})
    largest = await client.post(
        "/graphql", content=with_variable("[9223372036854775807, 1e300, -0.5]"), headers=HEADERS
    )
    deep = await client.post("/graphql", content=nested(29), headers=HEADERS)

    assert counted.json()["data"] == {"total": 250}
    assert (largest.status_code, deep.status_code) == (200, 200)


async def test_characters_beyond_the_basic_plane_survive_as_escapes_and_as_bytes(client: httpx.AsyncClient) -> None:
    escaped = await client.post(
        "/graphql",
        content=json.dumps({"query": ECHO, "variables": {"name": "🏮 Ж"}}, ensure_ascii=True).encode(),
        headers=HEADERS,
    )
    plain = await ask(client, ECHO, {"name": "🏮 Ж"})

    assert escaped.json()["data"] == plain.json()["data"] == {"product": {"name": "🏮 Ж"}}


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/jsonp",
        "application/json; charset=latin-1",
        "application/json, text/plain",
        "application/graphql",
        GRAPHQL,
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
        "application/json; q=1",
    ],
)
async def test_any_other_type_of_body_is_unsupported(client: httpx.AsyncClient, content_type: str) -> None:
    response = await client.post(
        "/graphql", content=b'{"query":"{__typename}"}', headers={"Content-Type": content_type, "Accept": GRAPHQL}
    )

    assert response.status_code == 415
    assert codes(response) == ["UNSUPPORTED_MEDIA_TYPE"]


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip"])
async def test_a_compressed_body_is_unsupported(client: httpx.AsyncClient, encoding: str) -> None:
    response = await client.post("/graphql", content=b"\x1f\x8b", headers={**HEADERS, "Content-Encoding": encoding})

    assert response.status_code == 415
    assert codes(response) == ["UNSUPPORTED_MEDIA_TYPE"]


async def test_a_body_whose_type_is_named_twice_is_unsupported(client: httpx.AsyncClient) -> None:
    twice = [("Content-Type", "application/json"), ("Content-Type", "text/plain")]

    response = await client.post("/graphql", content=b'{"query":"{__typename}"}', headers=twice)

    assert response.status_code == 415


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
async def test_other_methods_are_told_which_there_are(client: httpx.AsyncClient, method: str) -> None:
    response = await client.request(method, "/graphql", headers={"Accept": GRAPHQL})

    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("/graphql", "BAD_REQUEST"),
        ("/graphql?query=%7B__typename%7D&query=%7B__typename%7D", "DUPLICATE_KEY"),
        ("/graphql?query=%FF", "BAD_ENCODING"),
        ("/graphql?query=%ED%A0%80", "BAD_ENCODING"),
        ("/graphql?query=%7B__typename%7D%00", "BAD_ENCODING"),
        ("/graphql?query=%7B__typename%7D&variables=%7B", "BAD_JSON"),
        ("/graphql?query=%7B__typename%7D&variables=3", "BAD_REQUEST"),
        ("/graphql?query=%7B__typename%7D&variables=" + quote("[" * 9_000), "JSON_TOO_DEEP"),
        ("/graphql?query=%7B__typename%7D&extensions=NaN", "BAD_NUMBER"),
        ("/graphql?" + "&".join(f"a{i}=1" for i in range(40)), "BAD_REQUEST"),
        ("/graphql?query=subscription%7Bticks%7D", "SUBSCRIPTION_NOT_SERVED"),
    ],
)
async def test_an_odd_address_is_refused_with_its_code(client: httpx.AsyncClient, address: str, code: str) -> None:
    response = await client.get(httpx.URL(address), headers={"Accept": GRAPHQL})

    assert response.status_code == 400
    assert codes(response) == [code]


async def test_empty_parameters_of_a_get_count_as_left_out(client: httpx.AsyncClient) -> None:
    response = await client.get("/graphql?query=%7B__typename%7D&variables=&operationName=&extensions=")

    assert response.json()["data"] == {"__typename": "Query"}


async def test_a_hash_without_a_document_is_not_found(client: httpx.AsyncClient) -> None:
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": "ab" * 32}}

    posted = await client.post("/graphql", json={"extensions": extensions}, headers={"Accept": GRAPHQL})
    got = await client.get("/graphql", params={"extensions": json.dumps(extensions)}, headers={"Accept": GRAPHQL})

    for response in (posted, got):
        assert response.status_code == 404
        assert codes(response) == ["PERSISTED_QUERY_NOT_FOUND"]


async def test_a_document_that_does_not_match_its_hash_is_refused(client: httpx.AsyncClient) -> None:
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": "ab" * 32}}

    response = await ask(client, "{ __typename }", extensions=extensions)

    assert response.status_code == 400
    assert codes(response) == ["BAD_REQUEST"]


async def test_a_mutation_is_not_run_by_get_even_when_it_is_chosen_by_name(client: httpx.AsyncClient) -> None:
    document = 'query Harmless { __typename } mutation Harm { note(text: "x") }'

    response = await client.get("/graphql", params={"query": document, "operationName": "Harm"})

    assert response.status_code == 405
    assert "data" not in response.json()


async def test_a_body_that_is_too_large_is_refused_whether_or_not_its_length_is_told() -> None:
    limits = RequestLimits(body_bytes=2_000)

    async def chunks() -> AsyncGenerator[bytes]:
        for _ in range(30):
            yield b" " * 100

    async with calling(application(limits=limits)) as client:
        told = await client.post("/graphql", content=b" " * 2_001, headers=HEADERS)
        untold = await client.post("/graphql", content=chunks(), headers=HEADERS)
        fits = await client.post("/graphql", content=b'{"query":"{__typename}"}'.ljust(2_000), headers=HEADERS)

    for response in (told, untold):
        assert response.status_code == 413
        assert codes(response) == ["BODY_TOO_LARGE"]
    assert fits.status_code == 200


async def test_headers_that_are_too_large_or_too_many_are_refused(client: httpx.AsyncClient) -> None:
    large = await client.get("/graphql", headers={"X-Long": "x" * 70_000})
    many = await client.get("/graphql", headers={f"X-{i}": "1" for i in range(70)})

    for response in (large, many):
        assert response.status_code == 431
        assert codes(response) == ["HEAD_TOO_LARGE"]


async def test_an_operation_that_takes_too_long_is_stopped() -> None:
    started = time.monotonic()
    async with calling(application(limits=RequestLimits(operation_seconds=0.1))) as client:
        response = await ask(client, "{ slow }")

    assert response.status_code == 503
    assert response.headers["retry-after"]
    assert codes(response) == ["DEADLINE_EXCEEDED"]
    assert response.json()["extensions"]["cost"]["actual"] >= 1
    assert time.monotonic() - started < 2


async def test_an_answer_that_is_too_large_is_not_sent() -> None:
    async with calling(application(limits=RequestLimits(answer_bytes=1_000))) as client:
        response = await ask(client, "{ long(characters: 1001) }")
        fits = await ask(client, "{ long(characters: 800) }")

    assert response.status_code == 400
    assert codes(response) == ["ANSWER_TOO_LARGE"]
    assert response.json()["extensions"]["cost"]["actual"] == fits.json()["extensions"]["cost"]["actual"] >= 1
    assert fits.status_code == 200


async def test_one_request_holds_one_sensitive_mutation_and_five_of_all_kinds(client: httpx.AsyncClient) -> None:
    guesses = await ask(client, 'mutation { a: login(password: "1") b: login(password: "2") }')
    in_fragments = await ask(
        client,
        'mutation { ...A ...B } fragment A on Mutation { a: login(password: "1") } '
        'fragment B on Mutation { b: login(password: "2") }',
    )
    six = await ask(client, "mutation {" + " ".join(f'a{i}: note(text: "x")' for i in range(6)) + "}")
    five = await ask(client, "mutation {" + " ".join(f'a{i}: note(text: "x")' for i in range(5)) + "}")
    one = await ask(client, 'mutation { login(password: "1") note(text: "x") }')

    for response in (guesses, in_fragments, six):
        assert response.status_code == 400
        assert codes(response) == ["TOO_MANY_MUTATIONS"]
    assert five.json()["data"] == {f"a{i}": "noted" for i in range(5)}
    assert one.json()["data"] == {"login": "in", "note": "noted"}


async def test_a_document_beyond_the_limits_is_refused_before_it_is_validated(client: httpx.AsyncClient) -> None:
    cases: dict[str, Any] = {
        "QUERY_TOO_LARGE": "{ product { name } } #" + "x" * 15_000,
        "QUERY_TOO_DEEP": "{ product {" + "related {" * 10 + "name" + "}" * 11 + "}",
        "QUERY_TOO_MANY_ALIASES": "{" + " ".join(f"a{i}: __typename" for i in range(16)) + "}",
        "QUERY_TOO_MANY_DIRECTIVES": "{ product { " + "name @skip(if: true) " * 21 + "} }",
    }
    for code, document in cases.items():
        response = await ask(client, document)

        assert response.status_code == 400
        assert codes(response) == [code]


async def test_every_answer_forbids_sniffing_and_storing(client: httpx.AsyncClient) -> None:
    for response in (await ask(client, "{ __typename }"), await ask(client, "{"), await client.put("/graphql")):
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["cache-control"] == "no-store"
        assert "server" not in response.headers
        assert "strict-transport-security" not in response.headers


@pytest.mark.parametrize("path", ["/graphql/", "/livez/", "/explorer/viewers/"])
async def test_a_path_with_a_slash_too_many_is_not_redirected_to_a_host_of_the_callers_choice(
    client: httpx.AsyncClient, path: str
) -> None:
    response = await client.get(path)

    assert response.status_code == 404
    assert "location" not in response.headers


async def test_an_operation_that_gets_no_turn_in_time_is_told_to_come_back() -> None:
    limits = RequestLimits(operation_seconds=0.4, operations_at_once=1)
    async with calling(application(limits=limits)) as client:
        # Its turn lasts longer than the others wait, because it takes its time to stop.
        first = asyncio.create_task(ask(client, "{ stubborn }"))
        await asyncio.sleep(0.1)
        waiting = await asyncio.gather(*(ask(client, "{ slow }") for _ in range(3)))
        held = await first
        after = await ask(client, "{ viewerKind }")

    assert codes(held) == ["DEADLINE_EXCEEDED"]
    assert [response.status_code for response in waiting] == [503] * 3
    assert [codes(response) for response in waiting] == [["UNAVAILABLE"]] * 3
    assert after.status_code == 200
