"""Profiles and address books: normal forms of what people write, and several programs that write at once."""

import asyncio
import json
import sys
import unicodedata
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce import address_book, persons, profiles, texts
from models import clock, secrets
from models import database as db
from models.accounts import Account, Address, UserProfile
from models.bounds import ADDRESSES
from models.ids import new_id
from models.sealed import open_cells, seal
from policy.purposes import Purpose
from policy.viewer import Viewer
from server.demo_rows import Person, add_guardianship, add_person
from server.embedded import Embedded

ROOT = Path(__file__).parents[2]
ANY_TEXT = st.text(st.characters(), max_size=60)
_numbers = count(1)


async def somebody(*, years: int = 40) -> Account:
    """Write a person whom no other test knows."""
    number = next(_numbers)
    today = clock.today("SE")
    born = date(today.year - years, 1, 1) - timedelta(days=1)
    person = Person(
        f"profiles-{number}@people.example", "Edda", born, "SE", f"+4673{number:07d}", "Gata 1", "Lund", "22100"
    )
    return await add_person(person, password="a password of nobody 4417")


async def child_with_consent() -> Account:
    """Write a child whose guardian consents to the account."""
    child, guardian = await somebody(years=9), await somebody()
    await add_guardianship(child, guardian, frozenset({Purpose.ACCOUNT}))
    return child


async def name_of(account: Account) -> str | None:
    """Read the name in somebody's profile."""
    profile = await UserProfile.get(account_id=account.id)
    (name,) = await open_cells([(UserProfile, "name", profile.id, account.id, profile.name)])
    return name if isinstance(name, str) else None


async def waiting() -> int:
    """Count who waits for a lock."""
    return int((await db.fetch("SELECT count(*) FROM pg_locks WHERE NOT granted"))[0][0])


async def until_waiting(number: int) -> None:
    """Wait until so many wait for a lock."""
    async with asyncio.timeout(15):
        while await waiting() < number:  # noqa: ASYNC110  # what is waited for happens in the database
            await asyncio.sleep(0.02)


@asynccontextmanager
async def programs(
    clusters: Embedded, account: Account, *shares: list[dict[str, str]]
) -> AsyncIterator[list[asyncio.subprocess.Process]]:
    """Start a program for each share of the orders; they are connected, and wait for the sign."""
    shared = secrets.current()
    started: list[asyncio.subprocess.Process] = []
    try:
        for orders in shares:
            program = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.commerce.profile_worker",
                cwd=ROOT,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            started.append(program)
            configuration = {
                "shop_url": clusters.shop.app_url,
                "keys_url": clusters.keys.app_url,
                "master": shared.master.hex(),
                "key": shared.key_encryption_keys["test"].hex(),
                "account": str(account.id),
                "orders": orders,
            }
            await _tell(program, json.dumps(configuration))
        for program in started:
            assert await _hear(program) == "ready"
        yield started
    finally:
        for program in started:
            if program.returncode is None:
                program.kill()
            await program.wait()


async def _tell(program: asyncio.subprocess.Process, text: str) -> None:
    assert program.stdin is not None
    program.stdin.write(f"{text}\n".encode())
    await program.stdin.drain()


async def _hear(program: asyncio.subprocess.Process) -> str:
    assert program.stdout is not None
    async with asyncio.timeout(30):
        return (await program.stdout.readline()).decode().strip()


async def ended(started: list[asyncio.subprocess.Process]) -> Counter[str]:
    """Count how the programs' actions ended."""
    answers = [json.loads(await _hear(program)) for program in started]
    return Counter(code for answer in answers for code in answer)


@given(ANY_TEXT, st.integers(1, 30))
def test_a_line_that_is_taken_is_bounded_normal_and_free_of_control(text: str, longest: int) -> None:
    try:
        taken = texts.line(text, field="name", longest=longest)
    except texts.TextNotValid:
        return

    assert 1 <= len(taken) <= longest
    assert taken == unicodedata.normalize("NFC", taken) == taken.strip()
    assert {unicodedata.category(sign) for sign in taken if sign not in "\u200c\u200d"}.isdisjoint(
        {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    )
    assert texts.line(taken, field="name", longest=longest) == taken
    assert taken.encode().decode() == taken


@given(st.text(st.characters(categories=["L", "Mn", "Nd", "Zs", "P"]), min_size=1, max_size=30))
def test_a_line_in_any_script_is_taken_whole(text: str) -> None:
    normal = unicodedata.normalize("NFC", text).strip()

    if normal:
        assert texts.line(text, field="name", longest=100) == normal


@given(ANY_TEXT, st.integers(1, 30))
def test_a_refused_line_is_not_told_in_the_refusal(text: str, longest: int) -> None:
    with pytest.raises(texts.TextNotValid) as refused:
        texts.line(f"{text}\u202e", field="name", longest=longest)

    assert refused.value.message == texts.TextNotValid("name", longest).message
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "text",
    ["", "  ", "two\nlines", "bell\a", "\u202eturned", "\u2028", "\ud800", "\ue000", "\ufffe", "\u200b", "a" * 11],
)
def test_a_line_that_is_empty_too_long_or_deceives_is_refused(text: str) -> None:
    with pytest.raises(texts.TextNotValid):
        texts.line(text, field="name", longest=10)


def test_composed_and_decomposed_letters_are_the_same_line() -> None:
    assert texts.line("e\u0301", field="name", longest=1) == texts.line("\u00e9", field="name", longest=1)


@given(ANY_TEXT | st.from_regex(r"[A-Za-z]{2}", fullmatch=True))
def test_a_country_that_is_taken_is_one_of_the_list(text: str) -> None:
    try:
        code = texts.country(text, field="country")
    except texts.CountryNotKnown:
        assert text.strip().upper() not in texts.countries() or not text.isascii()
    else:
        assert code in texts.countries()
        assert code == text.strip().upper()


def test_the_list_of_countries_is_that_of_iso_3166() -> None:
    assert len(texts.countries()) == 249
    assert {"CN", "SE", "AQ", "UM"} <= texts.countries()
    assert texts.countries().isdisjoint({"XK", "EU", "AA", "ZZ", ""})


@pytest.mark.parametrize("text", ["", "ß", "SWE", "Sweden", "S", "\u0131t", "X\u0000"])
def test_what_only_looks_like_a_country_is_none(text: str) -> None:
    with pytest.raises(texts.CountryNotKnown):
        texts.country(text, field="country")


async def test_of_many_programs_that_change_the_same_version_one_wins(database: Embedded) -> None:
    account = await somebody()
    version = (await UserProfile.get(account_id=account.id)).version
    names = [f"Program {number}" for number in range(4)]
    shares = [[{"do": "rename", "name": name, "version": str(version)}] for name in names]

    async with programs(database, account, *shares) as started:
        async with db.transaction():
            await db.fetch("SELECT id FROM user_profile WHERE account_id = $1 FOR UPDATE", account.id)
            for program in started:
                await _tell(program, "go")
            await until_waiting(len(started))
        codes = await ended(started)

    assert codes == {"DONE": 1, "STALE_OBJECT": 3}
    assert (await UserProfile.get(account_id=account.id)).version == version + 1
    assert await name_of(account) in names


async def test_of_twenty_defaults_chosen_at_once_by_programs_one_remains(database: Embedded) -> None:
    account = await somebody()
    by = Viewer(account=account.id)
    book = [await address_book.create(ADDRESS, is_confirmed=True, by=by) for _ in range(20)]
    orders = [{"do": "choose", "address": str(address)} for address in book]

    async with programs(database, account, *(orders[start::4] for start in range(4))) as started:
        async with db.transaction():
            await db.fetch("SELECT id FROM address WHERE account_id = $1 FOR UPDATE", account.id)
            for program in started:
                await _tell(program, "go")
            await until_waiting(len(started))
        codes = await ended(started)

    assert codes == {"DONE": 20}
    assert await Address.filter(account_id=account.id, is_default=True).count() == 1


async def test_programs_that_add_at_once_do_not_overfill_the_book(database: Embedded) -> None:
    account = await somebody()
    await fill(account, ADDRESSES - 2)

    async with programs(database, account, *([{"do": "add"}] * 3 for _ in range(3))) as started:
        async with db.transaction():
            await db.fetch("SELECT id FROM account WHERE id = $1 FOR UPDATE", account.id)
            for program in started:
                await _tell(program, "go")
            await until_waiting(len(started))
        codes = await ended(started)

    assert codes == {"DONE": 2, "ADDRESS_BOOK_FULL": 7}
    assert await Address.filter(account_id=account.id).count() == ADDRESSES


@pytest.mark.clause("P7.3")
async def test_consent_withdrawn_while_a_change_is_under_way_stops_it(database: Embedded) -> None:
    child = await child_with_consent()
    before = await name_of(child)

    async with db.transaction():
        await Account.filter(id=child.id).update(guardian_consents=0)
        change = db.detached(
            profiles.update({"name": "Changed"}, expected_version=1, is_confirmed=True, by=Viewer(account=child.id)),
            name="change",
        )
        await until_waiting(1)

    with pytest.raises(persons.GuardianConsentRequired):
        await change
    assert await name_of(child) == before


@pytest.mark.parametrize("action", ["create", "update", "set_default"])
async def test_a_withdrawal_stops_what_is_done_with_addresses_too(database: Embedded, action: str) -> None:
    child = await child_with_consent()
    by, present = Viewer(account=child.id), await Address.get(account_id=child.id)
    await Address.filter(id=present.id).update(is_default=False)
    actions = {
        "create": lambda: address_book.create(ADDRESS, is_confirmed=True, by=by),
        "update": lambda: address_book.update(
            present.id, {"city": "Malmö"}, expected_version=1, is_confirmed=True, by=by
        ),
        "set_default": lambda: address_book.set_default(present.id, by=by),
    }

    async with db.transaction():
        await Account.filter(id=child.id).update(guardian_consents=0)
        change = db.detached(actions[action](), name="change")
        await until_waiting(1)

    with pytest.raises(persons.GuardianConsentRequired):
        await change
    after = await Address.get(account_id=child.id)
    assert (after.id, after.version, after.is_default) == (present.id, 1, False)


ADDRESS = {"name": "Edda", "street": "Gata 2", "city": "Lund", "country": "SE"}


async def fill(account: Account, number: int) -> None:
    """Bring an address book to a number of addresses."""
    for _ in range(number - await Address.filter(account_id=account.id).count()):
        address_id = new_id()
        cells: dict[str, Any] = await seal(Address, address_id, account.id, **ADDRESS)
        await Address.create(id=address_id, account_id=account.id, created_at=clock.now(), **cells)
