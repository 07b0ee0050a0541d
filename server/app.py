"""The application: routes, what they need, and the order in which it comes and goes."""

import asyncio
import gc
import json
import os
from collections.abc import AsyncGenerator, Callable
from collections.abc import Set as AbstractSet
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send
from strawberry import Schema

from commerce.sessions import Unauthenticated, authenticate
from explorer import page
from server import demo_pictures, logs
from server.authentication import Authenticate, Authentication
from server.edge import Edge
from server.graphql_http import GraphQLEndpoint
from server.heads import HeadedRequest
from server.health import Health
from server.limits import SENSITIVE_MUTATIONS, RequestLimits
from server.metrics import Metrics
from server.serving import COLLECTED_AFTER
from server.settings import Settings
from server.working import Storage, at_work

DEMO_VIEWERS_FILE = "demo-viewers.json"
"""Written by `server.demo`; not imported, because it brings the whole shop along."""


class GraphQLRoute:
    """Answers every method at the endpoint, which refuses the wrong ones in its own words."""

    def __init__(self, endpoint: GraphQLEndpoint) -> None:
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        response = await self._endpoint(HeadedRequest(scope, receive))
        await response(scope, receive, send)


def create(
    settings: Settings,
    *,
    schema: Schema | None = None,
    sensitive_mutations: AbstractSet[str] = SENSITIVE_MUTATIONS,
    limits: RequestLimits | None = None,
    storage: Storage = at_work,
    authenticated_by: Authenticate = authenticate,
    is_planning: bool = True,
) -> Starlette:
    """
    Make the application.

    Args:
        settings: The configuration.
        schema: What is served; the shop's schema unless another is given.
        sensitive_mutations: Names of mutations of which one request may hold only one.
        limits: Bounds of a request.
        storage: Connects and disconnects the databases.
        authenticated_by: Looks up a credential, and raises `Unauthenticated` for one that opens nothing.
        is_planning: Whether operations are run by plans; otherwise by stock execution, to compare the two.
    """
    bounds = limits or RequestLimits()
    metrics = Metrics()
    health = Health(metrics)
    endpoint = GraphQLEndpoint(
        settings,
        schema or _shop_schema(),
        Authentication(settings, authenticated_by, Unauthenticated),
        metrics,
        limits=bounds,
        sensitive_mutations=sensitive_mutations,
        is_planning=is_planning,
    )
    routes: list[BaseRoute] = [*health.routes(), *page.routes()]
    if not settings.is_production:
        routes += [Route("/explorer/viewers", _demo_viewers(settings)), *demo_pictures.routes()]

    def for_origins(app: ASGIApp) -> ASGIApp:
        """Let the pages of other origins in that are named."""
        if not settings.allowed_origins:
            return app
        return CORSMiddleware(
            app,
            allow_origins=sorted(settings.allowed_origins),
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type", "avow-client", "idempotency-key"],
            expose_headers=["avow-request-id", "retry-after"],
            allow_credentials=True,
            max_age=600,
        )

    # Nearly all requests go to the one place, which is not looked for among the routes.
    at_once = {"/graphql": for_origins(GraphQLRoute(endpoint))}
    middleware = [Middleware(Edge, settings=settings, limits=bounds, at_once=at_once), Middleware(for_origins)]
    app = Starlette(
        routes=routes,
        middleware=middleware,
        exception_handlers={500: _fault, Exception: _fault},
        lifespan=_lifespan(settings, health, metrics, storage),
    )
    # A redirect would be built from the Host header, which anybody may choose.
    app.router.redirect_slashes = False
    return app


def _shop_schema() -> Schema:
    # Here, because a server of another schema and the command line's other commands do without building the shop's.
    from schema import schema

    return schema


def _lifespan(
    settings: Settings, health: Health, metrics: Metrics, storage: Storage
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        logs.watch(asyncio.get_running_loop())
        async with storage(settings, metrics) as readiness:
            health.ask(readiness)
            # What lives now lives until the end: the collector need not look at it again, and pages stay shared.
            gc.freeze()
            gc.enable()
            # Nearly all that a request makes is gone with it, without the collector.
            gc.set_threshold(*COLLECTED_AFTER)
            logs.event("started", pid=os.getpid())
            yield
            health.ask(None)
        metrics.close()
        logs.event("stopped", pid=os.getpid())

    return lifespan


def _demo_viewers(settings: Settings) -> Callable[[Request], Response]:
    def demo_viewers(request: Request) -> Response:
        """List the demo shop's viewers with their tokens; only development has this route, only our page reads it."""
        headers = {"Cache-Control": "no-store"}
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return JSONResponse([], status_code=403, headers=headers)
        try:
            viewers: object = json.loads((settings.data_folder / DEMO_VIEWERS_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            viewers = []
        return JSONResponse(viewers if isinstance(viewers, list) else [], headers=headers)

    return demo_viewers


async def _fault(_: Request, error: Exception) -> Response:
    logs.fault("request fault", error)
    return JSONResponse(
        {"errors": [{"message": "Something went wrong on our side.", "extensions": {"code": "INTERNAL"}}]},
        status_code=500,
    )
