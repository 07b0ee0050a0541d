"""The checkout over the schema, and what follows: the supplier's part, the receipt, the cancellation."""

from typing import Any
from uuid import UUID

import pytest

from commerce import fulfilments
from commerce.acceptances import in_force
from commerce.fulfilments import Parcel
from commerce.settlement import AFTER_SALES
from models import clock
from models.database import counting_statements, execute, fetch
from models.fulfilments import FulfillmentOrder
from models.ids import public_id, read_public_id
from models.money import LARGEST_MINOR
from policy.viewer import Viewer
from server.demo_rows import SUPPLIER_SCOPES
from tests.commerce.buyers import buyer
from tests.commerce.goods import Goods, add_goods, filled_cart, levels
from tests.graphql.asking import Answer, ask

pytestmark = pytest.mark.usefixtures("database")

CHECKOUT = """
  mutation ($input: CheckoutCompleteInput!) {
    checkoutComplete(input: $input) {
      order { id number status total { amount } recipient { name phone } lines { title quantity } }
      userErrors { __typename code field
        ... on InsufficientStock { available }
        ... on PriceChanged { expected { amount } actual { amount currencyCode } } }
    }
  }
"""
PARTS = """
  { fulfillmentOrders(first: 10) { nodes {
      id orderNumber status lines { quantity unitPrice { amount } } recipient { name phone street }
  } totalCount } }
"""
RECEIVED = """
  mutation ($id: ID!) { orderReceiptConfirm(input: { id: $id }) { order { status } userErrors { code } } }
"""
CANCEL = "mutation ($id: ID!) { orderCancel(input: { id: $id }) { order { status } userErrors { code } } }"


def given(cart_id: UUID, amount: str, *, key: str = "a key", currency: str = "EUR") -> dict[str, Any]:
    return {
        "cartId": public_id("Cart", cart_id),
        "recipient": {
            "isSelf": True,
            "name": "Mara de Wit",
            "phone": "+31612345678",
            "street": "Dam 1",
            "city": "Amsterdam",
            "postalCode": "1012 JS",
            "country": "nl",
        },
        "expectedTotal": {"amount": amount, "currencyCode": currency},
        "payment": {"institution": "SANDBOX"},
        "confirmsSensitive": True,
        "idempotencyKey": key,
    }


async def ordered(by: Viewer, *lines: tuple[Goods, int]) -> Any:
    cart = await filled_cart(by, *lines)
    total = sum(quantity for _, quantity in lines) * 1_250
    answer = await ask(CHECKOUT, as_=by, input=given(cart, f"{total / 100:.2f}"))
    assert answer.codes == []
    return answer.data["checkoutComplete"]["order"]


def token(goods: Goods, *scopes: str) -> Viewer:
    return Viewer(supplier=goods.supplier_id, scopes=frozenset(scopes or ("fulfillment_orders:read",)))


async def test_one_request_leads_from_a_cart_to_a_paid_order() -> None:
    by, goods = await buyer(), await add_goods()
    cart = await filled_cart(by, (goods, 2))

    answer = await ask(CHECKOUT, as_=by, input=given(cart, "25.00"))
    again = await ask(CHECKOUT, as_=by, input=given(cart, "25.00"))

    order = answer.data["checkoutComplete"]["order"]
    assert (order["status"], order["total"]) == ("PAID", {"amount": "25.00"})
    assert order["recipient"] == {"name": "Mara de Wit", "phone": "+31612345678"}
    assert again == answer
    assert (await ask("{ cart { id } }", as_=by)).data == {"cart": None}


@pytest.mark.clause("P2.10")
async def test_nothing_is_ordered_and_nobody_is_written_down_before_the_address_is_confirmed() -> None:
    by, goods = await buyer(), await add_goods()
    wanted = given(await filled_cart(by, (goods, 2)), "25.00")
    counted = "SELECT (SELECT count(*) FROM recipient) AS recipients, (SELECT count(*) FROM payment) AS payments"
    before = [tuple(row) for row in await fetch(counted)]

    refused = await ask(CHECKOUT, as_=by, input=wanted | {"confirmsSensitive": False})
    between = [tuple(row) for row in await fetch(counted)]
    ordered_with_it = await ask(CHECKOUT, as_=by, input=wanted)

    (error,) = refused.data["checkoutComplete"]["userErrors"]
    assert (error["code"], error["field"]) == ("SENSITIVE_NOT_CONFIRMED", ["confirmsSensitive"])
    assert refused.data["checkoutComplete"]["order"] is None
    assert between == before
    # The key was not used up by what was refused.
    assert ordered_with_it.data["checkoutComplete"]["order"]["status"] == "PAID"


def named(*lines: tuple[Goods, int], amount: str, key: str = "a key") -> dict[str, Any]:
    """Ask for goods from no cart."""
    wish = given(UUID(int=0), amount, key=key)
    del wish["cartId"]
    wanted = [{"variantId": public_id("ProductVariant", each.variant_id), "quantity": n} for each, n in lines]
    return {**wish, "lines": wanted}


async def test_one_request_leads_from_nothing_to_a_paid_order_and_leaves_the_cart_alone() -> None:
    by, goods, other = await buyer(), await add_goods(), await add_goods()
    await filled_cart(by, (goods, 1))
    wish = named((goods, 1), (other, 1), (goods, 2), amount="50.00")

    with counting_statements() as statements:
        answer = await ask(CHECKOUT, as_=by, input=wish)
    again = await ask(CHECKOUT, as_=by, input=wish)

    order = answer.data["checkoutComplete"]["order"]
    assert (order["status"], order["total"]) == ("PAID", {"amount": "50.00"})
    assert [line["quantity"] for line in order["lines"]] == [3, 1]
    assert again == answer
    assert (await levels(goods), await levels(other)) == ((7, 0), (9, 0))
    assert len((await ask("{ cart { lines { id } } }", as_=by)).data["cart"]["lines"]) == 1
    assert len(statements) <= 13, "11 without who asks, with the order's lines and recipient"


async def test_an_address_of_a_country_without_postal_codes_is_complete() -> None:
    by, goods = await buyer(), await add_goods()
    wish = named((goods, 1), amount="12.50")
    recipient = {name: value for name, value in wish["recipient"].items() if name != "postalCode"}

    answer = await ask(CHECKOUT, as_=by, input={**wish, "recipient": recipient})

    assert answer.codes == []
    assert answer.data["checkoutComplete"]["order"]["status"] == "PAID"


async def test_what_is_named_is_refused_as_a_cart_would_refuse_it() -> None:
    by, goods, yen = await buyer(), await add_goods(stock_at=(2,)), await add_goods(currency="JPY")
    unknown = {**named(amount="1.00"), "lines": [{"variantId": "nothing", "quantity": 1}]}

    codes = [
        (await ask(CHECKOUT, as_=by, input=wish)).codes
        for wish in (
            unknown,
            named((goods, 0), amount="1.00"),
            named((goods, 6_000), (goods, 6_000), amount="1.00"),
            named((goods, 1), (yen, 1), amount="1.00"),
            named((goods, 1), amount="1.00"),
            named((goods, 3), amount="37.50"),
        )
    ]

    assert codes == [
        ["VARIANT_NOT_SOLD"],
        ["QUANTITY_NOT_VALID"],
        ["QUANTITY_NOT_VALID"],
        ["CURRENCIES_MIXED"],
        ["PRICE_CHANGED"],
        ["INSUFFICIENT_STOCK"],
    ]
    assert await levels(goods) == (2, 0)


async def test_either_a_cart_is_ordered_or_what_is_named() -> None:
    by, goods = await buyer(), await add_goods()
    both = {**given(await filled_cart(by, (goods, 1)), "12.50"), "lines": named((goods, 1), amount="1.00")["lines"]}
    neither = named(amount="1.00")

    answers = [await ask(CHECKOUT, as_=by, input=wish) for wish in (both, neither)]

    assert [error.original_error.code for answer in answers for error in answer.errors] == ["BAD_ARGUMENT"] * 2


async def test_refusals_carry_what_the_remedy_needs() -> None:
    by, goods = await buyer(), await add_goods(stock_at=(1,))
    cart = await filled_cart(by, (goods, 2))

    dearer = await ask(CHECKOUT, as_=by, input=given(cart, "24.99"))
    short = await ask(CHECKOUT, as_=by, input=given(cart, "25.00"))

    assert dearer.data["checkoutComplete"]["userErrors"] == [
        {
            "__typename": "PriceChanged",
            "code": "PRICE_CHANGED",
            "field": ["expectedTotal"],
            "expected": {"amount": "24.99"},
            "actual": {"amount": "25.00", "currencyCode": "EUR"},
        }
    ]
    assert short.data["checkoutComplete"]["userErrors"] == [
        {"__typename": "InsufficientStock", "code": "INSUFFICIENT_STOCK", "field": ["cartId"], "available": 1}
    ]


@pytest.mark.parametrize(
    ("amount", "currency"), [("25.001", "EUR"), ("25.5", "JPY"), ("NaN", "EUR"), ("1E+999999", "EUR")]
)
async def test_an_amount_that_is_none_is_refused(amount: str, currency: str) -> None:
    by, goods = await buyer(), await add_goods()
    cart = await filled_cart(by, (goods, 2))

    answer = await ask(CHECKOUT, as_=by, input=given(cart, amount, currency=currency))

    assert answer.codes == ["AMOUNT_NOT_VALID"]


@pytest.mark.parametrize(("prices", "quantity"), [((LARGEST_MINOR,), 2), ((LARGEST_MINOR - 1,) * 2, 1)])
async def test_what_costs_more_than_can_be_counted_cannot_be_ordered(prices: tuple[int, ...], quantity: int) -> None:
    by, goods = await buyer(), [await add_goods() for _ in prices]
    cart = await filled_cart(by, *((each, quantity) for each in goods))
    for each, price in zip(goods, prices, strict=True):
        await execute("UPDATE product_variant SET price_minor = $2 WHERE id = $1", each.variant_id, price)

    answer = await ask(CHECKOUT, as_=by, input=given(cart, "25.00"))

    assert answer.errors == []
    (error,) = answer.data["checkoutComplete"]["userErrors"]
    assert (error["code"], error["field"]) == ("AMOUNT_TOO_LARGE", ["cartId"])


async def test_a_key_that_is_used_again_for_something_else_is_a_conflict() -> None:
    by, goods = await buyer(), await add_goods()
    await ordered(by, (goods, 1))

    conflict = await ask(CHECKOUT, as_=by, input=given(await filled_cart(by, (goods, 1)), "12.50"))
    empty = await ask(CHECKOUT, as_=by, input=given(await filled_cart(by, (goods, 1)), "25.00", key=""))

    assert [error.original_error.code for error in conflict.errors] == ["IDEMPOTENCY_CONFLICT"]
    assert [error.original_error.code for error in empty.errors] == ["BAD_IDEMPOTENCY_KEY"]


async def test_for_somebody_else_the_buyers_word_is_needed() -> None:
    by, goods = await buyer(), await add_goods()
    wanted = given(await filled_cart(by, (goods, 1)), "12.50")
    wanted["recipient"] |= {"isSelf": False}
    version = (await in_force()).version

    refused = await ask(CHECKOUT, as_=by, input=wanted)
    child = {**wanted, "attestation": {"isAuthorised": True, "policyVersion": version}, "isRecipientChild": True}
    without_consent = await ask(CHECKOUT, as_=by, input=child)
    done = await ask(CHECKOUT, as_=by, input={**child, "guardianConsentAttested": True})

    assert refused.codes == ["ATTESTATION_REQUIRED"]
    assert without_consent.codes == ["RECIPIENT_CONSENT_REQUIRED"]
    assert done.codes == []


async def buyer_and_parts() -> tuple[Viewer, Goods, Goods, Any]:
    by, one, other = await buyer(), await add_goods(), await add_goods()
    return by, one, other, await ordered(by, (one, 1), (other, 2))


@pytest.mark.clause("P4.2")
async def test_each_supplier_sees_its_own_part_and_whom_to_send_it_to() -> None:
    _, one, other, order = await buyer_and_parts()

    seen = await ask(PARTS, as_=token(one))
    theirs = await ask(PARTS, as_=token(other))

    (part,) = seen.data["fulfillmentOrders"]["nodes"]
    assert (part["orderNumber"], part["status"]) == (order["number"], "OPEN")
    assert part["lines"] == [{"quantity": 1, "unitPrice": None}]
    assert part["recipient"]["street"] == "Dam 1"
    assert theirs.data["fulfillmentOrders"]["nodes"][0]["lines"] == [{"quantity": 2, "unitPrice": None}]
    assert part["id"] != theirs.data["fulfillmentOrders"]["nodes"][0]["id"]


async def test_a_token_without_the_scope_sees_no_part_whichever_way_it_goes() -> None:
    _, one, _, order = await buyer_and_parts()
    part = (await ask(PARTS, as_=token(one))).data["fulfillmentOrders"]["nodes"][0]
    orders_only = token(one, "orders:read")

    refused = await ask(PARTS, as_=orders_only)
    by_id = await ask("query ($id: ID!) { node(id: $id) { id } }", as_=orders_only, id=part["id"])
    order_of = await ask("query ($n: String!) { order(number: $n) { id } }", as_=token(one), n=order["number"])

    assert [error.extensions for error in refused.errors] == [{"code": "INSUFFICIENT_SCOPE"}]
    assert by_id.data == {"node": None}
    assert [error.extensions for error in order_of.errors] == [{"code": "INSUFFICIENT_SCOPE"}]


@pytest.mark.clause("P2.6")
async def test_after_the_receipt_the_suppliers_sight_of_the_recipient_runs_out() -> None:
    by, one, _, order = await buyer_and_parts()

    await send_all(order)
    confirmed = await ask(RECEIVED, as_=by, id=order["id"])
    in_window = await ask(PARTS, as_=token(one))
    with clock.moved_to(clock.now() + AFTER_SALES):
        afterwards = await ask(PARTS, as_=token(one))

    assert confirmed.data["orderReceiptConfirm"]["order"] == {"status": "DELIVERED"}
    assert recipient_of(in_window) == {"name": "Mara de Wit", "phone": "+31612345678", "street": "Dam 1"}
    assert recipient_of(afterwards) == {"name": "•••", "phone": "+•• ••• •••••", "street": "•••"}


async def send_all(order: Any) -> None:
    """Let every supplier send its part."""
    order_id = read_public_id(order["id"])[1]
    for part in await FulfillmentOrder.filter(order_id=order_id):
        by = Viewer(supplier=part.supplier_id, scopes=frozenset(SUPPLIER_SCOPES))
        await fulfilments.ship(part.id, Parcel((), "Postbode"), expected_version=part.version, key="send all", by=by)


def recipient_of(answer: Answer) -> Any:
    return answer.data["fulfillmentOrders"]["nodes"][0]["recipient"]


async def test_only_the_buyer_confirms_the_receipt_and_once() -> None:
    by, one, _, order = await buyer_and_parts()
    supplier = token(one, "orders:read")
    number = "query ($n: String!) { order(number: $n) { id } }"
    for_supplier = (await ask(number, as_=supplier, n=order["number"])).data["order"]["id"]

    assert (await ask(RECEIVED, as_=await buyer(), id=order["id"])).codes == ["ORDER_NOT_FOUND"]
    assert (await ask(RECEIVED, as_=supplier, id=for_supplier)).codes == ["ORDER_ACTION_NOT_ALLOWED"]
    assert (await ask(RECEIVED, as_=by, id=order["id"])).codes == ["RECEIPT_NOT_CONFIRMABLE"]
    await send_all(order)
    assert (await ask(RECEIVED, as_=by, id=order["id"])).codes == []
    assert (await ask(RECEIVED, as_=by, id=order["id"])).codes == ["RECEIPT_NOT_CONFIRMABLE"]
    assert (await ask(CANCEL, as_=by, id=order["id"])).codes == ["ORDER_NOT_CANCELLABLE"]


async def test_a_cancelled_order_is_in_stock_again_and_its_recipient_masked() -> None:
    by, one, _, order = await buyer_and_parts()

    cancelled = await ask(CANCEL, as_=by, id=order["id"])

    assert cancelled.data["orderCancel"]["order"] == {"status": "CANCELLED"}
    assert await levels(one) == (10, 0)
    seen = (await ask(PARTS, as_=token(one))).data["fulfillmentOrders"]["nodes"][0]
    assert (seen["status"], seen["recipient"]["name"]) == ("CANCELLED", "•••")


async def test_an_order_tells_its_own_id_and_no_other() -> None:
    _, one, _, order = await buyer_and_parts()

    assert read_public_id(order["id"])[0] == "Order"
    part = (await ask(PARTS, as_=token(one))).data["fulfillmentOrders"]["nodes"][0]
    assert read_public_id(part["id"], f"supplier {one.supplier_id}")[0] == "FulfillmentOrder"
