"""Another company receives data on one of eight grounds, or does not receive it."""

import pytest

from policy.classes import CLASSES
from policy.legal_grounds import GroundKind, for_sharing
from policy.parties import Party
from policy.rules import RULES, Effect
from policy.sharing import SharingGround, UnderNoGround, grounds_of

PARTNERS = frozenset(party for party in Party if party.is_partner)


def test_there_are_eight_grounds() -> None:
    assert len(SharingGround) == 8


def test_each_rule_that_opens_to_partners_says_on_which_ground_and_no_other_rule_does() -> None:
    for rule in RULES:
        is_for_partners = rule.effect is Effect.PERMIT and bool(rule.parties & PARTNERS)
        waits_for_legal_ground = any(fact.name == "ground" for fact in rule.when)
        assert (rule.sharing is not None) == (is_for_partners and not waits_for_legal_ground), rule.says
        assert not is_for_partners or rule.parties <= PARTNERS, "a ground of sharing is for nobody but partners"


@pytest.mark.clause("P4.1")
@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.sharing], ids=lambda rule: rule.says)
def test_what_a_rule_opens_to_a_partner_is_shared_on_its_ground(rule: object) -> None:
    opened = next(each for each in RULES if each is rule)
    (found,) = {
        tuple(grounds_of(party, [each.name], [opened.clause], None) or ())
        for party in opened.parties
        for each in opened.classes
    }

    assert found == (opened.sharing,)


@pytest.mark.clause("P4.1")
@pytest.mark.parametrize("kind", sorted(for_sharing()))
def test_a_legal_ground_for_sharing_is_one_of_the_eight(kind: GroundKind) -> None:
    found = grounds_of(Party.RISK_CONTROL, ["EMAIL"], ["P4.8"], kind)

    assert found is not None
    assert len(found) == 1


@pytest.mark.clause("P4.1")
def test_what_no_rule_and_no_legal_ground_opens_is_shared_on_no_ground() -> None:
    for party in PARTNERS:
        with pytest.raises(UnderNoGround):
            grounds_of(party, [each.name for each in CLASSES], ["P6.1"], None)


def test_people_and_staff_are_no_other_company() -> None:
    for party in frozenset(Party) - PARTNERS:
        assert grounds_of(party, ["EMAIL"], ["P2.7"], GroundKind.JUSTICE) is None
