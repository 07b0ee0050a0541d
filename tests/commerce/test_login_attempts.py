"""Attempts to sign in: strangers are slowed down, and keep nobody out of their own account."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest

from commerce import login_attempts
from commerce.accounts import CredentialsNotValid, change_password, log_in
from commerce.login_attempts import FAMILIAR_FOR, PER_ACCOUNT, PER_PLACE
from commerce.sessions import authenticate
from commerce.throttling import TooManyAttempts
from models import clock
from models import database as db
from tests.commerce.people import PASSWORD, Browser, member, somebody

pytestmark = pytest.mark.usefixtures("database")

NEW = "copper lantern orchard 27"


async def exhaust(index: bytes) -> None:
    """Use up all attempts at an address, from as many places as it takes."""
    counted = 0
    with suppress(TooManyAttempts):
        while counted <= PER_ACCOUNT.burst:
            await login_attempts.count(index, client=Browser())
            counted += 1
    assert 0 < counted <= PER_ACCOUNT.burst


@pytest.mark.parametrize("is_member", [True, False])
async def test_one_place_tries_an_address_only_so_often_whether_or_not_it_is_a_members(is_member: bool):
    address, client = somebody(), Browser()
    if is_member:
        await member(address)

    answers = await asyncio.gather(
        *(log_in(address.text, "wrong", client=client) for _ in range(PER_PLACE.burst + 5)), return_exceptions=True
    )

    assert sum(isinstance(answer, CredentialsNotValid) for answer in answers) == PER_PLACE.burst
    assert sum(isinstance(answer, TooManyAttempts) for answer in answers) == 5


async def test_a_strangers_wrong_guesses_do_not_keep_the_owner_out():
    address, stranger = somebody(), Browser()
    account, _ = await member(address)

    for _ in range(PER_PLACE.burst + 5):
        with pytest.raises((CredentialsNotValid, TooManyAttempts)):
            await log_in(address.text, "wrong", client=stranger)

    with pytest.raises(TooManyAttempts):
        await log_in(address.text, PASSWORD, client=stranger)
    found, _ = await log_in(address.text, PASSWORD, client=Browser())
    assert found.id == account.id


async def test_many_places_together_are_slowed_down_and_the_owner_comes_in_from_a_familiar_one():
    address, home, office = somebody(), Browser(), Browser()
    account, _ = await member(address, client=home)
    await log_in(address.text, PASSWORD, client=office)

    await exhaust(address.index)

    with pytest.raises(TooManyAttempts):
        await log_in(address.text, PASSWORD, client=Browser())
    for familiar in (home, office, home):
        found, _ = await log_in(address.text, PASSWORD, client=familiar)
        assert found.id == account.id
    with clock.moved_to(clock.now() + PER_ACCOUNT.interval):
        found, _ = await log_in(address.text, PASSWORD, client=Browser())
    assert found.id == account.id


async def test_many_places_together_try_an_unknown_address_as_seldom():
    await exhaust(somebody().index)


async def test_a_familiar_place_may_not_guess_for_ever_either():
    address, home = somebody(), Browser()
    await member(address, client=home)

    answers = await asyncio.gather(
        *(log_in(address.text, "wrong", client=home) for _ in range(PER_PLACE.burst + 3)), return_exceptions=True
    )

    assert sum(isinstance(answer, TooManyAttempts) for answer in answers) == 3


async def test_a_place_is_familiar_for_one_address_alone_and_not_for_ever():
    mine, yours, home = somebody(), somebody(), Browser()
    await member(mine, client=home)
    await exhaust(yours.index)

    with pytest.raises(TooManyAttempts):
        await login_attempts.count(yours.index, client=home)

    with clock.moved_to(clock.now() + FAMILIAR_FOR):
        await exhaust(mine.index)
        with pytest.raises(TooManyAttempts):
            await login_attempts.count(mine.index, client=home)


async def test_a_place_becomes_familiar_by_the_right_password_alone():
    address, place = somebody(), Browser()
    await member(address)
    with pytest.raises(CredentialsNotValid):
        await log_in(address.text, "wrong", client=place)

    await exhaust(address.index)

    with pytest.raises(TooManyAttempts):
        await log_in(address.text, PASSWORD, client=place)


async def test_the_owners_log_ins_give_a_guesser_no_new_attempts():
    address, home = somebody(), Browser()
    await member(address, client=home)
    await exhaust(address.index)

    await log_in(address.text, PASSWORD, client=home)

    with pytest.raises(TooManyAttempts):
        await log_in(address.text, "wrong", client=Browser())


async def test_an_owner_signs_in_from_a_familiar_place_as_often_as_they_like():
    address, home = somebody(), Browser()
    await member(address, client=home)

    with clock.moved_to(clock.now() + timedelta(hours=1)):
        for _ in range(PER_ACCOUNT.burst + 5):
            await login_attempts.count(address.index, client=Browser(ip_hash=home.ip_hash))
            await login_attempts.succeed(address.index, client=home)
            await db.execute("DELETE FROM throttle WHERE scope = $1", login_attempts.PER_CLIENT.scope)


async def test_a_familiar_place_runs_the_same_statements_as_any_other():
    address, home = somebody(), Browser()
    await member(address, client=home)

    ran: list[list[str]] = []
    for client in (home, Browser()):
        for tried in (address, somebody()):
            with db.counting_statements() as statements, pytest.raises(CredentialsNotValid):
                await log_in(tried.text, "wrong", client=client)
            ran.append(statements.shop + statements.keys)

    assert all(statements == ran[0] for statements in ran)


async def test_attempts_to_sign_in_do_not_keep_the_owner_from_a_new_password():
    address = somebody()
    _, opened = await member(address)
    await exhaust(address.index)

    await change_password(current=PASSWORD, new=NEW, by=await authenticate(opened.credential))
