"""Orders, as buyers, their guardians, the fulfilling suppliers and customer service see them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, NamedTuple

import strawberry

from models.bounds import ORDER_ANOMALIES, ORDER_LINES
from models.orders import OrderStatus
from permissions.fields import batch, classified, connection, part, to_many, to_one
from policy.classes import (
    ACCOUNT,
    ORDER,
    ORDER_AMOUNT,
    ORDER_NUMBER,
    RECIPIENT_ADDRESS,
    RECIPIENT_NAME,
    RECIPIENT_PHONE,
)
from policy.subjects import Subject
from resolvers import anomalies, orders, shipments
from resolvers.orders import OrderAction
from resolvers.suppliers import suppliers_of
from resolvers.users import buyers_of
from schema.anomalies import OrderAnomaly
from schema.enums import described
from schema.money import Money, money
from schema.products import ProductVariant
from schema.relay import Connection, Node, node_id, shows
from schema.shipments import Shipment
from schema.suppliers import Supplier

if TYPE_CHECKING:
    from schema.users import User

described(
    OrderAction,
    "What can be done with an order.",
    {OrderAction.CANCEL: "`orderCancel`.", OrderAction.CONFIRM_RECEIPT: "`orderReceiptConfirm`."},
)


@strawberry.type(description="Whom an order goes to; often somebody else than the buyer.")
class OrderRecipient:
    """A subject of their own (P1.2b)."""

    about = Subject.RECIPIENT
    rows_of = "Recipient"

    name: str | None = classified(RECIPIENT_NAME, "Who takes the parcel.")
    phone: str | None = classified(RECIPIENT_PHONE, "Whom the courier calls.")
    street: str | None = classified(RECIPIENT_ADDRESS, "Street, house and what else the courier needs.")
    city: str | None = classified(RECIPIENT_ADDRESS, "City or place.")
    postal_code: str | None = classified(RECIPIENT_ADDRESS, "Postal code, as the country writes it.")
    country: str | None = classified(RECIPIENT_ADDRESS, "Country, as an ISO 3166-1 code.")
    is_synthesised: bool | None = classified(
        ORDER,
        "Whether this is nobody: made up for an imported order whose source names no recipient.",
        about=Subject.ACCOUNT_HOLDER,
    )
    erased_at: datetime | None = classified(
        ORDER,
        "When all of this was erased because the person objected; null if it was not.",
        about=Subject.ACCOUNT_HOLDER,
    )


@strawberry.type(description="One product of an order, as it was called and priced on the day it was bought.")
class OrderLine(Node):
    """A line is seen by whoever sees its order; by a supplier, if the line is its own (P4.2)."""

    about = Subject.ACCOUNT_HOLDER
    is_type_of = shows("OrderLine")

    id: strawberry.ID = node_id("OrderLine")
    sku: str | None = classified(ORDER, "The supplier's stock-keeping unit.")
    title: str | None = classified(ORDER, "The product's name on that day.")
    quantity: int | None = classified(ORDER, "How many; never less than one.")
    shipped_quantity: int | None = classified(ORDER, "How many of them were sent.", columns=("shipped",))
    cancelled_quantity: int | None = classified(ORDER, "How many of these were cancelled again.")
    unit_price: Money | None = classified(
        ORDER_AMOUNT, "The price of one.", columns=("unit_price_minor", "currency"), value=money
    )
    supplier: Supplier = to_one("Who provides it.", by="supplier_id", rows=suppliers_of)
    variant: ProductVariant | None = to_one(
        "What it is in the catalogue; null if it is not sold any more, or never was here.",
        by="variant_id",
        rows=orders.variants_of,
    )


@strawberry.type(description="What the source of an imported order says of it besides.")
class ExternalAttribute:
    """One of at most twenty."""

    name: str = part("What it is called there.")
    value: str = part("What it says.")


class _Attribute(NamedTuple):
    name: str
    value: str


def _attributes(given: dict[str, str] | None) -> list[_Attribute]:
    return [_Attribute(name, value) for name, value in (given or {}).items()]


@strawberry.type(description="A purchase that a buyer has confirmed.")
class Order(Node):
    """Who sees an order at all is `models.orders.Order.visible_to`; each field is decided besides."""

    about = Subject.ACCOUNT_HOLDER
    is_type_of = shows("Order")

    id: strawberry.ID = node_id("Order")
    number: str | None = classified(
        ORDER_NUMBER, "The number printed on the parcel; it tells nothing of how many there are."
    )
    status: OrderStatus | None = classified(ORDER, "How far it has come.")
    placed_at: datetime | None = classified(ORDER, "When the buyer confirmed it.")
    cancelled_at: datetime | None = classified(ORDER, "When it was cancelled; null if it was not.")
    total: Money | None = classified(
        ORDER_AMOUNT, "What the buyer owes for it.", columns=("total_minor", "currency"), value=money
    )
    external_reference: str | None = classified(
        ORDER, "What an imported order is called where it comes from; null for one that was placed here."
    )
    external_attributes: list[ExternalAttribute] | None = classified(
        ORDER,
        "What its source says of an imported order besides, such as the day it was placed on if that was moved.",
        columns=("external_attributes",),
        value=_attributes,
    )
    lines: list[OrderLine] = to_many(
        "What was bought; for a supplier, from it.", at_most=ORDER_LINES, rows=orders.lines_of
    )
    shipments: Connection[Shipment] = connection(
        "What was sent of it, the newest first; for a supplier, by it.", rows=shipments.shipments_of
    )
    anomalies: list[OrderAnomaly] = to_many(
        "What was noticed of it, if it is out of the ordinary.", at_most=ORDER_ANOMALIES, rows=anomalies.anomalies_of
    )
    recipient: OrderRecipient | None = to_one("Whom it goes to.", by="recipient_id", rows=orders.recipients_of)
    allowed_actions: list[OrderAction] = batch(
        "What you can do with it now.", rows=orders.actions_of, needs=("status",)
    )
    buyer: Annotated["User", strawberry.lazy("schema.users")] | None = classified(
        ACCOUNT, "The account that placed it.", columns=("buyer_id",), rows=buyers_of
    )
