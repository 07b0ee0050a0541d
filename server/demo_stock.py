"""The stock of the demonstration: some of everything, at one place for each supplier."""

from commerce import stock
from models import clock
from models.database import fetch
from models.stock import StockLocation

OF_EACH = 25


async def fill() -> None:
    """Write a warehouse for every supplier, and put some of each of its variants there."""
    rows = await fetch(
        "SELECT v.id, p.supplier_id FROM product_variant v JOIN product p ON p.id = v.product_id ORDER BY v.id"
    )
    warehouses = {
        supplier: await StockLocation.create(supplier_id=supplier, name="Warehouse", created_at=clock.now())
        for supplier in dict.fromkeys(row["supplier_id"] for row in rows)
    }
    for row in rows:
        await stock.adjust(row["id"], warehouses[row["supplier_id"]].id, by=OF_EACH)
