"""Fulfilment orders: what one supplier provides of an order, and whom it sends it to."""

from datetime import datetime
from typing import Any

import strawberry

from models.bounds import ORDER_LINES, SHIPMENTS
from models.fulfilments import FulfillmentStatus, RejectionReason
from permissions.fields import After, Before, First, Last, batch, classified, root, to_many, to_one
from permissions.may_see import Info
from permissions.scopes import FULFILLMENT_ORDERS_READ, needs
from policy.classes import ORDER, ORDER_NUMBER
from policy.subjects import Subject
from resolvers import fulfilments, shipments
from resolvers.fulfilments import FulfillmentOrderAction
from resolvers.suppliers import suppliers_of
from schema.enums import described
from schema.orders import OrderLine, OrderRecipient
from schema.relay import Connection, Node, node_id, shows
from schema.shipments import Shipment
from schema.suppliers import Supplier

described(
    FulfillmentStatus,
    "How far a supplier's part of an order has come.",
    {
        FulfillmentStatus.UNPAID: "The order is not paid yet; suppliers do not see it.",
        FulfillmentStatus.OPEN: "To be accepted and sent.",
        FulfillmentStatus.ACCEPTED: "The supplier will send it.",
        FulfillmentStatus.PARTLY_SHIPPED: "Some of it was sent.",
        FulfillmentStatus.SHIPPED: "All of it was sent.",
        FulfillmentStatus.RECEIVED: "The recipient has it.",
        FulfillmentStatus.REJECTED: "The supplier does not send it, for the `rejectionReason`.",
        FulfillmentStatus.CANCELLED: "It is not to be sent.",
    },
)

described(
    RejectionReason,
    "Why a supplier does not send its part.",
    {
        RejectionReason.OUT_OF_STOCK: "It is not there, whatever the stock said.",
        RejectionReason.DAMAGED: "What is there cannot be sold.",
        RejectionReason.NOT_DELIVERABLE: "It cannot be delivered to where it should go.",
        RejectionReason.OTHER: "Something else.",
    },
)
described(
    FulfillmentOrderAction,
    "What can be done with a fulfilment order.",
    {
        FulfillmentOrderAction.ACCEPT: "`fulfillmentOrderAccept`.",
        FulfillmentOrderAction.REJECT: "`fulfillmentOrderReject`.",
        FulfillmentOrderAction.SHIP: "`shipmentCreate`.",
    },
)


@strawberry.type(description="The part of an order that one supplier provides.")
class FulfillmentOrder(Node):
    """A supplier sees its own (P4.2), and whom to send them to while the window lasts (P2.6)."""

    about = Subject.ACCOUNT_HOLDER
    is_type_of = shows("FulfillmentOrder")

    id: strawberry.ID = node_id("FulfillmentOrder")
    order_number: str | None = classified(
        ORDER_NUMBER, "The number of the order, which is printed on the parcel.", rows=fulfilments.numbers_of
    )
    status: FulfillmentStatus | None = classified(ORDER, "How far it has come.")
    rejection_reason: RejectionReason | None = classified(
        ORDER, "Why the supplier does not send it; null unless it was rejected."
    )
    version: int | None = classified(ORDER, "Counts its changes; give it as `expectedVersion`.")
    created_at: datetime | None = classified(ORDER, "When the buyer confirmed the order.")
    lines: list[OrderLine] = to_many("What is to be sent.", at_most=ORDER_LINES, rows=fulfilments.lines_of)
    recipient: OrderRecipient | None = to_one("Whom to send it to.", by="order_id", rows=fulfilments.recipients_of)
    shipments: list[Shipment] = to_many("What was sent of it.", at_most=SHIPMENTS, rows=shipments.shipments_of_part)
    allowed_actions: list[FulfillmentOrderAction] = batch(
        "What you can do with it now; nothing, unless you are its supplier.",
        rows=fulfilments.actions_of,
        needs=("status",),
    )
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
