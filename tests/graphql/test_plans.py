"""Plans answer as stock execution does: the same data, errors and records, whatever is asked by whom."""

import json
import os
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio

from execution.documents import Documents, core_schema
from execution.executor import Executor
from execution.refusals import DocumentInvalid, DocumentRefused
from permissions import OperationContext
from permissions.fields import FieldPlan, is_pure, plan_of, pure
from permissions.register import output_types
from permissions.withheld import Decisions
from policy.viewer import ANONYMOUS, Viewer
from resolvers.cells import open_cells
from schema import schema
from schema.privacy import report as privacy_report
from server.answers import innermost
from tests.commerce.goods import add_goods
from tests.graphql.random_operations import Drawing, Drawn, arguments
from tests.graphql.shelves import Shelves
from tests.graphql.shelves import build as build_shelves
from tests.graphql.world import World
from tests.reporting import report

SEED = 27_112_026
OPERATIONS, MANY = int(os.environ.get("AVOW_OPERATIONS", "2000")), 50_000
TRIES = 3
LARGE = ("privacySchema", "policyMatrix")
"""Answers of thousands of fields, which one operation in some dozens is enough of."""
BUSY = frozenset({"DatabaseBusy", "DatabaseUnavailable", "Contended"})
FAULTY = 3
"""One operation in so many is run in a shop in which some fields fail."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shelves(world: World) -> Shelves:
    await add_goods(stock_at=(1, 1, 1))
    return await build_shelves()


async def unsettled(_context: OperationContext, _name: str | None) -> None:
    """Put nothing on record: what would be is compared instead."""


@dataclass(slots=True)
class Ran:
    """What an operation came to, in a form that can be compared."""

    data: str
    errors: list[tuple[str, str, str]]
    has_failed: bool
    records: dict[str, Any] = field(default_factory=dict[str, Any])


async def run(drawn: Drawn, viewer: Viewer, documents: Documents, *, is_planning: bool) -> Ran | None:
    """Run an operation by plan or by stock execution; None if it is not fit to run."""
    try:
        prepared = documents.prepare(drawn.text)
    except (DocumentRefused, DocumentInvalid):
        return None
    reasons: list[str | None] = []
    executor = Executor(
        schema, documents, settle=unsettled, report=privacy_report, is_planning=is_planning, ran=reasons.append
    )
    context = OperationContext(
        open_cells=open_cells, prepare=documents.parsed, viewer=viewer, budget=10**9, decisions=Decisions()
    )
    result = await executor.execute(prepared, None, drawn.variables, context)
    errors = sorted(
        (json.dumps(error.path), type(innermost(error)).__name__, str(innermost(error)))
        for error in result.errors or ()
        if _is_seen(result.data, list(error.path or ()))
    )
    records = {
        "withheld": context.withheld.listing(),
        "decisions": context.decisions.listing() if context.decisions is not None else [],
        "disclosures": context.disclosures.shown,
        "grounds": context.grounds.classes,
        "spent": context.spent,
    }
    assert (reasons == [None]) is is_planning, f"{drawn.text}: {reasons}"
    return Ran(json.dumps(result.data), errors, bool(result.errors), records)


def _is_seen(data: Any, path: list[Any]) -> bool:
    """Tell whether an error's place is not inside of one that is null for another one's sake."""
    for key in path[:-1]:
        if data is None:
            return False
        data = data[key]
    return data is not None


@contextmanager
def failing(draw: random.Random) -> Iterator[set[str]]:
    """Let some fields fail for as long as a `with` block runs: some for all objects, some for a part of them."""
    with ExitStack() as stack:
        chosen: set[str] = set()
        plans = [
            (f"{type_.name}.{name}", plan)
            for type_ in output_types(schema)
            for name, found in type_.fields.items()
            if (plan := plan_of(found)) is not None and (plan.rows is not None or plan.value is not None)
        ]
        for name, plan in draw.sample(plans, k=len(plans) // 3):
            chosen.add(name)
            if plan.rows is not None:
                stack.enter_context(_replaced(plan, "rows", _refusing(name)))
            else:
                stack.enter_context(_replaced(plan, "value", _sometimes(plan.value, draw.randrange(3))))
        yield chosen


def _refusing(name: str) -> Any:
    async def rows(*_: Any, **__: Any) -> Any:
        raise LookupError(name)

    return rows


def _sometimes(value: Any, rest: int) -> Any:
    def make(*cells: Any) -> Any:
        if len(repr(cells)) % 3 == rest:
            raise LookupError("value")
        return value(*cells)

    return pure(make) if is_pure(value) else make


@contextmanager
def _replaced(plan: FieldPlan, name: str, other: Any) -> Iterator[None]:
    original = getattr(plan, name)
    object.__setattr__(plan, name, other)
    try:
        yield
    finally:
        object.__setattr__(plan, name, original)


async def compared(drawn: Drawn, viewer: Viewer, documents: Documents, what: str) -> tuple[int, bool] | None:
    """Compare both ways of running an operation: how large its answer is, and whether anything failed."""
    for _ in range(TRIES):
        # The plan first: stock execution puts on record what it shows, which other fields show then.
        planned = await run(drawn, viewer, documents, is_planning=True)
        stock = await run(drawn, viewer, documents, is_planning=False)
        if stock is None or planned is None:
            return None
        # Stock execution holds the event loop for seconds where an answer is large, and statements beside it run out of
        # time on a busy machine.
        if not any(kind in BUSY for ran in (stock, planned) for _, kind, _ in ran.errors):
            break
    else:
        return None
    told = f"{what}: {drawn.text} {drawn.variables}"
    assert planned.data == stock.data, told
    assert planned.errors == stock.errors, told
    # Of several failures that make null of all, either may be the one that is told.
    assert planned.has_failed is stock.has_failed, told
    if not stock.has_failed and not planned.has_failed:
        # Where something fails, stock execution leaves off what is beside it, wherever it was just then.
        for name, said in stock.records.items():
            assert planned.records[name] == said, f"{told}: {name}"
    return len(stock.data), stock.has_failed


async def test_plans_answer_as_stock_execution_does(world: World, shelves: Shelves) -> None:
    sizes, failed = await walked(OPERATIONS, SEED, world, shelves)

    assert sizes > OPERATIONS / 2
    assert failed > sizes / 100


@pytest.mark.soak
async def test_plans_answer_as_stock_execution_does_in_the_long_run(world: World, shelves: Shelves) -> None:
    sizes, failed = await walked(MANY, time.time_ns(), world, shelves)

    assert sizes > MANY / 2
    assert failed > sizes / 100


async def walked(operations: int, seed: int, world: World, shelves: Shelves) -> tuple[int, int]:
    """Compare as many random operations: how many were fit to run, and how many of these had errors."""
    draw = random.Random(seed)
    given = arguments(world, shelves)
    viewers = {**world.viewers, "nobody": ANONYMOUS}
    sizes: list[int] = []
    failed = with_faults = 0
    for number in range(operations):
        drawn = Drawing(draw, given).operation()
        # Sightings of devices come in an order of chance (P2.2c).
        is_large = any(name in drawn.text for name in LARGE)
        if "deviceSightings" in drawn.text or (is_large and draw.random() < 0.9):
            continue
        name = draw.choice(sorted(viewers))
        what = f"seed {seed}, operation {number}, {name}"
        with ExitStack() as stack:
            if number % FAULTY == 0:
                stack.enter_context(failing(draw))
                with_faults += 1
            came = await compared(drawn, viewers[name], Documents(schema), what)
        if came is not None:
            sizes.append(came[0])
            failed += came[1]

    report(
        f"plans: {len(sizes):,} random operations as {len(viewers)} viewers, {sum(sizes) // 1000:,} kB of answers, "
        f"{with_faults:,} in a shop with faults of which {failed:,} had errors: as stock execution"
    )
    return len(sizes), failed


@pytest.mark.parametrize("kind", ["Query", "Mutation"])
def test_every_field_of_the_schema_has_a_plan(kind: str) -> None:
    executor = Executor(schema, Documents(schema), settle=unsettled, report=privacy_report)

    assert core_schema(schema).get_type(kind) is not None
    assert executor.unplanned == {}
