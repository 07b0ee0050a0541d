"""Ids and the objects behind them."""

import pytest

from models.ids import new_id, public_id
from tests.graphql.asking import ask
from tests.graphql.world import World

NODE = "query ($id: ID!) { node(id: $id) { __typename id ... on Order { number } ... on User { email } } }"
NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"


async def test_every_bad_hidden_or_foreign_id_is_answered_alike(world: World) -> None:
    adult, supplier = world.subjects["adult"], world.viewers["supplier_one"]
    sale = world.sales_of(adult)[0]
    viewer = world.viewers["other"]
    ids = {
        "hidden": public_id("Order", sale.order.id),
        "missing": public_id("Order", new_id()),
        "of another type": public_id("Recipient", sale.recipient.id),
        "of a partner": public_id("Order", sale.order.id, f"supplier {supplier.supplier}"),
        "malformed": "T3JkZXI6MQ==",
        "empty": "",
        "long": "A" * 5_000,
        "raw": str(sale.order.id),
    }

    answers = {name: await ask(NODE, as_=viewer, id=text) for name, text in ids.items()}

    assert all(answer == answers["missing"] for answer in answers.values())
    assert answers["missing"].data == {"node": None}


async def test_nodes_answers_in_the_order_asked_with_null_for_what_is_not_there(world: World) -> None:
    adult = world.subjects["adult"]
    order, account = world.sales_of(adult)[0].order, adult.account
    ids = [public_id("User", account.id), "nothing", public_id("Order", order.id), public_id("User", account.id)]

    seen = await ask(NODES, as_=world.viewers["adult"], ids=ids)

    assert [node and node["__typename"] for node in seen.data["nodes"]] == ["User", None, "Order", "User"]
    assert [node and node["id"] for node in seen.data["nodes"]] == [ids[0], None, ids[2], ids[3]]


async def test_more_nodes_than_a_page_holds_are_refused_with_the_limit(world: World) -> None:
    answer = await ask(NODES, as_=world.viewers["adult"], ids=["nothing"] * 101)

    assert [str(error.original_error) for error in answer.errors] == ["Ask for at most 100 nodes at once."]


@pytest.mark.parametrize("type_name", ["User", "Order", "OrderLine", "Address", "Ticket", "Supplier"])
async def test_an_object_is_found_again_by_the_id_it_was_shown_with(world: World, type_name: str) -> None:
    adult = world.subjects["adult"]
    sale = world.sales_of(adult)[0]
    viewer = world.viewers["adult"]
    document = """{ viewer { account { id addresses { id } } tickets(first: 9) { nodes { id } } }
      orders(first: 100) { nodes { id lines { id supplier { id } } } } }"""
    seen = (await ask(document, as_=viewer)).data
    lines = [line for order in seen["orders"]["nodes"] for line in order["lines"]]
    ids = {
        "User": seen["viewer"]["account"]["id"],
        "Address": seen["viewer"]["account"]["addresses"][0]["id"],
        "Ticket": seen["viewer"]["tickets"]["nodes"][0]["id"],
        "Order": public_id("Order", sale.order.id),
        "OrderLine": lines[0]["id"],
        "Supplier": lines[0]["supplier"]["id"],
    }

    found = await ask(NODE, as_=viewer, id=ids[type_name])

    assert found.data["node"]["__typename"] == type_name
    assert found.data["node"]["id"] == ids[type_name]
