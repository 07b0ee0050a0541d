"""Objections against suppliers, buyers and themselves, in several programs: nobody is half erased, nothing twice."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from commerce import messages, objections
from commerce.messages import Channel
from models.fulfilments import FulfillmentOrder
from models.orders import Order, OrderEvent, OrderStatus
from models.payments import Payment, PaymentState
from models.shipments import Shipment
from models.third_parties import ObjectionNotice
from server.embedded import Embedded
from tests.commerce.buyers import buyer
from tests.commerce.goods import add_goods, journal_differs, levels
from tests.commerce.programs import Program, at_once, staying
from tests.commerce.receivers import held, new_phone, proven, recipient_of, sent_to
from tests.commerce.test_objections import shipped, shown_to_supplier
from tests.reporting import report

PROGRAMS = 3


@pytest.fixture(autouse=True)
def texts() -> Iterator[None]:
    messages.serve(Channel)
    yield
    messages.serve({Channel.EMAIL})


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def programs(database: Embedded) -> AsyncIterator[list[Program]]:
    async with staying("objection_worker", database, PROGRAMS) as started:
        yield started


async def test_of_many_objections_at_once_each_order_is_dealt_with_by_one(
    programs: list[Program],
) -> None:
    phone, goods = new_phone(), await add_goods(stock_at=(20,))
    sent = [await sent_to(phone, goods=goods) for _ in range(4)]
    for order in sent:
        await shown_to_supplier(order)
    by = str((await proven(phone)).proof)

    ended = await at_once(programs, [[{"do": "object", "by": by}, {"do": "object", "by": by}, {"do": "go on"}]] * 3)

    erased = sum(int(each.split()[0]) for each in ended if each != "DONE")
    assert erased <= 4
    for order in sent:
        row = await Order.get(id=order)
        assert (row.status, held(await recipient_of(order))) == (OrderStatus.CANCELLED, [])
        assert (await Payment.get(order_id=order)).state is PaymentState.REFUNDED
        assert await OrderEvent.filter(order_id=order, status=OrderStatus.CANCELLED).count() == 1
        assert await ObjectionNotice.filter(order_id=order).count() == 1
    assert await levels(goods) == (20, 0)
    assert all([(await recipient_of(order)).erased_at is not None for order in sent])


async def test_an_order_is_sent_first_or_cancelled_first_and_its_recipient_kept_or_erased_whole(
    programs: list[Program],
) -> None:
    outcomes: Counter[str] = Counter()
    for turn in range(12):
        phone, by, goods = new_phone(), await buyer(), await add_goods()
        order = await sent_to(phone, by=by, goods=goods)
        part = await FulfillmentOrder.get(order_id=order)
        wait_s = f"{turn % 4 * 0.02}"
        ship = {"do": "ship", "part": str(part.id), "version": str(part.version), "by": str(goods.supplier_id)}
        cancel = {"do": "cancel", "order": str(order), "by": str(by.account), "wait_s": f"{turn % 3 * 0.02}"}
        against = {"do": "object", "by": str((await proven(phone)).proof), "wait_s": wait_s}

        ended = await at_once(programs, [[ship], [against], [cancel if turn % 2 else {"do": "go on"}]])

        row, recipient = await Order.get(id=order), await recipient_of(order)
        parcels = await Shipment.filter(order_id=order)
        is_sent = row.status is OrderStatus.SHIPPED
        assert is_sent is (len(parcels) == 1), ended
        assert is_sent or row.status is OrderStatus.CANCELLED
        assert len(held(recipient)) == (7 if is_sent else 0)
        assert (recipient.erased_at is None) is is_sent
        assert await levels(goods) == ((9, 0) if is_sent else (10, 0))
        assert (await Payment.get(order_id=order)).state is (PaymentState.PAID if is_sent else PaymentState.REFUNDED)
        outcomes["sent" if is_sent else "cancelled"] += 1
    assert await journal_differs() == 0
    report(f"objections: ship, object and cancel at once, 12 times by {PROGRAMS} processes: {dict(outcomes)}")


async def test_a_receipt_and_the_job_at_once_erase_a_recipient_once(programs: list[Program]) -> None:
    endings: Counter[str] = Counter()
    for _ in range(6):
        phone, by = new_phone(), await buyer()
        order = await sent_to(phone, by=by)
        await shipped(order)
        await objections.object_to(None, by=await proven(phone))
        recipient = str((await recipient_of(order)).id)
        confirm = {"do": "confirm", "order": str(order), "by": str(by.account)}
        settle = {"do": "settle", "recipient": recipient}

        ended = await at_once(programs, [[confirm], [settle, settle], [settle, settle]])
        await objections.go_on()

        row = await recipient_of(order)
        assert ended.count("DONE") == 1
        assert ended.count("ERASED") <= 1
        assert set(ended) <= {"DONE", "ERASED", "ON_ITS_WAY", "NOTHING"}
        assert (held(row), (await Order.get(id=order)).status) == ([], OrderStatus.DELIVERED)
        assert [parcel.tracking_number for parcel in await Shipment.filter(order_id=order)] == [None]
        endings.update(ended)
    report(f"objections: receipt and job at once, 6 times by {PROGRAMS} processes: {dict(endings)}")
