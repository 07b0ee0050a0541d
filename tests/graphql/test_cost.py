"""What operations cost when they run is never more than what was worked out before, whatever is asked by whom."""

import random
from typing import Any

import pytest
import pytest_asyncio
from graphql import GraphQLObjectType, get_named_type

from execution.cost import CostAnalyser
from execution.documents import Documents, core_schema
from execution.limits import DocumentLimits
from execution.refusals import DocumentInvalid, DocumentRefused
from permissions import OperationContext
from permissions.fields import plan_of
from permissions.register import output_types
from policy.viewer import ANONYMOUS, Viewer
from resolvers.cells import open_cells
from schema import schema
from tests.commerce.goods import add_goods
from tests.graphql.comparing import UNAWAITED, executing
from tests.graphql.deeds import by_actor, deeds, texting
from tests.graphql.leading import pools
from tests.graphql.random_mutations import MutationDrawing, undoing
from tests.graphql.random_operations import Drawn
from tests.graphql.random_values import Values
from tests.graphql.shelves import Shelves
from tests.graphql.shelves import build as build_shelves
from tests.graphql.wide_operations import WideDrawing
from tests.graphql.world import World
from tests.reporting import report

UNLIMITED = CostAnalyser(core_schema(schema), DocumentLimits(cost=10**15))
SEED, OPERATIONS, MUTATIONS = 20_261_127, 600, 100


pytestmark = UNAWAITED


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shelves(world: World) -> Shelves:
    await add_goods(stock_at=(1, 1, 1))
    return await build_shelves()


async def counted(drawn: Drawn, viewer: Viewer, *, is_planning: bool = True) -> tuple[int, int] | None:
    """Run an operation: how many fields it came to, and how many it could; None if it is not fit to run."""
    documents = Documents(schema)
    try:
        prepared = documents.prepare(drawn.text)
    except (DocumentRefused, DocumentInvalid):
        return None
    found = UNLIMITED.cost(prepared.document, prepared.operation(drawn.name), drawn.variables)
    context = OperationContext(
        open_cells=open_cells, prepare=documents.parsed, viewer=viewer, budget=10**15, spent=found.at_once
    )
    await executing(is_planning=is_planning)[0].execute(prepared, drawn.name, drawn.variables, context)
    return context.spent, found.fields


async def test_no_operation_costs_more_than_what_was_worked_out_before_it_ran(world: World, shelves: Shelves) -> None:
    draw = random.Random(SEED)
    values = Values(draw, await pools(world, shelves))
    viewers = {**world.viewers, "nobody": ANONYMOUS}
    names = sorted(viewers)
    reached: list[float] = []
    spent_in_all = number = 0
    while len(reached) < OPERATIONS:
        number += 1
        drawn = WideDrawing(draw, {}, values=values).document().at({})
        # Everybody in turn, one half by plan and one by stock execution.
        name, is_planning = names[number % len(names)], number // len(names) % 2 == 0
        run = await counted(drawn, viewers[name], is_planning=is_planning)
        if run is None:
            continue
        spent, most = run
        what = f"seed {SEED}, {name}, by plan: {is_planning}"
        assert spent <= most, f"{what}: {spent} > {most}, {drawn.text} {drawn.variables}"
        reached.append(spent / most if most else 1.0)
        spent_in_all += spent

    exact = sum(share == 1.0 for share in reached)
    report(
        f"cost: {len(reached)} random operations of {spent_in_all:,} fields as {len(names)} viewers, "
        f"{exact} at their bound exactly"
    )
    # Not because the bound is high: where there is no list it is met to the field.
    assert exact > len(reached) / 20
    assert spent_in_all > 10_000


async def test_no_mutation_costs_more_than_what_was_worked_out_before_it_ran(world: World, shelves: Shelves) -> None:
    with texting():
        await _mutate(world, shelves)


async def _mutate(world: World, shelves: Shelves) -> None:
    draw = random.Random(SEED)
    values = Values(draw, await pools(world, shelves))
    actors = by_actor(await deeds(world, shelves))
    compared = spent_in_all = 0
    while compared < MUTATIONS:
        by = draw.choice(list(actors))
        drawn = MutationDrawing(draw, {}, values=values, deeds=actors[by]).document().at({})
        for is_planning in (True, False):
            async with undoing():
                run = await counted(drawn, by, is_planning=is_planning)
            if run is not None:
                spent, most = run
                assert spent <= most, f"seed {SEED}, {by.kind}: {spent} > {most}, {drawn.text} {drawn.variables}"
                compared, spent_in_all = compared + 1, spent_in_all + spent

    report(f"cost: {compared} random mutations of {spent_in_all:,} fields, none above its bound")
    assert spent_in_all > compared


async def test_what_a_list_holds_counts_for_each_object_and_what_is_left_out_does_not(
    world: World, shelves: Shelves
) -> None:
    handle = shelves.products["teapot"].handle
    below = "variants { sku price { amount } priceTiers { minimumQuantity } }"
    text = f'{{ product(handle: "{handle}") {{ title {below} }} }}'

    run = await counted(Drawn(text, {}), ANONYMOUS)
    skipped = await counted(Drawn(text.replace("title", "title @skip(if: true)"), {}), ANONYMOUS)

    # The way in, two fields of the product, three of each of its four variants, and two tiers of each.
    assert run is not None
    assert run[0] == 15 + 2 + 4 * 3 + 4 * 2
    assert skipped is not None
    assert skipped[0] == run[0] - 1


def test_nothing_is_loaded_for_lists_that_have_no_bound() -> None:
    unbounded = [
        f"{type_.name}.{name}"
        for type_ in output_types(schema)
        if not type_.name.endswith("Connection")
        for name, field in type_.fields.items()
        if (plan := plan_of(field)) is not None and plan.at_most is None and plan.kind != "root"
        # An action gives one reason at most (`resolvers.outcomes`).
        if "[" in str(field.type) and name != "userErrors" and _loads_below(get_named_type(field.type))
    ]

    assert unbounded == []


def _loads_below(type_: Any) -> bool:
    objects = [type_] if isinstance(type_, GraphQLObjectType) else core_schema(schema).get_possible_types(type_)
    return (
        any(
            (plan := plan_of(field)) is not None and plan.rows is not None
            for each in objects
            for field in each.fields.values()
        )
        if hasattr(type_, "fields")
        else False
    )


@pytest.mark.parametrize("kind", ["root", "mutation", "event"])
def test_every_way_in_weighs_something(kind: str) -> None:
    plans = [
        plan
        for type_ in output_types(schema)
        for field in type_.fields.values()
        if (plan := plan_of(field)) is not None and plan.kind == kind
    ]

    assert plans
    assert all(plan.weight >= {"root": 15, "mutation": 150, "event": 15}[kind] for plan in plans)
