"""A client that costs little: one connection that is kept, one request at a time."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import orjson

RECEIVED_AT_ONCE = 65_536
PATIENCE_S = 30.0


class WireFault(Exception):
    """An answer that is none, or none with status 200."""


@dataclass(frozen=True, slots=True)
class Request:
    """
    A request, made into bytes before anything is measured.

    Args:
        path: Where it goes.
        body: What is sent, as JSON.
        credential: Of whom; empty for nobody.
        headers: What else stands at its head.
    """

    path: str
    body: Mapping[str, Any]
    credential: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    def written(self) -> bytes:
        """Write it as it goes over the wire."""
        content = orjson.dumps(self.body)
        head = [f"POST {self.path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"]
        head += [f"Content-Length: {len(content)}", "Accept: application/json"]
        head += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.credential:
            head.append(f"Authorization: Bearer {self.credential}")
        return "\r\n".join([*head, "", ""]).encode() + content


class Wire:
    """A connection to a server program on this machine."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def ask(self, written: bytes, *, is_ok_needed: bool = True) -> bytes:
        """
        Send a request and receive the body of its answer.

        Args:
            is_ok_needed: Whether an answer with another status than 200 is a fault.

        Raises:
            WireFault: The connection was closed, or the status is not 200.
        """
        self.send(written)
        return self.receive(is_ok_needed=is_ok_needed)

    def send(self, written: bytes) -> None:
        """Send a request; `receive` waits for its answer."""
        self._socket.sendall(written)

    def receive(self, *, is_ok_needed: bool = True) -> bytes:
        """
        Receive the body of the answer to the request that was sent last.

        Raises:
            WireFault: As of `ask`.
        """
        received = bytearray()
        end = -1
        while end < 0:
            received += self._more()
            end = received.find(b"\r\n\r\n")
        head = bytes(received[:end]).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        while len(received) < end + 4 + length:
            received += self._more()
        body, status = bytes(received[end + 4 :]), head.partition(b"\r\n")[0]
        if is_ok_needed and b" 200 " not in status:
            raise WireFault(f"A server answered `{status.decode()}`: {body[:300].decode()}")
        return body

    def _more(self) -> bytes:
        part = self._socket.recv(RECEIVED_AT_ONCE)
        if not part:
            raise WireFault("A server closed the connection in the middle of an answer.")
        return part
