"""Reads the directives of an operation, which are about the whole of it and not about a field."""

from collections.abc import Mapping
from typing import Any

from graphql import GraphQLSchema, get_directive_values
from graphql.execution.values import VariableValues, get_variable_values

from execution.analyser import OperationFacts


def directives_of(
    schema: GraphQLSchema, operation: OperationFacts, variables: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """
    Read what the directives of an operation say, by their names.

    The document fits the schema by now, so there are none but known ones, each at most once, and their constants are of
    the right types. Variables that do not fit their types say nothing here; the operation is refused for them when it
    is run.

    Args:
        variables: As they were sent.
    """
    written = {node.name.value for node in operation.definition.directives or ()}
    if not written:
        return {}
    values = get_variable_values(schema, operation.definition.variable_definitions or (), dict(variables))
    if not isinstance(values, VariableValues):
        return {}
    return {
        directive.name: get_directive_values(directive, operation.definition, values) or {}
        for directive in schema.directives
        if directive.name in written
    }
