"""Puts what is sold into the shop, with its stock, before anything is measured."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from benchmarks.retail import CURRENCY, Bought, Sale
from commerce import stock
from commerce.product_csv import ParsedProduct, ParsedVariant, RefusedLine
from commerce.product_import import ProductImport
from models import clock
from models.database import fetch
from models.ids import public_id
from models.money import Money
from models.products import ProductStatus
from models.stock import StockLocation
from server.demo_partners import sandbox
from server.demo_rows import add_policy_version

VENDOR = "Online Retail"
SPARE = 10
"""How many more of each there are than will be sold."""

Shelf = dict[tuple[str, int], str]
"""The public id of the variant of a stock code at a price."""


class NotTaken(Exception):
    """The catalogue did not take a product."""


async def fill(sales: Sequence[Sale]) -> Shelf:
    """
    Write a product for each stock code, with a variant for each price at which it was sold (docs/decisions/0081).

    Raises:
        NotTaken: The import refuses a product.
    """
    await add_policy_version()
    # Where the goods come from, so that a sale abroad is a dealing of the buyer's own with that place (P8.1).
    await sandbox("GB")
    sold = Counter[tuple[str, int]]()
    titles: dict[str, str] = {}
    for sale in sales:
        for line in sale.bought:
            sold[line.stock_code, line.price_minor] += line.quantity
            titles.setdefault(line.stock_code, line.title)
    refused: list[RefusedLine] = []
    taking = ProductImport(region="GB", refuse=refused.append)
    await taking.take(
        _product(place, code, title, sorted(price for other, price in sold if other == code))
        for place, (code, title) in enumerate(titles.items(), start=1)
    )
    if refused:
        raise NotTaken(f"The catalogue refuses a product: {refused[0].reason}.")
    (supplier,) = await fetch("SELECT id FROM supplier WHERE name = $1", VENDOR)
    location = await StockLocation.create(supplier_id=supplier["id"], name="Warehouse", created_at=clock.now())
    shelf: Shelf = {}
    for row in await fetch("SELECT id, sku, price_minor FROM product_variant ORDER BY id"):
        variant: UUID = row["id"]
        key: tuple[str, int] = (row["sku"], row["price_minor"])
        await stock.adjust(variant, location.id, by=sold[key] + SPARE)
        shelf[key] = public_id("ProductVariant", variant)
    return shelf


def _product(place: int, code: str, title: str, prices: Sequence[int]) -> ParsedProduct:
    # Stock codes differ in upper and lower case alone, so the number is what makes the handle one.
    return ParsedProduct(
        line=place,
        handle=f"item-{place}",
        title=title,
        description="",
        vendor=VENDOR,
        product_type="",
        tags=[],
        status=ProductStatus.ACTIVE,
        is_published=True,
        currency=CURRENCY,
        options=["Price"] if len(prices) > 1 else [],
        attributes={},
        variants=[
            ParsedVariant(
                option_values=[str(Money(price, CURRENCY).amount)] if len(prices) > 1 else [],
                sku=code,
                price_minor=price,
                compare_at_minor=None,
                weight_grams=None,
                barcode="",
            )
            for price in prices
        ],
    )


def quantities(bought: Sequence[Bought]) -> dict[tuple[str, int], int]:
    """Add up the lines of a sale that are of the same variant, as a cart does."""
    found = Counter[tuple[str, int]]()
    for line in bought:
        found[line.stock_code, line.price_minor] += line.quantity
    return found
