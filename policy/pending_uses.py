"""What the rules allow beyond the version of the policy that somebody agreed to: closed until they agree (P9.3)."""

from collections.abc import Mapping
from dataclasses import dataclass

from policy.facts import Ask
from policy.purposes import Purpose
from policy.version_changes import THEMSELVES, compared, facts_of_both
from policy.versions import CLEAR, Snapshot, name_of_value


@dataclass(frozen=True, slots=True)
class Widening:
    """Under which facts a party now sees a class, and did not by the version that was agreed to."""

    facts: tuple[str, ...]
    combinations: frozenset[tuple[str, ...]]

    def covers(self, ask: Ask) -> bool:
        """Tell whether an ask is of that kind."""
        return tuple(name_of_value(getattr(ask, fact)) for fact in self.facts) in self.combinations


@dataclass(frozen=True, slots=True, eq=False)
class PendingUses:
    """
    The uses of somebody's data that wait for their consent to a version: exactly what was not allowed before.

    Args:
        purposes: Classes with a purpose that they may newly be used for, by their names.
        widenings: By the names of party and class, what that party newly sees.
    """

    purposes: frozenset[tuple[str, str]]
    widenings: Mapping[tuple[str, str], Widening]

    def covers(self, ask: Ask, purpose: Purpose) -> bool:
        """
        Tell whether what is asked for is such a use.

        Args:
            ask: The question.
            purpose: What the viewer asks for.
        """
        if (ask.data_class.name, purpose.name) in self.purposes:
            return True
        widening = self.widenings.get((ask.party.name, ask.data_class.name))
        return widening is not None and widening.covers(ask)


def pending_uses(agreed: Snapshot, program: Snapshot) -> PendingUses | None:
    """
    Work out what waits for the consent of whoever agreed to a version.

    Args:
        agreed: What that version says.
        program: What the rules say by which this program decides.

    Returns:
        None where nothing waits, as for everybody who agreed to what the rules say.
    """
    if agreed.name == program.name:
        return None
    widenings = {
        (party, name): widening
        for party, name in program.cells
        if party not in THEMSELVES and (widening := _widening(agreed, program, party, name)).combinations
    }
    purposes = frozenset(
        (name, purpose)
        for name, terms in program.classes.items()
        for purpose in terms.purposes - (agreed.classes[name].purposes if name in agreed.classes else frozenset[str]())
    )
    return PendingUses(purposes, widenings) if purposes or widenings else None


def _widening(agreed: Snapshot, program: Snapshot, party: str, name: str) -> Widening:
    old, new = agreed.cell(party, name), program.cell(party, name)
    if old == new:
        return Widening((), frozenset())
    facts = facts_of_both(old, new)
    # INVARIANT (unknown is not agreed): a fact that asks no longer have is left out, so what was agreed to under one of
    # its values alone is pending.
    kept = [place for place, fact in enumerate(facts) if fact in Ask._fields]
    newly = frozenset(
        tuple(values[place] for place in kept)
        for values, was, now in compared(old, new)
        if now == CLEAR and was != CLEAR
    )
    return Widening(tuple(facts[place] for place in kept), newly)
