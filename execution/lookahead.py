"""Finds out which columns of the rows that a field leads to are looked at, so that no others are selected."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLObjectType

from execution.plan import ObjectPlan, Shape, Source
from policy.classes import DataClass
from policy.decide import ever_seen
from policy.parties import Party

Columns = Mapping[str, frozenset[str]]
"""Names of columns by the name of the model whose rows a type shows: its own name, or what it says by `rows_of`."""


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """
    What is looked at of the rows that one field leads to.

    Args:
        always: The columns that every viewer may get to see, or that lead on to other rows, by model.
        decided: The columns of classified fields by model, each with the class of its field.
    """

    always: Columns
    decided: tuple[tuple[str, DataClass, tuple[str, ...]], ...]
    _by_seen: dict[frozenset[DataClass], Columns] = field(default_factory=dict[frozenset[DataClass], Columns])

    def by(self, parties: frozenset[Party]) -> Columns:
        """
        List the columns for a viewer who can be no other parties than these.

        INVARIANT (what can never be shown is not read): a column whose class no rule shows to any of them is left out.
        """
        # Kept by what the rules of this moment show, and never by the parties alone.
        seen = ever_seen(parties)
        columns = self._by_seen.get(seen)
        if columns is None:
            found = {name: set(names) for name, names in self.always.items()}
            for name, data_class, names in self.decided:
                if data_class in seen:
                    found[name].update(names)
            columns = {name: frozenset(names) for name, names in found.items()}
            self._by_seen[seen] = columns
        return columns


class WantedOfAny:
    """What is looked at of the rows that a field of an interface leads to, whichever type they turn out to be of."""

    __slots__ = ("_by_model",)

    def __init__(
        self, objects: Callable[[GraphQLObjectType], ObjectPlan], possible: Sequence[GraphQLObjectType]
    ) -> None:
        self._by_model = _ByModel(objects, possible)

    def by(self, parties: frozenset[Party]) -> Columns:
        """List the columns as `Wanted.by` does, of a model when somebody is about to read its rows."""
        return _Asked(self._by_model, parties)


class _ByModel(dict[str, "list[Wanted | None]"]):
    """What is wanted of the types that show rows of a model: worked out for those that turn up."""

    def __init__(
        self, objects: Callable[[GraphQLObjectType], ObjectPlan], possible: Sequence[GraphQLObjectType]
    ) -> None:
        super().__init__()
        self._objects = objects
        self._possible = possible

    def __missing__(self, model: str) -> "list[Wanted | None]":
        types = [each for each in self._possible if _model_of(each) == model]
        self[model] = found = [_wanted_of(self._objects(each)) for each in types]
        return found


class _Asked(Mapping[str, frozenset[str]]):
    """The columns of a viewer who can be no other parties than these."""

    def __init__(self, by_model: _ByModel, parties: frozenset[Party]) -> None:
        self._by_model = by_model
        self._parties = parties

    def __getitem__(self, model: str) -> frozenset[str]:
        found = self._by_model[model]
        columns = [each.by(self._parties).get(model) for each in found if each is not None]
        if len(columns) < len(found) or not columns or None in columns:
            # Nobody has said what is read of it.
            raise KeyError(model)
        return frozenset[str]().union(*filter(None, columns))

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_model)

    def __len__(self) -> int:
        return len(self._by_model)


def wanted(shape: Shape) -> Wanted | WantedOfAny | None:
    """
    Look ahead from a field to its rows.

    Returns:
        None where it leads to none.
    """
    while shape.item is not None:
        shape = shape.item
    if shape.objects is None:
        return None
    return (
        _wanted_of(shape.objects(shape.type)) if shape.type is not None else WantedOfAny(shape.objects, shape.possible)
    )


def _wanted_of(plan: ObjectPlan) -> Wanted | None:
    always: dict[str, set[str]] = {}
    decided: list[tuple[str, DataClass, tuple[str, ...]]] = []
    if not _collect(plan, always, decided):
        return None
    return Wanted({name: frozenset(names) for name, names in always.items()}, tuple(decided))


def _objects(shape: Shape) -> ObjectPlan | None:
    while shape.item is not None:
        shape = shape.item
    return shape.objects(shape.type) if shape.type is not None and shape.objects is not None else None


def _collect(
    plan: ObjectPlan, always: dict[str, set[str]], decided: list[tuple[str, DataClass, tuple[str, ...]]]
) -> bool:
    model = _model_of(plan.type)
    names = always.setdefault(model, set())
    for step in plan.steps:
        if step.declared is None:
            continue
        names.update(step.declared.needs)
        if step.source is not Source.CELLS:
            names.update(step.declared.columns)
            continue
        if step.guard is None:
            names.update(step.columns)
        else:
            decided.append((model, step.guard.permission.data_class, step.columns))
        if step.shape.leaf is None:
            # Such as the nodes of a page: objects that came with the row, or with what stands for it.
            below = _objects(step.shape)
            if below is None and not _is_of_leaves(step.shape):
                return False
            if below is not None and not _collect(below, always, decided):
                return False
    return True


def _model_of(type_: GraphQLObjectType) -> str:
    definition: Any = (type_.extensions or {}).get("strawberry-definition")
    return getattr(getattr(definition, "origin", None), "rows_of", type_.name)


def _is_of_leaves(shape: Shape) -> bool:
    while shape.item is not None:
        shape = shape.item
    return shape.leaf is not None
