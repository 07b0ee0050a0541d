"""Catalogue."""

# ruff: noqa: RUF012 -- Tortoise reads these lists from the class.

from tortoise import fields, migrations
from tortoise.contrib.postgres.fields import ArrayField, TSVectorField
from tortoise.contrib.postgres.indexes import GinIndex
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from models.columns import DigestField
from models.products import ProductStatus


class Migration(migrations.Migration):
    dependencies = [("shop", "0003_guardian_challenges")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Category",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "parent",
                    fields.ForeignKeyField(
                        "shop.Category",
                        source_field="parent_id",
                        null=True,
                        to_field="id",
                        related_name="children",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("name", fields.CharField(max_length=255)),
                ("slug", fields.CharField(unique=True, max_length=255)),
                ("external_reference", fields.CharField(null=True, unique=True, max_length=120)),
                ("lineage", ArrayField(element_type="UUID")),
                ("position", fields.IntField(default=0, db_default=0)),
            ],
            options={
                "table": "category",
                "indexes": [
                    Index(fields=["parent_id", "position", "id"], name="category_of_parent"),
                    GinIndex(fields=["lineage"], name="category_by_ancestor"),
                ],
                "pk_attr": "id",
            },
        ),
        ops.AddConstraint(
            model_name="Category",
            constraint=CheckConstraint(check="parent_id <> id", name="category_is_not_its_own_parent"),
        ),
        ops.AddConstraint(
            model_name="Category",
            constraint=CheckConstraint(
                check="lineage[cardinality(lineage)] = id", name="category_lineage_ends_with_itself"
            ),
        ),
        ops.CreateModel(
            name="Collection",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                ("name", fields.CharField(max_length=120)),
                ("slug", fields.CharField(unique=True, max_length=120)),
                ("description", fields.TextField()),
                ("position", fields.IntField(default=0, db_default=0)),
            ],
            options={"table": "collection", "pk_attr": "id"},
        ),
        ops.CreateModel(
            name="Product",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "supplier",
                    fields.ForeignKeyField(
                        "shop.Supplier",
                        source_field="supplier_id",
                        to_field="id",
                        related_name="products",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "category",
                    fields.ForeignKeyField(
                        "shop.Category",
                        source_field="category_id",
                        null=True,
                        to_field="id",
                        related_name="products",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("handle", fields.CharField(unique=True, max_length=255)),
                ("title", fields.CharField(max_length=255)),
                ("description", fields.TextField()),
                ("vendor", fields.CharField(max_length=120)),
                ("product_type", fields.CharField(max_length=120)),
                ("tags", ArrayField(element_type="TEXT")),
                ("status", fields.CharEnumField(enum_type=ProductStatus, max_length=16)),
                ("external_reference", fields.CharField(null=True, max_length=120)),
                ("currency", fields.CharField(max_length=3)),
                ("price_from_minor", fields.BigIntField(null=True)),
                ("price_to_minor", fields.BigIntField(null=True)),
                ("search_words", fields.TextField()),
                (
                    "search_vector",
                    TSVectorField(
                        generated=True,
                        null=True,
                        source_fields=("title", "search_words", "description"),
                        config="simple",
                        weights=("A", "B", "D"),
                        stored=True,
                    ),
                ),
                ("import_digest", DigestField(null=True)),
                ("published_at", fields.DatetimeField(null=True)),
                ("created_at", fields.DatetimeField()),
                ("updated_at", fields.DatetimeField()),
                ("version", fields.IntField(default=1, db_default=1)),
            ],
            options={
                "table": "product",
                "indexes": [
                    Index(fields=["category_id", "id"], name="product_of_category"),
                    Index(fields=["supplier_id", "id"], name="product_of_supplier"),
                    Index(fields=["price_from_minor", "id"], name="product_by_price"),
                    Index(fields=["updated_at", "id"], name="product_by_change"),
                    GinIndex(fields=["tags"], name="product_by_tag"),
                    GinIndex(fields=["search_vector"], name="product_by_word"),
                ],
                "pk_attr": "id",
            },
        ),
        ops.AddConstraint(
            model_name="Product",
            constraint=CheckConstraint(check="price_from_minor <= price_to_minor", name="product_price_range_is_one"),
        ),
        ops.AddConstraint(
            model_name="Product",
            constraint=UniqueConstraint(
                fields=("supplier_id", "external_reference"), name="product_reference_of_supplier"
            ),
        ),
        ops.CreateModel(
            name="CollectionMembership",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "collection",
                    fields.ForeignKeyField(
                        "shop.Collection",
                        source_field="collection_id",
                        to_field="id",
                        related_name="memberships",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "product",
                    fields.ForeignKeyField(
                        "shop.Product",
                        source_field="product_id",
                        to_field="id",
                        related_name="memberships",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
            ],
            options={
                "table": "collection_membership",
                "indexes": [Index(fields=["product_id"], name="collection_membership_of_product")],
                "pk_attr": "id",
            },
        ),
        ops.AddConstraint(
            model_name="CollectionMembership",
            constraint=UniqueConstraint(
                fields=("collection_id", "product_id"), name="collection_membership_is_there_once"
            ),
        ),
        ops.CreateModel(
            name="ProductAttribute",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "product",
                    fields.ForeignKeyField(
                        "shop.Product",
                        source_field="product_id",
                        to_field="id",
                        related_name="attributes",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("name", fields.CharField(max_length=120)),
                ("value", fields.TextField()),
                ("position", fields.IntField()),
            ],
            options={"table": "product_attribute", "pk_attr": "id"},
        ),
        ops.AddConstraint(
            model_name="ProductAttribute",
            constraint=UniqueConstraint(fields=("product_id", "name"), name="product_attribute_is_named_once"),
        ),
        ops.CreateModel(
            name="ProductMedia",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "product",
                    fields.ForeignKeyField(
                        "shop.Product",
                        source_field="product_id",
                        to_field="id",
                        related_name="media",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("url", fields.CharField(max_length=2000)),
                ("alt", fields.CharField(max_length=512)),
                ("position", fields.IntField()),
            ],
            options={"table": "product_media", "pk_attr": "id"},
        ),
        ops.AddConstraint(
            model_name="ProductMedia",
            constraint=UniqueConstraint(fields=("product_id", "position"), name="product_media_has_a_place"),
        ),
        ops.CreateModel(
            name="ProductOption",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "product",
                    fields.ForeignKeyField(
                        "shop.Product",
                        source_field="product_id",
                        to_field="id",
                        related_name="options",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("name", fields.CharField(max_length=120)),
                ("option_values", ArrayField(element_type="TEXT")),
                ("position", fields.IntField()),
            ],
            options={"table": "product_option", "pk_attr": "id"},
        ),
        ops.AddConstraint(
            model_name="ProductOption",
            constraint=UniqueConstraint(fields=("product_id", "position"), name="product_option_has_a_place"),
        ),
        ops.AddConstraint(
            model_name="ProductOption",
            constraint=UniqueConstraint(fields=("product_id", "name"), name="product_option_is_named_once"),
        ),
        ops.CreateModel(
            name="ProductVariant",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "product",
                    fields.ForeignKeyField(
                        "shop.Product",
                        source_field="product_id",
                        to_field="id",
                        related_name="variants",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("sku", fields.CharField(max_length=64)),
                ("title", fields.CharField(max_length=255)),
                ("option_values", ArrayField(element_type="TEXT")),
                ("currency", fields.CharField(max_length=3)),
                ("price_minor", fields.BigIntField()),
                ("compare_at_minor", fields.BigIntField(null=True)),
                ("barcode", fields.CharField(max_length=64)),
                ("weight_grams", fields.IntField(null=True)),
                ("position", fields.IntField()),
                ("version", fields.IntField(default=1, db_default=1)),
            ],
            options={
                "table": "product_variant",
                "indexes": [
                    Index(fields=["product_id", "position"], name="product_variant_of_product"),
                    Index(fields=["sku"], name="product_variant_by_sku"),
                ],
                "pk_attr": "id",
            },
        ),
        ops.AddConstraint(
            model_name="ProductVariant",
            constraint=CheckConstraint(check="price_minor >= 0", name="product_variant_price_is_not_negative"),
        ),
        ops.AddConstraint(
            model_name="ProductVariant",
            constraint=CheckConstraint(
                check="compare_at_minor >= 0", name="product_variant_former_price_is_not_negative"
            ),
        ),
        ops.AddConstraint(
            model_name="ProductVariant",
            constraint=CheckConstraint(check="weight_grams >= 0", name="product_variant_weight_is_not_negative"),
        ),
        ops.AddConstraint(
            model_name="ProductVariant",
            constraint=UniqueConstraint(
                fields=("product_id", "option_values"), name="product_variant_is_one_combination"
            ),
        ),
        ops.CreateModel(
            name="PriceTier",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "variant",
                    fields.ForeignKeyField(
                        "shop.ProductVariant",
                        source_field="variant_id",
                        to_field="id",
                        related_name="price_tiers",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("minimum_quantity", fields.IntField()),
                ("price_minor", fields.BigIntField()),
                ("currency", fields.CharField(max_length=3)),
            ],
            options={"table": "price_tier", "pk_attr": "id"},
        ),
        ops.AddConstraint(
            model_name="PriceTier",
            constraint=CheckConstraint(check="minimum_quantity >= 2", name="price_tier_begins_above_one"),
        ),
        ops.AddConstraint(
            model_name="PriceTier",
            constraint=CheckConstraint(check="price_minor >= 0", name="price_tier_price_is_not_negative"),
        ),
        ops.AddConstraint(
            model_name="PriceTier",
            constraint=UniqueConstraint(fields=("variant_id", "minimum_quantity"), name="price_tier_begins_once"),
        ),
    ]
