"""Streams of events: how many there are, when each goes on, and when it ends."""

import asyncio
import hashlib
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from commerce.credentials import fingerprint
from commerce.standing import standing_of
from permissions.fields import Marks
from server import logs
from server.answers import ALWAYS
from server.http_protocol import DRAINING
from server.limits import RequestLimits
from server.media_types import EVENT_STREAM
from server.metrics import Metrics
from server.refusals import RequestRefused
from server.watching import Watched, Watching

_UNKNOWN = "unknown"
_COMPLETE = b"event: complete\ndata:\n\n"
_KEEP_ALIVE = b":\n\n"


@dataclass(frozen=True, slots=True)
class Event:
    """
    What came of one look at what a stream shows.

    Args:
        body: The answer as JSON, as a query would have it.
        shown: Stands for all in it that the viewer is shown; None where there is no `data`.
        is_last: Whether there is nothing more to show.
        code: Of the first error in it.
    """

    body: bytes
    shown: bytes | None
    is_last: bool
    code: str | None = None


def standing_for(*shown: Any) -> bytes:
    """Give a few bytes that stand for what is shown, to tell whether it is another time."""
    return hashlib.blake2b(orjson.dumps(shown), digest_size=16).digest()


class Streams:
    """The streams of one worker."""

    def __init__(self, limits: RequestLimits, metrics: Metrics) -> None:
        self.limits = limits
        self.metrics = metrics
        self.watching = Watching(every_s=limits.look_seconds, first=standing_of)
        self._open: Counter[str] = Counter()

    def begin(self, viewer: str) -> "Stream":
        """
        Take a place for a stream; `Stream.end` has to follow.

        Args:
            viewer: Who pays for its events.

        Raises:
            RequestRefused: 429 `TOO_MANY_STREAMS`.
        """
        is_own = self._open[viewer] >= self.limits.streams_per_viewer
        if is_own or self._open.total() >= self.limits.streams:
            raise RequestRefused(
                429,
                "TOO_MANY_STREAMS",
                f"You have {self.limits.streams_per_viewer} streams open, which is the limit: end one of them first."
                if is_own
                else "The server has as many streams open as it may: try again in a few seconds, or ask by a query.",
                headers={"Retry-After": "5"},
            )
        self._open[viewer] += 1
        self.metrics.streaming(self._open.total())
        return Stream(self, viewer)

    def end(self, viewer: str) -> None:
        """Give a place back."""
        self._open[viewer] -= 1
        if not self._open[viewer]:
            del self._open[viewer]
        self.metrics.streaming(self._open.total())


class Stream:
    """
    The place of one stream, and what it looks at: what it shows, and the credential that it was begun with.

    INVARIANT (no credential is used once it opens nothing): one that was replaced meanwhile would seem to have been
    copied. So nothing is run again before the last look found it as it was.
    """

    def __init__(self, of: Streams, viewer: str) -> None:
        self.of = of
        self.changed = asyncio.Event()
        self._viewer = viewer
        self._credential: Watched | None = None
        self._shown: Watched | None = None
        self._has_ended = False

    @property
    def is_watching(self) -> bool:
        """Whether further events can come."""
        return self._shown is not None and not self.is_refused

    @property
    def is_refused(self) -> bool:
        """Whether its credential opens nothing any more."""
        return self._credential is not None and self._credential.mark is None

    async def rely(self, credential: str) -> None:
        """
        Look at a credential from now on.

        Raises:
            DatabaseUnavailable, Contended: It cannot be looked at now.
        """
        self._credential = await self.of.watching.begin(standing_of, fingerprint(credential), self.changed)

    async def watch(self, marks: Marks, key: Hashable) -> None:
        """
        Look for changes of what is shown from now on.

        Raises:
            DatabaseUnavailable, Contended: It cannot be looked at now.
        """
        self._shown = await self.of.watching.begin(marks, key, self.changed)

    def doubt(self) -> None:
        """Take what is shown for changed at the next look, because it could not be told."""
        if self._shown is not None:
            self._shown.mark = _UNKNOWN

    def end(self) -> None:
        """Give its place back."""
        if not self._has_ended:
            self._has_ended = True
            for watched in (self._credential, self._shown):
                if watched is not None:
                    self.of.watching.end(watched)
            self.of.end(self._viewer)


class EventStream(Response):
    """
    Answers a subscription by server-sent events, in the mode of distinct connections of GraphQL over SSE.

    Between two events it holds the connection and a few bytes, and nothing of the database.
    """

    def __init__(self, stream: Stream, first: Event, again: Callable[[], Awaitable[Event]], **told: object) -> None:
        """
        Args:
            stream: Its place, which is given back when it ends.
            first: The first event.
            again: Looks again, as a new operation of whoever the credential stands for then.
            told: What the log line of its end says besides.
        """
        self.status_code = 200
        self.background = None
        self.raw_headers = [
            *ALWAYS,
            (b"content-type", f"{EVENT_STREAM}; charset=utf-8".encode()),
            # Proxies that gather answers would keep events back.
            (b"x-accel-buffering", b"no"),
        ]
        self._stream = stream
        self._first = first
        self._again = again
        self._told = told
        self._limits = stream.of.limits
        self._events = 0
        self._end = "client"
        self._is_draining = False
        self._woken = stream.changed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until nothing is left to show, the client goes, the server stops or its time is over."""
        began = time.perf_counter()
        draining: asyncio.Event = scope.get("extensions", {}).get(DRAINING) or asyncio.Event()
        sending = asyncio.ensure_future(self._send_all(send))
        leaving, stopping = asyncio.ensure_future(_left(receive)), asyncio.ensure_future(self._drain(draining))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._stream.end()
            for task in (sending, leaving, stopping):
                task.cancel()
            (fault, *_) = await asyncio.gather(sending, leaving, stopping, return_exceptions=True)
            if isinstance(fault, Exception) and not isinstance(fault, OSError):
                logs.fault("stream fault", fault)
                self._end = "fault"
            self._note(time.perf_counter() - began)

    async def _send_all(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        event: Event | None = self._first
        until = asyncio.get_running_loop().time() + self._limits.stream_seconds
        shown: bytes | None = None
        while event is not None:
            if event.shown is None or event.shown != shown:
                shown = event.shown
                self._events += 1
                await send(_chunk(b"event: next\ndata: " + event.body + b"\n\n"))
            if event.is_last:
                self._end = event.code or "gone"
                break
            event = await self._next(send, until)
        await send({**_chunk(_COMPLETE), "more_body": False})

    async def _next(self, send: Send, until: float) -> Event | None:
        """Wait for a change and look again; None where the time is over."""
        loop = asyncio.get_running_loop()
        while True:
            left = until - loop.time()
            if self._is_draining or left <= 0:
                self._end = "stopping" if self._is_draining else "time"
                return None
            try:
                async with asyncio.timeout(min(self._limits.keep_alive_seconds, left)):
                    await self._woken.wait()
            except TimeoutError:
                await send(_chunk(_KEEP_ALIVE))
                continue
            if self._is_draining:
                continue
            self._woken.clear()
            event = await self._again()
            if event.code != "UNAVAILABLE" or event.shown is not None:
                return event
            # The change is still to be told: the database will be there again.
            self._stream.doubt()

    async def _drain(self, draining: asyncio.Event) -> None:
        await draining.wait()
        self._is_draining = True
        self._woken.set()

    def _note(self, seconds: float) -> None:
        self._stream.of.metrics.streamed(self._end, self._events)
        logs.event(
            "stream ended",
            level=logging.INFO,
            duration_ms=round(seconds * 1000, 2),
            count=self._events,
            code=self._end,
            **self._told,
        )


def _chunk(body: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": True}


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
