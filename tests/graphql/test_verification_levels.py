"""How far people are verified: whoever wants has their name checked, and what takes a level says which."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from commerce import consents, identity_verifications, verification_levels
from commerce.acceptances import in_force
from commerce.identity_verifications import FIRST_LOOK
from models import clock
from models.accounts import Account
from models.disclosures import Disclosure
from models.enterprises import EnterpriseContact
from models.identity_verifications import IdentityVerification, VerificationState
from policy.purposes import Purpose
from policy.verification import VerificationLevel
from policy.viewer import StaffRole, Viewer
from server.demo_rows import add_ticket
from tests.commerce.identities import Provider, checking
from tests.graphql.asking import Answer, ask
from tests.graphql.officers import member
from tests.graphql.wards import Somebody, code_of, family, invite, respond, set_consent, somebody, withdraw

pytestmark = pytest.mark.usefixtures("database")

VERIFY = """mutation ($input: IdentityVerifyInput!) {
  identityVerify(input: $input) {
    verification { level state }
    userErrors { code message ... on VerificationRequired { needed held } }
  }
}"""
OWN = "{ viewer { account { verification { level verifiedAt provider } } } }"
OF = "query ($id: ID!) { node(id: $id) { ... on User { verification { level } identityVerification { level } } } }"
COMPANY = """mutation ($input: EnterpriseRegisterInput!) {
  enterpriseRegister(input: $input) { userErrors { code } }
}"""
REPRESENTED = """mutation ($input: EnterpriseContactAddInput!) {
  enterpriseContactAdd(input: $input) {
    contact { role } userErrors { code message ... on VerificationRequired { needed held } }
  }
}"""
NUMBER = "ID 7731"


@pytest_asyncio.fixture(loop_scope="session")
async def provider(database: object) -> AsyncIterator[Provider]:
    async with checking() as served:
        yield served


async def consenting() -> Somebody:
    """Write an adult who consents to a check and whom nobody has verified."""
    adult = await somebody(is_verified=False)
    await consents.give(frozenset({Purpose.IDENTITY_VERIFICATION}), by=adult.viewer)
    return adult


async def verify(by: Viewer, number: str = NUMBER, **other: Any) -> Answer:
    given = {"name": "Ada Holm", "identityNumber": number, "confirmsSensitive": True, **other}
    return await ask(VERIFY, as_=by, input=given)


def found(answer: Answer) -> tuple[str, str]:
    check = answer.data["identityVerify"]["verification"]
    return check["level"], check["state"]


async def own(by: Viewer) -> dict[str, Any]:
    return (await ask(OWN, as_=by)).data["viewer"]["account"]["verification"]


async def company(by: Viewer) -> dict[str, Any]:
    """Say that an account is of a company; give the input by which its holder represents it."""
    done = await ask(COMPANY, as_=by, input={"name": "Brandt & Co", "registrationNumber": "HRB 7"})
    assert done.codes == []
    word = {"isAuthorised": True, "policyVersion": (await in_force()).version}
    return {
        "role": "LEGAL_REPRESENTATIVE",
        "isSelf": True,
        "name": "Ada Holm",
        "email": "ada@brandt.example",
        "attestation": word,
    }


async def test_anybody_has_their_name_verified_and_reads_how_far_they_are(provider: Provider) -> None:
    adult = await consenting()

    before = await own(adult.viewer)
    checked = await verify(adult.viewer)
    after = await own(adult.viewer)

    row = await IdentityVerification.get(account_id=adult.account.id)
    assert before == {"level": "ADDRESS", "verifiedAt": None, "provider": None}
    assert found(checked) == ("NAME", "VERIFIED")
    assert row.closed_at is not None
    assert after == {
        "level": "NAME",
        "verifiedAt": row.closed_at.isoformat(),
        "provider": provider.partner.name,
    }


@pytest.mark.clause("P1.4")
async def test_a_check_of_a_name_sends_name_number_and_the_proven_phone_and_no_age(provider: Provider) -> None:
    adult, silent = await consenting(), await consenting()
    await Account.filter(id=silent.account.id).update(phone=None, phone_index=None)

    await verify(adult.viewer)
    await verify(silent.viewer)
    refused = await verify((await somebody(is_verified=False)).viewer)

    name = {"name": "Ada Holm", "identity_number": "ID7731"}
    told = [
        (await Disclosure.filter(account_id=each.account.id, party="VERIFIER").get()).classes
        for each in (adult, silent)
    ]
    assert provider.sandbox.asked == [{**name, "phone": adult.person.phone}, name]
    assert told == [["IDENTITY_DOCUMENT", "PERSON_NAME", "PHONE"], ["IDENTITY_DOCUMENT", "PERSON_NAME"]]
    assert refused.codes == ["VERIFICATION_CONSENT_REQUIRED"]


@pytest.mark.clause("P2.1")
async def test_a_verified_name_makes_no_guardian_and_the_error_says_what_does(provider: Provider) -> None:
    child, adult = await somebody(9), await consenting()
    code = code_of(await invite(child, adult.person.email))
    await verify(adult.viewer)

    refused = await respond(adult.viewer, code, purposes=["ACCOUNT"])
    further = await verify(adult.viewer, ofAge=True)
    accepted = await respond(adult.viewer, code, purposes=["ACCOUNT"])

    (error,) = refused.data["guardianChallengeRespond"]["userErrors"]
    assert error["code"] == "VERIFICATION_REQUIRED"
    assert "`ADULT`" in error["message"]
    assert "`NAME`" in error["message"]
    assert "identityVerify" in error["message"]
    assert (found(further), accepted.codes) == (("ADULT", "VERIFIED"), [])
    assert (await own(adult.viewer))["level"] == "ADULT"
    assert [asked.get("of_age") for asked in provider.sandbox.asked] == [None, 18]


@pytest.mark.clause("P2.1")
async def test_who_represents_a_company_by_law_has_a_verified_name(provider: Provider) -> None:
    adult = await consenting()
    contact = await company(adult.viewer)

    refused = await ask(REPRESENTED, as_=adult.viewer, input=contact)
    kept = await EnterpriseContact.filter(enterprise__account_id=adult.account.id).count()
    other = await ask(REPRESENTED, as_=adult.viewer, input={**contact, "role": "DIRECTOR"})
    await verify(adult.viewer)
    added = await ask(REPRESENTED, as_=adult.viewer, input=contact)

    (error,) = refused.data["enterpriseContactAdd"]["userErrors"]
    assert {name: error[name] for name in ("code", "needed", "held")} == {
        "code": "VERIFICATION_REQUIRED",
        "needed": "NAME",
        "held": "ADDRESS",
    }
    assert (kept, other.codes, added.codes) == (0, [], [])


async def test_who_is_verified_further_is_not_asked_for_less(provider: Provider) -> None:
    adult = await consenting()
    await verify(adult.viewer, ofAge=True)

    again = await verify(adult.viewer, "AB-0000")

    assert found(again) == ("ADULT", "VERIFIED")
    assert len(provider.sandbox.asked) == 1


async def test_a_check_that_fails_leaves_the_level_that_there_was(provider: Provider) -> None:
    adult = await consenting()
    await verify(adult.viewer)

    failed = await verify(adult.viewer, "AB-0017", ofAge=True)

    assert found(failed) == ("ADULT", "REFUSED")
    assert (await own(adult.viewer))["level"] == "NAME"


@pytest.mark.parametrize("years", [9, 16])
@pytest.mark.clause("P1.4")
async def test_somebody_under_age_has_their_name_verified_once_the_guardian_consents_to_that(
    years: int, provider: Provider
) -> None:
    minor, guardian = await family(years, ["ACCOUNT"])

    without = await verify(minor.viewer)
    await set_consent(guardian.viewer, minor.id, "IDENTITY_VERIFICATION", is_given=True)
    unconfirmed = await verify(minor.viewer, confirmsSensitive=False)
    of_age = await verify(minor.viewer, ofAge=True)
    checked = await verify(minor.viewer)

    assert without.codes == ["GUARDIAN_CONSENT_REQUIRED"]
    assert "IDENTITY_VERIFICATION" in without.data["identityVerify"]["userErrors"][0]["message"]
    assert (unconfirmed.codes, of_age.codes) == (["SENSITIVE_NOT_CONFIRMED"], ["GUARDIAN_NOT_ADULT"])
    assert found(checked) == ("NAME", "VERIFIED")
    assert len(provider.sandbox.asked) == 1
    assert (await own(minor.viewer))["level"] == "NAME"


@pytest.mark.clause("P7.3")
async def test_a_child_whose_guardian_has_not_consented_to_the_account_is_checked_by_nobody(
    provider: Provider,
) -> None:
    child, _ = await family(9, ["IDENTITY_VERIFICATION"])

    answer = await verify(child.viewer)

    assert (answer.codes, provider.sandbox.asked) == (["GUARDIAN_CONSENT_REQUIRED"], [])


async def test_an_answer_that_comes_after_the_guardian_withdrew_counts_for_nothing(provider: Provider) -> None:
    minor, guardian = await family(16, ["ACCOUNT", "IDENTITY_VERIFICATION"])
    late = await verify(minor.viewer, "AB-0042")

    await withdraw(guardian.viewer, minor.id, "IDENTITY_VERIFICATION")
    with clock.moved_to(clock.now() + FIRST_LOOK):
        await identity_verifications.follow_up()

    row = await IdentityVerification.get(account_id=minor.account.id)
    assert (found(late), row.state) == (("NAME", "PENDING"), VerificationState.EXPIRED)
    assert (await own(minor.viewer))["level"] == "ADDRESS"


async def test_of_checks_of_several_documents_or_levels_at_once_one_is_begun(provider: Provider) -> None:
    adult = await consenting()

    answers = await asyncio.gather(
        verify(adult.viewer, "AB-0042"),
        verify(adult.viewer, "CD-0042"),
        verify(adult.viewer, "AB-0042", ofAge=True),
        verify(adult.viewer, "EF-0042"),
    )

    begun = [answer for answer in answers if answer.codes == []]
    refused = [answer.codes for answer in answers if answer.codes]
    with clock.moved_to(clock.now() + FIRST_LOOK):
        await identity_verifications.follow_up()
    assert (len(begun), refused) == (1, [["VERIFICATION_PENDING"]] * 3)
    assert await IdentityVerification.filter(account_id=adult.account.id).count() == 1
    assert len(provider.sandbox.asked) == 1


@pytest.mark.clause("P2.1")
async def test_an_agent_sees_how_far_the_caller_is_verified_once_membership_is(provider: Provider) -> None:
    agent, adult, other = await member(StaffRole.AGENT), await consenting(), await consenting()
    await verify(adult.viewer)
    row = await Account.get(id=agent.account)
    await add_ticket(adult.account, row, is_verified=True)
    await add_ticket(other.account, row, is_verified=False)

    seen = [(await ask(OF, as_=agent, id=each.id)).data["node"] for each in (adult, other)]

    assert seen == [
        {"verification": {"level": "NAME"}, "identityVerification": {"level": "NAME"}},
        {"verification": {"level": None}, "identityVerification": None},
    ]


async def test_nobody_else_sees_how_far_somebody_is_verified(provider: Provider) -> None:
    minor, guardian = await family(16, ["ACCOUNT", "IDENTITY_VERIFICATION"])
    await verify(minor.viewer)
    stranger, operator = await somebody(), await member(StaffRole.OPERATOR)

    seen = {
        name: (await ask(OF, as_=viewer, id=minor.id)).data["node"]
        for name, viewer in (
            ("guardian", guardian.viewer),
            ("stranger", stranger.viewer),
            ("operator", operator),
            ("nobody", Viewer()),
        )
    }

    hidden = {"verification": {"level": None}, "identityVerification": None}
    assert seen == {"guardian": hidden, "stranger": None, "operator": None, "nobody": None}


async def test_a_buyer_whom_a_file_knows_by_a_number_alone_has_no_level() -> None:
    known, unknown = await somebody(is_verified=False), await somebody(is_verified=False)
    await Account.filter(id=unknown.account.id).update(email=None, email_index=None, phone=None, phone_index=None)

    standings = await verification_levels.standings([known.account.id, unknown.account.id])

    assert [standings[each.account.id].level for each in (known, unknown)] == [
        VerificationLevel.ADDRESS,
        VerificationLevel.NONE,
    ]
