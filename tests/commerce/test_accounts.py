"""Signing in and out, changing the password, and that neither tells who is a member."""

import asyncio
import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from argon2 import PasswordHasher

from commerce import accounts, login_attempts, notices, outbox
from commerce.accounts import CredentialsNotValid, PasswordNotValid, change_password, log_in, log_out
from commerce.messages import Channel, Message
from commerce.outbox import Event, Topic
from commerce.passwords import Weakness, WeakPassword
from commerce.sessions import LogInNeeded, SessionNotFound, Unauthenticated, authenticate
from commerce.throttling import TooManyAttempts
from models import clock
from models import database as db
from models.accounts import Account, AccountState
from policy.viewer import ANONYMOUS
from tests.commerce.people import PASSWORD, Browser, member, somebody

pytestmark = pytest.mark.usefixtures("database")

NEW = "copper lantern orchard 27"


class Postbox:
    """A way out that keeps what was sent."""

    channels = frozenset(Channel)

    def __init__(self) -> None:
        self.sent: list[Message] = []

    async def send(self, message: Message) -> None:
        self.sent.append(message)


async def test_a_member_signs_in_with_address_and_password():
    address = somebody()
    account, _ = await member(address)

    found, opened = await log_in(address.text.upper(), PASSWORD, client=Browser())

    assert found.id == account.id
    assert (await authenticate(opened.credential)).person == account.id


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD + "x", PASSWORD[:-1], "x" * 5_000])
async def test_another_password_is_refused(password: str):
    address = somebody()
    await member(address)

    with pytest.raises(CredentialsNotValid):
        await log_in(address.text, password, client=Browser())


@pytest.mark.parametrize(
    "address", ["nobody@mail.example", "+8613800138000", "", "@", "words", "a" * 5_000, "\ud800@x"]
)
async def test_an_unknown_address_is_refused_in_the_same_words(address: str):
    known = somebody()
    await member(known)

    with pytest.raises(CredentialsNotValid) as unknown:
        await log_in(address, PASSWORD, client=Browser())
    with pytest.raises(CredentialsNotValid) as wrong:
        await log_in(known.text, "wrong", client=Browser())

    assert (unknown.value.message, unknown.value.field) == (wrong.value.message, wrong.value.field)


async def test_an_unknown_address_and_a_wrong_password_run_the_same_statements():
    known = somebody()
    await member(known)

    ran: list[list[str]] = []
    for address in (known.text, somebody().text, "no address"):
        with db.counting_statements() as statements, pytest.raises(CredentialsNotValid):
            await log_in(address, "wrong", client=Browser())
        ran.append(statements.shop + statements.keys)

    assert ran[0] == ran[1] == ran[2]
    assert len(ran[0]) == 5


async def test_an_unknown_address_takes_as_long_as_a_wrong_password():
    known = somebody()
    await member(known)
    seconds: dict[bool, list[float]] = {True: [], False: []}

    for _ in range(9):
        for is_known, address in ((True, known.text), (False, somebody().text)):
            client, started = Browser(), time.perf_counter()
            with pytest.raises(CredentialsNotValid):
                await log_in(address, "wrong", client=client)
            seconds[is_known].append(time.perf_counter() - started)

    # The least disturbed of each: what else the machine does makes an attempt longer and never shorter.
    assert 0.6 < min(seconds[True]) / min(seconds[False]) < 1.6


async def test_one_client_can_try_only_so_many_addresses():
    client = Browser()

    with clock.moved_to(clock.now()):
        for _ in range(login_attempts.PER_CLIENT.burst):
            with pytest.raises(CredentialsNotValid):
                await log_in(somebody().text, "wrong", client=client)

        with pytest.raises(TooManyAttempts):
            await log_in(somebody().text, "wrong", client=client)


async def test_signing_in_forgives_the_attempts_before():
    address, client = somebody(), Browser()
    await member(address)
    for _ in range(login_attempts.PER_PLACE.burst - 1):
        with pytest.raises(CredentialsNotValid):
            await log_in(address.text, "wrong", client=client)

    await log_in(address.text, PASSWORD, client=client)

    for _ in range(login_attempts.PER_PLACE.burst):
        with pytest.raises(CredentialsNotValid):
            await log_in(address.text, "wrong", client=client)


async def test_a_cancelled_account_can_not_be_signed_in_to():
    address = somebody()
    account, opened = await member(address)
    await Account.filter(id=account.id).update(state=AccountState.CANCELLED, cancelled_at=clock.now())

    with pytest.raises(CredentialsNotValid):
        await log_in(address.text, PASSWORD, client=Browser())
    with pytest.raises(Unauthenticated):
        await authenticate(opened.credential)


async def test_signing_in_renews_a_hash_of_weaker_parameters():
    address = somebody()
    account, _ = await member(address)
    older = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash(PASSWORD)
    await Account.filter(id=account.id).update(password_hash=older)

    await log_in(address.text, PASSWORD, client=Browser())

    renewed = (await Account.get(id=account.id)).password_hash
    assert renewed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    await log_in(address.text, PASSWORD, client=Browser())
    assert (await Account.get(id=account.id)).password_hash == renewed


async def test_signing_out_ends_the_session():
    _, opened = await member()
    viewer = await authenticate(opened.credential)

    await log_out(by=viewer)

    with pytest.raises(Unauthenticated):
        await authenticate(opened.credential)
    with pytest.raises(SessionNotFound):
        await log_out(by=viewer)
    with pytest.raises(LogInNeeded):
        await log_out(by=ANONYMOUS)


async def test_a_changed_password_ends_the_other_sessions_and_is_told():
    address = somebody()
    account, here = await member(address)
    _, elsewhere = await log_in(address.text, PASSWORD, client=Browser())
    viewer = await authenticate(here.credential)
    await db.execute("DELETE FROM avow_pgqueuer")

    ended = await change_password(current=PASSWORD, new=NEW, by=viewer)

    assert ended == 1
    assert (await authenticate(here.credential)).account == account.id
    with pytest.raises(Unauthenticated):
        await authenticate(elsewhere.credential)
    with pytest.raises(CredentialsNotValid):
        await log_in(address.text, PASSWORD, client=Browser())
    await log_in(address.text, NEW, client=Browser())
    (message,) = await sent()
    assert (message.to, message.facts["event"]) == (address.text, "PASSWORD_CHANGED")


async def sent() -> list[Message]:
    postbox = Postbox()
    for row in await db.fetch("SELECT entrypoint, payload FROM avow_pgqueuer ORDER BY id"):
        await notices.tell(outbox.read(row["entrypoint"], row["payload"]), through=postbox)
    return postbox.sent


async def test_a_password_is_changed_only_by_whoever_knows_the_present_one():
    _, opened = await member()
    viewer = await authenticate(opened.credential)

    with pytest.raises(PasswordNotValid):
        await change_password(current="wrong", new=NEW, by=viewer)
    with pytest.raises(LogInNeeded):
        await change_password(current=PASSWORD, new=NEW, by=ANONYMOUS)


async def test_of_two_changes_at_once_one_wins():
    address = somebody()
    _, opened = await member(address)
    viewer = await authenticate(opened.credential)
    wanted = [NEW, "velvet anchor meadow 58"]

    answers = await asyncio.gather(
        *(change_password(current=PASSWORD, new=new, by=viewer) for new in wanted), return_exceptions=True
    )

    assert [isinstance(answer, PasswordNotValid) for answer in answers].count(True) == 1
    winner = wanted[0 if isinstance(answers[0], int) else 1]
    await log_in(address.text, winner, client=Browser())


@pytest.mark.clause("P5.7")
async def test_a_new_password_may_not_rest_on_what_is_known_of_its_owner():
    _, opened = await member()
    viewer = await authenticate(opened.credential)

    with pytest.raises(WeakPassword) as refusal:
        await change_password(current=PASSWORD, new="Ada.Canary12041990", by=viewer)

    assert Weakness.PERSONAL in refusal.value.details["reasons"]
    assert refusal.value.field == ("newPassword",)


async def test_trying_present_passwords_is_throttled():
    _, opened = await member()
    viewer = await authenticate(opened.credential)

    answers = await asyncio.gather(
        *(change_password(current="wrong", new=NEW, by=viewer) for _ in range(accounts.PER_CHANGER.burst + 2)),
        return_exceptions=True,
    )

    assert sum(isinstance(answer, TooManyAttempts) for answer in answers) == 2


async def test_nobody_is_told_of_a_cancelled_or_unknown_account():
    account, _ = await member()
    await Account.filter(id=account.id).update(state=AccountState.CANCELLED, cancelled_at=clock.now())
    postbox = Postbox()

    for known in (account.id, uuid4()):
        await notices.tell(Event(Topic.PASSWORD_CHANGED, {"account": known, "at": clock.now()}), through=postbox)

    assert postbox.sent == []


async def test_a_locked_childs_account_can_be_signed_in_to():
    address = somebody()
    today: Any = clock.today("CN")
    account, _ = await member(address, birth_date=today - timedelta(days=3_700))

    found, _ = await log_in(address.text, PASSWORD, client=Browser())

    assert found.id == account.id
    assert found.state is AccountState.LOCKED
