"""Laws of the policy on partners, third parties and legal grounds, proven by asking everything there is to ask."""

from collections import defaultdict
from dataclasses import replace
from uuid import uuid4 as new_id

import pytest

from policy.ages import AgeBand
from policy.classes import BY_NAME, ORDER, ORDER_NUMBER, RECIPIENT, SENSITIVE
from policy.decide import Decision, Sight, decide
from policy.facts import Ask
from policy.parties import Party
from policy.partners import PartnerType
from policy.pending_uses import PendingUses
from policy.purposes import Purpose
from policy.viewer import Case, Viewer
from tests.policy.asks import plain

PARTNERS = [party for party in Party if party.is_partner]
CORE = frozenset({ORDER, ORDER_NUMBER})


@pytest.mark.clause("P2.5")
def test_a_payment_institution_sees_no_recipient_and_no_goods(world: list[tuple[Ask, Decision]]) -> None:
    cleared = {ask.data_class.name for ask, seen in world if seen.is_clear and ask.party is Party.PAYMENT_INSTITUTION}

    assert cleared == {"ORDER_NUMBER", "ORDER_AMOUNT", "PAYER_ACCOUNT"}
    assert not decide(plain(Party.PAYMENT_INSTITUTION, ORDER_NUMBER)._replace(window_open=False)).is_clear


@pytest.mark.clause("P1.2c")
def test_a_payers_account_is_clear_to_the_chosen_institution_alone(world: list[tuple[Ask, Decision]]) -> None:
    cleared = {
        ask.party
        for ask, seen in world
        if seen.is_clear and ask.data_class.name == "PAYER_ACCOUNT" and not ask.legal_ground
    }

    assert cleared == {Party.PAYMENT_INSTITUTION}
    assert decide(plain(Party.SELF, BY_NAME["PAYER_ACCOUNT"])).sight is Sight.MASK


@pytest.mark.clause("P4.3")
def test_an_affiliate_sees_for_each_task_its_own_small_part_and_nothing_without_consent(
    world: list[tuple[Ask, Decision]],
) -> None:
    by_task: dict[Purpose, set[str]] = defaultdict(set)
    for ask, seen in world:
        if seen.is_clear and ask.party in (Party.AFFILIATE, Party.AFFILIATE_PROVIDER):
            assert ask.own_consent, ask
            by_task[ask.task].add(ask.data_class.name)

    assert by_task == {
        Purpose.AFFILIATE_ACCOUNT: {"ACCOUNT", "PERSON_NAME", "EMAIL"},
        Purpose.AFFILIATE_RECOMMENDATION: {"ACCOUNT", "ORDER"},
        Purpose.AFFILIATE_ABNORMAL_ACCOUNTS: {"ACCOUNT", "DEVICE"},
        Purpose.AFFILIATE_SAFETY: {"ACCOUNT", "PERSON_NAME", "PHONE"},
    }


@pytest.mark.clause("P4.3")
def test_what_is_sensitive_goes_to_an_affiliate_with_a_consent_of_its_own_only(
    world: list[tuple[Ask, Decision]],
) -> None:
    cleared = [ask for ask, seen in world if seen.is_clear and ask.party in (Party.AFFILIATE, Party.AFFILIATE_PROVIDER)]
    of_child = plain(Party.AFFILIATE, BY_NAME["EMAIL"])._replace(age=AgeBand.CHILD, guardian_consents=True)

    # All of a child's data is sensitive (P1.0), and no task takes anything else that is.
    assert all(ask.sensitive_consent for ask in cleared if ask.age is AgeBand.CHILD or ask.data_class in SENSITIVE)
    assert not {ask.data_class for ask in cleared} & SENSITIVE
    assert decide(of_child).missing == ("sensitive_consent",)
    assert decide(of_child._replace(sensitive_consent=True)).is_clear
    assert decide(of_child._replace(age=AgeBand.ADULT)).is_clear


@pytest.mark.clause("P4.4")
def test_a_risk_control_partner_sees_what_its_work_takes(world: list[tuple[Ask, Decision]]) -> None:
    cleared = {
        ask.data_class.name
        for ask, seen in world
        if seen.is_clear and ask.party is Party.RISK_CONTROL and not ask.legal_ground
    }

    assert cleared == {"ACCOUNT", "DEVICE", "ORDER", "ORDER_NUMBER", "ORDER_AMOUNT"}


@pytest.mark.clause("P1.4")
def test_who_checks_an_identity_needs_the_persons_consent_and_sees_no_more_than_the_check_takes(
    world: list[tuple[Ask, Decision]],
) -> None:
    cleared = [ask for ask, seen in world if seen.is_clear and ask.party is Party.VERIFIER and not ask.legal_ground]

    assert all(ask.own_consent and ask.window_open for ask in cleared)
    assert {ask.data_class.name for ask in cleared} == {
        *("VERIFICATION", "PERSON_NAME", "PHONE", "IDENTITY_DOCUMENT"),
        *("ENTERPRISE_LICENCE", "ENTERPRISE_CONTACT", "ENTERPRISE_CONTACT_DOCUMENT"),
    }


@pytest.mark.clause("P1.2a")
def test_who_acts_for_a_company_is_clear_to_its_account_to_themselves_and_to_who_checks_them() -> None:
    themselves = {Party.THIRD_PARTY, Party.VERIFIER}
    # The account gave the contact's papers and does not read them back: they are the contact's (docs/decisions/0029).
    for name, expected in (
        ("ENTERPRISE_CONTACT", {Party.SELF, *themselves}),
        ("ENTERPRISE_CONTACT_DOCUMENT", themselves),
    ):
        cleared = {party for party in Party if decide(plain(party, BY_NAME[name])).is_clear}

        assert cleared == expected
        assert decide(plain(Party.AGENT, BY_NAME[name])).sight is Sight.MASK


@pytest.mark.clause("P2.2c")
@pytest.mark.parametrize("name", ["DEVICE", "SEARCH"])
def test_a_device_or_a_search_is_shown_to_operators_as_long_as_nothing_leads_to_a_person(name: str) -> None:
    asked = plain(Party.OPERATOR, BY_NAME[name])

    assert not decide(asked).is_clear
    assert decide(asked._replace(linked=False)).is_clear


@pytest.mark.clause("P2.9")
def test_a_legal_ground_opens_to_staff_what_it_names_and_lifts_no_training() -> None:
    asked = plain(Party.AGENT, BY_NAME["BIRTH_DATE"])
    for staff in (Party.AGENT, Party.OPERATOR, Party.PRIVACY_OFFICER):
        under_ground = asked._replace(party=staff, legal_ground=True)

        assert not decide(asked._replace(party=staff)).is_clear
        assert decide(under_ground).is_clear
        assert not decide(under_ground._replace(staff_trained=False)).is_clear


@pytest.mark.clause("P1.4")
def test_no_ground_shows_identity_documents_to_customer_service(world: list[tuple[Ask, Decision]]) -> None:
    documents = {BY_NAME["IDENTITY_DOCUMENT"], BY_NAME["ENTERPRISE_CONTACT_DOCUMENT"]}
    sights = {
        (ask.ticket_open, decision.sight)
        for ask, decision in world
        if ask.party is Party.AGENT and ask.data_class in documents and (ask.legal_ground or not ask.staff_trained)
    }

    assert sights <= {(True, Sight.MASK), (False, Sight.NULL)}
    for document in documents:
        under_ground = plain(Party.AGENT, document)._replace(legal_ground=True, ground_covers_child=True)
        assert decide(under_ground).sight is Sight.MASK
        assert decide(under_ground._replace(party=Party.PRIVACY_OFFICER)).is_clear


@pytest.mark.clause("P4.8")
def test_a_legal_ground_for_sharing_stands_for_a_consent_and_binds_partners_all_the_same() -> None:
    asked = plain(Party.VERIFIER, BY_NAME["IDENTITY_DOCUMENT"])._replace(own_consent=False)
    known = plain(Party.RISK_CONTROL, BY_NAME["PERSON_NAME"])

    assert [decide(each).is_clear for each in (asked, known)] == [False, False]
    for each in (asked._replace(legal_ground=True), known._replace(legal_ground=True)):
        assert decide(each).is_clear
        # It stands for the consent and not for the duty; and it does not wait for the account (docs/decisions/0029).
        assert not decide(each._replace(in_standing=False)).is_clear
        assert not decide(each._replace(region_fits=False)).is_clear
        assert not decide(each._replace(window_open=False)).is_clear
        assert not decide(each._replace(purpose_fits=False)).is_clear
        assert decide(each._replace(account_cancelled=True, version_pending=True)).is_clear


@pytest.mark.clause("P7.3")
def test_a_ground_opens_a_childs_data_if_it_is_one_of_law_or_of_the_childs_protection_only() -> None:
    asked = plain(Party.PRIVACY_OFFICER, BY_NAME["PERSON_NAME"])._replace(age=AgeBand.CHILD, legal_ground=True)

    assert not decide(asked).is_clear
    assert decide(asked._replace(ground_covers_child=True)).is_clear


def test_an_auditor_sees_what_was_done_and_of_nobody_who_they_are(world: list[tuple[Ask, Decision]]) -> None:
    cleared = {ask.data_class.name for ask, seen in world if seen.is_clear and ask.party is Party.AUDITOR}

    assert cleared == {"DISCLOSURE", "LEGAL_CASE", "TRANSFER"}


@pytest.mark.clause("P4.4")
def test_a_delegated_token_never_sees_a_child(world: list[tuple[Ask, Decision]]) -> None:
    of_children = [
        (ask, seen) for ask, seen in world if ask.party.is_partner and ask.delegated and ask.age is AgeBand.CHILD
    ]

    assert of_children
    assert [ask for ask, seen in of_children if seen.is_clear] == []


@pytest.mark.clause("P4.5")
def test_a_partner_not_in_standing_sees_nothing_personal(world: list[tuple[Ask, Decision]]) -> None:
    cleared = [ask for ask, seen in world if ask.party.is_partner and seen.is_clear]

    assert {ask.party for ask in cleared} == set(PARTNERS)
    assert all(ask.in_standing for ask in cleared)


@pytest.mark.clause("P8.1")
def test_nothing_crosses_a_border_to_a_partner_without_a_ground(world: list[tuple[Ask, Decision]]) -> None:
    assert all(ask.region_fits for ask, seen in world if ask.party.is_partner and seen.is_clear)


@pytest.mark.clause("P2.6")
def test_a_carrier_sees_whom_to_deliver_to_in_the_window_and_nothing_outside(
    world: list[tuple[Ask, Decision]],
) -> None:
    cleared = [ask for ask, decision in world if decision.is_clear and ask.party is Party.CARRIER]

    assert all(ask.window_open for ask in cleared)
    assert {ask.data_class for ask in cleared} == RECIPIENT | CORE


def test_a_viewers_standing_delegation_and_border_reach_the_question() -> None:
    order, carrier = Case(new_id(), AgeBand.ADULT, crosses_border=True, has_objected=True), new_id()
    token = Viewer(partner=carrier, partner_type=PartnerType.LOGISTICS, is_delegated=True, is_in_standing=False)
    pending = PendingUses(frozenset({(ORDER.name, Purpose.FULFILMENT.name)}), {})
    asked = token.asks(ORDER, of=order._replace(partners=frozenset({carrier}), pending_uses=pending))

    assert asked.party is Party.CARRIER
    assert (asked.delegated, asked.in_standing, asked.region_fits) == (True, False, False)
    assert (asked.objected, asked.version_pending) == (True, True)
    assert token.party_to(order) is Party.STRANGER
    assert replace(token, account=new_id()).person is None
