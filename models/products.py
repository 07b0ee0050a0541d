"""Products, their variants and prices, and how they are shown."""

from enum import StrEnum
from typing import Any, ClassVar, cast
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField, TSVectorField
from tortoise.contrib.postgres.indexes import GinIndex
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

from models.categories import Category
from models.columns import DigestField, identity, not_personal
from models.indexes import IndexOn
from models.rows import Rows
from models.scoping import PUBLISHED_PRODUCT, public_scope
from models.suppliers import Supplier
from policy.viewer import Viewer


class ProductStatus(StrEnum):
    """Whether a product is shown."""

    DRAFT = "DRAFT"
    ACTIVE = "ACTIVE"
    ARCHIVED = "ARCHIVED"


class Product(Model):
    """
    Something that a supplier sells, in one or several variants.

    The range of its prices and the words that it is found by are sums of other tables; `models.catalogue.summarise`
    brings them up to date, in the transaction that changes variants, their prices or the category.
    """

    id = identity()
    supplier: fields.ForeignKeyRelation[Supplier] = not_personal(
        fields.ForeignKeyField("shop.Supplier", on_delete=fields.RESTRICT, related_name="products")
    )
    supplier_id: UUID
    category: fields.ForeignKeyNullableRelation[Category] = not_personal(
        cast(
            Any,
            fields.ForeignKeyField("shop.Category", null=True, on_delete=fields.RESTRICT, related_name="products"),
        )
    )
    category_id: UUID | None
    handle = not_personal(fields.CharField(max_length=255, unique=True))
    title = not_personal(fields.CharField(max_length=255))
    description = not_personal(fields.TextField())
    vendor = not_personal(fields.CharField(max_length=120))
    product_type = not_personal(fields.CharField(max_length=120))
    tags: Any = not_personal(ArrayField(element_type="text"))
    status = not_personal(fields.CharEnumField(ProductStatus, max_length=16))
    external_reference = not_personal(fields.CharField(max_length=120, null=True))
    # What range the prices of its variants have; null without variants.
    currency = not_personal(fields.CharField(max_length=3))
    price_from_minor = not_personal(fields.BigIntField(null=True))
    price_to_minor = not_personal(fields.BigIntField(null=True))
    # The SKUs of its variants and the names of its category and those above.
    search_words = not_personal(fields.TextField())
    search_vector: Any = not_personal(
        TSVectorField(
            source_fields=("title", "search_words", "description"), config="simple", weights=("A", "B", "D"), null=True
        )
    )
    # Of what was last imported: what is imported again unchanged is left alone.
    import_digest: Any = not_personal(DigestField(null=True))
    published_at = not_personal(fields.DatetimeField(null=True))
    created_at = not_personal(fields.DatetimeField())
    updated_at = not_personal(fields.DatetimeField())
    version = not_personal(fields.IntField(default=1, db_default=1))

    class Meta(Model.Meta):
        table = "product"
        constraints = (
            CheckConstraint(check="price_from_minor <= price_to_minor", name="product_price_range_is_one"),
            UniqueConstraint(fields=("supplier_id", "external_reference"), name="product_reference_of_supplier"),
        )
        indexes = (
            Index(fields=["category_id", "id"], name="product_of_category"),
            Index(fields=["supplier_id", "id"], name="product_of_supplier"),
            Index(fields=["price_from_minor", "id"], name="product_by_price"),
            # The very words of `models.catalogue.BY_TITLE` and `BY_PRICE`: a list runs by an index on what it sorts by.
            IndexOn(sql=["lower(left(title, 60))", "id"], name="product_list_by_title"),
            IndexOn(sql=["coalesce(price_from_minor, 0)", "id"], name="product_list_by_price"),
            Index(fields=["updated_at", "id"], name="product_by_change"),
            GinIndex(fields=["tags"], name="product_by_tag"),
            GinIndex(fields=["search_vector"], name="product_by_word"),
        )

    # By what else than a column products are listed for many at once: in a category or below it, in a collection.
    links: ClassVar = {
        "category_or_above": "t.category_id IN (SELECT c.id FROM category c WHERE c.lineage @> ARRAY[p.key])",
        "collection": "t.id IN (SELECT m.product_id FROM collection_membership m WHERE m.collection_id = p.key)",
    }

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[Product]":
        """Scope products: everybody sees those that are active and published, an operator all of them."""
        return Rows(cls, viewer, public_scope(viewer, public="t.status = 'ACTIVE' AND t.published_at <= :now"))


class ProductOption(Model):
    """In what the variants of a product differ, such as their size."""

    id = identity()
    product: fields.ForeignKeyRelation[Product] = not_personal(
        fields.ForeignKeyField("shop.Product", on_delete=fields.RESTRICT, related_name="options")
    )
    product_id: UUID
    name = not_personal(fields.CharField(max_length=120))
    option_values: Any = not_personal(ArrayField(element_type="text"))
    position = not_personal(fields.IntField())

    class Meta(Model.Meta):
        table = "product_option"
        constraints = (
            UniqueConstraint(fields=("product_id", "position"), name="product_option_has_a_place"),
            UniqueConstraint(fields=("product_id", "name"), name="product_option_is_named_once"),
        )

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[ProductOption]":
        """Scope options to those of products that the viewer may know of."""
        return Rows(cls, viewer, public_scope(viewer, public=PUBLISHED_PRODUCT))


class ProductVariant(Model):
    """
    What is bought: a product in one combination of its options.

    Its option values stand in the order of the product's options; a product without options has one variant with none.
    """

    id = identity()
    product: fields.ForeignKeyRelation[Product] = not_personal(
        fields.ForeignKeyField("shop.Product", on_delete=fields.RESTRICT, related_name="variants")
    )
    product_id: UUID
    sku = not_personal(fields.CharField(max_length=64))
    title = not_personal(fields.CharField(max_length=255))
    option_values: Any = not_personal(ArrayField(element_type="text"))
    currency = not_personal(fields.CharField(max_length=3))
    price_minor = not_personal(fields.BigIntField())
    compare_at_minor = not_personal(fields.BigIntField(null=True))
    barcode = not_personal(fields.CharField(max_length=64))
    weight_grams = not_personal(fields.IntField(null=True))
    position = not_personal(fields.IntField())
    version = not_personal(fields.IntField(default=1, db_default=1))

    class Meta(Model.Meta):
        table = "product_variant"
        constraints = (
            CheckConstraint(check="price_minor >= 0", name="product_variant_price_is_not_negative"),
            CheckConstraint(check="compare_at_minor >= 0", name="product_variant_former_price_is_not_negative"),
            CheckConstraint(check="weight_grams >= 0", name="product_variant_weight_is_not_negative"),
            UniqueConstraint(fields=("product_id", "option_values"), name="product_variant_is_one_combination"),
        )
        indexes = (
            Index(fields=["product_id", "position"], name="product_variant_of_product"),
            Index(fields=["sku"], name="product_variant_by_sku"),
        )

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[ProductVariant]":
        """Scope variants to those of products that the viewer may know of."""
        return Rows(cls, viewer, public_scope(viewer, public=PUBLISHED_PRODUCT))


class PriceTier(Model):
    """What one of a variant costs from some quantity on, in the variant's currency."""

    id = identity()
    variant: fields.ForeignKeyRelation[ProductVariant] = not_personal(
        fields.ForeignKeyField("shop.ProductVariant", on_delete=fields.RESTRICT, related_name="price_tiers")
    )
    variant_id: UUID
    minimum_quantity = not_personal(fields.IntField())
    price_minor = not_personal(fields.BigIntField())
    currency = not_personal(fields.CharField(max_length=3))

    class Meta(Model.Meta):
        table = "price_tier"
        constraints = (
            CheckConstraint(check="minimum_quantity >= 2", name="price_tier_begins_above_one"),
            CheckConstraint(check="price_minor >= 0", name="price_tier_price_is_not_negative"),
            UniqueConstraint(fields=("variant_id", "minimum_quantity"), name="price_tier_begins_once"),
        )

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[PriceTier]":
        """Scope tiers to those of variants that the viewer may know of."""
        through = "JOIN product_variant v ON v.id = t.variant_id"
        is_published = PUBLISHED_PRODUCT.replace("t.product_id", "v.product_id")
        return Rows(cls, viewer, public_scope(viewer, public=is_published, through=through))


class ProductMedia(Model):
    """A picture of a product; its address may be relative to the shop."""

    id = identity()
    product: fields.ForeignKeyRelation[Product] = not_personal(
        fields.ForeignKeyField("shop.Product", on_delete=fields.RESTRICT, related_name="media")
    )
    product_id: UUID
    url = not_personal(fields.CharField(max_length=2000))
    alt = not_personal(fields.CharField(max_length=512))
    position = not_personal(fields.IntField())

    class Meta(Model.Meta):
        table = "product_media"
        constraints = (UniqueConstraint(fields=("product_id", "position"), name="product_media_has_a_place"),)

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[ProductMedia]":
        """Scope pictures to those of products that the viewer may know of."""
        return Rows(cls, viewer, public_scope(viewer, public=PUBLISHED_PRODUCT))


class ProductAttribute(Model):
    """A fact about a product that no column is for, such as its material."""

    id = identity()
    product: fields.ForeignKeyRelation[Product] = not_personal(
        fields.ForeignKeyField("shop.Product", on_delete=fields.RESTRICT, related_name="attributes")
    )
    product_id: UUID
    name = not_personal(fields.CharField(max_length=120))
    value = not_personal(fields.TextField())
    position = not_personal(fields.IntField())

    class Meta(Model.Meta):
        table = "product_attribute"
        constraints = (UniqueConstraint(fields=("product_id", "name"), name="product_attribute_is_named_once"),)

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[ProductAttribute]":
        """Scope attributes to those of products that the viewer may know of."""
        return Rows(cls, viewer, public_scope(viewer, public=PUBLISHED_PRODUCT))
