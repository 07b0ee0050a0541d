"""
The helpers that declare a type's fields: what each shows, under which class, and where its value comes from.

Every output field is declared by exactly one of them. The declaration is kept as a `FieldPlan` in the field's metadata:
it is all that a planner needs, and the ordinary per-object resolver is derived from the same declaration.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar, cast

import strawberry
from graphql import GraphQLField, GraphQLInputField
from strawberry.extensions.field_extension import FieldExtension
from strawberry.types.fields.resolver import StrawberryResolver

from permissions.context import OperationContext
from permissions.entering import enter
from permissions.linkage import METADATA_KEY
from permissions.may_see import Info, MaySee, PolicyExtension, keys_of
from permissions.selections import Selections
from policy.classes import DataClass
from policy.seen import Seen
from policy.subjects import Subject

USUALLY = 5
"""How long a list that is no page usually is, where its declaration does not say it."""
FIELDS_PER_MUTATION = 150
"""What an action weighs beside what it answers: transactions, locks and what it sets in motion."""
FIELDS_PER_ROOT = 15
"""What a way into the graph weighs beside what it leads to: a statement of its own."""

Kind = Literal["public", "part", "classified", "link", "root", "mutation", "event"]


BatchRows = Callable[..., Awaitable[Sequence[Any]]]
"""Answers a field for many parents at once, as `(parents, viewer, **arguments)`: one value for each, in their order."""

Marks = Callable[[Sequence[Any]], Awaitable[Mapping[Any, str]]]
"""Gives things by their keys a mark each, which is another one once they or what belongs to them has changed."""


Maker = TypeVar("Maker", bound=Callable[..., Any])


def pure(make: Maker) -> Maker:
    """
    Say that what a function makes of columns depends on them alone, and on no clock, setting or viewer.

    What an answer shows of it may then be kept, by the columns' values.
    """
    vars(make)["is_pure"] = True
    return make


def is_pure(make: Callable[..., Any] | None) -> bool:
    """Tell whether `pure` was said of a function."""
    return make is not None and vars(make).get("is_pure", False)


@dataclass(frozen=True, slots=True, eq=False)
class FieldPlan:
    """
    How a field gets its value.

    Args:
        kind: `public` shows what anybody may see; `part` belongs to an object that was already decided; `classified`
            is decided itself; `link` leads to rows which are scoped to the viewer, and whose fields are decided;
            `root`, `mutation` and `event` are the ways in.
        data_class: The class of a classified field.
        columns: The columns that the value is made of; empty for batch fields.
        value: Makes the value of the columns; None where the one column is the value.
        rows: Answers for many parents at once, where the value is not in the row.
        many: Whether a link leads to a list of rows or a page of one.
        at_most: How many values a list that is no connection has; None for one value, and for connections.
        usually: How many of them there usually are; it decides what is refused before it runs, and what is not.
        weight: How many fields a call of it is worth beside those that it leads to.
        is_about_nobody: Whether what it leads to was picked by nothing that has to do with a person (P2.2c).
        needs: The columns of the parents that a batch function looks at, beside keys.
        about: Whom a classified field is about, where that is somebody else than its object is.
        marks: By what a change is noticed of what an event shows; its argument `columns` names the key.
    """

    kind: Kind
    data_class: DataClass | None = None
    columns: tuple[str, ...] = ()
    value: Callable[..., Any] | None = None
    rows: BatchRows | None = None
    many: bool = False
    at_most: int | None = None
    is_about_nobody: bool = False
    usually: int = USUALLY
    weight: int = 0
    needs: tuple[str, ...] = ()
    about: Subject | None = None
    marks: Marks | None = None


def classified(
    data_class: DataClass,
    description: str,
    *,
    columns: tuple[str, ...] = (),
    value: Callable[..., Any] | None = None,
    rows: BatchRows | None = None,
    needs: tuple[str, ...] = (),
    at_most: int | None = None,
    about: Subject | None = None,
) -> Any:
    """
    Declare a field that is personal data: shown, masked or withheld as the policy decides for this viewer and case.

    The annotation must be nullable, because what is withheld is null.

    Args:
        data_class: What the field is to the policy.
        description: For the SDL; a newcomer understands it.
        columns: Columns of the row, where the field is not called like its one column.
        value: Makes the value of the columns' values. Not for sealed columns: those are text.
        rows: A batch function, where the value is not in the row.
        needs: The columns of the parents that the batch function looks at, beside keys.
        at_most: How many objects a list has at most, which the SDL adds to the description.
        about: Whom it is about, where that is somebody else than its object is: the type's own `about` says that once.
    """
    plan = FieldPlan("classified", data_class, columns, value, rows, at_most=at_most, needs=needs, about=about)
    return _field(plan, _bounded(description, at_most), [PolicyExtension(MaySee(data_class))])


def part(
    description: str,
    *,
    columns: tuple[str, ...] = (),
    value: Callable[..., Any] | None = None,
    at_most: int | None = None,
) -> Any:
    """
    Declare a field of an object that was decided as a whole, such as the amount of a sum of money.

    Args:
        description: For the SDL; a newcomer understands it.
        columns: Columns of the row, where the field is not called like its one column.
        value: Makes the value of the columns' values.
        at_most: How many objects a list has at most; to be said where something is loaded for each of them.
    """
    return _field(FieldPlan("part", None, columns, value, at_most=at_most), _bounded(description, at_most), [])


def public(
    description: str,
    *,
    columns: tuple[str, ...] = (),
    value: Callable[..., Any] | None = None,
    rows: BatchRows | None = None,
    needs: tuple[str, ...] = (),
    at_most: int | None = None,
) -> Any:
    """Declare a field that anybody may see, because it is about no person; for the rest see `classified`."""
    plan = FieldPlan("public", None, columns, value, rows, at_most=at_most, needs=needs)
    return _field(plan, _bounded(description, at_most), [])


def batch(
    description: str, *, rows: BatchRows, needs: tuple[str, ...] = (), data_class: DataClass | None = None
) -> Any:
    """Declare a field that is worked out for many parents at once; a part unless it has a class of its own."""
    if data_class is not None:
        return classified(data_class, description, rows=rows, needs=needs)
    return _field(FieldPlan("part", None, rows=rows, needs=needs), description, [])


def to_one(description: str, *, by: str, rows: BatchRows) -> Any:
    """
    Declare a link to one row, itself scoped to the viewer.

    Args:
        description: For the SDL.
        by: The column of the parent that names the row.
        rows: The batch function; a row that the viewer may not know of is None, as one that does not exist.
    """
    return _field(FieldPlan("link", None, (by,), rows=rows), description, [])


def to_many(
    description: str,
    *,
    at_most: int,
    rows: BatchRows,
    needs: tuple[str, ...] = (),
    is_about_nobody: bool = False,
    usually: int = USUALLY,
) -> Any:
    """
    Declare a link to a bounded list of rows, themselves scoped to the viewer.

    Args:
        description: For the SDL, which adds the bound to it.
        at_most: How many there are at most, as whoever writes the rows keeps it; what may grow is a `connection`.
        rows: The batch function.
        needs: The columns of the parents that it looks at, beside keys.
        is_about_nobody: Whether the rows were picked by nothing that has to do with a person.
        usually: How many there usually are.
    """
    plan = FieldPlan(
        "link",
        rows=rows,
        many=True,
        at_most=at_most,
        is_about_nobody=is_about_nobody,
        usually=usually,
        needs=needs,
    )
    return _field(plan, _bounded(description, at_most), [])


First = Annotated[
    int | None, strawberry.argument(description="How many from the start of the list, 1 to 100. Or give `last`.")
]
After = Annotated[str | None, strawberry.argument(description="The cursor after which to start.")]
Last = Annotated[
    int | None, strawberry.argument(description="How many from the end of the list, 1 to 100. Or give `first`.")
]
Before = Annotated[str | None, strawberry.argument(description="The cursor before which to end.")]


def connection(description: str, *, rows: BatchRows, needs: tuple[str, ...] = ()) -> Any:
    """
    Declare a link to a list that is read in pages.

    Args:
        description: For the SDL.
        rows: The batch function; it takes `first`, `after`, `last`, `before` and gives each parent a page.
        needs: The columns of the parents that it looks at, beside keys.
    """
    plan = FieldPlan("link", rows=rows, many=True, needs=needs)

    # No resolver says what it returns: that would override the annotation in the type's class.
    async def resolve(
        root: Any, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ):
        page = await _load(plan, root, info.context, first=first, after=after, last=last, before=before)
        return entering(page, info, root)

    return strawberry.field(resolver=resolve, description=description, metadata={METADATA_KEY: plan})


def root(
    description: str,
    *,
    resolver: Callable[..., Any],
    extensions: Sequence[FieldExtension] = (),
    is_about_nobody: bool = False,
    weight: int = FIELDS_PER_ROOT,
) -> Any:
    """Declare a way into the graph; what it leads to is scoped to the viewer by the resolver."""
    return strawberry.field(
        resolver=resolver,
        description=description,
        metadata={METADATA_KEY: FieldPlan("root", is_about_nobody=is_about_nobody, weight=weight)},
        extensions=[_Entering(weight), *extensions],
    )


def mutation(
    description: str,
    *,
    resolver: Callable[..., Any],
    extensions: Sequence[FieldExtension] = (),
    weight: int = FIELDS_PER_MUTATION,
) -> Any:
    """Declare an action; its payload is scoped and decided like any other answer."""
    return strawberry.mutation(
        resolver=resolver,
        description=description,
        metadata={METADATA_KEY: FieldPlan("mutation", weight=weight)},
        extensions=[_Forgetting(), _Entering(weight), *extensions],
    )


class _Entering(FieldExtension):
    """Counts what a way into the graph weighs, and what it leads to."""

    def __init__(self, weight: int) -> None:
        self._weight = weight

    async def resolve_async(self, next_: Any, source: Any, info: Any, **kwargs: Any) -> Any:
        # Before the call, so that what is out of budget is not begun.
        info.context.spend(self._weight)
        return entering(await next_(source, info, **kwargs), info, source)


class _Forgetting(FieldExtension):
    """Lets no mutation show what was loaded before it."""

    async def resolve_async(self, next_: Any, source: Any, info: Any, **kwargs: Any) -> Any:
        info.context.forget()
        return await next_(source, info, **kwargs)


def plan_of(field: GraphQLField | GraphQLInputField) -> FieldPlan | None:
    """Read back the declaration of a field of the final schema; None where it was not made by one of these helpers."""
    definition: Any = (field.extensions or {}).get("strawberry-definition")
    found = definition.metadata.get(METADATA_KEY) if definition is not None else None
    return found if isinstance(found, FieldPlan) else None


def _bounded(description: str, at_most: int | None) -> str:
    return description if at_most is None else f"{description} At most {at_most:,}."


def _field(plan: FieldPlan, description: str, extensions: list[FieldExtension]) -> Any:
    return strawberry.field(
        resolver=_READ if plan.rows is None else _LOADED,
        description=description,
        metadata={METADATA_KEY: plan},
        extensions=extensions,
    )


class _OfMany(StrawberryResolver[Any]):
    """The resolver of many fields, which differ by their plans: Strawberry looks at its signature once for all."""

    def copy_with(self, type_var_map: Mapping[str, Any]) -> "_OfMany":
        """Give the same for a generic type of something."""
        return self


async def _load_field(root: Any, info: Info):
    return entering(await _load(info._field.metadata[METADATA_KEY], root, info.context), info, root)


async def _read_field(root: Any, info: Info):
    plan: FieldPlan = info._field.metadata[METADATA_KEY]
    row: Any = cast("Seen[Any]", root).row if isinstance(root, Seen) else root
    names = plan.columns or (info.python_name,)
    cells = [getattr(row, name) for name in names]
    if plan.kind == "classified" and any(isinstance(cell, bytes) for cell in cells):
        # INVARIANT (withheld is never decrypted): the policy's extension has cleared the field before this runs.
        context = info.context
        cells = [await context.load("sealed cells", (row, name), context.open_cells, remembers=False) for name in names]
    return plan.value(*cells) if plan.value is not None else cells[0]


def entering(answer: Any, info: Info, parent: Any) -> Any:
    """Count the fields of the objects that a field leads to, before any of them is resolved."""
    path = keys_of(info.path) if info.context.viewing is not None else ()
    enter([answer], info.context, _width(info), path, [parent])
    return answer


def _width(info: Info) -> int:
    context = info.context
    raw = cast(Any, info._raw_info)
    if raw.field_nodes[0].selection_set is None:
        return 0
    if context.selections is None:
        context.selections = Selections(raw.fragments, getattr(raw.variable_values, "coerced", raw.variable_values))
    return context.selections.width(raw.field_nodes)


async def _load(plan: FieldPlan, root: Any, context: OperationContext, **arguments: Any) -> Any:
    rows = plan.rows
    assert rows is not None, "only fields with a batch function are loaded"

    async def load(parents: list[Any]) -> list[Any]:
        answers = await rows(parents, context.viewer, **arguments)
        if len(answers) != len(parents):
            raise RuntimeError(f"A batch function gave {len(answers)} answers for {len(parents)} parents.")
        # INVARIANT (no list without a bound): not even where rows came by another way than our own writes.
        return list(answers) if plan.at_most is None else [answer and answer[: plan.at_most] for answer in answers]

    return await context.load((plan, *sorted(arguments.items())), root, load)


_READ, _LOADED = _OfMany(_read_field), _OfMany(_load_field)
