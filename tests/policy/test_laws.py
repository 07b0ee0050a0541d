"""The laws of the policy, proven by asking everything there is to ask."""

import random
from collections import defaultdict
from itertools import product
from typing import Any

import pytest

from policy import decide as deciding
from policy.ages import AgeBand
from policy.classes import (
    BY_NAME,
    CLASSES,
    CREDENTIAL,
    ORDER,
    ORDER_NUMBER,
    RECIPIENT,
    REGISTRATION,
    SENSITIVE,
)
from policy.decide import NOT_SHARED, WINDOW_CLOSED, Decision, Sight, applying, decide
from policy.facts import Ask
from policy.matrix import CLOSING, VALUES, asks, facts_read
from policy.parties import Party
from policy.purposes import Purpose
from policy.rules import RULES, Effect, Rule
from tests.policy.asks import asks_of, collapsed_asks, plain

OTHERS = frozenset(Party) - {Party.SELF, Party.GUARDIAN, Party.THIRD_PARTY}
OPENING = [name for name in VALUES if name not in {"age", "task", *CLOSING}]
CORE = frozenset({ORDER, ORDER_NUMBER})
# By which class a partner knows of a row at all.
KNOWN_BY = {
    Party.SUPPLIER: "ORDER",
    Party.CARRIER: "ORDER",
    Party.PAYMENT_INSTITUTION: "ORDER_NUMBER",
    Party.RISK_CONTROL: "ACCOUNT",
    Party.VERIFIER: "VERIFICATION",
    Party.AFFILIATE: "ACCOUNT",
    Party.AFFILIATE_PROVIDER: "ACCOUNT",
}
PARTNERS = [party for party in Party if party.is_partner]


def _speak(rule: Rule, ask: Ask) -> bool:
    lifted = any(fact.holds(ask) for fact in rule.unless)
    return all(fact.holds(ask) for fact in rule.when) and not lifted


def test_nothing_is_shown_without_a_permitting_clause(world: list[tuple[Ask, Decision]]) -> None:
    for ask, decision in world:
        if decision.is_clear:
            rules = applying(ask.party, ask.data_class)
            assert any(rule.effect is Effect.PERMIT and _speak(rule, ask) for rule in rules), ask


def test_one_forbidding_clause_outweighs_any_number_of_permitting_ones(world: list[tuple[Ask, Decision]]) -> None:
    for ask, decision in world:
        rules = applying(ask.party, ask.data_class)
        if any(rule.effect is Effect.FORBID and _speak(rule, ask) for rule in rules):
            assert not decision.is_clear, ask


@pytest.mark.clause("P7.3")
def test_a_childs_data_never_leaves_without_the_guardians_consent_the_law_or_the_childs_protection(
    world: list[tuple[Ask, Decision]],
) -> None:
    for ask, decision in world:
        if ask.age is AgeBand.CHILD and not ask.guardian_consents and ask.party in OTHERS and decision.is_clear:
            # The law keeps the transaction core of what a supplier has sold (docs/decisions/0006).
            is_core = ask.party is Party.SUPPLIER and ask.data_class in CORE
            assert is_core or (ask.legal_ground and ask.ground_covers_child), ask


@pytest.mark.clause("P7.1")
def test_what_is_sensitive_about_a_minor_goes_to_nobody_else_without_consent(
    world: list[tuple[Ask, Decision]],
) -> None:
    for ask, decision in world:
        if ask.age is AgeBand.MINOR and not ask.guardian_consents and ask.data_class in SENSITIVE:
            is_grounded = ask.legal_ground and ask.ground_covers_child
            assert ask.party not in OTHERS or is_grounded or not decision.is_clear, ask


@pytest.mark.clause("P2.6")
def test_a_supplier_sees_the_recipient_in_the_window_and_nothing_of_it_outside(
    world: list[tuple[Ask, Decision]],
) -> None:
    cleared = [ask for ask, decision in world if decision.is_clear and ask.party is Party.SUPPLIER]

    assert all(ask.window_open for ask in cleared if ask.data_class not in CORE)
    assert {ask.data_class for ask in cleared} == RECIPIENT | CORE


@pytest.mark.parametrize("party", PARTNERS)
def test_a_partner_cannot_tell_a_child_or_a_withdrawn_consent_from_anything_else(party: Party) -> None:
    """All that a partner sees of somebody at once, not class by class: a gap in one field would tell as much."""

    seen: dict[Ask, set[tuple[Any, ...]]] = defaultdict(set)
    for ask in asks_of(party):
        decision = decide(ask)
        seen[ask._replace(data_class=ORDER)].add((ask.data_class.name, decision.sight, decision.code))
    of_adults: dict[tuple[Any, ...], list[set[tuple[Any, ...]]]] = defaultdict(list)
    for ask, outcome in seen.items():
        if ask.age is AgeBand.ADULT:
            of_adults[ask.window_open, ask.task].append(outcome)
    for ask, outcome in seen.items():
        # A row whose first class is not shown is not there for a partner, so it tells nothing (`visible_to`).
        is_hidden = any(name == KNOWN_BY[party] and sight is Sight.NULL for name, sight, _ in outcome)
        assert is_hidden or outcome in of_adults[ask.window_open, ask.task], ask


@pytest.mark.parametrize("fact", OPENING)
def test_no_consent_and_no_other_opening_fact_takes_sight_away(world: list[tuple[Ask, Decision]], fact: str) -> None:
    order = [Sight.NULL, Sight.MASK, Sight.CLEAR]
    for ask, decision in world:
        # That an order waits to be delivered hides it while a consent is missing (docs/decisions/0006).
        if ask.party is Party.SUPPLIER and ask.data_class in CORE and fact == "window_open":
            continue
        if not getattr(ask, fact):
            with_it = decide(ask._replace(**{fact: True}))
            assert order.index(with_it.sight) >= order.index(decision.sight), ask


def test_being_a_child_never_reveals_more_except_to_the_guardian(world: list[tuple[Ask, Decision]]) -> None:
    for ask, decision in world:
        if ask.age is AgeBand.CHILD and decision.is_clear and ask.party is not Party.GUARDIAN:
            assert decide(ask._replace(age=AgeBand.ADULT)).is_clear, ask


def test_nobody_sees_a_credential(world: list[tuple[Ask, Decision]]) -> None:
    assert {decision.sight for ask, decision in world if ask.data_class is CREDENTIAL} == {Sight.NULL}


def test_a_stranger_sees_nothing_and_learns_no_reason(world: list[tuple[Ask, Decision]]) -> None:
    of_stranger = [decision for ask, decision in world if ask.party is Party.STRANGER]

    assert {(decision.sight, decision.code) for decision in of_stranger} == {(Sight.NULL, NOT_SHARED)}


@pytest.mark.clause("P5.1")
def test_staff_without_training_see_no_personal_data(world: list[tuple[Ask, Decision]]) -> None:
    untrained = [decision for ask, decision in world if ask.party.is_staff and not ask.staff_trained]

    assert not any(decision.is_clear for decision in untrained)


@pytest.mark.clause("P1.1")
def test_registration_data_is_closed_to_everybody_once_the_account_is_cancelled(
    world: list[tuple[Ask, Decision]],
) -> None:
    cancelled = [
        decision
        for ask, decision in world
        if ask.account_cancelled and ask.data_class in REGISTRATION and not ask.legal_ground
    ]

    assert not any(decision.is_clear for decision in cancelled)


@pytest.mark.clause("P2.10")
def test_nothing_is_shown_for_a_purpose_that_its_class_does_not_list(world: list[tuple[Ask, Decision]]) -> None:
    unfit = [(ask, decision) for ask, decision in world if not ask.purpose_fits]

    # A ground is a purpose of its own for staff; for a partner it stands for the consent alone (docs/decisions/0029).
    assert not any(seen.is_clear for ask, seen in unfit if not (ask.legal_ground and ask.party.is_staff))
    assert any(seen.is_clear for _, seen in unfit)


@pytest.mark.clause("P7.4")
def test_a_guardian_sees_a_childs_profile_and_a_minors_orders_and_nothing_of_an_adult(
    world: list[tuple[Ask, Decision]],
) -> None:
    cleared = {
        age: {
            ask.data_class.name
            for ask, seen in world
            if seen.is_clear and ask.party is Party.GUARDIAN and ask.age is age
        }
        for age in AgeBand
    }

    minors = {"ACCOUNT", "CONSENT", "ORDER", "ORDER_NUMBER", "ORDER_AMOUNT"}
    profile = {"PERSON_NAME", "GENDER", "BIRTH_DATE", "NATIONALITY", "PHONE", "EMAIL", "POSTAL_ADDRESS"}
    # What protects a child may be directed against the guardian, so there is no `LEGAL_CASE` (docs/decisions/0029).
    profile |= {"DISCLOSURE", "TRANSFER"}
    assert cleared == {AgeBand.CHILD: minors | profile, AgeBand.MINOR: minors, AgeBand.ADULT: set()}


@pytest.mark.clause("P6.1")
def test_an_adult_sees_all_that_is_held_about_them_but_credentials() -> None:
    of_somebody_else = {"PAYER_ACCOUNT", "ENTERPRISE_CONTACT_DOCUMENT"}
    expected = {data_class.name for data_class in CLASSES} - {"CREDENTIAL", *of_somebody_else}
    seen = {data_class.name for data_class in CLASSES if decide(plain(Party.SELF, data_class)).is_clear}

    assert seen == expected


@pytest.mark.clause("P1.2b")
def test_a_recipient_is_clear_to_the_account_that_gave_it_the_supplier_and_a_verified_ticket_only() -> None:
    for data_class in RECIPIENT:
        cleared = {party for party in Party if decide(plain(party, data_class)).is_clear}

        assert cleared == {Party.SELF, Party.THIRD_PARTY, Party.SUPPLIER, Party.CARRIER, Party.AGENT}
        assert {party for party in Party if decide(plain(party, data_class)).sight is Sight.MASK} == {
            Party.GUARDIAN,
            Party.OPERATOR,
        }


@pytest.mark.clause("P1.3b")
def test_where_somebody_is_signed_in_is_seen_by_nobody_but_them() -> None:
    cleared = {party for party in Party if decide(plain(party, BY_NAME["SESSION"])).is_clear}

    assert cleared == {Party.SELF}


@pytest.mark.clause("P2.7")
def test_an_agent_verifies_membership_before_anything_is_clear() -> None:
    contacts = ("PERSON_NAME", "PHONE", "EMAIL", "POSTAL_ADDRESS")
    for name in contacts:
        asked = plain(Party.AGENT, BY_NAME[name])

        assert decide(asked).is_clear
        assert decide(asked._replace(membership_verified=False)).sight is Sight.MASK
        assert decide(asked._replace(ticket_open=False)).sight is Sight.NULL


@pytest.mark.clause("P1.4")
def test_documents_and_payment_accounts_are_a_mask_to_customer_service(world: list[tuple[Ask, Decision]]) -> None:
    papers = {BY_NAME["IDENTITY_DOCUMENT"], BY_NAME["PAYMENT_ACCOUNT"]}
    sights = {
        decision.sight
        for ask, decision in world
        if ask.party is Party.AGENT and ask.data_class in papers and ask.ticket_open and not ask.legal_ground
    }

    assert sights == {Sight.MASK}


@pytest.mark.clause("P2.4")
def test_an_operator_sees_orders_and_amounts_and_no_person(world: list[tuple[Ask, Decision]]) -> None:
    cleared = {
        ask.data_class.name
        for ask, seen in world
        if seen.is_clear and ask.party is Party.OPERATOR and ask.linked and not ask.legal_ground
    }

    assert cleared == {"ORDER", "ORDER_NUMBER", "ORDER_AMOUNT"}


@pytest.mark.clause("P4.2")
def test_a_supplier_sees_the_core_of_its_orders_and_not_what_they_cost() -> None:
    assert decide(plain(Party.SUPPLIER, ORDER)).is_clear
    assert decide(plain(Party.SUPPLIER, BY_NAME["ORDER_AMOUNT"])).sight is Sight.NULL


def test_the_order_of_the_rules_means_nothing() -> None:
    seed = random.Random().randrange(2**32)
    shuffled = list(RULES)
    random.Random(seed).shuffle(shuffled)
    for ask in collapsed_asks():
        mixed = deciding._decide(ask, tuple(shuffled))
        plain = decide(ask)
        assert (mixed.sight, set(mixed.clauses), set(mixed.missing), mixed.code) == (
            plain.sight,
            set(plain.clauses),
            set(plain.missing),
            plain.code,
        ), f"seed {seed}: {ask}"


@pytest.mark.parametrize("index", range(len(RULES)))
def test_no_rule_is_idle(index: int) -> None:
    rule = RULES[index]
    without = (*RULES[:index], *RULES[index + 1 :])

    assert any(
        decide(ask).sight is not deciding._decide(ask, without).sight
        for party, data_class in product(rule.parties, rule.classes)
        for ask in asks(party, data_class, facts_read(party, data_class))
    ), rule.says


class _Recording:
    """An ask that notes which of its facts are read."""

    def __init__(self, ask: Ask) -> None:
        self.ask, self.read = ask, set[str]()

    def __getattr__(self, name: str) -> Any:
        self.read.add(name)
        return getattr(self.ask, name)


def test_a_decision_reads_no_fact_that_was_collapsed() -> None:
    for ask in collapsed_asks():
        recording: Any = _Recording(ask)
        deciding._decide.__wrapped__(recording, RULES)

        assert recording.read <= {"party", "data_class", *facts_read(ask.party, ask.data_class)}, ask


def test_only_a_class_with_a_mask_is_ever_masked_and_the_mask_is_a_constant(
    world: list[tuple[Ask, Decision]],
) -> None:
    masked = {ask.data_class for ask, decision in world if decision.sight is Sight.MASK}

    assert masked == {data_class for data_class in CLASSES if data_class.mask is not None}


def test_what_partners_are_told_is_a_closed_window_or_nothing(world: list[tuple[Ask, Decision]]) -> None:
    codes = {decision.code for ask, decision in world if ask.party.is_partner and not decision.is_clear}

    assert codes == {WINDOW_CLOSED, NOT_SHARED}


def test_nobody_but_the_person_and_the_guardian_learns_that_a_guardians_consent_is_missing(
    world: list[tuple[Ask, Decision]],
) -> None:
    told = {ask.party for ask, decision in world if decision.code == "GUARDIAN_CONSENT_REQUIRED"}

    assert told == {Party.SELF}


def test_every_class_serves_the_account_itself_or_its_safety() -> None:
    assert all(data_class.purposes & {Purpose.ACCOUNT, Purpose.SECURITY} for data_class in CLASSES)


@pytest.mark.clause("P1.2e")
def test_a_recipient_who_objects_is_shown_to_nobody_once_the_delivery_is_over(
    world: list[tuple[Ask, Decision]],
) -> None:
    objected = [(ask, seen) for ask, seen in world if ask.objected and not ask.window_open and not ask.legal_ground]

    assert {ask.party for ask, _ in objected} >= {Party.SELF, Party.THIRD_PARTY, Party.AGENT}
    assert [ask for ask, seen in objected if seen.is_clear] == []


@pytest.mark.clause("P9.3")
def test_a_version_that_awaits_consent_closes_the_widened_use_to_others(world: list[tuple[Ask, Decision]]) -> None:
    about_them = {Party.SELF, Party.THIRD_PARTY}
    widened = [(ask, seen) for ask, seen in world if ask.version_pending and not ask.legal_ground]

    of_ward = plain(Party.GUARDIAN, BY_NAME["CONSENT"])._replace(age=AgeBand.CHILD, version_pending=True)
    assert not any(seen.is_clear for ask, seen in widened if ask.party not in about_them)
    # A guardian answers for a child, and has to find what is to be answered (docs/decisions/0029).
    assert decide(of_ward).is_clear
    assert not decide(of_ward._replace(data_class=BY_NAME["PERSON_NAME"])).is_clear
    assert "version" in decide(plain(Party.SUPPLIER, ORDER)._replace(version_pending=True)).missing
