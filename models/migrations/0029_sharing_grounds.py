"""On which of the eight grounds of sharing a partner was shown something (P4.1)."""

# ruff: noqa: RUF012 -- Tortoise reads these lists from the class.

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("shop", "0028_cost_buckets")]

    initial = False

    operations = [
        # Null in the rows that there are: they are never changed, and their hashes do not cover it.
        ops.AddField(model_name="Disclosure", name="sharing_grounds", field=fields.JSONField[list[str]](null=True)),
    ]
