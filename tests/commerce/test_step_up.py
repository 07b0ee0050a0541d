"""Step-up: who is signed in proves once more who they are, once for each code, in one session alone."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import pytest

from commerce import notices, outbox, sessions, step_up
from commerce.messages import Channel, Message, MessageKind
from commerce.outbox import Event, Topic
from commerce.sessions import LogInNeeded, authenticate, begin
from commerce.step_up import CODE_LIFE, LASTS, MOST_GUESSES, CodeNotDelivered, ProofNotValid, StepUpRequired, require
from commerce.throttling import TooManyAttempts
from models import clock
from models.sessions import Session, StepUpCode
from policy.viewer import ANONYMOUS, Viewer
from tests.commerce.people import PASSWORD, Browser, member

pytestmark = pytest.mark.usefixtures("database")


class Postbox:
    """A way out that keeps what was sent."""

    channels = frozenset(Channel)

    def __init__(self) -> None:
        self.sent: list[Message] = []

    async def send(self, message: Message) -> None:
        self.sent.append(message)


async def signed_in() -> Viewer:
    _, opened = await member()
    return await authenticate(opened.credential)


async def code_of(viewer: Viewer) -> str:
    found = await StepUpCode.get(session_id=viewer.session)
    return step_up.code_for(found.id)


async def refused(attempt: Awaitable[Any]) -> str:
    with pytest.raises(ProofNotValid) as refusal:
        await attempt
    return str(refusal.value)


async def test_a_password_proves_for_ten_minutes_in_this_session_alone():
    viewer = await signed_in()
    assert viewer.account is not None
    other = await authenticate((await begin(viewer.account, client=Browser())).credential)
    with pytest.raises(StepUpRequired):
        await require(by=viewer)

    until = await step_up.by_password(PASSWORD, by=viewer)

    await require(by=viewer)
    assert timedelta() < until - clock.now() <= LASTS
    with pytest.raises(StepUpRequired):
        await require(by=other)
    with clock.moved_to(clock.now() + LASTS), pytest.raises(StepUpRequired):
        await require(by=viewer)


async def test_an_ended_session_proves_nothing():
    viewer = await signed_in()
    await step_up.by_password(PASSWORD, by=viewer)

    await sessions.end(viewer.session, by=viewer)

    with pytest.raises(StepUpRequired):
        await require(by=viewer)
    with pytest.raises(LogInNeeded):
        await step_up.by_password(PASSWORD, by=viewer)


async def test_another_password_proves_nothing_and_may_not_be_tried_for_ever():
    viewer = await signed_in()

    for _ in range(step_up.PER_PROVER.burst):
        await refused(step_up.by_password("another password", by=viewer))

    with pytest.raises(TooManyAttempts):
        await step_up.by_password(PASSWORD, by=viewer)
    with pytest.raises(StepUpRequired):
        await require(by=viewer)


async def test_a_code_goes_to_the_persons_own_address_and_proves_once():
    viewer, postbox = await signed_in(), Postbox()
    await step_up.send_code(by=viewer)
    sent = await StepUpCode.get(session_id=viewer.session)

    await notices.tell(Event(Topic.STEP_UP_BEGUN, {"code": sent.id}), through=postbox)

    (message,) = postbox.sent
    assert message.kind is MessageKind.STEP_UP_CODE
    assert message.to.endswith("canary@mail.example")
    assert message.facts == {"code": step_up.code_for(sent.id), "minutes": "15"}
    await step_up.by_code(message.facts["code"], by=viewer)
    await require(by=viewer)
    await refused(step_up.by_code(message.facts["code"], by=viewer))


async def test_a_code_is_sent_by_one_event():
    viewer = await signed_in()
    begun = await outbox.backlog()

    await step_up.send_code(by=viewer)

    sizes = await outbox.backlog()
    topic = (str(Topic.STEP_UP_BEGUN), "queued")
    assert sizes[topic] == begun.get(topic, 0) + 1


async def test_a_newer_code_replaces_the_one_before():
    viewer = await signed_in()
    await step_up.send_code(by=viewer)
    first = await code_of(viewer)

    await step_up.send_code(by=viewer)

    await refused(step_up.by_code(first, by=viewer))
    await step_up.by_code(await code_of(viewer), by=viewer)


async def test_guesses_at_once_count_one_by_one():
    viewer = await signed_in()
    await step_up.send_code(by=viewer)
    right = await code_of(viewer)
    wrong = "0" * 8 if right != "0" * 8 else "1" * 8

    await asyncio.gather(*(refused(step_up.by_code(wrong, by=viewer)) for _ in range(MOST_GUESSES)))

    await refused(step_up.by_code(right, by=viewer))


async def test_of_two_uses_at_once_one_proves():
    viewer = await signed_in()
    await step_up.send_code(by=viewer)
    right = await code_of(viewer)

    done = await asyncio.gather(*(step_up.by_code(right, by=viewer) for _ in range(4)), return_exceptions=True)

    assert sum(isinstance(one, ProofNotValid) for one in done) == 3


async def test_an_old_code_and_another_sessions_code_prove_nothing():
    viewer, other = await signed_in(), await signed_in()
    await step_up.send_code(by=viewer)
    code = await code_of(viewer)

    await refused(step_up.by_code(code, by=other))
    with clock.moved_to(clock.now() + CODE_LIFE):
        await refused(step_up.by_code(code, by=viewer))
        await step_up.forget_expired()

    assert not await StepUpCode.exists(session_id=viewer.session)


async def test_codes_are_not_sent_for_ever():
    viewer = await signed_in()

    for _ in range(step_up.PER_RECEIVER.burst):
        await step_up.send_code(by=viewer)

    with pytest.raises(TooManyAttempts):
        await step_up.send_code(by=viewer)


async def test_nobody_and_tokens_have_nothing_to_prove():
    viewer = await signed_in()
    token = Viewer(supplier=viewer.account, scopes=frozenset(), session=viewer.session)

    for nobody in (ANONYMOUS, token):
        with pytest.raises(LogInNeeded):
            await step_up.by_password(PASSWORD, by=nobody)
        with pytest.raises(LogInNeeded):
            await step_up.send_code(by=nobody)
        with pytest.raises(StepUpRequired):
            await require(by=nobody)


async def test_who_is_reached_by_phone_alone_needs_a_shop_that_sends_texts():
    viewer = await signed_in()
    session = await Session.get(id=viewer.session).select_related("account")
    session.account.email_index = None
    session.account.phone_index = b"\x00" * 32
    await session.account.save(update_fields=["email_index", "phone_index"])

    with pytest.raises(CodeNotDelivered):
        await step_up.send_code(by=viewer)
