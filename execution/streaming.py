"""Runs an event of a subscription as an operation of its own, whose root field is what the event shows."""

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from copy import copy
from typing import Any, cast

from graphql import GraphQLError, GraphQLField
from strawberry import Schema
from strawberry.types import ExecutionResult

from permissions.context import OperationContext


def as_event(field: GraphQLField) -> GraphQLField:
    """Give a subscription's field as one that is resolved: to the first of its events."""
    subscribe = field.subscribe
    assert subscribe is not None, "Strawberry gives each subscription its events"

    async def resolve(source: Any, info: Any, **arguments: Any) -> Any:
        async with aclosing(await subscribe(source, info, **arguments)) as events:
            return await anext(events)

    event = copy(field)
    event.resolve = resolve
    return event


def has_begun(errors: Sequence[GraphQLError]) -> bool:
    """Tell whether there was an event; where its root field failed itself there was none, and so there is no data."""
    return all(len(error.path or ()) != 1 for error in errors)


async def by_stock(
    schema: Schema, text: str, variables: Mapping[str, Any], context: OperationContext, operation_name: str | None
) -> ExecutionResult:
    """Run an event by stock execution: the first that a subscription gives."""
    results = await schema.subscribe(
        text, variable_values=dict(variables), context_value=context, operation_name=operation_name
    )
    async with aclosing(cast(Any, results)) as events:
        return await anext(events)
