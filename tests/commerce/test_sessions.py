"""Sessions and credentials: who comes with one, how long it holds, and how little is kept."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce import notices, outbox, sessions
from commerce.credentials import CredentialKind, fingerprint, kind_of, mint
from commerce.messages import Channel, Message
from commerce.sessions import (
    ABSOLUTE_END,
    IDLE_END,
    OVERLAP,
    LogInNeeded,
    SessionJustRotated,
    SessionNotFound,
    Unauthenticated,
    authenticate,
    begin,
    end,
    end_others,
    rotate,
)
from models import clock
from models import database as db
from models.access_tokens import AccessToken
from models.accounts import Staff
from models.bounds import SESSIONS
from models.rows import PageRequest
from models.sessions import Session, SessionToken
from models.suppliers import Supplier
from policy.viewer import ANONYMOUS, StaffRole, Viewer
from server.demo_partners import partner_of
from tests.commerce.people import Browser, member

pytestmark = pytest.mark.usefixtures("database")


class Postbox:
    """A way out that keeps what was sent."""

    channels = frozenset(Channel)

    def __init__(self) -> None:
        self.sent: list[Message] = []

    async def send(self, message: Message) -> None:
        self.sent.append(message)


async def test_a_session_says_who_comes():
    account, opened = await member()

    viewer = await authenticate(opened.credential)

    assert viewer == Viewer(account=account.id, session=opened.session.id)


@pytest.mark.parametrize(("trained_for_days", "is_trained"), [(30, True), (-1, False), (None, False)])
async def test_a_member_of_staff_comes_in_that_role(trained_for_days: int | None, is_trained: bool):
    account, opened = await member()
    until = None if trained_for_days is None else clock.now() + timedelta(days=trained_for_days)
    await Staff.create(account_id=account.id, role=StaffRole.AGENT, trained_until=until)

    viewer = await authenticate(opened.credential)

    assert (viewer.staff, viewer.is_trained, viewer.person) == (StaffRole.AGENT, is_trained, None)


def test_a_credential_has_256_random_bits_and_a_checksum():
    credential = mint(CredentialKind.SESSION)

    assert len(credential) == len("avow_session_") + 43 + 6
    assert kind_of(credential) is CredentialKind.SESSION
    assert kind_of(mint(CredentialKind.TOKEN)) is CredentialKind.TOKEN
    assert len({mint(CredentialKind.SESSION) for _ in range(100)}) == 100


@given(position=st.integers(13, 61), sign=st.sampled_from("abcXYZ019-_"))
def test_one_mistyped_sign_is_noticed(position: int, sign: str):
    credential = mint(CredentialKind.SESSION)
    mistyped = credential[:position] + sign + credential[position + 1 :]

    assert (kind_of(mistyped) is None) is (mistyped != credential)


@given(st.text(max_size=80) | st.text(max_size=49).map("avow_session_".__add__))
async def test_a_malformed_credential_is_refused_without_a_query(credential: str):
    with db.counting_statements() as statements, pytest.raises(Unauthenticated):
        await authenticate(credential)

    assert len(statements) == 0


async def test_what_is_kept_of_a_credential_opens_nothing():
    _, opened = await member()
    (row,) = await SessionToken.filter(session_id=opened.session.id)

    assert bytes(row.token_hash) == fingerprint(opened.credential)
    assert opened.credential not in repr(opened)
    with pytest.raises(Unauthenticated):
        await authenticate(f"avow_session_{bytes(row.token_hash).hex()}")


async def test_unknown_and_ended_credentials_get_the_same_answer():
    _, opened = await member()
    await end(opened.session.id, by=await authenticate(opened.credential))

    with pytest.raises(Unauthenticated) as ended:
        await authenticate(opened.credential)
    with pytest.raises(Unauthenticated) as unknown:
        await authenticate(mint(CredentialKind.SESSION))

    assert str(ended.value) == str(unknown.value)


async def test_a_session_that_is_used_ends_only_at_its_absolute_end():
    _, opened = await member()
    start = clock.now()

    for days in range(10, ABSOLUTE_END.days, 10):
        with clock.moved_to(start + timedelta(days=days)):
            await authenticate(opened.credential)

    with clock.moved_to(start + ABSOLUTE_END), pytest.raises(Unauthenticated):
        await authenticate(opened.credential)


async def test_an_idle_session_ends():
    _, opened = await member()

    with clock.moved_to(clock.now() + IDLE_END - timedelta(minutes=2)):
        await authenticate(opened.credential)
    with clock.moved_to(clock.now() + 2 * IDLE_END), pytest.raises(Unauthenticated):
        await authenticate(opened.credential)


async def test_when_a_session_was_seen_is_written_at_most_once_a_minute():
    _, opened = await member()
    start = clock.now()

    with clock.moved_to(start + timedelta(seconds=30)), db.counting_statements() as soon:
        await authenticate(opened.credential)
    with clock.moved_to(start + timedelta(seconds=90)), db.counting_statements() as later:
        await authenticate(opened.credential)
    with clock.moved_to(start + timedelta(seconds=100)), db.counting_statements() as again:
        await authenticate(opened.credential)

    assert (len(soon), len(later), len(again)) == (1, 2, 1)
    assert (await Session.get(id=opened.session.id)).last_seen_at == start + timedelta(seconds=90)


async def test_the_owner_lists_and_ends_their_sessions():
    account, here = await member()
    there = await begin(account.id, client=Browser(kind="app"))
    _, foreign = await member()
    viewer = await authenticate(here.credential)

    assert await open_sessions(viewer) == {here.session.id, there.session.id}
    await end(there.session.id, by=viewer)

    assert await open_sessions(viewer) == {here.session.id}
    with pytest.raises(Unauthenticated):
        await authenticate(there.credential)
    for hidden in (foreign.session.id, there.session.id, uuid4(), None):
        with pytest.raises(SessionNotFound):
            await end(hidden, by=viewer)
    assert await authenticate(foreign.credential)
    assert await open_sessions(ANONYMOUS) == set()
    with pytest.raises(LogInNeeded):
        await end(here.session.id, by=ANONYMOUS)


async def open_sessions(viewer: Viewer) -> set[Any]:
    rows = (await Session.visible_to(viewer).page(PageRequest(100))).rows
    return {seen.row.id for seen in rows if sessions.is_open(seen.row)}


async def test_idle_ended_and_old_sessions_are_not_open():
    _, opened = await member()
    session, now = opened.session, clock.now()

    assert sessions.is_open(session)
    with clock.moved_to(now + IDLE_END + timedelta(minutes=1)):
        assert not sessions.is_open(session)
    session.last_seen_at = now + ABSOLUTE_END
    with clock.moved_to(now + ABSOLUTE_END + timedelta(minutes=1)):
        assert not sessions.is_open(session)


async def test_an_account_has_at_most_so_many_sessions():
    account, first = await member()
    start = clock.now()

    for number in range(1, SESSIONS):
        with clock.moved_to(start + timedelta(seconds=number)):
            await begin(account.id, client=Browser())
    with clock.moved_to(start + timedelta(seconds=SESSIONS)):
        newest = await begin(account.id, client=Browser())

    assert await Session.filter(account_id=account.id, ended_at=None).count() == SESSIONS
    assert await authenticate(newest.credential)
    with pytest.raises(Unauthenticated):
        await authenticate(first.credential)


async def test_all_other_sessions_can_be_ended_at_once():
    account, here = await member()
    others = [await begin(account.id, client=Browser()) for _ in range(3)]

    assert await end_others(by=await authenticate(here.credential)) == 3

    assert await authenticate(here.credential)
    for other in others:
        with pytest.raises(Unauthenticated):
            await authenticate(other.credential)


async def test_a_replaced_key_goes_on_for_requests_under_way_and_then_no_longer():
    _, opened = await member()
    viewer, start = await authenticate(opened.credential), clock.now() + OVERLAP

    with clock.moved_to(start):
        replaced = await rotate(by=viewer)
        assert await authenticate(opened.credential) == viewer
    with clock.moved_to(start + OVERLAP - timedelta(milliseconds=1)):
        assert await authenticate(opened.credential) == viewer
        assert await authenticate(replaced.credential) == viewer


async def test_a_copied_key_ends_the_session_and_its_owner_is_told():
    account, opened = await member()
    viewer, start = await authenticate(opened.credential), clock.now() + OVERLAP
    with clock.moved_to(start):
        replaced = await rotate(by=viewer)
    await db.execute("DELETE FROM avow_pgqueuer")

    with clock.moved_to(start + OVERLAP):
        answers = await asyncio.gather(*(authenticate(opened.credential) for _ in range(5)), return_exceptions=True)
        assert all(isinstance(answer, Unauthenticated) for answer in answers)
        with pytest.raises(Unauthenticated):
            await authenticate(replaced.credential)

    assert (await Session.get(id=opened.session.id)).ended_reason == "KEY_REUSED"
    postbox = Postbox()
    for row in await db.fetch("SELECT entrypoint, payload FROM avow_pgqueuer"):
        await notices.tell(outbox.read(row["entrypoint"], row["payload"]), through=postbox)
    (message,) = postbox.sent
    assert message.facts["event"] == "SESSION_REUSED"
    assert account.id


async def test_of_two_replacements_at_once_one_wins():
    _, opened = await member()
    viewer = await authenticate(opened.credential)

    with clock.moved_to(clock.now() + OVERLAP):
        answers = await asyncio.gather(*(rotate(by=viewer) for _ in range(4)), return_exceptions=True)

        assert sum(isinstance(answer, SessionJustRotated) for answer in answers) == 3
        (winner,) = [answer for answer in answers if isinstance(answer, sessions.Opened)]
        assert await authenticate(winner.credential) == viewer


@pytest.mark.clause("P1.3b")
@pytest.mark.parametrize(
    "client",
    [
        Browser(user_agent_family="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
        Browser(user_agent_family="Firefox 140"),
        Browser(user_agent_family=""),
        Browser(ip_hash=b"192.0.2.17"),
        Browser(ip_hash=b"2001:db8:85a3:8d3:1319:8a2e:370:7348"),
    ],
)
async def test_a_session_that_would_keep_more_than_the_minimum_is_not_begun(client: Browser):
    account, _ = await member()

    with pytest.raises(ValueError, match="A session keeps"):
        await begin(account.id, client=client)

    assert await Session.filter(account_id=account.id).count() == 1


@pytest.mark.clause("P0.1")
async def test_the_kind_of_client_is_recorded_and_changes_nothing():
    account, _ = await member()
    kinds = ["web", "app", "mini-program", "api"]

    opened = [await begin(account.id, client=Browser(kind=kind)) for kind in kinds]
    viewers = [await authenticate(one.credential) for one in opened]

    assert [(await Session.get(id=one.session.id)).client_kind for one in opened] == kinds
    assert viewers == [Viewer(account=account.id, session=one.session.id) for one in opened]


async def token(**other: Any) -> tuple[str, Supplier]:
    supplier = await Supplier.create(**supplier_fields())
    credential = mint(CredentialKind.TOKEN)
    given: dict[str, Any] = {
        "token_hash": fingerprint(credential),
        "partner_id": (await partner_of(supplier)).id,
        "scopes": ["orders:read"],
        "purposes": ["FULFILMENT"],
        "created_at": clock.now(),
        "expires_at": clock.now() + timedelta(days=30),
    }
    await AccessToken.create(**(given | other))
    return credential, supplier


def supplier_fields() -> dict[str, Any]:
    return {"name": "Harbour Goods", "slug": uuid4().hex, "region": "SE", "created_at": clock.now()}


async def test_a_partners_token_says_which_supplier_comes_and_for_what():
    credential, supplier = await token()

    viewer = await authenticate(credential)

    assert (viewer.supplier, viewer.scopes, viewer.account) == (supplier.id, frozenset({"orders:read"}), None)


async def test_an_expired_or_revoked_token_opens_nothing():
    expired, _ = await token(expires_at=clock.now())
    revoked, _ = await token()
    await AccessToken.filter(token_hash=fingerprint(revoked)).update(revoked_at=clock.now())

    for credential in (expired, revoked, mint(CredentialKind.TOKEN)):
        with pytest.raises(Unauthenticated):
            await authenticate(credential)


async def test_the_use_of_a_token_is_noted_at_most_once_a_minute():
    credential, _ = await token()

    with db.counting_statements() as first:
        await authenticate(credential)
    with db.counting_statements() as second:
        await authenticate(credential)

    assert (len(first), len(second)) == (2, 1)


async def test_keys_of_sessions_that_ended_long_ago_are_forgotten():
    account, opened = await member()
    kept = await begin(account.id, client=Browser())
    await end(opened.session.id, by=await authenticate(opened.credential))

    with clock.moved_to(clock.now() + timedelta(days=2)):
        await sessions.forget_spent_keys()

    assert not await SessionToken.exists(session_id=opened.session.id)
    assert await SessionToken.exists(session_id=kept.session.id)


def test_a_client_needs_no_more_than_three_facts():
    sessions.require_minimum(Browser(kind="web", user_agent_family="unknown", ip_hash=b""))
