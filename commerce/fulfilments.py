"""What suppliers do with their parts of orders: accept them, reject them, and send them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from commerce import settlement, texts
from commerce.idempotency import Answer, fingerprint_of, once
from commerce.refusals import Refusal, StaleObject
from models import clock
from models.bounds import CART_LINES, SHIPMENTS
from models.database import execute, fetch
from models.fulfilments import FulfillmentOrder, FulfillmentStatus, RejectionReason
from models.ids import new_id
from models.keys import SubjectErased
from models.orders import Order
from models.partners import Partner, PartnerStatus
from models.sealed import seal
from models.shipments import Shipment, ShipmentStatus
from policy.enforcement import keeps
from policy.parties import Party
from policy.partners import PartnerType
from policy.seen import Seen
from policy.viewer import Case, Viewer

LONGEST_CARRIER = 60
LONGEST_TRACKING_NUMBER = 60

_TO_ACCEPT = frozenset({FulfillmentStatus.OPEN})
_TO_REJECT = frozenset({FulfillmentStatus.OPEN, FulfillmentStatus.ACCEPTED})
_TO_SHIP = frozenset({FulfillmentStatus.OPEN, FulfillmentStatus.ACCEPTED, FulfillmentStatus.PARTLY_SHIPPED})


class FulfillmentOrderAction(StrEnum):
    """What can be done with a fulfilment order."""

    ACCEPT = "ACCEPT"
    REJECT = "REJECT"
    SHIP = "SHIP"


class FulfillmentOrderNotFound(Refusal):
    """There is no such fulfilment order, or none that this viewer may know of."""

    code = "FULFILLMENT_ORDER_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such fulfilment order; use an id from `fulfillmentOrders`.", field=("id",))


class FulfillmentActionNotAllowed(Refusal):
    """The fulfilment order is visible to the viewer, but only its supplier acts on it."""

    code = "FULFILLMENT_ACTION_NOT_ALLOWED"

    def __init__(self) -> None:
        super().__init__("Only the supplier's token accepts, rejects and ships its part of an order.", field=("id",))


class FulfillmentNotOpen(Refusal):
    """The fulfilment order has come too far for this, was cancelled, or its window has closed."""

    code = "FULFILLMENT_NOT_OPEN"

    def __init__(self) -> None:
        super().__init__(
            "This cannot be done with the fulfilment order any more; read its `allowedActions` for what can.",
            field=("id",),
        )


class ShipmentLinesNotValid(Refusal):
    """The lines are none of the fulfilment order, come twice, or hold more than is left to be sent."""

    code = "SHIPMENT_LINES_NOT_VALID"

    def __init__(self) -> None:
        super().__init__(
            f"Give 1 to {CART_LINES} lines of this fulfilment order, each once, with a quantity of 1 to what is left "
            "of it: `quantity` less `shippedQuantity` and `cancelledQuantity`.",
            field=("lines",),
        )


class TooManyShipments(Refusal):
    """The fulfilment order has as many shipments as it may have, and the next would not be its last."""

    code = "TOO_MANY_SHIPMENTS"

    def __init__(self) -> None:
        super().__init__(
            f"A fulfilment order has at most {SHIPMENTS} shipments: put all that is left into this one.",
            field=("lines",),
        )


class CarrierNotFound(Refusal):
    """There is no such carrier in the register of partners, or it is not worked with."""

    code = "CARRIER_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__(
            "Take the id of an active partner of the type `LOGISTICS` from `partners`, or leave it out.",
            field=("carrierId",),
        )


@dataclass(frozen=True, slots=True)
class Parcel:
    """
    What a supplier has sent.

    Args:
        lines: How many of which line; None for an id that names no line. Empty for all that is left.
        carrier: Who carries it.
        tracking_number: By which the carrier knows it; None if it has none.
        carrier_partner: The carrier's entry in the register of partners: its token sees the parcel, and whom it goes
            to (P2.6). None for a carrier that is not served so.
    """

    lines: tuple[tuple[UUID | None, int], ...]
    carrier: str
    tracking_number: str | None = field(default=None, repr=False)
    carrier_partner: UUID | None = None


def may_accept(status: FulfillmentStatus) -> bool:
    """Tell whether a supplier may still accept a fulfilment order."""
    return status in _TO_ACCEPT


def may_reject(status: FulfillmentStatus) -> bool:
    """Tell whether a supplier may still reject a fulfilment order: nothing of it has left."""
    return status in _TO_REJECT


def may_ship(status: FulfillmentStatus, *, is_window_open: bool) -> bool:
    """Tell whether a supplier may send something of a fulfilment order: something is left, and the window is open."""
    return status in _TO_SHIP and is_window_open


@keeps("P4.2", otherwise=None)
def require_own(case: Case, by: Viewer) -> None:
    """
    Refuse whoever sees a fulfilment order without being its supplier (P4.2).

    Raises:
        FulfillmentActionNotAllowed: The viewer is somebody else.
    """
    if by.party_to(case) is not Party.SUPPLIER:
        raise FulfillmentActionNotAllowed


async def accept(fulfilment_id: UUID | None, *, expected_version: int, key: str, by: Viewer) -> UUID:
    """
    Accept a fulfilment order: the supplier says that it will send it.

    Args:
        fulfilment_id: The fulfilment order; None for an id that names none.
        expected_version: The version that the supplier has seen.
        key: The idempotency key.
        by: The supplier's token.

    Returns:
        The fulfilment order.

    Raises:
        FulfillmentOrderNotFound, FulfillmentActionNotAllowed: It is not the viewer's to accept.
        StaleObject: It was changed since.
        FulfillmentNotOpen: It is not open any more.
        IdempotencyConflict, BadIdempotencyKey: See `commerce.idempotency`.
    """
    seen, supplier = await _own(fulfilment_id, by)

    async def write() -> Answer:
        locked = await _locked(seen, expected_version)
        if not may_accept(locked):
            raise FulfillmentNotOpen
        await _set(seen.row.id, FulfillmentStatus.ACCEPTED)
        return {"fulfilment": seen.row.id}

    await once(supplier, key, fingerprint_of("fulfillmentOrderAccept", [seen.row.id, expected_version]), write)
    return seen.row.id


async def reject(
    fulfilment_id: UUID | None, reason: RejectionReason, *, expected_version: int, key: str, by: Viewer
) -> UUID:
    """
    Reject a fulfilment order of which nothing has left.

    Its goods are in stock again, its money is due back, and the supplier's sight of the recipient closes (P2.6), all in
    one transaction. An order of which nothing else is to be sent is cancelled with it.

    Raises:
        As `accept`.
    """
    seen, supplier = await _own(fulfilment_id, by)

    async def write() -> Answer:
        locked = await _locked(seen, expected_version)
        if not may_reject(locked):
            raise FulfillmentNotOpen
        await settlement.call_off_part(seen.row.id, FulfillmentStatus.REJECTED, reason)
        return {"fulfilment": seen.row.id}

    given = [seen.row.id, reason.value, expected_version]
    await once(supplier, key, fingerprint_of("fulfillmentOrderReject", given), write)
    await settlement.refund(seen.row.order_id)
    return seen.row.id


async def ship(fulfilment_id: UUID | None, parcel: Parcel, *, expected_version: int, key: str, by: Viewer) -> UUID:
    """
    Say that a parcel was handed to a carrier; the order's status follows from all of its parcels.

    Returns:
        The shipment.

    Raises:
        ShipmentLinesNotValid: The lines are not what is left to be sent.
        TooManyShipments: Something would be left after the last shipment that there may be.
        CarrierNotFound: The carrier is named by what is no carrier of the register.
        TextNotValid: The carrier or the tracking number is no line of text.
        And as `accept`.
    """
    seen, supplier = await _own(fulfilment_id, by)
    carrier = texts.line(parcel.carrier, field="carrier", longest=LONGEST_CARRIER)
    number = parcel.tracking_number
    if number is not None:
        number = texts.line(number, field="trackingNumber", longest=LONGEST_TRACKING_NUMBER)
    if parcel.carrier_partner is not None and not await _is_carrier(parcel.carrier_partner):
        raise CarrierNotFound
    order = await Order.get(id=seen.row.order_id).only("id", "recipient_id")
    shipment_id = new_id()
    cells: dict[str, Any] | None
    try:
        cells = await seal(Shipment, shipment_id, order.recipient_id, tracking_number=number)
    except SubjectErased:
        # They objected, and nothing more is sent to them (P1.2e); what was sent before is found by its key.
        cells = None

    async def write() -> Answer:
        locked = await _locked(seen, expected_version)
        if cells is None or not may_ship(locked, is_window_open=await _is_window_open(seen.row.order_id)):
            raise FulfillmentNotOpen
        lines = await _taken(seen.row, parcel.lines)
        await Shipment.create(
            id=shipment_id,
            fulfilment_id=seen.row.id,
            order_id=seen.row.order_id,
            recipient_id=order.recipient_id,
            status=ShipmentStatus.SENT,
            carrier=carrier,
            carrier_partner_id=parcel.carrier_partner,
            created_at=clock.now(),
            **cells,
        )
        await execute(
            """INSERT INTO shipment_line (id, shipment_id, order_line_id, quantity)
            SELECT l.id, $4, l.line, l.n FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS l(id, line, n)""",
            [new_id() for _ in lines],
            [line for line, _ in lines],
            [quantity for _, quantity in lines],
            shipment_id,
        )
        is_whole = not await _left(seen.row)
        if not is_whole and await Shipment.filter(fulfilment_id=seen.row.id).count() >= SHIPMENTS:
            raise TooManyShipments
        await _set(seen.row.id, FulfillmentStatus.SHIPPED if is_whole else FulfillmentStatus.PARTLY_SHIPPED)
        await settlement.follow(seen.row.order_id)
        return {"shipment": shipment_id}

    given: list[object] = [seen.row.id, [list(line) for line in parcel.lines], carrier, number, expected_version]
    if parcel.carrier_partner is not None:
        given.append(parcel.carrier_partner)
    answer = await once(supplier, key, fingerprint_of("shipmentCreate", given), write)
    return UUID(str(answer["shipment"]))


async def _is_carrier(partner_id: UUID) -> bool:
    return await Partner.exists(id=partner_id, kind=PartnerType.LOGISTICS.name, status=PartnerStatus.ACTIVE)


async def _own(fulfilment_id: UUID | None, by: Viewer) -> tuple[Seen[FulfillmentOrder], UUID]:
    rows = FulfillmentOrder.visible_to(by)
    seen = await rows.where(id=fulfilment_id).one() if fulfilment_id is not None else None
    if seen is None:
        raise FulfillmentOrderNotFound
    require_own(seen.case, by)
    return seen, seen.row.supplier_id


async def _locked(seen: Seen[FulfillmentOrder], expected_version: int) -> FulfillmentStatus:
    # INVARIANT (one at a time): whatever changes how far an order has come locks the order first, so cancelling,
    # rejecting, shipping and receiving come one after the other.
    await fetch('SELECT id FROM "order" WHERE id = $1 FOR NO KEY UPDATE', seen.row.order_id)
    (row,) = await fetch("SELECT status, version FROM fulfillment_order WHERE id = $1", seen.row.id)
    if row["version"] != expected_version:
        raise StaleObject(row["version"])
    return FulfillmentStatus(row["status"])


async def _is_window_open(order_id: UUID) -> bool:
    (row,) = await fetch('SELECT window_closes_at FROM "order" WHERE id = $1', order_id)
    return row["window_closes_at"] is None or row["window_closes_at"] > clock.now()


async def _set(fulfilment_id: UUID, status: FulfillmentStatus) -> None:
    await execute(
        "UPDATE fulfillment_order SET status = $2, version = version + 1 WHERE id = $1", fulfilment_id, status
    )


async def _left(row: FulfillmentOrder) -> list[tuple[UUID | None, int]]:
    rows = await fetch(
        """SELECT id, quantity - cancelled_quantity - shipped AS n FROM order_line
        WHERE order_id = $1 AND supplier_id = $2 AND shipped + cancelled_quantity < quantity ORDER BY position""",
        row.order_id,
        row.supplier_id,
    )
    return [(found["id"], found["n"]) for found in rows]


async def _taken(row: FulfillmentOrder, wanted: Sequence[tuple[UUID | None, int]]) -> list[tuple[UUID | None, int]]:
    left = await _left(row)
    lines = list(wanted) or left
    ids = [line for line, _ in lines]
    at_most = dict(left)
    is_valid = len(set(ids)) == len(ids) and all(0 < quantity <= at_most.get(line, 0) for line, quantity in lines)
    if not is_valid or not 0 < len(lines) <= CART_LINES:
        raise ShipmentLinesNotValid
    await execute(
        """UPDATE order_line l SET shipped = l.shipped + w.n
        FROM unnest($1::uuid[], $2::int[]) AS w(id, n) WHERE l.id = w.id""",
        ids,
        [quantity for _, quantity in lines],
    )
    return lines
