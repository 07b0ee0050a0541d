"""Imports of products and categories: taken once, changed where the file changed, refused with the line."""

import gzip
import io
import json
import os
import random
import secrets
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from commerce.category_import import NotCategories, take_categories
from commerce.product_csv import RefusedLine, products_in
from commerce.product_import import BATCH, ProductImport, Report
from models.categories import Category
from models.database import counting_statements
from models.products import Product, ProductMedia, ProductOption, ProductVariant
from models.suppliers import Supplier
from tests.commerce.test_product_csv import HEADER, first, row
from tests.reporting import report as measured

# The lock, what is known, one for each table that these rows fill, and the stock with its journal.
STATEMENTS_OF_A_BATCH = 7
STATEMENTS_OF_A_SUPPLIER = 6

SAMPLES = os.environ.get("AVOW_SAMPLES")


async def run(*rows: str) -> tuple[Report, list[tuple[int, str]]]:
    """Import a file of these rows."""
    refused: list[RefusedLine] = []
    products = ProductImport(region="DE", refuse=refused.append)
    await products.take(products_in([f"{text}\n" for text in (HEADER, *rows)], currency="EUR"))
    return products.report, [(each.line, each.reason) for each in refused]


def odd(mark: str, count: int = 1_300) -> list[str]:
    """A file with all oddities that real ones have, several batches long; the same for the same mark."""
    chance = random.Random(mark)
    rows: list[str] = []
    for number in range(count):
        handle, vendor = f"{mark}-{number}", f"Vendor {number % 7} {mark}"
        match chance.randrange(8):
            case 0:
                rows.append(first(handle, Vendor=vendor, Option1_Name="Größe", Option1_Value="S", Variant_SKU=handle))
                rows.append(row(Handle=handle, Option1_Value="L", Variant_Price="12.5", Image_Src="/two.jpg"))
                rows.append(row(Handle=handle, Image_Src="/three.jpg"))
            case 1:
                rows.append(first(handle, Vendor=vendor, Body="<p>Several\nlines, “quoted”</p>", Tags="a, b,a"))
            case 2:
                rows.append(first(handle, Vendor=vendor, Variant_Price="on request"))
            case 3:
                rows.append(first(handle, Vendor=""))
            case 4:
                rows.append(first(f"{mark}-{max(0, number - 600)}", Vendor=vendor))
            case _:
                rows.append(first(handle, Vendor=vendor, Variant_Compare_At_Price="11", Published="FALSE"))
    return rows


async def test_what_is_imported_is_there_with_all_that_belongs_to_it(database: object) -> None:
    mark = secrets.token_hex(4)

    report, refused = await run(
        first(
            mark,
            Vendor=f"Maker {mark}",
            Option1_Name="Size",
            Option1_Value="S",
            Variant_SKU=f"S-{mark}",
            Image_Src="/1.jpg",
            Image_Alt_Text="One",
            Tags="x, y",
        ),
        row(Handle=mark, Option1_Value="L", Variant_Price="15", Variant_SKU=f"L-{mark}"),
    )

    assert (report, refused) == (Report(taken=1), [])
    product = await Product.get(handle=mark)
    supplier = await Supplier.get(id=product.supplier_id)
    assert (supplier.name, supplier.slug, supplier.region) == (f"Maker {mark}", f"maker-{mark}", "DE")
    assert (product.price_from_minor, product.price_to_minor, product.tags) == (1_000, 1_500, ["x", "y"])
    assert product.search_words == f"S-{mark} L-{mark}"
    assert product.published_at is not None
    (option,) = await ProductOption.filter(product_id=product.id)
    assert (option.name, option.option_values) == ("Size", ["S", "L"])
    variants = await ProductVariant.filter(product_id=product.id).order_by("position")
    assert [(variant.title, variant.price_minor) for variant in variants] == [("S", 1_000), ("L", 1_500)]
    (media,) = await ProductMedia.filter(product_id=product.id)
    assert (media.url, media.alt) == ("/1.jpg", "One")


async def test_a_second_run_of_an_odd_file_changes_nothing(database: object) -> None:
    mark = secrets.token_hex(4)
    rows = odd(mark)

    one, refused = await run(*rows)
    before = await _state(mark)
    two, refused_again = await run(*rows)

    assert one.taken == len(before) > 650
    assert one.refused == len(refused) > 300
    assert (two.taken, two.changed, two.unchanged, two.refused) == (0, 0, one.taken, one.refused)
    assert refused_again == refused
    assert await _state(mark) == before
    reasons = " ".join(reason for _, reason in refused)
    for said in ("no amount in EUR", "supplier is unknown", "handle has come before", "none of its variants"):
        assert said in reasons


async def _state(mark: str) -> list[Any]:
    products = await Product.filter(handle__startswith=mark).order_by("id").values_list("id", "version", "updated_at")
    variants = await ProductVariant.filter(product__handle__startswith=mark).order_by("id").values_list("id", "version")
    media = await ProductMedia.filter(product__handle__startswith=mark).order_by("id").values_list("id", flat=True)
    assert len(variants) > len(products)
    assert media
    return list(products)


async def test_only_what_the_file_changed_is_changed(database: object) -> None:
    mark = secrets.token_hex(4)
    maker = f"Maker {mark}"
    same = first(f"{mark}-same", Vendor=maker)
    sized = {"Vendor": maker, "Option1_Name": "Size"}
    await run(
        same,
        first(f"{mark}-other", **sized, Option1_Value="S", Image_Src="/old.jpg", Variant_SKU="old"),
        row(Handle=f"{mark}-other", Option1_Value="L", Variant_Price="20"),
    )
    old = await ProductVariant.filter(product__handle=f"{mark}-other").order_by("position")

    report, _ = await run(
        same,
        first(f"{mark}-other", **sized, Option1_Value="S", Image_Src="/new.jpg", Variant_Price="8", Variant_SKU="new"),
    )

    assert (report.taken, report.changed, report.unchanged) == (0, 1, 1)
    product = await Product.get(handle=f"{mark}-other")
    assert (product.version, product.price_from_minor, product.price_to_minor) == (2, 800, 2_000)
    assert product.search_words == "new"
    assert await ProductMedia.filter(product_id=product.id).values_list("url", flat=True) == ["/new.jpg"]
    new = await ProductVariant.filter(product_id=product.id).order_by("position", "id")
    assert {variant.id for variant in new} == {variant.id for variant in old}
    assert [(variant.price_minor, variant.version) for variant in new if variant.option_values == ["S"]] == [(800, 2)]
    assert [variant.version for variant in new if variant.option_values == ["L"]] == [1]


async def test_a_handle_of_another_supplier_is_not_taken_over(database: object) -> None:
    mark = secrets.token_hex(4)
    await run(first(mark, Vendor=f"One {mark}"))

    report, refused = await run(first(mark, Vendor=f"Two {mark}", Title="Mine now"))

    assert report.refused == 1
    assert refused == [(2, "its handle is that of another supplier's product")]
    assert (await Product.get(handle=mark)).title == f"The {mark}"


async def test_suppliers_of_equal_slugs_stay_apart(database: object) -> None:
    mark = secrets.token_hex(4)

    await run(
        *(first(f"{mark}-{number}", Vendor=name) for number, name in enumerate((f"A & {mark}", f"A+{mark}", "縞")))
    )

    suppliers = {(await Product.get(handle=f"{mark}-{number}")).supplier_id for number in range(3)}
    assert len(suppliers) == 3


def entry(reference: str, name: object, *above: tuple[str, str]) -> dict[str, object]:
    """A category of a file, with those that it is in."""
    path = [{"id": key, "name": said} for key, said in above] + [{"id": reference, "name": name}]
    return {"id": reference, "name": name, "path": path, "subCategories": []}


async def take(entries: object) -> tuple[Report, list[tuple[int, str]]]:
    """Import a file of these categories."""
    refused: list[RefusedLine] = []
    text = entries if isinstance(entries, str) else json.dumps(entries)
    report = await take_categories(io.StringIO(text), refuse=refused.append)
    return report, [(each.line, each.reason) for each in refused]


async def test_a_tree_of_categories_is_taken_whatever_its_order(database: object) -> None:
    mark = secrets.token_hex(4)
    a, b, c = f"{mark}a", f"{mark}b", f"{mark}c"
    entries = [entry(c, "C", (a, "A"), (b, "B")), entry(a, "A"), entry(f"{mark}d", None, (a, "A"))]

    report, refused = await take(entries)
    again, _ = await take(entries)

    assert (report.taken, report.refused) == (2, 1)
    assert refused == [(3, "its `id` or `name` is missing or too long")]
    assert (again.taken, again.changed, again.unchanged) == (0, 0, 2)
    leaf, middle, root = [await Category.get(external_reference=key) for key in (c, b, a)]
    assert leaf.lineage == [root.id, middle.id, leaf.id]
    assert (leaf.parent_id, middle.parent_id, root.parent_id) == (middle.id, root.id, None)
    assert leaf.slug == f"c-{c}"


async def test_a_category_that_moves_takes_along_what_is_below_it_and_the_words_of_its_products(
    database: object,
) -> None:
    mark = secrets.token_hex(4)
    a, b, c = f"{mark}a", f"{mark}b", f"{mark}c"
    await take([entry(a, "A"), entry(b, "Bee"), entry(c, "C", (b, "Bee"))])
    await run(first(mark, Vendor=f"Maker {mark}"))
    leaf = await Category.get(external_reference=c)
    await Product.filter(handle=mark).update(category_id=leaf.id)

    report, _ = await take([entry(a, "A"), entry(b, "Bumblebee", (a, "A"))])

    assert (report.changed, report.unchanged) == (1, 1)
    root, middle, leaf = [await Category.get(external_reference=key) for key in (a, b, c)]
    assert leaf.lineage == [root.id, middle.id, leaf.id]
    assert (await Product.get(handle=mark)).search_words == "A Bumblebee C"


@pytest.mark.parametrize("text", ["", "{}", "[1,", '[{"id": "x"', "[tru"])
async def test_what_is_no_list_of_categories_is_refused_whole(text: str, database: object) -> None:
    with pytest.raises(NotCategories):
        await take(text)


@pytest.mark.parametrize("bad", [1, {"id": "x"}, {"id": "x", "name": "X", "path": []}, {"id": "x", "name": "a\0"}])
async def test_an_entry_at_fault_is_refused_and_stops_no_other(bad: object, database: object) -> None:
    mark = secrets.token_hex(4)

    report, refused = await take([bad, entry(mark, "Good")])

    assert (report.taken, [line for line, _ in refused]) == (1, [1])


async def test_many_products_are_taken_in_by_few_statements(database: object) -> None:
    mark = secrets.token_hex(4)
    count = 4 * BATCH
    same = {"Vendor": f"V {mark}", "Image_Src": "/1.jpg", "Variant_Inventory_Qty": "7"}
    rows = [first(f"{mark}-{n}", **same, Variant_SKU=f"{n}") for n in range(count)]

    began = time.monotonic()
    with counting_statements() as statements:
        report, _ = await run(*rows)
    measured(f"import: {count / (time.monotonic() - began):,.0f} products a second")

    assert report.taken == count
    assert len(statements) <= 4 * STATEMENTS_OF_A_BATCH + STATEMENTS_OF_A_SUPPLIER


MEMORY = """
import asyncio, resource, sys
from commerce.product_csv import products_in
def lines(count):
    yield "Handle,Title,Vendor,Variant Price\\n"
    for number in range(count):
        yield f"h{number},T,V,1\\n"
list_like = sum(1 for _ in products_in(lines(int(sys.argv[1])), currency="EUR"))
print(list_like, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_reading_takes_the_same_memory_however_long_the_file_is() -> None:
    taken: list[int] = []
    for count in (1_000, 50_000):
        done = subprocess.run(
            [sys.executable, "-c", MEMORY, str(count)],
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        read, memory = done.stdout.split()
        assert int(read) == count
        taken.append(int(memory))

    assert taken[1] < taken[0] * 1.1


@pytest.mark.skipif(SAMPLES is None, reason="AVOW_SAMPLES does not name the folder of the real files")
async def test_the_real_files_are_taken_whole(database: object) -> None:
    folder, files = _samples()
    refused: list[RefusedLine] = []
    counts: list[tuple[int, int]] = []
    for _ in range(2):
        products = ProductImport(region="US", refuse=refused.append)
        for text in files:
            await products.take(products_in(io.StringIO(text, newline=""), currency="USD"))
        counts.append((products.report.taken + products.report.changed, products.report.unchanged))
        with gzip.open(folder / "bestbuy-categories.json.gz", "rt", encoding="utf-8") as file:
            report = await take_categories(file, refuse=refused.append)
        counts.append((report.taken + report.changed, report.unchanged))

    assert counts == [(60, 0), (4_583, 0), (0, 60), (0, 4_583)]
    assert [each.line for each in refused] == [3980, 3980]
    assert await Category.filter(external_reference__isnull=False).count() >= 4_583


def _samples() -> tuple[Path, list[str]]:
    folder = Path(SAMPLES or "")
    return folder, [path.read_text(encoding="utf-8-sig") for path in sorted(folder.glob("shopify-*.csv"))]
