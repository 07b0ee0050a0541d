"""Reads behind what was noticed of orders."""

from collections.abc import Sequence

from models import rounds
from models.anomalies import OrderAnomaly
from models.arrays import of_keys
from models.orders import Order
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.pages import Page, cursor_context, page_request


async def visible_to(
    viewer: Viewer, *, first: int | None, after: str | None, last: int | None, before: str | None
) -> Page:
    """List all that was noticed and that a viewer may know of, the newest first."""
    context = cursor_context("order anomalies", viewer)
    wanted = page_request(context, first=first, after=after, last=last, before=before)
    rows = OrderAnomaly.visible_to(viewer)
    return Page(await rows.page(wanted), context, rows)


async def anomalies_of(orders: Sequence[Seen[Order]], viewer: Viewer) -> list[list[Seen[OrderAnomaly]]]:
    """Read what was noticed of each order."""
    found = await OrderAnomaly.visible_to(viewer).by("order_id", [order.row.id for order in orders])
    return [found[order.row.id] for order in orders]


async def numbers_of(parents: Sequence[Seen[OrderAnomaly]], viewer: Viewer) -> list[str]:
    """Tell the number of the order of which each was noticed."""
    orders = of_keys(parent.row.order_id for parent in parents)
    numbers = dict(await rounds.read('SELECT id, number FROM "order" WHERE id = ANY($1)', orders))
    return [numbers[parent.row.order_id] for parent in parents]
