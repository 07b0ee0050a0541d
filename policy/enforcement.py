"""Clauses that are kept by an action's guard rather than by a rule on sight."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

Guard = Callable[..., Any]
P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Kept:
    """A guard, the clause that it keeps, and what it would return if the clause did not exist."""

    clause: str
    guard: Guard
    otherwise: object


GUARDS: list[Kept] = []


def keeps(clause: str, *, otherwise: object = None) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """
    Declare that a function keeps a clause outside the rules on sight.

    The function itself is left as it is: the registration only lets tests take the clause away and see that one of
    the tests which claim it fails.

    Args:
        clause: An id of the register, such as `P5.7`.
        otherwise: What the function returns in a world without the clause.
    """

    def register(guard: Callable[P, R]) -> Callable[P, R]:
        GUARDS.append(Kept(clause, guard, otherwise))
        return guard

    return register
