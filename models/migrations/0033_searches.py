"""What is searched for is kept: as people's own if they consent, otherwise leading to nobody (P2.2c)."""

# ruff: noqa: RUF012 -- Tortoise reads these lists from the class.

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models.sealed import SealedField


class Migration(migrations.Migration):
    dependencies = [("shop", "0032_identity_verifications")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Search",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "shop.Account",
                        source_field="account_id",
                        to_field="id",
                        related_name="searches",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("words", SealedField()),
                ("searched_at", fields.DatetimeField()),
            ],
            options={
                "table": "search",
                "indexes": [Index(fields=["account_id", "id"], name="search_of_account")],
                "pk_attr": "id",
            },
        ),
        ops.CreateModel(
            name="UnlinkedSearch",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                ("words", fields.TextField()),
                ("searched_on", fields.DateField()),
                ("client_kind", fields.CharField(max_length=16)),
                ("user_agent_family", fields.CharField(max_length=32)),
            ],
            options={"table": "unlinked_search", "pk_attr": "id"},
        ),
    ]
