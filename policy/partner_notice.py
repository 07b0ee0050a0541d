"""What each kind of partner gets of whom, and why, as the rules have it: for the public register (P1.4)."""

from dataclasses import dataclass
from functools import lru_cache

from policy.classes import CLASSES, DataClass
from policy.decide import applying
from policy.facts import LEGAL_GROUND
from policy.matrix import cell
from policy.partners import PartnerType
from policy.purposes import Purpose
from policy.rules import Effect


@dataclass(frozen=True, slots=True)
class Received:
    """
    One class of data that a kind of partner can be shown.

    Args:
        data_class: The class.
        purposes: For what: of the purposes that it may ask for, those that the class may be used for.
        sight: What it sees, exceptions first, in the words of the matrix.
        clauses: The clauses that open it.
    """

    data_class: DataClass
    purposes: tuple[Purpose, ...]
    sight: str
    clauses: tuple[str, ...]


@lru_cache
def received_by(kind: PartnerType) -> tuple[Received, ...]:
    """List what a kind of partner can be shown, in the order of classes; of anything else it is shown nothing."""
    return tuple(found for data_class in CLASSES if (found := _received(kind, data_class)) is not None)


def _received(kind: PartnerType, data_class: DataClass) -> Received | None:
    opening = [
        rule
        for rule in applying(kind.party, data_class)
        if rule.effect is Effect.PERMIT and LEGAL_GROUND not in rule.when
    ]
    if not opening:
        return None
    return Received(
        data_class=data_class,
        purposes=tuple(sorted(kind.purposes & data_class.purposes, key=lambda purpose: purpose.bit)),
        sight=cell(kind.party, data_class),
        clauses=tuple(dict.fromkeys(rule.clause for rule in opening)),
    )
