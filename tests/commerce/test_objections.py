"""Somebody whose data an account gave objects: what is erased, what is cancelled, what is finished first (P1.2e)."""

from datetime import timedelta
from typing import Any

import pytest

from commerce import disclosures, fulfilments, messages, notices, objections, orders
from commerce.fulfilments import FulfillmentNotOpen, Parcel
from commerce.messages import Channel, MessageKind
from commerce.objections import LONGEST_ANSWER, LONGEST_DELIVERY, Named, ProofNeeded, RecordNotFound
from commerce.outbox import Event, Topic
from models import clock, database, keys
from models.database import ConstraintViolated
from models.fulfilments import FulfillmentOrder
from models.ids import new_id
from models.keys import SubjectErased
from models.orders import Order, OrderStatus, Recipient
from models.payments import Payment, PaymentState
from models.sealed import seal
from models.shipments import Shipment
from models.third_parties import ObjectionNotice
from permissions.disclosures import Release, Shown
from policy.classes import ORDER, RECIPIENT_NAME, RECIPIENT_PHONE
from policy.parties import Party
from policy.purposes import Purpose
from policy.viewer import Viewer
from server.demo_rows import SUPPLIER_SCOPES
from tests.commerce.buyers import buyer
from tests.commerce.goods import AT_HOME, add_goods, levels
from tests.commerce.receivers import (
    bought,
    bought_for,
    held,
    new_phone,
    objected,
    proven,
    recipient_of,
    sent_to,
    someone,
)
from tests.commerce.test_step_up import Postbox

pytestmark = [pytest.mark.usefixtures("database")]


@pytest.fixture(autouse=True)
def texts() -> Any:
    messages.serve(Channel)
    yield
    messages.serve({Channel.EMAIL})


async def shipped(order: Any) -> Viewer:
    part = await FulfillmentOrder.get(order_id=order)
    token = Viewer(supplier=part.supplier_id, scopes=frozenset(SUPPLIER_SCOPES))
    parcel = Parcel((), "Postbode", "3S-7731")
    await fulfilments.ship(part.id, parcel, expected_version=part.version, key=new_id().hex, by=token)
    return token


async def shown_to_supplier(order: Any) -> Any:
    """Put on record that the supplier of an order was shown whom it goes to."""
    row = await Order.get(id=order)
    supplier = (await FulfillmentOrder.get(order_id=order)).supplier_id
    release = Release(row.buyer_id, Party.SUPPLIER, Purpose.FULFILMENT, order, None)
    shown = Shown({ORDER.name, RECIPIENT_NAME.name, RECIPIENT_PHONE.name}, {"P2.6"})
    await disclosures.note({release: shown}, by=Viewer(supplier=supplier), operation="Parts")
    return supplier


@pytest.mark.clause("P1.2e")
async def test_an_order_that_has_not_left_is_cancelled_refunded_and_forgets_whom_it_was_for():
    phone, goods = new_phone(), await add_goods()
    order = await sent_to(phone, goods=goods)

    done = await objected(phone)

    row, recipient = await Order.get(id=order), await recipient_of(order)
    assert (done.erased, done.cancelled, done.waiting) == (1, 1, 0)
    assert (row.status, held(recipient)) == (OrderStatus.CANCELLED, [])
    assert recipient.erased_at is not None
    assert (await Payment.get(order_id=order)).state is PaymentState.REFUNDED
    assert await levels(goods) == (10, 0)


@pytest.mark.clause("P1.2e")
async def test_an_order_that_has_come_is_kept_and_forgets_whom_it_was_for_with_its_parcels():
    phone, by = new_phone(), await buyer()
    order = await sent_to(phone, by=by)
    await shipped(order)
    await orders.confirm_receipt(order, by=by)

    done = await objected(phone)

    row = await Order.get(id=order)
    assert (done.erased, done.cancelled, done.waiting) == (1, 0, 0)
    assert row.status is OrderStatus.DELIVERED
    assert row.window_closes_at is not None
    assert row.window_closes_at <= clock.now()
    assert held(await recipient_of(order)) == []
    assert [parcel.tracking_number for parcel in await Shipment.filter(order_id=order)] == [None]
    assert (await Payment.get(order_id=order)).state is PaymentState.PAID


async def test_the_key_of_whoever_was_erased_is_destroyed():
    phone = new_phone()
    recipient = await recipient_of(await sent_to(phone))

    await objected(phone)

    with pytest.raises(SubjectErased):
        await seal(Recipient, recipient.id, recipient.id, name="Noor")


@pytest.mark.clause("P1.2e")
async def test_a_parcel_on_its_way_is_finished_first_and_erased_when_it_has_come():
    phone, by = new_phone(), await buyer()
    order = await sent_to(phone, by=by)
    await shipped(order)

    done = await objected(phone)
    await objections.go_on()
    on_its_way = await recipient_of(order)
    await orders.confirm_receipt(order, by=by)
    await objections.go_on()

    assert (done.erased, done.cancelled, done.waiting) == (0, 0, 1)
    assert len(held(on_its_way)) == 7
    assert held(await recipient_of(order)) == []
    assert (await Order.get(id=order)).status is OrderStatus.DELIVERED


@pytest.mark.clause("P1.2e")
async def test_a_parcel_that_nobody_says_has_come_is_not_waited_for_for_ever():
    phone = new_phone()
    order = await sent_to(phone)
    await shipped(order)
    await objected(phone)

    with clock.moved_to(clock.now() + LONGEST_DELIVERY - timedelta(minutes=1)):
        await objections.go_on()
        before = held(await recipient_of(order))
    with clock.moved_to(clock.now() + LONGEST_DELIVERY + timedelta(minutes=1)):
        await objections.go_on()

    assert len(before) == 7
    assert held(await recipient_of(order)) == []


@pytest.mark.clause("P1.2e")
async def test_of_an_order_that_has_left_in_part_the_rest_is_called_off_and_the_part_finished():
    phone, by = new_phone(), await buyer()
    one, two = await add_goods(), await add_goods()
    order = await bought(someone(phone), one, two, by=by)
    first = await FulfillmentOrder.get(order_id=order, supplier_id=one.supplier_id)
    token = Viewer(supplier=one.supplier_id, scopes=frozenset(SUPPLIER_SCOPES))
    await fulfilments.ship(first.id, Parcel((), "Postbode"), expected_version=first.version, key="1", by=token)

    done = await objected(phone)

    other = await FulfillmentOrder.get(order_id=order, supplier_id=two.supplier_id)
    assert (done.erased, done.waiting) == (0, 1)
    assert (await Order.get(id=order)).status is OrderStatus.SHIPPED
    assert other.status.value == "CANCELLED"
    assert await levels(two) == (10, 0)
    assert len(held(await recipient_of(order))) == 7


@pytest.mark.clause("P1.2e")
async def test_all_that_accounts_gave_of_somebody_is_found_by_their_phone_and_nobody_elses_is():
    phone, other = new_phone(), new_phone()
    theirs = [await sent_to(phone) for _ in range(3)]
    kept = await sent_to(other)

    done = await objected(phone)

    assert done.erased == 3
    assert [held(await recipient_of(order)) for order in theirs] == [[], [], []]
    assert len(held(await recipient_of(kept))) == 7


async def test_one_record_can_be_objected_to_by_itself():
    phone = new_phone()
    one, two = await sent_to(phone), await sent_to(phone)

    done = await objections.object_to(Named([(await recipient_of(one)).id]), by=await proven(phone))

    assert done.erased == 1
    assert (held(await recipient_of(one)), len(held(await recipient_of(two)))) == ([], 7)


async def test_the_record_of_somebody_else_and_one_that_never_was_are_refused_alike_and_change_nothing():
    phone, other = new_phone(), new_phone()
    own, foreign = await sent_to(phone), await sent_to(other)
    viewer = await proven(phone)

    for record in ((await recipient_of(foreign)).id, new_id(), None):
        with pytest.raises(RecordNotFound):
            await objections.object_to(Named([(await recipient_of(own)).id, record]), by=viewer)

    assert [len(held(await recipient_of(order))) for order in (own, foreign)] == [7, 7]


async def test_an_order_to_the_buyer_in_person_is_not_found_by_the_phone():
    order = await bought_for(AT_HOME)

    done = await objected(AT_HOME.phone or "")

    assert done.erased == 0
    assert (await recipient_of(order)).name is not None


@pytest.mark.parametrize("who", ["nobody", "a person", "an ended proof"])
async def test_without_a_proof_that_holds_nobody_objects(who: str):
    phone = new_phone()
    order = await sent_to(phone)
    viewer = {"nobody": Viewer(), "a person": await buyer(), "an ended proof": await proven(phone)}[who]

    later = clock.now() + timedelta(hours=1 if who == "an ended proof" else 0)
    with clock.moved_to(later), pytest.raises(ProofNeeded):
        await objections.object_to(None, by=viewer)

    assert len(held(await recipient_of(order))) == 7


async def test_each_account_that_gave_something_is_told_once_and_learns_nobodys_name():
    phone, by, box = new_phone(), await buyer(), Postbox()
    for _ in range(2):
        await sent_to(phone, by=by)
    queued = "SELECT payload FROM avow_pgqueuer WHERE entrypoint = $1 ORDER BY id"
    before = await database.fetch(queued, Topic.RECIPIENT_OBJECTED)

    await objected(phone)

    after = await database.fetch(queued, Topic.RECIPIENT_OBJECTED)
    new = [bytes(row["payload"]) for row in after[len(before) :]]
    assert len(new) == 1
    assert str(by.account).encode() in new[0]
    assert by.account is not None
    await notices.tell(Event(Topic.RECIPIENT_OBJECTED, {"account": by.account, "at": clock.now()}), through=box)
    (sent,) = box.sent
    assert (sent.kind, set(sent.facts)) == (MessageKind.RECIPIENT_OBJECTED, {"at"})


async def test_partners_that_the_ledger_names_are_told_what_to_delete_and_no_others():
    phone = new_phone()
    shown, unseen = await sent_to(phone), await sent_to(phone)
    supplier = await shown_to_supplier(shown)

    await objected(phone)

    (notice,) = await ObjectionNotice.filter(order_id__in=[shown, unseen])
    assert (notice.order_id, notice.supplier_id) == (shown, supplier)
    assert notice.classes == ["RECIPIENT_NAME", "RECIPIENT_PHONE"]


async def test_a_partner_whose_answer_was_under_way_is_told_afterwards():
    phone = new_phone()
    order = await sent_to(phone)
    await objected(phone)
    supplier = await shown_to_supplier(order)

    await objections.go_on()
    at_once = await ObjectionNotice.filter(order_id=order).count()
    with clock.moved_to(clock.now() + LONGEST_ANSWER + timedelta(seconds=1)):
        await objections.go_on()

    assert at_once == 0
    assert [notice.supplier_id for notice in await ObjectionNotice.filter(order_id=order)] == [supplier]
    assert (await recipient_of(order)).forgotten_at is not None


async def test_an_objection_that_stopped_half_way_is_gone_on_with():
    phone = new_phone()
    order = await sent_to(phone)
    recipient = await recipient_of(order)
    await Recipient.filter(id=recipient.id).update(objected_at=clock.now())

    await objections.go_on()

    assert held(await recipient_of(order)) == []
    assert (await Order.get(id=order)).status is OrderStatus.CANCELLED
    assert (await Payment.get(order_id=order)).state is PaymentState.REFUNDED


async def test_a_key_that_could_not_be_destroyed_at_once_is_destroyed_later():
    phone = new_phone()
    recipient = await recipient_of(await sent_to(phone))
    await Recipient.filter(id=recipient.id).update(objected_at=clock.now())
    # As after a crash between the transaction and what comes behind it.
    await objections.settle_order(recipient.id)
    assert (await keys.subject_keys([recipient.id]))[recipient.id] is not keys.ERASED

    with clock.moved_to(clock.now() + LONGEST_ANSWER + timedelta(seconds=1)):
        await objections.go_on()

    assert (await keys.subject_keys([recipient.id]))[recipient.id] is keys.ERASED


async def test_the_table_refuses_somebody_who_is_erased_in_part():
    recipient = await recipient_of(await sent_to(new_phone()))

    with pytest.raises(ConstraintViolated):
        await database.execute(
            "UPDATE recipient SET objected_at = $2, erased_at = $2, name = NULL WHERE id = $1",
            recipient.id,
            clock.now(),
        )


async def test_a_supplier_sends_nothing_more_to_somebody_who_was_erased():
    phone = new_phone()
    order = await sent_to(phone)
    part = await FulfillmentOrder.get(order_id=order)
    await objected(phone)
    now = await FulfillmentOrder.get(order_id=order)

    token = Viewer(supplier=part.supplier_id, scopes=frozenset(SUPPLIER_SCOPES))
    with pytest.raises(FulfillmentNotOpen):
        await fulfilments.ship(part.id, Parcel((), "Postbode", "3S-1"), expected_version=now.version, key="k", by=token)


async def test_an_objection_that_is_repeated_changes_nothing_more_and_tells_nobody_again():
    phone, by = new_phone(), await buyer()
    order = await sent_to(phone, by=by)
    await shipped(order)
    viewer = await proven(phone)
    first = await objections.object_to(None, by=viewer)
    queued = "SELECT count(*) AS n FROM avow_pgqueuer WHERE entrypoint = $1"
    (before,) = await database.fetch(queued, Topic.RECIPIENT_OBJECTED)

    again = await objections.object_to(None, by=viewer)

    (after,) = await database.fetch(queued, Topic.RECIPIENT_OBJECTED)
    assert (first.waiting, again.waiting) == (1, 1)
    assert before["n"] == after["n"]
