"""Step up."""

# ruff: noqa: RUF012 -- Tortoise reads these lists from the class.

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("shop", "0006_audit")]

    initial = False

    operations = [
        ops.CreateModel(
            name="StepUpCode",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "session",
                    fields.OneToOneField(
                        "shop.Session",
                        source_field="session_id",
                        to_field="id",
                        related_name="code",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("attempts", fields.SmallIntField()),
                ("expires_at", fields.DatetimeField()),
            ],
            options={"table": "step_up_code", "pk_attr": "id"},
        ),
        ops.AddField(
            model_name="Session",
            name="proven_until",
            field=fields.DatetimeField(null=True),
        ),
    ]
