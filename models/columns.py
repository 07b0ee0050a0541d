"""Says of every column what it holds: personal data of some class, or nothing personal (P1.0)."""

from typing import TypeVar
from uuid import UUID

from tortoise.fields import BinaryField, Field, UUIDField

from models.ids import new_id
from policy.classes import DataClass
from policy.enforcement import keeps

AnyField = TypeVar("AnyField")

NOT_PERSONAL = "not personal"


class DigestField(BinaryField):  # pyright: ignore[reportMissingTypeArgument]  # not subscriptable at run time
    """A column of keyed hashes: bytes that, other than sealed ones, are compared and indexed."""

    indexable = True


def personal(data_class: DataClass, field: AnyField) -> AnyField:
    """
    Declare that a column holds personal data of a class, in clear.

    For what is neither sensitive, nor a direct identifier, nor free text; those are `models.sealed.sealed`.
    """
    vars(field)["holds"] = data_class
    return field


def not_personal(field: AnyField) -> AnyField:
    """Declare that a column holds nothing personal."""
    vars(field)["holds"] = NOT_PERSONAL
    return field


@keeps("P1.0", otherwise=None)
def holding(field: object) -> DataClass | str | None:
    """Tell what a column was declared to hold; None where nothing was declared, which a test refuses."""
    return vars(field).get("holds")


def identity(data_class: DataClass | None = None) -> Field[UUID]:
    """
    Make the primary key: a time-ordered UUID made before the row is written, because sealed cells are bound to it.

    Args:
        data_class: The class, where the key itself identifies a person's account.
    """
    field = UUIDField(primary_key=True, default=new_id)
    return personal(data_class, field) if data_class else not_personal(field)
