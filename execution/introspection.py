"""Answers what an operation asks of the schema itself beside data; it depends on no viewer and on no row."""

from collections.abc import Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    Undefined,
    execute_sync,  # pyright: ignore[reportUnknownVariableType]
)
from graphql.execution.values import VariableValues

from execution.plan import Step


def told(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    step: Step,
    fragments: Mapping[str, FragmentDefinitionNode],
    variables: VariableValues,
) -> tuple[Any, list[GraphQLError]]:
    """
    Run one root field of the introspection by stock execution, and nothing else of its operation.

    Args:
        step: The field's.
        fragments: All of the document's.
        variables: Of the operation.

    Returns:
        What it says, and what is wrong below it.

    Raises:
        GraphQLError: It says nothing at all.
    """
    alone = OperationDefinitionNode(
        operation=operation.operation,
        variable_definitions=operation.variable_definitions,
        selection_set=SelectionSetNode(selections=tuple(step.nodes)),
    )
    document = DocumentNode(definitions=(alone, *fragments.values()))
    sent = {name: source.value for name, source in variables.sources.items() if source.value is not Undefined}
    result: Any = execute_sync(schema, document, variable_values=sent)
    errors: list[GraphQLError] = result.errors or []
    if result.data is None:
        raise errors[0]
    return result.data[step.key], errors
