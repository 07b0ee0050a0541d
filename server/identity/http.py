"""A provider that is asked over HTTP, each time on a connection of its own that is bounded in time and size."""

import asyncio
import json
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import UUID

import httptools

from commerce.identity_checks import Finding, ProviderAway, Question
from policy.enforcement import keeps

TIMEOUT_S = 4.0
LONGEST_ANSWER = 16_384
_READ_AT_ONCE = 4_096


@keeps("P5.1", otherwise=True)
def is_guarded(scheme: str, host: str) -> bool:
    """Tell whether an address is spoken to under TLS, or is on this machine (P5.1)."""
    if scheme == "https":
        return True
    try:
        return scheme == "http" and ip_address(host).is_loopback
    except ValueError:
        return scheme == "http" and host == "localhost"


@dataclass(frozen=True)
class HttpVerifier:
    """
    Asks `PUT {url}/checks/{id}` for a check, and `GET` of the same how it stands.

    Both answer `{"state": "VERIFIED" | "REFUSED" | "PENDING"}`; 404 says that there is no such check. Redirects are not
    followed, and what is sent does not show in `repr`.
    """

    host: str
    port: int
    path: str
    is_tls: bool
    key: str | None = field(default=None, repr=False)
    partner: str | None = None
    timeout_s: float = TIMEOUT_S
    tls: ssl.SSLContext | None = field(default=None, repr=False)

    @classmethod
    def at(cls, url: str, *, key: str | None = None, partner: str | None = None) -> "HttpVerifier":
        """
        Read a provider's URL.

        Args:
            url: `https://host[:port][/path]`; without TLS on this machine alone.
            key: Sent as a bearer token.
            partner: What the provider is called in the register of partners; None if by its host.

        Raises:
            ValueError: It is none. The text holds no part of the URL.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ValueError("AVOW_IDENTITY_URL has a port that is not a number up to 65535.") from None
        if not parts.hostname or parts.username or parts.query or parts.fragment:
            raise ValueError("AVOW_IDENTITY_URL is to be like `https://identity.example.com/v1`; the key goes apart.")
        if not is_guarded(parts.scheme, parts.hostname):
            raise ValueError("AVOW_IDENTITY_URL begins with `https://`, unless the provider is on this machine.")
        is_tls = parts.scheme == "https"
        default = 443 if is_tls else 80
        return cls(parts.hostname, port or default, parts.path.rstrip("/"), is_tls, key=key, partner=partner)

    @property
    def name(self) -> str:
        """What the provider is called in the register of partners."""
        return self.partner or self.host

    async def ask(self, question: Question) -> Finding:
        """Ask for a check; see `commerce.identity_checks.Verifier`."""
        asked = {
            "name": question.name,
            "identity_number": question.identity_number,
            "phone": question.phone,
            "of_age": question.years,
            "licence": question.licence and {"name": question.licence.name, "number": question.licence.number},
        }
        body = {name: value for name, value in asked.items() if value is not None}
        return await self._found("PUT", question.check_id, json.dumps(body).encode())

    async def look(self, check_id: UUID) -> Finding:
        """Ask how a check stands; see `commerce.identity_checks.Verifier`."""
        return await self._found("GET", check_id, b"")

    async def _found(self, method: str, check_id: UUID, body: bytes) -> Finding:
        status, answer = await self._exchange(method, f"{self.path}/checks/{check_id}", body)
        if status == 404 and method == "GET":
            return Finding.UNKNOWN
        if status != 200:
            raise ProviderAway(f"The provider answered with status {status}.")
        try:
            found: Any = json.loads(answer)
            state = cast(dict[str, str], found)["state"] if isinstance(found, dict) else ""
            return {each.value: each for each in (Finding.VERIFIED, Finding.REFUSED, Finding.PENDING)}[state]
        except (ValueError, KeyError, TypeError):
            raise ProviderAway("The provider's answer can not be read.") from None

    async def _exchange(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        # Faults of the connection quote addresses and what was sent: none of them is kept as a cause.
        try:
            async with asyncio.timeout(self.timeout_s):
                return await self._answer(method, path, body)
        except TimeoutError:
            raise ProviderAway(f"The provider did not answer within {self.timeout_s:g} s.") from None
        except (OSError, ssl.SSLError, httptools.HttpParserError) as error:
            raise ProviderAway(f"The provider could not be used ({type(error).__name__}).") from None

    async def _answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        secured = (self.tls or ssl.create_default_context()) if self.is_tls else None
        reader, writer = await asyncio.open_connection(self.host, self.port, ssl=secured)
        try:
            writer.write(self._head(method, path, len(body)) + body)
            await writer.drain()
            answer = _Answer()
            parser = httptools.HttpResponseParser(answer)
            while not answer.is_whole:
                chunk = await reader.read(_READ_AT_ONCE)
                answer.size += len(chunk)
                if not chunk or answer.size > LONGEST_ANSWER:
                    raise ProviderAway("The provider's answer is cut off, or too long.")
                parser.feed_data(chunk)
            return parser.get_status_code(), bytes(answer.body)
        finally:
            writer.close()
            with suppress(OSError, ssl.SSLError):
                await asyncio.wait_for(writer.wait_closed(), 1.0)

    def _head(self, method: str, path: str, length: int) -> bytes:
        host = f"[{self.host}]" if ":" in self.host else self.host
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {host}:{self.port}",
            "Accept: application/json",
            "Connection: close",
            f"Content-Length: {length}",
        ]
        if length:
            lines.append("Content-Type: application/json")
        if self.key is not None:
            lines.append(f"Authorization: Bearer {self.key}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class _Answer:
    """Collects what the parser finds."""

    def __init__(self) -> None:
        self.body = bytearray()
        self.is_whole = False
        self.size = 0

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.is_whole = True
