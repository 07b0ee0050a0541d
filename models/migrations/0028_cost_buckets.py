"""What viewers' operations have cost of late, shared by all server processes."""

# ruff: noqa: RUF012 -- Tortoise reads these lists from the class.

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from models.columns import DigestField


class Migration(migrations.Migration):
    dependencies = [("shop", "0025_minors")]

    initial = False

    operations = [
        ops.CreateModel(
            name="CostBucket",
            fields=[
                ("key", DigestField(primary_key=True)),
                ("full_until", fields.DatetimeField()),
            ],
            options={"table": "cost_bucket", "pk_attr": "key"},
        ),
        ops.RunSQL(
            # Every row is written again and again, in place as long as its page has room for another version.
            ["ALTER TABLE cost_bucket SET UNLOGGED", "ALTER TABLE cost_bucket SET (fillfactor = 50)"],
            ["ALTER TABLE cost_bucket SET LOGGED"],
        ),
    ]
