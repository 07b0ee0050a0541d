"""What guardians and minors are told: an invitation with a code, and notices that name nobody."""

from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import pytest

from commerce import guardian_challenges, notices, outbox
from commerce.guardian_challenges import LIFE
from commerce.messages import Channel, Message, MessageKind
from models import clock
from models import database as db
from models.guardianships import GuardianChallenge
from models.ids import read_public_id
from server.messages.rendering import rendered
from tests.graphql.wards import challenge_of, code_of, family, invite, respond, set_consent, somebody, withdraw

pytestmark = pytest.mark.usefixtures("database")


class Post:
    """A way out that keeps what it is given."""

    channels = frozenset({Channel.EMAIL})

    def __init__(self) -> None:
        self.sent: list[Message] = []

    async def send(self, message: Message) -> None:
        """Take one message."""
        self.sent.append(message)


async def letters(of: Awaitable[Any]) -> list[Message]:
    """Do something, and act on the events that it queued."""
    await db.execute("DELETE FROM avow_pgqueuer")
    await of
    return await queued()


async def queued() -> list[Message]:
    """Act on the events in the queue."""
    post = Post()
    for row in await db.fetch("SELECT entrypoint, payload FROM avow_pgqueuer ORDER BY id"):
        await notices.tell(outbox.read(row["entrypoint"], row["payload"]), through=post)
    return post.sent


async def test_an_invitation_says_the_code_the_days_and_the_first_name_alone():
    child, address = await somebody(9), "grown@people.example"

    (letter,) = await letters(invite(child, address, firstName="Edda", language="ZH"))

    challenge = await GuardianChallenge.get(minor_id=child.account.id)
    code = guardian_challenges.code_for(challenge.id)
    assert (letter.kind, letter.to, letter.language) == (MessageKind.GUARDIAN_INVITATION, address, "zh")
    assert letter.facts == {"code": code, "days": "7", "child": "Edda"}
    assert child.person.email not in rendered(letter).text
    assert "Holm" not in rendered(letter).text


async def test_an_invitation_that_is_no_longer_open_is_not_sent():
    child = await somebody(9)
    asked = await invite(child, "late@people.example")
    sent = await queued()

    with clock.moved_to(clock.now() + LIFE + timedelta(seconds=1)):
        expired = await queued()
    await guardian_challenges.withdraw(read_public_id(challenge_of(asked))[1], by=child.viewer)
    withdrawn = await queued()

    assert [letter.to for letter in sent if letter.to == "late@people.example"] == ["late@people.example"]
    for letters_then in (expired, withdrawn):
        assert "late@people.example" not in [letter.to for letter in letters_then]


@pytest.mark.parametrize(
    ("accepts", "told"),
    [
        (True, [(MessageKind.GUARDIAN_ACCEPTED, "child"), (MessageKind.GUARDIAN_CONSENT_CHANGED, "adult")]),
        (False, [(MessageKind.GUARDIAN_REFUSED, "child")]),
    ],
)
async def test_the_minor_is_told_of_the_answer_and_the_guardian_gets_a_receipt(accepts: bool, told: list[Any]):
    child, adult = await somebody(9), await somebody()
    code = code_of(await invite(child, adult.person.email))

    answered = respond(adult.viewer, code, accepts=accepts, purposes=["ACCOUNT"] if accepts else [])
    sent = await letters(answered)

    named = {child.person.email: "child", adult.person.email: "adult"}
    assert [(letter.kind, named[letter.to]) for letter in sent] == told
    assert all(set(letter.facts) == {"at"} for letter in sent)


async def test_both_are_told_of_every_change_and_nobody_of_none():
    child, adult = await family(9, ["ACCOUNT"])

    given = await letters(set_consent(adult.viewer, child.id, "FULFILMENT", is_given=True))
    again = await letters(set_consent(adult.viewer, child.id, "FULFILMENT", is_given=True))
    withdrawn = await letters(withdraw(adult.viewer, child.id))

    both = {child.person.email, adult.person.email}
    assert ({letter.to for letter in given}, again, {letter.to for letter in withdrawn}) == (both, [], both)
    for letter in (*given, *withdrawn):
        text = rendered(letter).text
        assert letter.kind is MessageKind.GUARDIAN_CONSENT_CHANGED
        assert not any(word in text for word in ("Edda", "Holm", "Mum", *both))
