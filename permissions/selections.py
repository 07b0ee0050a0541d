"""How much a selection asks of each object, counted once for each selection and never by writing fragments out."""

from collections.abc import Iterable, Mapping
from typing import Any

from graphql import (
    BooleanValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
)

WRAPPERS = frozenset({"edges", "node", "nodes"})
"""Fields of a connection that only carry its objects: what is asked below them is asked of the objects."""


class Selections:
    """
    Reads the selections of one operation with its variables.

    Args:
        fragments: By name.
        variables: Values by name; of these only true and false are looked at, for `@skip` and `@include`.
    """

    __slots__ = ("_fragments", "_spread", "_variables", "_widths")

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode], variables: Mapping[str, Any]) -> None:
        self._fragments = fragments
        self._variables = variables
        self._widths: dict[int, int] = {}
        self._spread: dict[str, int] = {}

    def width(self, nodes: Iterable[FieldNode]) -> int:
        """
        Count the fields that are asked of each object that a field leads to, at least one.

        Fields below other fields count there. What a variable or a constant leaves out does not count; a fragment that
        is spread twice counts twice, and so does a field that is written twice.

        Args:
            nodes: Where the field is written; several, where the same field is selected more than once.
        """
        count = 0
        for node in nodes:
            below = node.selection_set
            if below is None:
                continue
            known = self._widths.get(id(below))
            if known is None:
                known = self._widths[id(below)] = self._count(below)
            count += known
        return max(1, count)

    def leaves_out(self, node: SelectionNode) -> bool:
        """Tell whether `@skip` or `@include` leaves a selection out for sure."""
        for directive in node.directives or ():
            name = directive.name.value
            if name in ("skip", "include") and directive.arguments:
                condition = directive.arguments[0].value
                says: object = None
                if isinstance(condition, BooleanValueNode):
                    says = condition.value
                elif isinstance(condition, VariableNode):
                    says = self._variables.get(condition.name.value)
                if says is (name == "skip"):
                    return True
        return False

    def fragment(self, name: str) -> FragmentDefinitionNode:
        """Give the fragment of a name, which a document that fits the schema has."""
        return self._fragments[name]

    def _count(self, selected: SelectionSetNode) -> int:
        count = 0
        for node in selected.selections:
            if node.directives and self.leaves_out(node):
                continue
            if isinstance(node, FieldNode):
                if node.selection_set is not None and node.name.value in WRAPPERS:
                    count += self._count(node.selection_set)
                else:
                    count += 1
            elif isinstance(node, InlineFragmentNode):
                count += self._count(node.selection_set)
            elif isinstance(node, FragmentSpreadNode):
                count += self._of_fragment(node.name.value)
        return count

    def _of_fragment(self, name: str) -> int:
        known = self._spread.get(name)
        if known is None:
            known = self._spread[name] = self._count(self._fragments[name].selection_set)
        return known
