"""Reads and writes behind fulfilment by suppliers: shipments, and what may be done next."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from uuid import UUID

from commerce import fulfilments, tracking
from commerce.fulfilments import Parcel
from commerce.idempotency import BadIdempotencyKey, IdempotencyConflict
from commerce.tracking import Report
from models.fulfilments import FulfillmentOrder, RejectionReason
from models.ids import new_id
from models.orders import Order, OrderLine
from models.shipments import Shipment, ShipmentLine
from models.tracking import TrackingEvent, TrackingStatus
from policy.refused import Refused
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.nodes import row_id
from resolvers.outcomes import Outcome, outcome
from resolvers.pages import Page, cursor_context, page_request


async def shipments_of(
    parents: Sequence[Seen[Order]],
    viewer: Viewer,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> list[Page]:
    """List the shipments of each order, the newest first: a supplier sees its own (P4.2)."""
    context = cursor_context("shipments of an order", viewer)
    wanted = page_request(context, first=first, after=after, last=last, before=before)
    rows = Shipment.visible_to(viewer)
    found = await rows.pages("order_id", [parent.row.id for parent in parents], wanted)
    return [Page(found[parent.row.id], context, rows, ("order_id", parent.row.id)) for parent in parents]


async def shipments_of_part(parents: Sequence[Seen[FulfillmentOrder]], viewer: Viewer) -> list[list[Seen[Shipment]]]:
    """Read the shipments of each fulfilment order."""
    found = await Shipment.visible_to(viewer).by("fulfilment_id", [parent.row.id for parent in parents])
    return [found[parent.row.id] for parent in parents]


async def lines_of(parents: Sequence[Seen[Shipment]], viewer: Viewer) -> list[list[Seen[ShipmentLine]]]:
    """Read what is in each shipment."""
    found = await ShipmentLine.visible_to(viewer).by("shipment_id", [parent.row.id for parent in parents])
    return [found[parent.row.id] for parent in parents]


async def order_lines_of(parents: Sequence[Seen[ShipmentLine]], viewer: Viewer) -> list[Seen[OrderLine] | None]:
    """Read of which line of the order each is."""
    found = await OrderLine.visible_to(viewer).by("id", [parent.row.order_line_id for parent in parents])
    return [next(iter(found[parent.row.order_line_id]), None) for parent in parents]


async def tracking_events_of(
    parents: Sequence[Seen[Shipment]],
    viewer: Viewer,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> list[Page]:
    """List what was reported of each shipment, the last report first."""
    context = cursor_context("tracking events of a shipment", viewer)
    wanted = page_request(context, first=first, after=after, last=last, before=before)
    rows = TrackingEvent.visible_to(viewer)
    found = await rows.pages("shipment_id", [parent.row.id for parent in parents], wanted)
    return [Page(found[parent.row.id], context, rows, ("shipment_id", parent.row.id)) for parent in parents]


async def accept(viewer: Viewer, fulfilment_id: str, *, expected_version: int, key: str) -> Outcome:
    """
    Accept a fulfilment order, and read it again.

    Raises:
        Refused: `IDEMPOTENCY_CONFLICT`, or `BAD_IDEMPOTENCY_KEY`.
    """
    row = row_id(fulfilment_id, "FulfillmentOrder", viewer)
    return await _part(viewer, lambda: fulfilments.accept(row, expected_version=expected_version, key=key, by=viewer))


async def reject(
    viewer: Viewer, fulfilment_id: str, reason: RejectionReason, *, expected_version: int, key: str
) -> Outcome:
    """
    Reject a fulfilment order, and read it again.

    Raises:
        Refused: `IDEMPOTENCY_CONFLICT`, or `BAD_IDEMPOTENCY_KEY`.
    """
    row = row_id(fulfilment_id, "FulfillmentOrder", viewer)
    return await _part(
        viewer, lambda: fulfilments.reject(row, reason, expected_version=expected_version, key=key, by=viewer)
    )


async def create(
    viewer: Viewer,
    fulfilment_id: str,
    *,
    lines: Sequence[tuple[str, int]],
    carrier: str,
    carrier_id: str | None,
    tracking_number: str | None,
    expected_version: int,
    key: str,
) -> Outcome:
    """
    Say that a parcel was sent, and read the shipment.

    Raises:
        Refused: `IDEMPOTENCY_CONFLICT`, or `BAD_IDEMPOTENCY_KEY`.
    """
    row = row_id(fulfilment_id, "FulfillmentOrder", viewer)
    wanted = tuple((row_id(line, "OrderLine", viewer), quantity) for line, quantity in lines)
    # An id that names nothing is as good as a new one, of which there is no carrier.
    partner = (row_id(carrier_id, "Partner", viewer) or new_id()) if carrier_id is not None else None
    parcel = Parcel(wanted, carrier, tracking_number, partner)

    @outcome
    async def act() -> Seen[Shipment] | None:
        made = await fulfilments.ship(row, parcel, expected_version=expected_version, key=key, by=viewer)
        return await Shipment.visible_to(viewer).where(id=made).one()

    return await _keyed(act)


async def report(
    viewer: Viewer, shipment_id: str, status: TrackingStatus, *, occurred_at: datetime, country: str | None, key: str
) -> Outcome:
    """
    Record what a carrier reports of a shipment, and read that again.

    Raises:
        Refused: `BAD_ARGUMENT`, `IDEMPOTENCY_CONFLICT`, or `BAD_IDEMPOTENCY_KEY`.
    """
    if occurred_at.tzinfo is None:
        raise Refused("BAD_ARGUMENT", "Give an instant with its offset, such as `2026-01-31T12:00:00Z`.")
    row, said = row_id(shipment_id, "Shipment", viewer), Report(status, occurred_at, country)

    @outcome
    async def act() -> Seen[Shipment] | None:
        reported = await tracking.report(row, said, key=key, by=viewer)
        return await Shipment.visible_to(viewer).where(id=reported).one()

    return await _keyed(act)


async def _part(viewer: Viewer, action: Callable[[], Awaitable[UUID]]) -> Outcome:
    @outcome
    async def act() -> Seen[FulfillmentOrder] | None:
        return await FulfillmentOrder.visible_to(viewer).where(id=await action()).one()

    return await _keyed(act)


async def _keyed(act: Callable[[], Awaitable[Outcome]]) -> Outcome:
    try:
        return await act()
    except IdempotencyConflict as conflict:
        raise Refused("IDEMPOTENCY_CONFLICT", str(conflict)) from None
    except BadIdempotencyKey as bad:
        raise Refused("BAD_IDEMPOTENCY_KEY", str(bad)) from None
