"""Notes what members of staff do, in the transaction in which they do it."""

import re
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, cast
from uuid import UUID

from tortoise.fields.relational import BackwardFKRelation
from tortoise.models import Model

from models import clock
from models.audit import AuditEvent
from models.columns import NOT_PERSONAL, holding
from models.database import is_in_transaction
from policy.viewer import Viewer

Changes = Mapping[str, tuple[object, object]]
"""By column what was there before, and what is there now; None for nothing."""

# Texts such as descriptions are long; the journal says that they changed, and how they begin.
LONGEST_TEXT = 200

CASE_REFERENCE = "case_reference"
_ACTION = re.compile(r"[a-z][A-Za-z0-9]{2,63}")
_request: ContextVar[str | None] = ContextVar("request", default=None)


class request:  # noqa: N801  # it is called where a `with` block begins
    """Let whatever is recorded in a `with` block bear the id of the request that it is done for."""

    __slots__ = ("_id", "_token")

    def __init__(self, request_id: str) -> None:
        self._id = request_id

    def __enter__(self) -> None:
        self._token = _request.set(self._id)

    def __exit__(self, *_: object) -> None:
        _request.reset(self._token)


async def record(
    action: str, of: type[Model], object_id: UUID, changes: Changes, *, by: Viewer, case_reference: str | None = None
) -> None:
    """
    Note that a member of staff did something; what they did and this note are one transaction.

    Of columns that hold personal data only the name is kept, whatever values are given: who changed them can be told,
    and the values are where they can be erased. A column that is not there is a fault of the program, so that nothing
    passes by under another name. What is the same before and after is left out.

    Args:
        action: What was done, called as the mutation is: `productUpdate`.
        of: The model of the object.
        object_id: Its primary key.
        changes: By column the values before and after; also by the name of a relation that leads to many rows, if all
            of their columns are not personal.
        by: The member of staff.
        case_reference: What the case is called for which it was done; a file's number, never anything of a person.

    Raises:
        RuntimeError: No transaction is open, or the viewer is no member of staff.
        ValueError: The action's name is none, or the model has no such column.
    """
    if not is_in_transaction():
        raise RuntimeError("An action and its note are one; open `transaction()` around both.")
    if by.staff is None or by.account is None:
        raise RuntimeError("Only what members of staff do is noted here.")
    if not _ACTION.fullmatch(action):
        raise ValueError("An action is called as its mutation is, such as `productUpdate`.")
    noted = {name: _change(of, name, *values) for name, values in changes.items() if values[0] != values[1]}
    if case_reference is not None:
        noted[CASE_REFERENCE] = _noted(None, case_reference)
    await AuditEvent.create(
        actor_id=by.account,
        role=by.staff,
        action=action,
        object_type=of.__name__,
        object_id=object_id,
        changes=noted,
        request_id=_request.get(),
        happened_at=clock.now(),
    )


def _change(of: type[Model], name: str, before: object, after: object) -> dict[str, object]:
    if not _is_not_personal(of, name):
        return {}
    return _noted(before, after)


def _noted(before: object, after: object) -> dict[str, object]:
    return {"before": _plain(before), "after": _plain(after)}


def _is_not_personal(of: type[Model], name: str) -> bool:
    known = cast(Mapping[str, Any], of._meta.fields_map)
    if name not in known:
        raise ValueError(f"`{of.__name__}` has no column `{name}`.")
    field = known[name]
    if isinstance(field, BackwardFKRelation):
        related = cast(type[Model], cast(Any, field).related_model)
        fields = cast(Mapping[str, Any], related._meta.fields_map)
        return all(holding(fields[column]) == NOT_PERSONAL for column in related._meta.db_fields)
    if name not in of._meta.db_fields:
        raise ValueError(f"`{name}` of `{of.__name__}` is no column; give the column, such as `{name}_id`.")
    return holding(field) == NOT_PERSONAL


def _plain(value: object) -> object:
    match value:
        case None | bool() | int():
            return value
        case Enum():
            return str(value.value)
        case str():
            return value if len(value) <= LONGEST_TEXT else f"{value[: LONGEST_TEXT - 1]}…"
        case datetime() | date():
            return value.isoformat()
        case UUID() | Decimal():
            return str(value)
        case list() | tuple():
            return [_plain(each) for each in cast("list[object]", value)]
        case dict():
            return {str(key): _plain(each) for key, each in cast("dict[object, object]", value).items()}
        case _:
            raise ValueError(f"A value of type `{type(value).__name__}` cannot be noted.")
