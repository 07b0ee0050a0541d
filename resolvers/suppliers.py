"""Reads behind the supplier fields."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from models.catalogue import BY_NAME
from models.suppliers import Supplier
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.pages import Page, page_request, public_context


async def suppliers_by_id(viewer: Viewer, ids: Sequence[UUID]) -> dict[UUID, list[Seen[Any]]]:
    """Find suppliers; they are public."""
    return await Supplier.rows(viewer).by("id", ids)


async def supplier_by_slug(viewer: Viewer, slug: str) -> Seen[Supplier] | None:
    """Find a supplier by what it is called in addresses."""
    return await Supplier.rows(viewer).where(slug=slug).one()


async def all_suppliers(
    viewer: Viewer, *, first: int | None, after: str | None, last: int | None, before: str | None
) -> Page:
    """List the suppliers by their names."""
    rows = Supplier.rows(viewer).by_sort(BY_NAME)
    context = public_context("suppliers", BY_NAME)
    wanted = page_request(context, first=first, after=after, last=last, before=before)
    return Page(await rows.page(wanted), context, rows)


async def suppliers_of(lines: Sequence[Seen[Any]], viewer: Viewer) -> list[Seen[Supplier]]:
    """Find the supplier of each line."""
    found = await suppliers_by_id(viewer, [line.row.supplier_id for line in lines])
    return [found[line.row.supplier_id][0] for line in lines]
