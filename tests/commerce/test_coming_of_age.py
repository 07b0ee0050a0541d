"""Birthdays: on the day in the person's region the guardian's part ends, once, and both are told."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from commerce import coming_of_age
from commerce.coming_of_age import is_due
from commerce.messages import MessageKind
from models import clock
from models.accounts import Account, AccountState
from models.guardianships import GuardianConsent, Guardianship, GuardianshipState
from policy.ages import AgeBand, birthday
from policy.purposes import Purpose, purposes_in
from tests.commerce.test_guardian_notices import letters
from tests.graphql.asking import ask
from tests.graphql.wards import Somebody, family, invite, own, somebody, withdraw

pytestmark = pytest.mark.usefixtures("database")

WARDS = "{ viewer { account { wards { email } } } }"


def on(who: Somebody, years: int, *, days: int = 0) -> datetime:
    """Tell an instant at which it is that birthday everywhere, or so many days from it."""
    day = birthday(who.person.born, years) + timedelta(days=days)
    return datetime(day.year, day.month, day.day, 13, tzinfo=UTC)


async def read(who: Somebody) -> Account:
    return await Account.get(id=who.account.id)


@pytest.mark.clause("P7.5")
async def test_a_child_becomes_a_minor_on_the_birthday_and_keeps_the_guardian() -> None:
    child, guardian = await family(9)
    await withdraw(guardian.viewer, (await own(child))["id"])
    assert (await read(child)).state is AccountState.LOCKED

    with clock.moved_to(on(child, 14, days=-2)):
        await coming_of_age.grow()
        before = await read(child)
    with clock.moved_to(on(child, 14)):
        await coming_of_age.grow()
        after = await read(child)

    assert (before.age_band, before.state) == (AgeBand.CHILD, AccountState.LOCKED)
    assert (after.age_band, after.state, after.guardian_id) == (AgeBand.MINOR, AccountState.ACTIVE, guardian.account.id)
    assert after.age_band_ends_on == birthday(child.person.born, 18)


@pytest.mark.clause("P7.5")
async def test_whoever_is_of_age_has_no_guardian_and_none_of_their_consents() -> None:
    minor, guardian = await family(16)
    assert len((await ask(WARDS, as_=guardian.viewer)).data["viewer"]["account"]["wards"]) == 1

    with clock.moved_to(on(minor, 18)):
        told = await letters(coming_of_age.grow())
        seen = (await ask(WARDS, as_=guardian.viewer)).data["viewer"]["account"]["wards"]
        mine = await own(minor)

    account = await read(minor)
    assert (account.age_band, account.age_band_ends_on, account.guardian_id) == (AgeBand.ADULT, None, None)
    assert purposes_in(account.guardian_consents) == frozenset[Purpose]()
    assert (await Guardianship.get(minor_id=minor.account.id)).state is GuardianshipState.ENDED
    steps = await GuardianConsent.filter(guardianship__minor_id=minor.account.id)
    assert sum(1 if step.is_given else -1 for step in steps) == 0
    assert seen == []
    assert (mine["email"], mine["guardianship"]) == (minor.person.email, None)
    kinds = {letter.to: letter.kind for letter in told}
    assert kinds[minor.person.email] is MessageKind.AGE_BAND_CHANGED
    assert kinds[guardian.person.email] is MessageKind.GUARDIANSHIP_ENDED
    assert all(set(letter.facts) == {"at"} for letter in told)


async def test_somebody_of_age_needs_no_invitation_any_more() -> None:
    minor, adult = await somebody(16), await somebody()
    await invite(minor, adult.person.email)

    with clock.moved_to(on(minor, 18)):
        await coming_of_age.grow()
        challenge = (await own(minor))["guardianChallenge"]

    assert challenge["state"] in ("WITHDRAWN", "EXPIRED")


async def test_many_programs_at_once_move_somebody_on_once() -> None:
    minor, guardian = await family(16)

    with clock.moved_to(on(minor, 18)):
        told = await letters(asyncio.gather(*(coming_of_age.grow() for _ in range(6))))

    of_them = [letter.kind for letter in told if letter.to in (minor.person.email, guardian.person.email)]
    assert sorted(of_them) == [
        MessageKind.AGE_BAND_CHANGED,
        MessageKind.CONSENTS_ASKED_ANEW,
        MessageKind.GUARDIANSHIP_ENDED,
    ]


@pytest.mark.parametrize(
    ("region", "instant", "due"),
    [
        # In Japan the day begins nine hours before it does in Greenwich.
        ("JP", "2031-02-28T14:59:00+00:00", False),
        ("JP", "2031-02-28T15:00:00+00:00", True),
        # A country's date is its earliest, so that nobody is counted older than they are: Hawaii's for the States.
        ("US", "2031-03-01T09:59:00+00:00", False),
        ("US", "2031-03-01T10:00:00+00:00", True),
        ("SE", "2031-02-28T22:59:00+00:00", False),
        ("SE", "2031-02-28T23:00:00+00:00", True),
    ],
)
def test_the_day_is_that_of_the_persons_region(region: str, instant: str, due: bool) -> None:
    # Born on 29 February, and nineteen, as Korea's law wants it, in a year that has no such day.
    ends_on = birthday(date(2012, 2, 29), 19)
    assert ends_on == date(2031, 3, 1)

    with clock.moved_to(datetime.fromisoformat(instant)):
        assert is_due(ends_on, region=region) is due


def test_nobody_of_age_is_due() -> None:
    assert not is_due(None, region="SE")


async def test_a_cancelled_account_stays_cancelled() -> None:
    minor = await somebody(16)
    await Account.filter(id=minor.account.id).update(state=AccountState.CANCELLED, cancelled_at=clock.now())

    with clock.moved_to(on(minor, 18)):
        await coming_of_age.grow()

    account = await read(minor)
    assert (account.state, account.age_band) == (AccountState.CANCELLED, AgeBand.ADULT)
