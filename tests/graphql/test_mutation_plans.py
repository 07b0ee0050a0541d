"""Mutations answer by plan as by stock execution: the same payloads and errors, whatever is selected of them."""

import json
import os
import random
import sys
import time
from collections import Counter
from typing import Any

import pytest
import pytest_asyncio

from execution.documents import Documents
from policy.viewer import ANONYMOUS, Viewer
from schema import schema
from tests.commerce.goods import add_goods
from tests.graphql.comparing import UNAWAITED, Ran, run
from tests.graphql.deeds import by_actor, deeds, texting
from tests.graphql.leading import pools
from tests.graphql.random_mutations import Likeness, MutationDrawing, undoing
from tests.graphql.random_operations import Drawn
from tests.graphql.random_values import Values
from tests.graphql.shelves import Shelves
from tests.graphql.shelves import build as build_shelves
from tests.graphql.world import World
from tests.reporting import report

SEED = 28_112_026
MUTATIONS, MANY = int(os.environ.get("AVOW_MUTATIONS", "250")), 5_000
SHOWN = 500
"""After so many documents compared, a test of an hour says how far it is."""


pytestmark = UNAWAITED


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shelves(world: World) -> Shelves:
    await add_goods(stock_at=(1, 1, 1))
    return await build_shelves()


async def undone(drawn: Drawn, viewer: Viewer, *, is_planning: bool) -> Ran | None:
    """Run mutations, and roll back what they did."""
    async with undoing():
        return await run(drawn, viewer, Documents(schema), is_planning=is_planning)


async def test_mutations_answer_by_plan_as_by_stock_execution(world: World, shelves: Shelves) -> None:
    with texting():
        counts, done = await walked(MUTATIONS, SEED, world, shelves)

    assert counts["with success"] > MUTATIONS / 2
    assert counts["with user errors"] > MUTATIONS / 20
    assert len(done) > 40


@pytest.mark.soak
async def test_mutations_answer_by_plan_as_by_stock_execution_in_the_long_run(world: World, shelves: Shelves) -> None:
    with texting():
        counts, done = await walked(MANY, time.time_ns(), world, shelves)

    assert counts["with success"] > MANY / 2
    assert len(done) > 60


async def walked(documents: int, seed: int, world: World, shelves: Shelves) -> tuple[Counter[str], Counter[str]]:
    """Draw mutations until as many documents were compared: how they ended, and how often what was done."""
    draw = random.Random(seed)
    values = Values(draw, await pools(world, shelves))
    possible = await deeds(world, shelves)
    actors = by_actor(possible)
    others = [*(world.viewers[name] for name in sorted(world.viewers)), ANONYMOUS]
    counts: Counter[str] = Counter()
    done: Counter[str] = Counter()
    while counts["compared"] < documents:
        counts["drawn"] += 1
        by = draw.choice(possible).by
        drawn = MutationDrawing(draw, {}, values=values, deeds=actors[by]).document().at({})
        # One in some is refused to whoever asks.
        by = draw.choice(others) if draw.random() < 0.1 else by
        planned = await undone(drawn, by, is_planning=True)
        stock = await undone(drawn, by, is_planning=False)
        if planned is None or stock is None:
            continue
        what = f"seed {seed}, operation {counts['drawn']}, {by.kind}: {drawn.text} {drawn.variables}"
        likeness = Likeness()
        assert likeness.of(json.loads(planned.data), json.loads(stock.data)), f"{planned.data}\n{stock.data}\n{what}"
        assert likeness.of(planned.errors, stock.errors), f"{planned.errors}\n{stock.errors}\n{what}"
        assert planned.has_failed is stock.has_failed, what
        if not stock.has_failed:
            for name in ("withheld", "spent"):
                assert likeness.of(planned.records[name], stock.records[name]), f"{name}: {what}"
        counts["compared"] += 1
        counts["by plan"] += planned.reason is None
        counts["with errors"] += stock.has_failed
        payloads: dict[str, dict[str, Any]] = json.loads(planned.data) or {}
        errors = [payload.get("userErrors") for payload in payloads.values()]
        counts["with success"] += [] in errors
        counts["with user errors"] += any(errors)
        done.update(_succeeded(drawn, payloads))
        if counts["compared"] % SHOWN == 0:
            print(f"{counts['compared']:,} of {documents:,} compared, seed {seed}", file=sys.__stderr__, flush=True)

    said = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    report(f"mutations by plan and by stock execution: {said}; {len(done)} kinds of them with success")
    return counts, done


def _succeeded(drawn: Drawn, payloads: dict[str, dict[str, Any]]) -> list[str]:
    """Name the mutations that were done."""
    text = drawn.text
    if drawn.name is not None and f"mutation {drawn.name}" in text:
        text = text[text.index(f"mutation {drawn.name}") :]
    return [
        text[text.index(f"{key}: ") + len(key) + 2 :].split("(")[0].split(" ")[0]
        for key, payload in payloads.items()
        if payload.get("userErrors") == []
    ]
