"""Passwords: strength with reasons, hashing, and equal work for every answer."""

import asyncio
import time

import pytest
from argon2 import PasswordHasher
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce import passwords
from commerce.passwords import ServerBusy, Weakness, WeakPassword, hashed, personal_words, verified, weaknesses

STRONG = "correct horse battery staple"


@pytest.mark.clause("P5.7")
@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", Weakness.TOO_SHORT),
        ("k9#Vx2!qL", Weakness.TOO_SHORT),
        ("x" * 257, Weakness.TOO_LONG),
        ("\ufdfa" * 60, Weakness.TOO_LONG),
        ("pass\x00word-of-mine-77", Weakness.UNTYPABLE),
        ("password123", Weakness.COMMON),
        ("iloveyou12345", Weakness.COMMON),
        ("qwertyuiop[]", Weakness.PATTERN),
        ("aaaaaaaaaaaaaaaa", Weakness.PATTERN),
        ("我爱你我爱你我爱你我爱你", Weakness.PATTERN),
        ("abcdefghijklm", Weakness.PATTERN),
        ("ada.lovelace1990", Weakness.PERSONAL),
        ("AdaLovelace1990!", Weakness.PERSONAL),
        ("13800138000-19900412", Weakness.PERSONAL),
    ],
)
async def test_a_password_that_could_be_guessed_is_refused_with_the_reason(password: str, reason: Weakness):
    personal = personal_words("ada.lovelace@mail.example", "+8613800138000", "13800138000", "1990-04-12", "1990")

    with pytest.raises(WeakPassword) as refusal:
        await passwords.require_strong(password, personal=personal)

    assert reason in refusal.value.reasons
    assert refusal.value.field == ("password",)
    assert not password or password not in str(refusal.value)


@pytest.mark.parametrize(
    "password",
    [STRONG, "k9#Vx2!qLw", "月落乌啼霜满天江枫渔火", "x7" + "gH7$kL2!pQ9#zX4@vB6^nM1&" * 5, "my cat eats 14 plums"],
)
async def test_length_and_unrelated_words_make_a_password_strong(password: str):
    await passwords.require_strong(password, personal=personal_words("ada@mail.example"))

    assert weaknesses(password) == ()


def test_a_strong_password_may_contain_a_personal_word():
    assert weaknesses("ada rides a purple tractor", personal=personal_words("ada@mail.example")) == ()


@given(st.text(max_size=300))
@settings(max_examples=60, deadline=None)
def test_every_text_is_judged_and_each_reason_has_a_remedy(password: str):
    for reason in weaknesses(password, personal=("ada",)):
        assert passwords.REMEDIES[reason]


async def test_a_hash_is_argon2id_with_the_parameters_that_owasp_names():
    kept = await hashed(STRONG)

    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert STRONG not in kept
    assert await hashed(STRONG) != kept


async def test_only_the_password_itself_matches():
    kept = await hashed(STRONG)

    assert (await verified(STRONG, kept)).matches
    assert not (await verified(STRONG + " ", kept)).matches
    assert not (await verified("", kept)).matches
    assert not (await verified(STRONG, None)).matches
    assert not (await verified(STRONG, "not a hash")).matches
    assert not (await verified("x" * 5_000, kept)).matches
    assert not (await verified("\ud800", kept)).matches


async def test_the_same_letters_from_another_keyboard_match():
    kept = await hashed("caf\u00e9 \uff11\uff12\uff13 tractor plum")

    assert (await verified("cafe\u0301 123 tractor plum", kept)).matches


async def test_a_hash_with_weaker_parameters_asks_to_be_renewed():
    older = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash(STRONG)

    assert await verified(STRONG, older) == (True, True)
    assert await verified(STRONG, await hashed(STRONG)) == (True, False)
    assert await verified("wrong", older) == (False, False)


async def test_an_unknown_account_takes_as_long_as_a_wrong_password():
    kept = await hashed(STRONG)
    await verified("warm up", None)

    async def seconds(stored: str | None, password: str) -> float:
        best = 9.0
        for _ in range(7):
            started = time.perf_counter()
            await verified(password, stored)
            best = min(best, time.perf_counter() - started)
        return best

    known, unknown, impossible = (
        await seconds(kept, "wrong"),
        await seconds(None, "wrong"),
        await seconds(kept, "x" * 5_000),
    )

    assert 0.5 < unknown / known < 2
    assert 0.5 < impossible / known < 2


async def test_more_than_the_waiting_places_are_turned_away_and_the_rest_is_served():
    kept = await hashed(STRONG)

    answers = await asyncio.gather(
        *(verified(STRONG, kept) for _ in range(passwords.MOST_WAITING + 20)), return_exceptions=True
    )

    assert sum(isinstance(answer, ServerBusy) for answer in answers) == 20
    assert sum(isinstance(answer, tuple) and answer[0] for answer in answers) == passwords.MOST_WAITING
    assert (await verified(STRONG, kept)).matches


async def test_a_caller_who_goes_away_keeps_the_place_until_the_work_is_done():
    kept = await hashed(STRONG)
    callers = [asyncio.create_task(verified(STRONG, kept)) for _ in range(passwords.MOST_WAITING)]
    await asyncio.sleep(0)

    for caller in callers:
        caller.cancel()
    await asyncio.gather(*callers, return_exceptions=True)

    with pytest.raises(ServerBusy):
        await verified(STRONG, kept)
    await all_served()
    assert (await verified(STRONG, kept)).matches


async def all_served() -> None:
    for _ in range(500):
        if passwords.verifying.is_idle and passwords.choosing.is_idle:
            return
        await asyncio.sleep(0.02)


async def test_log_ins_go_on_while_many_new_passwords_wait():
    kept = await hashed(STRONG)
    symbols = "@4({[<3 6 9 !1|0$5+7%2abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP"
    judged = [
        asyncio.create_task(passwords.require_strong(symbols) if turn % 2 else hashed(STRONG))
        for turn in range(passwords.MOST_WAITING + 20)
    ]
    await asyncio.sleep(0)

    began = time.perf_counter()
    answers = [(await verified(STRONG, kept)).matches for _ in range(5)]
    seconds = time.perf_counter() - began

    assert answers == [True] * 5
    assert not passwords.choosing.is_idle
    outcomes = await asyncio.gather(*judged, return_exceptions=True)
    assert sum(isinstance(outcome, ServerBusy) for outcome in outcomes) == 20
    assert seconds < 2
    await all_served()


async def test_new_passwords_are_judged_while_many_log_ins_wait():
    kept = await hashed(STRONG)
    log_ins = [asyncio.create_task(verified(STRONG, kept)) for _ in range(passwords.MOST_WAITING)]
    await asyncio.sleep(0)

    await passwords.require_strong(STRONG)

    assert not passwords.verifying.is_idle
    assert all(verification.matches for verification in await asyncio.gather(*log_ins))


async def test_hashing_does_not_hold_up_other_requests():
    longest = 0.0

    async def beat() -> None:
        nonlocal longest
        while True:
            started = time.perf_counter()
            await asyncio.sleep(0.001)
            longest = max(longest, time.perf_counter() - started)

    beating = asyncio.create_task(beat())
    await asyncio.gather(*(hashed(STRONG) for _ in range(10)))
    beating.cancel()

    assert longest < 0.25
