"""From a cart to an order that is placed and paid, once."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from asyncpg import Record

from commerce import payments, placing, purchase_approvals, settlement, stock
from commerce.cart_contents import CurrenciesMixed, VariantNotSold, summed
from commerce.carts import CartNotFound
from commerce.idempotency import answered, fingerprint_of, once
from commerce.payments import Charge
from commerce.persons import (
    GuardianConsentRequired,
    own_account,
    person_of,
    require_confirmation,
    require_guardian_consent,
    require_own_consent,
)
from commerce.placing import Bought, NewOrder
from commerce.prices import added, multiplied, offer_of, offers, offers_for
from commerce.purchase_approvals import ApprovalMissing, Purchase, Wanted
from commerce.recipients import Attestation, Delivery, SealedRecipient, prepare, written
from commerce.refusals import Refusal
from commerce.settlement import Placed
from models import clock, rounds
from models.database import fetch
from models.ids import new_id
from models.money import MixedCurrencies, Money
from models.order_numbers import new_order_number
from models.payments import InstitutionName
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
        lines: What they want from no cart: variants, None for an id that names none, with quantities.
    """

    cart_id: UUID | None
    delivery: Delivery
    attestation: Attestation
    expected_total: Money
    institution: InstitutionName
    is_confirmed: bool
    lines: Sequence[tuple[UUID | None, int]] = ()


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
    Order what is in a cart, or named, and pay for it, once for each key, however often it is asked for.

    The order is placed and its goods are promised in one transaction; then the institution is asked; then the order is
    marked as paid and its goods leave the stock, by one statement. After a crash in between, the same key goes
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
        ConsentAskedAnew: They came of age and have not consented to what an order takes (P7.5).
        RecipientIncomplete, AttestationRequired, RecipientConsentRequired: As of `recipients.prepare`.
        CartNotFound, CartEmpty, VariantNotSold, InsufficientStock: The cart cannot be ordered like that.
        QuantityNotValid, CartFull, CurrenciesMixed: No cart could hold the lines.
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
        *[[variant, quantity] for variant, quantity in wish.lines],
    ]
    order_id = new_id()
    fingerprint = fingerprint_of("checkoutComplete", given)
    account, answer, told = await rounds.together(
        (own_account(by), answered(person, key, fingerprint), payments.served(wish.institution))
    )
    account = rounds.returned(account)
    require_guardian_consent(account.case)
    require_may_order(account.case)
    require_confirmation(RECIPIENT, of=account.case, is_confirmed=wish.is_confirmed)
    require_own_consent(account.case, TAKEN_FOR)
    answer = rounds.returned(answer)
    placed: Placed | None = None
    if answer is None:
        told = rounds.returned(told)

        async def is_ordered() -> bool:
            # By this very request, sent more than once, or what is in the cart by another one.
            if await answered(person, key, fingerprint) is not None:
                return True
            return not wish.lines and not await fetch(_OPEN, wish.cart_id, person, clock.now())

        if account.case.age is not AgeBand.ADULT:
            await _require_approval(wish, by, unless=is_ordered)
        # Sealing makes a key for the recipient, which a repetition has no use for.
        recipient = await prepare(new_id(), wish.delivery, wish.attestation)

        async def place() -> dict[str, UUID]:
            nonlocal placed
            placed = await _place(wish, order_id=order_id, recipient=recipient, by=by, told=told)
            return {"order": order_id}

        try:
            answer = await once(person, key, fingerprint, place, foreseen={"order": order_id})
        except ApprovalMissing:
            # The guardian has lowered the limit in this very moment; or decided in the next, and nobody is asked now.
            await _require_approval(wish, by, unless=is_ordered)
            answer = await once(person, key, fingerprint, place, foreseen={"order": order_id})
    ordered = UUID(str(answer["order"]))
    # Of several that ask at once one has placed the order, and knows what stands in it; the others look it up.
    await settlement.pay(ordered, placed if ordered == order_id else None)
    return ordered


async def _require_approval(wish: Wish, by: Viewer, *, unless: Callable[[], Awaitable[bool]]) -> None:
    """
    Ask the buyer's guardian where that is needed, before anything of the order is prepared.

    What is wrong with the cart or the price is not found here but by the order itself, which looks again.

    Raises:
        GuardianApprovalRequired, PurchaseRefused: As of `purchase_approvals.ask`.
    """
    person = person_of(by)
    try:
        bought = await _contents(wish, person)
        total = _total(bought)
    except CartNotFound:
        return
    if total != wish.expected_total:
        return
    purchase = _purchase(wish.cart_id, total, bought)
    try:
        await purchase_approvals.find(purchase, person)
    except ApprovalMissing:
        await purchase_approvals.ask(purchase, by=by, unless=unless)


def _purchase(cart_id: UUID | None, total: Money, bought: Sequence[Bought]) -> Purchase:
    lines = [Wanted(line.offer.variant_id, line.offer.title, line.quantity, line.offer.unit_price) for line in bought]
    return Purchase(cart_id, total, lines)


async def _place(wish: Wish, *, order_id: UUID, recipient: SealedRecipient, by: Viewer, told: Viewer) -> Placed:
    account, named = await rounds.together((own_account(by, is_locked=True), _named(wish.lines)))
    account = rounds.returned(account)
    require_guardian_consent(account.case)
    require_may_order(account.case)
    require_own_consent(account.case, TAKEN_FOR)
    # What is in a cart is read behind the account's lock, without which it may be changed meanwhile.
    bought = rounds.returned(named) if wish.lines else await _taken_from_cart(wish.cart_id, account.row.id)
    total = _total(bought)
    if total != wish.expected_total:
        raise PriceChanged(wish.expected_total, total)
    approval = None
    if account.case.age is not AgeBand.ADULT:
        approval = await purchase_approvals.find(_purchase(wish.cart_id, total, bought), account.row.id)
    order = NewOrder(order_id, new_order_number(), account.row.id, bought, total, wish.institution, wish.cart_id)
    promised = await stock.reserve({line.offer.variant_id: line.quantity for line in bought}, order_id=order_id)
    await placing.write(order, recipient, promised)
    if approval is not None:
        await purchase_approvals.spend(approval, order_id)
    return Placed(wish.institution, Charge(order.number, total), account.case, told)


async def _taken_from_cart(cart_id: UUID | None, account_id: UUID) -> list[Bought]:
    # INVARIANT (a cart is ordered once): the statement that closes it lets one checkout go on. What is in it stays as
    # that statement reads it, because whoever changes an account's cart has locked the account.
    return _read(await fetch(_CLOSED, cart_id, account_id, clock.now()))


async def _contents(wish: Wish, account_id: UUID) -> list[Bought]:
    return await _named(wish.lines) if wish.lines else _read(await fetch(_OPEN, wish.cart_id, account_id, clock.now()))


async def _named(lines: Sequence[tuple[UUID | None, int]]) -> list[Bought]:
    """
    Look up what is ordered without a cart; the same holds for it as for what is put into one.

    Raises:
        VariantNotSold, QuantityNotValid, CartFull: No cart could hold it.
    """
    wanted = summed(lines)
    found = await offers(list(wanted.items())) if wanted else ()
    bought = [Bought(offer, wanted[offer.variant_id]) for offer in found if offer is not None]
    if len(bought) < len(wanted):
        raise VariantNotSold
    return bought


def _read(rows: Sequence[Record]) -> list[Bought]:
    if not rows:
        raise CartNotFound
    if rows[0]["variant_id"] is None:
        raise CartEmpty
    bought = [Bought(offer, row["quantity"]) for row in rows if (offer := offer_of(row)) is not None]
    if len(bought) < len(rows):
        raise VariantNotSold
    return bought


_FOUND = "account_id = $2 AND state = 'OPEN'"
_LINES = """SELECT row_number() OVER (ORDER BY l.id) AS place, l.variant_id, l.quantity
    FROM found LEFT JOIN cart_line l ON l.cart_id = found.id"""
_CONTENTS = f"{offers_for(f'({_LINES}) AS w', '$3')} ORDER BY w.place"
_OPEN = f"WITH found AS (SELECT id FROM cart WHERE id = $1 AND {_FOUND}) {_CONTENTS}"  # noqa: S608 -- of this code alone
_CLOSED = f"""WITH found AS (UPDATE cart SET state = 'ORDERED', version = version + 1, updated_at = $3
    WHERE id = $1 AND {_FOUND} RETURNING id) {_CONTENTS}"""  # noqa: S608


def _total(bought: Sequence[Bought]) -> Money:
    at = ("cartId",)
    try:
        costs = [multiplied(line.offer.unit_price, line.quantity, field=at) for line in bought]
        return added(costs, bought[0].offer.unit_price.currency, field=at)
    except MixedCurrencies:
        raise CurrenciesMixed from None
