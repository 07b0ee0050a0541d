"""The shop of the tests behind a real socket, and a client of its streams."""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn

from schema import schema
from server.app import create
from server.limits import RequestLimits
from server.serving import configuration
from tests.server.small_shop import no_databases, settings

EVENTS = "text/event-stream"
UPDATED = """subscription Follow($number: String!) {
  orderUpdated(number: $number) { number status recipient { name phone } lines { title shippedQuantity } }
}"""
WITHIN_S = 10.0
"""Within which whatever is to come has come, on a busy machine."""


@dataclass(slots=True)
class Following:
    """
    A stream as its client reads it.

    Args:
        quiet: How often it was told that there is nothing to tell.
    """

    response: httpx.Response
    lines: AsyncIterator[str]
    quiet: int = 0

    async def next(self) -> dict[str, Any] | None:
        """Wait for the next event; None once the stream is complete."""
        kind = ""
        async with asyncio.timeout(WITHIN_S):
            async for line in self.lines:
                if line.startswith(":"):
                    self.quiet += 1
                elif line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                elif line.startswith("data:") and kind == "complete":
                    return None
                elif line.startswith("data:"):
                    return json.loads(line.removeprefix("data:"))
        raise AssertionError("The connection ended before the stream was complete.")

    async def shown(self) -> Any:
        """Give what the next event shows of the order."""
        event = await self.next()
        assert event is not None, "the stream is complete"
        assert "errors" not in event, event
        return event["data"]["orderUpdated"]

    async def until(self, status: str) -> list[Any]:
        """Give what events show of the order up to one by which it has a status: a look may come between changes."""
        shown = [await self.shown()]
        while shown[-1]["status"] != status:
            shown.append(await self.shown())
        return shown

    async def code(self) -> str:
        """Give the code of the error that is the last event."""
        event = await self.next()
        assert event is not None, "the stream is complete"
        assert "data" not in event
        assert await self.next() is None
        return event["errors"][0]["extensions"]["code"]


@asynccontextmanager
async def serving(limits: RequestLimits | None = None, **changes: Any) -> AsyncGenerator[tuple[str, uvicorn.Server]]:
    """Serve the shop of the tests in this process."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    chosen = settings(**changes)
    app = create(chosen, schema=schema, storage=no_databases, limits=limits)
    server = uvicorn.Server(configuration(chosen, limits=limits, application=lambda: app))
    running = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        while not server.started:  # noqa: ASYNC110  # uvicorn has no event for it
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", server
    finally:
        server.should_exit = True
        await asyncio.wait_for(running, 30)


@asynccontextmanager
async def following(
    url: str, credential: str | None, number: str, document: str = UPDATED
) -> AsyncGenerator[Following]:
    """Follow an order over a connection of its own."""
    headers = {"Accept": EVENTS} | ({"Authorization": f"Bearer {credential}"} if credential is not None else {})
    body = {"query": document, "variables": {"number": number}}
    async with (
        httpx.AsyncClient(timeout=30) as client,
        client.stream("POST", f"{url}/graphql", json=body, headers=headers) as response,
    ):
        if response.headers["content-type"] != f"{EVENTS}; charset=utf-8":
            await response.aread()
        yield Following(response, response.aiter_lines())
