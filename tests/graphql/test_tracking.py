"""What carriers report of their parcels, over the schema: who may, what follows from it, and who reads it."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from commerce import objections, sessions
from commerce.settlement import AFTER_SALES
from models import clock, keys
from models.access_tokens import AccessToken
from models.database import execute
from models.ids import new_id, public_id, read_public_id
from models.orders import Order, OrderEvent
from models.partners import Partner
from models.shipments import Shipment
from models.tracking import TrackingEvent
from policy.viewer import StaffRole, Viewer
from server.demo_partners import add_partner_token
from tests.commerce.goods import Goods
from tests.graphql.asking import Answer, ask
from tests.graphql.officers import member
from tests.graphql.registry import carrier, comes_by
from tests.graphql.test_checkout import RECEIVED
from tests.graphql.test_shipments import REJECT, SCOPES, acting, bought, part_of, sent, status_of, token

pytestmark = pytest.mark.usefixtures("database")

CARRIER = ("orders:read", "shipments:write")
EVENTS = "trackingEvents(first: 9) { totalCount nodes { id status occurredAt country reportedBy { name } } }"
REPORT = f"""mutation ($input: ShipmentTrackingReportInput!) {{
  shipmentTrackingReport(input: $input) {{ shipment {{ id status {EVENTS} }} userErrors {{ code field message }} }}
}}"""
PARCELS = """{ orders(first: 9) { nodes {
  status recipient { name street } shipments(first: 9) { nodes { id trackingNumber createdAt } }
} } }"""
FOLLOWED = (
    f"query ($n: String!) {{ order(number: $n) {{ status shipments(first: 9) {{ nodes {{ status {EVENTS} }} }} }} }}"
)


@dataclass(frozen=True, slots=True)
class Carried:
    """A parcel, whose it is, and who carries it."""

    buyer: Viewer
    goods: Goods
    order: Any
    partner: Partner
    by: Viewer
    id: str


async def handed_over(goods: Goods, key: str = "hand over") -> tuple[Partner, Viewer, str]:
    """Have a supplier hand what is left to a carrier of its own; give the carrier and the shipment as that knows it."""
    partner = await carrier()
    known = public_id("Partner", partner.id, f"supplier {goods.supplier_id}")
    assert (await sent(goods, key, carrierId=known)).codes == []
    row = await Shipment.get(carrier_partner_id=partner.id)
    by = await comes_by(partner, *CARRIER)
    return partner, by, public_id("Shipment", row.id, f"partner {partner.id}")


async def carried(*, by: Viewer | None = None) -> Carried:
    """Buy something, and have it handed to a carrier."""
    buyer, (goods,), order = await bought(1, by=by)
    return Carried(buyer, goods, order, *await handed_over(goods))


def of(shipment: str, status: str, key: str = "key", **more: Any) -> dict[str, Any]:
    given = {"id": shipment, "status": status, "occurredAt": clock.now().isoformat(), "idempotencyKey": key}
    return {**given, **more}


async def says(parcel: Carried, status: str, key: str = "key", **more: Any) -> Answer:
    return await ask(REPORT, as_=parcel.by, input=of(parcel.id, status, key, **more))


async def stored(order: Any) -> Order:
    return await Order.get(id=read_public_id(order["id"])[1])


async def deliveries(order: Any) -> int:
    """Count how often an order was delivered."""
    return await OrderEvent.filter(order_id=read_public_id(order["id"])[1], status="DELIVERED").count()


@pytest.mark.clause("P2.6")
async def test_what_a_carrier_reports_is_read_by_the_buyer_the_supplier_and_itself() -> None:
    parcel = await carried()

    moved = await says(parcel, "IN_TRANSIT", "one", country="de")
    tried = await says(parcel, "DELIVERY_FAILED", "two")

    assert moved.codes == tried.codes == []
    shown = tried.data["shipmentTrackingReport"]["shipment"]
    assert (shown["status"], shown["trackingEvents"]["totalCount"]) == ("SENT", 2)
    followed = await ask(FOLLOWED, as_=parcel.buyer, n=parcel.order["number"])
    for_supplier = f"{{ fulfillmentOrders(first: 9) {{ nodes {{ shipments {{ {EVENTS} }} }} }} }}"
    supplied = await ask(for_supplier, as_=token(parcel.goods))
    for events in (
        shown["trackingEvents"]["nodes"],
        followed.data["order"]["shipments"]["nodes"][0]["trackingEvents"]["nodes"],
        supplied.data["fulfillmentOrders"]["nodes"][0]["shipments"][0]["trackingEvents"]["nodes"],
    ):
        told = [(event["status"], event["country"], event["reportedBy"]) for event in events]
        postbode = {"name": "Postbode"}
        assert told == [("DELIVERY_FAILED", None, postbode), ("IN_TRANSIT", "DE", postbode)]
    assert followed.data["order"]["status"] == "SHIPPED"


@pytest.mark.clause("P2.6")
async def test_what_is_delivered_closes_the_sight_of_supplier_and_carrier_with_the_after_sales_window() -> None:
    parcel = await carried()
    before = await ask(PARCELS, as_=parcel.by)

    delivered = await says(parcel, "DELIVERED", country="NL")

    assert delivered.codes == []
    assert delivered.data["shipmentTrackingReport"]["shipment"]["status"] == "RECEIVED"
    part = await part_of(parcel.goods)
    assert (part["status"], part["recipient"]["street"]) == ("RECEIVED", "Dam 1")
    assert await status_of(parcel.order, parcel.buyer) == "DELIVERED"
    assert await deliveries(parcel.order) == 1
    assert (await ask(PARCELS, as_=parcel.by)).data["orders"]["nodes"][0]["recipient"] == {
        "name": "Mara de Wit",
        "street": "Dam 1",
    }
    with clock.moved_to(clock.now() + AFTER_SALES):
        after, part = await ask(PARCELS, as_=parcel.by), await part_of(parcel.goods)
        late = await says(parcel, "RETURNED", "late")
    assert before.data["orders"]["nodes"] != after.data["orders"]["nodes"] == []
    assert (part["recipient"]["street"], part["shipments"][0]["trackingNumber"]) == ("•••", "•••")
    assert late.codes == ["SHIPMENT_NOT_FOUND"]


@pytest.mark.clause("P2.6")
async def test_where_a_parcel_was_is_shown_for_as_long_as_the_address_it_leads_to() -> None:
    parcel = await carried()
    await says(parcel, "DELIVERED", country="NL")
    for_supplier = f"{{ fulfillmentOrders(first: 9) {{ nodes {{ shipments {{ {EVENTS} }} }} }} }}"

    def country(answer: Answer) -> tuple[str, str]:
        (event,) = answer.data["fulfillmentOrders"]["nodes"][0]["shipments"][0]["trackingEvents"]["nodes"]
        return event["status"], event["country"]

    before = await ask(for_supplier, as_=token(parcel.goods))
    with clock.moved_to(clock.now() + AFTER_SALES):
        after = await ask(for_supplier, as_=token(parcel.goods))
        kept = await ask(FOLLOWED, as_=parcel.buyer, n=parcel.order["number"])
    operated = await ask(FOLLOWED, as_=await member(StaffRole.OPERATOR), n=parcel.order["number"])

    assert (country(before), country(after)) == (("DELIVERED", "NL"), ("DELIVERED", "•••"))
    for answer, shown in ((kept, "NL"), (operated, "•••")):
        assert answer.data["order"]["shipments"]["nodes"][0]["trackingEvents"]["nodes"][0]["country"] == shown
    (row,) = await TrackingEvent.filter(order_id=read_public_id(parcel.order["id"])[1])
    assert b"NL" not in bytes(row.country)


async def test_an_order_is_delivered_when_the_last_of_its_parcels_is() -> None:
    by, (one, other), order = await bought(1, 2)
    first = Carried(by, one, order, *await handed_over(one))
    assert (await says(first, "DELIVERED")).codes == []
    partly, window = await status_of(order, by), (await stored(order)).window_closes_at
    second = Carried(by, other, order, *await handed_over(other))
    shipped = await status_of(order, by)

    assert (await says(second, "DELIVERED")).codes == []

    assert (partly, window, shipped) == ("PARTLY_SHIPPED", None, "SHIPPED")
    assert await status_of(order, by) == "DELIVERED"
    assert (await stored(order)).window_closes_at is not None
    assert await deliveries(order) == 1


async def test_a_part_that_is_rejected_after_the_rest_was_delivered_ends_the_delivery() -> None:
    by, (one, other), order = await bought(1, 2)
    first = Carried(by, one, order, *await handed_over(one))
    await says(first, "DELIVERED")

    rejected = await ask(REJECT, as_=token(other), input=acting(await part_of(other), reason="DAMAGED"))

    assert rejected.codes == []
    assert await status_of(order, by) == "DELIVERED"
    assert (await stored(order)).window_closes_at is not None
    assert await deliveries(order) == 1


async def test_a_part_in_two_parcels_is_received_when_both_are() -> None:
    by, (goods,), order = await bought(2)
    line = (await part_of(goods))["lines"][0]["id"]
    await sent(goods, "by somebody else", lines=[{"orderLineId": line, "quantity": 1}])
    parcel = Carried(by, goods, order, *await handed_over(goods))

    await says(parcel, "DELIVERED")
    partly = await part_of(goods)
    received = await ask(RECEIVED, as_=by, id=order["id"])

    assert (partly["status"], [each["status"] for each in partly["shipments"]]) == ("SHIPPED", ["SENT", "RECEIVED"])
    assert received.data["orderReceiptConfirm"]["order"] == {"status": "DELIVERED"}
    assert (await part_of(goods))["status"] == "RECEIVED"


@pytest.mark.clause("P2.6")
async def test_what_has_gone_back_ends_the_delivery_without_a_receipt() -> None:
    parcel = await carried()

    returned = await says(parcel, "RETURNED")
    more = await says(parcel, "DELIVERED", "more")

    assert returned.data["shipmentTrackingReport"]["shipment"]["status"] == "RETURNED"
    assert more.codes == ["SHIPMENT_DELIVERY_ENDED"]
    assert (await part_of(parcel.goods))["status"] == await status_of(parcel.order, parcel.buyer) == "SHIPPED"
    assert await deliveries(parcel.order) == 0
    with clock.moved_to(clock.now() + AFTER_SALES):
        assert (await ask(PARCELS, as_=parcel.by)).data["orders"]["nodes"] == []
    closes_at = (await stored(parcel.order)).window_closes_at
    await ask(RECEIVED, as_=parcel.buyer, id=parcel.order["id"])
    assert (await part_of(parcel.goods))["shipments"][0]["status"] == "RETURNED"
    assert (await stored(parcel.order)).window_closes_at == closes_at


async def test_the_buyers_receipt_stands_whatever_the_carrier_reports_after_it() -> None:
    parcel = await carried()
    await ask(RECEIVED, as_=parcel.buyer, id=parcel.order["id"])
    closes_at = (await stored(parcel.order)).window_closes_at

    delivered = await says(parcel, "DELIVERED")

    shown = delivered.data["shipmentTrackingReport"]["shipment"]
    assert (shown["status"], shown["trackingEvents"]["totalCount"]) == ("RECEIVED", 1)
    assert (await stored(parcel.order)).window_closes_at == closes_at
    assert await deliveries(parcel.order) == 1


async def test_what_was_delivered_needs_no_receipt() -> None:
    parcel = await carried()
    await says(parcel, "DELIVERED")

    assert (await ask(RECEIVED, as_=parcel.buyer, id=parcel.order["id"])).codes == ["RECEIPT_NOT_CONFIRMABLE"]
    assert await deliveries(parcel.order) == 1


async def test_nothing_is_reported_after_the_end() -> None:
    parcel = await carried()
    await says(parcel, "DELIVERED")

    codes = [(await says(parcel, status, status)).codes for status in ("IN_TRANSIT", "DELIVERED", "RETURNED")]

    assert codes == [["SHIPMENT_DELIVERY_ENDED"]] * 3
    assert await TrackingEvent.filter(order_id=read_public_id(parcel.order["id"])[1]).count() == 1


async def test_a_report_is_recorded_once_for_each_key() -> None:
    parcel = await carried()
    wanted = of(parcel.id, "DELIVERED")

    first = await ask(REPORT, as_=parcel.by, input=wanted)
    again = await ask(REPORT, as_=parcel.by, input=wanted)
    conflict = await ask(REPORT, as_=parcel.by, input={**wanted, "country": "NL"})

    assert again == first
    assert first.data["shipmentTrackingReport"]["shipment"]["trackingEvents"]["totalCount"] == 1
    assert [error.original_error.code for error in conflict.errors] == ["IDEMPOTENCY_CONFLICT"]


async def test_what_is_reported_has_happened_since_the_parcel_was_handed_over() -> None:
    parcel = await carried()
    (order,) = (await ask(PARCELS, as_=parcel.by)).data["orders"]["nodes"]
    since = order["shipments"]["nodes"][0]["createdAt"]
    later = (clock.now() + timedelta(minutes=1)).isoformat()

    future = await says(parcel, "IN_TRANSIT", "a", occurredAt=later)
    before = await says(parcel, "IN_TRANSIT", "b", occurredAt=(clock.now() - timedelta(hours=1)).isoformat())
    somewhere = await says(parcel, "IN_TRANSIT", "c", country="Holland")
    nowhere = await says(parcel, "IN_TRANSIT", "d", occurredAt="2026-01-31T12:00:00")
    at_once = await says(parcel, "IN_TRANSIT", "e", occurredAt=since)

    assert (future.codes, before.codes) == (["TRACKING_EVENT_IN_FUTURE"], ["TRACKING_EVENT_BEFORE_SHIPMENT"])
    assert future.data["shipmentTrackingReport"]["userErrors"][0]["field"] == ["occurredAt"]
    assert somewhere.codes == ["COUNTRY_NOT_KNOWN"]
    assert [error.original_error.code for error in nowhere.errors] == ["BAD_ARGUMENT"]
    assert at_once.codes == []
    assert await TrackingEvent.filter(order_id=read_public_id(parcel.order["id"])[1]).count() == 1


async def test_the_parcel_of_another_carrier_is_as_if_it_were_not_there() -> None:
    parcel, other = await carried(), await comes_by(await carrier(), *CARRIER)
    (row,) = await Shipment.filter(order_id=read_public_id(parcel.order["id"])[1])
    hidden, missing = [public_id("Shipment", key, f"partner {other.partner}") for key in (row.id, new_id())]

    of_hidden = await ask(REPORT, as_=other, input=of(hidden, "DELIVERED"))
    of_missing = await ask(REPORT, as_=other, input=of(missing, "DELIVERED"))
    by_its_own_id = await ask(REPORT, as_=other, input=of(parcel.id, "DELIVERED"))

    assert of_hidden == of_missing == by_its_own_id
    assert of_hidden.codes == ["SHIPMENT_NOT_FOUND"]
    assert (await part_of(parcel.goods))["shipments"][0]["status"] == "SENT"


@pytest.mark.clause("P2.6")
@pytest.mark.parametrize("who", ["buyer", "supplier"])
async def test_who_sees_a_parcel_without_carrying_it_reports_nothing_of_it(who: str) -> None:
    parcel = await carried()
    (row,) = await Shipment.filter(order_id=read_public_id(parcel.order["id"])[1])
    supplier = token(parcel.goods, *SCOPES, "shipments:write")
    seen, as_ = {
        "buyer": (public_id("Shipment", row.id), parcel.buyer),
        "supplier": (public_id("Shipment", row.id, f"supplier {parcel.goods.supplier_id}"), supplier),
    }[who]

    answer = await ask(REPORT, as_=as_, input=of(seen, "DELIVERED"))

    assert answer.errors == []
    assert answer.codes == ["SHIPMENT_REPORT_NOT_ALLOWED"]
    assert await status_of(parcel.order, parcel.buyer) == "SHIPPED"


@pytest.mark.parametrize("missing", CARRIER)
async def test_a_token_needs_both_scopes_to_report(missing: str) -> None:
    parcel = await carried()
    lacking = await comes_by(parcel.partner, *(scope for scope in CARRIER if scope != missing))

    refused = await ask(REPORT, as_=lacking, input=of(parcel.id, "DELIVERED"))

    assert [error.extensions for error in refused.errors] == [{"code": "INSUFFICIENT_SCOPE"}]
    assert f"`{missing}`" in refused.errors[0].message
    assert await status_of(parcel.order, parcel.buyer) == "SHIPPED"


async def test_a_carrier_out_of_standing_reports_nothing() -> None:
    parcel = await carried()

    answer = await ask(REPORT, as_=replace(parcel.by, is_in_standing=False), input=of(parcel.id, "DELIVERED"))

    assert answer.codes == ["SHIPMENT_NOT_FOUND"]


async def test_a_subcontractor_reports_what_it_delivers_for_the_carrier() -> None:
    parcel = await carried()
    parent = await AccessToken.get(id=parcel.by.session)
    credential = await add_partner_token(parcel.partner, CARRIER, parent=parent, subcontractor="Last Mile")

    answer = await ask(REPORT, as_=await sessions.authenticate(credential), input=of(parcel.id, "DELIVERED"))

    assert answer.codes == []
    assert await status_of(parcel.order, parcel.buyer) == "DELIVERED"


@pytest.mark.clause("P1.2e")
async def test_where_a_parcel_was_is_erased_with_whoever_objected() -> None:
    parcel = await carried()
    order = await stored(parcel.order)
    await execute("UPDATE recipient SET objected_at = $2 WHERE id = $1", order.recipient_id, clock.now())

    await says(parcel, "OUT_FOR_DELIVERY", "one", country="NL")
    await says(parcel, "DELIVERED", "two", country="NL")
    await objections.settle(order.recipient_id)

    events = await TrackingEvent.filter(order_id=order.id).order_by("id")
    assert [(event.status.value, event.country) for event in events] == [
        ("OUT_FOR_DELIVERY", None),
        ("DELIVERED", None),
    ]


async def test_nothing_is_reported_of_whoever_is_being_erased() -> None:
    parcel = await carried()
    await keys.destroy((await stored(parcel.order)).recipient_id)

    assert (await says(parcel, "IN_TRANSIT", country="NL")).codes == ["SHIPMENT_NOT_FOUND"]
