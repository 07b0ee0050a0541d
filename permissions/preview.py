"""What an operation would touch, told before it runs: classified fields, whatever rows there are."""

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    get_directive_values,
    is_abstract_type,
    is_composite_type,
)

from permissions.errors import OperationRefused
from permissions.fields import plan_of
from permissions.privacy_of import FieldPrivacy, named_type, told_of


def touched_by(
    schema: GraphQLSchema, document: DocumentNode, *, operation_name: str | None, variables: Mapping[str, Any]
) -> list[FieldPrivacy]:
    """
    List the classified fields that an operation selects, each once, by type and name.

    Fragments are entered once for each type that they are spread on, so the work is bounded by the document. What
    `@skip` and `@include` leave out with these variables is left out.

    Args:
        document: A document that fits the schema and keeps its limits.
        operation_name: Which operation, where there are several.
        variables: As they would be sent.

    Raises:
        OperationRefused: There is no such operation, or none is named among several.
    """
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    named = [node for node in operations if operation_name is None or (node.name and node.name.value == operation_name)]
    if len(named) != 1:
        raise OperationRefused("OPERATION_NAME_REQUIRED", "Name one operation of the document in `operationName`.")
    root = schema.get_root_type(named[0].operation)
    walk = _Walk(schema, document, variables)
    found = {
        (told.type_name, told.field_name): told
        for told in (walk.fields(named[0].selection_set, root) if root is not None else ())
    }
    return [found[key] for key in sorted(found)]


class _Walk:
    def __init__(self, schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self._schema = schema
        self._variables = dict(variables)
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._entered: set[tuple[str, str]] = set()

    def fields(self, selected: SelectionSetNode, on: GraphQLNamedType) -> Iterator[FieldPrivacy]:
        """List the classified fields of a selection on a type."""
        for selection in selected.selections:
            if not self._is_left_out(selection):
                yield from self._fields(selection, on)

    def _fields(self, selection: SelectionNode, on: GraphQLNamedType) -> Iterator[FieldPrivacy]:
        if isinstance(selection, FieldNode):
            yield from self._field(selection, on)
        elif isinstance(selection, InlineFragmentNode):
            condition = selection.type_condition
            target = self._schema.type_map[condition.name.value] if condition is not None else on
            yield from self.fields(selection.selection_set, target)
        elif isinstance(selection, FragmentSpreadNode):
            fragment = self._fragments[selection.name.value]
            target = self._schema.type_map[fragment.type_condition.name.value]
            if (selection.name.value, target.name) not in self._entered:
                self._entered.add((selection.name.value, target.name))
                yield from self.fields(fragment.selection_set, target)

    def _field(self, node: FieldNode, on: GraphQLNamedType) -> Iterator[FieldPrivacy]:
        for type_ in self._objects(on):
            field = type_.fields.get(node.name.value)
            if field is None:
                continue
            plan = plan_of(field)
            if plan is not None and plan.data_class is not None:
                yield told_of(type_, node.name.value, plan)
            below = named_type(field.type)
            if node.selection_set is not None and is_composite_type(below):
                yield from self.fields(node.selection_set, below)

    def _objects(self, on: GraphQLNamedType) -> list[GraphQLObjectType]:
        if isinstance(on, GraphQLObjectType):
            return [on]
        return list(self._schema.get_possible_types(on)) if is_abstract_type(on) else []

    def _is_left_out(self, node: SelectionNode) -> bool:
        return any(
            self._says(directive, node) is leaves_out
            for directive, leaves_out in ((GraphQLSkipDirective, True), (GraphQLIncludeDirective, False))
        )

    def _says(self, directive: Any, node: SelectionNode) -> bool | None:
        written = next((each for each in node.directives or () if each.name.value == directive.name), None)
        if written is None:
            return None
        condition = next(argument.value for argument in written.arguments or ())
        if isinstance(condition, VariableNode):
            # A variable that is not given leaves everything in: more is told than would be touched, never less.
            given = self._variables.get(condition.name.value)
            return given if isinstance(given, bool) else None
        return (get_directive_values(directive, node) or {}).get("if")
