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


class SharingGround(Enum):
    """Why another company may receive data of somebody; there are these eight, and profit is none of them (P4.1)."""

    CONSENT = "the person has agreed to it before, explicitly"
    LAW = "a law, an authority or a court demands it"
    PROTECTION = "it keeps people or the service from harm, such as fraud"
    CORE_SERVICE = "what the person asked the shop for cannot be done without it"
    DISPUTE = "the person wants a dispute with another settled"
    AGREEMENT = "it was agreed with the person, in a contract or in the shop's rules"
    RESEARCH = "academic research needs it"
    PUBLIC_INTEREST = "a public interest that the law knows needs it"


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
        sharing: On which of the eight grounds a rule that opens to partners does so (P4.1). None for other rules, and
            where a legal ground has to be there, which says so itself.
    """

    clause: str
    effect: Effect
    says: str
    parties: frozenset[Party]
    classes: frozenset[DataClass]
    when: tuple[Fact, ...] = ()
    unless: tuple[Fact, ...] = ()
    reading: str | None = None
    sharing: SharingGround | None = None

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
