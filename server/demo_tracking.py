"""What carriers have reported of the parcels of the demonstration."""

from datetime import datetime
from typing import Any

from models import clock
from models.ids import new_id
from models.sealed import seal
from models.shipments import Shipment
from models.tracking import TrackingEvent, TrackingStatus


async def add_tracking_event(
    shipment: Shipment, status: TrackingStatus, country: str | None = None, *, occurred_at: datetime | None = None
) -> TrackingEvent:
    """Write that the carrier of a parcel has reported something of it; of now, if nothing else is said."""
    row: Any = shipment
    event_id, now = new_id(), clock.now()
    cells: dict[str, Any] = await seal(TrackingEvent, event_id, row.recipient_id, country=country)
    return await TrackingEvent.create(
        id=event_id,
        shipment_id=row.id,
        order_id=row.order_id,
        recipient_id=row.recipient_id,
        partner_id=row.carrier_partner_id,
        status=status,
        occurred_at=occurred_at or now,
        recorded_at=now,
        **cells,
    )
