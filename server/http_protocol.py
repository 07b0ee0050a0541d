"""The HTTP protocol of uvicorn, bounded where uvicorn trusts the client."""

import asyncio
from typing import Any, ClassVar, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from server.limits import RequestLimits

DRAINING = "avow.draining"
"""Names the extension of a request's scope that is set once the server stops."""


class BoundedHttpProtocol(HttpToolsProtocol):
    """
    Ends connections that send an endless or a slow head, or do not take their answer.

    uvicorn hands a request over once its head is complete, so an application can not bound the head; nor can it
    end a connection whose client reads nothing. Everything else about a request is bounded in the application.
    """

    limits: ClassVar[RequestLimits] = RequestLimits()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_bytes = 0
        self._awaits_head = True
        self._head_timer: asyncio.TimerHandle | None = None
        self._reader_timer: asyncio.TimerHandle | None = None
        self._draining = asyncio.Event()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start to wait for the first head."""
        super().connection_made(transport)
        self._start_head_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers."""
        self._cancel_timers()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what arrives while a head is incomplete."""
        if self._awaits_head:
            self._head_bytes += len(data)
            if self._head_timer is None:
                self._start_head_timer()
        super().data_received(data)
        # Bytes that came with the end of a head are a body's; those of a whole head are looked at by the application.
        if self._awaits_head and self._head_bytes > self.limits.head_bytes:
            self._end(431, b"Request Header Fields Too Large")

    def on_headers_complete(self) -> None:
        """Hand the request over."""
        self._awaits_head = False
        self._head_bytes = 0
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
        cast(Any, self.scope)["extensions"] = {DRAINING: self._draining}
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Wait for the next head."""
        self._awaits_head = True
        super().on_message_complete()

    def shutdown(self) -> None:
        """Tell what is being answered that the server stops, because a stream would not end by itself."""
        super().shutdown()
        self._draining.set()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, with the headers of every other refusal."""
        self._end(400, b"Bad Request")

    def pause_writing(self) -> None:
        """Give the client a bounded time to take what waits for it."""
        super().pause_writing()
        if self._reader_timer is None:
            self._reader_timer = self.loop.call_later(self.limits.send_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """The client took enough."""
        if self._reader_timer is not None:
            self._reader_timer.cancel()
            self._reader_timer = None
        super().resume_writing()

    def _start_head_timer(self) -> None:
        self._head_timer = self.loop.call_later(self.limits.head_seconds, self._head_is_late)

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self._head_bytes:
            self._end(408, b"Request Timeout")
        elif not self.transport.is_closing():
            self.transport.close()

    def _end(self, status: int, reason: bytes) -> None:
        if self.transport.is_closing():
            return
        self._cancel_timers()
        self.transport.write(
            b"HTTP/1.1 %d %s\r\ncontent-length: 0\r\nx-content-type-options: nosniff\r\nconnection: close\r\n\r\n"
            % (status, reason)
        )
        self.transport.close()

    def _cancel_timers(self) -> None:
        for timer in (self._head_timer, self._reader_timer):
            if timer is not None:
                timer.cancel()
        self._head_timer = self._reader_timer = None


def bounded_by(limits: RequestLimits) -> type[BoundedHttpProtocol]:
    """Give the protocol with the limits; for the usual ones the class itself, which workers find by its name."""
    if limits == BoundedHttpProtocol.limits:
        return BoundedHttpProtocol
    return type("BoundedHttpProtocol", (BoundedHttpProtocol,), {"limits": limits})
