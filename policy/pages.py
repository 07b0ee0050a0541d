"""Writes the page that leads from each clause to what keeps it: rules, guards, fields, columns and tests."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from policy.classes import CLASSES, DataClass
from policy.clauses import REGISTER, SECTIONS, Clause, Status
from policy.enforcement import Kept
from policy.parties import Party
from policy.rules import Rule

Held = tuple[str, str, DataClass]
"""A field or a column: the name of its type or table, its own name, and its class."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """
    All that keeps the clauses of the register.

    Args:
        rules: The rules on sight.
        guards: The guards of actions.
        fields: The classified fields of the schema.
        columns: The columns of the tables that hold personal data.
        tests: By clause, the tests that are marked with it, as file and name.
    """

    rules: Sequence[Rule]
    guards: Sequence[Kept]
    fields: Sequence[Held]
    columns: Sequence[Held]
    tests: Mapping[str, Sequence[tuple[str, str]]]


def render(keeping: Keeping, *, root: str = "../..") -> str:
    """
    Write the page.

    Args:
        keeping: What the clauses are kept by.
        root: How the page's own folder leads to the repository's, for links to tests.
    """
    lines = [
        "# What keeps each clause",
        "",
        "<!-- Written by `avow schema --write`; changes by hand are lost. -->",
        "",
        f"The register has {len(REGISTER)} clauses: {_counts()}. A planned clause names the part that holds already;",
        "whatever keeps that part is listed as for an enforced one. What of a clause no program can keep is named with",
        "it. A test counts for a clause only if it fails once the clause is taken away, which",
        "`pytest --mutate clauses` tries for every one of them.",
        "",
    ]
    for title, clauses in SECTIONS.items():
        lines += [f"## {title}", ""]
        for clause in clauses:
            lines += _entry(clause, keeping, root)
    return "\n".join(lines).rstrip("\n") + "\n"


def _counts() -> str:
    return ", ".join(f"{sum(clause.status is status for clause in REGISTER)} {status.value}" for status in Status)


def _entry(clause: Clause, keeping: Keeping, root: str) -> list[str]:
    rules = [rule for rule in keeping.rules if rule.clause == clause.id]
    guards = [kept for kept in keeping.guards if kept.clause == clause.id]
    touched = frozenset(data_class for rule in rules for data_class in rule.classes)
    points = [f"Holds now: {clause.holds_now}"] if clause.holds_now else []
    points += [f"Outside software: {clause.outside}"] if clause.outside else []
    points += [_rule(rule) for rule in rules]
    points += [f"Guard: `{_place(kept)}`" for kept in sorted(guards, key=_place)]
    if touched:
        points.append(f"Fields: {_held(keeping.fields, touched, 'classified field')}")
        points.append(f"Columns: {_held(keeping.columns, touched, 'column of personal data')}")
    points += _tests(keeping.tests.get(clause.id, ()), root)
    head = f"### {clause.id}: {clause.status.value}"
    body = f"Section {clause.section}. {clause.promises}"
    return [head, "", body, "", *[f"- {point}" for point in points], *([""] if points else [])]


def _rule(rule: Rule) -> str:
    about = [_parties(rule.parties), _classes(rule.classes)]
    about += [f"when {_and(f'`{fact.name}`' for fact in rule.when)}"] if rule.when else []
    lifting = dict.fromkeys(f"`{fact.name}`" for fact in rule.unless)
    about += [f"unless {' or '.join(lifting)}"] if lifting else []
    about += [f"as decision {rule.reading} reads it"] if rule.reading else []
    return f"Rule, {rule.effect.value}: {rule.says} ({'; '.join(about)})"


def _place(kept: Kept) -> str:
    return f"{kept.guard.__module__}.{kept.guard.__qualname__}"


def _parties(parties: frozenset[Party]) -> str:
    if parties == frozenset(Party):
        return "any party"
    return _and(party.name for party in Party if party in parties)


def _classes(classes: frozenset[DataClass]) -> str:
    others = [data_class for data_class in CLASSES if data_class not in classes]
    if not others:
        return "every class"
    if len(others) < len(classes):
        return f"every class but {_and(data_class.name for data_class in others)}"
    return _and(data_class.name for data_class in CLASSES if data_class in classes)


def _held(all_held: Iterable[Held], classes: frozenset[DataClass], kind: str) -> str:
    every = sorted(all_held, key=lambda held: held[:2])
    touched = [held for held in every if held[2] in classes]
    if not touched:
        return "none yet"
    if len(touched) == len(every):
        return f"every {kind}"
    by_owner: dict[str, list[str]] = {}
    for owner, name, _ in touched:
        by_owner.setdefault(owner, []).append(f"`{name}`")
    return "; ".join(f"{owner} {', '.join(names)}" for owner, names in by_owner.items())


def _tests(tests: Sequence[tuple[str, str]], root: str) -> list[str]:
    by_file: dict[str, list[str]] = {}
    for file, name in sorted(tests):
        by_file.setdefault(file, []).append(name.removeprefix("test_").replace("_", " "))
    return [f"Tests in [{file}]({root}/{file}): {'; '.join(names)}" for file, names in by_file.items()]


def _and(names: Iterable[str]) -> str:
    listed = list(names)
    return " and ".join([", ".join(listed[:-1]), listed[-1]] if len(listed) > 1 else listed)
