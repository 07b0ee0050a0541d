"""The records of what an operation withheld and of how it was decided, as they go into `extensions.privacy`."""

from dataclasses import dataclass, field
from typing import TypedDict

from policy.classes import DataClass
from policy.decide import GUARDIAN_CONSENT, MAY_KNOW_OF_AGE, Decision, Sight
from policy.parties import Party

# Who may know which clause withheld a value and what would open it. To anybody else a clause can tell that a buyer is
# a child (P7.3).
_MAY_KNOW_WHY = frozenset({Party.SELF, Party.AGENT, Party.OPERATOR})

# The section of the policy on minors: its clauses tell an age.
_MINORS = "P7."

Path = tuple[str, ...]


class WithheldEntry(TypedDict, total=False):
    """One field of the answer whose value the viewer did not get in clear."""

    path: list[str]
    effect: str
    code: str
    clauses: list[str]
    missing: list[str]


@dataclass(slots=True)
class Withheld:
    """
    Collects withheld fields of one operation.

    Entries are grouped by field, effect and code, never by row: how many rows were withheld says something about them.
    """

    _entries: dict[tuple[Path, Sight, str], WithheldEntry] = field(
        default_factory=dict[tuple[Path, Sight, str], WithheldEntry]
    )

    def record(self, path: Path, decision: Decision, party: Party) -> None:
        """Note that a field was withheld.

        Args:
            path: The response keys from the root to the field, list positions left out.
            decision: What the policy said.
            party: What the viewer is to the subject; it decides whether the reason may be told.
        """
        entry = self._entries.setdefault(
            (path, decision.sight, decision.code),
            {"path": list(path), "effect": decision.sight.value, "code": decision.code},
        )
        if party in _MAY_KNOW_WHY:
            clauses, missing = reasons(decision, to=party)
            entry["clauses"] = sorted({*entry.get("clauses", ()), *clauses})
            entry["missing"] = sorted({*entry.get("missing", ()), *missing})

    def listing(self) -> list[WithheldEntry]:
        """List the entries by path, so that the order tells nothing about the order of execution."""
        return [self._entries[key] for key in sorted(self._entries, key=lambda key: (key[0], key[1].value, key[2]))]


class DecisionEntry(TypedDict, total=False):
    """How one field of the answer was decided."""

    path: list[str]
    dataClass: str
    effect: str
    code: str
    party: str
    clauses: list[str]
    missing: list[str]


@dataclass(slots=True)
class Decisions:
    """
    Collects all decisions of one operation, those that showed a value as well.

    Like what was withheld they are grouped, never by row. As what the viewer was asked for, and by which clauses, is
    told to the same parties as why something was withheld.
    """

    _entries: dict[tuple[Path, str, str, str, str], DecisionEntry] = field(
        default_factory=dict[tuple[Path, str, str, str, str], DecisionEntry]
    )

    def record(self, path: Path, data_class: DataClass, decision: Decision, party: Party) -> None:
        """Note a decision; arguments as in `Withheld.record`, and the class that was decided on."""
        knows = party in _MAY_KNOW_WHY
        key = (path, data_class.name, decision.sight.value, decision.code, party.name if knows else "")
        entry = self._entries.setdefault(
            key, {"path": list(path), "dataClass": data_class.name, "effect": decision.sight.value}
        )
        if decision.code:
            entry["code"] = decision.code
        if knows:
            clauses, missing = reasons(decision, to=party)
            entry["party"] = party.name
            entry["clauses"] = sorted({*entry.get("clauses", ()), *clauses})
            entry["missing"] = sorted({*entry.get("missing", ()), *missing})

    def listing(self) -> list[DecisionEntry]:
        """List the entries by path."""
        return [self._entries[key] for key in sorted(self._entries)]


def reasons(decision: Decision, *, to: Party) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the clauses of a decision and what is missing, without what would tell an age to who may not know it."""
    if to in MAY_KNOW_OF_AGE:
        return decision.clauses, decision.missing
    return (
        tuple(clause for clause in decision.clauses if not clause.startswith(_MINORS)),
        tuple(name for name in decision.missing if name != GUARDIAN_CONSENT),
    )
