"""Reads and writes behind the ledger of disclosures."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from commerce import disclosures
from models.accounts import Account
from models.disclosures import Disclosure
from models.ids import public_id
from policy.seen import Seen
from policy.viewer import StaffRole, Viewer
from resolvers.nodes import audience_of
from resolvers.pages import NO_PARENT, Page, cursor_context, page_request

_STAFF = frozenset(role.name for role in StaffRole)


async def disclosures_visible_to(
    viewer: Viewer,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> Page:
    """List all disclosures that a viewer may know of, the newest first."""
    context = cursor_context("disclosures", viewer)
    wanted = page_request(context, first=first, after=after, last=last, before=before)
    rows = Disclosure.visible_to(viewer)
    return Page(await rows.page(wanted), context, rows)


async def disclosures_of(
    users: Sequence[Seen[Account]],
    viewer: Viewer,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> list[Page]:
    """List the disclosures of each account's data."""
    keys = [user.row.id for user in users]
    return await _pages(keys, viewer, first=first, after=after, last=last, before=before)


async def own_disclosures(
    viewers: Sequence[Viewer],
    viewer: Viewer,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> list[Page]:
    """List the disclosures of each viewer's own data."""
    keys = [asking.person or NO_PARENT for asking in viewers]
    return await _pages(keys, viewer, first=first, after=after, last=last, before=before)


async def _pages(keys: Sequence[UUID], viewer: Viewer, **asked: Any) -> list[Page]:
    context = cursor_context("disclosures of an account", viewer)
    rows = Disclosure.visible_to(viewer)
    found = await rows.pages("account_id", keys, page_request(context, **asked))
    return [Page(found[key], context, rows, ("account_id", key)) for key in keys]


def _ids(type_name: str, column: str) -> Any:
    async def ids(rows: Sequence[Seen[Disclosure]], viewer: Viewer) -> list[str | None]:
        keys = [getattr(seen.row, column) for seen in rows]
        return [public_id(type_name, key, audience_of(viewer)) if key is not None else None for key in keys]

    return ids


suppliers_of = _ids("Supplier", "supplier_id")
partners_of = _ids("Partner", "partner_id")
orders_of = _ids("Order", "order_id")
grounds_of = _ids("LegalGround", "ground_id")


async def staff_of(rows: Sequence[Seen[Disclosure]], viewer: Viewer) -> list[str | None]:
    """Tell members of staff apart without a name, as in the journal of what they do."""
    return [
        public_id("Staff", seen.row.viewer_account_id, audience_of(viewer))
        if seen.row.viewer_account_id is not None and seen.row.party in _STAFF
        else None
        for seen in rows
    ]


async def note(context: Any, operation: str | None) -> None:
    """Put on record what an operation shows of others."""
    await disclosures.note(context.disclosures.shown, by=context.viewer, operation=operation)
