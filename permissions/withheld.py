"""The record of what an operation withheld, as it goes into `extensions.privacy`."""

from dataclasses import dataclass, field
from typing import TypedDict

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
            clauses, missing = decision.clauses, decision.missing
            if party not in MAY_KNOW_OF_AGE:
                clauses = tuple(clause for clause in clauses if not clause.startswith(_MINORS))
                missing = tuple(name for name in missing if name != GUARDIAN_CONSENT)
            entry["clauses"] = sorted({*entry.get("clauses", ()), *clauses})
            entry["missing"] = sorted({*entry.get("missing", ()), *missing})

    def listing(self) -> list[WithheldEntry]:
        """List the entries by path, so that the order tells nothing about the order of execution."""
        return [self._entries[key] for key in sorted(self._entries, key=lambda key: (key[0], key[1].value, key[2]))]
