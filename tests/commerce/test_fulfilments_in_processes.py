"""Suppliers and buyers at once, in several programs: nothing is sent twice, and nothing is both sent and cancelled."""

from collections import Counter
from collections.abc import AsyncIterator
from uuid import UUID

import pytest_asyncio

from commerce.checkout import complete
from models.fulfilments import FulfillmentOrder, FulfillmentStatus
from models.orders import Order, OrderLine, OrderStatus
from models.shipments import Shipment, ShipmentLine
from policy.viewer import Viewer
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
