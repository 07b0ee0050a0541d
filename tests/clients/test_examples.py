"""What each client prints is what the shop answers to a plain request."""

from decimal import Decimal
from typing import Any

from tests.clients.running import TOKEN, DemoShop, Examples, run

ORDERS = """query ($first: Int!) { orders(first: $first) { nodes {
  id number status total { amount currencyCode } recipient { name phone city } } } }"""
VARIANT = "query ($id: ID!) { productVariant(id: $id) { price { amount } } }"


def orders(shop: DemoShop, viewer: str, first: int = 10) -> Any:
    return shop.ask(ORDERS, viewer=viewer, first=first)["data"]["orders"]["nodes"]


def line(order: Any) -> str:
    total, recipient = order["total"], order["recipient"]
    price = f"{total['amount']} {total['currencyCode']}" if total else "(no price for you)"
    return f"{order['number']} {order['status']} {price}, to {recipient['name'] or '(not for you)'}"


def test_a_demo_viewers_token_is_a_command_away(demo_shop: DemoShop) -> None:
    told = run(f"{TOKEN} supplier", AVOW_URL=demo_shop.url)
    unknown = run(f"{TOKEN} nobody", AVOW_URL=demo_shop.url)

    assert told.stdout.strip() == demo_shop.tokens["supplier"]
    assert unknown.returncode != 0
    assert "customer" in unknown.stderr


def test_the_typed_client_browses_and_fills_a_guests_cart(examples: Examples) -> None:
    said = examples.says("typescript")

    wanted = examples.shop.ask(
        "{ products(first: 3, filter: { currencyCode: EUR }) { nodes { title priceRange { minimum { amount } } } } }"
    )["data"]["products"]["nodes"]
    assert said["products"] == [[one["title"], one["priceRange"]["minimum"]["amount"]] for one in wanted]
    [put] = said["cart"]["lines"]
    price = examples.shop.ask(VARIANT, id=put["variantId"])["data"]["productVariant"]["price"]["amount"]
    assert put["quantity"] == 2
    assert Decimal(said["cart"]["total"]["amount"]) == 2 * Decimal(price) > 0
    [refusal] = said["refused"]
    assert refusal.startswith("QUANTITY_NOT_VALID: ")


def test_without_a_token_the_typed_client_lists_nobodys_orders(examples: Examples) -> None:
    said = examples.says("typescript")

    assert (said["viewer"], said["orders"], said["withheld"]) == ("ANONYMOUS", [], [])


def test_the_typed_client_shows_the_customer_everything(examples: Examples) -> None:
    said = examples.says("typescript", viewer="customer")

    assert said["viewer"] == "PERSON"
    assert said["orders"] == [line(order) for order in orders(examples.shop, "customer")]
    assert len(said["orders"]) == 5
    assert said["withheld"] == []


def test_the_typed_client_shows_the_supplier_what_was_withheld(examples: Examples) -> None:
    said = examples.says("typescript", viewer="supplier")

    answer = examples.shop.ask(ORDERS, viewer="supplier", first=10)
    assert said["viewer"] == "SUPPLIER"
    assert said["orders"] == [line(order) for order in answer["data"]["orders"]["nodes"]]
    assert all("(no price for you)" in shown for shown in said["orders"])
    assert said["withheld"] == answer["extensions"]["privacy"]["withheld"]
    assert {"path": ["orders", "nodes", "total"], "effect": "NULL", "code": "NOT_SHARED"} in said["withheld"]


def test_a_bad_token_ends_the_typed_client_with_the_servers_code(examples: Examples) -> None:
    ended = examples.start("typescript", token="not-a-token")

    assert ended.returncode != 0
    assert "UNAUTHENTICATED" in ended.stderr


def test_relay_puts_pages_together_and_asks_one_order_again(examples: Examples) -> None:
    said = examples.says("relay", viewer="customer")

    wanted = orders(examples.shop, "customer", first=4)
    numbers = [order["number"] for order in wanted]
    assert said["first"] == numbers[:2]
    assert said["all"] == numbers
    assert said["refetched"] == {name: wanted[0][name] for name in ("id", "number", "status", "total")}


def test_apollo_keeps_each_object_once_and_narrows_user_errors(examples: Examples) -> None:
    known = orders(examples.shop, "customer")
    before = {order["id"]: order["status"] for order in known}
    numbers = {order["id"]: order["number"] for order in known}

    said = examples.says("apollo", viewer="customer")

    after = {order["id"]: order["status"] for order in orders(examples.shop, "customer")}
    products = examples.shop.ask("{ products(first: 4, sortKey: TITLE) { nodes { id title } } }")
    nodes = products["data"]["products"]["nodes"]
    cancelled = said["cancelled"]
    id_ = cancelled["id"]
    assert [each for each in before if before[each] != after[each]] == [id_]
    assert (before[id_], after[id_], cancelled["status"]) == ("PLACED", "CANCELLED", "CANCELLED")
    assert cancelled["number"] == numbers[id_]
    assert said["refused"] == ["ORDER_NOT_CANCELLABLE", "CANCELLED"]
    assert said["products"] == [node["title"] for node in nodes]
    kept = {f"Order:{each}" for each in after} | {f"Product:{node['id']}" for node in nodes}
    assert set(said["kept"]) == kept | {"ROOT_QUERY", "ROOT_MUTATION"}
