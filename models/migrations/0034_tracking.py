"""What carriers report of parcels."""

# ruff: noqa: RUF012 -- Tortoise reads these lists from the class.

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from models.sealed import SealedField
from models.tracking import TrackingStatus


class Migration(migrations.Migration):
    dependencies = [("shop", "0033_searches")]

    initial = False

    operations = [
        ops.CreateModel(
            name="TrackingEvent",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "shipment",
                    fields.ForeignKeyField(
                        "shop.Shipment",
                        source_field="shipment_id",
                        to_field="id",
                        related_name="tracking_events",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "order",
                    fields.ForeignKeyField(
                        "shop.Order",
                        source_field="order_id",
                        to_field="id",
                        related_name="tracking_events",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "recipient",
                    fields.ForeignKeyField(
                        "shop.Recipient",
                        source_field="recipient_id",
                        to_field="id",
                        related_name="tracking_events",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "partner",
                    fields.ForeignKeyField(
                        "shop.Partner",
                        source_field="partner_id",
                        to_field="id",
                        related_name="tracking_events",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("status", fields.CharEnumField(enum_type=TrackingStatus, max_length=16)),
                ("occurred_at", fields.DatetimeField()),
                ("recorded_at", fields.DatetimeField()),
                ("country", SealedField(null=True)),
            ],
            options={
                "table": "tracking_event",
                "indexes": [
                    Index(fields=["shipment_id", "id"], name="tracking_event_of_shipment"),
                    Index(fields=["recipient_id"], name="tracking_event_to_recipient"),
                ],
                "pk_attr": "id",
            },
        ),
        ops.AddConstraint(
            model_name="TrackingEvent",
            constraint=CheckConstraint(check="occurred_at <= recorded_at", name="tracking_event_is_of_the_past"),
        ),
        ops.AddConstraint(
            model_name="TrackingEvent",
            constraint=UniqueConstraint(
                fields=("shipment_id",),
                name="tracking_event_ends_once",
                condition="status IN ('DELIVERED', 'RETURNED')",
            ),
        ),
    ]
