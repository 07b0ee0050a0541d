"""What a supplier's token does with its part of an order."""

from typing import Annotated, Any

import strawberry

from models.fulfilments import RejectionReason
from permissions.fields import mutation, part
from permissions.may_see import Info
from permissions.scopes import FULFILLMENT_ORDERS_READ, FULFILLMENT_ORDERS_WRITE, needs
from resolvers import shipments
from schema.errors import UserError
from schema.fulfilments import FulfillmentOrder
from schema.sessions import ERRORS, INPUT
from schema.shipments import Shipment

_ID = "The fulfilment order's id."
_VERSION = "Its `version`, as you have read it."
_KEY = "Chosen by you for this action, such as a random UUID. Sent again with the same input, it is done once."


def _needed(description: str) -> Any:
    return strawberry.field(description=description)


@strawberry.input(description="Which fulfilment order you will send.")
class FulfillmentOrderAcceptInput:
    """Input of `fulfillmentOrderAccept`."""

    id: strawberry.ID = _needed(_ID)
    expected_version: int = _needed(_VERSION)
    idempotency_key: str = _needed(_KEY)


@strawberry.type(description="The fulfilment order, accepted, or why it was not.")
class FulfillmentOrderAcceptPayload:
    """Payload of `fulfillmentOrderAccept`."""

    fulfillment_order: FulfillmentOrder | None = part("As it is now; null if nothing was done.", columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


@strawberry.input(description="Which fulfilment order you will not send, and why.")
class FulfillmentOrderRejectInput:
    """Input of `fulfillmentOrderReject`."""

    id: strawberry.ID = _needed(_ID)
    reason: RejectionReason = _needed("Why you do not send it; the buyer sees this.")
    expected_version: int = _needed(_VERSION)
    idempotency_key: str = _needed(_KEY)


@strawberry.type(description="The fulfilment order, rejected, or why it was not.")
class FulfillmentOrderRejectPayload:
    """Payload of `fulfillmentOrderReject`."""

    fulfillment_order: FulfillmentOrder | None = part("As it is now; null if nothing was done.", columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


@strawberry.input(description="How many pieces of a line you have sent.")
class ShipmentLineInput:
    """One line of a shipment."""

    order_line_id: strawberry.ID = _needed("The id of the line.")
    quantity: int = _needed("How many, 1 to what is left to be sent.")


@strawberry.input(description="What you have handed to a carrier.")
class ShipmentCreateInput:
    """Input of `shipmentCreate`."""

    fulfillment_order_id: strawberry.ID = _needed(_ID)
    lines: list[ShipmentLineInput] = strawberry.field(
        default_factory=list[ShipmentLineInput], description="What is in it; left out, all that is left to be sent."
    )
    carrier: str = _needed("Who carries it, of at most 60 characters.")
    carrier_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="The carrier in `partners`: its token is then shown the parcel, and whom it goes to, while it is "
        "delivered. Left out, no carrier is.",
    )
    tracking_number: str | None = strawberry.field(
        default=None, description="By which the carrier knows it, of at most 60 characters."
    )
    expected_version: int = _needed(_VERSION)
    idempotency_key: str = _needed(_KEY)


@strawberry.type(description="The shipment, or why there is none.")
class ShipmentCreatePayload:
    """Payload of `shipmentCreate`."""

    shipment: Shipment | None = part("The shipment; null if nothing was done.", columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


async def _accept(info: Info, wanted: Annotated[FulfillmentOrderAcceptInput, INPUT]) -> Any:
    return await shipments.accept(
        info.context.viewer, wanted.id, expected_version=wanted.expected_version, key=wanted.idempotency_key
    )


async def _reject(info: Info, wanted: Annotated[FulfillmentOrderRejectInput, INPUT]) -> Any:
    return await shipments.reject(
        info.context.viewer,
        wanted.id,
        wanted.reason,
        expected_version=wanted.expected_version,
        key=wanted.idempotency_key,
    )


async def _ship(info: Info, wanted: Annotated[ShipmentCreateInput, INPUT]) -> Any:
    return await shipments.create(
        info.context.viewer,
        wanted.fulfillment_order_id,
        lines=[(line.order_line_id, line.quantity) for line in wanted.lines],
        carrier=wanted.carrier,
        carrier_id=wanted.carrier_id,
        tracking_number=wanted.tracking_number,
        expected_version=wanted.expected_version,
        key=wanted.idempotency_key,
    )


@strawberry.type
class FulfilmentMutations:
    """Mutations of suppliers; a token needs the scope to read as well, because it reads what it has changed."""

    fulfillment_order_accept: FulfillmentOrderAcceptPayload = mutation(
        "Say that you will send your part of an order.",
        resolver=_accept,
        extensions=[needs(FULFILLMENT_ORDERS_WRITE), needs(FULFILLMENT_ORDERS_READ)],
    )
    fulfillment_order_reject: FulfillmentOrderRejectPayload = mutation(
        "Say that you will not send your part of an order, of which nothing has left: it is in stock again, the buyer "
        "has the money back, and your sight of the recipient ends.",
        resolver=_reject,
        extensions=[needs(FULFILLMENT_ORDERS_WRITE), needs(FULFILLMENT_ORDERS_READ)],
    )
    shipment_create: ShipmentCreatePayload = mutation(
        "Say that you have sent your part of an order, or some of it.",
        resolver=_ship,
        extensions=[needs(FULFILLMENT_ORDERS_WRITE), needs(FULFILLMENT_ORDERS_READ)],
    )
