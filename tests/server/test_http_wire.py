"""The server on a real socket: slow, endless and broken senders, slow readers, stopping."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import pytest
import uvicorn

from server.http_protocol import BoundedHttpProtocol
from server.limits import RequestLimits
from server.serving import configuration
from tests.server.small_shop import application, settings

BODY = json.dumps({"query": "{ __typename }"}).encode()
HEAD = b"POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
WHOLE = HEAD + b"content-length: %d\r\n\r\n" % len(BODY) + BODY
LIMITS = RequestLimits(head_seconds=0.5, body_seconds=0.5, send_seconds=0.5, head_bytes=8_000, body_bytes=4_000)


@asynccontextmanager
async def serving(limits: RequestLimits = LIMITS) -> AsyncGenerator[tuple[int, uvicorn.Server]]:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    chosen = settings()
    server = uvicorn.Server(configuration(chosen, limits=limits, application=lambda: application(chosen, limits)))
    running = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        while not server.started:  # noqa: ASYNC110  # uvicorn has no event for it
            await asyncio.sleep(0.01)
        yield listening.getsockname()[1], server
    finally:
        server.should_exit = True
        await asyncio.wait_for(running, 10)


@pytest.fixture
async def port() -> AsyncGenerator[int]:
    async with serving() as (port, _):
        yield port


async def sent(port: int, *pieces: bytes, pause: float = 0.0) -> bytes:
    """Send pieces with pauses between them until the server ends the connection, and give all that it said."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = bytearray()

    async def receiving() -> None:
        with suppress(ConnectionError):
            while chunk := await reader.read(65_536):
                received.extend(chunk)

    answering = asyncio.create_task(receiving())
    for piece in pieces:
        if answering.done():
            break
        with suppress(ConnectionError):
            writer.write(piece)
            await writer.drain()
        await asyncio.sleep(pause)
    await asyncio.wait_for(answering, 3)
    writer.close()
    return bytes(received)


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


async def test_an_answer_names_no_program_and_the_connection_is_kept(port: int) -> None:
    answer = await sent(port, WHOLE, WHOLE.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n", 1), pause=0.1)

    assert answer.count(b'{"data":{"__typename":"Query"},') == 2
    assert b"\r\nserver:" not in answer.lower()
    assert b"\r\ndate:" in answer.lower()


async def test_a_slow_head_is_ended(port: int) -> None:
    started = time.monotonic()

    answer = await sent(port, *(bytes([byte]) for byte in WHOLE[:40]), pause=0.03)

    assert status(answer) == 408
    assert time.monotonic() - started < 3


async def test_a_connection_that_says_nothing_is_ended_without_a_word(port: int) -> None:
    assert await sent(port) == b""


@pytest.mark.parametrize(
    "endless",
    [
        b"GET /graphql?query=" + b"x" * 20_000,
        HEAD + b"x-long: " + b"x" * 20_000,
        HEAD + b"".join(b"x-%d: 1\r\n" % i for i in range(2_000)),
    ],
    ids=["address", "one header", "many headers"],
)
async def test_an_endless_head_is_ended(port: int, endless: bytes) -> None:
    answer = await sent(port, *(endless[at : at + 1_000] for at in range(0, len(endless), 1_000)), pause=0.001)

    assert status(answer) == 431


async def test_a_slow_body_is_ended(port: int) -> None:
    answer = await sent(port, HEAD + b"content-length: 30\r\n\r\n", *(b" " for _ in range(40)), pause=0.05)

    assert status(answer) == 408
    assert b"REQUEST_TIMEOUT" in answer
    assert b"connection: close" in answer.lower()


async def test_a_body_that_stops_is_ended(port: int) -> None:
    answer = await sent(port, HEAD + b"content-length: 30\r\n\r\n{")

    assert status(answer) == 408


async def test_a_large_body_gets_its_answer_and_the_connection_ends(port: int) -> None:
    large = b" " * 100_000

    answer = await sent(port, HEAD + b"content-length: %d\r\n\r\n" % len(large), large)

    assert status(answer) == 413
    assert b"BODY_TOO_LARGE" in answer


async def test_an_endless_chunked_body_is_ended(port: int) -> None:
    chunk = b"3e8\r\n" + b" " * 1_000 + b"\r\n"

    answer = await sent(port, HEAD + b"transfer-encoding: chunked\r\n\r\n", *([chunk] * 100))

    assert status(answer) in (408, 413)


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"HELLO\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        HEAD + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"content-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
        HEAD + b"content-length: -1\r\n\r\n",
        HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n",
        HEAD + b"bad header\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_400_and_the_end_of_the_connection(port: int, nonsense: bytes) -> None:
    answer = await sent(port, nonsense)

    assert answer == b"" or status(answer) in (400, 408)


async def test_an_unread_body_is_not_taken_for_the_next_request(port: int) -> None:
    smuggled = b"GET /livez HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"
    head = b"PUT /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: %d\r\n\r\n" % (len(smuggled) + 10)

    answer = await sent(port, head + smuggled)

    assert status(answer) == 405
    assert b"alive" not in answer


async def test_a_client_that_does_not_take_its_answer_is_cut_off() -> None:
    limits = RequestLimits(send_seconds=0.5)
    body = json.dumps({"query": "{ long(characters: 2000000) }"}).encode()
    request = HEAD + b"content-length: %d\r\n\r\n" % len(body) + body
    async with serving(limits) as (port, server):
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        slow.setblocking(False)
        await asyncio.get_running_loop().sock_connect(slow, ("127.0.0.1", port))
        # Several answers, because the kernel itself takes some megabytes for the client.
        await asyncio.get_running_loop().sock_sendall(slow, request * 6)
        deadline = time.monotonic() + 5
        await asyncio.sleep(0.3)
        assert server.server_state.connections
        while server.server_state.connections and time.monotonic() < deadline:  # noqa: ASYNC110  # nor for this
            await asyncio.sleep(0.05)
        left = len(server.server_state.connections)
        slow.close()

    assert left == 0


async def test_a_stopping_server_ends_what_has_begun() -> None:
    body = json.dumps({"query": "{ long(characters: 1000) }"}).encode()
    async with serving() as (port, server):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD + b"content-length: %d\r\n\r\n" % len(body))
        await asyncio.sleep(0.1)
        server.should_exit = True
        await asyncio.sleep(0.2)
        writer.write(body)
        answer = await asyncio.wait_for(reader.read(), 3)
        writer.close()

    assert status(answer) == 200
    assert answer.endswith(b"}")
    assert b'x"},"extensions"' in answer


def test_the_loop_and_the_parser_are_the_fast_ones_and_no_access_is_logged() -> None:
    chosen = configuration(settings(), application=application)
    chosen.load()

    factory = chosen.get_loop_factory()
    assert factory is not None
    assert factory.__module__.startswith("uvloop")
    assert issubclass(chosen.http_protocol_class, BoundedHttpProtocol)
    assert not chosen.access_log
    assert not chosen.server_header


async def test_what_is_no_http_is_refused_with_the_headers_of_every_answer(port: int) -> None:
    answer = await sent(port, b"NOT HTTP AT ALL\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"\r\nx-content-type-options: nosniff\r\n" in answer
