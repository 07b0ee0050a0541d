"""The shop's database remembers the region that it was made in (P8.1)."""

# ruff: noqa: RUF012 -- Tortoise reads these lists from the class.

from tortoise import fields, migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint


class Migration(migrations.Migration):
    dependencies = [("shop", "0036_anomalies")]

    initial = False

    operations = [
        ops.CreateModel(
            name="StorageRegion",
            fields=[
                ("id", fields.SmallIntField(generated=False, primary_key=True)),
                ("region", fields.CharField(max_length=8)),
                ("noted_at", fields.DatetimeField()),
            ],
            options={"table": "storage_region", "pk_attr": "id"},
        ),
        ops.AddConstraint(
            model_name="StorageRegion",
            constraint=CheckConstraint(check="id = 1", name="storage_region_is_one"),
        ),
        # Now and not with all other privileges after the migrations: servers that run look at it at once.
        ops.RunSQL(["GRANT SELECT ON storage_region TO avow_app"], ["REVOKE ALL ON storage_region FROM avow_app"]),
    ]
