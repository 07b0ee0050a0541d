"""What bounds streams: how many there are, how long they last, and what they hold while nothing happens."""

import asyncio
import io
import json
import re
import socket
from contextlib import AsyncExitStack
from urllib.parse import quote

import asyncpg
import httpx
import pytest

from models import database
from models.ids import new_id
from models.orders import OrderLine, OrderStatus
from models.pool import counting_statements
from models.roles import APP
from server import logs
from server.embedded import Embedded
from server.limits import RequestLimits
from tests.commerce.test_outbox import end_connections
from tests.graphql.wards import somebody
from tests.server.streaming import EVENTS, UPDATED, following, serving
from tests.server.test_streams import LEAN, PHONE, QUICK, bought, moved, signed_in

pytestmark = pytest.mark.usefixtures("database")


async def figure(url: str, name: str) -> float:
    """Read a figure without labels, or the sum of one with labels."""
    async with httpx.AsyncClient() as client:
        text = (await client.get(f"{url}/metrics")).text
    return sum(float(value) for value in re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.MULTILINE))


async def until_none_is_open(url: str) -> None:
    async with asyncio.timeout(10):
        while await figure(url, "avow_streams_running"):  # noqa: ASYNC110  # the server is asked from outside
            await asyncio.sleep(0.05)


def error(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["errors"][0]["extensions"]["code"]


@pytest.mark.parametrize("limit", ["streams", "streams_per_viewer"])
async def test_streams_are_limited_and_a_place_is_free_again_once_its_client_is_gone(limit: str) -> None:
    buyer = await somebody()
    order, _ = await bought(buyer)
    credential = await signed_in(buyer)
    limits = RequestLimits(look_seconds=0.1, keep_alive_seconds=0.2, **{limit: 1})  # type: ignore[arg-type]

    async with serving(limits) as (url, _server):
        async with following(url, credential, order.number) as one:
            await one.shown()
            async with following(url, credential, order.number) as two:
                refused = two.response
        await until_none_is_open(url)
        async with following(url, credential, order.number) as three:
            later = await three.shown()

    assert error(refused) == (429, "TOO_MANY_STREAMS")
    assert refused.headers["retry-after"] == "5"
    assert later["status"] == "PAID"


async def test_what_is_refused_before_the_first_event_takes_no_place_and_is_answered_in_json() -> None:
    buyer = await somebody()
    order, _ = await bought(buyer)
    credential = await signed_in(buyer)

    async with serving(QUICK) as (url, _server), httpx.AsyncClient(base_url=url) as client:

        async def sent(query: str, **headers: str) -> httpx.Response:
            body = {"query": query, "variables": {"number": order.number}}
            given = {"Accept": EVENTS, "Authorization": f"Bearer {credential}", **headers}
            return await client.post("/graphql", json=body, headers=given)

        answers = [
            await sent("subscription {"),
            await sent(UPDATED.replace("orderUpdated(", "orderMoved(")),
            await sent(UPDATED, Authorization="Bearer avow_session_of_nobody"),
            await sent(UPDATED, Accept="application/json, application/graphql-response+json"),
            await sent("{ __typename }"),
            await sent(f"{UPDATED[:-1]} again: orderUpdated(number: $number) {{ id }} }}"),
        ]
        by_cookie = await client.get(
            f"/graphql?query={quote(LEAN)}&variables={quote(json.dumps({'number': order.number}))}",
            headers={"Accept": EVENTS, "Cookie": f"avow_session={credential}"},
        )
        open_ = await figure(url, "avow_streams_running")

    assert [error(answer) for answer in answers] == [
        (400, "GRAPHQL_PARSE_FAILED"),
        (400, "GRAPHQL_VALIDATION_FAILED"),
        (401, "UNAUTHENTICATED"),
        (400, "SUBSCRIPTION_NOT_SERVED"),
        (406, "NOT_ACCEPTABLE"),
        (400, "GRAPHQL_VALIDATION_FAILED"),
    ]
    assert error(by_cookie) == (403, "CSRF_REFUSED")
    assert {answer.headers["content-type"] for answer in answers} <= {
        "application/json; charset=utf-8",
        "application/graphql-response+json; charset=utf-8",
    }
    assert open_ == 0


async def test_a_subscription_is_begun_by_get_as_a_query_is() -> None:
    buyer = await somebody()
    order, _ = await bought(buyer)
    address = f"/graphql?query={quote(LEAN)}&variables={quote(json.dumps({'number': order.number}))}"
    headers = {"Accept": f"application/json, {EVENTS}", "Authorization": f"Bearer {await signed_in(buyer)}"}

    limits = RequestLimits(stream_seconds=0.3, keep_alive_seconds=0.1)
    async with serving(limits) as (url, _server), httpx.AsyncClient(base_url=url) as client:
        whole = (await client.get(address, headers=headers)).text

    events = [line for line in whole.split("\n\n") if line and not line.startswith(":")]
    assert events[0].startswith('event: next\ndata: {"data":{"orderUpdated":{"status":"PAID"}}')
    assert events[1:] == ["event: complete\ndata:"]
    assert ":\n\n" in whole


async def test_streams_hold_no_connection_to_the_database_while_nothing_happens() -> None:
    buyer = await somebody()
    order, _ = await bought(buyer)
    credential = await signed_in(buyer)

    async with serving(QUICK) as (url, _server), asyncio.TaskGroup() as tasks:
        quiet = asyncio.Event()

        async def follow() -> str:
            async with following(url, credential, order.number) as stream:
                await stream.shown()
                waiting.release()
                await quiet.wait()
                return (await stream.shown())["status"]

        waiting = asyncio.Semaphore(0)
        # More than the pool has connections.
        followers = [tasks.create_task(follow()) for _ in range(9)]
        for _ in followers:
            await waiting.acquire()
        async with database.transaction():
            assert await database.fetch("SELECT 1")
            await moved(order, OrderStatus.SHIPPED)
        quiet.set()

    assert [each.result() for each in followers] == ["SHIPPED"] * 9


async def test_changes_are_looked_for_by_one_statement_for_all_streams_and_by_none_without_streams() -> None:
    buyer = await somebody()
    orders = [(await bought(buyer))[0] for _ in range(4)]
    credential = await signed_in(buyer)

    async with serving(QUICK) as (url, _server):
        async with AsyncExitStack() as stack:
            streams = [await stack.enter_async_context(following(url, credential, order.number)) for order in orders]
            for stream in streams:
                await stream.shown()
            # Whatever else the program does in the background was done, or is not about marks.
            with counting_statements() as during:
                await asyncio.sleep(1)
        await until_none_is_open(url)
        with counting_statements() as after:
            await asyncio.sleep(0.5)

    looks = [sql for sql in during.shop if "xmin" in sql]
    assert 3 <= len(looks) <= 11
    assert not [sql for sql in after.shop if "xmin" in sql]


async def test_a_change_made_while_the_database_was_lost_is_told_once_it_is_back(database: Embedded) -> None:
    buyer = await somebody()
    order, _ = await bought(buyer)

    async with serving(QUICK) as (url, _server), following(url, await signed_in(buyer), order.number) as stream:
        await stream.shown()
        writer = await asyncpg.connect(database.shop.app_url, server_settings={"role": APP})
        for status in ("SHIPPED", "DELIVERED"):
            # All that the program has open, so that the next look of the streams fails.
            await end_connections(database, "avow")
            await writer.execute('UPDATE "order" SET status = $2 WHERE id = $1', order.id, status)
        await writer.close()
        after = await stream.shown()
        while after["status"] != "DELIVERED":
            after = await stream.shown()

    assert after["status"] == "DELIVERED"


async def test_a_stopping_server_completes_its_streams() -> None:
    buyer = await somebody()
    order, _ = await bought(buyer)

    async with serving(QUICK) as (url, server), following(url, await signed_in(buyer), order.number) as stream:
        await stream.shown()
        server.should_exit = True
        ended = await stream.next()

    assert ended is None


async def test_who_reads_nothing_holds_one_event_and_is_cut_off() -> None:
    buyer = await somebody()
    order, _ = await bought(buyer)
    line = await OrderLine.get(order_id=order.id)
    await OrderLine.bulk_create(
        OrderLine(
            id=new_id(),
            order_id=order.id,
            supplier_id=line.supplier_id,
            position=position,
            sku="SKU",
            title="x" * 255,
            quantity=1,
            currency="SGD",
            unit_price_minor=1,
        )
        for position in range(10, 310)
    )
    titles = " ".join(f"t{at}: title" for at in range(10))
    document = f"subscription ($number: String!) {{ orderUpdated(number: $number) {{ status lines {{ {titles} }} }} }}"
    body = json.dumps({"query": document, "variables": {"number": order.number}}).encode()
    limits = RequestLimits(look_seconds=0.02, keep_alive_seconds=0.2, send_seconds=1.0)

    async with serving(limits) as (url, _server):
        reader = socket.socket()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        reader.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(reader, ("127.0.0.1", int(url.rsplit(":", 1)[1])))
        head = f"POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: {EVENTS}\r\ncontent-type: application/json\r\n"
        head += f"authorization: Bearer {await signed_in(buyer)}\r\ncontent-length: {len(body)}\r\n\r\n"
        await loop.sock_sendall(reader, head.encode() + body)
        async with asyncio.timeout(30):
            while not await figure(url, "avow_streams_running"):  # noqa: ASYNC110  # as above
                await asyncio.sleep(0.05)
            while await figure(url, "avow_streams_running"):
                await moved(order, OrderStatus.SHIPPED)
                await asyncio.sleep(0.05)
                await moved(order, OrderStatus.DELIVERED)
                await asyncio.sleep(0.05)
        reader.close()
        sent = await figure(url, "avow_stream_events_total")

    assert 1 <= sent < 40


async def test_streams_are_counted_and_logged_without_a_word_of_what_they_told() -> None:
    buyer = await somebody()
    order, _ = await bought(buyer)
    lines = io.StringIO()
    restore = logs.configure(lines)
    try:
        async with serving(QUICK) as (url, _server):
            async with following(url, await signed_in(buyer), order.number) as stream:
                await stream.shown()
                await moved(order, OrderStatus.SHIPPED)
                await stream.shown()
                during = await figure(url, "avow_streams_running")
                request_id = stream.response.headers["avow-request-id"]
            await until_none_is_open(url)
            events, ended = await figure(url, "avow_stream_events_total"), await figure(url, "avow_streams_total")
            planned = await figure(url, "avow_executions_total")
    finally:
        restore()

    written = [json.loads(line) for line in lines.getvalue().splitlines()]
    (end,) = [line for line in written if line["event"] == "stream ended"]
    assert (during, events, ended, planned) == (1, 2, 1, 2)
    assert (end["request_id"], end["count"], end["code"], end["viewer_kind"]) == (request_id, 2, "client", "person")
    assert [line["status"] for line in written if line["event"] == "request"] == [200]
    for told in (order.number, PHONE, "Edda", str(order.id)):
        assert told not in lines.getvalue()
