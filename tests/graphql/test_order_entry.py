"""`orderImport`: what an operator brings in is kept as it was, once for ever, and noted with who did it."""

import asyncio
import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from commerce import checkout
from models import clock
from models.accounts import Account
from models.audit import AuditEvent
from models.database import fetch
from models.ids import public_id, read_public_id
from models.orders import Order, OrderLine
from models.payments import Payment
from models.products import ProductVariant
from policy.viewer import Viewer
from tests.commerce.buyers import buyer
from tests.commerce.goods import Goods, add_goods, filled_cart, levels, wish
from tests.graphql.asking import Answer, ask
from tests.graphql.world import World

IMPORT = """
  mutation ($input: OrderImportInput!) {
    orderImport(input: $input) {
      order {
        id number status placedAt externalReference externalAttributes { name value }
        total { amount currencyCode }
        lines { sku title quantity cancelledQuantity unitPrice { amount } variant { id sku } }
        recipient { isSynthesised name }
      }
      userErrors { code field message }
    }
  }
"""


def given(goods: Goods, **other: Any) -> dict[str, Any]:
    """Describe an order of its own."""
    mark = secrets.token_hex(6)
    return {
        "source": "old-shop",
        "externalReference": f"R-{mark}",
        "buyerReference": f"B-{mark}",
        "country": "gb",
        "supplierId": public_id("Supplier", goods.supplier_id),
        "currencyCode": "GBP",
        "placedAt": "2010-12-01T08:26:00+00:00",
        "lines": [{"sku": "71053", "title": "White metal lantern", "quantity": 6, "unitPrice": "3.39"}],
        "externalAttributes": [{"name": "channel", "value": "telephone"}],
        "idempotencyKey": mark,
    } | other


async def bring_in(input_: dict[str, Any], as_: Viewer) -> Answer:
    """Import an order."""
    return await ask(IMPORT, as_=as_, input=input_)


async def counts() -> tuple[int, int]:
    """Count orders, and notes of imports."""
    return await Order.all().count(), await AuditEvent.filter(action="orderImport").count()


async def test_an_order_keeps_its_price_and_day_and_its_recipient_is_made_up(world: World):
    goods, operator = await add_goods(), world.viewers["operator"]
    wanted = given(goods)

    answer = await bring_in(wanted, operator)

    assert (answer.errors, answer.codes) == ([], [])
    order = answer.data["orderImport"]["order"]
    assert (order["status"], order["placedAt"]) == ("DELIVERED", "2010-12-01T08:26:00+00:00")
    assert order["total"] == {"amount": "20.34", "currencyCode": "GBP"}
    assert order["externalReference"] == wanted["externalReference"]
    assert order["externalAttributes"] == wanted["externalAttributes"]
    assert order["recipient"]["isSynthesised"] is True
    assert order["recipient"]["name"] == "•••"
    (line,) = order["lines"]
    assert (line["sku"], line["quantity"], line["unitPrice"], line["variant"]) == ("71053", 6, {"amount": "3.39"}, None)


async def test_nothing_is_charged_moved_or_open_and_nobody_can_sign_in_as_the_buyer(world: World):
    goods = await add_goods(stock_at=(9,))
    sku = (await ProductVariant.get(id=goods.variant_id)).sku
    line = {"sku": sku, "title": "What it was called", "quantity": 4, "unitPrice": "1"}

    answer = await bring_in(given(goods, lines=[line]), world.viewers["operator"])

    (_, order_id) = read_public_id(answer.data["orderImport"]["order"]["id"], None)
    order = await Order.get(id=order_id)
    assert await levels(goods) == (9, 0)
    assert not await Payment.filter(order_id=order_id).exists()
    assert order.window_closes_at is not None
    assert order.window_closes_at < clock.now()
    account = await Account.get(id=order.buyer_id)
    assert (account.email_index, account.phone_index, account.region) == (None, None, "GB")
    assert account.external_source == "old-shop"


async def test_a_line_leads_to_the_variant_with_its_sku_of_that_supplier_alone(world: World):
    own, other = await add_goods(price_minor=999, currency="GBP"), await add_goods()
    skus = [(await ProductVariant.get(id=goods.variant_id)).sku for goods in (own, other)]
    lines = [{"sku": sku, "title": "As it was called", "quantity": 1, "unitPrice": "2.50"} for sku in skus]

    answer = await bring_in(given(own, lines=lines), world.viewers["operator"])

    first, second = answer.data["orderImport"]["order"]["lines"]
    assert first["variant"] == {"id": public_id("ProductVariant", own.variant_id), "sku": skus[0]}
    assert (first["title"], first["unitPrice"]) == ("As it was called", {"amount": "2.50"})
    assert second["variant"] is None


async def test_a_sku_of_several_variants_leads_to_none_of_them(world: World):
    one = await add_goods()
    two = await add_goods(supplier=one.supplier_id)
    sku = (await ProductVariant.get(id=one.variant_id)).sku
    await ProductVariant.filter(id=two.variant_id).update(sku=sku)
    line = {"sku": sku, "title": "Either", "quantity": 1, "unitPrice": "2.50"}

    answer = await bring_in(given(one, lines=[line]), world.viewers["operator"])

    assert answer.data["orderImport"]["order"]["lines"][0]["variant"] is None


async def test_it_is_imported_once_whatever_the_key_and_noted_once(world: World):
    operator, wanted = world.viewers["operator"], given(await add_goods())

    answers = [
        await bring_in(wanted, operator),
        await bring_in(wanted, operator),
        await bring_in(wanted | {"idempotencyKey": "another key"}, operator),
    ]

    (order,) = {answer.data["orderImport"]["order"]["id"] for answer in answers}
    (event,) = await AuditEvent.filter(object_id=read_public_id(order, None)[1])
    assert (event.action, event.actor_id, event.object_type) == ("orderImport", operator.account, "Order")
    assert event.changes == {"external_source": {}, "external_reference": {}}


async def test_what_happened_does_not_change(world: World):
    operator, wanted = world.viewers["operator"], given(await add_goods())
    order = (await bring_in(wanted, operator)).data["orderImport"]["order"]
    before, notes = await counts()
    keys = await _recipients()

    answer = await bring_in(wanted | {"buyerReference": "somebody else", "idempotencyKey": "new"}, operator)

    assert answer.codes == ["ORDER_IMPORTED_OTHERWISE"]
    assert answer.data["orderImport"]["order"] is None
    assert await counts() == (before, notes)
    assert await _recipients() == keys
    assert not await Account.filter(external_reference="somebody else").exists()
    (row,) = await OrderLine.filter(order_id=read_public_id(order["id"], None)[1])
    assert (row.quantity, row.unit_price_minor) == (6, 339)


async def _recipients() -> int:
    (row,) = await fetch("SELECT count(*)::int AS n FROM recipient")
    return row["n"]


async def test_a_key_that_was_used_for_another_order_is_refused(world: World):
    operator, wanted = world.viewers["operator"], given(await add_goods())
    await bring_in(wanted, operator)

    answer = await bring_in(wanted | {"externalReference": "another"}, operator)

    assert [error.original_error.code for error in answer.errors] == ["IDEMPOTENCY_CONFLICT"]
    assert not await Order.filter(external_reference="another").exists()


async def test_of_many_at_once_one_imports_it(world: World):
    operator, wanted = world.viewers["operator"], given(await add_goods())

    answers = await asyncio.gather(*(bring_in(wanted | {"idempotencyKey": f"k{n}"}, operator) for n in range(6)))

    (order,) = {answer.data["orderImport"]["order"]["id"] for answer in answers}
    assert await AuditEvent.filter(object_id=read_public_id(order, None)[1]).count() == 1
    assert await Order.filter(external_reference=wanted["externalReference"]).count() == 1


@pytest.mark.parametrize("who", ["adult", "guardian", "agent", "untrained_operator", "supplier_one", "anonymous"])
async def test_nobody_but_a_trained_operator_imports(who: str, world: World):
    wanted = given(await add_goods())

    answer = await bring_in(wanted, world.viewers[who])

    assert (answer.errors, answer.codes) == ([], ["ORDER_ACTION_NOT_ALLOWED"])
    assert not await Order.filter(external_reference=wanted["externalReference"]).exists()


async def test_a_delegated_token_of_an_operator_does_not_import(world: World):
    operator, wanted = world.viewers["operator"], given(await add_goods())
    token = Viewer(account=operator.account, staff=operator.staff, is_trained=True, scopes=frozenset({"orders:read"}))

    assert (await bring_in(wanted, token)).codes == ["ORDER_ACTION_NOT_ALLOWED"]


LINE = {"sku": "A", "title": "B", "quantity": 1, "unitPrice": "1"}


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"source": "Old Shop"}, "ORDER_IMPORT_NOT_VALID", ["source"]),
        ({"source": "x" * 33}, "ORDER_IMPORT_NOT_VALID", ["source"]),
        ({"externalReference": " "}, "TEXT_NOT_VALID", ["externalReference"]),
        ({"buyerReference": "a\x00b"}, "TEXT_NOT_VALID", ["buyerReference"]),
        ({"country": "XX"}, "COUNTRY_NOT_KNOWN", ["country"]),
        ({"supplierId": "nobody"}, "ORDER_IMPORT_NOT_VALID", ["supplierId"]),
        ({"placedAt": "2010-12-01T08:26:00"}, "ORDER_IMPORT_NOT_VALID", ["placedAt"]),
        ({"placedAt": "0001-01-01T00:00:00+14:00"}, "ORDER_IMPORT_NOT_VALID", ["placedAt"]),
        ({"placedAt": "9999-12-31T23:59:00-14:00"}, "ORDER_IMPORT_NOT_VALID", ["placedAt"]),
        ({"lines": []}, "ORDER_IMPORT_NOT_VALID", ["lines"]),
        ({"lines": [LINE] * 251}, "ORDER_IMPORT_NOT_VALID", ["lines"]),
        ({"lines": [LINE, LINE | {"quantity": 0}]}, "ORDER_IMPORT_NOT_VALID", ["lines", "1", "quantity"]),
        ({"lines": [LINE | {"quantity": -6}]}, "ORDER_IMPORT_NOT_VALID", ["lines", "0", "quantity"]),
        ({"lines": [LINE | {"unitPrice": "0.001"}]}, "ORDER_IMPORT_NOT_VALID", ["lines", "0", "unitPrice"]),
        ({"lines": [LINE | {"unitPrice": "-1"}]}, "ORDER_IMPORT_NOT_VALID", ["lines", "0", "unitPrice"]),
        ({"lines": [LINE | {"unitPrice": "1e999999"}]}, "ORDER_IMPORT_NOT_VALID", ["lines", "0", "unitPrice"]),
        ({"lines": [LINE | {"unitPrice": "NaN"}]}, "ORDER_IMPORT_NOT_VALID", ["lines", "0", "unitPrice"]),
        (
            {"lines": [LINE | {"unitPrice": "90000000000000000", "quantity": 1_000}]},
            "ORDER_IMPORT_NOT_VALID",
            ["lines"],
        ),
        ({"lines": [LINE | {"sku": ""}]}, "TEXT_NOT_VALID", ["lines", "0", "sku"]),
        ({"externalAttributes": [{"name": "a", "value": "b"}] * 2}, "ORDER_IMPORT_NOT_VALID", ["externalAttributes"]),
        ({"externalAttributes": [{"name": "a", "value": ""}]}, "TEXT_NOT_VALID", ["externalAttributes"]),
    ],
)
async def test_what_is_no_order_of_the_past_is_refused_whole(
    wrong: dict[str, Any], code: str, field: list[str], world: World
):
    wanted = given(await add_goods(), **wrong)
    before = await counts()

    answer = await bring_in(wanted, world.viewers["operator"])

    assert answer.errors == []
    (fault,) = answer.data["orderImport"]["userErrors"]
    assert (fault["code"], fault["field"]) == (code, field)
    assert await counts() == before


async def test_an_order_of_tomorrow_is_none_of_the_past(world: World):
    tomorrow = (clock.now() + timedelta(days=1)).isoformat()

    answer = await bring_in(given(await add_goods(), placedAt=tomorrow), world.viewers["operator"])

    assert answer.codes == ["ORDER_IMPORT_NOT_VALID"]


async def test_a_supplier_sees_the_core_of_what_it_provided_and_a_mask_for_whom(world: World):
    goods = await add_goods()
    order = (await bring_in(given(goods), world.viewers["operator"])).data["orderImport"]["order"]
    token = Viewer(supplier=goods.supplier_id, scopes=frozenset({"orders:read"}))
    document = "{ orders(first: 5) { nodes { number total { amount } lines { sku } recipient { name } } } }"

    answer = await ask(document, as_=token)

    assert answer.data["orders"]["nodes"] == [
        {"number": order["number"], "total": None, "lines": [{"sku": "71053"}], "recipient": {"name": "•••"}}
    ]


async def test_an_order_of_this_shop_leads_to_its_variant_too_and_has_no_source(world: World):
    by, goods = await buyer(), await add_goods()
    placed: UUID = await checkout.complete(wish(await filled_cart(by, (goods, 2)), 2_500), key="k", by=by)
    document = "query ($id: ID!) { node(id: $id) { ... on Order { externalReference lines { variant { id } } } } }"

    answer = await ask(document, as_=by, id=public_id("Order", placed))

    assert answer.data["node"] == {
        "externalReference": None,
        "lines": [{"variant": {"id": public_id("ProductVariant", goods.variant_id)}}],
    }
