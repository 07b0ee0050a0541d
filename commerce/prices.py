"""What things cost now: by quantity, and only while they are sold."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from models import clock
from models.database import fetch
from models.money import Money


@dataclass(frozen=True, slots=True)
class Offer:
    """A variant as it is sold now, at the price for some quantity."""

    variant_id: UUID
    supplier_id: UUID
    sku: str
    title: str
    unit_price: Money


async def offers(wanted: Sequence[tuple[UUID, int]]) -> list[Offer | None]:
    """
    Look up what variants cost, each at the price tier of its quantity.

    Args:
        wanted: Variants with quantities.

    Returns:
        An offer for each, in their order; None for what is not sold now.
    """
    rows = await fetch(
        """SELECT w.place, v.id, p.supplier_id, v.sku, p.title, v.currency, v.option_values,
            coalesce(tier.price_minor, v.price_minor) AS price_minor
        FROM unnest($1::uuid[], $2::int[]) WITH ORDINALITY AS w(variant_id, quantity, place)
        JOIN product_variant v ON v.id = w.variant_id
        JOIN product p ON p.id = v.product_id AND p.status = 'ACTIVE' AND p.published_at <= $3
        LEFT JOIN LATERAL (SELECT t.price_minor FROM price_tier t
            WHERE t.variant_id = v.id AND t.minimum_quantity <= w.quantity AND t.currency = v.currency
            ORDER BY t.minimum_quantity DESC LIMIT 1) tier ON TRUE""",
        [variant for variant, _ in wanted],
        [quantity for _, quantity in wanted],
        clock.now(),
    )
    found = {
        row["place"]: Offer(
            row["id"],
            row["supplier_id"],
            row["sku"],
            _title(row["title"], row["option_values"]),
            Money(row["price_minor"], row["currency"]),
        )
        for row in rows
    }
    return [found.get(place) for place in range(1, len(wanted) + 1)]


def _title(product: str, options: Sequence[str]) -> str:
    return f"{product}, {' / '.join(options)}"[:255] if options else product
