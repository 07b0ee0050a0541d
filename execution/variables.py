"""Says which variables do not fit their types, by their place and never by their value."""

# graphql-core leaves the item types of its lists open in its own annotations.
# pyright: reportUnknownVariableType=false

from collections.abc import Mapping

from graphql import (
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    is_input_type,
    is_non_null_type,
    type_from_ast,
)
from graphql.utilities import validate_input_value

MOST_FAULTS = 5


def misfits(schema: GraphQLSchema, operation: OperationDefinitionNode, values: Mapping[str, object]) -> list[str]:
    """
    List the places in an operation's variables that do not fit their declared types.

    A place is a path such as `$input.lines.0.quantity`: it consists of names from the operation and the schema
    alone, because a name that the schema does not know ends the path before it.
    """
    found: list[str] = []
    for definition in operation.variable_definitions or ():
        name = definition.variable.name.value
        type_ = type_from_ast(schema, definition.type)
        if type_ is None or not is_input_type(type_):
            continue
        value = values.get(name, Undefined)
        if value is Undefined and (definition.default_value or not is_non_null_type(type_)):
            continue

        def note(_: GraphQLError, path: list[str | int], name: str = name) -> None:
            found.append(".".join([f"${name}", *map(str, path)]))

        validate_input_value(value, type_, note, hide_suggestions=True)
    return list(dict.fromkeys(found))[:MOST_FAULTS]
