"""Shipments."""

# ruff: noqa: RUF012 -- Tortoise reads these lists from the class.

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

from models.fulfilments import RejectionReason
from models.indexes import IndexWhere
from models.payments import RefundState
from models.sealed import SealedField
from models.shipments import ShipmentStatus


class Migration(migrations.Migration):
    dependencies = [("shop", "0010_operators")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Refund",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "order",
                    fields.ForeignKeyField(
                        "shop.Order",
                        source_field="order_id",
                        to_field="id",
                        related_name="refunds",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "fulfilment",
                    fields.OneToOneField(
                        "shop.FulfillmentOrder",
                        source_field="fulfilment_id",
                        to_field="id",
                        related_name="refund",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("state", fields.CharEnumField(enum_type=RefundState, max_length=16)),
                ("currency", fields.CharField(max_length=3)),
                ("amount_minor", fields.BigIntField()),
                ("created_at", fields.DatetimeField()),
                ("settled_at", fields.DatetimeField(null=True)),
            ],
            options={
                "table": "refund",
                "indexes": [
                    Index(fields=["order_id"], name="refund_of_order"),
                    IndexWhere(fields=["id"], name="refund_due", where="state = 'DUE'"),
                ],
                "pk_attr": "id",
            },
        ),
        ops.AddConstraint(
            model_name="Refund",
            constraint=CheckConstraint(check="amount_minor >= 0", name="refund_amount_is_not_negative"),
        ),
        ops.CreateModel(
            name="Shipment",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "fulfilment",
                    fields.ForeignKeyField(
                        "shop.FulfillmentOrder",
                        source_field="fulfilment_id",
                        to_field="id",
                        related_name="shipments",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "order",
                    fields.ForeignKeyField(
                        "shop.Order",
                        source_field="order_id",
                        to_field="id",
                        related_name="shipments",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "recipient",
                    fields.ForeignKeyField(
                        "shop.Recipient",
                        source_field="recipient_id",
                        to_field="id",
                        related_name="shipments",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("status", fields.CharEnumField(enum_type=ShipmentStatus, max_length=16)),
                ("carrier", fields.CharField(max_length=60)),
                ("tracking_number", SealedField(null=True)),
                ("created_at", fields.DatetimeField()),
            ],
            options={
                "table": "shipment",
                "indexes": [
                    Index(fields=["order_id", "id"], name="shipment_of_order"),
                    Index(fields=["fulfilment_id", "id"], name="shipment_of_fulfilment"),
                    Index(fields=["recipient_id"], name="shipment_to_recipient"),
                ],
                "pk_attr": "id",
            },
        ),
        ops.CreateModel(
            name="ShipmentLine",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "shipment",
                    fields.ForeignKeyField(
                        "shop.Shipment",
                        source_field="shipment_id",
                        to_field="id",
                        related_name="lines",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "order_line",
                    fields.ForeignKeyField(
                        "shop.OrderLine",
                        source_field="order_line_id",
                        to_field="id",
                        related_name="shipped_in",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("quantity", fields.IntField()),
            ],
            options={
                "table": "shipment_line",
                "unique_together": (("shipment_id", "order_line_id"),),
                "indexes": [Index(fields=["order_line_id"], name="shipment_line_of_order_line")],
                "pk_attr": "id",
            },
        ),
        ops.AddConstraint(
            model_name="ShipmentLine",
            constraint=CheckConstraint(check="quantity > 0", name="shipment_line_quantity_is_positive"),
        ),
        ops.AddField(
            model_name="FulfillmentOrder",
            name="rejection_reason",
            field=fields.CharEnumField(null=True, enum_type=RejectionReason, max_length=16),
        ),
        ops.AddField(
            model_name="FulfillmentOrder",
            name="version",
            field=fields.IntField(default=1, db_default=1),
        ),
        ops.AddConstraint(
            model_name="FulfillmentOrder",
            constraint=CheckConstraint(
                check="(status = 'REJECTED') = (rejection_reason IS NOT NULL)",
                name="fulfillment_is_rejected_for_a_reason",
            ),
        ),
        ops.AddField(
            model_name="OrderLine",
            name="shipped",
            field=fields.IntField(default=0, db_default=0),
        ),
        ops.AddConstraint(
            model_name="OrderLine",
            constraint=CheckConstraint(
                check="shipped >= 0 AND shipped + cancelled_quantity <= quantity",
                name="order_line_is_shipped_at_most_once",
            ),
        ),
    ]
