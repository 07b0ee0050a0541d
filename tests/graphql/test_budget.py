"""An operation is bounded by the fields that it resolves, not by the time that it takes."""

import time
from typing import Any

from models.ids import public_id
from permissions import OperationContext
from resolvers.cells import open_cells
from schema import schema
from tests.graphql.asking import DOCUMENTS, ask
from tests.graphql.world import World
from tests.reporting import report


def _wide(aliases: int) -> str:
    orders = "orders(first: 50) { nodes { number status placedAt } }"
    inner = f"nodes(ids: $ids) {{ ... on User {{ addresses {{ street city name phone }} {orders} }} }}"
    return f"query ($ids: [ID!]!) {{ {' '.join(f'a{number}: {inner}' for number in range(aliases))} }}"


async def test_the_same_objects_asked_again_and_again_are_refused_before_they_are_resolved(world: World) -> None:
    own = public_id("User", world.subjects["adult"].account.id)
    began = time.process_time()

    answer = await ask(_wide(15), as_=world.viewers["adult"], ids=[own] * 100)

    # On a machine under load the wait for a connection may end first for some of the fields.
    assert "QUERY_TOO_COSTLY" in {(error.extensions or {}).get("code") for error in answer.errors}
    seconds = time.process_time() - began
    report(f"budget: an operation of 50,000 fields was refused after {seconds:.2f} s of CPU")
    assert seconds < 10


async def test_a_page_of_a_hundred_orders_with_all_their_fields_is_within_the_budget(world: World) -> None:
    document = """{ orders(first: 100) { totalCount pageInfo { endCursor } nodes {
      id number status placedAt total { amount currencyCode } buyer { id email phone }
      recipient { name phone street city postalCode country }
      lines { id sku title quantity unitPrice { amount } supplier { name } } } } }"""

    answer = await ask(document, as_=world.viewers["operator"])

    assert answer.errors == []
    assert len(answer.data["orders"]["nodes"]) > 20


async def test_fields_are_counted_object_by_object_also_through_fragments(world: World) -> None:
    document = """query ($ids: [ID!]!) { nodes(ids: $ids) { ...Whole ... on User { region } } }
      fragment Whole on User { id email phone state }"""
    ids = [public_id("User", world.subjects["adult"].account.id)] * 20
    context = OperationContext(
        open_cells=open_cells, prepare=DOCUMENTS.parsed, viewer=world.viewers["adult"], budget=1_000
    )

    result: Any = await schema.execute(document, variable_values={"ids": ids}, context_value=context)

    assert result.errors is None
    # The way in, five fields of each of twenty objects, and each object's id once more, which is loaded in batches.
    assert context.spent == 15 + 20 * 5 + 20
