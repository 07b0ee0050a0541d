"""Order lines lead to the variant that was bought."""

# ruff: noqa: RUF012 -- Tortoise reads these lists from the class.

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from models.indexes import IndexWhere


class Migration(migrations.Migration):
    dependencies = [("shop", "0008_order_import")]

    initial = False

    operations = [
        ops.AddField(
            model_name="OrderLine",
            name="variant",
            field=fields.ForeignKeyField(  # pyright: ignore[reportUnknownArgumentType]  # Tortoise types it partially
                "shop.ProductVariant",
                source_field="variant_id",
                null=True,
                to_field="id",
                related_name="order_lines",
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddIndex(
            model_name="OrderLine",
            index=IndexWhere(fields=["variant_id"], name="order_line_of_variant", where="variant_id IS NOT NULL"),
        ),
    ]
