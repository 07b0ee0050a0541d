"""Compiles a validated operation to a plan, once for all requests that send its text."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    is_abstract_type,
    is_leaf_type,
)

from execution.cells import composed, reader
from execution.leaves import leaves_of
from execution.lookahead import wanted
from execution.plan import NotPlanned, ObjectPlan, OperationPlan, Path, Shape, Source, Step
from execution.streaming import as_event
from permissions.fields import FieldPlan, is_pure, plan_of
from permissions.linkage import is_linked
from permissions.may_see import PolicyExtension
from permissions.selections import Selections

TYPENAME = "__typename"
CONDITIONS = ("skip", "include")
PAGE_ARGUMENTS = frozenset({"first", "after", "last", "before"})
BYTES_PER_STEP = 2_000
"""What a step takes in memory, rounded up."""


class Planner:
    """
    Makes the plans of one document's operations.

    Args:
        schema: The schema, in which every output field is declared by a helper of `permissions.fields`.
        fragments: The document's by name; they are written out here, which its limits bound.
        grown: Told how many bytes more the plan takes, because some of it is made while it runs.
    """

    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], grown: Callable[[int], None]
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._grown = grown

    def plan(self, operation: OperationDefinitionNode, says: Mapping[str, bool]) -> OperationPlan:
        """
        Compile an operation.

        Args:
            says: What its `conditions` say in this request. No other value has a place in a plan, which is kept.

        Raises:
            NotPlanned: It has something that no plan can be made of.
        """
        kind = operation.operation.value
        type_ = self._schema.get_root_type(operation.operation)
        if type_ is None:
            raise NotPlanned(f"The schema has no {kind}.")
        selections = Selections(self._fragments, says)
        making = _Making(self._schema, self._fragments, operation, selections, self._grown)
        return OperationPlan(operation, making.objects(type_, [operation.selection_set], ()), kind == "mutation")


def conditions(operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]) -> tuple[str, ...]:
    """Name the variables of an operation's `@skip` and `@include`, on which its plan depends."""
    found: dict[str, None] = {}
    spread: set[str] = set()
    pending = [operation.selection_set]
    while pending:
        for selection in pending.pop().selections:
            for directive in selection.directives or ():
                if directive.name.value in CONDITIONS:
                    values = [each.value for each in directive.arguments or ()]
                    found.update((value.name.value, None) for value in values if isinstance(value, VariableNode))
            if isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                if name not in spread:
                    spread.add(name)
                    pending.append(fragments[name].selection_set)
            elif isinstance(selection, FieldNode | InlineFragmentNode) and selection.selection_set is not None:
                pending.append(selection.selection_set)
    return tuple(found)


class _Making:
    """One compilation: what stays the same all through it."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        operation: OperationDefinitionNode,
        selections: Selections,
        grown: Callable[[int], None],
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._operation = operation
        self._selections = selections
        self._grown = grown

    def objects(self, type_: GraphQLObjectType, sets: Sequence[SelectionSetNode], path: Path) -> ObjectPlan:
        """Compile what is asked of objects of a type."""
        asked: dict[str, list[FieldNode]] = {}
        for node in self._selected(type_, sets, set()):
            asked.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
        steps = tuple(self._step(type_, key, nodes, (*path, key)) for key, nodes in asked.items())
        self._grown(BYTES_PER_STEP * len(steps))
        decides = tuple(step for step in steps if step.guard is not None and step.source is Source.CELLS)
        return ObjectPlan(type_, tuple(asked), steps, decides, sum(step.asks for step in steps))

    def _selected(
        self, type_: GraphQLObjectType, sets: Sequence[SelectionSetNode], visited: set[str]
    ) -> Iterator[FieldNode]:
        for selection_set in sets:
            for selection in selection_set.selections:
                if self._selections.leaves_out(selection):
                    continue
                if isinstance(selection, FieldNode):
                    yield selection
                    continue
                inner: Any = selection
                if isinstance(selection, FragmentSpreadNode):
                    name = selection.name.value
                    if name in visited:
                        continue
                    visited.add(name)
                    inner = self._fragments[name]
                if self._applies(inner.type_condition, type_):
                    yield from self._selected(type_, [inner.selection_set], visited)

    def _applies(self, condition: Any, type_: GraphQLObjectType) -> bool:
        if condition is None or condition.name.value == type_.name:
            return True
        named = self._schema.get_type(condition.name.value)
        return is_abstract_type(named) and self._schema.is_sub_type(named, type_)

    def _step(self, type_: GraphQLObjectType, key: str, nodes: list[FieldNode], path: Path) -> Step:
        name = nodes[0].name.value
        if name == TYPENAME:
            return Step(key, path, Source.TYPENAME, Shape(is_nullable=False), f"{type_.name}.{TYPENAME}", nodes)
        field = type_.fields.get(name)
        if field is None:
            # What is asked of the schema itself depends on nothing that a plan is about.
            shape = Shape(is_nullable=name == "__type", leaf=_as_it_is)
            return Step(key, path, Source.SCHEMA, shape, f"{type_.name}.{name}", nodes)
        declared = plan_of(field)
        if declared is None:
            raise NotPlanned(f"`{type_.name}.{name}` is not declared.")
        source = _source(declared)
        if declared.kind == "event":
            field = as_event(field)
        definition = definition_of(field)
        guard = _guard(declared, definition.extensions, f"{type_.name}.{name}", source)
        columns = declared.columns or (definition.python_name,)
        shape = self._shape(field.type, [node.selection_set for node in nodes if node.selection_set], path)
        make, plan = declared.value, self._whole(shape)
        return Step(
            key,
            path,
            source,
            shape,
            f"{type_.name}.{name}",
            nodes,
            field=field,
            declared=declared,
            read=reader(columns, make) if source is Source.CELLS else None,
            whole=composed(columns, make, plan) if make is not None and is_pure(make) and plan is not None else None,
            columns=columns,
            rows=declared.rows,
            guard=guard,
            width=self._selections.width(nodes) if nodes[0].selection_set is not None else 0,
            wanted=wanted(shape) if source is not Source.CELLS and declared.kind != "mutation" else None,
            asks=source is not Source.CELLS or _asks_below(shape),
            is_linked=self._linked(path),
        )

    def _shape(self, type_: Any, sets: Sequence[SelectionSetNode], path: Path) -> Shape:
        is_nullable = not isinstance(type_, GraphQLNonNull)
        inner = cast(Any, type_ if is_nullable else type_.of_type)
        if isinstance(inner, GraphQLList):
            return Shape(is_nullable, item=self._shape(inner.of_type, sets, path))
        if is_leaf_type(inner):
            return Shape(is_nullable, leaf=leaves_of(inner))
        made: dict[str, ObjectPlan] = {}

        def objects(of: GraphQLObjectType) -> ObjectPlan:
            # What is asked of the types of an interface is compiled for those that turn up.
            if of.name not in made:
                made[of.name] = self.objects(of, sets, path)
            return made[of.name]

        if isinstance(inner, GraphQLObjectType):
            objects(inner)
            return Shape(is_nullable, objects=objects, type=inner)
        possible = self._schema.get_possible_types(cast(GraphQLAbstractType, inner))
        if not all(each.is_type_of for each in possible):
            raise NotPlanned(f"Not all types of `{inner.name}` tell their objects from others.")
        return Shape(is_nullable, objects=objects, possible=tuple(possible))

    def _whole(self, shape: Shape) -> ObjectPlan | None:
        return shape.objects(shape.type) if shape.type is not None and shape.objects is not None else None

    def _linked(self, path: Path) -> Callable[[], bool]:
        told: list[bool] = []

        def linked() -> bool:
            if not told:
                place = SimpleNamespace(as_list=lambda: list(path))
                told.append(
                    is_linked(
                        SimpleNamespace(
                            path=place, schema=self._schema, operation=self._operation, fragments=self._fragments
                        )
                    )
                )
            return told[0]

        return linked


def _as_it_is(values: list[Any]) -> list[Any]:
    return values


def _asks_below(shape: Shape) -> bool:
    while shape.item is not None:
        shape = shape.item
    if shape.objects is None:
        return False
    # What objects of an interface lead to is known once they are there.
    return shape.type is None or shape.objects(shape.type).branches > 0


def definition_of(field: GraphQLField) -> Any:
    """Give what Strawberry knows of a field."""
    return (field.extensions or {})["strawberry-definition"]


def _source(declared: FieldPlan) -> Source:
    if declared.kind in ("root", "mutation", "event"):
        return Source.RESOLVER
    return Source.ROWS if declared.rows is not None else Source.CELLS


def _guard(declared: FieldPlan, extensions: Sequence[Any], name: str, source: Source) -> PolicyExtension | None:
    """
    Find what decides a field.

    INVARIANT (no field without its decision): a classified field without exactly its own guard, or one with anything
    else before it, has no plan. The server compiles every field of the schema before it starts.
    """
    if source is Source.RESOLVER:
        return None
    guards = [each for each in extensions if isinstance(each, PolicyExtension)]
    if len(guards) != len(extensions):
        raise NotPlanned(f"`{name}` has an extension that plans do not know.")
    classes = [guard.permission.data_class for guard in guards]
    if classes != ([declared.data_class] if declared.kind == "classified" else []):
        raise NotPlanned(f"`{name}` is not decided by what its declaration says.")
    return guards[0] if guards else None


def unplanned(schema: GraphQLSchema) -> dict[str, str]:
    """List the declared output fields that no plan can show, with the reason; others are `permissions.register`'s."""
    faults: dict[str, str] = {}
    for type_ in schema.type_map.values():
        if not isinstance(type_, GraphQLObjectType) or type_.name.startswith("__"):
            continue
        for name, field in type_.fields.items():
            declared = plan_of(field)
            if declared is None:
                continue
            try:
                _compiles(f"{type_.name}.{name}", field, declared)
            except NotPlanned as fault:
                faults[f"{type_.name}.{name}"] = fault.reason
    return faults


def _compiles(name: str, field: GraphQLField, declared: FieldPlan) -> None:
    _guard(declared, definition_of(field).extensions, name, _source(declared))
    if field.args and declared.rows is not None and not PAGE_ARGUMENTS.issuperset(field.args):
        raise NotPlanned(f"`{name}` has arguments that its batch function does not take.")
