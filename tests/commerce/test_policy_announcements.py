"""Everybody is told of a version that was announced: once, in batches, and on from where it stopped."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest

from commerce import notices, outbox, policy_announcements
from commerce.messages import Message, MessageKind
from commerce.policy_announcements import tell
from models import clock
from models import database as db
from models.accounts import Account, AccountState, PolicyNotice, PolicyVersion, PolicyVersionState
from models.ids import new_id
from server.messages.rendering import rendered
from tests.commerce.test_guardian_notices import Post
from tests.graphql.policies import version_in_force
from tests.graphql.wards import Somebody, somebody

pytestmark = pytest.mark.usefixtures("database")


async def announced(*, in_days: int = 30) -> PolicyVersion:
    """Announce a version; whoever is there already is left out, so that few have to be told."""
    version = await version_in_force()
    await PolicyVersion.filter(id=version.id).update(
        effective_at=clock.now() + timedelta(days=in_days), told_at=None, told_through=new_id()
    )
    return version


async def done_with(version: PolicyVersion) -> None:
    await PolicyVersion.filter(id=version.id).update(state=PolicyVersionState.WITHDRAWN)


async def told_of(version: PolicyVersion) -> Counter[UUID]:
    return Counter(notice.account_id for notice in await PolicyNotice.filter(policy_version_id=version.id))


async def letters_to(who: list[Somebody], *, of: PolicyVersion) -> list[Message]:
    """Act on the events in the queue, and keep what some people got of a version."""
    post, addresses = Post(), {each.person.email for each in who}
    for row in await db.fetch(
        "SELECT entrypoint, payload FROM avow_pgqueuer WHERE entrypoint = 'policy.announced' ORDER BY id"
    ):
        await notices.tell(outbox.read(row["entrypoint"], row["payload"]), through=post)
    return [letter for letter in post.sent if letter.to in addresses and letter.facts["version"] == str(of.version)]


@pytest.mark.clause("P9.1")
async def test_everybody_is_told_once_of_the_version_its_first_day_and_its_terms() -> None:
    await db.execute("DELETE FROM avow_pgqueuer")
    version = await announced()
    people = [await somebody() for _ in range(3)]

    await tell()
    await tell()
    letters = await letters_to(people, of=version)
    await done_with(version)

    row = await PolicyVersion.get(id=version.id)
    assert await told_of(version) == Counter(each.account.id for each in people)
    assert sorted(letter.to for letter in letters) == sorted(each.person.email for each in people)
    assert {letter.kind for letter in letters} == {MessageKind.POLICY_ANNOUNCED}
    assert row.effective_at is not None
    day = row.effective_at.strftime("%Y-%m-%d %H:%M")
    assert letters[0].facts == {"version": str(version.version), "at": day, "terms": "2"}
    assert str(version.version) in rendered(letters[0]).text


async def test_it_goes_on_from_where_it_stopped_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    version = await announced()
    people = [await somebody() for _ in range(5)]
    monkeypatch.setattr(policy_announcements, "AT_ONCE", 2)
    (taken,) = await db.fetch("SELECT version FROM policy_version WHERE id = $1", version.id)
    first = await policy_announcements._tell_some(taken["version"])  # pyright: ignore[reportPrivateUsage]
    after_first = sum((await told_of(version)).values())

    await tell()
    await done_with(version)

    assert first == after_first == 2
    assert await told_of(version) == Counter(each.account.id for each in people)


async def test_many_programs_at_once_tell_each_person_once(monkeypatch: pytest.MonkeyPatch) -> None:
    version = await announced()
    people = [await somebody() for _ in range(6)]
    monkeypatch.setattr(policy_announcements, "AT_ONCE", 1)

    await asyncio.gather(*(tell() for _ in range(5)))
    await tell()
    await done_with(version)

    assert await told_of(version) == Counter(each.account.id for each in people)


async def test_whoever_was_overlooked_is_told_from_the_first_day_on_and_then_it_is_done() -> None:
    overlooked = await somebody()
    others = [account async for account in Account.all().exclude(id=overlooked.account.id).only("id")]
    version = await announced()
    for other in others:
        await PolicyNotice.create(account_id=other.id, policy_version_id=version.id, told_at=clock.now())
    await tell()
    before = overlooked.account.id in await told_of(version)

    await PolicyVersion.filter(id=version.id).update(effective_at=clock.now())
    await tell()
    row = await PolicyVersion.get(id=version.id)
    await done_with(version)

    assert not before
    assert (await told_of(version))[overlooked.account.id] == 1
    assert row.told_at is not None


async def test_whoever_cannot_be_told_or_has_accepted_it_is_left_out() -> None:
    version = await announced()
    gone, imported, ahead, other = [await somebody() for _ in range(4)]
    await Account.filter(id=gone.account.id).update(state=AccountState.CANCELLED, cancelled_at=clock.now())
    await Account.filter(id=imported.account.id).update(
        external_source="retail", external_reference=imported.account.id.hex
    )
    await Account.filter(id=ahead.account.id).update(agreed_version=version.version)

    await tell()
    await done_with(version)

    assert await told_of(version) == Counter([other.account.id])


async def test_nobody_is_written_to_who_left_before_the_message_was_sent() -> None:
    await db.execute("DELETE FROM avow_pgqueuer")
    version, who = await announced(), await somebody()
    await tell()
    await Account.filter(id=who.account.id).update(state=AccountState.CANCELLED, cancelled_at=clock.now())

    letters = await letters_to([who], of=version)
    await done_with(version)

    assert letters == []
