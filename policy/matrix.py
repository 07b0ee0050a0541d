"""The whole policy on a few pages: what each party sees of each class, and on what that depends."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import product
from typing import Any

from policy.ages import AgeBand
from policy.classes import CLASSES, DataClass
from policy.decide import applying, decide
from policy.facts import Ask, Fact
from policy.parties import Party
from policy.purposes import AFFILIATE_TASKS
from policy.rules import Effect, Rule

_BOTH = (False, True)
_MANY: dict[str, tuple[Any, ...]] = {"age": tuple(AgeBand), "task": AFFILIATE_TASKS}
VALUES: dict[str, tuple[Any, ...]] = {
    name: _MANY.get(name, _BOTH) for name in Ask._fields if name not in ("party", "data_class")
}
CLOSING = frozenset({"account_cancelled", "delegated", "objected", "version_pending", "linked"})
"""Facts that can take sight away, and never give it."""
GROUNDS = ("legal_ground", "ground_covers_child")
_EXCEPTIONAL = frozenset({"account_cancelled", "delegated", "objected", "version_pending", *GROUNDS})
_HARMLESS: dict[str, Any] = {
    **{name: name not in _EXCEPTIONAL for name in VALUES},
    "age": AgeBand.ADULT,
    "task": AFFILIATE_TASKS[0],
}
_WORDS = {
    "own_consent": ("no consent", "consents"),
    "sensitive_consent": ("no consent to what is sensitive", "consents to what is sensitive"),
    "legal_ground": ("no legal ground", "legal ground"),
    "ground_covers_child": ("the ground is none for a child", "the ground holds for a child"),
    "linked": ("leads to nobody", "leads to a person"),
    "in_standing": ("no agreement or review in force", "in standing"),
    "region_fits": ("crosses a border without a ground", "region fits"),
    "delegated": ("not delegated", "delegated token"),
    "objected": ("no objection", "objected"),
    "version_pending": ("version accepted", "version awaits consent"),
    "purpose_fits": ("purpose does not fit", "purpose fits"),
    "account_cancelled": ("account lives", "account cancelled"),
    "staff_trained": ("untrained", "trained"),
    "ticket_open": ("no open ticket", "ticket open"),
    "membership_verified": ("membership not verified", "membership verified"),
    "window_open": ("window closed", "window open"),
    "guardian_consents": ("no guardian consent", "guardian consents"),
}
# The order in which facts are told: first those that close everything.
_ORDER = (
    "legal_ground",
    "in_standing",
    "region_fits",
    "ticket_open",
    "purpose_fits",
    "version_pending",
    "objected",
    "account_cancelled",
    "staff_trained",
    "membership_verified",
    "window_open",
    "linked",
    "task",
    "own_consent",
    "sensitive_consent",
    "delegated",
    "age",
    "guardian_consents",
    "ground_covers_child",
)


def facts_read(party: Party, data_class: DataClass) -> tuple[str, ...]:
    """List the facts on which a party's sight of a class depends: those that its rules read, if one of them opens."""
    rules = applying(party, data_class)
    return () if all(rule.effect is Effect.FORBID for rule in rules) else facts_of(rules)


def facts_of(rules: Iterable[Rule]) -> tuple[str, ...]:
    """List the facts that rules read, those first that close everything."""
    read = _read_by(fact for rule in rules for fact in rule.facts)
    return tuple(name for name in _ORDER if name in read)


def asks(party: Party, data_class: DataClass, facts: tuple[str, ...]) -> list[Ask]:
    """List the asks of a party about a class that differ in some facts; all others are as harmless as they can be."""
    return [
        _ask(party, data_class, dict(zip(facts, values, strict=True)))
        for values in product(*(VALUES[name] for name in facts))
    ]


def _ask(party: Party, data_class: DataClass, known: Mapping[str, Any]) -> Ask:
    return Ask(party=party, data_class=data_class, **{**_HARMLESS, **known})


@lru_cache(maxsize=2_048)
def cell(party: Party, data_class: DataClass, *, under_ground: bool = False) -> str:
    """
    Say what a party sees of a class, fact by fact: exactly what `decide` answers, told as exceptions.

    Args:
        under_ground: Whether an approved legal ground names the class, the person and the viewer (P2.9, P4.8).
    """
    matters = "legal_ground" in facts_read(party, data_class)
    return _told(party, data_class, {"legal_ground": under_ground} if matters else {})


def matrix() -> str:
    """
    Print the whole policy.

    The text is checked in: whoever changes who may see what shows it as a difference of this page.
    """
    lines = [
        "Who sees what. Each line says what a party gets of a class of personal data, exceptions first;",
        "what is not in a line does not matter to it. CLEAR is the value, MASK a constant, NULL nothing.",
        "Lines that begin with `ground` hold where an approved legal ground names class, person and viewer.",
    ]
    for data_class in CLASSES:
        traits = [data_class.category.value]
        traits += ["sensitive"] if data_class.is_sensitive else []
        traits += ["ends with the account"] if data_class.is_registration else []
        lines += ["", f"{data_class.name} ({', '.join(traits)})"]
        plain = {party: cell(party, data_class) for party in Party}
        lines += _grouped(plain)
        grounds = {party: cell(party, data_class, under_ground=True) for party in Party}
        lines += _grouped({party: text for party, text in grounds.items() if text != plain[party]}, "ground: ")
    return "\n".join(lines) + "\n"


def _grouped(told: dict[Party, str], before: str = "") -> list[str]:
    by_text: dict[str, list[str]] = {}
    for party, text in told.items():
        by_text.setdefault(text, []).append(party.name)
    return [f"  {before}{', '.join(names):<9} {text}" for text, names in by_text.items()]


def _told(party: Party, data_class: DataClass, known: dict[str, Any]) -> str:
    ask = _ask(party, data_class, known)
    name = _next_fact(ask, known)
    if name is None:
        return decide(ask).sight.value
    branches = {value: _told(party, data_class, {**known, name: value}) for value in VALUES[name]}
    if len(set(branches.values())) == 1:
        return next(iter(branches.values()))
    if name in _MANY:
        return _told_by_value(branches)
    exceptional = name in _EXCEPTIONAL
    exception, rule = branches[exceptional], branches[not exceptional]
    told = f"({exception})" if ";" in exception else exception
    return f"{_WORDS[name][exceptional]}: {told}; {rule}"


def _next_fact(ask: Ask, known: Mapping[str, Any]) -> str | None:
    """Find the first fact on which what is seen still depends, if some are known; None if it depends on no other."""
    rules = [rule for rule in applying(ask.party, ask.data_class) if _may_speak(rule, ask, known)]
    is_closed = any(rule.effect is Effect.FORBID and known.keys() >= _read_by(rule.facts) for rule in rules)
    if is_closed or not any(rule.effect is Effect.PERMIT for rule in rules):
        rules = [rule for rule in rules if rule.effect is Effect.MASK]
    return next((name for name in facts_of(rules) if name not in known), None)


def _may_speak(rule: Rule, ask: Ask, known: Mapping[str, Any]) -> bool:
    settled = [fact for fact in rule.facts if known.keys() >= _read_by([fact])]
    return all(fact.holds(ask) is (fact in rule.when) for fact in settled)


def _read_by(facts: Iterable[Fact]) -> set[str]:
    return {name for fact in facts for name in fact.reads}


def _told_by_value(branches: dict[Any, str]) -> str:
    by_text: dict[str, list[str]] = {}
    for value, text in branches.items():
        by_text.setdefault(text, []).append(value.name.lower().replace("_", " "))
    *first, last = [(" or ".join(values), text) for text, values in by_text.items()]
    told = [f"{values}: {f'({text})' if ';' in text else text}" for values, text in first]
    return "; ".join([*told, last[1]])
