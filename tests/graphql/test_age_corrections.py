"""Somebody turns out to be a child: locked at once, closed to everybody, and a guardian is asked."""

import asyncio
import secrets
from datetime import date, timedelta
from typing import Any

import pytest

from commerce import consents, sessions, step_up
from commerce.guardian_challenges import code_for
from models import clock
from models import database as db
from models.accounts import Account, AccountState, UserProfile
from models.age_corrections import AgeCorrection
from models.consents import Consent
from models.guardianships import GuardianChallenge, Guardianship, GuardianshipState
from models.identity_verifications import IdentityVerification, VerificationState
from models.orders import Order, OrderStatus
from models.sessions import Session
from permissions.context import Client
from policy.ages import AgeBand
from policy.purposes import Purpose, purposes_in
from policy.viewer import StaffRole, Viewer
from server.demo_rows import Line, Parcel, Purchase, add_order, add_supplier, add_ticket
from tests.graphql.asking import Answer, ask
from tests.graphql.officers import member, officer
from tests.graphql.wards import PASSWORD, Somebody, code_of, family, invite, respond, somebody

pytestmark = pytest.mark.usefixtures("database")

OWN = """mutation ($input: BirthDateCorrectInput!) { birthDateCorrect(input: $input) {
  account { state guardianConsents profile { birthDate name } orders(first: 5) { nodes { status } }
    guardianChallenge { state } }
  userErrors { code message }
} }"""
BY_STAFF = """mutation ($input: AccountAgeCorrectInput!) {
  accountAgeCorrect(input: $input) { account { state } userErrors { code } }
}"""
PARTS = """{ fulfillmentOrders(first: 20) { nodes { status recipient { name } } } }"""
QUEUED = "SELECT FROM avow_pgqueuer WHERE entrypoint = $1 AND convert_from(payload, 'UTF8') LIKE $2"


def born(years: int) -> date:
    """A day on which somebody of so many years was born, whatever today is."""
    today = clock.today("SE")
    return today.replace(year=today.year - years, day=1) - timedelta(days=40)


async def signed_in(who: Somebody, *, is_proven: bool = True) -> Viewer:
    opened = await sessions.begin(who.account.id, client=Client(ip_hash=secrets.token_bytes(32)))
    viewer = await sessions.authenticate(opened.credential)
    if is_proven:
        await step_up.by_password(PASSWORD, by=viewer)
    return viewer


async def correct(by: Viewer, day: date, **other: Any) -> Answer:
    return await ask(OWN, as_=by, input={"birthDate": day.isoformat(), **other})


async def correct_other(by: Viewer, who: Somebody, day: date, **other: Any) -> Answer:
    given = {"userId": who.id, "birthDate": day.isoformat(), "reason": "told at the telephone, canary", **other}
    return await ask(BY_STAFF, as_=by, input=given)


async def ordered(who: Somebody, supplier: Any, status: OrderStatus) -> Order:
    parcel = Parcel("Canary Recipient", "+31612345678", "Road 1", "Town", "1011", "NL")
    lines = (Line(supplier.id, f"SKU-{secrets.token_hex(6)}", "Goods", 1, 1_000),)
    return await add_order(Purchase(who.account.id, parcel, lines, status))


@pytest.mark.clause("P7.2")
async def test_whoever_turns_out_to_be_a_child_is_locked_and_closed_in_the_same_moment() -> None:
    adult = await somebody(is_verified=False)
    supplier = await add_supplier("Late Supplies", f"late-{secrets.token_hex(6)}", "SE")
    at_supplier = Viewer(supplier=supplier.id, scopes=frozenset({"fulfillment_orders:read"}))
    running, sent = [await ordered(adult, supplier, status) for status in (OrderStatus.PAID, OrderStatus.SHIPPED)]
    await consents.give(frozenset({Purpose.AFFILIATE_ACCOUNT}), by=adult.viewer)
    here, elsewhere = await signed_in(adult), await signed_in(adult, is_proven=False)
    before = await ask(PARTS, as_=at_supplier)

    answer = await correct(here, born(9))

    after = await ask(PARTS, as_=at_supplier)
    account = await Account.get(id=adult.account.id)
    assert "Canary Recipient" in str(before.data)
    assert answer.codes == []
    shown = answer.data["birthDateCorrect"]["account"]
    assert (shown["state"], shown["profile"], shown["orders"]["nodes"]) == (
        "LOCKED",
        {"birthDate": None, "name": None},
        [],
    )
    assert (account.state, account.age_band) == (AccountState.LOCKED, AgeBand.CHILD)
    assert purposes_in(account.own_consents) == frozenset()
    steps = await Consent.filter(account_id=account.id).order_by("-id").values_list("is_given", flat=True)
    assert list(steps) == [False, True]
    assert (await Order.get(id=running.id)).status is OrderStatus.CANCELLED
    closes = (await Order.get(id=sent.id)).window_closes_at
    assert closes is not None
    assert closes <= clock.now()
    assert "Canary Recipient" not in str(after.data)
    assert {each["code"] for each in after.withheld} == {"WINDOW_CLOSED"}
    open_sessions = await Session.filter(account_id=account.id, ended_at=None).values_list("id", flat=True)
    assert list(open_sessions) == [here.session]
    assert elsewhere.session not in open_sessions
    assert len(await db.fetch(QUEUED, "account.age_corrected", f"%{account.id}%")) == 1


async def test_the_guardian_is_asked_with_the_correction_and_opens_the_account() -> None:
    person, guardian = await somebody(is_verified=False), await somebody()
    named = {"contact": {"email": guardian.person.email}, "firstName": "Edda"}

    answer = await correct(await signed_in(person), born(9), guardian=named)

    asked = await GuardianChallenge.get(minor_id=person.account.id)
    accepted = await respond(guardian.viewer, code_for(asked.id), purposes=["ACCOUNT"])
    assert answer.data["birthDateCorrect"]["account"]["guardianChallenge"]["state"] == "PENDING"
    assert accepted.codes == []
    assert (await Account.get(id=person.account.id)).state is AccountState.ACTIVE


async def test_a_minor_by_correction_stays_open_and_what_is_sensitive_closes() -> None:
    adult = await somebody(is_verified=False)
    supplier = await add_supplier("Later Supplies", f"later-{secrets.token_hex(6)}", "SE")
    running = await ordered(adult, supplier, OrderStatus.PAID)

    answer = await correct(await signed_in(adult), born(16))

    account = await Account.get(id=adult.account.id)
    assert answer.data["birthDateCorrect"]["account"]["profile"]["birthDate"] == born(16).isoformat()
    assert (account.state, account.age_band) == (AccountState.ACTIVE, AgeBand.MINOR)
    assert account.age_band_ends_on is not None
    assert (await Order.get(id=running.id)).status is OrderStatus.CANCELLED


@pytest.mark.clause("P7.1")
async def test_an_earlier_day_needs_proof_whatever_it_changes_and_the_answer_tells_no_age() -> None:
    adult, minor, child = await somebody(), await somebody(16), await somebody(9)
    ward, _ = await family(9)
    answers = [
        await correct(await signed_in(who), born(years))
        for who, years in ((adult, 70), (minor, 17), (minor, 30), (ward, 10), (ward, 40))
    ]
    locked = await correct(await signed_in(child), born(40))

    assert {code for answer in answers for code in answer.codes} == {"AGE_PROOF_REQUIRED"}
    messages = {answer.data["birthDateCorrect"]["userErrors"][0]["message"] for answer in answers}
    assert len(messages) == 1
    assert not any(character.isdigit() for character in messages.pop())
    assert locked.codes == ["GUARDIAN_CONSENT_REQUIRED"]
    assert (await Account.get(id=minor.account.id)).age_band is AgeBand.MINOR


async def test_after_a_correction_there_is_no_way_back_without_proof() -> None:
    adult = await somebody(is_verified=False)
    viewer = await signed_in(adult)

    await correct(viewer, born(16))
    back = await correct(viewer, born(40))
    by_agent = await member(StaffRole.AGENT)
    agent_account = await Account.get(id=by_agent.account)
    await add_ticket(adult.account, agent_account, is_verified=True)
    told = await correct_other(by_agent, adult, born(40), isProven=True)
    chief = await officer()
    unproven = await correct_other(chief, adult, born(40))
    proven = await correct_other(chief, adult, born(40), isProven=True)

    assert [answer.codes for answer in (back, told, unproven)] == [["AGE_PROOF_REQUIRED"]] * 3
    assert proven.codes == []
    assert (await Account.get(id=adult.account.id)).age_band is AgeBand.ADULT
    written = await AgeCorrection.filter(account_id=adult.account.id).order_by("id")
    assert [(row.band_after, row.is_proven) for row in written] == [(AgeBand.MINOR, False), (AgeBand.ADULT, True)]
    assert written[1].staff_id == chief.account
    assert written[1].reason is not None
    assert b"canary" not in written[1].reason


async def test_it_takes_a_fresh_proof_of_who_one_is_and_a_day_that_is_possible() -> None:
    adult = await somebody()

    unproven = await correct(await signed_in(adult, is_proven=False), born(9))
    tomorrow = await correct(await signed_in(adult), clock.today("SE") + timedelta(days=3))

    assert (unproven.codes, tomorrow.codes) == (["STEP_UP_REQUIRED"], ["BIRTH_DATE_NOT_POSSIBLE"])


async def test_an_agent_and_an_officer_lock_a_child_whom_they_find_and_lose_sight_of_it() -> None:
    found, other = await somebody(is_verified=False), await somebody(is_verified=False)
    agent, chief = await member(StaffRole.AGENT), await officer()
    await add_ticket(found.account, await Account.get(id=agent.account), is_verified=True)

    by_agent = await correct_other(agent, found, born(9))
    by_officer = await correct_other(chief, other, born(9))
    again = await correct_other(agent, found, born(8))

    assert [answer.data["accountAgeCorrect"] for answer in (by_agent, by_officer)] == 2 * [
        {"account": None, "userErrors": []}
    ]
    assert [(await Account.get(id=who.account.id)).state for who in (found, other)] == [AccountState.LOCKED] * 2
    assert again.codes == ["PERSON_NOT_FOUND"]


async def test_staff_correct_nobody_else() -> None:
    person = await somebody()
    agent, unverified, operator = [
        await member(role) for role in (StaffRole.AGENT, StaffRole.AGENT, StaffRole.OPERATOR)
    ]
    untrained = await officer(is_trained=False)
    unproven = await officer(is_proven=False)
    await add_ticket(person.account, await Account.get(id=unverified.account), is_verified=False)

    answers = [await correct_other(by, person, born(9)) for by in (agent, unverified, operator, untrained)]
    late = await correct_other(unproven, person, born(9))
    in_person = await correct_other(await signed_in(person), person, born(9))

    assert {code for answer in (*answers, in_person) for code in answer.codes} == {"PERSON_NOT_FOUND"}
    assert late.codes == ["STEP_UP_REQUIRED"]
    assert (await Account.get(id=person.account.id)).age_band is AgeBand.ADULT


@pytest.mark.clause("P7.2")
async def test_a_guardian_who_is_no_adult_watches_over_nobody_any_more() -> None:
    ward, adult = await family(9)

    await correct(await signed_in(adult), born(16))

    left = await Account.get(id=ward.account.id)
    assert (left.guardian_id, left.guardian_consents, left.state) == (None, 0, AccountState.LOCKED)
    assert (await Guardianship.get(minor_id=ward.account.id)).state is GuardianshipState.ENDED
    check = await IdentityVerification.get(account_id=adult.account.id)
    assert check.state is VerificationState.EXPIRED
    asked = await invite(ward, adult.person.email)
    assert (await respond(adult.viewer, code_of(asked))).codes == ["GUARDIAN_NOT_ADULT"]


async def test_a_minor_with_consents_who_turns_out_to_be_a_child_keeps_what_the_guardian_consented_to() -> None:
    minor, _ = await family(16, ["ACCOUNT", "FULFILMENT"])

    answer = await correct(await signed_in(minor), born(9))

    shown = answer.data["birthDateCorrect"]["account"]
    assert (shown["state"], shown["guardianConsents"]) == ("ACTIVE", ["ACCOUNT", "FULFILMENT"])
    assert (await Account.get(id=minor.account.id)).age_band is AgeBand.CHILD


@pytest.mark.clause("P7.2")
async def test_the_guardian_of_a_minor_who_turns_out_to_be_a_child_is_told() -> None:
    minor, adult = await family(16, [])

    await correct(await signed_in(minor), born(9))

    assert len(await db.fetch(QUEUED, "guardian.ward_is_child", f"%{adult.account.id}%")) == 1
    assert (await Account.get(id=minor.account.id)).state is AccountState.LOCKED


async def test_accepting_and_being_found_to_be_a_child_at_once_leave_no_child_as_guardian() -> None:
    for _ in range(4):
        ward, adult = await somebody(9), await somebody()
        code, viewer = code_of(await invite(ward, adult.person.email)), await signed_in(adult)

        await asyncio.gather(respond(viewer, code, purposes=["ACCOUNT"]), correct(viewer, born(12)))

        left = await Account.get(id=ward.account.id)
        assert (left.guardian_id, left.state) == (None, AccountState.LOCKED)
        assert (await Account.get(id=adult.account.id)).age_band is AgeBand.CHILD


async def test_the_profile_holds_the_right_day_sealed() -> None:
    adult = await somebody(is_verified=False)
    before = await UserProfile.get(account_id=adult.account.id)

    await correct(await signed_in(adult), born(35))

    after = await UserProfile.get(account_id=adult.account.id)
    assert (after.version, after.birth_date != before.birth_date) == (before.version + 1, True)
    assert born(35).isoformat().encode() not in after.birth_date
