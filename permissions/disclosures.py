"""What an operation shows of somebody to another, so that it is on record before the answer leaves (P4.1)."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from permissions.grounds import clearing
from policy.classes import DataClass
from policy.decide import Decision, decide
from policy.facts import Ask
from policy.parties import Party
from policy.purposes import Purpose
from policy.seen import Seen
from policy.viewer import NOBODY, Case, Viewer

# Whoever sees what is about themselves is not told anything about another.
_THEMSELVES = frozenset({Party.SELF, Party.THIRD_PARTY})


class Release(NamedTuple):
    """To whom something was shown of whom, and why; one row of the ledger."""

    subject: UUID
    party: Party
    purpose: Purpose
    order: UUID | None
    ground: UUID | None


class Shown(NamedTuple):
    """What was shown, and by which clauses."""

    classes: set[str]
    clauses: set[str]


@dataclass(slots=True)
class Disclosures:
    """Collects what one operation shows, by row of the ledger, however many values there are."""

    shown: dict[Release, Shown] = field(default_factory=dict[Release, Shown])

    def entered(self, viewer: Viewer, seen: Seen[Any]) -> None:
        """Note that a row was there, which shows the class by which the viewer may know of it, whatever is selected."""
        if seen.core is None or seen.case.subject in (viewer.person, NOBODY):
            return
        ask = viewer.asks(seen.core, of=seen.case)
        decision = decide(ask)
        if decision.is_clear:
            self.record(viewer, seen.core, seen.case, ask, decision)

    def record(self, viewer: Viewer, data_class: DataClass, case: Case, ask: Ask, decision: Decision) -> None:
        """
        Note that a value was shown.

        Args:
            case: That of the row which the value belongs to.
            ask: What was asked.
            decision: What the policy said, which was to show it.
        """
        # What leads to nobody is about nobody (P2.2c).
        if ask.party in _THEMSELVES or case.subject == NOBODY or not ask.linked:
            return
        for ground in clearing(viewer, data_class, case) or (None,):
            release = Release(case.subject, ask.party, viewer.purpose_in(ask.party), case.order, ground)
            shown = self.shown.setdefault(release, Shown(set(), set()))
            shown.classes.add(data_class.name)
            shown.clauses.update(decision.clauses)
