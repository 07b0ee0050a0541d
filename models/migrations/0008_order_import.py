"""Order import."""

# ruff: noqa: RUF012 -- Tortoise reads these lists from the class.

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from models.columns import DigestField


class Migration(migrations.Migration):
    dependencies = [("shop", "0007_step_up")]

    initial = False

    operations = [
        ops.CreateModel(
            name="OrderLineCancellation",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "line",
                    fields.ForeignKeyField(
                        "shop.OrderLine",
                        source_field="line_id",
                        to_field="id",
                        related_name="cancellations",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("quantity", fields.IntField()),
                ("external_source", fields.CharField(max_length=32)),
                ("external_reference", fields.CharField(max_length=64)),
                ("position", fields.IntField()),
                ("cancelled_at", fields.DatetimeField()),
            ],
            options={
                "table": "order_line_cancellation",
                "unique_together": (("external_source", "external_reference", "position"),),
                "indexes": [Index(fields=["line_id"], name="order_line_cancellation_of_line")],
                "pk_attr": "id",
            },
        ),
        ops.AddConstraint(
            model_name="OrderLineCancellation",
            constraint=CheckConstraint(check="quantity > 0", name="order_line_cancellation_is_of_something"),
        ),
        ops.AddField(
            model_name="Account",
            name="external_reference",
            field=fields.CharField(null=True, max_length=64),
        ),
        ops.AddField(
            model_name="Account",
            name="external_source",
            field=fields.CharField(null=True, max_length=32),
        ),
        ops.AddConstraint(
            model_name="Account",
            constraint=UniqueConstraint(
                fields=("external_source", "external_reference"), name="account_is_imported_once"
            ),
        ),
        ops.AddField(
            model_name="Order",
            name="external_attributes",
            field=fields.JSONField(null=True),
        ),
        ops.AddField(
            model_name="Order",
            name="external_digest",
            field=DigestField(null=True),
        ),
        ops.AddField(
            model_name="Order",
            name="external_reference",
            field=fields.CharField(null=True, max_length=64),
        ),
        ops.AddField(
            model_name="Order",
            name="external_source",
            field=fields.CharField(null=True, max_length=32),
        ),
        ops.AddConstraint(
            model_name="Order",
            constraint=UniqueConstraint(
                fields=("external_source", "external_reference"), name="order_is_imported_once"
            ),
        ),
        ops.AddConstraint(
            model_name="Order",
            constraint=CheckConstraint(
                check="(external_source IS NULL) = (external_reference IS NULL)", name="order_reference_has_a_source"
            ),
        ),
        ops.AddField(
            model_name="OrderLine",
            name="cancelled_quantity",
            field=fields.IntField(default=0, db_default=0),
        ),
        ops.AddConstraint(
            model_name="OrderLine",
            constraint=CheckConstraint(
                check="cancelled_quantity BETWEEN 0 AND quantity", name="order_line_cancels_what_was_ordered"
            ),
        ),
        ops.AddField(
            model_name="Recipient",
            name="is_synthesised",
            field=fields.BooleanField(default=False, db_default=False),
        ),
    ]
