"""Shipments: what suppliers have sent of an order."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from models.bounds import CART_LINES
from models.shipments import ShipmentStatus
from permissions.fields import classified, to_many, to_one
from policy.classes import ORDER, RECIPIENT_ADDRESS
from policy.subjects import Subject
from resolvers import shipments
from schema.enums import described
from schema.relay import Node, node_id, shows

if TYPE_CHECKING:
    from schema.orders import OrderLine

described(
    ShipmentStatus,
    "How far a shipment has come.",
    {
        ShipmentStatus.SENT: "The supplier has handed it to the carrier.",
        ShipmentStatus.RECEIVED: "The buyer has confirmed that it came.",
    },
)


@strawberry.type(description="How many pieces of a line are in a shipment.")
class ShipmentLine:
    """Seen by whoever sees the shipment."""

    about = Subject.ACCOUNT_HOLDER

    quantity: int | None = classified(ORDER, "How many; never less than one.")
    order_line: Annotated["OrderLine", strawberry.lazy("schema.orders")] | None = to_one(
        "Of which line of the order.", by="order_line_id", rows=shipments.order_lines_of
    )


@strawberry.type(description="A parcel that a supplier has sent.")
class Shipment(Node):
    """Its number is shown as the recipient's address is, because it leads there (decision 0067)."""

    about = Subject.ACCOUNT_HOLDER
    is_type_of = shows("Shipment")

    id: strawberry.ID = node_id("Shipment")
    status: ShipmentStatus | None = classified(ORDER, "How far it has come.")
    carrier: str | None = classified(ORDER, "Who carries it.")
    tracking_number: str | None = classified(
        RECIPIENT_ADDRESS, "By which the carrier knows it; null if it has none. It leads to the recipient's address."
    )
    created_at: datetime | None = classified(ORDER, "When the supplier sent it.")
    lines: list[ShipmentLine] = to_many("What is in it.", at_most=CART_LINES, rows=shipments.lines_of)
