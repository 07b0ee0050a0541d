"""From a cart to an order that is placed and paid, once."""

import asyncio
from dataclasses import fields, replace
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from commerce import carts, orders, settlement
from commerce.cart_contents import VariantNotSold
from commerce.carts import CartNotFound
from commerce.checkout import TAKEN_FOR, CartEmpty, PriceChanged, Wish, complete
from commerce.idempotency import IdempotencyConflict
from commerce.payments import Charge, Sandbox
from commerce.persons import GuardianConsentRequired, NotInPerson
from commerce.recipients import Attestation, AttestationRequired, RecipientConsentRequired, RecipientIncomplete
from commerce.refusals import Refusal
from commerce.settlement import CheckoutExpired, PaymentDeclined
from commerce.stock import HELD_FOR, InsufficientStock
from models import clock
from models.accounts import PolicyVersion
from models.attestations import RecipientAttestation
from models.carts import Cart
from models.database import fetch, transaction
from models.fulfilments import FulfillmentOrder
from models.ids import new_id
from models.money import Money
from models.orders import Order, OrderEvent, OrderLine, OrderStatus, Recipient
from models.payments import InstitutionName, Payment, PaymentState
from policy.purposes import Purpose
from policy.viewer import ANONYMOUS, Viewer
from server.embedded import Embedded
from tests.commerce.buyers import buyer, ward
from tests.commerce.goods import AT_HOME, add_goods, add_tier, filled_cart, journal_differs, levels, wish

pytestmark = pytest.mark.usefixtures("database")
ELSEWHERE = replace(AT_HOME, is_self=False, name="Noor Bakker", phone="+31687654321")


class Unreachable:
    """An institution that cannot be reached."""

    async def take(self, charge: Charge) -> str:
        raise ConnectionError

    async def give_back(self, charge: Charge) -> None:
        raise ConnectionError


async def state_of(order_id: UUID) -> tuple[OrderStatus, PaymentState]:
    return (await Order.get(id=order_id)).status, (await Payment.get(order_id=order_id)).state


async def refused(wanted: Wish, by: Viewer) -> Refusal:
    """Check out in vain, and see that nothing is left of it."""
    before = await counts()
    with pytest.raises(Refusal) as refusal:
        await complete(wanted, key=str(new_id()), by=by)
    assert await counts() == before
    return refusal.value


async def counts() -> list[int]:
    """Count the rows that a checkout writes, and what is promised."""
    tables = ("recipient", "recipient_attestation", '"order"', "order_line", "payment", "fulfillment_order")
    found = [(await fetch(f"SELECT count(*) AS n FROM {table}"))[0]["n"] for table in tables]  # noqa: S608
    (promised,) = await fetch("SELECT sum(reserved)::int AS n FROM inventory_level")
    return [*found, promised["n"]]


async def test_a_cart_becomes_an_order_that_is_paid_and_its_goods_leave_the_stock() -> None:
    by, goods = await buyer(), await add_goods(stock_at=(10,), price_minor=1_250)
    cart = await filled_cart(by, (goods, 3))

    order_id = await complete(wish(cart, 3_750), key="once", by=by)

    assert await state_of(order_id) == (OrderStatus.PAID, PaymentState.PAID)
    assert await levels(goods) == (7, 0)
    assert [event.status for event in await OrderEvent.filter(order_id=order_id).order_by("id")] == [
        OrderStatus.PLACED,
        OrderStatus.PAID,
    ]
    with pytest.raises(CartNotFound):
        await carts.add(carts.Holder(by, cart), [(goods.variant_id, 1)])


async def test_a_repetition_gives_the_same_order_and_another_input_is_a_conflict() -> None:
    by, goods = await buyer(), await add_goods(stock_at=(10,))
    wanted = wish(await filled_cart(by, (goods, 1)), 1_250)

    first = await complete(wanted, key="a key", by=by)

    assert await complete(wanted, key="a key", by=by) == first
    with pytest.raises(IdempotencyConflict):
        await complete(replace(wanted, cart_id=new_id()), key="a key", by=by)
    assert await levels(goods) == (9, 0)


async def test_an_order_is_split_by_supplier() -> None:
    by = await buyer()
    one, other = await add_goods(), await add_goods()
    also = await add_goods(supplier=one.supplier_id)

    order_id = await complete(wish(await filled_cart(by, (one, 1), (other, 1), (also, 1)), 3_750), key="split", by=by)

    parts = await FulfillmentOrder.filter(order_id=order_id)
    assert {part.supplier_id for part in parts} == {one.supplier_id, other.supplier_id}
    assert len(parts) == 2


async def test_a_repetition_makes_no_key_for_a_recipient_whom_nobody_writes(database: Embedded) -> None:
    by, goods = await buyer(), await add_goods()
    wanted = wish(await filled_cart(by, (goods, 1)), 1_250)
    made = await complete(wanted, key="replayed", by=by)
    before = await _keys(database)

    assert await complete(wanted, key="replayed", by=by) == made
    assert await _keys(database) == before


async def _keys(database: Embedded) -> int:
    connection = await asyncpg.connect(database.keys.owner_url)
    try:
        return await connection.fetchval("SELECT count(*) FROM subject_key")
    finally:
        await connection.close()


async def test_prices_fall_by_quantity() -> None:
    by, goods = await buyer(), await add_goods(stock_at=(50,), price_minor=1_000)
    await add_tier(goods, from_quantity=10, price_minor=900)
    await add_tier(goods, from_quantity=20, price_minor=800)

    few = await complete(wish(await filled_cart(by, (goods, 9)), 9_000), key="few", by=by)
    many = await complete(wish(await filled_cart(by, (goods, 10)), 9_000), key="many", by=by)

    assert [(await OrderLine.get(order_id=order)).unit_price_minor for order in (few, many)] == [1_000, 900]


@pytest.mark.parametrize(("currency", "price"), [("JPY", 333), ("USD", 1_999), ("KWD", 1_234_567)])
async def test_the_lines_add_up_to_the_total_in_every_currency(currency: str, price: int) -> None:
    by = await buyer()
    goods = [await add_goods(stock_at=(9,), price_minor=price + extra, currency=currency) for extra in range(3)]
    total = 2 * price + 3 * (price + 1) + 4 * (price + 2)

    cart = await filled_cart(by, (goods[0], 2), (goods[1], 3), (goods[2], 4))
    order_id = await complete(wish(cart, total, currency), key=currency, by=by)

    lines: list[Any] = await OrderLine.filter(order_id=order_id)
    order, payment = await Order.get(id=order_id), await Payment.get(order_id=order_id)
    assert sum(line.quantity * line.unit_price_minor for line in lines) == order.total_minor == payment.amount_minor
    assert {line.currency for line in lines} == {order.currency} == {payment.currency} == {currency}


async def test_another_total_than_the_buyer_saw_is_refused_with_both() -> None:
    by, goods = await buyer(), await add_goods(price_minor=1_250)

    refusal = await refused(wish(await filled_cart(by, (goods, 1)), 1_249), by)

    assert isinstance(refusal, PriceChanged)
    assert refusal.details == {"expected": Money(1_249, "EUR"), "actual": Money(1_250, "EUR")}


async def test_the_same_number_in_another_currency_is_another_total() -> None:
    by, goods = await buyer(), await add_goods(price_minor=1_250)

    refusal = await refused(wish(await filled_cart(by, (goods, 1)), 1_250, "USD"), by)

    assert isinstance(refusal, PriceChanged)


async def test_more_than_there_is_is_refused_and_the_cart_stays_open() -> None:
    by, goods = await buyer(), await add_goods(stock_at=(2,))
    cart = await filled_cart(by, (goods, 3))

    refusal = await refused(wish(cart, 3_750), by)

    assert isinstance(refusal, InsufficientStock)
    assert refusal.details["available"] == 2
    assert (await Cart.get(id=cart)).state == "OPEN"


async def test_an_empty_cart_one_of_somebody_else_and_what_is_not_sold_are_refused() -> None:
    by, other, goods = await buyer(), await buyer(), await add_goods()
    theirs = await filled_cart(other, (goods, 1))

    assert isinstance(await refused(wish((await carts.create(by)).cart_id, 0), by), CartEmpty)
    assert isinstance(await refused(wish(theirs, 1_250), by), CartNotFound)
    await fetch(
        "UPDATE product SET status = 'ARCHIVED' FROM product_variant v WHERE v.product_id = product.id AND v.id = $1",
        goods.variant_id,
    )
    assert isinstance(await refused(wish(theirs, 1_250), other), VariantNotSold)


async def test_a_checkout_needs_an_account() -> None:
    for viewer in (ANONYMOUS, Viewer(supplier=new_id(), scopes=frozenset({"orders:read"}))):
        assert isinstance(await refused(wish(new_id(), 1), viewer), NotInPerson)


@pytest.mark.clause("P2.4")
@pytest.mark.parametrize("missing", ["name", "phone", "street", "city", "country"])
async def test_a_parcel_needs_name_phone_and_address(missing: str) -> None:
    by, goods = await buyer(), await add_goods()
    delivery: Any = replace(AT_HOME, **{missing: " "})

    refusal = await refused(wish(await filled_cart(by, (goods, 1)), 1_250, delivery=delivery), by)

    assert isinstance(refusal, RecipientIncomplete)
    assert refusal.field == ("recipient", missing)


@pytest.mark.clause("P1.2d")
async def test_somebody_elses_data_is_taken_only_with_the_word_that_they_allow_it() -> None:
    by, goods = await buyer(), await add_goods()
    wanted = wish(await filled_cart(by, (goods, 1)), 1_250, delivery=ELSEWHERE)
    current = await in_force()

    for attestation in (
        Attestation(),
        Attestation(is_authorised=True),
        Attestation(policy_version=current),
        Attestation(is_authorised=True, policy_version=current - 1),
    ):
        refusal = await refused(replace(wanted, attestation=attestation), by)
        assert isinstance(refusal, AttestationRequired)

    order_id = await complete(replace(wanted, attestation=Attestation(True, current)), key="attested", by=by)
    recipient = await Recipient.get(id=(await Order.get(id=order_id)).recipient_id)
    assert not recipient.is_account_holder
    kept = await RecipientAttestation.get(recipient_id=recipient.id)
    assert (kept.is_for_child, kept.attested_at) == (False, recipient.created_at)


async def in_force() -> int:
    return (await PolicyVersion.filter(effective_at__lte=clock.now()).order_by("-effective_at", "-version"))[0].version


@pytest.mark.clause("P1.2f")
async def test_a_child_is_sent_something_only_with_the_consent_of_their_guardian() -> None:
    by, goods = await buyer(), await add_goods()
    child = replace(ELSEWHERE, is_child=True)
    wanted = wish(await filled_cart(by, (goods, 1)), 1_250, delivery=child)
    word = Attestation(True, await in_force())

    refusal = await refused(replace(wanted, attestation=word), by)
    order_id = await complete(replace(wanted, attestation=replace(word, guardian_consents=True)), key="child", by=by)

    assert isinstance(refusal, RecipientConsentRequired)
    recipient_id = (await Order.get(id=order_id)).recipient_id
    assert (await RecipientAttestation.get(recipient_id=recipient_id)).is_for_child


@pytest.mark.clause("P7.1")
@pytest.mark.parametrize("missing", TAKEN_FOR)
@pytest.mark.parametrize("years", [17, 9])
async def test_somebody_under_age_orders_only_with_their_guardians_consent_to_delivery_and_payment(
    years: int, missing: Purpose
) -> None:
    given = {Purpose.ACCOUNT, *TAKEN_FOR}
    without, allowed = await ward(years, *given - {missing}), await ward(years, *given)
    goods = await add_goods()

    refusal = await refused(wish(await filled_cart(without, (goods, 1)), 1_250), without)
    order_id = await complete(wish(await filled_cart(allowed, (goods, 1)), 1_250), key="allowed", by=allowed)

    assert isinstance(refusal, GuardianConsentRequired)
    assert missing.name in str(refusal)
    assert (await Order.get(id=order_id)).status is OrderStatus.PAID


async def test_a_declined_payment_frees_the_goods_and_opens_the_cart_again() -> None:
    by = await buyer()
    goods = await add_goods(price_minor=Sandbox.LIMIT_MINOR + 1)
    cart = await filled_cart(by, (goods, 1))
    wanted = wish(cart, Sandbox.LIMIT_MINOR + 1)

    for _ in range(2):
        with pytest.raises(PaymentDeclined):
            await complete(wanted, key="declined", by=by)

    assert await levels(goods) == (10, 0)
    assert (await Cart.get(id=cart)).state == "OPEN"
    assert await journal_differs() == 0


async def test_an_institution_is_told_the_orders_number_and_the_amount_and_nothing_else() -> None:
    assert [field.name for field in fields(Charge)] == ["order_number", "amount"]


async def test_a_cancellation_returns_the_goods_and_the_money() -> None:
    by, goods = await buyer(), await add_goods(stock_at=(4,))
    order_id = await complete(wish(await filled_cart(by, (goods, 3)), 3_750), key="to be cancelled", by=by)

    await orders.cancel(order_id, by=by)

    assert await state_of(order_id) == (OrderStatus.CANCELLED, PaymentState.REFUNDED)
    assert await levels(goods) == (4, 0)
    assert await journal_differs() == 0


async def test_what_a_guardian_has_cancelled_is_in_stock_again_and_its_money_goes_back() -> None:
    by, goods = await buyer(), await add_goods(stock_at=(4,))
    order_id = await complete(wish(await filled_cart(by, (goods, 3)), 3_750), key="withdrawn", by=by)

    async with transaction():
        await orders.cancel_unshipped((await Order.get(id=order_id)).buyer_id)
    at_once = await state_of(order_id), await levels(goods)
    await settlement.sweep()

    assert at_once == ((OrderStatus.CANCELLED, PaymentState.REFUND_DUE), (4, 0))
    assert await state_of(order_id) == (OrderStatus.CANCELLED, PaymentState.REFUNDED)


async def test_a_checkout_that_nobody_goes_on_with_is_given_up_and_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    by, goods = await buyer(), await add_goods(stock_at=(5,))
    cart = await filled_cart(by, (goods, 2))

    with monkeypatch.context() as broken:
        broken.setattr(settlement, "INSTITUTIONS", {InstitutionName.SANDBOX: Unreachable()})
        with pytest.raises(ConnectionError):
            await complete(wish(cart, 2_500), key="left", by=by)
    assert await levels(goods) == (5, 2)
    with clock.moved_to(clock.now() + HELD_FOR):
        await settlement.sweep()

    assert await levels(goods) == (5, 0)
    with pytest.raises(CheckoutExpired):
        await complete(wish(cart, 2_500), key="left", by=by)
    again = await complete(wish(cart, 2_500), key="a new one", by=by)
    assert (await Order.get(id=again)).status is OrderStatus.PAID
    assert await levels(goods) == (3, 0)


async def test_of_many_repetitions_at_once_one_places_the_order() -> None:
    by, goods = await buyer(), await add_goods(stock_at=(5,))
    wanted = wish(await filled_cart(by, (goods, 2)), 2_500)

    made = await asyncio.gather(*(complete(wanted, key="many", by=by) for _ in range(20)))

    assert len(set(made)) == 1
    assert await levels(goods) == (3, 0)
    assert await OrderEvent.filter(order_id=made[0]).count() == 2


async def test_of_two_checkouts_of_one_cart_at_once_one_succeeds() -> None:
    by, goods = await buyer(), await add_goods(stock_at=(5,))
    wanted = wish(await filled_cart(by, (goods, 2)), 2_500)

    ended = await asyncio.gather(*(complete(wanted, key=f"key {n}", by=by) for n in range(6)), return_exceptions=True)

    assert sum(isinstance(end, UUID) for end in ended) == 1
    assert sum(isinstance(end, CartNotFound) for end in ended) == 5
    assert await levels(goods) == (3, 0)
