"""The ledger of disclosures."""

# ruff: noqa: RUF012 -- Tortoise reads these lists from the class.

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from models.columns import DigestField


class Migration(migrations.Migration):
    dependencies = [("shop", "0014_consent_purposes")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Disclosure",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "shop.Account",
                        source_field="account_id",
                        to_field="id",
                        related_name="disclosures",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("party", fields.CharField(max_length=24)),
                (
                    "viewer_account",
                    fields.ForeignKeyField(
                        "shop.Account",
                        source_field="viewer_account_id",
                        null=True,
                        to_field="id",
                        related_name="shown",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "supplier",
                    fields.ForeignKeyField(
                        "shop.Supplier",
                        source_field="supplier_id",
                        null=True,
                        to_field="id",
                        related_name="shown",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("partner_id", fields.UUIDField(null=True)),
                ("credential_id", fields.UUIDField(null=True)),
                ("classes", fields.JSONField()),
                ("purpose", fields.CharField(max_length=40)),
                ("clauses", fields.JSONField()),
                (
                    "ground",
                    fields.ForeignKeyField(
                        "shop.LegalGround",
                        source_field="ground_id",
                        null=True,
                        to_field="id",
                        related_name="shown",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "order",
                    fields.ForeignKeyField(
                        "shop.Order",
                        source_field="order_id",
                        null=True,
                        to_field="id",
                        related_name="shown",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("operation", fields.CharField(null=True, max_length=64)),
                ("rules", fields.CharField(max_length=16)),
                ("disclosed_at", fields.DatetimeField()),
                ("partition", fields.UUIDField()),
                ("position", fields.BigIntField()),
                ("hash", DigestField()),
            ],
            options={
                "table": "disclosure",
                "indexes": [Index(fields=["account_id", "id"], name="disclosure_of_account")],
                "pk_attr": "id",
            },
        ),
        ops.AddConstraint(
            model_name="Disclosure",
            constraint=UniqueConstraint(fields=("partition", "position"), name="disclosure_has_one_place"),
        ),
        ops.AddConstraint(
            model_name="Disclosure",
            constraint=CheckConstraint(check="position > 0 AND octet_length(hash) = 32", name="disclosure_is_chained"),
        ),
    ]
