"""Sessions: where people are signed in, and who comes with a credential."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from tortoise.expressions import Q

from commerce import outbox
from commerce.acceptances import go_on
from commerce.credentials import CredentialKind, fingerprint, kind_of, mint
from commerce.outbox import Event, Topic
from commerce.refusals import Refusal
from models import clock, database
from models.access_tokens import AccessToken, Bearer, token_by
from models.accounts import AccountState
from models.bounds import SESSIONS
from models.database import transaction
from models.sessions import Session, SessionToken
from policy.enforcement import keeps
from policy.partners import PartnerType
from policy.purposes import Purpose
from policy.viewer import StaffRole, Viewer

IDLE_END = timedelta(days=14)
ABSOLUTE_END = timedelta(days=60)
# A replaced key still opens the session for requests that were under way when it was replaced.
OVERLAP = timedelta(seconds=10)
SEEN_PRECISION = timedelta(minutes=1)
# A list that its owner can look through; a further log-in ends the one that was not seen for longest.

_FAMILY = re.compile(r"[A-Za-z][A-Za-z ]{0,31}")
_HASH_BYTES = range(16, 33)


class Client(Protocol):
    """What is known of the program that somebody signs in with."""

    @property
    def kind(self) -> str:
        """Website, app, mini program, ...: recorded, and never asked again (P0.1)."""
        ...

    @property
    def user_agent_family(self) -> str:
        """Such as `Firefox`."""
        ...

    @property
    def ip_hash(self) -> bytes:
        """A keyed hash of the network address; empty where there is none."""
        ...


class Unauthenticated(Exception):
    """A credential that opens nothing; whether it is mistyped, unknown, ended or revoked is not said."""

    def __init__(self) -> None:
        super().__init__("This credential is not valid, or no longer. Log in again.")


class SessionNotFound(Refusal):
    """There is no such session, or it is somebody else's."""

    code = "SESSION_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("You have no such session. List `viewer.sessions` for those that you have.", field=("id",))


class SessionJustRotated(Refusal):
    """The session's key was replaced a moment ago."""

    code = "SESSION_JUST_ROTATED"

    def __init__(self) -> None:
        super().__init__(
            f"The key was replaced a moment ago. Use the newest one, which can be replaced after {OVERLAP.seconds} s."
        )


class LogInNeeded(Refusal):
    """Only somebody who is signed in with a session can do this."""

    code = "LOG_IN_NEEDED"

    def __init__(self) -> None:
        super().__init__("Log in first; this is done from a session of your own.")


@dataclass(frozen=True)
class Opened:
    """A session, and the credential that opens it: shown once, then known to its holder alone."""

    session: Session
    credential: str = field(repr=False)


@keeps("P1.3b", otherwise=None)
def require_minimum(client: Client) -> None:
    """
    Refuse to keep more of a device than its family and a hash of its address (P1.3b).

    Raises:
        ValueError: The family tells a version or a model, or the address is not hashed; the caller is at fault.
    """
    if not _FAMILY.fullmatch(client.user_agent_family):
        raise ValueError(
            "A session keeps the family of the browser or program alone: letters, without version or model."
        )
    if client.ip_hash and len(client.ip_hash) not in _HASH_BYTES:
        raise ValueError("A session keeps a keyed hash of the network address of 16 to 32 bytes, never the address.")


@keeps("P0.1", otherwise="")
def recorded_kind(client: Client) -> str:
    """Tell what kind of client is recorded with a session; nothing that decides on access reads it (P0.1)."""
    return client.kind


async def begin(account_id: UUID, *, client: Client) -> Opened:
    """
    Begin a session of an account, in the current transaction where there is one.

    Args:
        client: What is recorded, so that the person recognises the session.
    """
    require_minimum(client)
    now, credential = clock.now(), mint(CredentialKind.SESSION)
    async with transaction():
        await _end_surplus(account_id)
        session = await Session.create(
            account_id=account_id,
            client_kind=recorded_kind(client),
            user_agent_family=client.user_agent_family,
            ip_hash=client.ip_hash,
            created_at=now,
            last_seen_at=now,
            expires_at=now + ABSOLUTE_END,
        )
        await SessionToken.create(token_hash=fingerprint(credential), session_id=session.id, created_at=now)
    return Opened(session, credential)


async def _end_surplus(account_id: UUID) -> None:
    """Make room for one more session; rows that another log-in just ends are skipped rather than waited for."""
    await database.execute(
        """
        UPDATE session SET ended_at = $2, ended_reason = 'SURPLUS' WHERE id IN (
            SELECT id FROM session WHERE account_id = $1 AND ended_at IS NULL
            ORDER BY last_seen_at DESC, id DESC OFFSET $3 FOR UPDATE SKIP LOCKED)
        """,
        account_id,
        clock.now(),
        SESSIONS - 1,
    )


async def authenticate(credential: str) -> Viewer:
    """
    Tell who comes with a credential.

    Nothing is kept between requests, so an ended session or a revoked token opens nothing from that moment on, on every
    server process. What comes back is the same for every kind of client (P0.1). Whoever comes in person goes on under
    the version of the policy in force (P9.2).

    Raises:
        Unauthenticated: The credential is malformed (told without a query), unknown, ended, expired or revoked.
    """
    match kind_of(credential):
        case CredentialKind.SESSION:
            return await _person(credential)
        case CredentialKind.TOKEN:
            return await _partner(credential)
        case CredentialKind.PROOF:
            return await _third_party(credential)
        case None:
            raise Unauthenticated


async def _person(credential: str) -> Viewer:
    now = clock.now()
    found = await database.fetch(
        """
        SELECT k.rotated_at, s.id, s.account_id, s.last_seen_at, s.client_kind, f.role,
            f.trained_until > $2 AS is_trained, a.agreed_version,
            (SELECT v.version FROM policy_version v WHERE v.state = 'ANNOUNCED' AND v.effective_at <= $2
                ORDER BY v.effective_at DESC, v.version DESC LIMIT 1) AS in_force
        FROM session_token k
        JOIN session s ON s.id = k.session_id
        JOIN account a ON a.id = s.account_id
        LEFT JOIN staff f ON f.account_id = a.id
        WHERE k.token_hash = $1 AND s.ended_at IS NULL AND s.expires_at > $2 AND s.last_seen_at > $3 AND a.state <> $4
        """,
        fingerprint(credential),
        now,
        now - IDLE_END,
        AccountState.CANCELLED.value,
    )
    if not found:
        raise Unauthenticated
    row = found[0]
    if row["rotated_at"] is not None and row["rotated_at"] <= now - OVERLAP:
        await _end_copied(row["id"], account_id=row["account_id"])
        raise Unauthenticated
    if row["last_seen_at"] <= now - SEEN_PRECISION:
        await Session.filter(id=row["id"], last_seen_at__lte=now - SEEN_PRECISION).update(last_seen_at=now)
    await go_on(row["account_id"], row["agreed_version"], row["in_force"], client_kind=row["client_kind"])
    return in_person(row["account_id"], row["role"], is_trained=bool(row["is_trained"]), session=row["id"])


def in_person(account: UUID, role: str | None, *, is_trained: bool, session: UUID | None = None) -> Viewer:
    """
    Say who somebody with an account is to the shop.

    Args:
        role: What they are there to do, if they work for the platform.
        is_trained: Whether their privacy training holds.
        session: By which they came, if they did.
    """
    return Viewer(
        account=account, staff=None if role is None else StaffRole(role), is_trained=is_trained, session=session
    )


async def _partner(credential: str) -> Viewer:
    now = clock.now()
    token = await token_by(fingerprint(credential), now=now)
    if token is None:
        raise Unauthenticated
    if token.last_used_at is None or token.last_used_at <= now - SEEN_PRECISION:
        not_yet_noted = Q(last_used_at=None) | Q(last_used_at__lte=now - SEEN_PRECISION)
        await AccessToken.filter(not_yet_noted, id=token.id).update(last_used_at=now)
    return with_token(token.bearer, token.scopes, token.purposes, is_delegated=token.is_delegated, session=token.id)


def with_token(
    bearer: Bearer,
    scopes: frozenset[str],
    purposes: frozenset[str],
    *,
    is_delegated: bool,
    session: UUID | None = None,
) -> Viewer:
    """
    Say who a partner is to the shop that comes with a token.

    Args:
        purposes: The names of those that the token was made for.
        is_delegated: Whether the partner made it for a subcontractor.
        session: The token, if there is one.
    """
    return Viewer(
        supplier=bearer.supplier,
        partner=bearer.partner,
        partner_type=PartnerType[bearer.kind],
        scopes=scopes,
        session=session,
        is_delegated=is_delegated,
        is_in_standing=bearer.is_in_standing,
        purposes=granted(purposes, bearer),
        region=bearer.region,
    )


@keeps("P4.4", otherwise=None)
def granted(made_for: frozenset[str], bearer: Bearer) -> frozenset[Purpose]:
    """Tell for what a token may be used: what it was made for, as far as its partner's agreement says so (P4.4)."""
    return frozenset(Purpose[name] for name in made_for & bearer.agreed)


async def _third_party(credential: str) -> Viewer:
    found = await database.fetch(
        "SELECT id FROM third_party_proof WHERE token_hash = $1 AND expires_at > $2",
        fingerprint(credential),
        clock.now(),
    )
    if not found:
        raise Unauthenticated
    return Viewer(proof=found[0]["id"])


async def _end_copied(session_id: UUID, *, account_id: UUID) -> None:
    now = clock.now()
    async with transaction():
        ended = await Session.filter(id=session_id, ended_at=None).update(ended_at=now, ended_reason="KEY_REUSED")
        if ended:
            await outbox.enqueue(Event(Topic.SESSION_REUSED, {"account": account_id, "at": now}))


async def rotate(*, by: Viewer) -> Opened:
    """
    Replace the key of the viewer's session.

    The replaced one goes on for the requests that are under way; used later, it must have been copied: the session is
    ended, and its owner is told.

    Raises:
        LogInNeeded: The viewer did not come by a session.
        SessionJustRotated: Another request was faster; two at once never both get a key.
    """
    session_id = _own_session(by)
    now, credential = clock.now(), mint(CredentialKind.SESSION)
    async with transaction():
        replaced = await SessionToken.filter(
            session_id=session_id, rotated_at=None, created_at__lte=now - OVERLAP
        ).update(rotated_at=now)
        if not replaced:
            raise SessionJustRotated
        await SessionToken.create(token_hash=fingerprint(credential), session_id=session_id, created_at=now)
        session = await Session.get(id=session_id)
    return Opened(session, credential)


OPEN_BY = ("ended_at", "expires_at", "last_seen_at")
"""The columns that `is_open` looks at."""


def is_open(session: Session) -> bool:
    """Tell whether a session still opens anything: it was neither ended nor idle for too long, nor is it too old."""
    now = clock.now()
    return session.ended_at is None and session.expires_at > now and session.last_seen_at > now - IDLE_END


async def end(session_id: UUID | None, *, by: Viewer) -> UUID:
    """
    End one of the viewer's sessions, which may be the one they came by.

    Returns:
        Its id.

    Raises:
        SessionNotFound: There is none, it is somebody else's, or it has ended already.
    """
    _own_session(by)
    if session_id is None:
        raise SessionNotFound
    ended = await Session.filter(id=session_id, account_id=by.account, ended_at=None).update(
        ended_at=clock.now(), ended_reason="ENDED_BY_OWNER"
    )
    if not ended:
        raise SessionNotFound
    return session_id


async def end_others(*, by: Viewer, reason: str = "ENDED_BY_OWNER") -> int:
    """End all sessions of the viewer but the one they came by; returns how many there were."""
    own = _own_session(by)
    return (
        await Session.filter(account_id=by.account, ended_at=None)
        .exclude(id=own)
        .update(ended_at=clock.now(), ended_reason=reason)
    )


async def forget_spent_keys() -> None:
    """Delete the keys of sessions that ended so long ago that nobody waits to be told of a copy."""
    await database.execute(
        """
        DELETE FROM session_token k USING session s
        WHERE s.id = k.session_id AND (s.ended_at < $1 OR s.expires_at < $1 OR s.last_seen_at < $2)
        """,
        clock.now() - timedelta(days=1),
        clock.now() - IDLE_END - timedelta(days=1),
    )


def _own_session(viewer: Viewer) -> UUID:
    if viewer.account is None or viewer.session is None:
        raise LogInNeeded
    return viewer.session
