"""Plans answer as stock execution does: the same data, errors and records, whatever is asked by whom."""

import gc
import os
import random
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
import pytest_asyncio

from execution.documents import Documents, core_schema
from execution.executor import Executor
from permissions.fields import FieldPlan, is_pure, plan_of, pure
from permissions.register import output_types
from policy.viewer import ANONYMOUS
from schema import schema
from schema.privacy import report as privacy_report
from tests.commerce.goods import add_goods
from tests.graphql.comparing import compared, unsettled
from tests.graphql.random_operations import Drawing, arguments
from tests.graphql.shelves import Shelves
from tests.graphql.shelves import build as build_shelves
from tests.graphql.world import World
from tests.reporting import report

SEED = 27_112_026
OPERATIONS, MANY = int(os.environ.get("AVOW_OPERATIONS", "2000")), 50_000
BY_CHANCE = ("deviceSightings(", "searches(first: 10)")
LARGE = ("privacySchema", "policyMatrix")
"""Answers of thousands of fields, which one operation in some dozens is enough of."""
SHOWN = 1000
"""After so many operations compared, a test of an hour says how far it is."""
FAULTY = 3
"""One operation in so many is run in a shop in which some fields fail."""


# Stock execution leaves coroutines behind unawaited where something beside them fails, and says so when they go; or, if
# that is in the middle of code that can import nothing, that it cannot say so.
pytestmark = [
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <coroutine object:pytest.PytestUnraisableExceptionWarning"
    ),
]


@pytest.fixture(scope="module", autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Collect what stock execution left, before another test hears of it."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        gc.collect()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shelves(world: World) -> Shelves:
    await add_goods(stock_at=(1, 1, 1))
    return await build_shelves()


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


async def test_plans_answer_as_stock_execution_does(world: World, shelves: Shelves) -> None:
    failed = await walked(OPERATIONS, SEED, world, shelves)

    assert failed > OPERATIONS / 100


@pytest.mark.soak
async def test_plans_answer_as_stock_execution_does_in_the_long_run(world: World, shelves: Shelves) -> None:
    failed = await walked(MANY, time.time_ns(), world, shelves)

    assert failed > MANY / 100


async def walked(operations: int, seed: int, world: World, shelves: Shelves) -> int:
    """Draw random operations until as many fit to run were compared: how many of these had errors."""
    draw = random.Random(seed)
    given = arguments(world, shelves)
    viewers = {**world.viewers, "nobody": ANONYMOUS}
    sizes: list[int] = []
    number = failed = with_faults = 0
    while len(sizes) < operations:
        number += 1
        drawn = Drawing(draw, given).operation()
        # Sightings of devices and unlinked searches come in an order of chance (P2.2c).
        is_large = any(name in drawn.text for name in LARGE)
        is_by_chance = any(name in drawn.text for name in BY_CHANCE)
        if is_by_chance or (is_large and draw.random() < 0.99):
            continue
        name = draw.choice(sorted(viewers))
        what = f"seed {seed}, operation {number}, {name}"
        is_faulty = number % FAULTY == 0
        with ExitStack() as stack:
            if is_faulty:
                stack.enter_context(failing(draw))
            came = await compared(drawn, viewers[name], Documents(schema), what)
        if came is not None:
            sizes.append(came[0])
            with_faults += is_faulty
            failed += came[1]
            if len(sizes) % SHOWN == 0:
                print(f"{len(sizes):,} of {operations:,} compared, seed {seed}", file=sys.__stderr__, flush=True)

    report(
        f"plans: {len(sizes):,} of {number:,} random operations as {len(viewers)} viewers, "
        f"{sum(sizes) // 1000:,} kB of answers, {with_faults:,} in a shop with faults of which {failed:,} had errors: "
        "as stock execution"
    )
    return failed


@pytest.mark.parametrize("kind", ["Query", "Mutation", "Subscription"])
def test_every_field_of_the_schema_has_a_plan(kind: str) -> None:
    executor = Executor(schema, Documents(schema), settle=unsettled, report=privacy_report)

    assert core_schema(schema).get_type(kind) is not None
    assert executor.unplanned == {}
