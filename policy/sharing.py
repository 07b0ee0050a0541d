"""The eight grounds on which another company receives data of somebody (P4.1), and which one a disclosure rests on."""

from collections.abc import Collection
from functools import lru_cache

from policy.enforcement import keeps
from policy.legal_grounds import GroundKind
from policy.parties import Party
from policy.rules import RULES, Effect, Rule
from policy.rules.rule import SharingGround

__all__ = ["SharingGround", "UnderNoGround", "grounds_of"]


class UnderNoGround(AssertionError):
    """A partner would be shown something on none of the eight grounds, so it is not shown."""


# What stands for a consent under P4.8 is one of the eight, seen from the other side (docs/decisions/0159).
_OF_LEGAL = {
    GroundKind.NATIONAL_SECURITY: SharingGround.LAW,
    GroundKind.JUSTICE: SharingGround.LAW,
    GroundKind.LAW: SharingGround.LAW,
    GroundKind.PUBLIC_INTEREST: SharingGround.PUBLIC_INTEREST,
    GroundKind.VITAL_INTERESTS: SharingGround.PROTECTION,
    GroundKind.SAFE_OPERATION: SharingGround.PROTECTION,
    GroundKind.SELF_PUBLISHED: SharingGround.CONSENT,
    GroundKind.PUBLIC_SOURCE: SharingGround.LAW,
    GroundKind.CONTRACT: SharingGround.AGREEMENT,
    GroundKind.RESEARCH: SharingGround.RESEARCH,
}


@keeps("P4.1", otherwise=None)
def grounds_of(
    party: Party, classes: Collection[str], clauses: Collection[str], legal: GroundKind | None
) -> list[SharingGround] | None:
    """
    Tell on which of the eight grounds a partner was shown something: that of each rule which has opened it (P4.1).

    Args:
        party: What they were to the person.
        classes: What was shown, by name.
        clauses: By which clauses.
        legal: The legal ground without which it would not have been, if there was one.

    Returns:
        The grounds, at least one; None for whoever is no partner, as nothing was shared with another company.

    Raises:
        UnderNoGround: There is none.
    """
    if not party.is_partner:
        return None
    found = set(_of_rules(party, frozenset(classes), frozenset(clauses), RULES))
    if legal is not None:
        found.add(_OF_LEGAL[legal])
    if not found:
        raise UnderNoGround(f"No ground of sharing is known for `{party.name}` under {sorted(clauses)}.")
    return sorted(found, key=list(SharingGround).index)


# An answer shows the same of many people. Rules are an argument, so that what was kept of others is never an answer.
@lru_cache(maxsize=4_096)
def _of_rules(
    party: Party, classes: frozenset[str], clauses: frozenset[str], rules: tuple[Rule, ...]
) -> frozenset[SharingGround]:
    return frozenset(
        rule.sharing
        for rule in rules
        if rule.sharing is not None
        and rule.effect is Effect.PERMIT
        and rule.clause in clauses
        and party in rule.parties
        and any(each.name in classes for each in rule.classes)
    )
