"""What the finished schema says of the privacy of its fields: about the schema, and about nobody."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLNamedType, GraphQLObjectType, GraphQLSchema, get_named_type, is_introspection_type

from permissions.fields import FieldPlan, Kind, plan_of
from permissions.register import subject_of
from policy.classes import DataClass
from policy.subjects import Subject

# graphql-core leaves its type open.
named_type: Callable[[Any], GraphQLNamedType] = get_named_type


@dataclass(frozen=True, slots=True)
class FieldPrivacy:
    """
    How one field of the schema is guarded.

    Args:
        type_name: The object type that it belongs to.
        field_name: Its name there.
        kind: How it was declared.
        data_class: The class of a classified field.
        subject: Whom a classified field is about.
        description: What the SDL says of it.
    """

    type_name: str
    field_name: str
    kind: Kind
    data_class: DataClass | None
    subject: Subject | None
    description: str


def privacy_of(schema: GraphQLSchema) -> list[FieldPrivacy]:
    """List all output fields of a schema, by type and name."""
    return [
        told
        for _, type_ in sorted(schema.type_map.items())
        if isinstance(type_, GraphQLObjectType) and not is_introspection_type(type_)
        for told in _fields(type_)
    ]


def told_of(type_: GraphQLObjectType, name: str, plan: FieldPlan) -> FieldPrivacy:
    """Put together what a field of a type says of its privacy."""
    described = type_.fields[name].description or ""
    return FieldPrivacy(type_.name, name, plan.kind, plan.data_class, subject_of(type_, plan), described)


def _fields(type_: GraphQLObjectType) -> Iterator[FieldPrivacy]:
    for name, field in sorted(type_.fields.items()):
        plan = plan_of(field)
        if plan is not None:
            yield told_of(type_, name, plan)


def at_path(schema: GraphQLSchema, path: str) -> FieldPrivacy | None:
    """
    Find the field at a path: `Type.field`, or fields from a way in such as `order.recipient.phone`.

    Of a path that leads through an interface the first type that has the field is taken.
    """
    first, *rest = path.split(".")
    start: GraphQLNamedType | None = schema.type_map.get(first)
    if not isinstance(start, GraphQLObjectType):
        start, rest = schema.query_type, [first, *rest]
    found: FieldPrivacy | None = None
    for name in rest:
        if not isinstance(start, GraphQLObjectType) or name not in start.fields:
            return None
        found = next(told for told in _fields(start) if told.field_name == name)
        start = named_type(start.fields[name].type)
    return found
