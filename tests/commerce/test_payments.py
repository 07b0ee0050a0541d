"""What a payment institution is told, and by whom it has to be allowed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from commerce import orders, settlement
from commerce.checkout import TAKEN_FOR, Wish, complete
from commerce.payments import Charge, InstitutionNotServed, Sandbox
from commerce.persons import GuardianConsentRequired
from models.accounts import Account
from models.disclosures import Disclosure
from models.orders import Order, OrderStatus
from models.partners import Partner, PartnerStatus
from models.payments import InstitutionName, Payment, PaymentState
from policy.purposes import Purpose, bits_of
from policy.viewer import Viewer
from server.demo_partners import sandbox
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

    async def take(self, charge: Charge) -> str:
        self.charges.append(charge)
        return await super().take(charge)


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
