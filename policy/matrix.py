"""The whole policy on a few pages: what each party sees of each class, and on what that depends."""

from itertools import product
from typing import Any

from policy.ages import AgeBand
from policy.classes import CLASSES, DataClass
from policy.decide import applying, decide
from policy.facts import Ask
from policy.parties import Party

_AGES = tuple(AgeBand)
_BOTH = (False, True)
VALUES: dict[str, tuple[Any, ...]] = {
    name: _AGES if name == "age" else _BOTH for name in Ask._fields if name not in ("party", "data_class")
}
CLOSING = frozenset({"account_cancelled", "delegated", "objected", "version_pending"})
_WORDS = {
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
    "delegated",
    "age",
    "guardian_consents",
)


def facts_read(party: Party, data_class: DataClass) -> tuple[str, ...]:
    """List the facts on which a party's sight of a class can depend: those that its rules read."""
    read = {
        name
        for rule in applying(party, data_class)
        for fact in (*rule.when, *((rule.unless,) if rule.unless is not None else ()))
        for name in fact.reads
    }
    return tuple(name for name in _ORDER if name in read)


def asks(party: Party, data_class: DataClass, facts: tuple[str, ...]) -> list[Ask]:
    """List the asks of a party about a class that differ in some facts; all others are as harmless as they can be."""
    ordinary: dict[str, Any] = {name: AgeBand.ADULT if name == "age" else name not in CLOSING for name in VALUES}
    return [
        Ask(party=party, data_class=data_class, **(ordinary | dict(zip(facts, values, strict=True))))
        for values in product(*(VALUES[name] for name in facts))
    ]


def cell(party: Party, data_class: DataClass) -> str:
    """Say what a party sees of a class, fact by fact: exactly what `decide` answers, told as exceptions."""
    return _told(party, data_class, facts_read(party, data_class), {})


def matrix() -> str:
    """
    Print the whole policy.

    The text is checked in: whoever changes who may see what shows it as a difference of this page.
    """
    lines = [
        "Who sees what. Each line says what a party gets of a class of personal data, exceptions first;",
        "what is not in a line does not matter to it. CLEAR is the value, MASK a constant, NULL nothing.",
    ]
    for data_class in CLASSES:
        traits = [data_class.category.value]
        traits += ["sensitive"] if data_class.is_sensitive else []
        traits += ["ends with the account"] if data_class.is_registration else []
        lines += ["", f"{data_class.name} ({', '.join(traits)})"]
        told: dict[str, list[str]] = {}
        for party in Party:
            told.setdefault(cell(party, data_class), []).append(party.name)
        lines += [f"  {', '.join(names):<9} {text}" for text, names in told.items()]
    return "\n".join(lines) + "\n"


def _told(party: Party, data_class: DataClass, facts: tuple[str, ...], known: dict[str, Any]) -> str:
    rest = tuple(name for name in facts if name not in known)
    sights = {
        decide(ask).sight
        for ask in asks(party, data_class, facts)
        if all(getattr(ask, name) == value for name, value in known.items())
    }
    if len(sights) == 1:
        return sights.pop().value
    name, others = rest[0], rest[1:]
    if name == "age":
        return _told_by_age(party, data_class, facts, known)
    branches = {value: _told(party, data_class, facts, known | {name: value}) for value in _BOTH}
    if branches[False] == branches[True]:
        return _told(party, data_class, (*known, *others), {**known})
    closing = name in CLOSING
    exception, rule = branches[closing], branches[not closing]
    told = f"({exception})" if ";" in exception else exception
    return f"{_WORDS[name][closing]}: {told}; {rule}"


def _told_by_age(party: Party, data_class: DataClass, facts: tuple[str, ...], known: dict[str, Any]) -> str:
    by_text: dict[str, list[str]] = {}
    for age in _AGES:
        text = _told(party, data_class, facts, known | {"age": age})
        by_text.setdefault(text, []).append(age.value.lower())
    if len(by_text) == 1:
        return next(iter(by_text))
    *first, last = [(" or ".join(ages), text) for text, ages in by_text.items()]
    told = [f"{ages}: {f'({text})' if ';' in text else text}" for ages, text in first]
    return "; ".join([*told, last[1]])
