"""What every request and every answer goes through, whatever the route."""

import ipaddress
from collections.abc import Mapping

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.limits import RequestLimits
from server.settings import Settings

_LOOPBACK_NAMES = frozenset({"localhost"})


class Edge:
    """
    Bounds heads, keeps strangers' pages out of development, and adds the headers that every answer has.

    In development the answer to `/explorer/viewers` holds tokens. A page on the internet can point its own name at
    127.0.0.1 and would then be of the same origin, so development answers loopback names only.

    Args:
        app: What answers.
        at_once: What answers instead at some paths, without the routes being looked through.
    """

    def __init__(
        self, app: ASGIApp, *, settings: Settings, limits: RequestLimits, at_once: Mapping[str, ASGIApp]
    ) -> None:
        self._app = app
        self._at_once = at_once
        self._settings = settings
        self._limits = limits
        self._always = [(b"x-content-type-options", b"nosniff")]
        if settings.is_production:
            self._always.append((b"strict-transport-security", b"max-age=63072000; includeSubDomains"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        is_read = False

        async def receiving() -> Message:
            nonlocal is_read
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body"):
                is_read = True
            return message

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Their names come in lower case.
                headers: list[tuple[bytes, bytes]] = list(message.get("headers", ()))
                headers += self._always
                if not any(name == b"referrer-policy" for name, _ in headers):
                    headers.append((b"referrer-policy", b"no-referrer"))
                # What is left of a body would be taken for the next request's head, or be waited for without end.
                if not is_read and _has_body(scope):
                    headers = [each for each in headers if each[0] != b"connection"] + [(b"connection", b"close")]
                message = {**message, "headers": headers}
            await send(message)

        app = self._refusal(scope) or self._at_once.get(scope["path"], self._app)
        await app(scope, receiving, sending)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        target = len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"])
        head = target + 4 * len(headers)
        for name, value in headers:
            head += len(name) + len(value)
        if len(headers) > self._limits.headers or head > self._limits.head_bytes:
            return _refused(
                431, "HEAD_TOO_LARGE", "The address and headers are too large: send a POST with fewer headers."
            )
        if not self._settings.is_production:
            hosts = [value for name, value in headers if name == b"host"]
            if len(hosts) != 1 or not _is_loopback(hosts[0].decode("latin-1")):
                return _refused(
                    421,
                    "HOST_REFUSED",
                    "In development only loopback names are answered: use http://127.0.0.1 or localhost.",
                )
        return None


def _refused(status: int, code: str, message: str) -> ASGIApp:
    return JSONResponse(
        {"errors": [{"message": message, "extensions": {"code": code}}]},
        status_code=status,
        headers={"Cache-Control": "no-store"},
    )


def _has_body(scope: Scope) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in scope["headers"]
    )


def _is_loopback(host: str) -> bool:
    name = host.lower()
    name = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]
    if name in _LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
