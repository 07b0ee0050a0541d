"""Turns what an action did, or refused to do, into what its payload shows."""

import dataclasses
import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from typing import Any, ParamSpec, TypeVar

import commerce
from commerce.refusals import Refusal

NEVER_REFUSING = frozenset(
    {"category_import", "guessing", "job_queue", "order_import", "product_csv", "product_import"}
    | {"product_rows", "retail_csv"}
)
"""Modules of commerce without refusals, which no server needs in order to start, and which are slow to import."""

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, eq=False)
class UserFault:
    """
    A refusal as data.

    It is a record and not the exception, because graphql-core takes an exception that is returned for one that was
    raised.
    """

    code: str
    field: list[str]
    message: str
    details: dict[str, Any] = dataclasses.field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a payload shows: the object that was acted upon, or why not."""

    object: Any = None
    user_errors: list[UserFault] = dataclasses.field(default_factory=list[UserFault])


def outcome(action: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[Outcome]]:
    """Run an action, and turn a refusal into user errors."""

    @wraps(action)
    async def run(*args: P.args, **kwargs: P.kwargs) -> Outcome:
        try:
            return Outcome(await action(*args, **kwargs))
        except Refusal as refusal:
            fault = UserFault(refusal.code, list(refusal.field), refusal.message, refusal.details)
            return Outcome(user_errors=[fault])

    return run


def refusal_reasons() -> dict[str, str]:
    """List the codes of all refusals that commerce knows, each with the sentence that says what is so."""
    for module in pkgutil.iter_modules(commerce.__path__):
        if module.name not in NEVER_REFUSING:
            import_module(f"commerce.{module.name}")
    return {kind.code: (kind.__doc__ or "").strip().splitlines()[0] for kind in _kinds(Refusal) if "code" in vars(kind)}


def _kinds(of: type[Refusal]) -> list[type[Refusal]]:
    return [kind for direct in of.__subclasses__() for kind in (direct, *_kinds(direct))]
