"""What operators write: versions of categories, reasons of stock movements, and lists by title and price."""

# ruff: noqa: RUF012 -- Tortoise reads these lists from the class.

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models.indexes import IndexOn
from models.stock import StockReason


class Migration(migrations.Migration):
    dependencies = [("shop", "0009_order_line_variant")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Category",
            name="version",
            field=fields.IntField(default=1, db_default=1),
        ),
        ops.AddField(
            model_name="InventoryLevel",
            name="imported",
            field=fields.IntField(null=True),
        ),
        ops.AddIndex(
            model_name="InventoryLevel",
            index=Index(fields=["location_id", "id"], name="inventory_level_of_location"),
        ),
        ops.AddIndex(
            model_name="Product",
            index=IndexOn(sql=["lower(left(title, 60))", "id"], name="product_list_by_title"),
        ),
        ops.AddIndex(
            model_name="Product",
            index=IndexOn(sql=["coalesce(price_from_minor, 0)", "id"], name="product_list_by_price"),
        ),
        ops.AddField(
            model_name="StockMovement",
            name="reason",
            field=fields.CharEnumField(null=True, enum_type=StockReason, max_length=16),
        ),
    ]
