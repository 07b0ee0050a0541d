"""Suppliers, carriers and buyers at once, in several programs: nothing is sent, delivered or called off twice."""

from collections import Counter
from collections.abc import AsyncIterator
from uuid import UUID

import pytest_asyncio

from commerce import fulfilments
from commerce.checkout import complete
from commerce.fulfilments import Parcel
from commerce.settlement import AFTER_SALES
from models import clock
from models.fulfilments import FulfillmentOrder, FulfillmentStatus
from models.orders import Order, OrderEvent, OrderLine, OrderStatus
from models.shipments import Shipment, ShipmentLine
from models.tracking import TrackingEvent
from policy.partners import PartnerType
from policy.viewer import Viewer
from server.demo_partners import Company, add_partner, add_partner_token
from server.demo_rows import SUPPLIER_SCOPES
from server.embedded import Embedded
from tests.commerce.buyers import buyer
from tests.commerce.goods import Goods, add_goods, filled_cart, journal_differs, levels, wish
from tests.commerce.programs import Program, at_once, staying
from tests.reporting import report

PROGRAMS = 3
PRICE = 1_250


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def programs(database: Embedded) -> AsyncIterator[list[Program]]:
    async with staying("fulfilment_worker", database, PROGRAMS) as started:
        yield started


async def bought(quantity: int) -> tuple[Viewer, Goods, FulfillmentOrder, dict[str, str]]:
    """Buy some pieces, and put together what the supplier's requests have in common."""
    by, goods = await buyer(), await add_goods(price_minor=PRICE)
    cart = await filled_cart(by, (goods, quantity))
    order = await complete(wish(cart, quantity * PRICE), key="key", by=by)
    part = await FulfillmentOrder.get(order_id=order)
    line = await OrderLine.get(order_id=order)
    common = {"part": str(part.id), "line": str(line.id), "by": str(goods.supplier_id), "version": str(part.version)}
    return by, goods, part, common


async def test_of_many_shipments_of_the_last_piece_one_is_made(programs: list[Program]) -> None:
    _, _, part, common = await bought(1)

    ended = await at_once(
        programs, [[{**common, "do": "ship", "key": f"{n} {k}"} for k in range(5)] for n in range(PROGRAMS)]
    )

    assert Counter(ended) == {"DONE": 1, "STALE_OBJECT": 14}
    assert await Shipment.filter(fulfilment_id=part.id).count() == 1
    assert (await OrderLine.get(id=UUID(common["line"]))).shipped == 1


async def test_a_shipment_that_is_repeated_at_once_is_made_once(programs: list[Program]) -> None:
    _, _, part, common = await bought(3)

    ended = await at_once(programs, [[{**common, "do": "ship", "key": "one"}] * 5] * PROGRAMS)

    assert Counter(ended) == {"DONE": 15}
    assert [row.quantity for row in await ShipmentLine.filter(shipment__fulfilment_id=part.id)] == [1]


async def test_an_order_is_sent_or_cancelled_or_rejected_and_never_two_of_them(
    programs: list[Program],
) -> None:
    outcomes: Counter[str] = Counter()
    for turn in range(12):
        by, goods, part, common = await bought(1)
        ship = {**common, "do": "ship", "key": "ship"}
        # Sending takes longer than the others, which therefore begin at different times after it.
        wait_s = f"{turn % 4 * 0.02}"
        reject = {**common, "do": "reject", "key": "reject", "wait_s": wait_s}
        cancel = {"do": "cancel", "order": str(part.order_id), "by": str(by.account), "key": "", "wait_s": wait_s}

        ended = await at_once(programs, [[ship], [cancel], [reject]])

        status = (await Order.get(id=part.order_id)).status
        now = (await FulfillmentOrder.get(id=part.id)).status
        is_sent = await Shipment.filter(fulfilment_id=part.id).count() == 1
        assert ended.count("DONE") == 1, ended
        assert is_sent is (status is OrderStatus.SHIPPED) is (now is FulfillmentStatus.SHIPPED)
        assert is_sent or status is OrderStatus.CANCELLED
        assert await levels(goods) == ((9, 0) if is_sent else (10, 0))
        outcomes[now.value] += 1
    assert await journal_differs() == 0
    report(f"fulfilment: ship, cancel and reject at once, 12 times by {PROGRAMS} processes: {dict(outcomes)}")


async def handed_over() -> tuple[Viewer, FulfillmentOrder, dict[str, str]]:
    """Buy a piece and have it handed to a carrier; put together what the carrier's requests have in common."""
    by, goods, part, _ = await bought(1)
    carrier = await add_partner(Company(PartnerType.LOGISTICS, "Postbode", "NL"))
    parcel = Parcel((), "Postbode", carrier_partner=carrier.id)
    supplier = Viewer(supplier=goods.supplier_id, scopes=frozenset(SUPPLIER_SCOPES))
    shipment = await fulfilments.ship(part.id, parcel, expected_version=part.version, key="ship", by=supplier)
    credential = await add_partner_token(carrier, ("orders:read", "shipments:write"))
    return by, part, {"do": "report", "shipment": str(shipment), "credential": credential}


async def test_of_many_reports_that_a_parcel_came_one_counts(programs: list[Program]) -> None:
    _, part, common = await handed_over()

    ends = ("DELIVERED", "RETURNED")
    ended = await at_once(
        programs, [[{**common, "status": end, "key": f"{n} {end}"} for end in ends] for n in range(PROGRAMS)]
    )

    assert Counter(ended) == {"DONE": 1, "SHIPMENT_DELIVERY_ENDED": 5}
    assert await TrackingEvent.filter(order_id=part.order_id).count() == 1


async def test_an_order_is_delivered_once_by_its_carrier_or_its_buyer_and_is_not_cancelled_then(
    programs: list[Program],
) -> None:
    first: Counter[str] = Counter()
    for turn in range(12):
        by, part, common = await handed_over()
        order = {"order": str(part.order_id), "by": str(by.account), "key": ""}
        # A report takes longer than the others, which therefore begin at different times after it.
        wait_s = f"{turn % 4 * 0.02}"
        reports = [{**common, "status": "DELIVERED", "key": key} for key in ("one", "two")]
        others = [{**order, "do": do, "wait_s": wait_s} for do in ("confirm", "cancel")]

        ended = await at_once(programs, [reports[:1], reports[1:], others])

        assert Counter(ended[:2]) == {"DONE": 1, "SHIPMENT_DELIVERY_ENDED": 1}
        assert ended[2] in ("DONE", "RECEIPT_NOT_CONFIRMABLE")
        assert ended[3] == "ORDER_NOT_CANCELLABLE"
        now = await Order.get(id=part.order_id)
        (delivered,) = await OrderEvent.filter(order_id=part.order_id, status=OrderStatus.DELIVERED)
        assert now.status is OrderStatus.DELIVERED
        assert now.window_closes_at is not None
        assert abs(now.window_closes_at - delivered.happened_at - AFTER_SALES).total_seconds() < 1
        assert (await FulfillmentOrder.get(id=part.id)).status is FulfillmentStatus.RECEIVED
        first["receipt" if ended[2] == "DONE" else "report"] += 1
    report(f"tracking: reports, receipt and cancellation at once, 12 times by {PROGRAMS} processes: {dict(first)}")


async def test_a_window_that_is_closed_while_a_carrier_reports_stays_closed(programs: list[Program]) -> None:
    outcomes: Counter[str] = Counter()
    for turn in range(8):
        by, part, common = await handed_over()
        close = {"do": "close", "by": str(by.account), "key": "", "wait_s": f"{turn % 4 * 0.02}"}

        ended = await at_once(programs, [[{**common, "status": "DELIVERED", "key": "one"}], [close], []])

        assert ended[1] == "DONE"
        assert ended[0] in ("DONE", "SHIPMENT_NOT_FOUND")
        now = await Order.get(id=part.order_id)
        assert now.window_closes_at is not None
        assert now.window_closes_at <= clock.now()
        is_reported = await TrackingEvent.filter(order_id=part.order_id).count() == 1
        assert is_reported is (now.status is OrderStatus.DELIVERED) is (ended[0] == "DONE")
        outcomes[ended[0]] += 1
    report(f"tracking: a report while the window is closed, 8 times by 2 processes: {dict(outcomes)}")
