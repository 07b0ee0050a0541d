"""Fields of the schema that lead to several things, what is selected of these, and the statements that it takes."""

from typing import Any, cast

from graphql import GraphQLField, GraphQLInterfaceType, GraphQLObjectType, get_named_type, is_leaf_type

from models.pool import Statements
from permissions.fields import plan_of

PLACES = 2
"""At how many places a document of these tests asks for sealed values at most."""

_named: Any = get_named_type


def named(type_: Any) -> Any:
    """Give the type inside of lists and of what may not be null."""
    return _named(type_)


def is_connection(field: GraphQLField) -> bool:
    """Whether a field is a list in pages."""
    return named(field.type).name.endswith("Connection")


def is_several(field: GraphQLField) -> bool:
    """Whether a field leads to several things."""
    return is_connection(field) or "[" in f"{cast(Any, field.type)}"


def selection(type_: Any, depth: int, first: int) -> str:
    """Select every field of a type, and of what it leads to, so deep."""
    parts: list[str] = []
    if isinstance(type_, GraphQLInterfaceType):
        return "id"
    assert isinstance(type_, GraphQLObjectType)
    for name, field in type_.fields.items():
        of = named(field.type)
        arguments = f"(first: {first})" if "first" in field.args else ""
        if is_leaf_type(of):
            parts.append(name)
        elif is_connection(field):
            if depth > 0:
                inner = selection(named(of.fields["nodes"].type), depth - 1, first)
                parts.append(f"{name}{arguments} {{ totalCount nodes {{ {inner} }} edges {{ cursor }} }}")
        elif depth > 0 or not (plan := plan_of(field)) or plan.kind in ("part", "public"):
            parts.append(f"{name}{arguments} {{ {selection(of, depth - 1, first)} }}")
    return " ".join(parts)


def reads(statements: Statements) -> int:
    """
    Count statements but for the one that puts on record what was shown, where something was.

    Nor do those count that fetch keys: one for each place of the answer that has anything to decrypt at most, and none
    where a worker holds the keys already.
    """
    written = [sql for sql in statements.shop if sql.startswith("INSERT INTO disclosure")]
    assert len(written) <= 1
    assert len(statements.keys) <= PLACES
    return len(statements.shop) - len(written)
