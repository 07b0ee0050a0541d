"""What people consent to for themselves, in sum, beside what their guardians consent to."""

# ruff: noqa: RUF012 -- Tortoise reads these lists from the class.

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("shop", "0011_shipments")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Account",
            name="own_consents",
            field=fields.IntField(default=0, db_default=0),
        ),
    ]
