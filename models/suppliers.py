"""Suppliers: the companies that provide what the shop sells."""

from tortoise import fields
from tortoise.models import Model

from models.columns import identity, not_personal
from models.rows import Rows
from models.scoping import EVERYTHING, public_scope
from policy.viewer import Viewer


class Supplier(Model):
    """A company whose products are sold; a company, not a person."""

    id = identity()
    name = not_personal(fields.CharField(max_length=120))
    slug = not_personal(fields.CharField(max_length=80, unique=True))
    region = not_personal(fields.CharField(max_length=2))
    created_at = not_personal(fields.DatetimeField())

    class Meta(Model.Meta):
        table = "supplier"

    @classmethod
    def rows(cls, viewer: Viewer) -> "Rows[Supplier]":
        """Read suppliers; they are about nobody, and everybody sees all of them."""
        return Rows(cls, viewer, public_scope(viewer, public=EVERYTHING))
