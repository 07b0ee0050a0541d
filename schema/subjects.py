"""Checks that the fields of the schema say of the columns that they show what these say of themselves."""

from collections.abc import Iterator
from typing import Any

import strawberry

from permissions.fields import FieldPlan
from permissions.register import classified_fields, subject_of
from policy.enforcement import keeps
from resolvers.subjects import of_column


class SubjectsDisagree(Exception):
    """A field of the schema says of a column that it is about somebody else; the server does not start with it."""


def agree(schema: strawberry.Schema) -> None:
    """
    Refuse a schema in which some field and a column that it shows disagree on the class, or on whom it is about.

    Raises:
        SubjectsDisagree: Names all fields at fault, each with the remedy.
    """
    faults = [
        fault
        for type_name, name, plan in classified_fields(schema)
        for fault in _faults(schema._schema.type_map[type_name], name, plan)
    ]
    if faults:
        raise SubjectsDisagree("; ".join(faults))


@keeps("P1.0", otherwise=())
def _faults(type_: Any, name: str, plan: FieldPlan) -> list[str]:
    return list(_differences(type_, name, plan))


def _differences(type_: Any, name: str, plan: FieldPlan) -> Iterator[str]:
    if plan.rows is not None and not plan.columns:
        return
    python_name = type_.fields[name].extensions["strawberry-definition"].python_name
    said = (plan.data_class, subject_of(type_, plan))
    for column in plan.columns or (python_name,):
        declared = of_column(type_.name, column)
        if declared is None:
            yield f"`{type_.name}.{name}` shows `{column}`, which is no personal column of the model of its rows."
        elif declared != said:
            data_class, subject = declared
            yield (
                f"`{type_.name}.{name}` and the column `{column}` disagree: the column is `{data_class}` about "
                f"{subject.name}; declare the field alike."
            )
