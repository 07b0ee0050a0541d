"""Paying for orders and giving money back: the institution is asked between transactions, never in one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from commerce import payments, stock, transfers
from commerce.payments import INSTITUTIONS, Charge, Institution, PaymentDeclinedByInstitution
from commerce.persons import own_account
from commerce.refusals import Refusal
from models import clock
from models.accounts import Account
from models.database import execute, fetch, retrying, transaction
from models.disclosures import Disclosure
from models.fulfilments import FulfillmentStatus, RejectionReason
from models.ids import new_id
from models.money import Money
from models.orders import OrderEvent, OrderStatus
from models.payments import InstitutionName, PaymentState
from models.scoping import numbered
from policy.enforcement import keeps
from policy.viewer import Case, Viewer

SWEPT_AT_ONCE = 100
# How long after its delivery an order may be complained about, and a supplier sees whom it went to (P2.6).
AFTER_SALES = timedelta(days=15)
_HAVE_LEFT = frozenset({FulfillmentStatus.SHIPPED, FulfillmentStatus.RECEIVED})


class PaymentDeclined(Refusal):
    """The institution does not pay, so nothing was ordered."""

    code = "PAYMENT_DECLINED"

    def __init__(self) -> None:
        super().__init__(
            "The payment was declined and nothing was charged; choose another way to pay, or order less.",
            field=("payment",),
        )


class CheckoutExpired(Refusal):
    """The order was cancelled before it was paid."""

    code = "CHECKOUT_EXPIRED"

    def __init__(self) -> None:
        super().__init__("This checkout was given up before it was paid, and nothing was charged; begin a new one.")


@dataclass(frozen=True, slots=True)
class Placed:
    """
    What is known of an order that the same request has just placed, so that nothing is looked up again.

    Args:
        case: The facts of the buyer's account, as the order's transaction had locked them.
        told: The institution, in standing when the request began.
    """

    name: InstitutionName
    charge: Charge
    case: Case
    told: Viewer


@dataclass(frozen=True, slots=True)
class _Due:
    status: OrderStatus
    is_paid: bool
    state: PaymentState
    name: InstitutionName
    charge: Charge
    buyer: UUID

    @property
    def institution(self) -> Institution:
        """Who takes the money."""
        return INSTITUTIONS[self.name]


async def pay(order_id: UUID, placed: Placed | None = None) -> None:
    """
    Pay for an order that was placed, or see that it was paid already.

    Safe to repeat after a crash at any point: the institution knows the order's number, and one statement decides who
    marks the order as paid. What the institution is told of, and that it may be told, is settled before it is asked.

    Args:
        order_id: The order.
        placed: What is known of it if it was placed in this moment; else it is looked up, and so is who may be told.

    Raises:
        InstitutionNotServed, PolicyNotAccepted, InstitutionAbroad, GuardianConsentRequired: It is not told (P4.5, P9.3,
            P8.1, P7.1); the order waits, and is given up when nobody comes back for it.
        PaymentDeclined: The institution does not pay; the goods are free again.
        CheckoutExpired: The order was cancelled meanwhile; whatever was taken is given back.
    """
    placed = placed or await _looked_up(order_id)
    if placed is None:
        return
    await payments.tell(placed.told, of=placed.case._replace(order=order_id), operation="checkoutComplete")
    institution = INSTITUTIONS[placed.name]
    try:
        reference = await institution.take(placed.charge)
    except PaymentDeclinedByInstitution:
        await retrying(lambda: call_off_unpaid(order_id, PaymentState.DECLINED))
        raise PaymentDeclined from None
    if not await retrying(lambda: _mark_paid(order_id, reference)):
        await _give_back(order_id, await _due(order_id))
        raise CheckoutExpired


async def _looked_up(order_id: UUID) -> Placed | None:
    """Look up an order that waits to be paid; None for one that is paid."""
    due = await _due(order_id)
    if due.is_paid:
        return None
    if due.status is not OrderStatus.PLACED:
        raise PaymentDeclined if due.state is PaymentState.DECLINED else CheckoutExpired
    account = await own_account(Viewer(account=due.buyer))
    return Placed(due.name, due.charge, account.case, await payments.served(due.name))


_IS_PAID = "(SELECT id FROM paid)"


def _paying() -> str:
    # INVARIANT (paid once): of all that would pay or cancel an order, the one that changes its status goes on. All else
    # that is written here follows from the row that this change gives, which nobody sees without the rest.
    return f"""
        WITH paid AS (UPDATE "order" SET status = 'PAID', paid_at = :instant, version = version + 1
            WHERE id = :order AND status = 'PLACED' RETURNING id),
        settled AS (UPDATE payment SET state = 'PAID', reference = :reference, settled_at = :instant
            WHERE order_id = {_IS_PAID}),
        opened AS (UPDATE fulfillment_order SET status = 'OPEN', version = version + 1 WHERE order_id = {_IS_PAID}),
        {transfers.ordered(_IS_PAID)}
        {stock.committed(_IS_PAID)}
        INSERT INTO order_event (id, order_id, status, happened_at) SELECT :event, id, 'PAID', :instant FROM paid
    """  # noqa: S608 -- of code alone


async def _mark_paid(order_id: UUID, reference: str) -> bool:
    given = {"order": order_id, "reference": reference, "instant": clock.now()}
    text, values = numbered(_paying(), given | {name: new_id() for name in ("event", "movement", "transfer")})
    if await execute(text, *values):
        return True
    rows = await fetch('SELECT status FROM "order" WHERE id = $1', order_id)
    return rows[0]["status"] != OrderStatus.CANCELLED


async def call_off(order_id: UUID, payment: PaymentState = PaymentState.REFUND_DUE) -> bool:
    """
    Cancel an order that has not left, in a transaction: its goods are free again, and its money is due back.

    Within another transaction it is part of that. `refund` then gives the money back.

    Args:
        payment: What becomes of the payment.

    Returns:
        Whether it was cancelled now; an order that has left, or was cancelled before, is left as it is.
    """
    instant = clock.now()
    async with transaction():
        changed = await execute(
            """UPDATE "order" SET status = 'CANCELLED', cancelled_at = $2, window_closes_at = $2, version = version + 1
            WHERE id = $1 AND status IN ('PLACED', 'PAID')""",
            order_id,
            instant,
        )
        if not changed:
            return False
        await execute(
            "UPDATE payment SET state = $2, settled_at = $3 WHERE order_id = $1 AND state IN ('PENDING', 'PAID')",
            order_id,
            payment,
            instant,
        )
        await execute(
            """UPDATE fulfillment_order SET status = 'CANCELLED', version = version + 1
            WHERE order_id = $1 AND status <> 'REJECTED'""",
            order_id,
        )
        await OrderEvent.create(id=new_id(), order_id=order_id, status=OrderStatus.CANCELLED, happened_at=instant)
        await stock.release(order_id)
        await stock.put_back(order_id)
        return True


async def call_off_part(fulfilment_id: UUID, status: FulfillmentStatus, reason: RejectionReason | None = None) -> None:
    """
    Take one supplier's part out of a paid order, in a transaction that has locked the order.

    The part's goods are in stock again and its money is due back. If nothing else of the order is to be sent, the order
    is cancelled instead, and all of its money is due back.

    Args:
        fulfilment_id: The part, of which nothing has left.
        status: `REJECTED` or `CANCELLED`.
        reason: Why it was rejected.
    """
    instant = clock.now()
    (part,) = await fetch(
        """UPDATE fulfillment_order SET status = $2, rejection_reason = $3, version = version + 1
        WHERE id = $1 RETURNING order_id, supplier_id""",
        fulfilment_id,
        status,
        reason,
    )
    if not await _statuses(part["order_id"]):
        await call_off(part["order_id"])
        return
    await execute(
        """INSERT INTO refund (id, order_id, fulfilment_id, state, currency, amount_minor, created_at)
        SELECT $1, p.order_id, $2, 'DUE', p.currency, (
            SELECT sum((l.quantity - l.cancelled_quantity) * l.unit_price_minor) FROM order_line l
            WHERE l.order_id = p.order_id AND l.supplier_id = $3), $4
        FROM payment p WHERE p.order_id = $5 AND p.state = 'PAID'""",
        new_id(),
        fulfilment_id,
        part["supplier_id"],
        instant,
        part["order_id"],
    )
    await stock.put_back(part["order_id"], of=part["supplier_id"])
    await follow(part["order_id"])


async def follow(order_id: UUID) -> None:
    """
    Let a paid order's status follow from its parts, in a transaction that has locked the order.

    When none of its parcels is under way any more, the after-sales window begins to run out (P2.6).
    """
    parts = await _statuses(order_id)
    if parts == {FulfillmentStatus.RECEIVED}:
        status = OrderStatus.DELIVERED
    elif parts and parts <= _HAVE_LEFT:
        status = OrderStatus.SHIPPED
    elif parts & (_HAVE_LEFT | {FulfillmentStatus.PARTLY_SHIPPED}):
        status = OrderStatus.PARTLY_SHIPPED
    else:
        status = OrderStatus.PAID
    changed = await execute(
        'UPDATE "order" SET status = $2, version = version + 1 WHERE id = $1 AND status <> $2', order_id, status
    )
    if changed:
        await OrderEvent.create(id=new_id(), order_id=order_id, status=status, happened_at=clock.now())
    if parts and parts <= _HAVE_LEFT:
        await execute(
            # A window that was closed before stays so.
            """UPDATE "order" SET window_closes_at = least(window_closes_at, $2), version = version + 1
            WHERE id = $1 AND (window_closes_at IS NULL OR window_closes_at > $2)
                AND NOT EXISTS (SELECT FROM shipment h WHERE h.order_id = $1 AND h.status = 'SENT')""",
            order_id,
            closes_after(clock.now()),
        )


@keeps("P2.6", otherwise=None)
def closes_after(delivered_at: datetime) -> datetime | None:
    """Say until when partners see whom an order went to whose delivery has just ended (P2.6)."""
    return delivered_at + AFTER_SALES


async def _statuses(order_id: UUID) -> set[FulfillmentStatus]:
    rows = await fetch(
        "SELECT status FROM fulfillment_order WHERE order_id = $1 AND status NOT IN ('REJECTED', 'CANCELLED')", order_id
    )
    return {FulfillmentStatus(row["status"]) for row in rows}


async def refund(order_id: UUID) -> None:
    """
    Give back what is due for an order, or for parts of it; nothing if nothing is due. Safe to repeat.

    Money is given back by an institution that is out of standing as well (docs/decisions/0158), and each time is on
    record before it is told (P4.1). An institution that was never told of the charge is told nothing now either.
    """
    await _refund_parts(order_id)
    rows = await fetch("SELECT id FROM payment WHERE order_id = $1 AND state = 'REFUND_DUE'", order_id)
    if not rows:
        return
    due = await _due(order_id)
    if await _was_told(order_id, due):
        await _give_back(order_id, due)
    await execute(
        "UPDATE payment SET state = 'REFUNDED', settled_at = $2 WHERE order_id = $1 AND state = 'REFUND_DUE'",
        order_id,
        clock.now(),
    )


async def _refund_parts(order_id: UUID) -> None:
    rows = await fetch(
        "SELECT id, amount_minor, currency FROM refund WHERE order_id = $1 AND state = 'DUE' ORDER BY id", order_id
    )
    for row in rows:
        due = await _due(order_id)
        part = Charge(due.charge.order_number, Money(row["amount_minor"], row["currency"]))
        await _note(order_id, due)
        await due.institution.give_back_part(part, row["id"])
        await execute(
            "UPDATE refund SET state = 'GIVEN', settled_at = $2 WHERE id = $1 AND state = 'DUE'", row["id"], clock.now()
        )


async def _was_told(order_id: UUID, due: _Due) -> bool:
    """Tell whether the institution has heard of an order: it was paid, or the ledger has it."""
    return (
        due.is_paid
        or await Disclosure.filter(account_id=due.buyer, order_id=order_id, party="PAYMENT_INSTITUTION").exists()
    )


async def _give_back(order_id: UUID, due: _Due) -> None:
    await _note(order_id, due)
    await due.institution.give_back(due.charge)


async def _note(order_id: UUID, due: _Due) -> None:
    account = await Account.visible_to(Viewer(account=due.buyer)).where(id=due.buyer).one()
    assert account is not None, "an account that has ordered stays, whatever becomes of its person"
    await payments.tell_of_return(due.name, of=account.case._replace(order=order_id))


async def sweep() -> None:
    """Cancel orders that nobody paid in time, and give back what is still due; any number of programs may do so."""
    for order_id in await stock.expired(SWEPT_AT_ONCE):
        await retrying(lambda order_id=order_id: call_off_unpaid(order_id))
    rows = await fetch(
        """(SELECT order_id FROM payment WHERE state = 'REFUND_DUE' ORDER BY id LIMIT $1)
        UNION (SELECT order_id FROM refund WHERE state = 'DUE' ORDER BY id LIMIT $1)""",
        SWEPT_AT_ONCE,
    )
    for row in rows:
        await refund(row["order_id"])


async def call_off_unpaid(order_id: UUID, payment: PaymentState = PaymentState.REFUND_DUE) -> None:
    """
    Cancel an order unless it was paid meanwhile; the buyer has the cart back.

    Args:
        payment: What becomes of the payment; due back unless it is known that nothing was taken.
    """
    async with transaction():
        if await fetch('SELECT id FROM "order" WHERE id = $1 AND status = $2 FOR UPDATE', order_id, OrderStatus.PLACED):
            await call_off(order_id, payment)
            await execute("UPDATE cart SET state = 'OPEN', order_id = NULL WHERE order_id = $1", order_id)


async def _due(order_id: UUID) -> _Due:
    (row,) = await fetch(
        """SELECT o.number, o.status, o.buyer_id, o.paid_at IS NOT NULL AS is_paid, p.state, p.institution,
            p.amount_minor, p.currency
        FROM "order" o JOIN payment p ON p.order_id = o.id WHERE o.id = $1""",
        order_id,
    )
    return _Due(
        OrderStatus(row["status"]),
        row["is_paid"],
        PaymentState(row["state"]),
        InstitutionName(row["institution"]),
        Charge(row["number"], Money(row["amount_minor"], row["currency"])),
        row["buyer_id"],
    )
