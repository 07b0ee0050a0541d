"""Marks of orders, by which whoever shows one notices that it has changed."""

from collections.abc import Sequence

from models import database

# The transaction that wrote a row last is another one after each change, whoever makes it.
_MARKS = """
    SELECT o.number, md5(ROW(
        o.xmin,
        (SELECT r.xmin FROM recipient r WHERE r.id = o.recipient_id),
        (SELECT array_agg(l.xmin ORDER BY l.id) FROM order_line l WHERE l.order_id = o.id),
        (SELECT array_agg(f.xmin ORDER BY f.id) FROM fulfillment_order f WHERE f.order_id = o.id),
        (SELECT array_agg(s.xmin ORDER BY s.id) FROM shipment s WHERE s.order_id = o.id),
        (SELECT array_agg(e.xmin ORDER BY e.id) FROM shipment s JOIN tracking_event e ON e.shipment_id = s.id
            WHERE s.order_id = o.id),
        (SELECT array_agg(a.xmin ORDER BY a.id) FROM order_anomaly a WHERE a.order_id = o.id)
    )::text) AS mark
    FROM "order" o WHERE o.number = ANY($1::text[])
"""


async def marks_of(numbers: Sequence[str]) -> dict[str, str]:
    """
    Give the marks of orders by their numbers: each is another one once the order or anything of it was written.

    For nobody in particular, so a mark is never shown, nor anything because of one alone.
    """
    return {row["number"]: row["mark"] for row in await database.fetch(_MARKS, list(numbers))}
