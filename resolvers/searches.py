"""Reads and writes behind what was searched for."""

from collections.abc import Sequence
from dataclasses import dataclass

from commerce import searches
from commerce.sessions import Client
from models.accounts import Account
from models.bounds import UNLINKED_SEARCHES
from models.searches import Search, UnlinkedSearch
from policy.refused import Refused
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.outcomes import outcome
from resolvers.pages import Page, cursor_context, page_request


def noted(viewer: Viewer, words: str, client: Client) -> None:
    """Note that somebody searched, for it to be written when the answer is on its way."""
    searches.note(words, by=viewer, client=client)


@dataclass(frozen=True, slots=True, eq=False)
class WantedSearches:
    """
    How many searches are wanted.

    INVARIANT (no two alike): as with sightings of devices, each field gets a list of its own in an order of its own.
    """

    size: int


def wanted(first: int) -> WantedSearches:
    """
    Check what a client asks for.

    Raises:
        Refused: `BAD_PAGE` for a size out of bounds.
    """
    if not 1 <= first <= UNLINKED_SEARCHES:
        raise Refused("BAD_PAGE", f"Ask for 1 to {UNLINKED_SEARCHES} searches.")
    return WantedSearches(first)


async def unlinked_of(parents: Sequence[WantedSearches], viewer: Viewer) -> list[list[Seen[UnlinkedSearch]]]:
    """Draw for each field a list of its own, in an order of its own."""
    return [await UnlinkedSearch.visible_to(viewer).sample(parent.size) for parent in parents]


async def searches_of(
    users: Sequence[Seen[Account]],
    viewer: Viewer,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> list[Page]:
    """List what each person searched for, the newest first."""
    context = cursor_context("searches of an account", viewer)
    rows = Search.visible_to(viewer)
    keys = [user.row.id for user in users]
    found = await rows.pages(
        "account_id", keys, page_request(context, first=first, after=after, last=last, before=before)
    )
    return [Page(found[key], context, rows, ("account_id", key)) for key in keys]


@outcome
async def searches_clear(viewer: Viewer) -> Seen[Account] | None:
    """Delete what the viewer searched for, and read the account."""
    account = await searches.clear(by=viewer)
    return await Account.visible_to(viewer).where(id=account).one()
