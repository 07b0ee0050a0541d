"""Reads and writes behind the tokens of partners."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from commerce import access_tokens
from commerce.access_tokens import Issued, Wanted
from commerce.idempotency import BadIdempotencyKey, IdempotencyConflict
from models.access_tokens import AccessToken
from models.rows import NEWEST_FIRST
from policy.purposes import Purpose
from policy.refused import Refused
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.nodes import row_id
from resolvers.outcomes import Outcome, outcome
from resolvers.pages import Page, cursor_context, page_request


@dataclass(frozen=True, slots=True)
class Minted:
    """A token that was made, as whoever made it sees it, and what opens it: shown this once."""

    token: Seen[AccessToken] | None
    credential: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenToken:
    """What a token is to be for, as a client writes it."""

    scopes: Sequence[str]
    purposes: Sequence[Purpose]
    expires_at: datetime
    key: str

    def wanted(self) -> Wanted:
        """Read it."""
        return Wanted(frozenset(self.scopes), frozenset(self.purposes), self.expires_at, self.key)


async def tokens_visible_to(
    viewer: Viewer, *, first: int | None, after: str | None, last: int | None, before: str | None
) -> Page:
    """List the tokens that a viewer may know of, the newest first."""
    context = cursor_context("access tokens", viewer)
    wanted = page_request(context, first=first, after=after, last=last, before=before)
    rows = AccessToken.visible_to(viewer).by_sort(NEWEST_FIRST)
    return Page(await rows.page(wanted), context, rows)


async def create(viewer: Viewer, partner: str, given: GivenToken) -> Outcome:
    """
    Make a token for a partner.

    Raises:
        Refused: `IDEMPOTENCY_CONFLICT`, or `BAD_IDEMPOTENCY_KEY`.
    """
    key = row_id(partner, "Partner", viewer)
    return await _minted(viewer, lambda: access_tokens.create(key, given.wanted(), by=viewer))


async def delegate(viewer: Viewer, parent: str | None, subcontractor: str, given: GivenToken) -> Outcome:
    """
    Make a token for a partner's subcontractor, by the token that the viewer came by unless another is named.

    Raises:
        Refused: `IDEMPOTENCY_CONFLICT`, or `BAD_IDEMPOTENCY_KEY`.
    """
    own = viewer.session if viewer.is_partner else None
    key = row_id(parent, "AccessToken", viewer) if parent is not None else own
    return await _minted(viewer, lambda: access_tokens.delegate(key, subcontractor, given.wanted(), by=viewer))


@outcome
async def revoke(viewer: Viewer, token: str) -> Seen[AccessToken] | None:
    """End a token."""
    return await _read(await access_tokens.revoke(row_id(token, "AccessToken", viewer), by=viewer), viewer)


async def _minted(viewer: Viewer, action: Callable[[], Awaitable[Issued]]) -> Outcome:
    @outcome
    async def act() -> Minted:
        issued = await action()
        return Minted(await _read(issued.id, viewer), issued.credential)

    try:
        return await act()
    except IdempotencyConflict as conflict:
        raise Refused("IDEMPOTENCY_CONFLICT", str(conflict)) from None
    except BadIdempotencyKey as bad:
        raise Refused("BAD_IDEMPOTENCY_KEY", str(bad)) from None


async def _read(token_id: UUID, viewer: Viewer) -> Seen[AccessToken] | None:
    return await AccessToken.visible_to(viewer).where(id=token_id).one()
