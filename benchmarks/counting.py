"""Counts SQL statements: in this program, because a database does not tell them of another one."""

import asyncio
import re
import urllib.request
from collections.abc import Callable, Sequence
from typing import Any, cast

import httpx
import orjson
from starlette.applications import Starlette

from benchmarks.bare.__main__ import WAYS
from benchmarks.bare.shop import Shop
from benchmarks.contestants import Contestant
from benchmarks.purchases import Cast
from benchmarks.stage import Stage
from benchmarks.wire import Request, Wire
from benchmarks.workloads import Workload, asked, read
from models.pool import counting_statements
from server import settings as settings_module
from server.settings import Settings

_PLANNED = re.compile(r'^avow_executions_total\{by="plan",reason=""\} ([0-9.]+)$', re.MULTILINE)
REPEATED = 3
"""Keys are fetched the first time, and jobs may speak in between, so the least of so many counts."""
QUIET_S, LOOKS = 0.3, 40
"""An application that has just started tidies up; it is counted once it was silent for a while."""


async def of_application(
    stage: Stage,
    one: Contestant,
    application: Callable[[Settings], Starlette],
    workloads: Sequence[Workload],
    cast: Cast,
) -> dict[tuple[str, str], int]:
    """
    Count the statements of each workload, to both databases, without the beginnings and ends of transactions.

    It must be called where this program is not connected to the databases: the application connects by itself.

    Args:
        one: A contestant that speaks GraphQL: its settings are the application's.
        application: Makes it.
    """
    counted: dict[tuple[str, str], int] = {}
    served = application(settings_module.read({**stage.environment, **one.environment}))
    transport = httpx.ASGITransport(served)
    async with (
        served.router.lifespan_context(served),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client,
    ):
        await _silence()
        for workload in workloads:
            counts: list[int] = []
            for number in range(REPEATED):
                with counting_statements() as statements:
                    await _run(workload, cast, client, number)
                counts.append(len(statements))
            counted[one.name, workload.name] = min(counts)
    return counted


async def _silence() -> None:
    for _ in range(LOOKS):
        with counting_statements() as statements:
            await asyncio.sleep(QUIET_S)
        if not len(statements):
            return


async def _run(workload: Workload, cast: Cast, client: httpx.AsyncClient, number: int) -> None:
    steps = workload.steps(cast, number)
    request = next(steps)
    while True:
        answer = read((await client.post(request.path, json=request.body, headers=_headers(request))).content)
        try:
            request = steps.send(answer)
        except StopIteration:
            return


def _headers(request: Request) -> dict[str, str]:
    return {"Authorization": f"Bearer {request.credential}"} if request.credential else {}


async def of_bare(stage: Stage, workloads: Sequence[Workload], cast: Cast) -> dict[tuple[str, str], int]:
    """Count the statements of the hand-written servers, by contestant and workload."""
    counted: dict[tuple[str, str], int] = {}
    shop = Shop(stage.settings)
    await shop.open()
    try:
        for way, answers in WAYS.items():
            for workload in workloads:
                if workload.name in answers:
                    request = workload.by_hand(cast, 0) if workload.by_hand else workload.request(cast)
                    before = shop.statements
                    await answers[workload.name](shop, request.body["variables"], request.credential)
                    counted[f"bare {way}", workload.name] = shop.statements - before
    finally:
        await shop.close()
    return counted


def classified(workload: Workload, cast: Cast, wire: Wire) -> int:
    """Count the values of an answer that the policy decides, as the shop explains the answer."""
    request = workload.request(cast)
    explained = asked(
        request.body["query"].replace(" {", " @explain {", 1),
        request.body["variables"],
        credential=request.credential,
    )
    answer = wire.ask(explained.written())
    decisions = orjson.loads(answer)["extensions"]["privacy"]["decisions"]
    data = read(answer)
    return sum(values_at(data, path) for path in {tuple(decision["path"]) for decision in decisions})


def values_at(data: Any, path: Sequence[str]) -> int:
    """Count how often a field stands in an answer."""
    if not path:
        return 1
    if isinstance(data, list):
        return sum(values_at(item, path) for item in cast("list[Any]", data))
    return 0 if data is None else values_at(data[path[0]], path[1:])


def planned(port: int) -> int:
    """Tell how many operations a server has run by plan, as its metrics say."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        counted = _PLANNED.search(answer.read().decode())
    return int(float(counted[1])) if counted else 0
