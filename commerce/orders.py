"""What can be done with an order."""

from uuid import UUID

from commerce.refusals import Refusal
from models import clock
from models.database import execute, fetch, retrying, transaction
from models.ids import new_id
from models.orders import Order, OrderEvent, OrderStatus
from policy.parties import Party
from policy.viewer import Viewer

_MAY_CANCEL = frozenset({Party.SELF, Party.GUARDIAN})


class OrderNotFound(Refusal):
    """There is no such order, or none that this viewer may know of."""

    code = "ORDER_NOT_FOUND"


class OrderNotCancellable(Refusal):
    """The order has left the warehouse or was cancelled before."""

    code = "ORDER_NOT_CANCELLABLE"


class OrderActionNotAllowed(Refusal):
    """The order is visible to the viewer, but the action is not theirs."""

    code = "ORDER_ACTION_NOT_ALLOWED"


async def cancel(order_id: UUID | None, *, by: Viewer) -> UUID:
    """
    Cancel an order that has not left the warehouse.

    The status is compared and set in one statement, so a parcel that ships at the same moment stays shipped. With the
    order closes the supplier's sight of its recipient (P2.6).

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
    return seen.row.id


async def _cancel(order_id: UUID) -> None:
    instant = clock.now()
    async with transaction():
        changed = await execute(
            """UPDATE "order" SET status = 'CANCELLED', cancelled_at = $2, window_closes_at = $2, version = version + 1
            WHERE id = $1 AND status IN ('PLACED', 'PAID')""",
            order_id,
            instant,
        )
        if not changed:
            status = (await Order.get(id=order_id).only("status")).status
            raise OrderNotCancellable(
                f"An order that is {status.value} cannot be cancelled; ask for a return instead.",
                field=("id",),
                status=status,
            )
        await OrderEvent.create(id=new_id(), order_id=order_id, status=OrderStatus.CANCELLED, happened_at=instant)


async def cancel_unshipped(buyer_id: UUID) -> None:
    """
    Cancel all of a buyer's orders that have not left, in the current transaction.

    With them closes the suppliers' sight of their recipients, as with any cancelled order
    (docs/decisions/0006-what-a-supplier-learns.md).
    """
    instant = clock.now()
    cancelled = await fetch(
        """
        UPDATE "order" SET status = 'CANCELLED', cancelled_at = $2, window_closes_at = $2, version = version + 1
        WHERE id IN (SELECT id FROM "order" WHERE buyer_id = $1 AND status IN ('PLACED', 'PAID') ORDER BY id FOR UPDATE)
        RETURNING id
        """,
        buyer_id,
        instant,
    )
    for row in cancelled:
        await OrderEvent.create(id=new_id(), order_id=row["id"], status=OrderStatus.CANCELLED, happened_at=instant)


async def close_windows(buyer_id: UUID) -> None:
    """Close the suppliers' sight of the recipients of a buyer's orders that have left, in the current transaction."""
    await execute(
        """
        UPDATE "order" SET window_closes_at = $2, version = version + 1 WHERE id IN (
            SELECT id FROM "order" WHERE buyer_id = $1 AND status IN ('SHIPPED', 'DELIVERED')
                AND (window_closes_at IS NULL OR window_closes_at > $2) ORDER BY id FOR UPDATE)
        """,
        buyer_id,
        clock.now(),
    )
