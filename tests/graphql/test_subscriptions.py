"""Subscriptions past HTTP: an event is what the query of its moment answers, by plan and by stock execution."""

import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, cast

import pytest
import pytest_asyncio

from execution.documents import Documents
from execution.outline import outline
from models.disclosures import Disclosure
from models.orders import Order, OrderStatus
from permissions import OperationContext
from policy.viewer import ANONYMOUS, Viewer
from resolvers.cells import open_cells
from schema import schema
from tests.graphql.asking import DOCUMENTS, ask
from tests.graphql.comparing import compared, run
from tests.graphql.random_operations import Drawing, arguments
from tests.graphql.shelves import Shelves
from tests.graphql.shelves import build as build_shelves
from tests.graphql.wards import somebody
from tests.graphql.world import World
from tests.reporting import report

MOMENTS = 150
SEED = 29_112_026
BY_CHANCE = ("deviceSightings(", "searches(")
"""Lists in an order of chance (P2.2c)."""
UPDATED = """subscription Follow($number: String!) {
  orderUpdated(number: $number) { number status buyer { email } recipient { name } lines { title } }
}"""
WIDE = "subscription ($number: String!) { orderUpdated(number: $number) { number } }"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shelves(world: World) -> Shelves:
    return await build_shelves()


async def stock(document: str, as_: Viewer, **variables: Any) -> list[Any]:
    """Subscribe by Strawberry alone, and list all that comes."""
    context = OperationContext(open_cells=open_cells, prepare=DOCUMENTS.parsed, viewer=as_)
    events = await schema.subscribe(document, variable_values=variables, context_value=context)
    async with aclosing(cast("AsyncGenerator[Any]", events)) as coming:
        return [event async for event in coming]


async def test_an_event_is_what_the_query_of_its_moment_answers(world: World, shelves: Shelves) -> None:
    draw = random.Random(SEED)
    viewers = {**world.viewers, "nobody": ANONYMOUS}
    moments = shown = 0
    while moments < MOMENTS:
        sale, name = draw.choice(world.sales), draw.choice(sorted(viewers))
        given = {**arguments(world, shelves), "Subscription.orderUpdated": f'number: "{sale.order.number}"'}
        event, query = Drawing(draw, given).subscription("orderUpdated", "order")
        if any(each in event.text for each in BY_CHANCE):
            continue

        came = await compared(event, viewers[name], Documents(schema), f"moment {moments}, {name}")
        by_event = await run(event, viewers[name], Documents(schema), is_planning=True)
        by_query = await run(query, viewers[name], Documents(schema), is_planning=True)

        if came is None or by_event is None or by_query is None:
            # It is too large, or asks for the same in two ways.
            continue
        moments += 1
        if not by_query.has_failed:
            assert by_event == by_query, f"moment {moments}, {name}: {event.text}"
            shown += by_event.data != '{"orderUpdated": null}'
    assert shown > MOMENTS / 10
    report(f"subscriptions: {MOMENTS} events of which {shown} showed an order: as stock execution and as the query")


@pytest.mark.parametrize("name", ["adult", "guardian", "supplier_one", "auditor", "stranger"])
async def test_strawberrys_own_subscription_gives_the_event_of_now_and_no_more(name: str, world: World) -> None:
    number = world.sales_of(world.subjects["adult"])[0].order.number
    viewer = world.viewers.get(name, ANONYMOUS)

    events = await stock(UPDATED, viewer, number=number)
    planned = await ask(UPDATED, as_=viewer, number=number)

    assert [event.data for event in events] == [planned.data]
    assert [event.extensions["privacy"]["withheld"] for event in events] == [planned.withheld]


async def test_an_event_by_stock_execution_is_put_on_record_before_it_is_given(world: World) -> None:
    sale = world.sales_of(world.subjects["adult"])[0]
    known = {row.id for row in await Disclosure.filter(account_id=sale.subject.account.id)}
    context = OperationContext(open_cells=open_cells, prepare=DOCUMENTS.parsed, viewer=world.viewers["supplier_one"])

    events = await schema.subscribe(UPDATED, variable_values={"number": sale.order.number}, context_value=context)
    async with aclosing(cast("AsyncGenerator[Any]", events)) as coming:
        event = await anext(coming)
        noted = [row for row in await Disclosure.filter(account_id=sale.subject.account.id) if row.id not in known]

    assert event.data["orderUpdated"]["recipient"]["name"] == sale.parcel.name
    assert [(row.party, row.operation) for row in noted] == [("SUPPLIER", "Follow")]


async def test_an_event_shows_the_order_as_it_is_by_then(world: World) -> None:
    buyer = await somebody()
    sale = world.sales_of(world.subjects["adult"])[0]
    before = await ask(UPDATED, as_=world.viewers["adult"], number=sale.order.number)
    await Order.filter(id=sale.order.id).update(status=OrderStatus.DELIVERED)

    after = await ask(UPDATED, as_=world.viewers["adult"], number=sale.order.number)
    others = await ask(UPDATED, as_=buyer.viewer, number=sale.order.number)
    none = await ask(UPDATED, as_=buyer.viewer, number="K7QM-2XVD-9RTP")

    await Order.filter(id=sale.order.id).update(status=sale.order.status)
    assert before.data["orderUpdated"]["status"] == sale.order.status
    assert after.data["orderUpdated"]["status"] == "DELIVERED"
    assert others == none
    assert others.data == {"orderUpdated": None}


async def test_a_token_without_the_scope_gets_no_event(world: World) -> None:
    number = world.sales_of(world.subjects["adult"])[0].order.number
    viewer = Viewer(supplier=world.viewers["supplier_one"].supplier, scopes=frozenset({"shipments:write"}))

    planned = await ask(UPDATED, as_=viewer, number=number)
    (by_stock,) = await stock(UPDATED, viewer, number=number)

    assert planned.data is None
    assert by_stock.data is None
    assert [error.original_error.code for error in planned.errors] == ["INSUFFICIENT_SCOPE"]
    assert [error.original_error.code for error in by_stock.errors] == ["INSUFFICIENT_SCOPE"]


def test_an_event_costs_what_the_query_costs() -> None:
    event, query = (
        DOCUMENTS.prepare(UPDATED),
        DOCUMENTS.prepare(UPDATED.replace("subscription", "query").replace("orderUpdated", "order")),
    )

    assert DOCUMENTS.cost(event, event.operation(None), {}) == DOCUMENTS.cost(query, query.operation(None), {})


def test_a_subscription_is_outlined_as_a_plan() -> None:
    assert outline(DOCUMENTS.prepare(WIDE)) == [
        "subscription",
        "  orderUpdated  resolver",
        "    number  column, decided as ORDER_NUMBER",
    ]
