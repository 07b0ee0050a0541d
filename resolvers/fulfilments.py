"""Reads behind the fields of fulfilment orders."""

from collections.abc import Sequence

from commerce import fulfilments as actions
from commerce.fulfilments import FulfillmentOrderAction
from models import rounds
from models.arrays import of_keys
from models.fulfilments import FulfillmentOrder
from models.orders import FULFILLMENT_ORDERS_WRITE, OrderLine, Recipient
from policy.parties import Party
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.pages import Page, cursor_context, page_request


async def visible_to(
    viewer: Viewer, *, first: int | None, after: str | None, last: int | None, before: str | None
) -> Page:
    """List all fulfilment orders that the viewer may know of, the newest first."""
    context = cursor_context("fulfilment orders", viewer)
    rows = FulfillmentOrder.visible_to(viewer)
    wanted = page_request(context, first=first, after=after, last=last, before=before)
    return Page(await rows.page(wanted), context, rows)


async def actions_of(parents: Sequence[Seen[FulfillmentOrder]], viewer: Viewer) -> list[list[FulfillmentOrderAction]]:
    """Tell what the viewer can do with each now, by the rules of the actions themselves."""
    is_scoped = viewer.scopes is not None and FULFILLMENT_ORDERS_WRITE in viewer.scopes
    return [_actions(seen) if is_scoped and viewer.party_to(seen.case) is Party.SUPPLIER else [] for seen in parents]


def _actions(seen: Seen[FulfillmentOrder]) -> list[FulfillmentOrderAction]:
    status = seen.row.status
    can = {
        FulfillmentOrderAction.ACCEPT: actions.may_accept(status),
        FulfillmentOrderAction.REJECT: actions.may_reject(status),
        FulfillmentOrderAction.SHIP: actions.may_ship(status, is_window_open=seen.case.is_window_open),
    }
    return [action for action, is_allowed in can.items() if is_allowed]


async def numbers_of(parents: Sequence[Seen[FulfillmentOrder]], viewer: Viewer) -> list[str]:
    """Tell the number of the order that each belongs to."""
    orders = of_keys(parent.row.order_id for parent in parents)
    numbers = dict(await rounds.read('SELECT id, number FROM "order" WHERE id = ANY($1)', orders))
    return [numbers[parent.row.order_id] for parent in parents]


async def lines_of(parents: Sequence[Seen[FulfillmentOrder]], viewer: Viewer) -> list[list[Seen[OrderLine]]]:
    """Read the lines that each supplier provides of each order."""
    found = await OrderLine.visible_to(viewer).by("order_id", [p.row.order_id for p in parents], order="position")
    return [
        [line for line in found[parent.row.order_id] if line.row.supplier_id == parent.row.supplier_id]
        for parent in parents
    ]


async def recipients_of(parents: Sequence[Seen[FulfillmentOrder]], viewer: Viewer) -> list[Seen[Recipient] | None]:
    """Read whom each goes to."""
    found = await Recipient.visible_to(viewer).by_order(parent.row.order_id for parent in parents)
    return [next(iter(found[parent.row.order_id]), None) for parent in parents]
