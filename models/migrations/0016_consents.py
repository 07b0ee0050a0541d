"""People's own consents, step by step."""

# ruff: noqa: RUF012 -- Tortoise reads these lists from the class.

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("shop", "0015_disclosures")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Consent",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "shop.Account",
                        source_field="account_id",
                        to_field="id",
                        related_name="consents",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("purpose", fields.CharField(max_length=40)),
                ("is_given", fields.BooleanField()),
                ("policy_version", fields.IntField()),
                ("recorded_at", fields.DatetimeField()),
            ],
            options={
                "table": "consent",
                "indexes": [Index(fields=["account_id", "id"], name="consent_of_account")],
                "pk_attr": "id",
            },
        ),
    ]
