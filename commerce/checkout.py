"""From a cart to an order that is placed and paid, once."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from commerce import payments, purchase_approvals, settlement, stock
from commerce.carts import CartNotFound, CurrenciesMixed, VariantNotSold
from commerce.idempotency import answered, fingerprint_of, once
from commerce.persons import (
    GuardianConsentRequired,
    own_account,
    person_of,
    require_confirmation,
    require_guardian_consent,
)
from commerce.prices import Offer, added, multiplied, offers
from commerce.purchase_approvals import ApprovalMissing, Purchase, Wanted
from commerce.recipients import Attestation, Delivery, SealedRecipient, prepare, written
from commerce.refusals import Refusal
from models import clock
from models.database import execute, fetch
from models.fulfilments import FulfillmentOrder, FulfillmentStatus
from models.ids import new_id
from models.money import MixedCurrencies, Money
from models.order_numbers import new_order_number
from models.orders import Order, OrderEvent, OrderStatus
from models.payments import InstitutionName, Payment, PaymentState
from policy.ages import AgeBand
from policy.classes import RECIPIENT
from policy.enforcement import keeps
from policy.purposes import Purpose
from policy.viewer import Case, Viewer


class CartEmpty(Refusal):
    """There is nothing in the cart."""

    code = "CART_EMPTY"

    def __init__(self) -> None:
        super().__init__("There is nothing in the cart; add lines to it first.", field=("cartId",))


class PriceChanged(Refusal):
    """The cart costs something else than the buyer was shown."""

    code = "PRICE_CHANGED"

    def __init__(self, expected: Money, actual: Money) -> None:
        super().__init__(
            f"The total is `{actual}` {actual.currency}; show it to the buyer, and send it as `expectedTotal` if they "
            "agree. Nothing was charged.",
            field=("expectedTotal",),
            expected=expected,
            actual=actual,
        )


TAKEN_FOR = (Purpose.FULFILMENT, Purpose.PAYMENT)
"""What an order of somebody under age is used for by others, and a guardian consents to."""


@dataclass(frozen=True, slots=True)
class Wish:
    """
    What a buyer wants.

    Args:
        cart_id: The cart; None for an id that names none.
        expected_total: What they were shown that it costs.
        is_confirmed: Whether they confirmed that sensitive data, which an address is, is used for the delivery.
    """

    cart_id: UUID | None
    delivery: Delivery
    attestation: Attestation
    expected_total: Money
    institution: InstitutionName
    is_confirmed: bool


@dataclass(frozen=True, slots=True)
class _Bought:
    offer: Offer
    quantity: int


@keeps("P7.1", otherwise=None)
def require_may_order(case: Case) -> None:
    """
    Refuse an order of somebody under age unless their guardian consents to its delivery and its payment (P7.1).

    Raises:
        GuardianConsentRequired: The guardian does not.
    """
    missing = [purpose for purpose in TAKEN_FOR if purpose not in case.guardian_consents]
    if case.age is not AgeBand.ADULT and missing:
        raise GuardianConsentRequired(*missing)


async def complete(wish: Wish, *, key: str, by: Viewer) -> UUID:
    """
    Order what is in a cart and pay for it, once for each key, however often it is asked for.

    The order is placed and its goods are promised in one transaction; then the institution is asked; then the order is
    marked as paid and its goods leave the stock, in a second transaction. After a crash in between, the same key goes
    on where it stopped; an order that nobody asks for again is given up by `settlement.sweep`, and so are its goods.

    Args:
        wish: What the buyer wants.
        key: The idempotency key.
        by: The buyer.

    Returns:
        The order.

    Raises:
        NotInPerson, AccountCancelled, GuardianConsentRequired: The viewer may not order (P0.3, P7.1).
        SensitiveNotConfirmed: They did not confirm the address, which nothing is stored of (P2.10).
        RecipientIncomplete, AttestationRequired, RecipientConsentRequired: As of `recipients.prepare`.
        CartNotFound, CartEmpty, VariantNotSold, InsufficientStock: The cart cannot be ordered like that.
        PriceChanged, AmountTooLarge: It costs something else, or more than any order may.
        GuardianApprovalRequired, PurchaseRefused: A guardian is asked first, or has said no (P7.4). The key stays free.
        InstitutionNotServed: The institution is not in standing (P4.5).
        PolicyNotAccepted: A version of the policy awaits the buyer's consent to the payment (P9.3).
        PaymentDeclined, CheckoutExpired: Nothing was charged.
        IdempotencyConflict, BadIdempotencyKey: The key is used for something else, or none.
    """
    person = person_of(by)
    total = wish.expected_total
    given = [
        wish.cart_id,
        written(wish.delivery),
        [wish.attestation.is_authorised, wish.attestation.policy_version, wish.attestation.guardian_consents],
        [total.amount_minor, total.currency],
        wish.institution.value,
    ]
    order_id = new_id()
    account = await own_account(by)
    require_guardian_consent(account.case)
    require_may_order(account.case)
    require_confirmation(RECIPIENT, of=account.case, is_confirmed=wish.is_confirmed)
    fingerprint = fingerprint_of("checkoutComplete", given)
    answer = await answered(person, key, fingerprint)
    if answer is None:
        await payments.served(wish.institution)
        if account.case.age is not AgeBand.ADULT:
            await _require_approval(wish, by)
        # Sealing makes a key for the recipient, which a repetition has no use for.
        recipient = await prepare(new_id(), wish.delivery, wish.attestation)
        try:
            answer = await once(
                person, key, fingerprint, lambda: _place(wish, order_id=order_id, recipient=recipient, by=by)
            )
        except ApprovalMissing:
            # The guardian has lowered the limit in this very moment.
            await _require_approval(wish, by)
            raise
    placed = UUID(str(answer["order"]))
    await settlement.pay(placed)
    return placed


async def _require_approval(wish: Wish, by: Viewer) -> None:
    """
    Ask the buyer's guardian where that is needed, before anything of the order is prepared.

    What is wrong with the cart or the price is not found here but by the order itself, which looks again.

    Raises:
        GuardianApprovalRequired, PurchaseRefused: As of `purchase_approvals.ask`.
    """
    person = person_of(by)
    rows = await fetch("SELECT id FROM cart WHERE id = $1 AND account_id = $2 AND state = 'OPEN'", wish.cart_id, person)
    if not rows:
        return
    bought = await _contents(rows[0]["id"])
    total = _total(bought)
    if total != wish.expected_total:
        return
    purchase = _purchase(rows[0]["id"], total, bought)
    try:
        await purchase_approvals.find(purchase, person)
    except ApprovalMissing:
        await purchase_approvals.ask(purchase, by=by)


def _purchase(cart_id: UUID | None, total: Money, bought: Sequence[_Bought]) -> Purchase:
    assert cart_id is not None, "something was found in it"
    lines = [Wanted(line.offer.variant_id, line.offer.title, line.quantity, line.offer.unit_price) for line in bought]
    return Purchase(cart_id, total, lines)


async def _place(wish: Wish, *, order_id: UUID, recipient: SealedRecipient, by: Viewer) -> dict[str, UUID]:
    account = await own_account(by, is_locked=True)
    require_guardian_consent(account.case)
    require_may_order(account.case)
    bought = await _taken_from_cart(wish.cart_id, account.row.id)
    total = _total(bought)
    if total != wish.expected_total:
        raise PriceChanged(wish.expected_total, total)
    approval = None
    if account.case.age is not AgeBand.ADULT:
        approval = await purchase_approvals.find(_purchase(wish.cart_id, total, bought), account.row.id)
    taken = await stock.reserve({line.offer.variant_id: line.quantity for line in bought}, order_id=order_id)
    await recipient.write()
    await _write(order_id, bought, total, buyer=account.row.id, recipient=recipient.row.id, paid_by=wish.institution)
    if approval is not None:
        await purchase_approvals.spend(approval, order_id)
    await stock.hold(taken, order_id=order_id)
    await execute("UPDATE cart SET order_id = $2 WHERE id = $1", wish.cart_id, order_id)
    return {"order": order_id}


async def _taken_from_cart(cart_id: UUID | None, account_id: UUID) -> list[_Bought]:
    # INVARIANT (a cart is ordered once): the statement that closes it lets one checkout go on.
    closed = await execute(
        "UPDATE cart SET state = 'ORDERED', version = version + 1, updated_at = $3"
        " WHERE id = $1 AND account_id = $2 AND state = 'OPEN'",
        cart_id,
        account_id,
        clock.now(),
    )
    if not closed:
        raise CartNotFound
    return await _contents(cart_id)


async def _contents(cart_id: UUID | None) -> list[_Bought]:
    rows = await fetch("SELECT variant_id, quantity FROM cart_line WHERE cart_id = $1 ORDER BY id", cart_id)
    if not rows:
        raise CartEmpty
    found = await offers([(row["variant_id"], row["quantity"]) for row in rows])
    bought = [_Bought(offer, row["quantity"]) for offer, row in zip(found, rows, strict=True) if offer is not None]
    if len(bought) < len(rows):
        raise VariantNotSold
    return bought


def _total(bought: Sequence[_Bought]) -> Money:
    at = ("cartId",)
    try:
        costs = [multiplied(line.offer.unit_price, line.quantity, field=at) for line in bought]
        return added(costs, bought[0].offer.unit_price.currency, field=at)
    except MixedCurrencies:
        raise CurrenciesMixed from None


async def _write(
    order_id: UUID,
    bought: Sequence[_Bought],
    total: Money,
    *,
    buyer: UUID,
    recipient: UUID,
    paid_by: InstitutionName,
) -> None:
    instant = clock.now()
    await Order.create(
        id=order_id,
        number=new_order_number(),
        buyer_id=buyer,
        recipient_id=recipient,
        status=OrderStatus.PLACED,
        currency=total.currency,
        total_minor=total.amount_minor,
        placed_at=instant,
    )
    await execute(
        """INSERT INTO order_line
            (id, order_id, supplier_id, variant_id, position, sku, title, quantity, currency, unit_price_minor)
        SELECT l.id, $7, l.supplier_id, l.variant_id, l.place, l.sku, l.title, l.quantity, $8, l.price
        FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::int[], $6::bigint[], $9::uuid[])
            WITH ORDINALITY AS l(id, supplier_id, sku, title, quantity, price, variant_id, place)""",
        [new_id() for _ in bought],
        [line.offer.supplier_id for line in bought],
        [line.offer.sku for line in bought],
        [line.offer.title for line in bought],
        [line.quantity for line in bought],
        [line.offer.unit_price.amount_minor for line in bought],
        order_id,
        total.currency,
        [line.offer.variant_id for line in bought],
    )
    suppliers = list(dict.fromkeys(line.offer.supplier_id for line in bought))
    await FulfillmentOrder.bulk_create(
        FulfillmentOrder(
            id=new_id(),
            order_id=order_id,
            supplier_id=supplier,
            status=FulfillmentStatus.UNPAID,
            created_at=instant,
        )
        for supplier in suppliers
    )
    await Payment.create(
        id=new_id(),
        order_id=order_id,
        institution=paid_by,
        state=PaymentState.PENDING,
        currency=total.currency,
        amount_minor=total.amount_minor,
        created_at=instant,
    )
    await OrderEvent.create(id=new_id(), order_id=order_id, status=OrderStatus.PLACED, happened_at=instant)
