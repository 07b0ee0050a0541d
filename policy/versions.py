"""What a version of the policy says, as data: classes, purposes, and who sees what when; kept with the version."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from itertools import product
from typing import Any

from policy.classes import CLASSES, DataClass
from policy.facts import Ask, Fact
from policy.matrix import VALUES, asks, facts_of
from policy.parties import Party
from policy.rules import RULES, Effect, Rule

# Not read off a rule: whether a purpose fits is told class by class, and nothing is pending within one version.
_APART = frozenset({"purpose_fits", "version_pending"})
CLEAR, MASK, NULL = "2", "1", "0"

# A tuple of its own, so that a world which lacks a rule still knows what this program was made to promise.
PROGRAM_RULES = (*RULES,)


@dataclass(frozen=True, slots=True)
class ClassTerms:
    """What a version says of a class of data: its category, whether it is sensitive, and what it may be used for."""

    category: str
    is_sensitive: bool
    purposes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Cell:
    """
    What a version shows a party of a class, for every combination of the facts on which that depends.

    Args:
        facts: The names of the facts.
        values: The names of the values of each.
        sights: For each combination, in the order of their product, `2` for clear, `1` for a mask, `0` for nothing.
    """

    facts: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    sights: str

    def at(self, named: Mapping[str, str]) -> str:
        """
        Tell what is shown under some facts; nothing where a value is one that the version did not know.

        Args:
            named: Values by the names of facts; more facts than the cell's do no harm.
        """
        place = 0
        for fact, known in zip(self.facts, self.values, strict=True):
            if named[fact] not in known:
                return NULL
            place = place * len(known) + known.index(named[fact])
        return self.sights[place]


NOWHERE = Cell((), (), NULL)
"""What a version shows a party of a class that it does not show it."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """
    All that a version says of who sees what; names alone, so that it can be read when the code has moved on.

    Args:
        name: The same for the same rules, another one for others.
        classes: The terms of each class, by its name.
        cells: By the names of party and class; a pair that is not there is never shown anything.
    """

    name: str
    classes: Mapping[str, ClassTerms]
    cells: Mapping[tuple[str, str], Cell]

    def cell(self, party: str, data_class: str) -> Cell:
        """Tell what the version shows a party of a class."""
        return self.cells.get((party, data_class), NOWHERE)


def name_of(rules: Iterable[Rule] = PROGRAM_RULES, classes: Iterable[DataClass] = CLASSES) -> str:
    """Name what rules say: another name if they could decide anything else; cheaper than the snapshot itself."""
    said = sorted(
        repr(
            (
                rule.effect.name,
                sorted(party.name for party in rule.parties),
                sorted(each.name for each in rule.classes),
                [_meaning(fact) for fact in rule.when],
                [_meaning(fact) for fact in rule.unless],
            )
        )
        for rule in rules
    )
    # No set is written as it comes: its order is another one in each process, and so would the name be.
    said += sorted(repr((each.name, *_in_order(_terms(each)), each.mask is None)) for each in classes)
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


@lru_cache(maxsize=1)
def program_name() -> str:
    """Name what the rules say by which this program decides."""
    return name_of()


def snapshot(rules: tuple[Rule, ...] = PROGRAM_RULES, classes: tuple[DataClass, ...] = CLASSES) -> Snapshot:
    """
    Put down what rules say: for every party and class what is shown under every combination of facts.

    Args:
        rules: Those of this program unless given.
        classes: Those of this program unless given.
    """
    return _snapshot(rules, classes)


@lru_cache(maxsize=8)
def _snapshot(rules: tuple[Rule, ...], classes: tuple[DataClass, ...]) -> Snapshot:
    cells = {
        (party.name, each.name): cell for each in classes for party in Party if (cell := _cell(party, each, rules))
    }
    return Snapshot(name_of(rules, classes), {each.name: _terms(each) for each in classes}, cells)


def _cell(party: Party, data_class: DataClass, rules: tuple[Rule, ...]) -> Cell | None:
    speaking = tuple(rule for rule in rules if party in rule.parties and data_class in rule.classes)
    if all(rule.effect is Effect.FORBID for rule in speaking):
        return None
    facts = tuple(name for name in facts_of(speaking) if name not in _APART)
    (ask,) = asks(party, data_class, ())
    combined = list(product(*(VALUES[fact] for fact in facts)))
    # One bit for each combination, so that a rule is a few operations however many there are.
    truths = {fact: _truth(fact, ask, facts, combined) for rule in speaking for fact in rule.facts}
    bits = dict.fromkeys(Effect, 0)
    for rule in speaking:
        spoken = (1 << len(combined)) - 1
        for fact in rule.when:
            spoken &= truths[fact]
        for fact in rule.unless:
            spoken &= ~truths[fact]
        bits[rule.effect] |= spoken
    clear = bits[Effect.PERMIT] & ~bits[Effect.FORBID]
    masked = bits[Effect.MASK] if data_class.mask is not None else 0
    sights = "".join(
        CLEAR if is_clear == "1" else MASK if is_masked == "1" else NULL
        for is_clear, is_masked in zip(_digits(clear, combined), _digits(masked, combined), strict=True)
    )
    return Cell(facts, tuple(tuple(map(name_of_value, VALUES[fact])) for fact in facts), sights)


def _digits(bits: int, combined: Sequence[object]) -> str:
    return format(bits, f"0{len(combined)}b")


def _truth(fact: Fact, ask: Ask, facts: tuple[str, ...], combined: Sequence[tuple[Any, ...]]) -> int:
    read = [name for name in fact.reads if name in facts]
    places = [facts.index(name) for name in read]
    known: dict[tuple[Any, ...], str] = {}
    for values in product(*(VALUES[name] for name in read)):
        known[values] = "1" if fact.holds(_with(ask, dict(zip(read, values, strict=True)))) else "0"
    return int("".join(known[tuple(values[place] for place in places)] for values in combined), 2)


def _terms(data_class: DataClass) -> ClassTerms:
    purposes = frozenset(purpose.name for purpose in data_class.purposes)
    return ClassTerms(data_class.category.name, data_class.is_sensitive, purposes)


def _in_order(terms: ClassTerms) -> tuple[str, bool, list[str]]:
    return terms.category, terms.is_sensitive, sorted(terms.purposes)


def _meaning(fact: Fact) -> tuple[str, list[bool]]:
    """Say when a fact holds: two facts may share a name."""
    (ask,) = asks(Party.STRANGER, CLASSES[0], ())
    combined = product(*(VALUES[name] for name in fact.reads))
    held = [fact.holds(_with(ask, dict(zip(fact.reads, values, strict=True)))) for values in combined]
    return fact.name, held


def _with(ask: Ask, values: Mapping[str, Any]) -> Ask:
    return ask._replace(**values)


def name_of_value(value: object) -> str:
    """Name the value of a fact."""
    if isinstance(value, Enum):
        return value.name
    return "yes" if value else "no"


def written(said: Snapshot) -> dict[str, Any]:
    """Write a snapshot as it is stored, without its name; `read` reads it back."""
    facts = {
        fact: list(known) for cell in said.cells.values() for fact, known in zip(cell.facts, cell.values, strict=True)
    }
    return {
        "values": facts,
        "classes": {
            name: {"category": terms.category, "isSensitive": terms.is_sensitive, "purposes": sorted(terms.purposes)}
            for name, terms in said.classes.items()
        },
        "cells": [[party, name, list(cell.facts), cell.sights] for (party, name), cell in said.cells.items()],
    }


def read(name: str, stored: Mapping[str, Any]) -> Snapshot:
    """Read a snapshot that was stored."""
    values = {fact: tuple(known) for fact, known in stored["values"].items()}
    return Snapshot(
        name,
        {
            each: ClassTerms(terms["category"], terms["isSensitive"], frozenset(terms["purposes"]))
            for each, terms in stored["classes"].items()
        },
        {
            (party, each): Cell(tuple(facts), tuple(values[fact] for fact in facts), sights)
            for party, each, facts, sights in stored["cells"]
        },
    )
