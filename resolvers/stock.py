"""Reads behind the stock fields of variants: public, because they are about nobody."""

from collections.abc import Sequence

from commerce.stock import available
from models.products import ProductVariant
from policy.seen import Seen
from policy.viewer import Viewer


async def available_of(parents: Sequence[Seen[ProductVariant]], viewer: Viewer) -> list[int]:
    """Tell how many of each can be bought now."""
    found = await available([parent.row.id for parent in parents])
    return [found[parent.row.id] for parent in parents]


async def in_stock_of(parents: Sequence[Seen[ProductVariant]], viewer: Viewer) -> list[bool]:
    """Tell of each whether one can be bought now."""
    return [count > 0 for count in await available_of(parents, viewer)]
