"""What carriers report of the parcels that they carry."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from commerce import settlement, texts
from commerce.idempotency import Answer, fingerprint_of, once
from commerce.refusals import Refusal
from models import clock
from models.database import execute, fetch
from models.ids import new_id
from models.keys import SubjectErased
from models.orders import window_of
from models.scoping import numbered
from models.sealed import seal
from models.shipments import Shipment, ShipmentStatus
from models.tracking import TrackingEvent, TrackingStatus
from policy.enforcement import keeps
from policy.seen import Seen
from policy.viewer import Viewer

_ENDS: Mapping[TrackingStatus, ShipmentStatus] = {
    TrackingStatus.DELIVERED: ShipmentStatus.RECEIVED,
    TrackingStatus.RETURNED: ShipmentStatus.RETURNED,
}
"""The reports after which nothing more is reported of a parcel, and what becomes of it."""
_LOOKED_AT = ("order_id", "fulfilment_id", "recipient_id", "carrier_partner_id", "created_at")


class ShipmentNotFound(Refusal):
    """There is no such shipment, or none that this viewer may know of."""

    code = "SHIPMENT_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__(
            "There is no such shipment; use an id from `Order.shipments` while the delivery lasts.", field=("id",)
        )


class ShipmentReportNotAllowed(Refusal):
    """The shipment is visible to the viewer, but only its carrier reports of it."""

    code = "SHIPMENT_REPORT_NOT_ALLOWED"

    def __init__(self) -> None:
        super().__init__("Only the token of the carrier that has the parcel reports of it.", field=("id",))


class ShipmentDeliveryEnded(Refusal):
    """The carrier has reported that the parcel was delivered, or has gone back, and reports nothing after that."""

    code = "SHIPMENT_DELIVERY_ENDED"

    def __init__(self) -> None:
        super().__init__(
            "The delivery has ended with what you have reported before, so nothing more is taken; read the shipment's "
            "`trackingEvents`.",
            field=("status",),
        )


class TrackingEventInFuture(Refusal):
    """Something was reported that has not happened yet."""

    code = "TRACKING_EVENT_IN_FUTURE"

    def __init__(self) -> None:
        super().__init__(
            "Report what has happened, and when: `occurredAt` is not later than now.", field=("occurredAt",)
        )


class TrackingEventBeforeShipment(Refusal):
    """Something was reported of a parcel from before it was handed over."""

    code = "TRACKING_EVENT_BEFORE_SHIPMENT"

    def __init__(self) -> None:
        super().__init__(
            "Report what has happened since the parcel was handed to you: `occurredAt` is not earlier than the "
            "shipment's `createdAt`.",
            field=("occurredAt",),
        )


@dataclass(frozen=True, slots=True)
class Report:
    """
    What a carrier says has happened.

    Args:
        occurred_at: When, with its offset.
        country: Where the parcel was, as an ISO 3166-1 code; None if that is not said.
    """

    status: TrackingStatus
    occurred_at: datetime
    country: str | None = field(default=None, repr=False)


@keeps("P2.6", otherwise=None)
def require_carrier(seen: Seen[Shipment], by: Viewer) -> None:
    """
    Refuse whoever sees a shipment without carrying it, another carrier under a legal ground among them (P2.6).

    Raises:
        ShipmentReportNotAllowed: The viewer is somebody else.
    """
    if by.partner is None or seen.row.carrier_partner_id != by.partner:
        raise ShipmentReportNotAllowed


async def report(shipment_id: UUID | None, reported: Report, *, key: str, by: Viewer) -> UUID:
    """
    Record what has happened to a parcel; what becomes of it, its part and its order follows from that.

    A parcel that is delivered counts as one whose receipt the buyer has confirmed. When the last parcel of an order is
    delivered or has gone back, the after-sales window begins to run out, and with it the partners' sight (P2.6).

    Args:
        shipment_id: The parcel; None for an id that names none.
        key: The idempotency key.
        by: The carrier's token.

    Returns:
        The shipment.

    Raises:
        ShipmentNotFound, ShipmentReportNotAllowed: It is not the viewer's to report of.
        TrackingEventInFuture, TrackingEventBeforeShipment, CountryNotKnown: It cannot have happened so.
        ShipmentDeliveryEnded: It was reported before that the delivery has ended.
        IdempotencyConflict, BadIdempotencyKey: See `commerce.idempotency`.
    """
    rows = Shipment.visible_to(by).looking_at(*_LOOKED_AT)
    seen = await rows.where(id=shipment_id).one() if shipment_id is not None else None
    if seen is None:
        raise ShipmentNotFound
    require_carrier(seen, by)
    carrier, shipment = by.partner, seen.row
    assert carrier is not None, "a carrier comes by a token of its entry in the register"
    country = texts.country(reported.country, field="country") if reported.country is not None else None
    if reported.occurred_at > clock.now():
        raise TrackingEventInFuture
    if reported.occurred_at < shipment.created_at:
        raise TrackingEventBeforeShipment
    event_id = new_id()
    cells = await _sealed(event_id, shipment.recipient_id, country)

    async def write() -> Answer:
        await _lock(seen)
        await TrackingEvent.create(
            id=event_id,
            shipment_id=shipment.id,
            order_id=shipment.order_id,
            recipient_id=shipment.recipient_id,
            partner_id=carrier,
            status=reported.status,
            occurred_at=reported.occurred_at,
            recorded_at=clock.now(),
            **cells,
        )
        if reported.status in _ENDS:
            await _end(shipment, _ENDS[reported.status])
        return {"shipment": shipment.id}

    given = [shipment.id, reported.status.value, reported.occurred_at.isoformat(), country]
    await once(carrier, key, fingerprint_of("shipmentTrackingReport", given), write)
    return shipment.id


async def _sealed(event_id: UUID, recipient_id: UUID, country: str | None) -> dict[str, Any]:
    if country is None:
        return {}
    try:
        return await seal(TrackingEvent, event_id, recipient_id, country=country)
    except SubjectErased:
        # They objected meanwhile (P1.2e): the window was closed before the key was destroyed.
        raise ShipmentNotFound from None


async def _lock(seen: Seen[Shipment]) -> None:
    # INVARIANT (one at a time): whatever changes how far an order has come locks the order first, so reports, receipts
    # and what closes the window come one after the other.
    await fetch('SELECT id FROM "order" WHERE id = $1 FOR NO KEY UPDATE', seen.row.order_id)
    sql, values = numbered(
        f"""SELECT {window_of("o")} AS is_open, EXISTS (SELECT FROM tracking_event e WHERE e.shipment_id = :shipment
            AND e.status IN ('DELIVERED', 'RETURNED')) AS has_ended
        FROM "order" o WHERE o.id = :order""",  # noqa: S608 -- of this code alone
        {"order": seen.row.order_id, "shipment": seen.row.id, "now": clock.now()},
    )
    (row,) = await fetch(sql, *values)
    if not row["is_open"]:
        raise ShipmentNotFound
    if row["has_ended"]:
        raise ShipmentDeliveryEnded


async def _end(shipment: Shipment, status: ShipmentStatus) -> None:
    """Let a parcel be where it was going, or back, unless the buyer has confirmed that it came."""
    changed = await execute("UPDATE shipment SET status = $2 WHERE id = $1 AND status = 'SENT'", shipment.id, status)
    if not changed:
        return
    await execute(
        """UPDATE fulfillment_order f SET status = 'RECEIVED', version = version + 1
        WHERE f.id = $1 AND f.status = 'SHIPPED'
            AND NOT EXISTS (SELECT FROM shipment h WHERE h.fulfilment_id = f.id AND h.status <> 'RECEIVED')""",
        shipment.fulfilment_id,
    )
    await settlement.follow(shipment.order_id)
