"""Whom the columns are about that the types of the schema show."""

from typing import Any, cast

from tortoise.fields.relational import ForeignKeyFieldInstance, OneToOneFieldInstance
from tortoise.models import Model

from models.accounts import UserProfile
from models.columns import check, holding, subject_of
from models.disclosures import Disclosure
from models.identity_verifications import IdentityVerification
from models.migrating import declared_models
from models.orders import Recipient
from models.searches import UnlinkedSearch
from models.sessions import Session
from models.shipments import ShipmentLine
from policy.classes import DataClass
from policy.subjects import Subject
from resolvers.nodes import MODELS

SHOWN: dict[str, type[Model]] = {
    **MODELS,
    "Device": Session,
    "DeviceSighting": Session,
    "OrderRecipient": Recipient,
    "ShipmentLine": ShipmentLine,
    "ThirdPartyDisclosure": Disclosure,
    "UnlinkedSearch": UnlinkedSearch,
    "UserProfile": UserProfile,
    "Verification": IdentityVerification,
}
"""The model whose rows each type shows that has classified fields made of columns."""


def check_columns() -> None:
    """
    Refuse to go on with a column that does not say what it holds, and whom that is about (P1.0).

    Raises:
        Undeclared: Names all columns at fault.
    """
    check(declared_models())


def of_column(type_name: str, column: str) -> tuple[DataClass, Subject] | None:
    """
    Tell the class and the subject of a column that a type shows.

    Returns:
        None for what is no column, or none that is personal.
    """
    model = SHOWN.get(type_name)
    if model is None:
        return None
    fields = cast("dict[str, Any]", model._meta.fields_map)  # pyright: ignore[reportPrivateUsage]
    # A reference is declared under its own name, and its column is called after it.
    reference = fields.get(column.removesuffix("_id"))
    is_reference = type(reference) in (ForeignKeyFieldInstance, OneToOneFieldInstance)
    field = reference if is_reference else fields.get(column)
    if field is None:
        return None
    held, about = holding(field), subject_of(model, field)
    return (held, about.subject) if isinstance(held, DataClass) and about is not None else None
