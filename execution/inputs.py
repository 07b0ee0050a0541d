"""Makes the objects that resolvers take of what was sent, by conversions that are looked up once for each type."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from typing import Any, cast

from graphql import GraphQLSchema, is_input_object_type
from strawberry import UNSET
from strawberry.relay import GlobalID
from strawberry.scalars import is_scalar
from strawberry.types.arguments import InputContext
from strawberry.types.base import StrawberryList, StrawberryMaybe, StrawberryObjectDefinition, StrawberryOptional
from strawberry.types.enum import StrawberryEnumDefinition

Convert = Callable[[Any, InputContext], Any]


def compiled(schema: GraphQLSchema) -> None:
    """
    Let each input type of a schema make its objects itself.

    Strawberry would ask for the type and the name of each field anew for each object. It goes on to make what has
    types of other kinds than scalars, lists and further inputs.
    """
    for named in schema.type_map.values():
        if is_input_object_type(named):
            definition: Any = named.extensions.get("strawberry-definition")
            if isinstance(definition, StrawberryObjectDefinition) and definition.from_input is None:
                definition.from_input = _Making(definition)


class _Making:
    """Makes the objects of one input type."""

    def __init__(self, definition: StrawberryObjectDefinition) -> None:
        self._definition = definition
        self._fields: list[tuple[str, str, Convert | None]] | None = None
        # As Strawberry has it: what may be left out is None, unless the type says otherwise.
        self._left_out: dict[str, None] = {
            field.python_name: None
            for field in definition.fields
            if field.default_value is MISSING and field.default_factory is MISSING
        }

    def __call__(self, type_: type, value: Mapping[str, Any], context: InputContext) -> Any:
        """Make one, of what was sent for it."""
        if self._fields is None:
            # Not before, because the types of fields may be declared later.
            self._fields = [
                (
                    context.config.name_converter.from_field(field),
                    field.python_name,
                    _conversion(field.resolve_type(type_definition=self._definition), context),
                )
                for field in self._definition.fields
            ]
        made: dict[str, Any] = dict(self._left_out)
        for name, python_name, convert in self._fields:
            if name in value:
                sent = value[name]
                made[python_name] = sent if convert is None or sent is None or sent is UNSET else convert(sent, context)
        return type_(**made)


def _conversion(type_: Any, context: InputContext) -> Convert | None:
    """Give what makes of a sent value, which is no null, one of a type; None where that is the value as it is."""
    if isinstance(type_, StrawberryOptional) and not isinstance(type_, StrawberryMaybe):
        return _conversion(cast(Any, type_).of_type, context)
    if isinstance(type_, StrawberryList):
        item = _conversion(cast(Any, type_).of_type, context)
        if item is None:
            # A copy, because a default is the same list for all.
            return _copied
        return lambda sent, context: [each if each is None or each is UNSET else item(each, context) for each in sent]
    if isinstance(type_, StrawberryEnumDefinition) or (
        type_ is not GlobalID and is_scalar(type_, context.scalar_registry)
    ):
        return None
    definition: Any = getattr(type_, "__strawberry_definition__", None)
    if isinstance(definition, StrawberryObjectDefinition) and isinstance(making := definition.from_input, _Making):
        return lambda sent, context: making(cast(type, type_), sent, context)
    return lambda sent, context: context.convert(sent, type_)


def _copied(sent: Any, _: InputContext) -> list[Any]:
    return list(sent)
