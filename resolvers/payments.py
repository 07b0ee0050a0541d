"""Reads behind payments."""

from collections.abc import Sequence

from models import rounds
from models.arrays import of_keys
from models.payments import Payment
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.pages import Page, cursor_context, page_request


async def visible_to(
    viewer: Viewer, *, first: int | None, after: str | None, last: int | None, before: str | None
) -> Page:
    """List all payments that a viewer may know of, the newest first."""
    context = cursor_context("payments", viewer)
    wanted = page_request(context, first=first, after=after, last=last, before=before)
    rows = Payment.visible_to(viewer)
    return Page(await rows.page(wanted), context, rows)


async def numbers_of(parents: Sequence[Seen[Payment]], viewer: Viewer) -> list[str]:
    """Tell the number of the order that each is for."""
    orders = of_keys(parent.row.order_id for parent in parents)
    numbers = dict(await rounds.read('SELECT id, number FROM "order" WHERE id = ANY($1)', orders))
    return [numbers[parent.row.order_id] for parent in parents]
