"""Companies and the people who act for them: what an account may give of whom, and what these can do about it."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from commerce import addresses, enterprises, messages, notices, objections, third_parties
from commerce.acceptances import in_force
from commerce.enterprises import (
    Contact,
    EnterpriseContactNotFound,
    EnterpriseContactNotReachable,
    EnterpriseContactsFull,
    EnterpriseNeeded,
    EnterpriseNeedsAdult,
    EnterprisePresent,
)
from commerce.messages import Channel, MessageKind
from commerce.objections import Named, RecordNotFound
from commerce.outbox import Event, Topic
from commerce.persons import NotInPerson, SensitiveNotConfirmed
from commerce.recipients import Attestation, AttestationRequired, RecipientConsentRequired
from commerce.sessions import authenticate
from models import clock, database
from models.bounds import ENTERPRISE_CONTACTS
from models.enterprises import ContactRole, Enterprise, EnterpriseContact
from models.ids import new_id
from models.keys import SubjectErased
from models.sealed import open_cells, seal
from policy.purposes import Purpose
from policy.viewer import ANONYMOUS, Viewer
from tests.commerce.buyers import buyer, ward
from tests.commerce.people import Browser
from tests.commerce.receivers import held, new_phone, objected, proven, recipient_of, sent_to
from tests.commerce.test_step_up import Postbox

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def texts() -> Iterator[None]:
    messages.serve(Channel)
    yield
    messages.serve({Channel.EMAIL})


def director(phone: str | None = None, **other: Any) -> Contact:
    """Somebody else who acts for a company."""
    return Contact(False, ContactRole.DIRECTOR, "Lena Brandt", phone=phone or new_phone(), **other)


async def word(**other: Any) -> Attestation:
    return Attestation(is_authorised=True, policy_version=(await in_force()).version, **other)


async def company() -> Viewer:
    """Register a company, and act as its account."""
    by = await buyer()
    await enterprises.register("Brandt & Co", f"HRB {new_id().hex[:8]}", by=by)
    return by


async def added(contact: Contact, *, by: Viewer, is_confirmed: bool = True) -> EnterpriseContact:
    key = await enterprises.add_contact(contact, await word(), is_confirmed=is_confirmed, by=by)
    return await EnterpriseContact.get(id=key)


async def test_an_account_is_of_one_company_however_often_it_says_so_at_once():
    by = await buyer()

    ended = await asyncio.gather(
        *(enterprises.register("Brandt & Co", "HRB 7", by=by) for _ in range(4)), return_exceptions=True
    )

    assert sum(isinstance(each, EnterprisePresent) for each in ended) == 3
    assert await Enterprise.filter(account_id=by.account).count() == 1


async def test_somebody_under_age_speaks_for_no_company():
    with pytest.raises(EnterpriseNeedsAdult):
        await enterprises.register("Brandt & Co", "HRB 7", by=await ward(16, Purpose.ACCOUNT))


@pytest.mark.parametrize("who", [ANONYMOUS, Viewer(proof=new_id()), Viewer(supplier=new_id(), scopes=frozenset())])
async def test_whoever_does_not_come_in_person_registers_none(who: Viewer):
    with pytest.raises(NotInPerson):
        await enterprises.register("Brandt & Co", "HRB 7", by=who)


async def test_without_a_company_nobody_acts_for_one():
    with pytest.raises(EnterpriseNeeded):
        await enterprises.add_contact(director(), await word(), is_confirmed=True, by=await buyer())


@pytest.mark.clause("P1.2d")
@pytest.mark.parametrize("given", [Attestation(), Attestation(is_authorised=True, policy_version=-1)])
async def test_somebody_elses_details_are_not_taken_without_the_word_that_they_allow_it(given: Attestation):
    by = await company()

    with pytest.raises(AttestationRequired):
        await enterprises.add_contact(director(), given, is_confirmed=True, by=by)

    assert await EnterpriseContact.filter(enterprise__account_id=by.account).count() == 0


@pytest.mark.clause("P1.2f")
async def test_a_child_is_not_taken_without_the_word_that_the_guardian_consents():
    by = await company()

    with pytest.raises(RecipientConsentRequired):
        await enterprises.add_contact(director(is_child=True), await word(), is_confirmed=True, by=by)

    key = await enterprises.add_contact(
        director(is_child=True), await word(guardian_consents=True), is_confirmed=True, by=by
    )
    assert (await EnterpriseContact.get(id=key)).is_child


@pytest.mark.clause("P2.10")
async def test_an_identity_document_is_taken_with_confirmation_only():
    by = await company()

    with pytest.raises(SensitiveNotConfirmed):
        await added(director(identity_document="T22000129"), by=by, is_confirmed=False)

    assert (await added(director(), by=by, is_confirmed=False)).identity_document is None


async def test_a_contact_whom_nothing_reaches_is_refused():
    with pytest.raises(EnterpriseContactNotReachable):
        await added(replace(director(), phone=None), by=await company())


async def test_a_contact_is_sealed_under_a_key_of_their_own_and_shown_to_the_company_alone():
    by, other = await company(), await company()
    row = await added(director(identity_document="T22000129"), by=by)

    own = await EnterpriseContact.visible_to(by).where(id=row.id).one()
    foreign = await EnterpriseContact.visible_to(other).where(id=row.id).one()

    assert own is not None
    assert foreign is None
    opened = await open_cells([(EnterpriseContact, "identity_document", row.id, row.id, row.identity_document)])
    assert opened == ["T22000129"]


async def test_a_company_has_no_more_contacts_than_its_bound_however_many_are_added_at_once():
    by = await company()
    for _ in range(ENTERPRISE_CONTACTS - 1):
        await added(director(), by=by)

    ended = await asyncio.gather(*(added(director(), by=by) for _ in range(3)), return_exceptions=True)

    assert sum(isinstance(each, EnterpriseContactsFull) for each in ended) == 2
    assert await EnterpriseContact.filter(enterprise__account_id=by.account).count() == ENTERPRISE_CONTACTS


async def test_a_removed_contact_leaves_neither_a_row_nor_a_key_and_is_no_other_companys_to_remove():
    by, other = await company(), await company()
    row = await added(director(), by=by)
    for who, key in ((other, row.id), (by, new_id()), (by, None)):
        with pytest.raises(EnterpriseContactNotFound):
            await enterprises.remove_contact(key, by=who)

    await enterprises.remove_contact(row.id, by=by)

    assert not await EnterpriseContact.exists(id=row.id)
    with pytest.raises(SubjectErased):
        await seal(EnterpriseContact, row.id, row.id, name="Lena")


@pytest.mark.clause("P1.2e")
async def test_a_contact_sees_what_companies_gave_of_them_by_phone_or_mail_and_is_erased_when_they_object():
    by, phone = await company(), new_phone()
    mail = f"lena.{new_id().hex}@brandt.example"
    row = await added(director(phone, email=mail), by=by)
    kept = await added(director(), by=by)
    begun = await third_parties.challenge(addresses.email(mail), language="en", client=Browser())
    done = await third_parties.prove(begun.id, third_parties.code_for(begun.id), client=Browser())
    for viewer in (await proven(phone), await authenticate(done.credential)):
        found = await EnterpriseContact.visible_to(viewer).count()
        assert found == 1

    objection = await objected(phone)

    assert objection.erased == 1
    assert not await EnterpriseContact.exists(id=row.id)
    assert await EnterpriseContact.exists(id=kept.id)


@pytest.mark.clause("P1.2e")
async def test_an_objection_covers_orders_and_companies_and_each_account_is_told_once():
    by, phone, box = await company(), new_phone(), Postbox()
    row = await added(director(phone), by=by)
    order = await sent_to(phone, by=by)
    queued = "SELECT count(*) AS n FROM avow_pgqueuer WHERE entrypoint = $1"
    (before,) = await database.fetch(queued, Topic.RECIPIENT_OBJECTED)

    objection = await objected(phone)

    (after,) = await database.fetch(queued, Topic.RECIPIENT_OBJECTED)
    assert objection.erased == 2
    assert (after["n"] - before["n"], held(await recipient_of(order))) == (1, [])
    assert not await EnterpriseContact.exists(id=row.id)
    assert by.account is not None
    await notices.tell(Event(Topic.RECIPIENT_OBJECTED, {"account": by.account, "at": clock.now()}), through=box)
    assert [sent.kind for sent in box.sent] == [MessageKind.RECIPIENT_OBJECTED]


async def test_a_contact_can_be_objected_to_by_itself_and_a_strangers_is_refused():
    by, phone = await company(), new_phone()
    row, foreign = await added(director(phone), by=by), await added(director(), by=by)
    order, viewer = await sent_to(phone), await proven(phone)
    with pytest.raises(RecordNotFound):
        await objections.object_to(Named([], [foreign.id]), by=viewer)

    done = await objections.object_to(Named([], [row.id]), by=viewer)

    assert done.erased == 1
    assert len(held(await recipient_of(order))) == 7
    assert await EnterpriseContact.exists(id=foreign.id)


async def test_a_contact_who_objected_before_a_crash_is_erased_by_the_job_and_hidden_until_then():
    by, phone = await company(), new_phone()
    row, viewer = await added(director(phone), by=by), await proven(phone)
    await EnterpriseContact.filter(id=row.id).update(objected_at=clock.now())

    hidden = [await EnterpriseContact.visible_to(who).count() for who in (by, viewer)]
    await enterprises.erase_objecting()

    assert hidden == [0, 0]
    assert not await EnterpriseContact.exists(id=row.id)


async def test_an_account_holder_who_is_the_contact_needs_no_word_and_is_not_found_by_the_phone():
    by, phone = await company(), new_phone()
    own = replace(director(phone), is_self=True)

    key = await enterprises.add_contact(own, Attestation(), is_confirmed=True, by=by)

    assert await EnterpriseContact.exists(id=key)
    assert await EnterpriseContact.visible_to(await proven(phone)).count() == 0
