"""Categories, a tree; and collections of products that belong together for some other reason."""

from typing import Any, cast
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.contrib.postgres.indexes import GinIndex
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

from models.columns import identity, not_personal
from models.rows import Rows
from models.scoping import EVERYTHING, public_scope
from policy.viewer import Viewer


class Category(Model):
    """
    A place in the shop's tree of what it sells.

    The lineage is stored, the root first and the category itself last, so that ancestors and descendants are one
    look-up each; `models.catalogue.relate` brings it up to date after categories have moved.
    """

    id = identity()
    parent: fields.ForeignKeyNullableRelation["Category"] = not_personal(
        cast(
            Any,
            fields.ForeignKeyField("shop.Category", related_name="children", null=True, on_delete=fields.RESTRICT),
        )
    )
    parent_id: UUID | None
    name = not_personal(fields.CharField(max_length=255))
    slug = not_personal(fields.CharField(max_length=255, unique=True))
    external_reference = not_personal(fields.CharField(max_length=120, null=True, unique=True))
    lineage: Any = not_personal(ArrayField(element_type="uuid"))
    position = not_personal(fields.IntField(default=0, db_default=0))
    version = not_personal(fields.IntField(default=1, db_default=1))

    class Meta(Model.Meta):
        table = "category"
        constraints = (
            CheckConstraint(check="parent_id <> id", name="category_is_not_its_own_parent"),
            CheckConstraint(check="lineage[cardinality(lineage)] = id", name="category_lineage_ends_with_itself"),
        )
        indexes = (
            Index(fields=["parent_id", "position", "id"], name="category_of_parent"),
            GinIndex(fields=["lineage"], name="category_by_ancestor"),
        )

    @classmethod
    def rows(cls, viewer: Viewer) -> "Rows[Category]":
        """Read categories; they are about nobody, and everybody sees all of them."""
        return Rows(cls, viewer, public_scope(viewer, public=EVERYTHING))


class Collection(Model):
    """Products that are shown together, such as those of a season."""

    id = identity()
    name = not_personal(fields.CharField(max_length=120))
    slug = not_personal(fields.CharField(max_length=120, unique=True))
    description = not_personal(fields.TextField())
    position = not_personal(fields.IntField(default=0, db_default=0))

    class Meta(Model.Meta):
        table = "collection"

    @classmethod
    def rows(cls, viewer: Viewer) -> "Rows[Collection]":
        """Read collections; they are about nobody, and everybody sees all of them."""
        return Rows(cls, viewer, public_scope(viewer, public=EVERYTHING))


class CollectionMembership(Model):
    """That a product belongs to a collection."""

    id = identity()
    collection: fields.ForeignKeyRelation[Collection] = not_personal(
        fields.ForeignKeyField("shop.Collection", on_delete=fields.RESTRICT, related_name="memberships")
    )
    collection_id: UUID
    product: fields.ForeignKeyRelation[Any] = not_personal(
        fields.ForeignKeyField("shop.Product", on_delete=fields.RESTRICT, related_name="memberships")
    )
    product_id: UUID

    class Meta(Model.Meta):
        table = "collection_membership"
        constraints = (
            UniqueConstraint(fields=("collection_id", "product_id"), name="collection_membership_is_there_once"),
        )
        indexes = (Index(fields=["product_id"], name="collection_membership_of_product"),)
