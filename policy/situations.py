"""What decisions cannot tell apart: once something is decided in a situation, it is decided in all that are alike."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from policy.classes import DataClass
from policy.decide import Decision
from policy.facts import Ask
from policy.parties import Party
from policy.rules import RULES, Rule
from policy.viewer import Case, Viewer

KEPT = 4_096
"""How many situations a process keeps; most viewers' rows are in a handful of them."""


class Verdict(NamedTuple):
    """What was asked of the policy about a field of one object, and what it said."""

    ask: Ask
    decision: Decision


@dataclass(slots=True, eq=False)
class Situation:
    """
    All cases that are decided alike: the viewer is the same to the subject, and the facts are the same.

    Args:
        verdicts: What was decided in it, by class, as far as nothing else that an operation selects can change it.
    """

    verdicts: dict[DataClass, Verdict] = field(default_factory=dict[DataClass, Verdict])


def situation_of(viewer: Viewer, case: Case) -> Situation:
    """
    Find the situation that a viewer is in to the subject of a case.

    It holds nothing of who they are. All that a question is made of is in what it is found by (`Viewer.asks`), so a
    consent that is given, a window that closes and a version that is accepted are other situations.
    """
    if case.grounds:
        # A ground is one person's, and is named in the facts.
        return Situation()
    return _situation(viewer.standing, viewer.party_to(case), case.facts, RULES)


# Rules are an argument, so that what was kept of others is never an answer.
@lru_cache(maxsize=KEPT)
def _situation(
    standing: tuple[object, ...], party: Party, facts: tuple[object, ...], rules: tuple[Rule, ...]
) -> Situation:
    return Situation()
