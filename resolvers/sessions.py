"""Reads and writes behind the session fields: signing in and out, and where somebody is signed in."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from commerce import accounts, sessions
from commerce.sessions import Client, Opened
from models.accounts import Account
from models.carts import Cart
from models.ids import public_id
from models.sessions import Session
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.nodes import audience_of, row_id
from resolvers.outcomes import outcome


@dataclass(frozen=True, slots=True)
class SignedIn:
    """
    Who has just signed in, and with what.

    Args:
        viewer: Who they are from now on.
        account: Their account, as they see it; None for staff, who have no account in person.
        session: Their session, as they see it.
        credential: What opens it.
        cart: Their cart, where a guest's was put into it.
    """

    viewer: Viewer
    account: Seen[Account] | None
    session: Seen[Session] | None
    credential: str = field(repr=False)
    cart: Seen[Cart] | None = None


async def signed_in(opened: Opened) -> SignedIn:
    """Read a session that has just been opened as the one whom it was opened for."""
    viewer = await sessions.authenticate(opened.credential)
    account = None if viewer.person is None else await Account.visible_to(viewer).where(id=viewer.person).one()
    session = await Session.visible_to(viewer).where(id=viewer.session).one()
    return SignedIn(viewer, account, session, opened.credential)


@outcome
async def login(address: str, password: str, *, country: str | None = None, client: Client) -> SignedIn:
    """Sign somebody in; a phone number without a country code is one of `country`."""
    _, opened = await accounts.log_in(address, password, country=country, client=client)
    return await signed_in(opened)


@outcome
async def logout(viewer: Viewer) -> str:
    """End the session that the viewer came by, and tell its id."""
    return public_id("Session", await accounts.log_out(by=viewer), audience_of(viewer))


@outcome
async def session_end(viewer: Viewer, session_id: str) -> str:
    """End one of the viewer's sessions, and tell its id."""
    ended = await sessions.end(row_id(session_id, "Session", viewer), by=viewer)
    return public_id("Session", ended, audience_of(viewer))


def is_own(viewer: Viewer, session_id: str) -> bool:
    """Tell whether an id is that of the session by which the viewer came."""
    return viewer.session is not None and row_id(session_id, "Session", viewer) == viewer.session


@outcome
async def session_end_others(viewer: Viewer) -> int:
    """End all sessions of the viewer but the one they came by, and tell how many there were."""
    return await sessions.end_others(by=viewer)


@outcome
async def session_rotate(viewer: Viewer) -> SignedIn:
    """Replace the key of the viewer's session."""
    return await signed_in(await sessions.rotate(by=viewer))


async def sessions_of(viewers: Sequence[Viewer], viewer: Viewer) -> list[list[Seen[Session]]]:
    """Read where each viewer is signed in, the session seen last first."""
    persons = [asking.person for asking in viewers if asking.person is not None]
    rows = Session.visible_to(viewer).looking_at(*sessions.OPEN_BY)
    found = await rows.by("account_id", persons, order="last_seen_at")
    return [
        [seen for seen in reversed(found[asking.person]) if sessions.is_open(seen.row)] if asking.person else []
        for asking in viewers
    ]


async def currents_of(parents: Sequence[Seen[Session]], viewer: Viewer) -> list[bool]:
    """Tell of each session whether the viewer came by it."""
    return [parent.row.id == viewer.session for parent in parents]
