"""What an import ties products to: stock through the journal, categories that exist, and variants that a file drops."""

import secrets
from uuid import UUID

import pytest

from commerce import categories, stock
from commerce.import_links import PLACE
from commerce.prices import LARGEST_PRICE
from commerce.product_csv import RefusedLine, products_in
from commerce.product_import import ProductImport, Report
from models.database import transaction
from models.ids import new_id
from models.products import Product, ProductVariant
from models.stock import InventoryLevel, StockLocation, StockMovement, StockReason
from tests.commerce.goods import journal_differs
from tests.commerce.test_audit import operator
from tests.commerce.test_product_csv import HEADER, first, read, row

pytestmark = pytest.mark.usefixtures("database")


async def run(*rows: str) -> tuple[Report, list[str]]:
    """Import a file of these rows, and give what was remarked."""
    remarks: list[RefusedLine] = []
    refused: list[RefusedLine] = []
    products = ProductImport(region="DE", refuse=refused.append, remark=remarks.append)
    await products.take(products_in([f"{text}\n" for text in (HEADER, *rows)], currency="EUR"))
    assert refused == []
    return products.report, [f"{each.line}: {each.reason}" for each in remarks]


async def on_hand(handle: str) -> list[int]:
    """Tell what is on hand of each variant of a product."""
    levels = await InventoryLevel.filter(variant__product__handle=handle).order_by("variant__position")
    return [level.on_hand for level in levels]


def sized(mark: str, *sizes: tuple[str, str], price: str = "10") -> list[str]:
    """A product with sizes, each with how many there are."""
    head = {"Vendor": f"Maker {mark}", "Option1_Name": "Size", "Variant_Price": price}
    (size, quantity), *rest = sizes
    return [
        first(mark, **head, Option1_Value=size, Variant_Inventory_Qty=quantity),
        *(row(Handle=mark, Option1_Value=s, Variant_Price=price, Variant_Inventory_Qty=q) for s, q in rest),
    ]


async def variant(mark: str, size: str) -> UUID:
    return (await ProductVariant.get(product__handle=mark, option_values=[size])).id


async def test_the_quantities_of_a_file_fill_the_stock_once_through_the_journal() -> None:
    mark = secrets.token_hex(4)
    rows = sized(mark, ("S", "3"), ("M", "0"), ("L", "-2"), ("XL", ""))

    one, remarks = await run(*rows)
    two, _ = await run(*rows)

    assert (one.taken, two.unchanged, remarks) == (1, 1, [])
    # Nothing was said of the last, so nothing is known of it; below zero is sold and not there.
    assert await on_hand(mark) == [3, 0, 0]
    place = await StockLocation.get(name=PLACE, supplier__name=f"Maker {mark}")
    movements = await StockMovement.filter(level__location_id=place.id)
    assert [(each.on_hand_change, each.reason) for each in movements] == [(3, StockReason.IMPORTED)]
    assert await journal_differs() == 0


async def test_what_a_changed_file_says_is_added_to_what_was_sold_since() -> None:
    mark = secrets.token_hex(4)
    await run(*sized(mark, ("S", "10"), ("L", "5")))
    small, place = await variant(mark, "S"), await StockLocation.get(supplier__name=f"Maker {mark}")
    await stock.adjust(small, place.id, by=-4)

    priced, _ = await run(*sized(mark, ("S", "10"), ("L", "5"), price="11"))
    kept = await on_hand(mark)
    delivered, _ = await run(*sized(mark, ("S", "12"), ("L", "1"), price="11"))

    assert (priced.changed, delivered.changed) == (1, 1)
    assert kept == [6, 5]
    assert await on_hand(mark) == [8, 1]
    assert await journal_differs() == 0


async def test_what_is_promised_stays_and_is_remarked() -> None:
    mark = secrets.token_hex(4)
    await run(*sized(mark, ("S", "10")))
    async with transaction():
        await stock.reserve({await variant(mark, "S"): 7}, order_id=new_id())

    report, remarks = await run(*sized(mark, ("S", "2")))

    assert (report.promised, await on_hand(mark)) == (1, [7])
    assert remarks == ["2: more of the variant `S` are promised to orders than the file leaves; these stay"]
    again, _ = await run(*sized(mark, ("S", "2"), price="11"))
    assert (again.promised, await on_hand(mark)) == (0, [7])
    assert await journal_differs() == 0


async def test_a_variant_that_a_changed_file_drops_is_kept_and_remarked() -> None:
    mark = secrets.token_hex(4)
    await run(*sized(mark, ("S", "3"), ("L", "4")))

    report, remarks = await run(*sized(mark, ("S", "3")))

    assert (report.changed, report.kept) == (1, 1)
    assert remarks == ["2: the variant `L` is no longer in the file; it was kept, because orders may name it"]
    assert await on_hand(mark) == [3, 4]


async def test_a_product_is_put_into_the_category_that_the_file_names() -> None:
    mark, by = secrets.token_hex(4), await operator()
    home = await categories.create({"name": f"Home {mark}"}, by=by)
    other = await categories.create({"name": f"Garden {mark}"}, by=by)
    pots = await categories.create({"name": f"Pots {mark}", "parent_id": home}, by=by)
    again = await categories.create({"name": f"Pots {mark}", "slug": f"more-{mark}", "parent_id": other}, by=by)
    maker = {"Vendor": f"Maker {mark}", "Variant_SKU": "SKU"}

    report, remarks = await run(
        first(f"{mark}-name", **maker, Type=f"Home {mark}"),
        first(f"{mark}-path", **maker, Type="Anything", Product_Category=f"Garden {mark} > Pots {mark}"),
        first(f"{mark}-both", **maker, Type=f"Pots {mark}"),
        first(f"{mark}-none", **maker, Type=f"Nowhere {mark}"),
        first(f"{mark}-silent", **maker),
    )

    found = {each.handle: each for each in await Product.filter(handle__startswith=mark)}
    placed = [found[f"{mark}-{name}"].category_id for name in ("name", "path", "both", "none", "silent")]
    assert placed == [home, again, None, None, None]
    assert pots != again
    assert found[f"{mark}-path"].search_words == f"SKU Garden {mark} Pots {mark}"
    assert report.uncategorised == 2
    assert remarks == [
        f"4: `Pots {mark}` is none or several of the shop's categories",
        f"5: `Nowhere {mark}` is none or several of the shop's categories",
    ]


async def test_a_file_that_names_no_category_leaves_the_one_that_an_operator_chose() -> None:
    mark, by = secrets.token_hex(4), await operator()
    chosen = await categories.create({"name": f"Chosen {mark}"}, by=by)
    named = await categories.create({"name": f"Named {mark}"}, by=by)
    await run(first(mark, Vendor=f"Maker {mark}"))
    await Product.filter(handle=mark).update(category_id=chosen)

    await run(first(mark, Vendor=f"Maker {mark}", Variant_Price="11"))
    kept = await Product.get(handle=mark)
    await run(first(mark, Vendor=f"Maker {mark}", Variant_Price="11", Type=f"Named {mark}"))
    moved = await Product.get(handle=mark)

    assert (kept.category_id, kept.search_words) == (chosen, f"Chosen {mark}")
    assert (moved.category_id, moved.search_words) == (named, f"Named {mark}")


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"Variant_Inventory_Qty": "many"}, "`Variant Inventory Qty` is no whole number"),
        ({"Variant_Inventory_Qty": "1.5"}, "`Variant Inventory Qty` is no whole number"),
        ({"Variant_Inventory_Qty": "9999999999"}, "`Variant Inventory Qty` is no whole number"),
        ({"Variant_Price": str(LARGEST_PRICE // 100 + 1)}, "`Variant Price` is higher than any price may be"),
    ],
)
def test_a_quantity_or_price_that_cannot_be_is_refused(cells: dict[str, str], said: str) -> None:
    products, refused = read(first("cup", **cells))

    assert (products, refused) == ([], [(2, said), (2, "none of its variants was taken")])
