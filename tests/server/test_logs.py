"""Nothing of a person reaches the log, whatever part of a request it came in by."""

import asyncio
import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Generator
from typing import Any

import pytest

from server import logs
from tests.server.small_shop import TOKEN, application, calling, production

CANARY = "canary7391"


@pytest.fixture
def lines() -> Generator[io.StringIO]:
    stream = io.StringIO()
    restore = logs.configure(stream, level=logging.DEBUG)
    yield stream
    restore()


def parsed(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


async def test_a_request_with_canaries_in_every_part_leaves_none_in_log_output_or_answer(
    lines: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    headers = {
        "User-Agent": CANARY,
        "Referer": f"https://example.com/{CANARY}",
        "X-Forwarded-For": CANARY,
        "Accept-Language": CANARY,
        "Cookie": f"other={CANARY}",
        "Accept": "application/graphql-response+json",
    }
    exploding = (
        f'query {CANARY} ($secret: String) {{ explodes(secret: $secret) raisesAGraphqlError(secret: "{CANARY}") }}'
    )
    bodies: list[dict[str, Any]] = [
        {"query": exploding, "operationName": CANARY, "variables": {"secret": CANARY}},
        {"query": f"# {CANARY}\n{{ product {{ name }} }}", "extensions": {CANARY: CANARY}},
        {"query": "{ __typename }", "operationName": CANARY},
        {"query": "query ($name: String) { product(name: $name) { name } }", "variables": {"name": [CANARY, 1]}},
        {"query": f'{{ product(name: ["{CANARY}"]) {{ name }} }}'},
        {"query": f'{{ "{CANARY}" }}'},
        {CANARY: CANARY},
    ]

    answers: list[str] = []
    for app, origin in ((application(), "http://127.0.0.1"), (application(production()), "https://shop.example.com")):
        async with calling(app, origin=origin) as client:
            answers += [(await client.post("/graphql", json=body, headers=headers)).text for body in bodies]
            answers.append(
                (
                    await client.post("/graphql", content=f'{{"{CANARY}', headers={"Content-Type": "application/json"})
                ).text
            )
            answers.append((await client.get("/graphql", params={"query": f'{{ explodes(secret: "{CANARY}") }}'})).text)
            answers.append((await client.get(f"/{CANARY}?{CANARY}={CANARY}")).text)
            answers += [
                (await client.get("/graphql", headers={**headers, "Authorization": credential})).text
                for credential in (f"Bearer {CANARY}", f"Basic {CANARY}", CANARY)
            ]
            cookie = {"Cookie": f"avow_session={CANARY}; __Host-avow_session={CANARY}", "Avow-Client": CANARY}
            answers.append((await client.get("/graphql?query={__typename}", headers=cookie)).text)

    written = capfd.readouterr()
    assert len(answers) == 28
    assert sum(line["event"] == "resolver fault" for line in parsed(lines)) >= 4
    for text in (lines.getvalue(), written.out, written.err, *answers):
        assert CANARY not in text


async def test_a_request_is_one_line_of_listed_fields(lines: io.StringIO) -> None:
    async with calling(application()) as client:
        response = await client.post(
            "/graphql", json={"query": "{ explodes }"}, headers={"Authorization": f"Bearer {TOKEN}"}
        )

    fault, request = (line for line in parsed(lines) if line["event"] in ("resolver fault", "request"))
    assert request["request_id"] == fault["request_id"] == response.headers["avow-request-id"]
    assert request["status"] == 200
    assert (request["viewer_kind"], request["operation_kind"], request["code"]) == ("person", "query", "INTERNAL")
    assert fault["exception"] == "builtins.RuntimeError"
    assert fault["where"].startswith("tests.server.small_shop:")
    assert set(request) - {"at", "level", "event"} <= set(logs.FIELDS)


async def test_the_same_document_has_the_same_mark_and_another_one_another(lines: io.StringIO) -> None:
    async with calling(application()) as client:
        for query in ("{ product { name } }", "{ product { name } }", "{ __typename }"):
            await client.post("/graphql", json={"query": query})

    marks = [line["operation"] for line in parsed(lines) if line["event"] == "request"]
    assert marks[0] == marks[1] != marks[2]


def test_a_field_that_is_not_listed_or_has_another_type_is_dropped(lines: io.StringIO) -> None:
    logs.event("something", email=CANARY, status=CANARY, code=["a"], count=3, duration_ms=True)

    (line,) = parsed(lines)
    assert {key: line[key] for key in line if key not in ("at", "level")} == {"event": "something", "count": 3}


def test_a_field_is_one_line_of_plain_characters(lines: io.StringIO) -> None:
    logs.event("something", code="a\nb\u202e" + "x" * 500)

    (line,) = parsed(lines)
    assert line["code"].startswith("a?b?x")
    assert len(line["code"]) == 120


def test_a_library_s_record_keeps_its_place_and_loses_its_text(lines: io.StringIO) -> None:
    logger = logging.getLogger("some.library")
    logger.warning("row of %s", CANARY, extra={"avow_fields": {"code": CANARY}})
    try:
        raise ValueError(CANARY)
    except ValueError:
        logger.exception("while reading %(name)s", {"name": CANARY})

    first, second = parsed(lines)
    assert (first["event"], first["logger"]) == ("library", "some.library")
    assert second["exception"] == "builtins.ValueError"
    assert CANARY not in lines.getvalue()


def test_a_record_that_cannot_be_formatted_prints_nothing(
    lines: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    record = logging.LogRecord("some.library", logging.WARNING, __file__, 1, "%d items of %s", (CANARY,), None)
    (ours,) = (writer for writer in logging.getLogger().handlers if isinstance(writer.formatter, logs.AllowedFields))

    ours.handle(record)

    assert parsed(lines)[0]["event"] == "library"
    assert CANARY not in capfd.readouterr().err


def test_warnings_name_their_category_and_place(lines: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(f"about {CANARY}", UserWarning, stacklevel=1)

    (line,) = parsed(lines)
    assert line["category"] == "UserWarning"
    assert line["where"].startswith("test_logs:")
    assert CANARY not in lines.getvalue()


async def test_exceptions_that_nobody_waits_for_are_named_by_type(
    lines: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    async def fails() -> None:
        raise KeyError(CANARY)

    loop = asyncio.get_running_loop()
    logs.watch(loop)
    try:
        task = asyncio.create_task(fails())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        del task
        thread = threading.Thread(target=dict[str, str]().__getitem__, args=(CANARY,))
        thread.start()
        thread.join()
        sys.excepthook(ValueError, ValueError(CANARY), None)
    finally:
        loop.set_exception_handler(None)

    found = {line.get("exception") for line in parsed(lines)}
    assert {"builtins.KeyError", "builtins.ValueError"} <= found
    assert CANARY not in lines.getvalue() + capfd.readouterr().err
