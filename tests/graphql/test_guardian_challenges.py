"""A minor invites a guardian, who is asked once, reads what for, and answers."""

from datetime import timedelta
from typing import Any

import pytest

from commerce import guardian_challenges
from commerce.guardian_challenges import LIFE, MOST_RESENDS, RESEND_PAUSE, code_for
from models import clock
from models import database as db
from models.guardianships import GuardianChallenge
from models.ids import read_public_id
from models.transfers import Transfer
from policy.guardian_notice import GIVABLE
from policy.viewer import ANONYMOUS, Viewer
from tests.graphql.asking import ask
from tests.graphql.test_regions import standing_in
from tests.graphql.wards import (
    ALL,
    NOTICE,
    RESEND,
    TAKE_BACK,
    Somebody,
    challenge_of,
    code_of,
    family,
    invite,
    own,
    respond,
    set_consent,
    somebody,
    withdraw,
)

pytestmark = pytest.mark.usefixtures("database")


async def closed_row(challenge_id: str) -> GuardianChallenge:
    row = await GuardianChallenge.get(id=read_public_id(challenge_id)[1])
    assert (row.contact_index, row.email, row.phone, row.first_name) == (None, None, None, None)
    return row


@pytest.mark.parametrize("years", [9, 16])
async def test_a_minor_invites_an_adult_whoever_that_is(years: int):
    minor, adult = await somebody(years), await somebody()
    stranger_to_the_shop = f"nobody-{adult.account.id.hex}@people.example"

    known = await invite(minor, adult.person.email)
    withdrawn = await ask(TAKE_BACK, as_=minor.viewer, input={"id": challenge_of(known)})
    unknown = await invite(minor, stranger_to_the_shop)

    shown = [answer.data["guardianInvite"]["challenge"] for answer in (known, unknown)]
    assert [{**one, "id": 0, "sentAt": 0, "expiresAt": 0} for one in shown] == 2 * [
        {"id": 0, "state": "PENDING", "sends": 1, "sentAt": 0, "expiresAt": 0, "closedAt": None}
    ]
    assert withdrawn.data["guardianInvitationWithdraw"]["challenge"]["state"] == "WITHDRAWN"
    assert (await own(minor))["guardianChallenge"]["state"] == "PENDING"


async def test_an_adult_invites_nobody_and_nobody_invites_themself():
    adult, child = await somebody(), await somebody(9)

    assert (await invite(adult, "x@people.example")).codes == ["GUARDIAN_NOT_NEEDED"]
    assert (await invite(child, child.person.email.upper())).codes == ["GUARDIAN_IS_SELF"]


async def test_there_is_one_open_invitation_at_a_time_and_none_with_a_guardian():
    child, (ward, _) = await somebody(9), await family()

    first = await invite(child, "one@people.example")
    second = await invite(child, "two@people.example")
    with_guardian = await invite(ward, "three@people.example")

    assert (first.codes, second.codes, with_guardian.codes) == ([], ["INVITATION_OPEN"], ["GUARDIAN_PRESENT"])


@pytest.mark.parametrize("name", ["", "Edda 2", "www.evil.example", "a@b", "Edda\nHolm", "x" * 41, "call:1"])
async def test_the_first_name_carries_nothing_but_a_name(name: str):
    answer = await invite(await somebody(9), "x@people.example", firstName=name)

    assert answer.codes == ["TEXT_NOT_VALID"]


@pytest.mark.parametrize("name", ["Zoë", "Anne-Marie", "D\u2019Arcy", "小明", "Ole Jakob", "e\u0301dda"])
async def test_names_of_every_script_are_taken(name: str):
    minor, adult = await somebody(9), await somebody()

    code = code_of(await invite(minor, adult.person.email, firstName=name))

    read = (await ask(NOTICE, as_=adult.viewer, code=code)).data["guardianChallenge"]
    assert read["firstName"] == name.replace("e\u0301", "é")


async def test_an_invitation_is_sent_again_three_times_with_pauses():
    minor, other = await somebody(9), await somebody(9)
    asked = {"id": challenge_of(await invite(minor, "again@people.example"))}
    answers: list[list[str]] = []
    start = clock.now()

    at_once = await ask(RESEND, as_=minor.viewer, input=asked)
    for number in range(1, MOST_RESENDS + 2):
        with clock.moved_to(start + number * (RESEND_PAUSE + timedelta(seconds=2))):
            foreign = await ask(RESEND, as_=other.viewer, input=asked)
            answers.append((await ask(RESEND, as_=minor.viewer, input=asked)).codes)
            assert foreign.codes == ["INVITATION_NOT_FOUND"]

    assert at_once.codes == ["INVITATION_JUST_SENT"]
    assert answers == [[], [], [], ["INVITATION_JUST_SENT"]]
    with clock.moved_to(start + LIFE + timedelta(minutes=1)):
        assert (await ask(RESEND, as_=minor.viewer, input=asked)).codes == ["INVITATION_NOT_FOUND"]


async def test_an_invitation_expires_is_forgotten_and_makes_room():
    minor, adult = await somebody(9), await somebody()
    asked = await invite(minor, adult.person.email)
    code = code_of(asked)

    with clock.moved_to(clock.now() + LIFE + timedelta(minutes=1)):
        seen = (await own(minor))["guardianChallenge"]
        read = await ask(NOTICE, as_=adult.viewer, code=code)
        late = await respond(adult.viewer, code)
        count = await guardian_challenges.close_expired()
        after = (await own(minor))["guardianChallenge"]
        again = await invite(minor, adult.person.email)

    assert (seen["state"], read.data["guardianChallenge"]) == ("EXPIRED", None)
    assert seen["closedAt"] is not None
    assert (late.codes, again.codes) == (["GUARDIAN_CODE_NOT_VALID"], [])
    assert count >= 1
    assert after["state"] == "EXPIRED"
    await closed_row(challenge_of(asked))


@pytest.mark.clause("P7.2")
async def test_an_adult_reads_what_is_asked_before_they_answer():
    minor, adult = await somebody(9), await somebody()
    code = code_of(await invite(minor, adult.person.email, firstName="Edda"))

    read = await ask(NOTICE, as_=adult.viewer, code=f" {code.lower().replace('-', '')} ")

    notice = read.data["guardianChallenge"]
    assert notice["firstName"] == "Edda"
    asked = [one["purpose"] for one in notice["purposes"]]
    assert set(asked) == {purpose.name for purpose in GIVABLE} == {*ALL, "CROSS_BORDER"}
    delivery = next(one for one in notice["purposes"] if one["purpose"] == "FULFILMENT")
    assert delivery["what"] == ["order", "order number", "recipient name", "recipient phone", "recipient address"]
    assert delivery["who"] == ["the supplier of lines of this order", "the carrier of this order's shipment"]
    assert all(one["why"] and one["howLong"] for one in notice["purposes"])
    assert minor.person.email not in str(read.data)


async def test_wrong_expired_and_foreign_codes_answer_alike():
    minor, adult, other = await somebody(9), await somebody(), await somebody()
    code = code_of(await invite(minor, adult.person.email))
    taken_back = await invite(await somebody(9), adult.person.email)
    minor_id = read_public_id(challenge_of(taken_back))[1]
    await guardian_challenges.withdraw(minor_id, by=Viewer(account=(await GuardianChallenge.get(id=minor_id)).minor_id))
    cases: list[tuple[Viewer, str]] = [
        (other.viewer, code),
        (minor.viewer, code),
        (adult.viewer, "2222-2222-2222"),
        (adult.viewer, ""),
        (adult.viewer, "x" * 5_000),
        (adult.viewer, code_of(taken_back)),
    ]

    read = [await ask(NOTICE, as_=viewer, code=typed) for viewer, typed in cases]
    answered = [await respond(viewer, typed) for viewer, typed in cases]

    assert {repr(answer) for answer in read} == {repr(await ask(NOTICE, as_=ANONYMOUS, code=code))}
    assert len({repr(answer) for answer in answered}) == 1
    assert answered[0].codes == ["GUARDIAN_CODE_NOT_VALID"]
    assert (await respond(ANONYMOUS, code)).codes == ["NOT_IN_PERSON"]
    assert (await own(minor))["guardianChallenge"]["state"] == "PENDING"


async def test_codes_are_not_tried_without_end():
    adult = await somebody()
    codes: list[Any] = []

    for _ in range(guardian_challenges.PER_GUESSER.burst):
        codes += (await respond(adult.viewer, "2222-2222-2222")).codes
    over = await respond(adult.viewer, "2222-2222-2222")
    reading = await ask(NOTICE, as_=adult.viewer, code="2222-2222-2222")

    assert set(codes) == {"GUARDIAN_CODE_NOT_VALID"}
    assert over.codes == ["TOO_MANY_ATTEMPTS"]
    assert "too many attempts" in str(reading.errors[0])


@pytest.mark.clause("P7.2")
async def test_nobody_under_age_becomes_a_guardian():
    child, minor = await somebody(9), await somebody(16)
    code = code_of(await invite(child, minor.person.email))

    read = await ask(NOTICE, as_=minor.viewer, code=code)
    answer = await respond(minor.viewer, code, purposes=ALL)

    assert read.data["guardianChallenge"] is None
    assert answer.codes == ["GUARDIAN_NOT_ADULT"]
    assert (await own(child))["state"] == "LOCKED"


async def test_a_refusal_changes_nothing_but_the_invitation():
    minor, adult = await somebody(9), await somebody()
    asked = await invite(minor, adult.person.email)

    contradiction = await respond(adult.viewer, code_of(asked), accepts=False, purposes=["ACCOUNT"])
    refused = await respond(adult.viewer, code_of(asked), accepts=False)
    again = await respond(adult.viewer, code_of(asked))

    assert contradiction.codes == ["PURPOSE_NOT_ASKED"]
    assert refused.data["guardianChallengeRespond"] == {"ward": None, "userErrors": []}
    assert again.codes == ["GUARDIAN_CODE_NOT_VALID"]
    seen = await own(minor)
    assert (seen["state"], seen["guardianship"], seen["guardianConsents"]) == ("LOCKED", None, [])
    assert seen["guardianChallenge"]["state"] == "REFUSED"
    await closed_row(challenge_of(asked))


@pytest.mark.parametrize("purpose", ["OVERSIGHT", "SECURITY", "PUBLIC"])
async def test_no_guardian_consents_to_what_is_not_asked(purpose: str):
    minor, adult = await somebody(9), await somebody()
    code = code_of(await invite(minor, adult.person.email))

    assert (await respond(adult.viewer, code, purposes=[purpose])).codes == ["PURPOSE_NOT_ASKED"]


async def test_an_invitation_in_the_table_tells_neither_address_nor_name_nor_code():
    minor = await somebody(9)
    asked = await invite(minor, "CANARY.guardian@people.example", firstName="Canary")

    (row,) = await db.fetch(
        "SELECT c::text AS row FROM guardian_challenge c WHERE id = $1", read_public_id(challenge_of(asked))[1]
    )

    assert "canary" not in row["row"].lower()
    for text in ("canary", code_for(read_public_id(challenge_of(asked))[1])):
        assert text.encode().hex() not in row["row"].lower()


@pytest.mark.clause("P8.1")
async def test_where_the_shop_stands_abroad_the_guardian_is_asked_for_that_by_itself():
    minor, adult = await somebody(9), await somebody()
    code = code_of(await invite(minor, adult.person.email))

    read = (await ask(NOTICE, as_=adult.viewer, code=code)).data["guardianChallenge"]["purposes"]
    bundled = await respond(adult.viewer, code, purposes=["ACCOUNT", "CROSS_BORDER"])
    accepted = await respond(adult.viewer, code, purposes=["ACCOUNT"])
    by_deal = await grounds_of(minor)
    given = await set_consent(adult.viewer, minor.id, "CROSS_BORDER", is_given=True)
    by_consent = await grounds_of(minor)
    await withdraw(adult.viewer, minor.id)

    (abroad,) = [one for one in read if one["purpose"] == "CROSS_BORDER"]
    assert "recipient name" in abroad["what"]
    assert "the supplier of lines of this order" in abroad["who"]
    assert bundled.codes == ["CONSENTS_BUNDLED"]
    assert (accepted.codes, given.codes) == ([], [])
    assert (by_deal, by_consent) == ({"OWN_DEALING"}, {"OWN_DEALING", "CONSENT"})
    assert (await own(minor))["guardianConsents"] == []


async def test_where_the_shop_stands_at_home_nobody_is_asked_to_let_data_leave():
    minor, adult = await somebody(9), await somebody()
    code = code_of(await invite(minor, adult.person.email))

    with standing_in("NO"):
        read = (await ask(NOTICE, as_=adult.viewer, code=code)).data["guardianChallenge"]["purposes"]
        alone = await respond(adult.viewer, code, purposes=["CROSS_BORDER"])
        await respond(adult.viewer, code, purposes=["ACCOUNT"])
        later = await set_consent(adult.viewer, minor.id, "CROSS_BORDER", is_given=True)

    assert "CROSS_BORDER" not in {one["purpose"] for one in read}
    assert (alone.codes, later.codes) == (["PURPOSE_NOT_ASKED"], ["PURPOSE_NOT_ASKED"])


async def grounds_of(minor: Somebody) -> set[str]:
    """Tell on which grounds a minor's data is kept abroad."""
    return {row.ground.value for row in await Transfer.filter(account_id=minor.account.id)}
