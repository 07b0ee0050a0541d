"""Checks the finished schema: every field says what it shows and of whom; none is reached around its decision."""

from collections.abc import Iterator
from typing import Any, cast

import strawberry
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
    get_named_type,
)

from permissions.fields import FieldPlan, plan_of
from permissions.may_see import PolicyExtension
from policy.enforcement import keeps
from policy.subjects import Subject


class UndecidedField(Exception):
    """A field of the schema that the policy could not decide; the server does not start with it."""


def check(schema: strawberry.Schema) -> None:
    """
    Refuse a schema in which some output field is undecided.

    It looks at the finished schema and not at the source, because there a field that an interface declared, or one
    that was declared again, is what it will be when it is resolved.

    Raises:
        UndecidedField: Names all fields at fault, each with the remedy.
    """
    faults = [
        f"`{type_.name}.{name}` {fault}"
        for type_ in output_types(schema)
        for name, field in type_.fields.items()
        for fault in _faults(type_, field)
    ]
    if faults:
        raise UndecidedField("; ".join(faults))
    for type_ in output_types(schema):
        for field in type_.fields.values():
            plan = plan_of(field)
            if plan is not None and (subject := subject_of(type_, plan)) is not None:
                for guard in _guards(field):
                    guard.permission.say_about(subject)


def output_types(schema: strawberry.Schema) -> list[GraphQLObjectType]:
    """List the object types of a schema, its own introspection apart."""
    known = schema._schema.type_map.values()
    return [type_ for type_ in known if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__")]


def classified_fields(schema: strawberry.Schema) -> list[tuple[str, str, FieldPlan]]:
    """List every classified field as type name, field name and declaration."""
    return [
        (type_.name, name, plan)
        for type_ in output_types(schema)
        for name, field in type_.fields.items()
        if (plan := plan_of(field)) is not None and plan.kind == "classified"
    ]


def subject_of(type_: GraphQLObjectType, plan: FieldPlan) -> Subject | None:
    """Tell whom a classified field is about: it says so itself, or its class, or its type; None where none does."""
    if plan.data_class is None:
        return None
    definition: Any = (type_.extensions or {}).get("strawberry-definition")
    return plan.about or plan.data_class.about or getattr(getattr(definition, "origin", None), "about", None)


@keeps("P1.0", otherwise=[])
def _faults(type_: GraphQLObjectType, field: GraphQLField) -> list[str]:
    plan = plan_of(field)
    if plan is None:
        return ["is not declared; use one of the helpers of `permissions.fields`."]
    faults: list[str] = []
    if plan.kind == "classified":
        faults += _faults_of_classified(type_, plan, field)
    elif plan.kind == "part" and is_about_somebody(get_named_type(cast(Any, field.type))) and not _is_carrier(type_):
        faults.append("leads to an object about somebody; use `to_one`, `to_many` or `connection`.")
    loads = plan.rows is not None or (not _is_carrier(type_) and _leads_on(_named(field.type)))
    if _is_list_of_objects(field) and loads and plan.at_most is None and plan.kind not in ("root", "mutation", "event"):
        faults.append("is a list without a bound; say `at_most`, or make it a `connection`.")
    if not field.description:
        faults.append("has no description.")
    return faults


def _faults_of_classified(type_: GraphQLObjectType, plan: FieldPlan, field: GraphQLField) -> list[str]:
    faults: list[str] = []
    if subject_of(type_, plan) is None:
        faults.append("does not say whom it is about; give its type an `about`, or the field its own.")
    data_class = plan.data_class
    if isinstance(field.type, GraphQLNonNull):
        faults.append("is classified and so must be nullable.")
    if data_class is not None and data_class.mask is not None and field.type is not GraphQLString:
        faults.append(f"has class `{data_class.name}`, which may be masked, and so must be a string.")
    if [guard.permission.data_class for guard in _guards(field)] != [data_class]:
        faults.append("has lost its permission; declare it again by `classified`.")
    return faults


def _guards(field: GraphQLField) -> list[PolicyExtension]:
    return [extension for extension in _definition(field).extensions if isinstance(extension, PolicyExtension)]


def is_about_somebody(type_: Any) -> bool:
    """Tell whether objects of a type are about a person: some field of theirs is classified."""
    if isinstance(type_, GraphQLInterfaceType):
        return False
    return isinstance(type_, GraphQLObjectType) and any(
        (plan := plan_of(field)) is not None and plan.kind == "classified" for field in type_.fields.values()
    )


def _named(type_: Any) -> Any:
    return cast(Any, get_named_type)(type_)


def _leads_on(type_: Any) -> bool:
    """Tell whether something is loaded for a part, or for a part of it."""
    if not isinstance(type_, GraphQLObjectType):
        return False
    return any(
        plan.rows is not None or _leads_on(_named(field.type))
        for field in type_.fields.values()
        if (plan := plan_of(field)) is not None
    )


def _is_list_of_objects(field: GraphQLField) -> bool:
    return any(isinstance(type_, GraphQLList) for type_ in _wrappers(field.type)) and isinstance(
        get_named_type(cast(Any, field.type)), GraphQLObjectType
    )


def _wrappers(type_: Any) -> Iterator[Any]:
    while isinstance(type_, GraphQLList | GraphQLNonNull):
        yield type_
        type_ = cast(Any, type_).of_type


def _is_carrier(type_: GraphQLObjectType) -> bool:
    # Connections, edges and payloads carry rows that were scoped by the field which led to them, and nothing else.
    return type_.name.endswith(("Connection", "Edge", "Payload"))


def _definition(field: GraphQLField) -> Any:
    return (field.extensions or {})["strawberry-definition"]
