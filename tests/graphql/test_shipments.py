"""What suppliers do with their parts of orders, over the schema: accept, reject, send; and who sees what was sent."""

from typing import Any

import pytest

from commerce import settlement
from commerce.settlement import AFTER_SALES
from models import clock
from models.bounds import SHIPMENTS
from models.database import execute
from models.fulfilments import FulfillmentOrder
from models.guardianships import Guardianship
from models.ids import public_id, read_public_id
from models.orders import Order, OrderEvent, OrderLine
from models.payments import Payment, PaymentState, Refund, RefundState
from models.shipments import Shipment
from policy.purposes import Purpose
from policy.viewer import Viewer
from tests.commerce.buyers import buyer, ward
from tests.commerce.goods import Goods, add_goods, journal_differs, levels
from tests.graphql.asking import Answer, ask
from tests.graphql.test_checkout import CANCEL, RECEIVED, ordered

pytestmark = pytest.mark.usefixtures("database")

SCOPES = ("orders:read", "fulfillment_orders:read", "fulfillment_orders:write")
PART = """
  id version status rejectionReason allowedActions recipient { name street }
  lines { id quantity shippedQuantity }
  shipments { id status carrier trackingNumber lines { quantity orderLine { title } } }
"""
PARTS = f"{{ fulfillmentOrders(first: 10) {{ nodes {{ {PART} }} }} }}"
ERRORS = "userErrors { code field message }"
ACCEPT = f"""mutation ($input: FulfillmentOrderAcceptInput!) {{
  fulfillmentOrderAccept(input: $input) {{ fulfillmentOrder {{ {PART} }} {ERRORS} }}
}}"""
REJECT = f"""mutation ($input: FulfillmentOrderRejectInput!) {{
  fulfillmentOrderReject(input: $input) {{ fulfillmentOrder {{ {PART} }} {ERRORS} }}
}}"""
SHIP = f"""mutation ($input: ShipmentCreateInput!) {{
  shipmentCreate(input: $input) {{
    shipment {{ id status carrier trackingNumber lines {{ quantity }} }} {ERRORS}
  }}
}}"""
ORDER = """query ($n: String!) { order(number: $n) {
  status allowedActions shipments(first: 9) { nodes { carrier trackingNumber status lines { quantity } } }
} }"""


def token(goods: Goods, *scopes: str) -> Viewer:
    return Viewer(supplier=goods.supplier_id, scopes=frozenset(scopes or SCOPES))


async def part_of(goods: Goods) -> Any:
    (part,) = (await ask(PARTS, as_=token(goods))).data["fulfillmentOrders"]["nodes"]
    return part


def acting(part: Any, key: str = "key", **more: Any) -> dict[str, Any]:
    return {"id": part["id"], "expectedVersion": part["version"], "idempotencyKey": key, **more}


def sending(part: Any, key: str = "key", **more: Any) -> dict[str, Any]:
    given = {"fulfillmentOrderId": part["id"], "carrier": "Postbode", "trackingNumber": "3S-7731", **more}
    return {**given, "expectedVersion": part["version"], "idempotencyKey": key}


async def sent(goods: Goods, key: str = "key", **more: Any) -> Answer:
    """Send what is left of a supplier's only part, or what is said."""
    return await ask(SHIP, as_=token(goods), input=sending(await part_of(goods), key, **more))


async def bought(*quantities: int, by: Viewer | None = None) -> tuple[Viewer, list[Goods], Any]:
    """Buy from as many suppliers as there are quantities."""
    by = by or await buyer()
    goods = [await add_goods() for _ in quantities]
    return by, goods, await ordered(by, *zip(goods, quantities, strict=True))


async def status_of(order: Any, by: Viewer) -> str:
    return (await ask(ORDER, as_=by, n=order["number"])).data["order"]["status"]


async def test_an_order_follows_its_parcels_from_paid_to_delivered() -> None:
    by, (one, other), order = await bought(1, 2)
    part = await part_of(one)

    accepted = await ask(ACCEPT, as_=token(one), input=acting(part))
    first = await sent(one, "first")
    partly = await ask(ORDER, as_=by, n=order["number"])
    await sent(other, "second")
    shipped = await ask(ORDER, as_=by, n=order["number"])
    received = await ask(RECEIVED, as_=by, id=order["id"])

    assert part["allowedActions"] == ["ACCEPT", "REJECT", "SHIP"]
    changed = accepted.data["fulfillmentOrderAccept"]["fulfillmentOrder"]
    assert (changed["status"], changed["version"]) == ("ACCEPTED", part["version"] + 1)
    assert changed["allowedActions"] == ["REJECT", "SHIP"]
    assert first.data["shipmentCreate"]["shipment"]["trackingNumber"] == "3S-7731"
    assert partly.data["order"]["status"] == "PARTLY_SHIPPED"
    assert partly.data["order"]["allowedActions"] == []
    assert (shipped.data["order"]["status"], shipped.data["order"]["allowedActions"]) == (
        "SHIPPED",
        ["CONFIRM_RECEIPT"],
    )
    assert received.data["orderReceiptConfirm"]["order"] == {"status": "DELIVERED"}
    after = await part_of(one)
    assert (after["status"], after["allowedActions"]) == ("RECEIVED", [])
    assert after["shipments"][0]["status"] == "RECEIVED"
    events = await OrderEvent.filter(order_id=read_public_id(order["id"])[1]).order_by("id")
    assert [event.status.value for event in events] == ["PLACED", "PAID", "PARTLY_SHIPPED", "SHIPPED", "DELIVERED"]


async def test_a_part_goes_in_several_parcels_and_never_more_than_was_bought() -> None:
    by, (goods,), order = await bought(3)
    line = (await part_of(goods))["lines"][0]["id"]

    await sent(goods, "a", lines=[{"orderLineId": line, "quantity": 2}])
    partly = await part_of(goods)
    too_many = await sent(goods, "b", lines=[{"orderLineId": line, "quantity": 2}])
    twice = await sent(goods, "c", lines=[{"orderLineId": line, "quantity": 1}] * 2)
    none = await sent(goods, "d", lines=[{"orderLineId": line, "quantity": 0}])
    await sent(goods, "e")
    nothing_left = await sent(goods, "f")

    assert (partly["status"], partly["lines"][0]["shippedQuantity"]) == ("PARTLY_SHIPPED", 2)
    assert partly["allowedActions"] == ["SHIP"]
    assert too_many.codes == twice.codes == none.codes == ["SHIPMENT_LINES_NOT_VALID"]
    assert nothing_left.codes == ["FULFILLMENT_NOT_OPEN"]
    assert [shipment["lines"][0]["quantity"] for shipment in (await part_of(goods))["shipments"]] == [2, 1]
    assert await status_of(order, by) == "SHIPPED"


async def test_the_last_shipment_that_there_may_be_takes_all_that_is_left() -> None:
    _, (goods,), order = await bought(3)
    line = (await part_of(goods))["lines"][0]["id"]
    await sent(goods, "a", lines=[{"orderLineId": line, "quantity": 1}])
    await execute(
        """INSERT INTO shipment (id, fulfilment_id, order_id, recipient_id, status, carrier, created_at)
        SELECT gen_random_uuid(), s.fulfilment_id, s.order_id, s.recipient_id, s.status, s.carrier, s.created_at
        FROM shipment s, generate_series(1, $2) WHERE s.order_id = $1""",
        read_public_id(order["id"])[1],
        SHIPMENTS - 2,
    )

    too_many = await sent(goods, "b", lines=[{"orderLineId": line, "quantity": 1}])
    partly = await part_of(goods)
    await sent(goods, "c")
    whole = await part_of(goods)

    assert too_many.codes == ["TOO_MANY_SHIPMENTS"]
    assert (partly["status"], partly["lines"][0]["shippedQuantity"]) == ("PARTLY_SHIPPED", 1)
    assert (whole["status"], len(whole["shipments"])) == ("SHIPPED", SHIPMENTS)


async def test_a_shipment_is_made_once_for_each_key_and_only_of_what_was_seen() -> None:
    _, (goods,), order = await bought(2)
    part = await part_of(goods)
    line = part["lines"][0]["id"]
    wanted = sending(part, lines=[{"orderLineId": line, "quantity": 1}])

    first = await ask(SHIP, as_=token(goods), input=wanted)
    again = await ask(SHIP, as_=token(goods), input=wanted)
    stale = await ask(SHIP, as_=token(goods), input={**wanted, "idempotencyKey": "another"})
    conflict = await ask(SHIP, as_=token(goods), input={**wanted, "carrier": "Another"})

    assert again == first
    assert stale.codes == ["STALE_OBJECT"]
    assert [error.original_error.code for error in conflict.errors] == ["IDEMPOTENCY_CONFLICT"]
    assert await Shipment.filter(order_id=read_public_id(order["id"])[1]).count() == 1


@pytest.mark.clause("P2.6")
async def test_a_rejected_part_is_in_stock_again_paid_back_and_its_supplier_loses_sight_of_the_recipient() -> None:
    by, (one, other), order = await bought(1, 2)
    order_id = read_public_id(order["id"])[1]

    answer = await ask(REJECT, as_=token(one), input=acting(await part_of(one), reason="OUT_OF_STOCK"))

    part = answer.data["fulfillmentOrderReject"]["fulfillmentOrder"]
    assert (part["status"], part["rejectionReason"], part["allowedActions"]) == ("REJECTED", "OUT_OF_STOCK", [])
    assert part["recipient"] == {"name": "•••", "street": "•••"}
    assert (await part_of(other))["recipient"]["street"] == "Dam 1"
    assert (await levels(one), await levels(other)) == ((10, 0), (8, 0))
    assert await journal_differs() == 0
    refund = await Refund.get(order_id=order_id)
    assert (refund.amount_minor, refund.state) == (1_250, RefundState.GIVEN)
    assert await status_of(order, by) == "PAID"
    assert (await sent(other)).codes == []
    assert await status_of(order, by) == "SHIPPED"


async def test_an_order_that_all_suppliers_reject_is_cancelled_and_paid_back() -> None:
    by, (one, other), order = await bought(1, 2)

    for goods in (one, other):
        answer = await ask(REJECT, as_=token(goods), input=acting(await part_of(goods), reason="DAMAGED"))
        assert answer.codes == []

    assert await status_of(order, by) == "CANCELLED"
    assert (await part_of(one))["status"] == (await part_of(other))["status"] == "REJECTED"
    assert (await Payment.get(order_id=read_public_id(order["id"])[1])).state is PaymentState.REFUNDED
    assert (await levels(one), await levels(other)) == ((10, 0), (10, 0))


async def test_money_that_could_not_be_given_back_at_once_is_given_back_by_the_jobs() -> None:
    _, (one, _), order = await bought(1, 2)
    order_id = read_public_id(order["id"])[1]
    await ask(REJECT, as_=token(one), input=acting(await part_of(one), reason="OTHER"))
    await Refund.filter(order_id=order_id).update(state=RefundState.DUE, settled_at=None)

    await settlement.sweep()

    assert (await Refund.get(order_id=order_id)).state is RefundState.GIVEN


async def test_what_has_left_is_neither_rejected_nor_cancelled() -> None:
    by, (goods,), order = await bought(1)
    await sent(goods)

    rejected = await ask(REJECT, as_=token(goods), input=acting(await part_of(goods), "no", reason="OTHER"))
    accepted = await ask(ACCEPT, as_=token(goods), input=acting(await part_of(goods), "other"))

    assert rejected.codes == accepted.codes == ["FULFILLMENT_NOT_OPEN"]
    assert (await ask(CANCEL, as_=by, id=order["id"])).codes == ["ORDER_NOT_CANCELLABLE"]


async def test_what_was_cancelled_is_not_sent() -> None:
    by, (goods,), order = await bought(1)
    await ask(CANCEL, as_=by, id=order["id"])

    assert (await sent(goods)).codes == ["FULFILLMENT_NOT_OPEN"]


@pytest.mark.clause("P4.2")
async def test_a_supplier_acts_on_its_own_part_and_another_one_is_as_if_it_were_not_there() -> None:
    _, (one, other), order = await bought(1, 2)
    order_id = read_public_id(order["id"])[1]
    row = await FulfillmentOrder.get(order_id=order_id, supplier_id=other.supplier_id)
    audience = f"supplier {one.supplier_id}"
    hidden = {"id": public_id("FulfillmentOrder", row.id, audience), "version": row.version}
    missing = {"id": public_id("FulfillmentOrder", order_id, audience), "version": row.version}

    for document, of_one, of_none in (
        (ACCEPT, acting(hidden), acting(missing)),
        (REJECT, acting(hidden, reason="OTHER"), acting(missing, reason="OTHER")),
        (SHIP, sending(hidden), sending(missing)),
    ):
        of_hidden = await ask(document, as_=token(one), input=of_one)
        of_missing = await ask(document, as_=token(one), input=of_none)
        assert of_hidden == of_missing
        assert of_hidden.codes == ["FULFILLMENT_ORDER_NOT_FOUND"]
    line = await OrderLine.get(order_id=order_id, supplier_id=other.supplier_id)
    foreign = [{"orderLineId": public_id("OrderLine", line.id, audience), "quantity": 1}]
    assert (await sent(one, lines=foreign)).codes == ["SHIPMENT_LINES_NOT_VALID"]
    assert await Shipment.filter(order_id=order_id).count() == 0


@pytest.mark.clause("P4.2")
async def test_who_sees_a_part_without_being_its_supplier_does_nothing_with_it() -> None:
    by, (goods,), order = await bought(1)
    row = await FulfillmentOrder.get(order_id=read_public_id(order["id"])[1])
    seen = {"id": public_id("FulfillmentOrder", row.id), "version": row.version}

    for document, given in ((ACCEPT, acting(seen)), (REJECT, acting(seen, reason="OTHER")), (SHIP, sending(seen))):
        assert (await ask(document, as_=by, input=given)).codes == ["FULFILLMENT_ACTION_NOT_ALLOWED"]
    assert (await part_of(goods))["status"] == "OPEN"


@pytest.mark.parametrize("missing", ["fulfillment_orders:write", "fulfillment_orders:read"])
async def test_a_token_needs_both_scopes_to_act(missing: str) -> None:
    _, (goods,), _ = await bought(1)
    part = await part_of(goods)
    lacking = token(goods, *(scope for scope in SCOPES if scope != missing))

    refused = await ask(SHIP, as_=lacking, input=sending(part))

    assert [error.extensions for error in refused.errors] == [{"code": "INSUFFICIENT_SCOPE"}]
    assert f"`{missing}`" in refused.errors[0].message
    assert (await part_of(goods))["status"] == "OPEN"
    if missing.endswith("write"):
        seen = await ask("{ fulfillmentOrders(first: 1) { nodes { allowedActions } } }", as_=lacking)
        assert seen.data["fulfillmentOrders"]["nodes"] == [{"allowedActions": []}]


@pytest.mark.clause("P2.6")
async def test_a_tracking_number_is_shown_for_as_long_as_the_address_it_leads_to() -> None:
    by, (goods,), order = await bought(1)
    await sent(goods)
    await ask(RECEIVED, as_=by, id=order["id"])
    row = await Shipment.get(order_id=read_public_id(order["id"])[1])

    before = (await part_of(goods))["shipments"][0]
    with clock.moved_to(clock.now() + AFTER_SALES):
        after = (await part_of(goods))["shipments"][0]
        kept = await ask(ORDER, as_=by, n=order["number"])

    assert (before["carrier"], before["trackingNumber"]) == ("Postbode", "3S-7731")
    assert (after["carrier"], after["trackingNumber"]) == ("Postbode", "•••")
    assert kept.data["order"]["shipments"]["nodes"][0]["trackingNumber"] == "3S-7731"
    assert b"7731" not in bytes(row.tracking_number)


@pytest.mark.clause("P7.3")
async def test_with_the_guardians_consent_goes_what_has_not_left_and_nothing_more_is_sent() -> None:
    by = await ward(10, Purpose.ACCOUNT, Purpose.FULFILMENT, Purpose.PAYMENT)
    _, (one, other), order = await bought(1, 2, by=by)
    await sent(one)
    order_id = read_public_id(order["id"])[1]
    guardian = await _guardian_of(by)

    withdrawn = await ask(WITHDRAW, as_=guardian, input={"wardId": public_id("User", by.account)})  # type: ignore[arg-type]

    assert withdrawn.codes == []
    assert (await part_of(other))["status"] == "CANCELLED"
    assert (await part_of(other))["recipient"]["street"] == "•••"
    assert (await part_of(one))["shipments"][0]["trackingNumber"] == "•••"
    assert await levels(other) == (10, 0)
    await settlement.sweep()
    refund = await Refund.get(order_id=order_id)
    assert (refund.amount_minor, refund.state) == (2_500, RefundState.GIVEN)
    assert (await Order.get(id=order_id)).status.value == "SHIPPED"


WITHDRAW = """mutation ($input: GuardianConsentWithdrawInput!) {
  guardianConsentWithdraw(input: $input) { ward { state } userErrors { code } }
}"""


async def _guardian_of(by: Viewer) -> Viewer:
    (row,) = await Guardianship.filter(minor_id=by.account)
    return Viewer(account=row.guardian_id)
