"""Reads and writes behind the order fields."""

from collections.abc import Sequence

from commerce import orders
from commerce.orders import OrderAction
from models.accounts import Account
from models.order_marks import marks_of
from models.orders import Order, OrderLine, Recipient
from models.products import ProductVariant
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.nodes import row_id
from resolvers.outcomes import outcome
from resolvers.pages import Page, cursor_context, page_request


async def order_by_number(viewer: Viewer, number: str) -> Seen[Order] | None:
    """Find an order by the number that is printed on the parcel."""
    return await Order.visible_to(viewer).where(number=number).one()


async def order_marks(numbers: Sequence[str]) -> dict[str, str]:
    """Mark orders by their numbers, to notice that one has changed; for nobody in particular."""
    return await marks_of(numbers)


async def orders_visible_to(
    viewer: Viewer, *, first: int | None, after: str | None, last: int | None, before: str | None
) -> Page:
    """List all orders that the viewer may know of, the newest first."""
    context = cursor_context("orders", viewer)
    rows = Order.visible_to(viewer)
    wanted = page_request(context, first=first, after=after, last=last, before=before)
    return Page(await rows.page(wanted), context, rows)


async def orders_of(
    buyers: Sequence[Seen[Account]],
    viewer: Viewer,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> list[Page]:
    """List the orders of each buyer, the newest first."""
    context = cursor_context("orders of a buyer", viewer)
    wanted = page_request(context, first=first, after=after, last=last, before=before)
    rows, keys = Order.visible_to(viewer), [buyer.row.id for buyer in buyers]
    found = await rows.pages("buyer_id", keys, wanted)

    return [Page(found[key], context, rows, ("buyer_id", key)) for key in keys]


async def lines_of(parents: Sequence[Seen[Order]], viewer: Viewer) -> list[list[Seen[OrderLine]]]:
    """Read the lines of each order that the viewer may know of: a supplier's are its own (P4.2)."""
    found = await OrderLine.visible_to(viewer).by("order_id", [parent.row.id for parent in parents], order="position")
    return [found[parent.row.id] for parent in parents]


async def recipients_of(parents: Sequence[Seen[Order]], viewer: Viewer) -> list[Seen[Recipient] | None]:
    """Read the recipient of each order."""
    found = await Recipient.visible_to(viewer).by("id", [parent.row.recipient_id for parent in parents])
    return [next(iter(found[parent.row.recipient_id]), None) for parent in parents]


async def variants_of(parents: Sequence[Seen[OrderLine]], viewer: Viewer) -> list[Seen[ProductVariant] | None]:
    """Read what each line is in the catalogue, where that is shown."""
    wanted = [parent.row.variant_id for parent in parents]
    found = await ProductVariant.visible_to(viewer).by("id", [key for key in wanted if key is not None])
    return [next(iter(found[key]), None) if key is not None else None for key in wanted]


async def actions_of(parents: Sequence[Seen[Order]], viewer: Viewer) -> list[list[OrderAction]]:
    """Tell what the viewer can do with each order now, by the rules of the actions themselves."""
    return [
        [
            *([OrderAction.CANCEL] if orders.may_cancel(seen, viewer) else []),
            *([OrderAction.CONFIRM_RECEIPT] if orders.may_confirm_receipt(seen, viewer) else []),
        ]
        for seen in parents
    ]


@outcome
async def order_receipt_confirm(viewer: Viewer, order_id: str) -> Seen[Order] | None:
    """Confirm the receipt of an order, and read it again."""
    confirmed = await orders.confirm_receipt(row_id(order_id, "Order", viewer), by=viewer)
    return await Order.visible_to(viewer).where(id=confirmed).one()


@outcome
async def order_cancel(viewer: Viewer, order_id: str) -> Seen[Order] | None:
    """Cancel an order, and read it again."""
    cancelled = await orders.cancel(row_id(order_id, "Order", viewer), by=viewer)
    return await Order.visible_to(viewer).where(id=cancelled).one()
