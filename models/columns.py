"""Says of every column what it holds, and whom that is about where it is personal data (P1.0)."""

from collections.abc import Iterable
from typing import Any, NamedTuple, TypeVar, cast
from uuid import UUID

from tortoise.fields import BinaryField, Field, UUIDField
from tortoise.models import Model

from models.ids import new_id
from policy.classes import DataClass
from policy.enforcement import keeps
from policy.subjects import Subject

AnyField = TypeVar("AnyField")

NOT_PERSONAL = "not personal"


class About(NamedTuple):
    """
    Whom a row is about, or a column of it that is about somebody else than the rest.

    Args:
        subject: Who that is.
        by: What leads from the row to their id, by references such as `order__buyer_id`: to that of their account, or
            of the row that stands for somebody without one. Sealed columns are sealed under their key. Empty where
            nothing in the shop leads to them.
        case: The same for the account on whose facts the policy decides, where that is another: the one that gave the
            data of somebody else.
    """

    subject: Subject
    by: str = ""
    case: str = ""


class Undeclared(Exception):
    """A column does not say what it holds, or whom that is about; the server does not start with it."""


class DigestField(BinaryField):  # pyright: ignore[reportMissingTypeArgument]  # not subscriptable at run time
    """A column of keyed hashes: bytes that, other than sealed ones, are compared and indexed."""

    indexable = True


def personal(data_class: DataClass, field: AnyField, *, about: About | None = None) -> AnyField:
    """
    Declare that a column holds personal data of a class, in clear.

    For what is neither sensitive, nor a direct identifier, nor free text; those are `models.sealed.sealed`.

    Args:
        data_class: The class of what it holds.
        field: The column.
        about: Whom it is about, where that is somebody else than its row is: the model's own `about` says that once.
    """
    vars(field)["holds"] = data_class
    vars(field)["about"] = about
    return field


def not_personal(field: AnyField) -> AnyField:
    """Declare that a column holds nothing personal."""
    vars(field)["holds"] = NOT_PERSONAL
    return field


@keeps("P1.0", otherwise=None)
def holding(field: object) -> DataClass | str | None:
    """Tell what a column was declared to hold; None where nothing was declared, which a test refuses."""
    return vars(field).get("holds")


@keeps("P1.0", otherwise=None)
def subject_of(model: type[Model], field: object) -> About | None:
    """Tell whom a column is about; None where neither it nor its model says so, which stops the start."""
    own: About | None = vars(field).get("about")
    return own if own is not None else getattr(model, "about", None)


def check(models: Iterable[type[Model]]) -> None:
    """
    Refuse models of which some column does not say what it holds and whom that is about.

    Raises:
        Undeclared: Names all columns at fault, each with the remedy.
    """
    faults = [
        f"`{model.__name__}.{name}` {fault}"
        for model in models
        for name, field in cast("dict[str, Any]", model._meta.fields_map).items()
        if not _is_derived(field)
        for fault in _faults(model, field)
    ]
    if faults:
        raise Undeclared("; ".join(faults))


def _is_derived(field: Any) -> bool:
    # Once Tortoise is started, each foreign key has a second field, and what it points to has one that points back.
    return field.reference is not None or type(field).__name__.startswith("Backward")


@keeps("P1.0", otherwise=())
def _faults(model: type[Model], field: Any) -> list[str]:
    held = holding(field)
    if held is None:
        return ["does not say what it holds; declare it by `personal`, `sealed` or `not_personal`."]
    if not isinstance(held, DataClass):
        return []
    about = subject_of(model, field)
    if about is None:
        return ["does not say whom it is about; give its model an `about`, or the column its own."]
    faults: list[str] = []
    if held.about not in (None, about.subject):
        faults.append(f"is about {about.subject.name}, but `{held.name}` is about {held.about.name} alone.")
    key = getattr(field, "subject_column", None)
    if key not in (None, about.by):
        faults.append(f"is sealed under the key of `{key}`, but its subject is found by `{about.by}`.")
    return faults


def identity(data_class: DataClass | None = None) -> Field[UUID]:
    """
    Make the primary key: a time-ordered UUID made before the row is written, because sealed cells are bound to it.

    Args:
        data_class: The class, where the key itself identifies a person's account.
    """
    field = UUIDField(primary_key=True, default=new_id)
    return personal(data_class, field) if data_class else not_personal(field)
