"""Shipments: what suppliers have sent of an order, and what carriers report of it."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from models.bounds import CART_LINES
from models.shipments import ShipmentStatus
from models.tracking import TrackingStatus
from permissions.fields import classified, connection, to_many, to_one
from policy.classes import ORDER, RECIPIENT_ADDRESS
from policy.subjects import Subject
from resolvers import shipments
from resolvers.partners import partners_of
from schema.enums import described
from schema.partners import Partner
from schema.relay import Connection, Node, node_id, shows

if TYPE_CHECKING:
    from schema.orders import OrderLine

described(
    ShipmentStatus,
    "How far a shipment has come.",
    {
        ShipmentStatus.SENT: "The supplier has handed it to the carrier.",
        ShipmentStatus.RECEIVED: "It came: the buyer has confirmed it, or the carrier has reported it.",
        ShipmentStatus.RETURNED: "The carrier has brought it back to the supplier.",
    },
)
described(
    TrackingStatus,
    "What happened to a shipment on its way.",
    {
        TrackingStatus.IN_TRANSIT: "It went on: was taken over, sorted or sent further.",
        TrackingStatus.OUT_FOR_DELIVERY: "A courier is on the way to the recipient with it.",
        TrackingStatus.DELIVERY_FAILED: "It could not be handed over; it is tried again, or goes back.",
        TrackingStatus.DELIVERED: "It was handed over. Nothing is reported after that.",
        TrackingStatus.RETURNED: "It is back at the supplier. Nothing is reported after that.",
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


@strawberry.type(description="What a carrier has reported of a shipment on its way.")
class TrackingEvent(Node):
    """Seen by whoever sees the shipment; where it was, by whoever sees where it goes (decision 0167)."""

    about = Subject.ACCOUNT_HOLDER
    is_type_of = shows("TrackingEvent")

    id: strawberry.ID = node_id("TrackingEvent")
    status: TrackingStatus | None = classified(ORDER, "What happened.")
    occurred_at: datetime | None = classified(ORDER, "When it happened, as the carrier says.")
    recorded_at: datetime | None = classified(ORDER, "When it was reported.")
    country: str | None = classified(
        RECIPIENT_ADDRESS, "Where it was, as an ISO 3166-1 code; null if that was not reported, or was erased."
    )
    reported_by: Partner | None = to_one("The carrier whose word it is.", by="partner_id", rows=partners_of)


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
    tracking_events: Connection[TrackingEvent] = connection(
        "What its carrier has reported of it, the last report first.", rows=shipments.tracking_events_of
    )
