"""Decides in bounded time whether a parsed document is small enough to be validated."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    ListValueNode,
    Node,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    ValueNode,
)

from execution.limits import DocumentLimits
from execution.refusals import DocumentRefused

WRAPPERS = frozenset({"edges", "node", "nodes"})
"""Fields that only carry a connection's items; they are not a level of the document's depth."""

INTROSPECTION = frozenset({"__schema", "__type"})


@dataclass(frozen=True, slots=True)
class OperationFacts:
    """What is known of an operation before it runs."""

    definition: OperationDefinitionNode
    root_fields: tuple[str, ...]
    """Names of the fields that will run at the root, once for each response name."""

    @property
    def name(self) -> str | None:
        """The operation's own name, if it has one."""
        return self.definition.name.value if self.definition.name else None

    @property
    def kind(self) -> str:
        """`query`, `mutation` or `subscription`."""
        return self.definition.operation.value


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """What is known of a document before it is validated."""

    operations: tuple[OperationFacts, ...]
    introspects: bool


@dataclass(slots=True)
class _Size:
    """Figures of a definition: at first its own, after `_add_fragments` with its fragments written out."""

    fields: int = 0
    depth: int = 0
    introspection_depth: int = 0
    aliases: list[int] = field(default_factory=list[int])
    """How many aliased fields there are at each distance from the definition's start."""
    spreads: list[tuple[str, int, int | None, int]] = field(default_factory=list[tuple[str, int, int | None, int]])
    """Fragment, object level, introspection level (None outside), distance."""


def analyse(document: DocumentNode, limits: DocumentLimits) -> DocumentFacts:
    """
    Refuse a document that is too deep, too wide or too repetitive.

    Fragments are never written out: each is measured once, and a spread adds the fragment's figures to those
    of its place, so the work grows with the text and not with what the text stands for. A spread that closes
    a cycle adds nothing, and one of an unknown fragment neither: validation refuses both.

    Raises:
        DocumentRefused: `QUERY_TOO_LARGE`, `QUERY_TOO_DEEP`, `QUERY_TOO_MANY_ALIASES`,
            `QUERY_TOO_MANY_DIRECTIVES`, `QUERY_TOO_MANY_FIELDS`, `LIST_TOO_LONG` or `BAD_STRING`.
    """
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    _bound("operations", len(operations), limits.operations)
    _bound("fragments", len(fragments), limits.fragments)

    survey = _Survey(limits)
    fragment_sizes = {name: survey.measure(node) for name, node in fragments.items()}
    operation_sizes = [survey.measure(node) for node in operations]
    for name in _inner_first(fragment_sizes):
        _add_fragments(fragment_sizes[name], fragment_sizes, limits)
    facts: list[OperationFacts] = []
    for node, size in zip(operations, operation_sizes, strict=True):
        _add_fragments(size, fragment_sizes, limits)
        _check(size, limits)
        root_fields = _root_fields(node.selection_set, fragments)
        if len(root_fields) > limits.root_fields:
            raise DocumentRefused(
                "QUERY_TOO_MANY_FIELDS",
                f"The operation has {len(root_fields)} fields at its root, the limit is "
                f"{limits.root_fields}. Send them in several requests.",
            )
        facts.append(OperationFacts(node, root_fields))
    return DocumentFacts(tuple(facts), survey.introspects)


class _Survey:
    """Visits every node of a document once and sums up each definition by itself."""

    def __init__(self, limits: DocumentLimits) -> None:
        self._limits = limits
        self._directives = 0
        self.introspects = False

    def measure(self, definition: OperationDefinitionNode | FragmentDefinitionNode) -> _Size:
        size = _Size()
        self._directives_of(definition.directives or ())
        for variable in definition.variable_definitions or ():
            self._directives_of(variable.directives or ())
            if variable.default_value:
                self._value(variable.default_value)
        self._selections(definition.selection_set, size, level=0, inside=None, distance=0)
        return size

    def _selections(
        self,
        selection_set: SelectionSetNode,
        size: _Size,
        *,
        level: int,
        inside: int | None,
        distance: int,
    ) -> None:
        for selection in selection_set.selections:
            self._directives_of(selection.directives or ())
            if isinstance(selection, FieldNode):
                self._field(selection, size, level=level, inside=inside, distance=distance)
            elif isinstance(selection, InlineFragmentNode):
                self._selections(selection.selection_set, size, level=level, inside=inside, distance=distance)
            elif isinstance(selection, FragmentSpreadNode):
                size.spreads.append((selection.name.value, level, inside, distance))

    def _field(self, node: FieldNode, size: _Size, *, level: int, inside: int | None, distance: int) -> None:
        name = node.name.value
        size.fields += 1
        if node.alias:
            _grow(size.aliases, distance + 1)
            size.aliases[distance] += 1
        for argument in node.arguments or ():
            self._value(argument.value)
        if name in INTROSPECTION:
            self.introspects = True
            inside = 0 if inside is None else inside
        if not node.selection_set:
            return
        if inside is not None:
            inside += 1
            size.introspection_depth = max(size.introspection_depth, inside)
        elif name not in WRAPPERS:
            level += 1
            size.depth = max(size.depth, level)
        self._selections(node.selection_set, size, level=level, inside=inside, distance=distance + 1)

    def _directives_of(self, directives: Iterable[DirectiveNode]) -> None:
        for directive in directives:
            self._directives += 1
            if self._directives > self._limits.directives:
                raise DocumentRefused(
                    "QUERY_TOO_MANY_DIRECTIVES",
                    f"The document has more than {self._limits.directives} directives. "
                    "Put one on a fragment instead of one on each field.",
                )
            for argument in directive.arguments or ():
                self._value(argument.value)

    def _value(self, value: ValueNode) -> None:
        pending: list[Node] = [value]
        while pending:
            node = pending.pop()
            if isinstance(node, ListValueNode):
                if len(node.values) > self._limits.list_items:
                    raise list_too_long(len(node.values), self._limits)
                pending.extend(node.values)
            elif isinstance(node, ObjectValueNode):
                pending.extend(entry.value for entry in node.fields)
            elif isinstance(node, StringValueNode) and "\x00" in node.value:
                raise DocumentRefused(
                    "BAD_STRING",
                    "A string in the document holds the character U+0000, which no text here can have. Leave it out.",
                )


def list_too_long(items: int, limits: DocumentLimits) -> DocumentRefused:
    """Say that a list in the document or in a variable has too many entries."""
    return DocumentRefused(
        "LIST_TOO_LONG",
        f"A list has {items} entries, the limit is {limits.list_items}. Send it in several requests.",
    )


def _bound(what: str, number: int, limit: int) -> None:
    if number > limit:
        raise DocumentRefused(
            "QUERY_TOO_LARGE",
            f"The document has {number} {what}, the limit is {limit}. Split the document.",
        )


def _grow(figures: list[int], length: int) -> None:
    figures.extend([0] * (length - len(figures)))


def _inner_first(sizes: Mapping[str, _Size]) -> list[str]:
    """Order fragments so that each comes after those it spreads; cycles are cut where they close."""
    order: list[str] = []
    seen: set[str] = set()
    for start in sizes:
        if start in seen:
            continue
        seen.add(start)
        path = [(start, iter(sizes[start].spreads))]
        while path:
            name, spreads = path[-1]
            for spread, *_ in spreads:
                if spread in sizes and spread not in seen:
                    seen.add(spread)
                    path.append((spread, iter(sizes[spread].spreads)))
                    break
            else:
                order.append(name)
                path.pop()
    return order


def _add_fragments(size: _Size, fragments: Mapping[str, _Size], limits: DocumentLimits) -> None:
    """
    Add the figures of the fragments that a definition spreads, each at its place.

    INVARIANT (saturation): no figure grows past twice its limit, so chains of fragments that double at each step
    stay small numbers, and a list of aliases stays short.
    """
    most_distant = 2 * limits.nesting
    for name, level, inside, distance in size.spreads:
        fragment = fragments.get(name)
        if fragment is None or fragment is size:
            continue
        size.fields = min(size.fields + fragment.fields, 2 * limits.expanded_fields)
        if inside is None:
            size.depth = max(size.depth, min(level + fragment.depth, 2 * limits.depth))
            nested = fragment.introspection_depth
        else:
            nested = inside + max(fragment.depth, fragment.introspection_depth)
        size.introspection_depth = max(size.introspection_depth, min(nested, 2 * limits.introspection_depth))
        reach = min(distance + len(fragment.aliases), most_distant)
        _grow(size.aliases, reach)
        for step, count in enumerate(fragment.aliases[: max(0, reach - distance)]):
            place = distance + step
            size.aliases[place] = min(size.aliases[place] + count, 2 * limits.aliases_per_level)


def _check(size: _Size, limits: DocumentLimits) -> None:
    if size.depth > limits.depth:
        raise DocumentRefused(
            "QUERY_TOO_DEEP",
            f"The operation is more than {limits.depth} object levels deep. "
            "Ask for deeper objects by their id in a request of their own.",
        )
    if size.introspection_depth > limits.introspection_depth:
        raise DocumentRefused(
            "QUERY_TOO_DEEP",
            f"The introspection is more than {limits.introspection_depth} levels deep. "
            "Ask for fewer levels of `ofType`.",
        )
    if max(size.aliases, default=0) > limits.aliases_per_level:
        raise DocumentRefused(
            "QUERY_TOO_MANY_ALIASES",
            f"More than {limits.aliases_per_level} aliased fields are at one level, fragments written out. "
            "Ask for a list by `nodes(ids:)` or a filter, or send several requests.",
        )
    if size.fields > limits.expanded_fields:
        raise DocumentRefused(
            "QUERY_TOO_LARGE",
            f"The operation has more than {limits.expanded_fields} fields, fragments written out. "
            "Ask for less, or send several requests.",
        )


def _root_fields(selection_set: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> tuple[str, ...]:
    """Name the root fields as the executor collects them: a fragment once, a response name once."""
    by_response_name: dict[str, str] = {}
    visited: set[str] = set()
    pending = [selection_set]
    while pending:
        for selection in pending.pop().selections:
            if isinstance(selection, FieldNode):
                response_name = selection.alias or selection.name
                by_response_name.setdefault(response_name.value, selection.name.value)
            elif isinstance(selection, InlineFragmentNode):
                pending.append(selection.selection_set)
            elif isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                if name in fragments and name not in visited:
                    visited.add(name)
                    pending.append(fragments[name].selection_set)
    return tuple(by_response_name.values())
