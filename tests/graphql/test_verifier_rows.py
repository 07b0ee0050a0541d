"""What the token of a provider of identity checks finds: the checks that it works on, and no others."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from commerce import consents, enterprise_verifications, identity_verifications
from commerce.identity_verifications import FIRST_LOOK, Claim
from commerce.recipients import Attestation
from models import clock
from models.access_tokens import AccessToken
from models.accounts import Account
from models.disclosures import Disclosure
from models.enterprises import EnterpriseContact
from models.identity_verifications import EnterpriseVerification, IdentityVerification
from models.ids import public_id
from models.partners import Partner, PartnerStatus
from policy.purposes import Purpose
from policy.viewer import Viewer
from server.demo_partners import Company, add_partner
from tests.commerce.identities import KIND, Provider, checking
from tests.graphql.asking import Answer, ask
from tests.graphql.registry import comes_by
from tests.graphql.test_enterprise_verifications import company, represented, word
from tests.graphql.wards import Somebody, family, set_consent, somebody, withdraw

pytestmark = pytest.mark.usefixtures("database")

READ = "identity_checks:read"
CHECKS = """query Checks { identityChecks(first: 50) { totalCount nodes {
  id reference level state provider phone createdAt expiresAt closedAt
} } }"""
COMPANIES = """query Companies { enterpriseChecks(first: 50) { totalCount nodes {
  reference state companyName registrationNumber representativeName representativePhone identityDocument
} } }"""
RECEIVES = "query ($id: ID!) { node(id: $id) { ... on Partner { policyUrl receives { dataClass clauses } } } }"
LATE = "AB-0042"


@pytest_asyncio.fixture(loop_scope="session")
async def provider(database: object) -> AsyncIterator[Provider]:
    async with checking() as served:
        yield served


async def token(provider: Provider, **other: Any) -> Viewer:
    return await comes_by(provider.partner, READ, "access_tokens:write", **other)


async def begun(by: Viewer, number: str = LATE) -> str:
    """Begin a check; give what the provider knows it by."""
    return str(await identity_verifications.verify(Claim("Ada Holm", number), is_confirmed=True, by=by))


async def waiting(number: str = LATE) -> Somebody:
    """Write an adult whose check the provider works on."""
    adult = await somebody(is_verified=False)
    await consents.give(frozenset({Purpose.IDENTITY_VERIFICATION}), by=adult.viewer)
    await begun(adult.viewer, number)
    return adult


async def represented_late() -> tuple[Somebody, EnterpriseContact]:
    """Write an adult whose company the provider works on, with who represents it."""
    adult = await company()
    await represented(adult.viewer, identityDocument=LATE)
    contact = await EnterpriseContact.get(enterprise__account_id=adult.account.id)
    agreed = await word()
    await enterprise_verifications.verify(contact.id, Attestation(True, agreed["policyVersion"]), by=adult.viewer)
    return adult, contact


def found(answer: Answer) -> list[dict[str, Any]]:
    assert answer.errors == []
    return next(iter(answer.data.values()))["nodes"]


def references(answer: Answer) -> list[str]:
    return [node["reference"] for node in found(answer)]


@pytest.mark.clause("P1.4")
async def test_a_provider_finds_the_checks_that_it_works_on_with_the_phone_that_it_was_told(provider: Provider) -> None:
    adult = await waiting()
    row = await IdentityVerification.get(account_id=adult.account.id)

    (check,) = found(await ask(CHECKS, as_=await token(provider)))

    assert check == {
        "id": check["id"],
        "reference": str(row.id),
        "level": "NAME",
        "state": "PENDING",
        "provider": provider.partner.name,
        "phone": adult.person.phone,
        "createdAt": row.created_at.isoformat(),
        "expiresAt": row.expires_at.isoformat(),
        "closedAt": None,
    }


@pytest.mark.clause("P1.4")
async def test_a_provider_finds_of_a_company_its_licence_and_who_is_said_to_represent_it(provider: Provider) -> None:
    adult, contact = await represented_late()
    row = await EnterpriseVerification.get(contact_id=contact.id)

    (check,) = found(await ask(COMPANIES, as_=await token(provider)))
    mine = (
        await ask(
            "{ viewer { account { enterprise { contacts { phone } } } } }",
            as_=adult.viewer,
        )
    ).data["viewer"]["account"]["enterprise"]["contacts"][0]

    assert check == {
        "reference": str(row.id),
        "state": "PENDING",
        "companyName": "Brandt & Co",
        "registrationNumber": "HRB 7731",
        "representativeName": "Lena Brandt",
        "representativePhone": mine["phone"],
        "identityDocument": LATE,
    }


async def test_a_check_that_has_ended_is_not_there_any_more(provider: Provider) -> None:
    await waiting()
    await represented_late()
    by = await token(provider)
    before = [len(found(await ask(document, as_=by))) for document in (CHECKS, COMPANIES)]

    with clock.moved_to(clock.now() + FIRST_LOOK):
        await identity_verifications.follow_up()
        await enterprise_verifications.follow_up()

    after = [await ask(document, as_=by) for document in (CHECKS, COMPANIES)]
    assert (before, [found(answer) for answer in after]) == ([1, 1], [[], []])
    assert after[0].data["identityChecks"]["totalCount"] == 0


async def test_a_check_that_has_waited_for_too_long_is_not_there_before_it_is_tidied_up(provider: Provider) -> None:
    await waiting()
    await represented_late()
    by = await token(provider)

    with clock.moved_to(clock.now() + identity_verifications.LIFE):
        seen = [found(await ask(document, as_=by)) for document in (CHECKS, COMPANIES)]

    assert seen == [[], []]


@pytest.mark.clause("P1.4")
async def test_a_check_is_not_there_once_the_consent_to_it_is_gone(provider: Provider) -> None:
    adult = await waiting()
    speaker, _ = await represented_late()
    by = await token(provider)
    before = [len(found(await ask(document, as_=by))) for document in (CHECKS, COMPANIES)]

    for each in (adult, speaker):
        await consents.withdraw(None, by=each.viewer)

    after = [len(found(await ask(document, as_=by))) for document in (CHECKS, COMPANIES)]
    assert (before, after) == ([1, 1], [0, 0])


@pytest.mark.parametrize("years", [9, 16])
async def test_a_check_of_somebody_under_age_is_there_as_long_as_the_guardian_consents(
    years: int, provider: Provider
) -> None:
    minor, guardian = await family(years, ["ACCOUNT", "IDENTITY_VERIFICATION"])
    reference = await begun(minor.viewer)
    by = await token(provider)

    consented = references(await ask(CHECKS, as_=by))
    await withdraw(guardian.viewer, minor.id, "IDENTITY_VERIFICATION")
    without = references(await ask(CHECKS, as_=by))

    assert (consented, without) == ([reference], [])


@pytest.mark.clause("P4.4")
async def test_a_subcontractor_finds_no_check_of_a_child_whoever_consents(provider: Provider) -> None:
    child, guardian = await family(9, ["ACCOUNT"])
    await set_consent(guardian.viewer, child.id, "IDENTITY_VERIFICATION", is_given=True)
    adult = await waiting()
    of_child = await begun(child.viewer)
    by = await token(provider)
    parent = await AccessToken.get(id=by.session)
    made = await comes_by(provider.partner, READ, parent=parent, subcontractor="Papers & Co")

    own, passed_on = await ask(CHECKS, as_=by), await ask(CHECKS, as_=made)

    row = await IdentityVerification.get(account_id=adult.account.id)
    assert sorted(references(own)) == sorted([of_child, str(row.id)])
    assert references(passed_on) == [str(row.id)]
    assert passed_on.data["identityChecks"]["totalCount"] == 1


async def test_another_provider_finds_none_of_them(provider: Provider) -> None:
    await waiting()
    await represented_late()
    other = await add_partner(Company(KIND, "Other Idents", "DE"))
    by = await comes_by(other, READ)

    assert [found(await ask(document, as_=by)) for document in (CHECKS, COMPANIES)] == [[], []]


@pytest.mark.clause("P2.10")
async def test_a_provider_that_asks_for_something_else_finds_nothing(provider: Provider) -> None:
    await waiting()
    by = await token(provider)

    narrowed = replace(by, purpose=Purpose.SECURITY, purposes=frozenset({Purpose.SECURITY}))

    assert len(found(await ask(CHECKS, as_=by))) == 1
    assert found(await ask(CHECKS, as_=narrowed)) == []


@pytest.mark.clause("P4.5")
async def test_a_provider_that_is_not_in_standing_finds_nothing(provider: Provider) -> None:
    await waiting()
    by = await token(provider)
    assert len(found(await ask(CHECKS, as_=by))) == 1

    await Partner.filter(id=provider.partner.id).update(status=PartnerStatus.SUSPENDED)

    assert found(await ask(CHECKS, as_=replace(by, is_in_standing=False))) == []


@pytest.mark.clause("P8.1")
async def test_a_provider_abroad_finds_the_checks_of_those_who_let_them_leave(provider: Provider) -> None:
    adult = await somebody(is_verified=False)
    await provider.moves_to("US")
    for purpose in (Purpose.IDENTITY_VERIFICATION, Purpose.CROSS_BORDER):
        await consents.give(frozenset({purpose}), by=adult.viewer)
    reference = await begun(adult.viewer)
    by = await token(provider)

    there = references(await ask(CHECKS, as_=by))
    await consents.withdraw(frozenset({Purpose.CROSS_BORDER}), by=adult.viewer)
    back = references(await ask(CHECKS, as_=by))

    assert (there, back) == ([reference], [])


async def test_a_check_of_an_account_that_was_cancelled_is_not_there(provider: Provider) -> None:
    adult = await waiting()
    by = await token(provider)

    await Account.filter(id=adult.account.id).update(state="CANCELLED", cancelled_at=clock.now())

    assert found(await ask(CHECKS, as_=by)) == []


async def test_a_token_without_the_scope_finds_neither_list_nor_row(provider: Provider) -> None:
    adult = await waiting()
    by = await token(provider)
    (check,) = found(await ask(CHECKS, as_=by))
    document = "query ($id: ID!) { node(id: $id) { id } }"

    lacking = replace(by, scopes=frozenset({"access_tokens:write"}))

    assert (await ask(document, as_=by, id=check["id"])).data["node"] == {"id": check["id"]}
    assert (await ask(document, as_=lacking, id=check["id"])).data["node"] is None
    refused = await ask(CHECKS, as_=lacking)
    assert [error.extensions["code"] for error in refused.errors] == ["INSUFFICIENT_SCOPE"]
    assert (await ask(CHECKS, as_=adult.viewer)).data["identityChecks"]["totalCount"] == 1


@pytest.mark.clause("P4.1")
async def test_what_a_provider_looks_up_is_on_record_beside_what_it_was_sent(provider: Provider) -> None:
    adult = await waiting()
    by = await token(provider)

    await ask(CHECKS, as_=by)

    sent, seen = await Disclosure.filter(account_id=adult.account.id, party="VERIFIER").order_by("id")
    assert (sent.operation, sent.credential_id) == ("identityVerify", None)
    assert (seen.operation, seen.credential_id, seen.partner_id) == ("Checks", by.session, provider.partner.id)
    assert seen.classes == ["PHONE", "VERIFICATION"]


@pytest.mark.clause("P1.4")
async def test_the_public_register_says_what_who_checks_people_receives_and_where_its_own_policy_is(
    provider: Provider,
) -> None:
    told = (await ask(RECEIVES, as_=Viewer(), id=public_id("Partner", provider.partner.id))).data["node"]

    assert told["policyUrl"].startswith("https://")
    assert {each["dataClass"] for each in told["receives"]} == {
        *("VERIFICATION", "PERSON_NAME", "PHONE", "IDENTITY_DOCUMENT"),
        *("ENTERPRISE_LICENCE", "ENTERPRISE_CONTACT", "ENTERPRISE_CONTACT_DOCUMENT"),
    }
    assert {clause for each in told["receives"] for clause in each["clauses"]} == {"P1.4"}
