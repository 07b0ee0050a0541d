"""What can be subscribed to."""

from typing import Any

import strawberry

from permissions.events import event
from permissions.may_see import Info
from permissions.scopes import ORDERS_READ, needs
from resolvers import orders
from schema.orders import Order
from schema.query import Number


async def _order_updated(info: Info, number: Number) -> Any:
    return await orders.order_by_number(info.context.viewer, number)


@strawberry.type(description="What can be subscribed to: over `text/event-stream`.")
class Subscription:
    """Root of all that is told as it happens."""

    order_updated: Order | None = event(
        "An order by its number, as it is now and again whenever what you see of it has changed: of the order itself, "
        "its lines, parts, parcels with what carriers report, recipient and anomalies. What you select beyond them, "
        "such as the buyer or a product, is told as it is by then, and causes no event by itself. Null if the order is "
        "not for you, or not any more, as if there were none; then nothing follows.",
        resolver=_order_updated,
        by="number",
        marks=orders.order_marks,
        extensions=[needs(ORDERS_READ)],
    )
