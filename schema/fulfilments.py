"""Fulfilment orders: what one supplier provides of an order, and whom it sends it to."""

from datetime import datetime
from typing import Any

import strawberry

from models.bounds import ORDER_LINES
from models.fulfilments import FulfillmentStatus
from permissions.fields import After, Before, First, Last, classified, root, to_many, to_one
from permissions.may_see import Info
from permissions.scopes import FULFILLMENT_ORDERS_READ, needs
from policy.classes import ORDER
from resolvers import fulfilments
from resolvers.suppliers import suppliers_of
from schema.enums import described
from schema.orders import OrderLine, OrderRecipient
from schema.relay import Connection, Node, node_id, shows
from schema.suppliers import Supplier

described(
    FulfillmentStatus,
    "How far a supplier's part of an order has come.",
    {
        FulfillmentStatus.UNPAID: "The order is not paid yet; suppliers do not see it.",
        FulfillmentStatus.OPEN: "To be sent.",
        FulfillmentStatus.RECEIVED: "The recipient has it.",
        FulfillmentStatus.CANCELLED: "It is not to be sent.",
    },
)


@strawberry.type(description="The part of an order that one supplier provides.")
class FulfillmentOrder(Node):
    """A supplier sees its own (P4.2), and whom to send them to while the window lasts (P2.6)."""

    is_type_of = shows("FulfillmentOrder")

    id: strawberry.ID = node_id("FulfillmentOrder")
    order_number: str | None = classified(
        ORDER, "The number of the order, which is printed on the parcel.", rows=fulfilments.numbers_of
    )
    status: FulfillmentStatus | None = classified(ORDER, "How far it has come.")
    created_at: datetime | None = classified(ORDER, "When the buyer confirmed the order.")
    lines: list[OrderLine] = to_many("What is to be sent.", at_most=ORDER_LINES, rows=fulfilments.lines_of)
    recipient: OrderRecipient | None = to_one("Whom to send it to.", by="order_id", rows=fulfilments.recipients_of)
    supplier: Supplier = to_one("Who provides it.", by="supplier_id", rows=suppliers_of)


async def _fulfillment_orders(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Any:
    return await fulfilments.visible_to(info.context.viewer, first=first, after=after, last=last, before=before)


@strawberry.type
class FulfilmentQueries:
    """Reads of the fulfilment slice."""

    fulfillment_orders: Connection[FulfillmentOrder] = root(
        "All fulfilment orders that you may know of, the newest first; for a supplier's token its own.",
        resolver=_fulfillment_orders,
        extensions=[needs(FULFILLMENT_ORDERS_READ)],
    )
