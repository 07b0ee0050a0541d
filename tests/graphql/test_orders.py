"""Orders as each viewer sees them, and their cancellation."""

import asyncio
from typing import Any

import pytest

from models.ids import public_id
from models.orders import Order, OrderEvent, OrderStatus
from policy.viewer import Viewer
from resolvers.nodes import audience_of
from server.demo_rows import Parcel, Purchase, add_order
from tests.graphql.asking import ask
from tests.graphql.world import Line, Sale, World

ORDER = """
  query ($number: String!) {
    order(number: $number) {
      number status total { amount } buyer { email }
      recipient { name phone city }
      lines { title unitPrice { amount } supplier { name } }
    }
  }
"""
CANCEL = """
  mutation ($id: ID!) {
    orderCancel(input: { id: $id }) {
      order { number status cancelledAt total { amount } recipient { name } }
      userErrors { __typename code message field ... on OrderNotCancellable { status } }
    }
  }
"""
PARCEL = Parcel("Somebody", "+31600000000", "A Road 1", "A Town", "1000", "NL")


def paid(world: World, name: str) -> Sale:
    return next(sale for sale in world.sales_of(world.subjects[name]) if sale.is_window_open)


def closed(world: World, name: str) -> Sale:
    return next(sale for sale in world.sales_of(world.subjects[name]) if sale.order.status is OrderStatus.DELIVERED)


async def fresh_order(world: World, buyer: str, status: OrderStatus = OrderStatus.PAID) -> Order:
    supplier = world.viewers["supplier_one"].supplier
    assert supplier is not None
    lines = (Line(supplier, "SKU-1", "Goods", 1, 500),)
    return await add_order(Purchase(world.subjects[buyer].account.id, PARCEL, lines, status))


async def cancel(order: Order, viewer: Viewer) -> Any:
    return (await ask(CANCEL, as_=viewer, id=public_id("Order", order.id, audience_of(viewer)))).data["orderCancel"]


@pytest.mark.clause("P6.1", "P1.2b")
async def test_the_buyer_sees_the_whole_order(world: World) -> None:
    sale = paid(world, "adult")

    seen = await ask(ORDER, as_=world.viewers["adult"], number=sale.order.number)

    assert seen.data["order"]["recipient"]["phone"] == sale.parcel.phone
    assert seen.data["order"]["buyer"]["email"] == sale.subject.person.email
    assert len(seen.data["order"]["lines"]) == 2
    assert seen.withheld == []


@pytest.mark.clause("P4.2")
async def test_a_supplier_sees_its_own_lines_and_not_what_they_cost_nor_who_bought(world: World) -> None:
    sale = paid(world, "adult")

    seen = await ask(ORDER, as_=world.viewers["supplier_one"], number=sale.order.number)

    assert len(sale.lines) == 2
    assert [line["title"] for line in seen.data["order"]["lines"]] == [sale.lines[0][1].title]
    assert seen.data["order"]["total"] is None
    assert seen.data["order"]["buyer"] is None
    assert seen.withheld == [
        {"path": ["order", "buyer"], "effect": "NULL", "code": "NOT_SHARED"},
        {"path": ["order", "lines", "unitPrice"], "effect": "NULL", "code": "NOT_SHARED"},
        {"path": ["order", "total"], "effect": "NULL", "code": "NOT_SHARED"},
    ]


@pytest.mark.clause("P2.6")
async def test_a_supplier_sees_the_recipient_until_the_window_closes(world: World) -> None:
    supplier = world.viewers["supplier_one"]
    before, after = paid(world, "adult"), closed(world, "adult")

    in_window = await ask(ORDER, as_=supplier, number=before.order.number)
    outside = await ask(ORDER, as_=supplier, number=after.order.number)

    assert in_window.data["order"]["recipient"]["phone"] == before.parcel.phone
    assert outside.data["order"]["recipient"] == {"name": "•••", "phone": "+•• ••• •••••", "city": "•••"}
    assert {(entry["effect"], entry["code"]) for entry in outside.withheld if "recipient" in entry["path"]} == {
        ("MASK", "WINDOW_CLOSED")
    }


@pytest.mark.clause("P7.1")
@pytest.mark.parametrize("name", ["child", "minor"])
async def test_a_supplier_cannot_tell_that_a_buyer_is_under_age(world: World, name: str) -> None:
    """Neither by a mask beside an order that waits to be delivered, nor by anything of one that is over."""
    supplier = world.viewers["supplier_one"]

    waiting = await ask(ORDER, as_=supplier, number=paid(world, name).order.number)
    over = await ask(ORDER, as_=supplier, number=closed(world, name).order.number)
    of_adult = await ask(ORDER, as_=supplier, number=closed(world, "adult").order.number)

    assert waiting.data == {"order": None}
    assert _without_names(over.data) == _without_names(of_adult.data)
    assert over.withheld == of_adult.withheld


def _without_names(data: Any) -> Any:
    order = data["order"]
    lines = [{**line, "title": None} for line in order["lines"]]
    return {**order, "number": None, "lines": lines}


@pytest.mark.clause("P2.6")
async def test_a_supplier_learns_of_an_order_when_it_is_paid(world: World) -> None:
    supplier = world.viewers["supplier_one"]
    unpaid = next(sale for sale in world.sales_of(world.subjects["adult"]) if not sale.is_paid)

    before = await ask(ORDER, as_=supplier, number=unpaid.order.number)
    after = await ask(ORDER, as_=supplier, number=paid(world, "adult").order.number)

    assert before.data == {"order": None}
    assert after.data["order"]["recipient"]["name"] == paid(world, "adult").parcel.name


@pytest.mark.clause("P7.3")
async def test_a_child_sees_no_orders_until_the_guardian_consents(world: World) -> None:
    child, consented = paid(world, "child"), paid(world, "consented_child")

    closed_to = await ask(ORDER, as_=world.viewers["child"], number=child.order.number)
    open_to = await ask(ORDER, as_=world.viewers["consented_child"], number=consented.order.number)

    assert closed_to.data == {"order": None}
    assert open_to.data["order"]["number"] == consented.order.number


@pytest.mark.clause("P7.4")
async def test_a_guardian_sees_a_wards_order_and_a_mask_for_whom_it_goes_to(world: World) -> None:
    sale = paid(world, "minor")

    seen = await ask(ORDER, as_=world.viewers["guardian"], number=sale.order.number)

    assert seen.data["order"]["total"] == {"amount": f"{sale.order.total_minor / 100:.2f}"}
    assert seen.data["order"]["recipient"]["name"] == "•••"
    assert seen.data["order"]["buyer"] == {"email": None}


@pytest.mark.clause("P2.7")
async def test_an_agent_sees_an_order_once_membership_is_verified(world: World) -> None:
    agent = world.viewers["agent"]

    verified = await ask(ORDER, as_=agent, number=paid(world, "adult").order.number)
    unverified = await ask(ORDER, as_=agent, number=paid(world, "other").order.number)

    assert verified.data["order"]["recipient"]["name"] == paid(world, "adult").parcel.name
    assert unverified.data == {"order": None}


@pytest.mark.parametrize("name", ["other", "anonymous", "untrained_agent", "untrained_operator"])
async def test_a_hidden_order_and_a_missing_one_are_answered_alike(world: World, name: str) -> None:
    hidden = await ask(ORDER, as_=world.viewers[name], number=paid(world, "adult").order.number)
    missing = await ask(ORDER, as_=world.viewers[name], number="0000-0000-0000")

    assert hidden == missing


async def test_two_suppliers_get_different_ids_of_the_same_order(world: World) -> None:
    document = "query ($number: String!) { order(number: $number) { id } }"
    number = paid(world, "adult").order.number
    viewers = [world.viewers[name] for name in ("adult", "supplier_one", "supplier_two")]

    ids = [(await ask(document, as_=viewer, number=number)).data["order"]["id"] for viewer in viewers]

    assert len(set(ids)) == 3


async def test_a_buyer_cancels_an_order_that_is_paid(world: World) -> None:
    order = await fresh_order(world, "adult")

    payload = await cancel(order, world.viewers["adult"])

    assert payload["userErrors"] == []
    assert payload["order"]["status"] == "CANCELLED"
    assert payload["order"]["recipient"]["name"] == PARCEL.name
    assert await OrderEvent.filter(order_id=order.id, status=OrderStatus.CANCELLED).count() == 1


@pytest.mark.clause("P2.6")
async def test_a_cancellation_closes_the_suppliers_sight_of_the_recipient(world: World) -> None:
    order = await fresh_order(world, "adult")
    supplier = world.viewers["supplier_one"]

    before = await ask(ORDER, as_=supplier, number=order.number)
    await cancel(order, world.viewers["adult"])
    after = await ask(ORDER, as_=supplier, number=order.number)

    assert before.data["order"]["recipient"]["name"] == PARCEL.name
    assert after.data["order"]["recipient"]["name"] == "•••"


async def test_a_payload_masks_as_any_other_answer_does(world: World) -> None:
    order = await fresh_order(world, "minor")
    guardian = world.viewers["guardian"]
    document_id = public_id("Order", order.id)

    answer = await ask(CANCEL, as_=guardian, id=document_id)

    assert answer.data["orderCancel"]["order"]["recipient"] == {"name": "•••"}
    assert answer.withheld == [
        {"path": ["orderCancel", "order", "recipient", "name"], "effect": "MASK", "code": "NOT_SHARED"}
    ]


async def test_an_order_that_has_left_is_not_cancelled_and_the_answer_says_what_to_do(world: World) -> None:
    order = await fresh_order(world, "adult", OrderStatus.SHIPPED)

    payload = await cancel(order, world.viewers["adult"])

    assert payload == {
        "order": None,
        "userErrors": [
            {
                "__typename": "OrderNotCancellable",
                "code": "ORDER_NOT_CANCELLABLE",
                "message": "An order that is SHIPPED cannot be cancelled; ask for a return instead.",
                "field": ["id"],
                "status": "SHIPPED",
            }
        ],
    }
    assert (await Order.get(id=order.id)).status is OrderStatus.SHIPPED


async def test_a_supplier_who_sees_an_order_cannot_cancel_it(world: World) -> None:
    order = await fresh_order(world, "adult")

    payload = await cancel(order, world.viewers["supplier_one"])

    assert [error["code"] for error in payload["userErrors"]] == ["ORDER_ACTION_NOT_ALLOWED"]
    assert (await Order.get(id=order.id)).status is OrderStatus.PAID


async def test_an_order_of_somebody_else_and_one_that_is_not_there_are_refused_alike(world: World) -> None:
    order = await fresh_order(world, "adult")
    other = world.viewers["other"]

    hidden = await cancel(order, other)
    missing = (await ask(CANCEL, as_=other, id="nothing")).data["orderCancel"]

    assert hidden == missing
    assert missing["userErrors"][0]["code"] == "ORDER_NOT_FOUND"


async def test_of_many_cancellations_at_once_exactly_one_is_done(world: World) -> None:
    order = await fresh_order(world, "adult")

    payloads = await asyncio.gather(*(cancel(order, world.viewers["adult"]) for _ in range(12)))

    assert sum(payload["order"] is not None for payload in payloads) == 1
    assert await OrderEvent.filter(order_id=order.id, status=OrderStatus.CANCELLED).count() == 1
    assert (await Order.get(id=order.id)).version == 2


async def test_a_token_without_the_scope_is_told_which_it_lacks_and_finds_nothing_by_id(world: World) -> None:
    token = Viewer(supplier=world.viewers["supplier_one"].supplier, scopes=frozenset())
    sale = paid(world, "adult")
    by_id = "query ($id: ID!) { node(id: $id) { id } }"

    refused = await ask(ORDER, as_=token, number=sale.order.number)
    found = await ask(by_id, as_=token, id=public_id("Order", sale.order.id, audience_of(token)))

    assert [error.extensions for error in refused.errors] == [{"code": "INSUFFICIENT_SCOPE"}]
    assert "`orders:read`" in refused.errors[0].message
    assert found.data == {"node": None}
