"""Shipments: what a supplier has sent of its part of an order, and by whom."""

from enum import StrEnum
from typing import Any, cast
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model

from models.columns import About, identity, personal
from models.fulfilments import FulfillmentOrder
from models.indexes import IndexWhere
from models.orders import FULFILLMENT_ORDERS_READ, ORDERS_READ, Order, OrderLine, Recipient, order_scope
from models.partners import Partner
from models.rows import Rows
from models.sealed import sealed
from policy.classes import ORDER, RECIPIENT_ADDRESS
from policy.subjects import Subject
from policy.viewer import Viewer

_OF_PARTS = (ORDERS_READ, FULFILLMENT_ORDERS_READ)


class ShipmentStatus(StrEnum):
    """How far a shipment has come."""

    SENT = "SENT"
    RECEIVED = "RECEIVED"
    RETURNED = "RETURNED"


class Shipment(Model):
    """
    One parcel of a fulfilment order.

    Whoever has a tracking number can have the carrier tell where its parcel goes, so it is held and shown as the
    recipient's address is, and sealed under the recipient's key (docs/decisions/0067-a-tracking-number-is-an-address).
    """

    about = About(Subject.ACCOUNT_HOLDER, by="order__buyer_id")
    id = identity()
    fulfilment: fields.ForeignKeyRelation[FulfillmentOrder] = personal(
        ORDER, fields.ForeignKeyField("shop.FulfillmentOrder", on_delete=fields.RESTRICT, related_name="shipments")
    )
    fulfilment_id: UUID
    order: fields.ForeignKeyRelation[Order] = personal(
        ORDER, fields.ForeignKeyField("shop.Order", on_delete=fields.RESTRICT, related_name="shipments")
    )
    order_id: UUID
    recipient: fields.ForeignKeyRelation[Recipient] = personal(
        ORDER, fields.ForeignKeyField("shop.Recipient", on_delete=fields.RESTRICT, related_name="shipments")
    )
    recipient_id: UUID
    status = personal(ORDER, fields.CharEnumField(ShipmentStatus, max_length=16))
    carrier = personal(ORDER, fields.CharField(max_length=60))
    # The carrier's entry in the register of partners, if it has one: whose token sees the parcel (P2.6).
    carrier_partner: fields.ForeignKeyNullableRelation[Partner] = personal(
        ORDER,
        cast(Any, fields.ForeignKeyField("shop.Partner", on_delete=fields.RESTRICT, related_name="carried", null=True)),
    )
    carrier_partner_id: UUID | None
    tracking_number = sealed(
        RECIPIENT_ADDRESS,
        subject="recipient_id",
        about=About(Subject.RECIPIENT, by="recipient_id", case="order__buyer_id"),
    )
    created_at = personal(ORDER, fields.DatetimeField())

    class Meta(Model.Meta):
        table = "shipment"
        indexes = (
            Index(fields=["order_id", "id"], name="shipment_of_order"),
            Index(fields=["fulfilment_id", "id"], name="shipment_of_fulfilment"),
            Index(fields=["recipient_id"], name="shipment_to_recipient"),
            IndexWhere(
                fields=["carrier_partner_id", "order_id"],
                name="shipment_of_carrier",
                where="carrier_partner_id IS NOT NULL",
            ),
        )

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[Shipment]":
        """Scope shipments to those of orders that the viewer may know of; a partner's to its own (P4.2, P2.6)."""
        through = 'JOIN "order" o ON o.id = t.order_id JOIN fulfillment_order f ON f.id = t.fulfilment_id'
        objected = "EXISTS (SELECT FROM recipient r WHERE r.id = t.recipient_id AND r.objected_at IS NOT NULL)"
        supplied, handed = "f.supplier_id = :supplier", "t.carrier_partner_id = :partner"
        return Rows(
            cls,
            viewer,
            order_scope(viewer, "o", supplied, through, carrier=handed, scopes=_OF_PARTS, objected=objected),
        )


class ShipmentLine(Model):
    """How many pieces of a line are in a shipment."""

    about = About(Subject.ACCOUNT_HOLDER, by="shipment__order__buyer_id")
    id = identity()
    shipment: fields.ForeignKeyRelation[Shipment] = personal(
        ORDER, fields.ForeignKeyField("shop.Shipment", on_delete=fields.RESTRICT, related_name="lines")
    )
    shipment_id: UUID
    order_line: fields.ForeignKeyRelation[OrderLine] = personal(
        ORDER, fields.ForeignKeyField("shop.OrderLine", on_delete=fields.RESTRICT, related_name="shipped_in")
    )
    order_line_id: UUID
    quantity = personal(ORDER, fields.IntField())

    class Meta(Model.Meta):
        table = "shipment_line"
        unique_together = (("shipment_id", "order_line_id"),)
        constraints = (CheckConstraint(check="quantity > 0", name="shipment_line_quantity_is_positive"),)
        indexes = (Index(fields=["order_line_id"], name="shipment_line_of_order_line"),)

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[ShipmentLine]":
        """Scope them to those of orders that the viewer may know of; a supplier's to its own (P4.2)."""
        through = 'JOIN order_line l ON l.id = t.order_line_id JOIN "order" o ON o.id = l.order_id'
        return Rows(cls, viewer, order_scope(viewer, "o", "l.supplier_id = :supplier", through, scopes=_OF_PARTS))
