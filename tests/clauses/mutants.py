"""Worlds in which a piece of the policy is missing: without a clause, with a field or a table open to anybody."""

import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from inspect import iscoroutinefunction
from types import CodeType, FunctionType, ModuleType
from typing import Any

from tortoise.models import Model

from models.rows import Rows
from permissions.may_see import PolicyExtension
from permissions.register import classified_fields
from policy import rules
from policy.decide import Decision, Sight
from policy.enforcement import Guard, Kept
from policy.rules import Rule
from policy.situations import Verdict
from policy.viewer import Case, Viewer
from resolvers.nodes import MODELS
from schema import schema
from server.policy_pages import guards

_OTHERWISE = "what the guard returns in a world without its clause"


@dataclass(frozen=True, slots=True)
class Mutant:
    """
    A world in which one piece of the policy is missing.

    Args:
        name: A clause, a field as `Order.number`, or a table's model.
        missing: What was taken away, for people.
        world: Makes the world so, for as long as it is entered.
        marks: The marks of the tests that ought to fail in it, as name and argument; None stands for any argument.
        is_every: Whether every such test must fail; otherwise one is enough.
    """

    name: str
    missing: str
    world: Callable[[], Any]
    marks: tuple[tuple[str, str | None], ...]
    is_every: bool


def without_clauses() -> list[Mutant]:
    """List a world for each clause that a rule or a guard keeps."""
    return [
        Mutant(
            clause,
            _counted(clause, kept),
            lambda clause=clause, kept=kept: without_clause(clause, kept),
            (("clause", clause),),
            is_every=True,
        )
        for kept in (guards(),)
        for clause in sorted({rule.clause for rule in rules.RULES} | {each.clause for each in kept})
    ]


def with_open_fields() -> list[Mutant]:
    """List a world for each classified field."""
    return [
        Mutant(
            f"{type_name}.{name}",
            "its permission",
            lambda type_name=type_name, name=name: field_open(type_name, name),
            (("matrix", type_name),),
            is_every=False,
        )
        for type_name, name, _ in classified_fields(schema)
    ]


def with_open_tables() -> list[Mutant]:
    """List a world for each table whose rows are scoped to the viewer."""
    types: dict[type[Model], str] = {model: name for name, model in MODELS.items()}
    return [
        Mutant(
            model.__name__,
            "its row scope",
            lambda model=model: rows_open(model),
            (
                ("scope", model.__name__),
                ("matrix", types.get(model, model.__name__)),
                ("scope", None),
                ("matrix", None),
            ),
            is_every=False,
        )
        for model in scoped_models()
    ]


def scoped_models() -> list[type[Model]]:
    """List the models whose rows are scoped to the viewer."""
    found = [model for model in Model.__subclasses__() if "visible_to" in vars(model)]
    return sorted(found, key=lambda model: model.__name__)


@contextmanager
def without_clause(clause: str, kept: list[Kept]) -> Generator[None]:
    """Make a world without the rules and guards of a clause."""
    with ExitStack() as stack:
        for each in kept:
            if each.clause == clause:
                stack.enter_context(without_guard(each.guard, each.otherwise))
        stack.enter_context(with_rules(tuple(rule for rule in rules.RULES if rule.clause != clause)))
        yield


@contextmanager
def with_rules(others: tuple[Rule, ...]) -> Generator[None]:
    """Put other rules in the place of the policy's, under whatever name a module has imported them."""
    original = rules.RULES
    modules = list(sys.modules.values())
    names = [(module, name) for module in modules for name, value in list(vars(module).items()) if value is original]
    defaults = [
        (function, function.__defaults__)
        for module in modules
        for function in list(vars(module).values())
        if isinstance(function, FunctionType) and any(default is original for default in function.__defaults__ or ())
    ]
    try:
        for module, name in names:
            setattr(module, name, others)
        for function, given in defaults:
            function.__defaults__ = tuple(others if default is original else default for default in given or ())
        _forget(modules)
        yield
    finally:
        for module, name in names:
            setattr(module, name, original)
        for function, given in defaults:
            function.__defaults__ = given
        _forget(modules)


@contextmanager
def without_guard(guard: Guard, otherwise: object) -> Generator[None]:
    """
    Let a guard return what it would if its clause did not exist, however it was imported.

    Raises:
        TypeError: The guard is no plain function, so that its code cannot be exchanged.
    """
    if not isinstance(guard, FunctionType):
        raise TypeError(f"`{guard!r}` cannot be taken away; put `keeps` directly over a plain function.")
    original = guard.__code__
    guard.__code__ = _returning(otherwise, original, is_async=iscoroutinefunction(guard))
    try:
        yield
    finally:
        guard.__code__ = original


@contextmanager
def field_open(type_name: str, name: str) -> Generator[None]:
    """Let anybody see one field in clear who sees its row."""
    extension = extension_of(type_name, name)

    decided = extension.verdict

    def _open(viewer: Viewer, case: Case, is_linked: Callable[[], bool], situation: object = None) -> Verdict:
        return Verdict(decided(viewer, case, is_linked).ask, Decision(Sight.CLEAR, (), (), ""))

    def _unrecorded(*_: object) -> None:
        return None

    # The bound methods are looked up on the instance first; every other field has an instance of its own.
    vars(extension).update(verdict=_open, record=_unrecorded, release=_unrecorded)
    try:
        yield
    finally:
        for replaced in ("verdict", "record", "release"):
            del vars(extension)[replaced]


@contextmanager
def rows_open(*models: type[Model]) -> Generator[None]:
    """Let anybody know of every row of tables; their fields are still decided one by one."""
    originals = [(model, vars(model)["visible_to"]) for model in models]
    try:
        for model, original in originals:
            setattr(model, "visible_to", classmethod(_widened(original.__func__)))  # noqa: B010
        yield
    finally:
        for model, original in originals:
            setattr(model, "visible_to", original)  # noqa: B010


def _widened(scoped: Callable[[type[Model], Viewer], Rows[Any]]) -> Callable[[type[Model], Viewer], Rows[Any]]:
    def visible_to(cls: type[Model], viewer: Viewer) -> Rows[Any]:
        rows = scoped(cls, viewer)
        return replace(rows, scope=replace(rows.scope, where="TRUE"))

    return visible_to


def extension_of(type_name: str, name: str) -> PolicyExtension:
    """Find what decides a field of the finished schema."""
    type_map: dict[str, Any] = schema._schema.type_map  # pyright: ignore[reportPrivateUsage]
    extensions: list[object] = type_map[type_name].fields[name].extensions["strawberry-definition"].extensions
    (extension,) = (each for each in extensions if isinstance(each, PolicyExtension))
    return extension


def _returning(value: object, original: CodeType, *, is_async: bool) -> CodeType:
    def plain(*_: object, **__: object) -> object:
        return "what the guard returns in a world without its clause"

    async def awaited(*_: object, **__: object) -> object:
        return "what the guard returns in a world without its clause"

    code = (awaited if is_async else plain).__code__
    constants = tuple(value if constant == _OTHERWISE else constant for constant in code.co_consts)
    # A function's closure and its code must have as many cells.
    return code.replace(co_consts=constants, co_freevars=original.co_freevars, co_name=original.co_name)


def _forget(modules: list[ModuleType]) -> None:
    for cache in _caches(modules):
        cache.cache_clear()


def _caches(modules: list[ModuleType]) -> Iterator[Any]:
    for module in modules:
        if module.__name__.partition(".")[0] in ("policy", "tests"):
            yield from (value for value in list(vars(module).values()) if hasattr(value, "cache_clear"))


def _counted(clause: str, kept: list[Kept]) -> str:
    counts = {
        "rule": sum(rule.clause == clause for rule in rules.RULES),
        "guard": sum(each.clause == clause for each in kept),
    }
    return " and ".join(f"{count} {noun}{'s' if count > 1 else ''}" for noun, count in counts.items() if count)
