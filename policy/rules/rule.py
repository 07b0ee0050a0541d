"""What a rule says: these parties, these classes, under these facts."""

from dataclasses import dataclass
from enum import Enum

from policy.classes import CLASSES, DataClass
from policy.facts import Fact
from policy.parties import Party


class Effect(Enum):
    """What a rule does to the sight of a class."""

    PERMIT = "permit"
    MASK = "mask"
    FORBID = "forbid"


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """
    One reading of one clause: these parties, these classes, under these facts.

    Args:
        clause: The id of the clause in the register.
        effect: Permit, mask or forbid. A forbidding rule outweighs every permitting one.
        says: The rule in one sentence of ours.
        parties: Whom it is about.
        classes: What it is about.
        when: Facts that must all hold for the rule to speak.
        unless: Facts of which any lifts a forbidding rule; the first is then what was missing.
        reading: The decision record, where the clause had to be interpreted.
    """

    clause: str
    effect: Effect
    says: str
    parties: frozenset[Party]
    classes: frozenset[DataClass]
    when: tuple[Fact, ...] = ()
    unless: tuple[Fact, ...] = ()
    reading: str | None = None

    @property
    def facts(self) -> tuple[Fact, ...]:
        """All facts that it looks at."""
        return (*self.when, *self.unless)


ALL = frozenset(CLASSES)
ANYBODY = frozenset(Party)
PARTNERS = frozenset(party for party in Party if party.is_partner)
STAFF = frozenset(party for party in Party if party.is_staff)
AFFILIATES = frozenset({Party.AFFILIATE, Party.AFFILIATE_PROVIDER})
STAFF_UNDER_GROUND = STAFF - {Party.AUDITOR}
"""Members of staff who can act under a legal ground (P2.9)."""
UNDER_GROUND = STAFF_UNDER_GROUND | {Party.RISK_CONTROL, Party.VERIFIER}
"""Whoever can act under a legal ground (P2.9, P4.8)."""
