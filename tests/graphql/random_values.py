"""Draws values of the schema's input types by chance, and writes them as a document does."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from graphql import GraphQLList, GraphQLNonNull, is_enum_type, is_input_object_type, is_required_input_field

INSTANT = "2026-01-01T00:00:00Z"
SCALARS: dict[str, Sequence[Any]] = {
    "Int": (0, 1, 2, 5, 100, 2**31 - 1),
    "Boolean": (True, False),
    "Decimal": ("1.50", "0", "12345.67"),
    "DateTime": (INSTANT, "2040-01-01T00:00:00+02:00"),
    "Date": ("2026-01-01", "1990-02-28"),
    "String": ("tea", "a", "", "é", '"quoted" \\ {braces}'),
    "ID": ("nonsense", "1"),
}


@dataclass(frozen=True, slots=True)
class Values:
    """
    Draws values.

    Args:
        draw: Where chance comes from.
        pools: What leads somewhere, by `Type.field.argument` or `Input.field`, or by the last part of that alone.
        nulls: How often what may be null is.
    """

    draw: random.Random
    pools: Mapping[str, Sequence[Any]]
    nulls: float = 0.06

    def of(self, type_: Any, place: str) -> Any:
        """Draw a value as JSON has it."""
        if not is_needed(type_) and self.draw.random() < self.nulls:
            return None
        inner = without_null(type_)
        pool = self.pools.get(place) or self.pools.get(place.rsplit(".", 1)[-1])
        # What leads nowhere is answered as well.
        if pool and self.draw.random() < 0.95:
            return self.draw.choice(pool)
        if is_list(inner):
            items = [self.of(inner.of_type, place) for _ in range(self.draw.randint(0, 3))]
            # One item may stand for a list of it.
            return items[0] if len(items) == 1 and self.draw.random() < 0.5 else items
        if is_enum_type(inner):
            return self.draw.choice(list(inner.values))
        if is_input_object_type(inner):
            return self._object(inner)
        return self.draw.choice(SCALARS[inner.name])

    def _object(self, type_: Any) -> dict[str, Any]:
        if type_.is_one_of:
            names = [self.draw.choice(list(type_.fields))]
        else:
            names = [
                name
                for name, field in type_.fields.items()
                if is_required_input_field(field) or self.draw.random() < 0.4
            ]
        return {name: self._field(type_, name) for name in names}

    def _field(self, type_: Any, name: str) -> Any:
        declared = type_.fields[name].type
        value = self.of(declared, f"{type_.name}.{name}")
        # A field of which exactly one is given, or which may be left out only, may not be null.
        while value is None:
            value = self.of(declared, f"{type_.name}.{name}")
        return value


def is_needed(type_: Any) -> bool:
    """Whether there may be no null."""
    return isinstance(type_, GraphQLNonNull)


def is_list(type_: Any) -> bool:
    """Whether it is a list that may be null."""
    return isinstance(type_, GraphQLList)


def without_null(type_: Any) -> Any:
    """Give the type that may be null."""
    return type_.of_type if is_needed(type_) else type_


def literal(type_: Any, value: Any) -> str:
    """Write a value of a type as it stands in a document."""
    inner = without_null(type_)
    if value is None:
        return "null"
    if is_list(inner):
        if not isinstance(value, list):
            return literal(inner.of_type, value)
        return "[" + ", ".join(literal(inner.of_type, each) for each in cast(list[Any], value)) + "]"
    if is_input_object_type(inner):
        fields = cast(dict[str, Any], value)
        return (
            "{" + ", ".join(f"{name}: {literal(inner.fields[name].type, each)}" for name, each in fields.items()) + "}"
        )
    return str(value) if is_enum_type(inner) else json.dumps(value)
