"""Inputs: what types make themselves is what Strawberry would make of the same."""

# graphql-core leaves the item types of its lists open in its own annotations.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

import random
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
)
from strawberry.types.arguments import convert_argument

from execution import inputs
from execution.documents import core_schema
from schema import schema

CORE = core_schema(schema)
CONVERTER = schema.schema_converter
TYPES = sorted(name for name, each in CORE.type_map.items() if is_input_object_type(each))
DRAWN = 20


class Leaf:
    """Something that is to arrive as it is."""


@pytest.fixture(autouse=True)
def each_type_makes_its_objects() -> None:
    inputs.compiled(CORE)


def _definition(name: str) -> Any:
    return CORE.type_map[name].extensions["strawberry-definition"]


def _sent(type_: Any, draw: random.Random) -> Any:
    """Draw a value as it is once graphql-core has looked at it."""
    if is_non_null_type(type_):
        return _inside(type_.of_type, draw)
    return None if draw.random() < 0.3 else _inside(type_, draw)


def _inside(type_: Any, draw: random.Random) -> Any:
    if is_list_type(type_):
        return [_sent(type_.of_type, draw) for _ in range(draw.randrange(4))]
    if is_input_object_type(type_):
        return {
            name: _sent(field.type, draw)
            for name, field in type_.fields.items()
            if is_non_null_type(field.type) or draw.random() < 0.6
        }
    return Leaf()


def _made(name: str, sent: Any) -> Any:
    return convert_argument(sent, _definition(name).origin, CONVERTER.scalar_registry, schema.config)


def _opened(value: Any) -> Any:
    """Lay an object open, whose leaves stay what they are."""
    if isinstance(value, list):
        return [_opened(each) for each in value]
    if hasattr(type(value), "__strawberry_definition__"):
        return type(value), {name: _opened(each) for name, each in vars(value).items()}
    return value


@pytest.fixture
def strawberry_alone() -> Iterator[Any]:
    """Let Strawberry make objects for the length of a call."""
    kept = {name: _definition(name).from_input for name in TYPES}

    def made(name: str, sent: Any) -> Any:
        try:
            for each in TYPES:
                _definition(each).from_input = None
            return _made(name, sent)
        finally:
            for each, making in kept.items():
                _definition(each).from_input = making

    yield made
    for each, making in kept.items():
        _definition(each).from_input = making


@pytest.mark.parametrize("name", TYPES)
def test_a_type_makes_what_strawberry_would(name: str, strawberry_alone: Any) -> None:
    draw = random.Random(name)
    assert _definition(name).from_input is not None

    for _ in range(DRAWN):
        sent = _inside(CORE.type_map[name], draw)

        assert _opened(_made(name, sent)) == _opened(strawberry_alone(name, sent))


def test_a_list_that_was_sent_is_not_the_one_that_arrives() -> None:
    name, field = next(
        (name, field_name)
        for name in TYPES
        for field_name, field in _fields(name)
        if is_list_type(_without_bang(field.type))
    )
    draw = random.Random(1)
    sent = _inside(CORE.type_map[name], draw) | {field: [_sent(_item(name, field), draw)]}

    made = _made(name, sent)

    assert any(isinstance(value, list) for value in vars(made).values())
    assert all(value is not sent[field] for value in vars(made).values())


def _fields(name: str) -> Any:
    type_ = CORE.type_map[name]
    assert isinstance(type_, GraphQLInputObjectType)
    return type_.fields.items()


def _without_bang(type_: Any) -> Any:
    return type_.of_type if isinstance(type_, GraphQLNonNull) else type_


def _item(name: str, field: str) -> Any:
    list_type = _without_bang(dict(_fields(name))[field].type)
    assert isinstance(list_type, GraphQLList)
    return list_type.of_type
