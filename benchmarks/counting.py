"""Counts SQL statements: in this program, because a database does not tell them of another one."""

from collections.abc import Sequence

import httpx

from benchmarks.bare.__main__ import WAYS
from benchmarks.bare.shop import Shop
from benchmarks.contestants import Contestant
from benchmarks.purchases import Cast
from benchmarks.stage import Stage
from benchmarks.wire import Request
from benchmarks.workloads import Workload, read
from models.pool import counting_statements
from server import app
from server import settings as settings_module

REPEATED = 3
"""Keys are fetched the first time, and jobs may speak in between, so the least of so many counts."""


async def of_application(
    stage: Stage, one: Contestant, workloads: Sequence[Workload], cast: Cast
) -> dict[tuple[str, str], int]:
    """
    Count the statements of each workload, to both databases, without the beginnings and ends of transactions.

    It must be called where this program is not connected to the databases: the application connects by itself.

    Args:
        one: A contestant that speaks GraphQL: its settings are the application's.
    """
    counted: dict[tuple[str, str], int] = {}
    served = app.create(settings_module.read({**stage.environment, **one.environment}))
    transport = httpx.ASGITransport(served)
    async with (
        served.router.lifespan_context(served),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client,
    ):
        for workload in workloads:
            counts: list[int] = []
            for number in range(REPEATED):
                with counting_statements() as statements:
                    await _run(workload, cast, client, number)
                counts.append(len(statements))
            counted[one.name, workload.name] = min(counts)
    return counted


async def _run(workload: Workload, cast: Cast, client: httpx.AsyncClient, number: int) -> None:
    steps = workload.steps(cast, number)
    asked = next(steps)
    while True:
        answer = read((await client.post(asked.path, json=asked.body, headers=_headers(asked))).content)
        try:
            asked = steps.send(answer)
        except StopIteration:
            return


def _headers(asked: Request) -> dict[str, str]:
    return {"Authorization": f"Bearer {asked.credential}"} if asked.credential else {}


async def of_bare(stage: Stage, workloads: Sequence[Workload], cast: Cast) -> dict[tuple[str, str], int]:
    """Count the statements of the hand-written servers, by contestant and workload."""
    counted: dict[tuple[str, str], int] = {}
    shop = Shop(stage.settings)
    await shop.open()
    try:
        for way, answers in WAYS.items():
            for workload in workloads:
                if workload.name in answers:
                    asked, before = workload.request(cast), shop.statements
                    await answers[workload.name](shop, asked.body["variables"], asked.credential)
                    counted[f"bare {way}", workload.name] = shop.statements - before
    finally:
        await shop.close()
    return counted
