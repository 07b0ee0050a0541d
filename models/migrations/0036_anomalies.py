"""Signs of abuse that are noticed of orders, once each (P2.4, P4.4)."""

# ruff: noqa: RUF012 -- Tortoise reads these lists from the class.

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

from models.anomalies import AnomalyKind


class Migration(migrations.Migration):
    dependencies = [("shop", "0035_company_checks")]

    initial = False

    operations = [
        ops.CreateModel(
            name="OrderAnomaly",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "order",
                    fields.ForeignKeyField(
                        "shop.Order",
                        source_field="order_id",
                        to_field="id",
                        related_name="anomalies",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("kind", fields.CharEnumField(enum_type=AnomalyKind, max_length=16)),
                ("noticed_at", fields.DatetimeField()),
                ("closes_at", fields.DatetimeField()),
            ],
            options={
                "table": "order_anomaly",
                "unique_together": (("order_id", "kind"),),
                "indexes": [Index(fields=["closes_at"], name="order_anomaly_closing")],
                "pk_attr": "id",
            },
        ),
        ops.AddConstraint(
            model_name="OrderAnomaly",
            constraint=CheckConstraint(
                check="closes_at > noticed_at", name="order_anomaly_closes_after_it_was_noticed"
            ),
        ),
    ]
