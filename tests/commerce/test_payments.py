"""What a payment institution is told, and by whom it has to be allowed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from commerce import consents, orders, settlement
from commerce.checkout import TAKEN_FOR, Wish, complete
from commerce.payments import Charge, InstitutionAbroad, InstitutionNotServed, Sandbox
from commerce.persons import GuardianConsentRequired
from models.accounts import Account
from models.database import transaction
from models.disclosures import Disclosure
from models.fulfilments import FulfillmentOrder, FulfillmentStatus, RejectionReason
from models.ids import new_id
from models.orders import Order, OrderStatus
from models.partners import Partner, PartnerStatus
from models.payments import InstitutionName, Payment, PaymentState
from models.transfers import Receiver, Transfer
from policy.purposes import Purpose, bits_of
from policy.viewer import Viewer
from server.demo_partners import add_agreement, sandbox
from server.demo_rows import add_supplier
from tests.commerce.buyers import buyer, ward
from tests.commerce.goods import add_goods, filled_cart, wish

pytestmark = pytest.mark.usefixtures("database")


class Away(Sandbox):
    """An institution that has heard of a charge, and of which nobody knows whether it took it."""

    async def take(self, charge: Charge) -> str:
        raise ConnectionError


class Listening(Sandbox):
    """An institution that remembers what it was told."""

    def __init__(self) -> None:
        self.charges: list[Charge] = []
        self.returns: list[Charge] = []

    async def take(self, charge: Charge) -> str:
        self.charges.append(charge)
        return await super().take(charge)

    async def give_back(self, charge: Charge) -> None:
        self.returns.append(charge)

    async def give_back_part(self, part: Charge, part_id: UUID) -> None:
        self.returns.append(part)


async def left_unpaid(wanted: Wish, by: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Place an order whose payment nobody knows the end of."""
    with monkeypatch.context() as broken:
        broken.setattr(settlement, "INSTITUTIONS", {InstitutionName.SANDBOX: Away()})
        with pytest.raises(ConnectionError):
            await complete(wanted, key="left", by=by)


@asynccontextmanager
async def suspended(partner: Partner) -> AsyncIterator[None]:
    """Stop working with a partner for the length of a block."""
    await Partner.filter(id=partner.id).update(status=PartnerStatus.SUSPENDED)
    try:
        yield
    finally:
        await Partner.filter(id=partner.id).update(status=PartnerStatus.ACTIVE)


@asynccontextmanager
async def working_in(region: str) -> AsyncIterator[Partner]:
    """Let the institution's newest agreement be for another region for the length of a block."""
    partner = await sandbox()
    await add_agreement(partner, region=region)
    try:
        yield partner
    finally:
        await add_agreement(partner)


def listen(monkeypatch: pytest.MonkeyPatch) -> Listening:
    """Let everything go to an institution that remembers it."""
    told = Listening()
    monkeypatch.setattr(settlement, "INSTITUTIONS", {InstitutionName.SANDBOX: told})
    return told


async def ordered(by: Viewer, key: str, *, supplier: UUID | None = None) -> UUID:
    """Order something and pay for it."""
    goods = await add_goods(supplier=supplier)
    return await complete(wish(await filled_cart(by, (goods, 1)), 1_250), key=key, by=by)


async def shop_in(region: str) -> UUID:
    """Write a supplier of some country."""
    mark = new_id().hex
    return (await add_supplier(mark, mark, region)).id


@pytest.mark.parametrize(
    "years",
    [pytest.param(17, marks=pytest.mark.clause("P7.1")), pytest.param(9, marks=pytest.mark.clause("P7.3"))],
)
async def test_a_consent_that_ends_before_the_payment_keeps_the_institution_from_being_told(
    years: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    by, goods = await ward(years, Purpose.ACCOUNT, *TAKEN_FOR), await add_goods(stock_at=(5,))
    wanted, told = wish(await filled_cart(by, (goods, 2)), 2_500), Listening()
    await left_unpaid(wanted, by, monkeypatch)

    only_delivery = bits_of(frozenset({Purpose.ACCOUNT, Purpose.FULFILMENT}))
    await Account.filter(id=by.account).update(guardian_consents=only_delivery)
    monkeypatch.setattr(settlement, "INSTITUTIONS", {InstitutionName.SANDBOX: told})
    (order,) = await Order.filter(buyer_id=by.account)
    with pytest.raises(GuardianConsentRequired):
        await settlement.pay(order.id)

    assert told.charges == []
    assert await Disclosure.filter(order_id=order.id).count() == 1, "of the first attempt"


@pytest.mark.clause("P4.5")
async def test_an_institution_out_of_standing_is_told_nothing_and_takes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (by, other), goods = (await buyer(), await buyer()), await add_goods(stock_at=(5,))
    wanted, new = wish(await filled_cart(by, (goods, 2)), 2_500), wish(await filled_cart(other, (goods, 1)), 1_250)
    await left_unpaid(wanted, by, monkeypatch)

    async with suspended(await sandbox()):
        with pytest.raises(InstitutionNotServed):
            await complete(new, key="new", by=other)
        with pytest.raises(InstitutionNotServed):
            await complete(wanted, key="left", by=by)
        status = (await Order.get(buyer_id=by.account)).status
    order_id = await complete(wanted, key="left", by=by)

    assert not await Order.exists(buyer_id=other.account)
    assert status is OrderStatus.PLACED
    assert (await Order.get(id=order_id)).status is OrderStatus.PAID


async def test_what_an_institution_is_told_is_on_record() -> None:
    by, goods = await buyer(), await add_goods()
    order_id = await complete(wish(await filled_cart(by, (goods, 1)), 1_250), key="told", by=by)

    (row,) = await Disclosure.filter(order_id=order_id)

    assert (row.account_id, row.partner_id, row.party) == (by.account, (await sandbox()).id, "PAYMENT_INSTITUTION")
    assert (row.classes, row.clauses) == (["ORDER_AMOUNT", "ORDER_NUMBER"], ["P2.5"])
    assert (row.purpose, row.operation) == ("PAYMENT", "checkoutComplete")


async def test_money_is_given_back_by_an_institution_out_of_standing_too() -> None:
    by, goods = await buyer(), await add_goods()
    order_id = await complete(wish(await filled_cart(by, (goods, 1)), 1_250), key="back", by=by)

    async with suspended(await sandbox()):
        await orders.cancel(order_id, by=by)

    assert (await Payment.get(order_id=order_id)).state is PaymentState.REFUNDED


@pytest.mark.parametrize("is_stopped", [False, True])
@pytest.mark.clause("P4.1")
async def test_money_that_is_given_back_is_on_record_with_its_ground(is_stopped: bool) -> None:
    by = await buyer()
    order_id = await ordered(by, "given back")

    if is_stopped:
        async with suspended(await sandbox()):
            await orders.cancel(order_id, by=by)
    else:
        await orders.cancel(order_id, by=by)

    taken, given = await Disclosure.filter(order_id=order_id).order_by("id")
    assert (taken.operation, given.operation) == ("checkoutComplete", "refund")
    assert (given.account_id, given.partner_id, given.party) == (taken.account_id, taken.partner_id, taken.party)
    assert (given.classes, given.clauses, given.purpose) == (taken.classes, ["P2.5"], "PAYMENT")
    assert taken.sharing_grounds == given.sharing_grounds == ["CORE_SERVICE"]


@pytest.mark.clause("P4.1")
async def test_a_part_that_is_given_back_is_on_record_before_the_institution_hears_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    by, first, second = await buyer(), await add_goods(), await add_goods(supplier=await shop_in("DE"))
    cart = await filled_cart(by, (first, 1), (second, 1))
    order_id, told = await complete(wish(cart, 2_500), key="in parts", by=by), listen(monkeypatch)

    async with transaction():
        part = await FulfillmentOrder.filter(order_id=order_id).first()
        assert part is not None
        await settlement.call_off_part(part.id, FulfillmentStatus.REJECTED, RejectionReason.OUT_OF_STOCK)
    await settlement.refund(order_id)

    rows = await Disclosure.filter(order_id=order_id).order_by("id")
    assert [row.operation for row in rows] == ["checkoutComplete", "refund"]
    assert [charge.amount.amount_minor for charge in told.returns] == [1_250]


@pytest.mark.clause("P8.1")
async def test_an_institution_abroad_is_told_of_a_charge_with_the_buyers_consent_to_that_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    by, goods, told = await buyer(), await add_goods(), listen(monkeypatch)
    wanted = wish(await filled_cart(by, (goods, 1)), 1_250)

    async with working_in("US") as partner:
        with pytest.raises(InstitutionAbroad):
            await complete(wanted, key="abroad", by=by)
        (order,) = await Order.filter(buyer_id=by.account)
        before = (len(told.charges), await Disclosure.filter(order_id=order.id).count(), order.status)
        crossed = await Transfer.filter(order_id=order.id).count()
        await consents.give(frozenset({Purpose.CROSS_BORDER}), by=by)
        order_id = await complete(wanted, key="abroad", by=by)

    (row,) = await Transfer.filter(order_id=order_id)
    assert (before, crossed, order_id) == ((0, 0, OrderStatus.PLACED), 0, order.id)
    assert len(told.charges) == 1
    assert (row.account_id, row.partner_id, row.receiver) == (by.account, partner.id, Receiver.PARTNER)
    assert (row.from_region, row.to_region, row.ground.value) == ("SE", "US", "CONSENT")
    assert row.classes == ["ORDER_AMOUNT", "ORDER_NUMBER"]


@pytest.mark.clause("P8.1")
async def test_an_order_from_abroad_takes_its_charge_there_as_the_buyers_own_dealing() -> None:
    by, supplier = await buyer(), await shop_in("US")

    async with working_in("US") as partner:
        order_id = await ordered(by, "from abroad", supplier=supplier)

    rows = {row.receiver: row for row in await Transfer.filter(order_id=order_id)}
    assert (rows[Receiver.SUPPLIER].supplier_id, rows[Receiver.PARTNER].partner_id) == (supplier, partner.id)
    assert rows[Receiver.PARTNER].ground.value == "OWN_DEALING"
    assert rows[Receiver.PARTNER].classes == ["ORDER_AMOUNT", "ORDER_NUMBER"]


@pytest.mark.clause("P8.1")
async def test_a_dealing_in_one_country_takes_nothing_to_another() -> None:
    by, supplier = await buyer(), await shop_in("CN")

    async with working_in("US"):
        with pytest.raises(InstitutionAbroad):
            await ordered(by, "elsewhere", supplier=supplier)


@pytest.mark.clause("P8.1")
async def test_an_institution_abroad_that_was_not_told_of_a_charge_is_not_told_to_give_it_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    by, told = await buyer(), listen(monkeypatch)

    async with working_in("US"):
        with pytest.raises(InstitutionAbroad):
            await ordered(by, "given up")
        (order,) = await Order.filter(buyer_id=by.account)
        await settlement.call_off_unpaid(order.id)
        await settlement.refund(order.id)

    assert (told.charges, told.returns) == ([], [])
    assert (await Payment.get(order_id=order.id)).state is PaymentState.REFUNDED
    assert not await Disclosure.exists(order_id=order.id)


@pytest.mark.clause("P8.1")
async def test_money_from_abroad_comes_back_without_the_consent_and_is_on_record_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    by, told = await buyer(), listen(monkeypatch)

    async with working_in("US"):
        await consents.give(frozenset({Purpose.CROSS_BORDER}), by=by)
        order_id = await ordered(by, "withdrawn")
        (before,) = await Transfer.filter(order_id=order_id)
        await consents.withdraw([Purpose.CROSS_BORDER], by=by)
        await orders.cancel(order_id, by=by)

    (after,) = await Transfer.filter(order_id=order_id)
    rows = await Disclosure.filter(order_id=order_id).order_by("id")
    assert [row.operation for row in rows] == ["checkoutComplete", "refund"]
    assert len(told.returns) == 1
    assert (before.first_at, after.ground) == (after.first_at, before.ground)
    assert after.last_at > before.last_at


@pytest.mark.clause("P8.1")
async def test_of_somebody_under_age_the_guardian_consents_to_an_institution_abroad() -> None:
    by = await ward(16, Purpose.ACCOUNT, *TAKEN_FOR)
    able = await ward(16, Purpose.ACCOUNT, Purpose.CROSS_BORDER, *TAKEN_FOR)

    async with working_in("US"):
        with pytest.raises(GuardianConsentRequired, match="CROSS_BORDER"):
            await ordered(by, "without")
        order_id = await ordered(able, "with")

    assert (await Order.get(id=order_id)).status is OrderStatus.PAID
