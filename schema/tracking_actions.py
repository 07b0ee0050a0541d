"""What a carrier's token does with the shipments that it carries."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from models.tracking import TrackingStatus
from permissions.fields import mutation, part
from permissions.may_see import Info
from permissions.scopes import ORDERS_READ, SHIPMENTS_WRITE, needs
from resolvers import shipments
from schema.errors import UserError
from schema.sessions import ERRORS, INPUT
from schema.shipments import Shipment


def _needed(description: str) -> Any:
    return strawberry.field(description=description)


@strawberry.input(description="What has happened to a shipment that you carry.")
class ShipmentTrackingReportInput:
    """Input of `shipmentTrackingReport`."""

    id: strawberry.ID = _needed("The shipment's id.")
    status: TrackingStatus = _needed("What has happened.")
    occurred_at: datetime = _needed(
        "When it happened: not later than now, nor earlier than the shipment's `createdAt`."
    )
    country: str | None = strawberry.field(
        default=None, description="Where the shipment was, as an ISO 3166-1 code; left out, that is not said."
    )
    idempotency_key: str = _needed(
        "Chosen by you for this report, such as a random UUID. Sent again with the same input, it is recorded once."
    )


@strawberry.type(description="The shipment of which something was reported, or why that was not recorded.")
class ShipmentTrackingReportPayload:
    """Payload of `shipmentTrackingReport`."""

    shipment: Shipment | None = part("As it is now; null if nothing was done.", columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


async def _report(info: Info, wanted: Annotated[ShipmentTrackingReportInput, INPUT]) -> Any:
    return await shipments.report(
        info.context.viewer,
        wanted.id,
        wanted.status,
        occurred_at=wanted.occurred_at,
        country=wanted.country,
        key=wanted.idempotency_key,
    )


@strawberry.type
class TrackingMutations:
    """Mutations of carriers; a token needs the scope to read as well, because it reads what it has changed."""

    shipment_tracking_report: ShipmentTrackingReportPayload = mutation(
        "Report what has happened to a shipment that you carry. `DELIVERED` counts as its receipt: when all of an "
        "order has come, or has gone back, your sight of it ends with the after-sales window.",
        resolver=_report,
        extensions=[needs(SHIPMENTS_WRITE), needs(ORDERS_READ)],
    )
