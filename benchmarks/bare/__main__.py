"""`python -m benchmarks.bare rows`, `json` or `floor FOLDER`: one of the hand-written servers, on the variable PORT."""

import gc
import os
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from benchmarks.bare import json_agg, rows, writes
from benchmarks.bare.rows import Answer
from benchmarks.bare.shop import Shop
from server import settings as settings_module
from server.serving import COLLECTED_AFTER

Endpoint = Callable[[Request], Awaitable[Response]]

WAYS = {"json": json_agg.ANSWERS, "rows": {**rows.ANSWERS, **writes.ANSWERS}}
FLOOR = "floor"


def reading(answers: dict[str, Answer]) -> Starlette:
    """Make a server that reads the database."""
    shop = Shop(settings_module.read(os.environ))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        await shop.open()
        gc.collect()
        gc.freeze()
        gc.set_threshold(*COLLECTED_AFTER)
        yield

    return Starlette(
        routes=_routes({name: _reader(shop, answer) for name, answer in answers.items()}), lifespan=lifespan
    )


def repeating(folder: Path) -> Starlette:
    """Make a server that sends the files of a folder, each at the path of its name."""
    return Starlette(routes=_routes({file.stem: _repeater(file.read_bytes()) for file in folder.glob("*.json")}))


def _reader(shop: Shop, answer: Answer) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        given = orjson.loads(await request.body())
        # A guest comes without one.
        credential = request.headers.get("authorization", "").removeprefix("Bearer ")
        return Response(await answer(shop, given["variables"], credential), media_type="application/json")

    return endpoint


def _repeater(content: bytes) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        await request.body()
        return Response(content, media_type="application/json")

    return endpoint


def _routes(endpoints: dict[str, Endpoint]) -> list[Route]:
    async def ready(_: Request) -> Response:
        return PlainTextResponse("ready")

    return [
        Route("/readyz", ready),
        *(Route(f"/{name}", endpoint, methods=["POST"]) for name, endpoint in endpoints.items()),
    ]


def main(way: str, *folder: str) -> None:
    """Serve until told to stop."""
    app = repeating(Path(folder[0])) if way == FLOOR else reading(WAYS[way])
    uvicorn.run(
        app, port=int(os.environ["PORT"]), loop="uvloop", http="httptools", ws="none", log_config=None, access_log=False
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
