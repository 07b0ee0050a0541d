"""Reads the columns of many rows at once, and composes what is made of them alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from operator import attrgetter
from typing import Any, NamedTuple

from execution.leaves import LeafNotCompleted
from execution.plan import ObjectPlan, Shape, Source, Step

Read = Callable[[Sequence[Any]], list[Any]]

KEPT = 8_192
"""How many composed values a worker keeps, of all plans together: sums of money come again and again."""


def reader(columns: tuple[str, ...], value: Callable[..., Any] | None) -> Read:
    """
    Make the function that gives a field's value of each of many rows.

    Args:
        columns: What it is made of.
        value: Makes it; None where the one column is the value.
    """
    if value is None:
        only = attrgetter(columns[0])
        return lambda rows: list(map(only, rows))
    getters = [attrgetter(column) for column in columns]
    return lambda rows: list(map(value, *(map(getter, rows) for getter in getters)))


def composed(columns: tuple[str, ...], value: Callable[..., Any], plan: ObjectPlan) -> Read | None:
    """
    Make the function that gives of each of many rows what an answer shows of a pure value, such as a sum of money.

    It raises whatever is wrong with any part of any of them; where that ends is found out by reading them anew.

    Returns:
        None where something in it is more than columns of the value.
    """
    return reader(columns, partial(_made, _Composer(value, _parts(plan)))) if _is_flat(plan) else None


class _Part(NamedTuple):
    """
    One field of a composed value, without what only its document knows: it is kept longer than that.

    Args:
        typename: What it says where it is the name of the type.
        read: Reads it otherwise.
        leaf: Completes it, where it is one.
        below: Its own fields, where it is an object.
    """

    key: str
    name: str
    is_nullable: bool
    typename: str | None = None
    read: Read | None = None
    leaf: Callable[[list[Any]], list[Any]] | None = None
    below: "tuple[_Part, ...]" = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Composer:
    """What makes values of columns, and what an answer shows of them."""

    value: Callable[..., Any]
    parts: tuple[_Part, ...]


# One for all plans, so that many documents cannot fill the memory with what they show.
@lru_cache(maxsize=KEPT)
def _made(by: _Composer, *cells: Any) -> Any:
    whole = by.value(*cells)
    return None if whole is None else _composed(by.parts, whole)


def _is_flat(plan: ObjectPlan) -> bool:
    return all(
        step.source is Source.TYPENAME
        or (step.source is Source.CELLS and step.guard is None and _is_flat_shape(step.shape))
        for step in plan.steps
    )


def _is_flat_shape(shape: Shape) -> bool:
    if shape.leaf is not None:
        return True
    return shape.type is not None and shape.objects is not None and _is_flat(shape.objects(shape.type))


def _parts(plan: ObjectPlan) -> tuple[_Part, ...]:
    return tuple(_part(plan, step) for step in plan.steps)


def _part(plan: ObjectPlan, step: Step) -> _Part:
    shape = step.shape
    if step.source is Source.TYPENAME:
        return _Part(step.key, step.name, shape.is_nullable, typename=plan.type.name)
    below = _parts(shape.objects(shape.type)) if shape.objects is not None and shape.type is not None else ()
    return _Part(step.key, step.name, shape.is_nullable, read=step.read, leaf=shape.leaf, below=below)


def _composed(parts: tuple[_Part, ...], whole: Any) -> dict[str, Any]:
    return {part.key: _shown(part, whole) for part in parts}


def _shown(part: _Part, whole: Any) -> Any:
    if part.typename is not None:
        return part.typename
    value = part.read([whole])[0] if part.read is not None else None
    if part.leaf is not None:
        value = part.leaf([value])[0]
        if isinstance(value, LeafNotCompleted):
            raise value.cause
    elif value is not None:
        value = _composed(part.below, value)
    if value is None and not part.is_nullable:
        raise TypeError(f"Cannot return null for non-nullable field {part.name}.")
    return value
