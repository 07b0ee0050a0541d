"""
What an operation can cost, worked out before it runs from its text, the schema and its variables.

Cost counts the fields that are loaded, as `OperationContext.spend` counts them while the operation runs: what is worked
out here is at least what is counted there, whatever the rows are. Fragments are never written out: each is worked out
once for each type that it is met on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from graphql import (
    DocumentNode,
    ExecutableDefinitionNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
)

from execution.analyser import INTROSPECTION, OperationFacts
from execution.limits import DocumentLimits
from permissions.fields import FieldPlan, plan_of
from permissions.selections import WRAPPERS, Selections

FIELDS_PER_UNIT = 15
"""How many fields make one unit of cost, so that what one operation may cost is a round thousand."""
FIELDS_PER_INTROSPECTION = 1_500
"""What `__schema` or `__type` counts for, whatever is asked of it: the schema is as large for everybody."""
LONGEST_PAGE = 100
"""How long a page is taken to be where the operation does not say it; asking for more is refused by the field."""
_DECIDING = frozenset({"first", "last", "ids"})


class Range(NamedTuple):
    """How many fields something resolves, with lists as long as they usually are, and as they are at most."""

    usually: int
    most: int


NOTHING = Range(0, 0)
ONCE = Range(1, 1)


@dataclass(frozen=True, slots=True)
class OperationCost:
    """
    What an operation can cost, in units.

    Args:
        asked: With pages as long as it asks for, and other lists as long as they usually are.
        requested: The most that it can come to: with every list at its bound, or the limit at which it is stopped.
        fields: How many fields that is; what it may resolve.
        at_once: How many of these count as soon as it begins, because nothing counts them while it runs.
    """

    asked: int
    requested: int
    fields: int
    at_once: int


def units(fields: int) -> int:
    """Tell what a number of fields costs; every operation costs at least one unit."""
    return max(1, -(-fields // FIELDS_PER_UNIT))


class CostAnalyser:
    """Works out costs for one schema."""

    def __init__(self, schema: GraphQLSchema, limits: DocumentLimits) -> None:
        self._limit = limits.cost
        self._calls = _Calls(schema)

    def cost(self, document: DocumentNode, operation: OperationFacts, variables: Mapping[str, Any]) -> OperationCost:
        """
        Work out the cost of an operation of a document that fits the schema.

        Args:
            variables: As they were sent; one that does not fit its type counts as the most that it could be.
        """
        fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
        defaults = {
            node.variable.name.value: node.default_value
            for node in operation.definition.variable_definitions or ()
            if node.default_value is not None and node.variable.name.value not in variables
        }
        given = {**{name: _constant(value) for name, value in defaults.items()}, **variables}
        walk = _Walk(self._calls, Selections(fragments, given), given)
        root = self._calls.schema.get_root_type(operation.definition.operation)
        found = walk.below(operation.definition.selection_set, root, ONCE)
        fields = min(found.most + walk.at_once, self._limit * FIELDS_PER_UNIT)
        return OperationCost(
            asked=units(found.usually + walk.at_once), requested=units(fields), fields=fields, at_once=walk.at_once
        )


def deciding(document: DocumentNode) -> tuple[str, ...]:
    """Name the variables whose values decide what operations of a document cost."""
    found: dict[str, None] = {}
    pending = [node.selection_set for node in document.definitions if isinstance(node, ExecutableDefinitionNode)]
    while pending:
        for node in pending.pop().selections:
            values = [each.value for directive in node.directives or () for each in directive.arguments or ()]
            if isinstance(node, FieldNode):
                values += [each.value for each in node.arguments or () if each.name.value in _DECIDING]
            found.update((value.name.value, None) for value in values if isinstance(value, VariableNode))
            if isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set is not None:
                pending.append(node.selection_set)
    return tuple(found)


def told_apart(names: Iterable[str], variables: Mapping[str, Any]) -> tuple[object, ...]:
    """Sum up the values of deciding variables, so that two operations with equal sums cost the same."""
    return tuple(_told_apart(variables[name]) if name in variables else "left out" for name in names)


def _told_apart(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return min(max(value, -1), LONGEST_PAGE)
    if isinstance(value, list):
        return f"{min(len(cast(list[Any], value)), LONGEST_PAGE)} ids"
    # A null asks for nothing, where anything else counts as the most that it could be.
    return "null" if value is None else "other"


class _Call(NamedTuple):
    """What resolving a field of a type comes to."""

    is_counted: bool
    weight: int
    items: Range
    is_page: bool
    is_list_of_ids: bool
    type_: Any


class _Calls:
    """What the fields of a schema come to, looked up once for each."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self._known: dict[tuple[str, str], _Call] = {}

    def of(self, type_: Any, name: str) -> _Call:
        """Give what a field comes to; on an abstract type the most of what it does on any of its objects."""
        known = self._known.get((type_.name, name))
        if known is None:
            known = self._known[type_.name, name] = self._look_up(type_, name)
        return known

    def _look_up(self, type_: Any, name: str) -> _Call:
        if is_abstract_type(type_):
            calls = [self.of(each, name) for each in self.schema.get_possible_types(type_) if name in each.fields]
            own = _call(type_.fields[name]) if isinstance(type_, GraphQLInterfaceType) else None
            for call in calls:
                own = call if own is None else _larger(own, call)
            return own if own is not None else _Call(False, 0, ONCE, False, False, None)
        assert isinstance(type_, GraphQLObjectType), "only objects and abstract types have selections"
        field = type_.fields.get(name)
        return _call(field) if field is not None else _Call(False, 0, ONCE, False, False, None)


def _call(field: GraphQLField) -> _Call:
    plan = plan_of(field) or FieldPlan("part")
    written = cast(Any, field).type
    named: Any = cast(Any, get_named_type)(written)
    is_composite = is_composite_type(named)
    items = ONCE
    if plan.at_most is not None and is_composite:
        items = Range(min(plan.usually, plan.at_most), plan.at_most)
    return _Call(
        is_counted=plan.rows is not None or plan.kind in ("root", "mutation", "event"),
        weight=plan.weight,
        items=items,
        is_page="first" in field.args and "last" in field.args,
        is_list_of_ids="ids" in field.args and str(written).startswith("["),
        type_=named if is_composite else None,
    )


def _larger(one: _Call, other: _Call) -> _Call:
    return _Call(
        one.is_counted or other.is_counted,
        max(one.weight, other.weight),
        Range(max(one.items.usually, other.items.usually), max(one.items.most, other.items.most)),
        one.is_page or other.is_page,
        one.is_list_of_ids or other.is_list_of_ids,
        one.type_,
    )


class _Step(NamedTuple):
    """
    What one selection comes to.

    Args:
        own: What it counts itself.
        times: How often what is selected below it counts.
        selected: That selection, the type that it is on, and how many objects that carries if it is a page.
    """

    own: Range = NOTHING
    times: Range = ONCE
    selected: SelectionSetNode | None = None
    type_: Any = None
    page: Range = ONCE


class _Walk:
    """Works out one operation; a selection is looked at once for each type and each length of its page."""

    def __init__(self, calls: _Calls, selections: Selections, variables: Mapping[str, Any]) -> None:
        self._calls = calls
        self._selections = selections
        self._variables = variables
        self._known: dict[tuple[int, str, Range], Range] = {}
        self.at_once = 0

    def below(self, selected: SelectionSetNode, type_: Any, page: Range) -> Range:
        """
        Count the fields that are loaded for one object of a type, for what is asked of it.

        One step down is one call, so that a document as deep as the scanner lets through is no deeper than the stack.

        Args:
            page: How many objects it carries, where it is a page of some.
        """
        key = (id(selected), type_.name, page)
        known = self._known.get(key)
        if known is not None:
            return known
        usually = most = 0
        for node in selected.selections:
            if node.directives and self._selections.leaves_out(node):
                continue
            step = self._field(node, type_, page) if isinstance(node, FieldNode) else self._fragment(node, type_, page)
            usually += step.own.usually
            most += step.own.most
            if step.selected is not None:
                found = self.below(step.selected, step.type_, step.page)
                usually += step.times.usually * found.usually
                most += step.times.most * found.most
        result = self._known[key] = Range(usually, most)
        return result

    def _field(self, node: FieldNode, type_: Any, page: Range) -> _Step:
        name = node.name.value
        if name.startswith("__"):
            self.at_once += FIELDS_PER_INTROSPECTION * (name in INTROSPECTION)
            return _Step()
        call = self._calls.of(type_, name)
        items, times, inner = call.items, call.items, ONCE
        if call.is_page:
            # What the page itself leads to is loaded once, and what its objects lead to once for each.
            items = inner = self._page(node)
            times = ONCE
        elif call.is_list_of_ids:
            items = times = self._ids(node)
        elif name in WRAPPERS and not call.is_counted:
            times, inner = (ONCE, ONCE) if name == "node" else (page, ONCE)
        own = NOTHING
        if call.is_counted:
            width = self._selections.width((node,))
            own = Range(call.weight + items.usually * width, call.weight + items.most * width)
        return _Step(own, times, node.selection_set if call.type_ is not None else None, call.type_, inner)

    def _fragment(self, node: Any, type_: Any, page: Range) -> _Step:
        fragment = node if isinstance(node, InlineFragmentNode) else self._selections.fragment(node.name.value)
        condition = fragment.type_condition
        on = type_ if condition is None else self._calls.schema.type_map[condition.name.value]
        return _Step(NOTHING, ONCE, fragment.selection_set, on, page)

    def _page(self, node: FieldNode) -> Range:
        sizes = [self._size(each.value) for each in node.arguments or () if each.name.value in ("first", "last")]
        length = max((size for size in sizes if size is not None), default=LONGEST_PAGE)
        return Range(length, length)

    def _size(self, value: ValueNode) -> int | None:
        if isinstance(value, IntValueNode):
            size: object = int(value.value) if len(value.value) < 10 else LONGEST_PAGE
        elif isinstance(value, VariableNode):
            size = self._variables.get(value.name.value)
        else:
            return None
        if size is None:
            return None
        return min(size, LONGEST_PAGE) if type(size) is int and size >= 0 else LONGEST_PAGE

    def _ids(self, node: FieldNode) -> Range:
        length = LONGEST_PAGE
        for argument in node.arguments or ():
            if argument.name.value == "ids":
                if isinstance(argument.value, ListValueNode):
                    length = len(argument.value.values)
                elif isinstance(argument.value, VariableNode):
                    given = self._variables.get(argument.value.name.value)
                    length = len(cast(list[Any], given)) if isinstance(given, list) else LONGEST_PAGE
        length = min(length, LONGEST_PAGE)
        return Range(length, length)


def _constant(value: ValueNode) -> object:
    if isinstance(value, IntValueNode):
        return int(value.value) if len(value.value) < 10 else LONGEST_PAGE
    if isinstance(value, ListValueNode):
        return list(value.values)
    said: object = getattr(value, "value", None)
    return said if isinstance(said, bool) else None
