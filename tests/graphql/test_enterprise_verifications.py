"""A company's licence is checked together with who represents it by law, who need have no account."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from commerce import consents, enterprise_verifications
from commerce.acceptances import in_force
from models import clock
from models.disclosures import Disclosure
from models.enterprises import EnterpriseContact
from models.identity_verifications import EnterpriseVerification, VerificationState
from models.partners import Partner, PartnerStatus
from policy.purposes import Purpose
from policy.viewer import StaffRole, Viewer
from server.demo_rows import add_ticket
from tests.commerce.identities import Provider, checking
from tests.commerce.receivers import new_phone
from tests.graphql.asking import Answer, ask
from tests.graphql.officers import member
from tests.graphql.wards import Somebody, somebody

pytestmark = pytest.mark.usefixtures("database")

REGISTER = """mutation ($input: EnterpriseRegisterInput!) {
  enterpriseRegister(input: $input) { userErrors { code } }
}"""
ADD = """mutation ($input: EnterpriseContactAddInput!) {
  enterpriseContactAdd(input: $input) { contact { id } userErrors { code } }
}"""
REMOVE = """mutation ($input: EnterpriseContactRemoveInput!) {
  enterpriseContactRemove(input: $input) { userErrors { code } }
}"""
VERIFY = """mutation ($input: EnterpriseVerifyInput!) {
  enterpriseVerify(input: $input) {
    verification { id state provider closedAt } userErrors { code field message }
  }
}"""
OWN = """{ viewer { account { enterprise {
  verifiedAt
  verification {
    state companyName registrationNumber representativeName representativePhone identityDocument closedAt
  }
} } } }"""
OF = """query ($id: ID!) { node(id: $id) { ... on User { enterprise {
  name verifiedAt contacts { name }
  verification { state companyName representativeName representativePhone identityDocument }
} } } }"""
LICENCE = "HRB 7731"
DOCUMENT = "T-CANARY 7731"


@pytest_asyncio.fixture(loop_scope="session")
async def provider(database: object) -> AsyncIterator[Provider]:
    async with checking() as served:
        yield served


async def word() -> dict[str, Any]:
    return {"isAuthorised": True, "policyVersion": (await in_force()).version}


async def company(number: str = LICENCE, *, is_consenting: bool = True) -> Somebody:
    """Write an adult who speaks for a company, and consents to checks."""
    adult = await somebody(is_verified=False)
    if is_consenting:
        await consents.give(frozenset({Purpose.IDENTITY_VERIFICATION}), by=adult.viewer)
    done = await ask(REGISTER, as_=adult.viewer, input={"name": "Brandt & Co", "registrationNumber": number})
    assert done.codes == []
    return adult


async def represented(by: Viewer, **other: Any) -> str:
    """Add somebody who represents the company by law; give their id."""
    given: dict[str, Any] = {
        "role": "LEGAL_REPRESENTATIVE",
        "isSelf": False,
        "name": "Lena Brandt",
        "phone": new_phone(),
        "identityDocument": DOCUMENT,
        "confirmsSensitive": True,
        "attestation": await word(),
    }
    added = await ask(ADD, as_=by, input=given | other)
    assert added.codes == []
    return added.data["enterpriseContactAdd"]["contact"]["id"]


async def verify(by: Viewer, contact: str, **other: Any) -> Answer:
    return await ask(VERIFY, as_=by, input={"contactId": contact, "attestation": await word()} | other)


def state(answer: Answer) -> str:
    return answer.data["enterpriseVerify"]["verification"]["state"]


async def own(by: Viewer) -> dict[str, Any]:
    return (await ask(OWN, as_=by)).data["viewer"]["account"]["enterprise"]


async def row_of(adult: Somebody) -> EnterpriseVerification:
    found = await EnterpriseVerification.filter(enterprise__account_id=adult.account.id).order_by("-id").first()
    assert found is not None
    return found


async def test_a_company_is_verified_with_who_represents_it_and_is_told_the_least_that_does(provider: Provider) -> None:
    adult, phone = await company(), new_phone()
    contact = await represented(adult.viewer, phone=phone)

    before = await own(adult.viewer)
    checked = await verify(adult.viewer, contact)
    after = await own(adult.viewer)

    told = await Disclosure.filter(account_id=adult.account.id, party="VERIFIER").get()
    row = await row_of(adult)
    assert provider.sandbox.asked == [
        {
            "name": "Lena Brandt",
            "identity_number": DOCUMENT,
            "phone": phone,
            "licence": {"name": "Brandt & Co", "number": LICENCE},
        }
    ]
    assert before == {"verifiedAt": None, "verification": None}
    assert state(checked) == "VERIFIED"
    assert row.closed_at is not None
    assert after["verifiedAt"] == row.closed_at.isoformat()
    assert after["verification"] == {
        "state": "VERIFIED",
        "companyName": "Brandt & Co",
        "registrationNumber": LICENCE,
        "representativeName": "Lena Brandt",
        "representativePhone": phone,
        "identityDocument": None,
        "closedAt": row.closed_at.isoformat(),
    }
    assert told.classes == ["ENTERPRISE_CONTACT", "ENTERPRISE_CONTACT_DOCUMENT", "ENTERPRISE_LICENCE"]
    assert (told.purpose, told.partner_id) == ("IDENTITY_VERIFICATION", provider.partner.id)


@pytest.mark.clause("P1.4")
async def test_somebody_else_is_checked_on_the_word_that_they_agree_to_it(provider: Provider) -> None:
    adult = await company()
    contact = await represented(adult.viewer)
    current = (await in_force()).version

    refused = [
        await verify(adult.viewer, contact, attestation=given)
        for given in (
            None,
            {"isAuthorised": False, "policyVersion": current},
            {"isAuthorised": True, "policyVersion": current + 1},
        )
    ]
    asked = list(provider.sandbox.asked)
    checked = await verify(adult.viewer, contact)

    assert [answer.codes for answer in refused] == [["ATTESTATION_REQUIRED"]] * 3
    assert asked == []
    assert state(checked) == "VERIFIED"
    assert (await row_of(adult)).policy_version_id == (await in_force()).id


async def test_the_holder_who_represents_the_company_gives_no_word_for_themselves(provider: Provider) -> None:
    adult = await company()
    await ask(
        "mutation ($input: IdentityVerifyInput!) { identityVerify(input: $input) { userErrors { code } } }",
        as_=adult.viewer,
        input={"name": "Ada Holm", "identityNumber": "ID 1", "confirmsSensitive": True},
    )
    contact = await represented(adult.viewer, isSelf=True, attestation=None)

    checked = await verify(adult.viewer, contact, attestation=None)

    assert state(checked) == "VERIFIED"
    assert (await row_of(adult)).policy_version_id is None


@pytest.mark.clause("P1.4")
async def test_without_the_accounts_consent_no_licence_is_sent(provider: Provider) -> None:
    adult = await company(is_consenting=False)
    contact = await represented(adult.viewer)

    without = await verify(adult.viewer, contact)
    await consents.give(frozenset({Purpose.IDENTITY_VERIFICATION}), by=adult.viewer)
    with_consent = await verify(adult.viewer, contact)

    assert (without.codes, state(with_consent)) == (["VERIFICATION_CONSENT_REQUIRED"], "VERIFIED")
    assert len(provider.sandbox.asked) == 1


@pytest.mark.clause("P8.1")
async def test_a_licence_leaves_the_region_with_the_consent_to_that_alone(provider: Provider) -> None:
    adult = await company()
    contact = await represented(adult.viewer)
    await provider.moves_to("US")

    without = await verify(adult.viewer, contact)
    await consents.give(frozenset({Purpose.CROSS_BORDER}), by=adult.viewer)
    with_consent = await verify(adult.viewer, contact)

    assert (without.codes, state(with_consent)) == (["VERIFICATION_CONSENT_REQUIRED"], "VERIFIED")


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"role": "DIRECTOR"}, "LEGAL_REPRESENTATIVE_NEEDED"),
        ({"isChild": True, "guardianConsentAttested": True}, "LEGAL_REPRESENTATIVE_NEEDED"),
        ({"identityDocument": None}, "ENTERPRISE_DOCUMENT_NEEDED"),
    ],
)
async def test_what_a_check_takes_is_said_and_nothing_is_sent(
    other: dict[str, Any], code: str, provider: Provider
) -> None:
    adult = await company()
    contact = await represented(adult.viewer, **other)

    refused = await verify(adult.viewer, contact)

    assert (refused.codes, provider.sandbox.asked) == ([code], [])


async def test_a_contact_of_another_company_is_as_one_that_is_not_there(provider: Provider) -> None:
    adult, other = await company(), await company()
    contact = await represented(other.viewer)

    answers = [await verify(adult.viewer, contact), await verify(adult.viewer, "nonsense")]

    assert [answer.codes for answer in answers] == [["ENTERPRISE_CONTACT_NOT_FOUND"]] * 2
    assert provider.sandbox.asked == []


@pytest.mark.parametrize(("licence", "document"), [("HRB 0000", DOCUMENT), (LICENCE, "T 0000")])
async def test_a_licence_or_a_document_that_is_unknown_verifies_nobody(
    licence: str, document: str, provider: Provider
) -> None:
    adult = await company(licence)
    contact = await represented(adult.viewer, identityDocument=document)

    checked = await verify(adult.viewer, contact)
    again = await verify(adult.viewer, contact)

    assert (state(checked), again.codes) == ("REFUSED", ["ENTERPRISE_DOCUMENT_NEEDED"])
    assert (await own(adult.viewer))["verifiedAt"] is None


async def test_of_the_document_nothing_stays_once_the_check_has_ended(provider: Provider) -> None:
    adult = await company()
    contact = await represented(adult.viewer)
    with provider.away():
        away = await verify(adult.viewer, contact)
    held = await EnterpriseContact.get(enterprise__account_id=adult.account.id)

    ended = await verify(adult.viewer, contact)
    after = await EnterpriseContact.get(enterprise__account_id=adult.account.id)

    assert (state(away), state(ended)) == ("PENDING", "VERIFIED")
    assert await EnterpriseVerification.filter(contact_id=held.id).count() == 1
    assert (held.identity_document is not None, after.identity_document) == (True, None)


async def test_whoever_was_found_to_represent_it_is_not_sent_again(provider: Provider) -> None:
    adult = await company()
    contact = await represented(adult.viewer)

    first, second = await verify(adult.viewer, contact), await verify(adult.viewer, contact)

    assert first.data == second.data
    assert len(provider.sandbox.asked) == 1


async def test_an_answer_that_takes_time_is_written_down_once(provider: Provider) -> None:
    adult = await company()
    contact = await represented(adult.viewer, identityDocument="T 0042")
    other = await represented(adult.viewer)

    late = await verify(adult.viewer, contact)
    meanwhile = await verify(adult.viewer, other)
    with clock.moved_to(clock.now() + enterprise_verifications.FIRST_LOOK):
        ended = await asyncio.gather(*(enterprise_verifications.follow_up() for _ in range(3)))

    assert (state(late), meanwhile.codes, sum(ended)) == ("PENDING", ["VERIFICATION_PENDING"], 1)
    assert (await own(adult.viewer))["verification"]["state"] == "VERIFIED"


async def test_an_answer_counts_for_nothing_once_the_consent_is_gone(provider: Provider) -> None:
    adult = await company()
    await verify(adult.viewer, await represented(adult.viewer, identityDocument="T 0042"))

    await consents.withdraw(None, by=adult.viewer)
    with clock.moved_to(clock.now() + enterprise_verifications.FIRST_LOOK):
        await enterprise_verifications.follow_up()

    assert (await row_of(adult)).state is VerificationState.EXPIRED
    assert (await own(adult.viewer))["verifiedAt"] is None


@pytest.mark.clause("P4.5")
async def test_a_provider_that_is_stopped_is_asked_nothing_more_of_companies(provider: Provider) -> None:
    adult, other = await company(), await company()
    await verify(adult.viewer, await represented(adult.viewer, identityDocument="T 0042"))
    contact = await represented(other.viewer)

    await Partner.filter(id=provider.partner.id).update(status=PartnerStatus.SUSPENDED)
    refused = await verify(other.viewer, contact)
    with clock.moved_to(clock.now() + enterprise_verifications.LIFE + timedelta(seconds=1)):
        await enterprise_verifications.follow_up()

    assert refused.codes == ["VERIFICATION_NOT_SERVED"]
    assert (await row_of(adult)).state is VerificationState.EXPIRED


async def test_a_check_goes_with_what_was_given_of_the_representative(provider: Provider) -> None:
    adult = await company()
    contact = await represented(adult.viewer)
    await verify(adult.viewer, contact)

    removed = await ask(REMOVE, as_=adult.viewer, input={"id": contact})

    assert removed.codes == []
    assert await own(adult.viewer) == {"verifiedAt": None, "verification": None}
    assert not await EnterpriseVerification.exists(enterprise__account_id=adult.account.id)


async def test_a_check_of_somebody_who_objects_counts_for_nothing(provider: Provider) -> None:
    adult = await company()
    await verify(adult.viewer, await represented(adult.viewer, identityDocument="T 0042"))

    await EnterpriseContact.filter(enterprise__account_id=adult.account.id).update(objected_at=clock.now())
    with clock.moved_to(clock.now() + enterprise_verifications.FIRST_LOOK):
        await enterprise_verifications.follow_up()

    assert (await row_of(adult)).state is VerificationState.EXPIRED
    assert (await own(adult.viewer))["verification"] is None


@pytest.mark.clause("P1.2a")
async def test_customer_service_sees_that_a_company_is_verified_and_of_the_document_a_mask(provider: Provider) -> None:
    agent, adult = await member(StaffRole.AGENT), await company()
    await verify(adult.viewer, await represented(adult.viewer, identityDocument="T 0042"))
    await add_ticket(adult.account, await type(adult.account).get(id=agent.account), is_verified=True)

    seen = (await ask(OF, as_=agent, id=adult.id)).data["node"]["enterprise"]
    by_operator = (await ask(OF, as_=await member(StaffRole.OPERATOR), id=adult.id)).data["node"]

    assert seen == {
        "name": "Brandt & Co",
        "verifiedAt": None,
        "contacts": [],
        "verification": {
            "state": "PENDING",
            "companyName": "Brandt & Co",
            "representativeName": "•••",
            "representativePhone": "•••",
            "identityDocument": "••••••",
        },
    }
    assert by_operator is None
