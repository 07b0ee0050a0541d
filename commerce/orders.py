"""What can be done with an order."""

from enum import StrEnum
from uuid import UUID

from commerce import settlement
from commerce.refusals import Refusal
from models import clock
from models.database import execute, fetch, retrying, transaction
from models.fulfilments import FulfillmentStatus
from models.ids import new_id
from models.orders import Order, OrderEvent, OrderStatus
from policy.parties import Party
from policy.seen import Seen
from policy.viewer import Viewer

_MAY_CANCEL = frozenset({Party.SELF, Party.GUARDIAN})
_CANCELLABLE = frozenset({OrderStatus.PLACED, OrderStatus.PAID})


class OrderAction(StrEnum):
    """What can be done with an order."""

    CANCEL = "CANCEL"
    CONFIRM_RECEIPT = "CONFIRM_RECEIPT"


class OrderNotFound(Refusal):
    """There is no such order, or none that this viewer may know of."""

    code = "ORDER_NOT_FOUND"


class OrderNotCancellable(Refusal):
    """The order has left the warehouse or was cancelled before."""

    code = "ORDER_NOT_CANCELLABLE"


class ReceiptNotConfirmable(Refusal):
    """The order is not on its way, or was delivered before."""

    code = "RECEIPT_NOT_CONFIRMABLE"


class OrderActionNotAllowed(Refusal):
    """The action on an order is not this viewer's, whether or not they see it."""

    code = "ORDER_ACTION_NOT_ALLOWED"


def may_cancel(seen: Seen[Order], by: Viewer) -> bool:
    """Tell whether a viewer can cancel an order now."""
    return seen.row.status in _CANCELLABLE and by.party_to(seen.case) in _MAY_CANCEL


def may_confirm_receipt(seen: Seen[Order], by: Viewer) -> bool:
    """Tell whether a viewer can confirm the receipt of an order now."""
    return seen.row.status is OrderStatus.SHIPPED and by.party_to(seen.case) is Party.SELF


async def cancel(order_id: UUID | None, *, by: Viewer) -> UUID:
    """
    Cancel an order that has not left the warehouse.

    The status is compared and set in one statement, so a parcel that ships at the same moment stays shipped. With the
    order closes the supplier's sight of its recipient (P2.6), its goods are in stock again, and what was paid is given
    back; if the institution cannot be reached, `settlement.sweep` does so later.

    Args:
        order_id: The order; None for an id that names none.
        by: Who is cancelling: the buyer, or the guardian of a buyer under age.

    Returns:
        The order's id.

    Raises:
        OrderNotFound: There is no such order, or none this viewer may know of.
        OrderActionNotAllowed: The viewer sees the order in another capacity.
        OrderNotCancellable: It has shipped, or was cancelled before.
    """
    seen = await Order.visible_to(by).where(id=order_id).one() if order_id is not None else None
    if seen is None:
        raise OrderNotFound("There is no such order; use the id of an order from a list of yours.", field=("id",))
    if by.party_to(seen.case) not in _MAY_CANCEL:
        raise OrderActionNotAllowed("Only the buyer, or the guardian of a minor, cancels an order.", field=("id",))
    await retrying(lambda: _cancel(seen.row.id))
    await settlement.refund(seen.row.id)
    return seen.row.id


async def _cancel(order_id: UUID) -> None:
    if not await settlement.call_off(order_id):
        status = (await Order.get(id=order_id).only("status")).status
        raise OrderNotCancellable(
            f"An order that is {status.value} cannot be cancelled; ask for a return instead.",
            field=("id",),
            status=status,
        )


async def confirm_receipt(order_id: UUID | None, *, by: Viewer) -> UUID:
    """
    Confirm that the recipient has what was ordered (P2.4); the after-sales window begins to run out.

    Args:
        order_id: The order; None for an id that names none.
        by: The buyer.

    Raises:
        OrderNotFound: There is no such order, or none this viewer may know of.
        OrderActionNotAllowed: The viewer is not its buyer.
        ReceiptNotConfirmable: It is not on its way, or was delivered before.
    """
    seen = await Order.visible_to(by).where(id=order_id).one() if order_id is not None else None
    if seen is None:
        raise OrderNotFound("There is no such order; use the id of an order from a list of yours.", field=("id",))
    if by.party_to(seen.case) is not Party.SELF:
        raise OrderActionNotAllowed("Only the buyer confirms the receipt of an order.", field=("id",))
    await retrying(lambda: _confirm_receipt(seen.row.id))
    return seen.row.id


async def _confirm_receipt(order_id: UUID) -> None:
    instant = clock.now()
    async with transaction():
        changed = await execute(
            # A window that was closed before stays so.
            """UPDATE "order" SET status = 'DELIVERED', version = version + 1,
                window_closes_at = least(window_closes_at, $2)
            WHERE id = $1 AND status = 'SHIPPED'""",
            order_id,
            settlement.closes_after(instant),
        )
        if not changed:
            raise ReceiptNotConfirmable(
                "Only an order whose parcels have all been sent, and that is not delivered yet, can be confirmed."
            )
        await execute(
            """UPDATE fulfillment_order SET status = 'RECEIVED', version = version + 1
            WHERE order_id = $1 AND status = 'SHIPPED'""",
            order_id,
        )
        # What has gone back to its sender is not what the buyer has.
        await execute("UPDATE shipment SET status = 'RECEIVED' WHERE order_id = $1 AND status = 'SENT'", order_id)
        await OrderEvent.create(id=new_id(), order_id=order_id, status=OrderStatus.DELIVERED, happened_at=instant)


async def cancel_unshipped(buyer_id: UUID) -> None:
    """
    Cancel a buyer's orders that have not left, and of others the parts that have not, in the current transaction.

    With them closes the suppliers' sight of their recipients, as with any cancelled order
    (docs/decisions/0006-what-a-supplier-learns.md). What was paid is due back, which `settlement.sweep` sees to.
    """
    rows = await fetch(
        """SELECT id FROM "order" WHERE buyer_id = $1 AND status IN ('PLACED', 'PAID', 'PARTLY_SHIPPED')
        ORDER BY id FOR UPDATE""",
        buyer_id,
    )
    for row in rows:
        if not await settlement.call_off(row["id"]):
            await call_off_unsent_parts(row["id"])


async def call_off_unsent_parts(order_id: UUID) -> None:
    parts = await fetch(
        "SELECT id FROM fulfillment_order WHERE order_id = $1 AND status IN ('OPEN', 'ACCEPTED') ORDER BY id", order_id
    )
    for part in parts:
        await settlement.call_off_part(part["id"], FulfillmentStatus.CANCELLED)


async def close_windows(buyer_id: UUID) -> None:
    """Close the suppliers' sight of the recipients of a buyer's orders that have left, in the current transaction."""
    await execute(
        """
        UPDATE "order" SET window_closes_at = $2, version = version + 1 WHERE id IN (
            SELECT id FROM "order" WHERE buyer_id = $1 AND status IN ('PARTLY_SHIPPED', 'SHIPPED', 'DELIVERED')
                AND (window_closes_at IS NULL OR window_closes_at > $2) ORDER BY id FOR UPDATE)
        """,
        buyer_id,
        clock.now(),
    )
