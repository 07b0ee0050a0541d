"""Corrections of age and the questions of whoever comes of age: set by one, cleared by another, and asked again."""

from datetime import date
from typing import Any

import pytest

from commerce import coming_of_age
from models import clock
from models import database as db
from models.consents import Consent
from models.guardianships import Guardianship, GuardianshipState
from policy.ages import AgeBand
from policy.purposes import Purpose, purposes_in
from policy.viewer import StaffRole, Viewer
from server.demo_rows import add_staff, add_ticket
from tests.graphql.asking import ask
from tests.graphql.officers import officer
from tests.graphql.own_profiles import invented
from tests.graphql.test_age_corrections import QUEUED, born, correct, correct_other, signed_in
from tests.graphql.test_coming_of_age import of_age, read, stored
from tests.graphql.test_consents import give
from tests.graphql.wards import ALL, Somebody, code_of, family, invite, respond, somebody

pytestmark = pytest.mark.usefixtures("database")

SHOWN = "query { viewer { tickets(first: 5) { nodes { account { region addresses { city } } } } } }"


async def agent_of(who: Somebody) -> Viewer:
    """Give an agent who works on somebody's open ticket."""
    staff = await add_staff(invented(35), StaffRole.AGENT, password="a password of nobody 7731")
    await add_ticket(who.account, staff, is_verified=True)
    return Viewer(account=staff.id, staff=StaffRole.AGENT, is_trained=True)


async def region_seen(by: Viewer) -> str | None:
    """Ask as an agent for the region of whoever wrote the ticket, which takes the consent to customer service."""
    (found,) = (await ask(SHOWN, as_=by)).data["viewer"]["tickets"]["nodes"]
    return found["account"]["region"]


async def asked(who: Somebody) -> list[str]:
    """List what waits for somebody's own answer."""
    return [each["purpose"] for each in (await read(who))["consentsAskedAnew"]]


async def proven(who: Somebody, day: date) -> Any:
    """Correct somebody's day of birth as an officer who was shown a document."""
    return await correct_other(await officer(), who, day, isProven=True)


@pytest.mark.clause("P7.5")
async def test_a_minor_who_turns_out_to_be_of_age_is_asked_what_the_guardian_had_decided() -> None:
    minor, guardian = await family(16)
    agent = await agent_of(minor)
    before = await region_seen(agent)

    answer = await proven(minor, born(30))

    waiting = await region_seen(agent)
    questions = await asked(minor)
    await give(minor.viewer, "CUSTOMER_SERVICE")
    account = await stored(minor)
    assert answer.codes == []
    assert questions == list(ALL)
    assert (before, waiting, await region_seen(agent)) == ("SE", None, "SE")
    assert (account.age_band, account.guardian_id, account.guardian_consents) == (AgeBand.ADULT, None, 0)
    assert (await Guardianship.get(minor_id=account.id)).state is GuardianshipState.ENDED
    for topic, told in (("account.consents_asked_anew", account.id), ("guardian.ended", guardian.account.id)):
        assert len(await db.fetch(QUEUED, topic, f"%{told}%")) == 1


async def test_a_minor_without_a_guardian_who_turns_out_to_be_of_age_is_asked_nothing() -> None:
    minor = await somebody(16)

    await proven(minor, born(30))

    account = await stored(minor)
    assert (account.age_band, account.asked_anew, account.unanswered) == (AgeBand.ADULT, 0, 0)
    assert await db.fetch(QUEUED, "account.consents_asked_anew", f"%{account.id}%") == []


async def test_whoever_turns_out_to_be_under_age_after_all_is_asked_nothing_and_their_guardian_decides() -> None:
    minor, _ = await family(16)
    agent = await agent_of(minor)
    await proven(minor, born(30))
    await give(minor.viewer, "FULFILMENT")

    await correct(await signed_in(minor), born(16))

    nothing = await asked(minor)
    early = await give(minor.viewer, "PAYMENT")
    another = await somebody()
    await respond(another.viewer, code_of(await invite(minor, another.person.email)), purposes=["CUSTOMER_SERVICE"])
    account = await stored(minor)
    steps = await Consent.filter(account_id=account.id).order_by("id").values_list("purpose", "is_given")
    assert (account.age_band, nothing, account.own_consents) == (AgeBand.MINOR, [], 0)
    assert early.codes == ["CONSENT_NEEDS_ADULT"]
    assert list(steps) == [("FULFILMENT", True), ("FULFILMENT", False)]
    assert await region_seen(agent) == "SE"


@pytest.mark.clause("P7.5")
@pytest.mark.parametrize("by_birthday", [False, True])
async def test_who_comes_of_age_a_second_time_is_asked_again_though_no_guardian_came_in_between(
    by_birthday: bool,
) -> None:
    minor, _ = await family(17)
    agent = await agent_of(minor)
    await proven(minor, born(30))
    await give(minor.viewer, "CUSTOMER_SERVICE")
    await correct(await signed_in(minor), minor.person.born)

    if by_birthday:
        with of_age(minor):
            from_midnight_on = await region_seen(agent)
            await coming_of_age.grow()
            seen, questions = await region_seen(agent), await asked(minor)
    else:
        await proven(minor, born(30))
        seen, questions, from_midnight_on = await region_seen(agent), await asked(minor), None

    assert (seen, from_midnight_on) == (None, None)
    assert questions == list(ALL)


@pytest.mark.clause("P7.5")
async def test_a_ward_who_is_of_age_by_now_is_asked_though_the_guardian_turns_out_to_be_none() -> None:
    minor, guardian = await family(17)
    await correct(await signed_in(minor), minor.person.born)

    with of_age(minor):
        today = clock.today("SE")
        await correct(await signed_in(guardian), today.replace(year=today.year - 16, day=1))
        before = await stored(minor)
        await coming_of_age.grow()
        questions = await asked(minor)

    after = await stored(minor)
    assert before.guardian_id == guardian.account.id
    assert questions == list(ALL)
    assert (after.guardian_id, purposes_in(after.asked_anew)) == (None, frozenset(Purpose[name] for name in ALL))
