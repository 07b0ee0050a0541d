"""A field of the schema without what decides it, as a slip would leave it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from execution.planner import definition_of
from schema import schema


@contextmanager
def without_its_guard(type_name: str, name: str) -> Iterator[None]:
    """Take the guard off a classified field for as long as a `with` block runs."""
    type_: Any = schema._schema.type_map[type_name]
    definition = definition_of(type_.fields[name])
    guards = list(definition.extensions)
    assert guards
    definition.extensions.clear()
    try:
        yield
    finally:
        definition.extensions.extend(guards)
