"""The helper that declares a subscription: what each event shows, and by what a change of it is noticed."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from functools import wraps
from inspect import isawaitable
from typing import Any

import strawberry
from strawberry.extensions.field_extension import FieldExtension

from permissions.fields import FIELDS_PER_ROOT, FieldPlan, Marks, entering
from permissions.linkage import METADATA_KEY


def event(
    description: str,
    *,
    resolver: Callable[..., Awaitable[Any]],
    by: str,
    marks: Marks,
    extensions: Sequence[FieldExtension] = (),
    weight: int = FIELDS_PER_ROOT,
) -> Any:
    """
    Declare a subscription, whose events show what a way into the graph leads to at their moment.

    INVARIANT (no event under an old decision): its resolver gives the one event of now. The next one is another
    operation, by a new context and for whom the credential stands for by then, which whatever serves it begins when the
    marks have changed.

    Args:
        description: For the SDL.
        resolver: Reads what is shown, scoped to the viewer, as the resolver of a `root` does.
        by: The argument that is the key of what is shown.
        marks: Marks what is shown, by its key and for nobody in particular; no mark is ever shown.
        extensions: What else stands before the resolver.
        weight: How many fields an event is worth beside those that it leads to.
    """

    @wraps(resolver)
    async def events(*given: Any, **arguments: Any) -> AsyncGenerator[Any]:
        yield await resolver(*given, **arguments)

    plan = FieldPlan("event", columns=(by,), marks=marks, weight=weight)
    return strawberry.subscription(
        resolver=events, description=description, metadata={METADATA_KEY: plan}, extensions=[_Events(plan), *extensions]
    )


class _Events(FieldExtension):
    """Counts what an event comes to, and looks for changes from before it is read, so that none is missed."""

    def __init__(self, plan: FieldPlan) -> None:
        self._plan = plan

    async def resolve_async(self, next_: Any, source: Any, info: Any, **kwargs: Any) -> Any:
        events = next_(source, info, **kwargs)
        return self._counted(
            await events if isawaitable(events) else events, source, info, kwargs[self._plan.columns[0]]
        )

    async def _counted(self, events: Any, source: Any, info: Any, key: Any) -> AsyncGenerator[Any]:
        context = info.context
        if context.watch is not None:
            await context.watch(self._plan.marks, key)
        async with aclosing(events):
            context.spend(self._plan.weight)
            async for row in events:
                yield entering(row, info, source)
