"""Routes for those who run the server: is it alive, is it ready, how is it doing."""

import ipaddress
import time

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from server import logs
from server.metrics import Metrics
from server.storage import Readiness

FRESH_SECONDS = 1.0
"""How long a finding about readiness holds, so that asking often costs the databases nothing."""

_NO_STORE = {"Cache-Control": "no-store"}


class Health:
    """Answers `/livez`, `/readyz` and `/metrics`."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._readiness: Readiness | None = None
        self._found: dict[str, str] = {}
        self._found_at = float("-inf")

    def routes(self) -> list[BaseRoute]:
        """Give the routes."""
        return [
            Route("/livez", self.livez),
            Route("/readyz", self.readyz),
            Route("/metrics", self.metrics),
        ]

    def ask(self, readiness: Readiness | None) -> None:
        """Set whom to ask for readiness; None while the application starts or stops."""
        self._readiness = readiness
        self._found_at = float("-inf")

    async def livez(self, _: Request) -> Response:
        """Say that the process answers, whatever else is the matter."""
        return PlainTextResponse("alive\n", headers=_NO_STORE)

    async def readyz(self, _: Request) -> Response:
        """Say whether requests can be served, and if not, which part is at fault and why."""
        missing = await self._missing()
        if missing:
            return JSONResponse(
                {"ready": False, "parts": missing}, status_code=503, headers={**_NO_STORE, "Retry-After": "2"}
            )
        return JSONResponse({"ready": True, "parts": {}}, headers=_NO_STORE)

    async def metrics(self, request: Request) -> Response:
        """Give the figures to a collector in the same network; to the world they do not exist."""
        if not _is_internal(request):
            return PlainTextResponse("Not Found", status_code=404)
        text, media_type = self._metrics.render()
        return Response(text, media_type=media_type, headers=_NO_STORE)

    async def _missing(self) -> dict[str, str]:
        if self._readiness is None:
            return {"server": "The server is starting or stopping."}
        if time.monotonic() - self._found_at > FRESH_SECONDS:
            try:
                self._found = await self._readiness()
            except Exception as error:  # noqa: BLE001  # whatever it is, the server is not ready
                logs.fault("readiness fault", error)
                self._found = {"database": "Asking the databases failed."}
            self._found_at = time.monotonic()
        return self._found


def _is_internal(request: Request) -> bool:
    if request.client is None or "x-forwarded-for" in request.headers or "forwarded" in request.headers:
        return False
    try:
        address = ipaddress.ip_address(request.client.host)
    except ValueError:
        return False
    return address.is_loopback or address.is_private
