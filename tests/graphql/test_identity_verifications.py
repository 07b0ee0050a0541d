"""People are verified by a provider, guardians as adults; of the document nothing stays."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from commerce import consents, identity_checks, identity_verifications
from commerce.identity_verifications import FIRST_LOOK, LIFE
from models import clock
from models import database as db
from models.accounts import Account
from models.disclosures import Disclosure
from models.guardianships import Guardianship
from models.identity_verifications import IdentityVerification, VerificationState
from models.partners import Partner, PartnerStatus, ReviewOutcome
from policy.purposes import Purpose
from policy.viewer import Viewer
from server.demo_partners import Company, add_partner, add_review
from server.identity import HttpVerifier
from tests.commerce.identities import KIND, Provider, checking, verified
from tests.graphql.asking import Answer, ask
from tests.graphql.wards import Somebody, code_of, invite, respond, set_consent, somebody, withdraw

pytestmark = pytest.mark.usefixtures("database")

VERIFY = """mutation ($input: IdentityVerifyInput!) {
  identityVerify(input: $input) {
    verification { id level state provider createdAt expiresAt closedAt }
    userErrors { code field message ... on VerificationRequired { needed held } }
  }
}"""
OWN = "{ viewer { account { identityVerification { state provider } } } }"
GIVE = "mutation ($input: ConsentGiveInput!) { consentGive(input: $input) { userErrors { code } } }"
NUMBER = "ID-CANARY 7731"
COUNT = """SELECT count(*) AS found FROM "{}" t WHERE t::text ILIKE '%canary%7731%'"""
QUEUED = "SELECT FROM avow_pgqueuer WHERE entrypoint = 'identity.checked' AND convert_from(payload, 'UTF8') LIKE $1"
TABLES = "SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"


@pytest_asyncio.fixture(loop_scope="session")
async def provider(database: object) -> AsyncIterator[Provider]:
    async with checking() as served:
        yield served


async def consenting() -> Somebody:
    """Write an adult who consents to a check and whom nobody has verified."""
    adult = await somebody(is_verified=False)
    await consents.give(frozenset({Purpose.IDENTITY_VERIFICATION}), by=adult.viewer)
    return adult


async def verify(adult: Viewer, number: str = NUMBER, **other: Any) -> Answer:
    given = {"name": "Ada Holm", "identityNumber": number, "ofAge": True, "confirmsSensitive": True, **other}
    return await ask(VERIFY, as_=adult, input=given)


def state(answer: Answer) -> str:
    return answer.data["identityVerify"]["verification"]["state"]


async def row_of(adult: Somebody) -> IdentityVerification:
    found = await IdentityVerification.filter(account_id=adult.account.id).order_by("-id").first()
    assert found is not None
    return found


@pytest.mark.clause("P7.2")
async def test_nobody_is_a_guardian_before_they_are_verified_as_an_adult(provider: Provider) -> None:
    child, adult = await somebody(9), await consenting()
    code = code_of(await invite(child, adult.person.email))

    before = await respond(adult.viewer, code, purposes=["ACCOUNT"])
    checked = await verify(adult.viewer)
    after = await respond(adult.viewer, code, purposes=["ACCOUNT"])

    assert before.codes == ["VERIFICATION_REQUIRED"]
    assert state(checked) == "VERIFIED"
    assert after.codes == []
    assert after.data["guardianChallengeRespond"]["ward"]["state"] == "ACTIVE"


@pytest.mark.parametrize("number", ["AB-0000", "AB-0017"])
@pytest.mark.clause("P7.2")
async def test_a_check_that_was_refused_makes_no_guardian(number: str, provider: Provider) -> None:
    child, adult = await somebody(9), await consenting()
    code = code_of(await invite(child, adult.person.email))

    checked = await verify(adult.viewer, number)
    answered = await respond(adult.viewer, code, purposes=["ACCOUNT"])

    assert (state(checked), answered.codes) == ("REFUSED", ["VERIFICATION_REQUIRED"])
    assert not await Guardianship.exists(minor_id=child.account.id)
    assert state(await verify(adult.viewer)) == "VERIFIED"


async def test_who_is_not_verified_may_refuse_and_withdraw_and_gives_nothing() -> None:
    child, other, adult = await somebody(9), await somebody(9), await somebody()
    code = code_of(await invite(child, adult.person.email))
    await respond(adult.viewer, code, purposes=["ACCOUNT"])
    await IdentityVerification.filter(account_id=adult.account.id).delete()

    given = await set_consent(adult.viewer, child.id, "FULFILMENT", is_given=True)
    taken = await withdraw(adult.viewer, child.id)
    refused = await respond(adult.viewer, code_of(await invite(other, adult.person.email)), accepts=False)

    assert (given.codes, taken.codes, refused.codes) == (["VERIFICATION_REQUIRED"], [], [])
    assert (await Account.get(id=child.account.id)).guardian_consents == 0


@pytest.mark.clause("P1.4")
async def test_without_the_persons_consent_nothing_is_sent(provider: Provider) -> None:
    adult = await somebody(is_verified=False)

    without = await verify(adult.viewer)
    await ask(GIVE, as_=adult.viewer, input={"purposes": ["IDENTITY_VERIFICATION"]})
    with_consent = await verify(adult.viewer)

    assert without.codes == ["VERIFICATION_CONSENT_REQUIRED"]
    assert state(with_consent) == "VERIFIED"
    assert len(provider.sandbox.asked) == 1


async def test_only_a_confirmed_document_of_an_adult_is_sent(provider: Provider) -> None:
    adult, minor = await consenting(), await somebody(16)

    answers = [
        await verify(adult.viewer, confirmsSensitive=False),
        await verify(adult.viewer, name=""),
        await verify(adult.viewer, "x" * 65),
        await verify(minor.viewer),
        await verify(Viewer()),
    ]

    assert [answer.codes[0] for answer in answers] == [
        *("SENSITIVE_NOT_CONFIRMED", "TEXT_NOT_VALID", "TEXT_NOT_VALID", "GUARDIAN_NOT_ADULT", "NOT_IN_PERSON"),
    ]
    assert provider.sandbox.asked == []


async def test_of_the_document_nothing_stays_and_that_it_was_sent_is_on_record(provider: Provider) -> None:
    adult = await consenting()
    with provider.away():
        await verify(adult.viewer)
    pending = await row_of(adult)

    answer = await verify(adult.viewer)

    tables = [row["name"] for row in await db.fetch(TABLES)]
    held = [table for table in tables for row in await db.fetch(COUNT.format(table)) if row["found"]]
    closed = await row_of(adult)
    told = await Disclosure.filter(account_id=adult.account.id, party="VERIFIER").order_by("-id").first()
    assert (pending.document_index is not None, closed.document_index) == (True, None)
    assert (closed.id, closed.state, state(answer)) == (pending.id, VerificationState.VERIFIED, "VERIFIED")
    assert held == []
    assert told is not None
    assert (told.purpose, told.classes) == ("IDENTITY_VERIFICATION", ["IDENTITY_DOCUMENT", "PERSON_NAME", "PHONE"])
    assert (told.clauses, told.partner_id) == (["P1.4"], provider.partner.id)


async def test_whoever_is_verified_stays_so_and_is_not_asked_again(provider: Provider) -> None:
    adult = await consenting()

    first, second = await verify(adult.viewer), await verify(adult.viewer, "AB-0000")

    assert first.data == second.data
    assert len(provider.sandbox.asked) == 1


async def test_a_provider_that_is_away_leaves_a_check_that_can_be_repeated(provider: Provider) -> None:
    adult = await consenting()

    with provider.away():
        away = await verify(adult.viewer)
        other = await verify(adult.viewer, "AB-2")
    again = await verify(adult.viewer, NUMBER.lower().replace(" ", "-"))

    assert (state(away), other.codes, state(again)) == ("PENDING", ["VERIFICATION_PENDING"], "VERIFIED")
    assert await IdentityVerification.filter(account_id=adult.account.id).count() == 1


async def test_an_answer_that_takes_time_is_asked_for_once_by_whoever_comes_first(provider: Provider) -> None:
    adult = await consenting()
    late = await verify(adult.viewer, "AB-0042")

    too_soon = await identity_verifications.follow_up()
    with clock.moved_to(clock.now() + FIRST_LOOK):
        ended = await asyncio.gather(*(identity_verifications.follow_up() for _ in range(4)))

    queued = await db.fetch(QUEUED, f"%{adult.account.id}%")
    assert (state(late), too_soon, sum(ended)) == ("PENDING", 0, 1)
    assert (await ask(OWN, as_=adult.viewer)).data["viewer"]["account"]["identityVerification"]["state"] == "VERIFIED"
    assert len(queued) == 1


async def test_a_check_that_never_arrived_and_one_that_waits_too_long_expire(provider: Provider) -> None:
    lost, waiting = await consenting(), await consenting()
    with provider.away():
        await verify(lost.viewer)
        await verify(waiting.viewer)

    with clock.moved_to(clock.now() + FIRST_LOOK):
        await IdentityVerification.filter(account_id=waiting.account.id).update(look_at=clock.now() + 2 * LIFE)
        await identity_verifications.follow_up()
        early = [(await row_of(each)).state for each in (lost, waiting)]
    with clock.moved_to(clock.now() + LIFE + timedelta(seconds=1)):
        seen = (await ask(OWN, as_=waiting.viewer)).data["viewer"]["account"]["identityVerification"]["state"]
        await identity_verifications.follow_up()

    assert early == [VerificationState.EXPIRED, VerificationState.PENDING]
    assert (seen, (await row_of(waiting)).state) == ("EXPIRED", VerificationState.EXPIRED)
    assert state(await verify(lost.viewer)) == "VERIFIED"


async def test_an_answer_that_comes_after_consent_was_withdrawn_counts_for_nothing(provider: Provider) -> None:
    adult = await consenting()
    await verify(adult.viewer, "AB-0042")

    await consents.withdraw(None, by=adult.viewer)
    with clock.moved_to(clock.now() + FIRST_LOOK):
        await identity_verifications.follow_up()

    assert (await row_of(adult)).state is VerificationState.EXPIRED


@pytest.mark.clause("P8.1")
async def test_a_document_leaves_the_persons_region_with_their_consent_to_that_alone(provider: Provider) -> None:
    adult = await consenting()
    await provider.moves_to("US")

    without = await verify(adult.viewer)
    await consents.give(frozenset({Purpose.CROSS_BORDER}), by=adult.viewer)
    with_consent = await verify(adult.viewer)

    assert (without.codes, state(with_consent)) == (["VERIFICATION_CONSENT_REQUIRED"], "VERIFIED")
    assert "CROSS_BORDER" in without.data["identityVerify"]["userErrors"][0]["message"]


async def test_a_shop_without_a_provider_says_so() -> None:
    answer = await verify((await consenting()).viewer)

    assert answer.codes == ["VERIFICATION_NOT_SERVED"]


@pytest.mark.parametrize(("is_agreed", "is_reviewed"), [(False, True), (True, False)])
@pytest.mark.clause("P4.5")
async def test_a_provider_without_an_agreement_or_an_examination_is_sent_nothing(
    is_agreed: bool, is_reviewed: bool
) -> None:
    adult = await consenting()

    async with checking(is_agreed=is_agreed, is_reviewed=is_reviewed) as provider:
        answer = await verify(adult.viewer)

    assert answer.codes == ["VERIFICATION_NOT_SERVED"]
    assert "register of partners" in answer.data["identityVerify"]["userErrors"][0]["message"]
    assert provider.sandbox.asked == []
    assert not await IdentityVerification.exists(account_id=adult.account.id)
    assert not await Disclosure.exists(account_id=adult.account.id, party="VERIFIER")


async def test_a_provider_that_nobody_has_entered_is_sent_nothing_and_not_entered(provider: Provider) -> None:
    adult, before = await consenting(), await Partner.all().count()
    identity_checks.serve(HttpVerifier.at(f"http://127.0.0.1:{provider.verifier.port}"))

    answer = await verify(adult.viewer)

    assert (answer.codes, provider.sandbox.asked) == (["VERIFICATION_NOT_SERVED"], [])
    assert await Partner.all().count() == before


@pytest.mark.clause("P4.5")
async def test_a_provider_that_is_stopped_is_asked_nothing_more_and_what_waits_for_it_expires(
    provider: Provider,
) -> None:
    waiting, other = await consenting(), await consenting()
    await verify(waiting.viewer, "AB-0042")

    await Partner.filter(id=provider.partner.id).update(status=PartnerStatus.SUSPENDED)
    refused = await verify(other.viewer)
    with clock.moved_to(clock.now() + FIRST_LOOK):
        asked = await identity_verifications.follow_up()
    with clock.moved_to(clock.now() + LIFE + timedelta(seconds=1)):
        await identity_verifications.follow_up()

    assert (refused.codes, asked) == (["VERIFICATION_NOT_SERVED"], 0)
    assert (await row_of(waiting)).state is VerificationState.EXPIRED


@pytest.mark.clause("P4.5")
async def test_a_failed_examination_stops_a_provider_and_a_passed_one_brings_it_back(provider: Provider) -> None:
    adult = await consenting()

    await add_review(provider.partner, ReviewOutcome.FAILED)
    failed = await verify(adult.viewer)
    await add_review(provider.partner)
    passed = await verify(adult.viewer)

    assert (failed.codes, state(passed)) == (["VERIFICATION_NOT_SERVED"], "VERIFIED")


async def test_of_entries_that_are_called_alike_the_last_one_counts(provider: Provider) -> None:
    adult = await consenting()
    await add_partner(Company(KIND, provider.partner.name, "DE"), is_agreed=False)

    answer = await verify(adult.viewer)

    assert answer.codes == ["VERIFICATION_NOT_SERVED"]


async def test_checks_asked_for_at_once_are_one(provider: Provider) -> None:
    adult = await consenting()

    found = await asyncio.gather(*(verified(adult.viewer) for _ in range(5)))

    assert len(set(found)) == 1
    assert (await row_of(adult)).state is VerificationState.VERIFIED
    assert await IdentityVerification.filter(account_id=adult.account.id).count() == 1


async def test_nobody_else_sees_that_somebody_was_checked(provider: Provider) -> None:
    child, adult = await somebody(9), await consenting()
    await verify(adult.viewer)
    await respond(adult.viewer, code_of(await invite(child, adult.person.email)), purposes=["ACCOUNT"])
    node = (await verify(adult.viewer)).data["identityVerify"]["verification"]["id"]

    document = "query ($id: ID!) { node(id: $id) { id } }"
    seen = {
        name: (await ask(document, as_=viewer, id=node)).data["node"]
        for name, viewer in (("own", adult.viewer), ("ward", child.viewer), ("nobody", Viewer()))
    }

    assert seen == {"own": {"id": node}, "ward": None, "nobody": None}
