"""What an operation shows of somebody to another, so that it is on record before the answer leaves (P4.1)."""

from collections.abc import Iterable, Mapping
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
    # Many rows and values are of one case, and what is noted of them goes to one place. A case is kept beside its
    # identity, so that no other one takes that.
    _places: dict[int, tuple[Case, Shown]] = field(default_factory=dict[int, tuple[Case, Shown]])
    _entered: dict[tuple[int, DataClass, UUID | None], Case] = field(
        default_factory=dict[tuple[int, DataClass, UUID | None], Case]
    )
    _decided: dict[tuple[object, ...], tuple[Ask, Decision]] = field(
        default_factory=dict[tuple[object, ...], tuple[Ask, Decision]]
    )

    def entered(self, viewer: Viewer, rows: Iterable[Seen[Any]], cases: Mapping[int, Seen[Any]]) -> None:
        """
        Note that rows were there, which shows the class by which the viewer knows of them, whatever is selected.

        Args:
            cases: One row of each case, by its identity.
        """
        shown = {key: known for key, seen in cases.items() if (known := self._shows(viewer, seen)) is not None}
        if not shown:
            return
        for seen in rows:
            core, alike = seen.core, seen.alike
            known = shown.get(id(alike))
            if core is None or known is None or (key := (id(alike), core, seen.order)) in self._entered:
                continue
            self._entered[key] = alike
            self.record(viewer, core, seen.case, *known)

    def _shows(self, viewer: Viewer, seen: Seen[Any]) -> tuple[Ask, Decision] | None:
        """Decide whether it shows something of another person that rows of a case are there, and by what."""
        core, alike = seen.core, seen.alike
        if core is None or alike.subject in (viewer.person, NOBODY):
            return None
        # Most rows are in the same situation, though each is of another person.
        facts = (core.name, viewer.party_to(alike), alike.facts)
        known = self._decided.get(facts)
        if known is None:
            ask = viewer.asks(core, of=alike)
            known = self._decided[facts] = ask, decide(ask)
        return known if known[1].is_clear else None

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
        for shown in self._of(viewer, data_class, case, ask.party):
            shown.classes.add(data_class.name)
            shown.clauses.update(decision.clauses)

    def _of(self, viewer: Viewer, data_class: DataClass, case: Case, party: Party) -> list[Shown]:
        if not case.grounds:
            known = self._places.get(id(case))
            if known is None:
                known = self._places[id(case)] = case, self._place(viewer, case, party, None)
            return [known[1]]
        grounds = clearing(viewer, data_class, case) or (None,)
        return [self._place(viewer, case, party, ground) for ground in grounds]

    def _place(self, viewer: Viewer, case: Case, party: Party, ground: UUID | None) -> Shown:
        release = Release(case.subject, party, viewer.purpose_in(party), case.order, ground)
        return self.shown.setdefault(release, Shown(set(), set()))
