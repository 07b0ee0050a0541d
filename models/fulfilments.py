"""Fulfilment orders: the part of an order that one supplier provides."""

from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model

from models.columns import About, identity, personal
from models.orders import FULFILLMENT_ORDERS_READ, Order, order_scope
from models.rows import Rows
from models.suppliers import Supplier
from policy.classes import ORDER
from policy.subjects import Subject
from policy.viewer import Viewer


class FulfillmentStatus(StrEnum):
    """How far a supplier's part of an order has come."""

    UNPAID = "UNPAID"
    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    PARTLY_SHIPPED = "PARTLY_SHIPPED"
    SHIPPED = "SHIPPED"
    RECEIVED = "RECEIVED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"


class RejectionReason(StrEnum):
    """Why a supplier does not send its part; a choice and no text, so that nothing about a person gets into it."""

    OUT_OF_STOCK = "OUT_OF_STOCK"
    DAMAGED = "DAMAGED"
    NOT_DELIVERABLE = "NOT_DELIVERABLE"
    OTHER = "OTHER"


class FulfillmentOrder(Model):
    """What one supplier provides of an order (P4.2): its lines are those of the order with this supplier."""

    about = About(Subject.ACCOUNT_HOLDER, by="order__buyer_id")
    id = identity()
    order: fields.ForeignKeyRelation[Order] = personal(
        ORDER, fields.ForeignKeyField("shop.Order", on_delete=fields.RESTRICT, related_name="fulfilments")
    )
    order_id: UUID
    supplier: fields.ForeignKeyRelation[Supplier] = personal(
        ORDER, fields.ForeignKeyField("shop.Supplier", on_delete=fields.RESTRICT, related_name="fulfilments")
    )
    supplier_id: UUID
    status = personal(ORDER, fields.CharEnumField(FulfillmentStatus, max_length=16))
    rejection_reason = personal(ORDER, fields.CharEnumField(RejectionReason, max_length=16, null=True))
    version = personal(ORDER, fields.IntField(default=1, db_default=1))
    created_at = personal(ORDER, fields.DatetimeField())

    class Meta(Model.Meta):
        table = "fulfillment_order"
        unique_together = (("order_id", "supplier_id"),)
        constraints = (
            CheckConstraint(
                check="(status = 'REJECTED') = (rejection_reason IS NOT NULL)",
                name="fulfillment_is_rejected_for_a_reason",
            ),
        )
        indexes = (Index(fields=["supplier_id", "id"], name="fulfillment_order_of_supplier"),)

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[FulfillmentOrder]":
        """Scope to those of orders that the viewer may know of; a supplier's to its own (P4.2)."""
        through = 'JOIN "order" o ON o.id = t.order_id'
        return Rows(
            cls,
            viewer,
            order_scope(viewer, "o", "t.supplier_id = :supplier", through, scopes=(FULFILLMENT_ORDERS_READ,)),
        )
