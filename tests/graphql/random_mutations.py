"""Mutations drawn by chance, with payloads selected as nobody would, and what of two answers to one has to be alike."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from graphql import GraphQLInputObjectType, get_named_type, is_required_input_field

from models import ledger
from models.database import execute, transaction
from models.ledger import Ledger
from models.pool import Pool
from models.roles import APP
from tests.conftest import SECRETS
from tests.graphql.deeds import Deed
from tests.graphql.random_operations import CORE
from tests.graphql.wide_operations import WideDrawing

_named: Any = get_named_type
_ERRORS = "userErrors { __typename code message ... on UserError { field } }"
_NEW = re.compile(
    r"[\w-]{16,}={0,2}|[\w.-]{40,}|[A-Z0-9]{4}(-[A-Z0-9]{4}){2}|\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)"
    r"|[a-z-]+-[0-9a-f]{8,}"
)
"""What is made anew each time: ids and credentials, numbers of orders, instants, and marks in handles."""


class Undone(Exception):
    """Rolls back what a mutation did."""


class UnsignedLedger(Ledger):
    """A chain of which nothing stays, so nothing is signed of it: that would be a sign of rows that were taken out."""

    async def sign(self) -> None:
        """Sign nothing."""
        self._unsigned.clear()


@asynccontextmanager
async def undoing() -> AsyncIterator[None]:
    """Run a block in a transaction, and roll back what it did; its disclosures are in a chain of their own."""
    before = ledger.current()
    store = Pool("keys", "postgresql:///none", size=1, command_timeout_s=1.0, role=APP)
    ledger.configure(UnsignedLedger(execute, store, SECRETS))
    try:
        async with transaction():
            yield
            raise Undone
    except Undone:
        return
    finally:
        ledger.configure(before)


# Without slots, so that `super()` works on Python 3.11.
@dataclass
class MutationDrawing(WideDrawing):
    """
    Draws a document of mutations.

    Args:
        deeds: What whoever asks can do.
    """

    deeds: Sequence[Deed] = field(kw_only=True)

    def _kind(self) -> str:
        return "mutation"

    def _body(self) -> str:
        mutation = CORE.mutation_type
        assert mutation is not None
        parts: list[str] = []
        for place in range(self.draw.choice([1, 1, 1, 2, 3])):
            if self.draw.random() < 0.85:
                deed = self.draw.choice(self.deeds)
                name, given = deed.name, self._varied(deed)
            else:
                name, given = self.draw.choice(sorted(mutation.fields)), None
            found = mutation.fields[name]
            written = ""
            if "input" in found.args:
                type_ = found.args["input"].type
                value = self.values.of(type_, name) if given is None else given
                written = f"(input: {self._written(type_, value, has_to_be=str(type_).endswith('!'))})"
            payload = self._selection(_named(found.type), 1)
            parts.append(f"m{place}: {name}{written} {{ {payload} {_ERRORS} }}")
        return " ".join(parts)

    def _varied(self, deed: Deed) -> dict[str, Any] | None:
        """Give what a deed takes, or something near to it: less, or with something of another value."""
        if deed.input is None or self.draw.random() < 0.8:
            return deed.input
        type_: Any = _named(cast(Any, CORE.mutation_type).fields[deed.name].args["input"].type)
        assert isinstance(type_, GraphQLInputObjectType)
        given, name = dict(deed.input), self.draw.choice(sorted(type_.fields))
        if name in given and not is_required_input_field(type_.fields[name]) and self.draw.random() < 0.5:
            return {other: value for other, value in given.items() if other != name}
        value = self.values.of(type_.fields[name].type, f"{type_.name}.{name}")
        return given if value is None else given | {name: value}


@dataclass(slots=True)
class Likeness:
    """Whether two answers are alike but for what is made anew, of which each in one stands for one in the other."""

    there: dict[str, str] = field(default_factory=dict[str, str])
    back: dict[str, str] = field(default_factory=dict[str, str])

    def of(self, one: Any, other: Any) -> bool:
        """Compare two values of answers, with the order of their keys."""
        if isinstance(one, dict) and isinstance(other, dict):
            first, second = cast(dict[str, Any], one), cast(dict[str, Any], other)
            return list(first) == list(second) and all(self.of(first[key], second[key]) for key in first)
        if isinstance(one, list | tuple) and isinstance(other, list | tuple):
            left, right = cast(Sequence[Any], one), cast(Sequence[Any], other)
            return len(left) == len(right) and all(self.of(*pair) for pair in zip(left, right, strict=True))
        if isinstance(one, str) and isinstance(other, str) and one != other:
            if not (_NEW.fullmatch(one) and _NEW.fullmatch(other)):
                return False
            # Two instants of one answer may be the same, or not.
            is_instant = one[10:11] == "T" == other[10:11]
            return is_instant or (
                self.there.setdefault(one, other) == other and self.back.setdefault(other, one) == one
            )
        return one.__class__ is other.__class__ and one == other
