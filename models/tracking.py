"""Tracking events: what carriers have reported of parcels."""

from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

from models.columns import About, identity, personal
from models.orders import FULFILLMENT_ORDERS_READ, ORDERS_READ, Order, Recipient, order_scope
from models.partners import Partner
from models.rows import Rows
from models.sealed import sealed
from models.shipments import Shipment
from policy.classes import ORDER, RECIPIENT_ADDRESS
from policy.subjects import Subject
from policy.viewer import Viewer


class TrackingStatus(StrEnum):
    """What happened to a parcel; a choice and no text, so that nothing about a person gets into it."""

    IN_TRANSIT = "IN_TRANSIT"
    OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY"
    DELIVERY_FAILED = "DELIVERY_FAILED"
    DELIVERED = "DELIVERED"
    RETURNED = "RETURNED"


class TrackingEvent(Model):
    """
    Something that its carrier has reported of a parcel: added, and changed only when the recipient is erased.

    The country where the parcel was leads towards the recipient's address, so it is held and shown as that is.
    """

    about = About(Subject.ACCOUNT_HOLDER, by="order__buyer_id")
    id = identity()
    shipment: fields.ForeignKeyRelation[Shipment] = personal(
        ORDER, fields.ForeignKeyField("shop.Shipment", on_delete=fields.RESTRICT, related_name="tracking_events")
    )
    shipment_id: UUID
    order: fields.ForeignKeyRelation[Order] = personal(
        ORDER, fields.ForeignKeyField("shop.Order", on_delete=fields.RESTRICT, related_name="tracking_events")
    )
    order_id: UUID
    recipient: fields.ForeignKeyRelation[Recipient] = personal(
        ORDER, fields.ForeignKeyField("shop.Recipient", on_delete=fields.RESTRICT, related_name="tracking_events")
    )
    recipient_id: UUID
    # Whose word it is: the partner whose token has reported it.
    partner: fields.ForeignKeyRelation[Partner] = personal(
        ORDER, fields.ForeignKeyField("shop.Partner", on_delete=fields.RESTRICT, related_name="tracking_events")
    )
    partner_id: UUID
    status = personal(ORDER, fields.CharEnumField(TrackingStatus, max_length=16))
    occurred_at = personal(ORDER, fields.DatetimeField())
    recorded_at = personal(ORDER, fields.DatetimeField())
    country = sealed(
        RECIPIENT_ADDRESS,
        subject="recipient_id",
        about=About(Subject.RECIPIENT, by="recipient_id", case="order__buyer_id"),
    )

    class Meta(Model.Meta):
        table = "tracking_event"
        constraints = (
            CheckConstraint(check="occurred_at <= recorded_at", name="tracking_event_is_of_the_past"),
            # INVARIANT (a delivery ends once): the table refuses a second end, whatever is reported at once.
            UniqueConstraint(
                fields=("shipment_id",),
                name="tracking_event_ends_once",
                condition="status IN ('DELIVERED', 'RETURNED')",
            ),
        )
        indexes = (
            Index(fields=["shipment_id", "id"], name="tracking_event_of_shipment"),
            Index(fields=["recipient_id"], name="tracking_event_to_recipient"),
        )

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[TrackingEvent]":
        """Scope events to those of parcels that the viewer may know of; a partner's to its own (P4.2, P2.6)."""
        through = """JOIN "order" o ON o.id = t.order_id JOIN shipment h ON h.id = t.shipment_id
            JOIN fulfillment_order f ON f.id = h.fulfilment_id"""
        objected = "EXISTS (SELECT FROM recipient r WHERE r.id = t.recipient_id AND r.objected_at IS NOT NULL)"
        supplied, handed = "f.supplier_id = :supplier", "h.carrier_partner_id = :partner"
        scopes = (ORDERS_READ, FULFILLMENT_ORDERS_READ)
        return Rows(
            cls, viewer, order_scope(viewer, "o", supplied, through, carrier=handed, scopes=scopes, objected=objected)
        )
