"""Fulfilment orders: the part of an order that one supplier provides."""

from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from models.columns import identity, personal
from models.orders import FULFILLMENT_ORDERS_READ, Order, order_scope
from models.rows import Rows
from models.suppliers import Supplier
from policy.classes import ORDER
from policy.viewer import Viewer


class FulfillmentStatus(StrEnum):
    """How far a supplier's part of an order has come."""

    UNPAID = "UNPAID"
    OPEN = "OPEN"
    RECEIVED = "RECEIVED"
    CANCELLED = "CANCELLED"


class FulfillmentOrder(Model):
    """What one supplier provides of an order (P4.2): its lines are those of the order with this supplier."""

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
    created_at = personal(ORDER, fields.DatetimeField())

    class Meta(Model.Meta):
        table = "fulfillment_order"
        unique_together = (("order_id", "supplier_id"),)
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
