"""Reads and writes behind the notices that partners get when somebody whom they were shown objects."""

from collections.abc import Sequence
from typing import Any

from commerce import objections
from models.third_parties import ObjectionNotice
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.nodes import row_id
from resolvers.outcomes import outcome
from resolvers.pages import Page, cursor_context, page_request
from resolvers.suppliers import suppliers_by_id


async def notices_visible_to(
    viewer: Viewer, *, first: int | None, after: str | None, last: int | None, before: str | None
) -> Page:
    """List all notices that the viewer may know of, the newest first."""
    context = cursor_context("objection notices", viewer)
    rows = ObjectionNotice.visible_to(viewer)
    wanted = page_request(context, first=first, after=after, last=last, before=before)
    return Page(await rows.page(wanted), context, rows)


async def suppliers_told(rows: Sequence[Seen[ObjectionNotice]], viewer: Viewer) -> list[Any]:
    """Find the supplier whom each notice tells; None where it is another partner."""
    keys = [seen.row.supplier_id for seen in rows]
    found = await suppliers_by_id(viewer, [key for key in keys if key is not None])
    return [found[key][0] if key is not None else None for key in keys]


@outcome
async def objection_notice_acknowledge(viewer: Viewer, notice_id: str) -> Seen[ObjectionNotice] | None:
    """Note that a partner deleted what it had, and read the notice again."""
    noted = await objections.acknowledge(row_id(notice_id, "ObjectionNotice", viewer), by=viewer)
    return await ObjectionNotice.visible_to(viewer).where(id=noted).one()
