"""Completes many leaf values at once, as graphql-core completes each of them."""

from collections.abc import Callable, Iterable
from typing import Any

from graphql import GraphQLEnumType, GraphQLLeafType, GraphQLScalarType

Complete = Callable[[Any], Any]
Leaves = Callable[[list[Any]], list[Any]]

_NOTHING = type(None)
_LEAST, _MOST = -(2**31), 2**31 - 1


class LeafNotCompleted(Exception):
    """Marks one value that its type refuses; `cause` says why."""

    def __init__(self, cause: Exception) -> None:
        super().__init__()
        self.cause = cause


def leaves_of(type_: GraphQLLeafType) -> Leaves:
    """
    Make the function that completes values of a type.

    What is by its Python type what it shall be is taken as it is, which is looked at for all values together; anything
    else goes the way of graphql-core, one by one. A value that the type refuses becomes a `LeafNotCompleted`.
    """
    complete: Complete = type_.coerce_output_value if isinstance(type_, GraphQLScalarType) else _enum(type_)
    fits = _FITTING.get(type_.name)

    def leaves(values: list[Any]) -> list[Any]:
        if fits is not None and fits(values):
            return values
        try:
            return [None if value is None else complete(value) for value in values]
        except Exception:  # noqa: BLE001  # graphql-core takes any exception of a type for a refusal
            return [_alone(complete, value) for value in values]

    return leaves


def _alone(complete: Complete, value: Any) -> Any:
    if value is None:
        return None
    try:
        return complete(value)
    except Exception as refusal:  # noqa: BLE001  # as above
        return LeafNotCompleted(refusal)


def _enum(type_: GraphQLEnumType) -> Complete:
    known: dict[Any, Any] = {}

    def complete(value: Any) -> Any:
        # Members are few, so what was completed once is kept; a value that cannot be looked up is none of them.
        found = known.get(value)
        if found is None:
            found = known[value] = type_.coerce_output_value(value)
        return found

    return complete


def _are_text(values: Iterable[Any]) -> bool:
    return {str, _NOTHING}.issuperset(map(type, values))


def _are_small(values: list[Any]) -> bool:
    kinds = set(map(type, values))
    if kinds != {int}:
        return False
    return min(values) >= _LEAST and max(values) <= _MOST


def _are_truths(values: Iterable[Any]) -> bool:
    return {bool, _NOTHING}.issuperset(map(type, values))


_FITTING: dict[str, Callable[[list[Any]], bool]] = {
    "String": _are_text,
    "ID": _are_text,
    "Int": _are_small,
    "Boolean": _are_truths,
}
