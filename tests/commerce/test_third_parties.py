"""Proving that a phone or an e-mail address is one's own, without an account."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from commerce import addresses, messages, notices, third_parties
from commerce.addresses import Address
from commerce.messages import Channel, Message, MessageKind
from commerce.outbox import Event, Topic
from commerce.registrations import PhoneNotServed
from commerce.sessions import Unauthenticated, authenticate
from commerce.third_parties import CODE_LIFE, MOST_GUESSES, PER_CONTACT, PROOF_LIFE, Challenge, ThirdPartyCodeNotValid
from commerce.throttling import TooManyAttempts
from models import clock
from models.ids import new_id
from models.keys import SubjectErased
from models.orders import Recipient
from models.pool import counting_statements
from models.sealed import seal
from models.third_parties import ThirdPartyChallenge, ThirdPartyProof
from policy.viewer import Viewer
from tests.commerce.people import Browser
from tests.commerce.receivers import new_phone, proven, recipient_of, sent_to
from tests.commerce.test_step_up import Postbox

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def texts() -> Any:
    messages.serve(Channel)
    yield
    messages.serve({Channel.EMAIL})


async def challenged(contact: Address | None = None) -> Challenge:
    return await third_parties.challenge(contact or addresses.phone(new_phone()), language="en", client=Browser())


async def test_a_code_proves_an_address_for_half_an_hour_and_makes_nobody_a_person():
    viewer = await proven(new_phone())

    assert viewer == Viewer(proof=viewer.proof)
    assert (viewer.person, viewer.kind) == (None, "third party")
    row = await ThirdPartyProof.get(id=viewer.proof)
    assert row.expires_at - row.created_at == PROOF_LIFE


async def test_a_proof_opens_nothing_once_it_has_ended():
    begun = await challenged()
    done = await third_parties.prove(begun.id, third_parties.code_for(begun.id), client=Browser())

    with clock.moved_to(clock.now() + PROOF_LIFE), pytest.raises(Unauthenticated):
        await authenticate(done.credential)


async def test_a_code_proves_once():
    begun = await challenged()
    code = third_parties.code_for(begun.id)
    ended = await asyncio.gather(
        *(third_parties.prove(begun.id, code, client=Browser()) for _ in range(4)), return_exceptions=True
    )

    assert Counter(type(each) for each in ended) == {third_parties.Proven: 1, ThirdPartyCodeNotValid: 3}


@pytest.mark.clause("P1.2e")
async def test_whoever_does_not_have_the_code_proves_nothing():
    begun = await challenged()
    right = third_parties.code_for(begun.id)
    wrong = f"{(int(right) + 1) % 10**8:08}"

    with pytest.raises(ThirdPartyCodeNotValid):
        await third_parties.prove(begun.id, wrong, client=Browser())


async def test_guesses_run_out_and_the_right_code_is_worth_nothing_then():
    begun = await challenged()
    for _ in range(MOST_GUESSES):
        with pytest.raises(ThirdPartyCodeNotValid):
            await third_parties.prove(begun.id, "0", client=Browser())

    with pytest.raises(ThirdPartyCodeNotValid):
        await third_parties.prove(begun.id, third_parties.code_for(begun.id), client=Browser())


async def test_an_old_code_and_a_made_up_challenge_are_answered_alike():
    begun = await challenged()
    refused: list[str] = []
    with clock.moved_to(clock.now() + CODE_LIFE):
        for challenge_id, code in ((begun.id, third_parties.code_for(begun.id)), (None, "1"), (new_id(), "1")):
            with pytest.raises(ThirdPartyCodeNotValid) as refusal:
                await third_parties.prove(challenge_id, code, client=Browser())
            refused.append(str(refusal.value))

    assert len(set(refused)) == 1


async def test_an_address_is_sent_no_more_codes_than_its_limit_wherever_they_are_asked_for():
    contact = addresses.phone(new_phone())
    for _ in range(PER_CONTACT.burst):
        await challenged(contact)

    with pytest.raises(TooManyAttempts):
        await challenged(contact)


async def test_a_guesser_is_slowed_down_at_one_place():
    client, refused = Browser(), 0
    for _ in range(third_parties.PER_GUESSER.burst + 1):
        try:
            await third_parties.prove(None, "1", client=client)
        except TooManyAttempts:
            refused += 1
        except ThirdPartyCodeNotValid:
            continue

    assert refused == 1


async def test_asking_takes_the_same_statements_and_the_same_message_whether_or_not_something_is_held():
    known, unknown, box = new_phone(), new_phone(), Postbox()
    await sent_to(known)
    seen: list[list[str]] = []
    for phone in (known, unknown):
        with counting_statements() as statements:
            begun = await challenged(addresses.phone(phone))
        with counting_statements() as later:
            event = Event(Topic.THIRD_PARTY_CHALLENGED, {"challenge": begun.id})
            await notices.tell(event, through=box)
        seen.append([*statements.shop, "told", *later.shop])

    assert seen[0] == seen[1]
    assert not any("recipient" in sql for sql in seen[0])
    assert [message.to for message in box.sent] == [known, unknown]
    assert {message.kind for message in box.sent} == {MessageKind.THIRD_PARTY_CODE}
    assert all(set(message.facts) == {"code", "minutes"} for message in box.sent)


async def test_the_code_is_sent_by_mail_to_an_e_mail_address():
    contact, box = addresses.email(f"noor.{new_id().hex}@mail.example"), Postbox()
    begun = await challenged(contact)

    await notices.tell(Event(Topic.THIRD_PARTY_CHALLENGED, {"challenge": begun.id}), through=box)

    (sent,) = box.sent
    assert isinstance(sent, Message)
    assert (sent.to, sent.facts["code"]) == (contact.text, third_parties.code_for(begun.id))


async def test_a_shop_that_sends_no_texts_says_so_before_anything_is_stored():
    messages.serve({Channel.EMAIL})
    before = await ThirdPartyChallenge.all().count()

    with pytest.raises(PhoneNotServed):
        await challenged()

    assert await ThirdPartyChallenge.all().count() == before


async def test_a_challenge_that_has_ended_leaves_neither_a_row_nor_a_key():
    begun = await challenged()
    with clock.moved_to(clock.now() + CODE_LIFE + timedelta(seconds=1)):
        await third_parties.discard_expired()

    assert not await ThirdPartyChallenge.exists(id=begun.id)
    with pytest.raises(SubjectErased):
        await seal(ThirdPartyChallenge, begun.id, begun.id, phone="+31612345678")


async def test_recipients_that_were_written_before_get_the_index_that_finds_them():
    phone = new_phone()
    row = await recipient_of(await sent_to(phone))
    index = row.phone_index
    await Recipient.filter(id=row.id).update(phone_index=None)

    while await third_parties.index_given():
        pass

    assert index is not None
    assert (await Recipient.get(id=row.id)).phone_index == index
