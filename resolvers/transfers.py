"""Reads behind the register of transfers, and where accounts are stored."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from models import deployment
from models.accounts import Account
from models.ids import public_id
from models.transfers import Transfer
from policy.enforcement import keeps
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.nodes import audience_of
from resolvers.pages import NO_PARENT, Page, cursor_context, page_request


async def transfers_visible_to(
    viewer: Viewer,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> Page:
    """List all transfers that a viewer may know of, the newest first."""
    context = cursor_context("transfers", viewer)
    wanted = page_request(context, first=first, after=after, last=last, before=before)
    rows = Transfer.visible_to(viewer)
    return Page(await rows.page(wanted), context, rows)


async def transfers_of(
    users: Sequence[Seen[Account]],
    viewer: Viewer,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> list[Page]:
    """List the transfers of each account's data."""
    keys = [user.row.id for user in users]
    return await _pages(keys, viewer, first=first, after=after, last=last, before=before)


async def own_transfers(
    viewers: Sequence[Viewer],
    viewer: Viewer,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> list[Page]:
    """List the transfers of each viewer's own data."""
    keys = [asking.person or NO_PARENT for asking in viewers]
    return await _pages(keys, viewer, first=first, after=after, last=last, before=before)


async def _pages(keys: Sequence[UUID], viewer: Viewer, **asked: Any) -> list[Page]:
    context = cursor_context("transfers of an account", viewer)
    rows = Transfer.visible_to(viewer)
    found = await rows.pages("account_id", keys, page_request(context, **asked))
    return [Page(found[key], context, rows, ("account_id", key)) for key in keys]


async def suppliers_of(transfers: Sequence[Seen[Transfer]], viewer: Viewer) -> list[str | None]:
    """Tell the id of the supplier that data went to."""
    keys = [transfer.row.supplier_id for transfer in transfers]
    return [public_id("Supplier", key, audience_of(viewer)) if key is not None else None for key in keys]


async def partners_of(transfers: Sequence[Seen[Transfer]], viewer: Viewer) -> list[str | None]:
    """Tell the id of the partner that data went to."""
    keys = [transfer.row.partner_id for transfer in transfers]
    return [public_id("Partner", key, audience_of(viewer)) if key is not None else None for key in keys]


async def orders_of(transfers: Sequence[Seen[Transfer]], viewer: Viewer) -> list[str | None]:
    """Tell the id of the order that data went with."""
    keys = [transfer.row.order_id for transfer in transfers]
    return [public_id("Order", key, audience_of(viewer)) if key is not None else None for key in keys]


async def storage_regions_of(users: Sequence[Seen[Account]], viewer: Viewer) -> list[str | None]:
    """Tell where each account is stored."""
    return [shown_region()] * len(users)


@keeps("P8.2", otherwise=None)
def shown_region() -> str | None:
    """Tell people where what is held of them is stored (P8.2)."""
    return deployment.region()
