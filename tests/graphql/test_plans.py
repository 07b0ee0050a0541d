"""Plans answer as stock execution does: the same data, errors and records, whatever is asked by whom."""

import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
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
from tests.graphql.comparing import UNAWAITED, compared, unsettled
from tests.graphql.leading import pools
from tests.graphql.random_operations import Drawn
from tests.graphql.random_values import Values
from tests.graphql.shelves import Shelves
from tests.graphql.shelves import build as build_shelves
from tests.graphql.wide_operations import WideDrawing
from tests.graphql.world import World
from tests.reporting import report

SEED = 27_112_026
OPERATIONS, MANY = int(os.environ.get("AVOW_OPERATIONS", "2000")), 50_000
LARGE = ("privacySchema", "policyMatrix")
"""Answers of thousands of fields, which one operation in some dozens is enough of."""
SHOWN = 1000
"""After so many operations compared, a test of an hour says how far it is."""
FAULTY = 3
"""One operation in so many is run in a shop in which some fields fail."""
INSIDE = 5
"""One in so many is run inside of a transaction."""


pytestmark = UNAWAITED


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
    counts = await walked(OPERATIONS, SEED, world, shelves)

    assert_broad(counts, OPERATIONS)


@pytest.mark.soak
async def test_plans_answer_as_stock_execution_does_in_the_long_run(world: World, shelves: Shelves) -> None:
    counts = await walked(MANY, time.time_ns(), world, shelves)

    assert_broad(counts, MANY)


def assert_broad(counts: Counter[str], operations: int) -> None:
    """Hold a walk to having met what it is for."""
    assert counts["with errors"] > operations / 100
    assert counts["next pages"] > operations / 100
    assert counts["inside of a transaction"] > operations / 10
    by_stock = sum(count for name, count in counts.items() if name.startswith("by stock execution"))
    assert by_stock < operations / 10


async def walked(operations: int, seed: int, world: World, shelves: Shelves) -> Counter[str]:
    """Draw random operations until as many fit to run were compared: how many of what kind there were."""
    draw = random.Random(seed)
    values = Values(draw, await pools(world, shelves))
    viewers = {**world.viewers, "nobody": ANONYMOUS}
    counts: Counter[str] = Counter()
    size = 0
    following: tuple[Drawn, str] | None = None
    while counts["compared"] < operations:
        counts["drawn"] += 1
        paged = None
        if following is not None:
            (drawn, name), following = following, None
            counts["next pages"] += 1
        else:
            paged = WideDrawing(draw, {}, values=values).document()
            drawn, name = paged.at({}), draw.choice(sorted(viewers))
            if any(each in drawn.text for each in LARGE) and draw.random() < 0.99:
                continue
        number = counts["drawn"]
        # The next pages are those of the same shop.
        is_faulty = number % FAULTY == 0 and paged is not None
        is_inside = number % INSIDE == 0
        with failing(draw) if is_faulty else nullcontext():
            what = f"seed {seed}, operation {number}, {name}, inside {is_inside}"
            came = await compared(drawn, viewers[name], Documents(schema), what, is_inside=is_inside)
        if came is None:
            continue
        if came.reason is not None:
            counts[f"by stock execution: {came.reason}"] += 1
            continue
        counts["compared"] += 1
        counts["with errors"] += came.has_failed
        counts["faulty"] += is_faulty
        counts["inside of a transaction"] += is_inside
        size += len(came.data)
        if paged is not None and (more := paged.after(json.loads(came.data))) is not None:
            following = more, name
        if counts["compared"] % SHOWN == 0:
            print(f"{counts['compared']:,} of {operations:,} compared, seed {seed}", file=sys.__stderr__, flush=True)

    said = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    report(f"plans: random operations as {len(viewers)} viewers, {size // 1000:,} kB of answers: {said}")
    return counts


@pytest.mark.parametrize("kind", ["Query", "Mutation", "Subscription"])
def test_every_field_of_the_schema_has_a_plan(kind: str) -> None:
    executor = Executor(schema, Documents(schema), settle=unsettled, report=privacy_report)

    assert core_schema(schema).get_type(kind) is not None
    assert executor.unplanned == {}
