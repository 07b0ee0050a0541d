"""Reads behind the supplier fields."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from models.suppliers import Supplier
from policy.seen import Seen
from policy.viewer import Case, Viewer

# Suppliers are companies: their public facts are about no person, and any case decides them alike.
_NOBODY = Case.nobody()


async def suppliers_by_id(viewer: Viewer, ids: Sequence[UUID]) -> dict[UUID, list[Seen[Any]]]:
    """Find suppliers; they are public."""
    return {row.id: [Seen(row, _NOBODY)] for row in await Supplier.filter(id__in=list(dict.fromkeys(ids)))}


async def suppliers_of(lines: Sequence[Seen[Any]], viewer: Viewer) -> list[Seen[Supplier]]:
    """Find the supplier of each line."""
    found = await suppliers_by_id(viewer, [line.row.supplier_id for line in lines])
    return [found[line.row.supplier_id][0] for line in lines]
