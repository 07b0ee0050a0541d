"""Room for the longest purpose's name in guardians' consents."""

# ruff: noqa: RUF012 -- Tortoise reads these lists from the class.

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("shop", "0013_legal_grounds_and_transfers")]

    initial = False

    operations = [
        ops.AlterField(
            model_name="GuardianConsent",
            name="purpose",
            field=fields.CharField(max_length=40),
        ),
    ]
