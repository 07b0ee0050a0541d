"""Product CSVs: what is read of them, and what is refused with which reason at which line."""

from collections.abc import Sequence
from typing import Any

import pytest

from commerce.product_csv import (
    SHOPIFY,
    Dialect,
    NotThisDialect,
    ParsedProduct,
    RefusedLine,
    dialect_of,
    products_in,
)

HEADER = (
    "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value,"
    "Variant SKU,Variant Grams,Variant Price,Variant Compare At Price,Variant Barcode,Image Src,Image Alt Text,Status,"
    "Variant Inventory Qty,Product Category"
)
COLUMNS = HEADER.split(",")


def row(**cells: str) -> str:
    """A row; cells are named like columns, with `_` for blanks."""
    known = {name.replace("_", " ").replace("Body", "Body (HTML)"): value for name, value in cells.items()}
    assert known.keys() <= set(COLUMNS)
    return ",".join('"' + known.get(name, "").replace('"', '""') + '"' for name in COLUMNS)


def first(handle: str, **cells: str) -> str:
    """The first row of a product without options."""
    given = {
        "Handle": handle,
        "Title": f"The {handle}",
        "Vendor": "Maker",
        "Published": "true",
        "Option1_Name": "Title",
        "Option1_Value": "Default Title",
        "Variant_Price": "10",
    }
    return row(**given | cells)


def read(*rows: str, header: str = HEADER) -> tuple[list[ParsedProduct], list[tuple[int, str]]]:
    """The products and the refused lines of a file."""
    lines = "".join(f"{text}\n" for text in (header, *rows)).split("\n")
    found = list(products_in([f"{line}\n" for line in lines], currency="EUR"))
    return (
        [each for each in found if isinstance(each, ParsedProduct)],
        [(each.line, each.reason) for each in found if isinstance(each, RefusedLine)],
    )


def test_a_product_without_options_has_one_variant() -> None:
    cells = {"Tags": "men, blue,men,", "Variant_SKU": "S1", "Variant_Grams": "250", "Variant_Compare_At_Price": "12.5"}
    (product,), refused = read(first("shirt", **cells))

    assert refused == []
    assert (product.handle, product.title, product.vendor, product.line) == ("shirt", "The shirt", "Maker", 2)
    assert (product.tags, product.options, product.status, product.is_published) == (
        ["men", "blue"],
        [],
        "ACTIVE",
        True,
    )
    (variant,) = product.variants
    assert (variant.option_values, variant.sku, variant.weight_grams) == ([], "S1", 250)
    assert (variant.price_minor, variant.compare_at_minor) == (1_000, 1_250)


def test_rows_with_the_same_handle_are_variants_and_pictures_of_one_product() -> None:
    (product,), refused = read(
        first(
            "cap",
            Option1_Name="Size",
            Option1_Value="S",
            Option2_Name="Colour",
            Option2_Value="Red",
            Image_Src="https://x.example/1.jpg",
            Image_Alt_Text="A cap",
        ),
        row(Handle="cap", Option1_Value="L", Option2_Value="Red", Variant_Price="11.50"),
        row(Handle="cap", Image_Src="https://x.example/2.jpg"),
        row(Handle="cap", Image_Src="https://x.example/1.jpg"),
    )

    assert refused == []
    assert product.options == ["Size", "Colour"]
    assert [(variant.option_values, variant.price_minor) for variant in product.variants] == [
        (["S", "Red"], 1_000),
        (["L", "Red"], 1_150),
    ]
    assert product.media == {"https://x.example/1.jpg": "A cap", "https://x.example/2.jpg": ""}


def test_lines_are_counted_as_an_editor_shows_them() -> None:
    products, refused = read(first("a", Body="two\nlines"), first("b", Variant_Price="x"), first("c"))

    assert [(product.handle, product.line) for product in products] == [("a", 2), ("c", 5)]
    assert [line for line, _ in refused] == [4, 4]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"Title": ""}, "`Title` is empty, and no row of the same product"),
        ({"Title": "x" * 256}, "longer than 255"),
        ({"Vendor": ""}, "the supplier is unknown"),
        ({"Handle": ""}, "its handle is empty"),
        ({"Published": "perhaps"}, "neither `true` nor `false`"),
        ({"Status": "new"}, "none of `active`"),
        ({"Variant_Price": ""}, "`Variant Price` is empty"),
        ({"Variant_Price": "1,50"}, "no amount in EUR"),
        ({"Variant_Price": "1.505"}, "no amount in EUR"),
        ({"Variant_Price": "-1"}, "below zero"),
        ({"Variant_Price": "9" * 19}, "no amount in EUR"),
        ({"Variant_Compare_At_Price": "abc"}, "no amount in EUR"),
        ({"Variant_Grams": "1.5"}, "no whole number of grams"),
        ({"Image_Src": "javascript:alert(1)"}, "no address of a picture"),
        ({"Option1_Name": "", "Option2_Name": "Size"}, "gaps"),
        ({"Option1_Name": "Size", "Option1_Value": ""}, "one value for each option"),
        ({"Option1_Name": "Size", "Option1_Value": "S", "Option2_Value": "x"}, "one value for each option"),
        ({"Body": "a\0b"}, "U+0000"),
        ({"Body": "a\udcffb"}, "not UTF-8"),
    ],
)
def test_a_row_at_fault_is_refused_with_the_reason_and_stops_no_other(cells: dict[str, str], reason: str) -> None:
    products, refused = read(first("before"), first("bad", **cells), first("after"))

    assert [product.handle for product in products] == ["before", "after"]
    assert refused[0][0] == 3
    assert reason in refused[0][1]


def test_a_row_with_too_few_or_too_many_cells_is_refused() -> None:
    products, refused = read(first("a"), "b,c", first("d") + ",one more")

    assert [product.handle for product in products] == ["a"]
    assert [(line, "cells instead of 21" in reason) for line, reason in refused] == [(3, True), (4, True)]


def test_a_cell_without_end_is_refused_and_reading_goes_on() -> None:
    products, refused = read(first("a"), first("b", Body="x" * 1_000_001), first("c"))

    assert [product.handle for product in products] == ["a", "c"]
    assert "cannot be read as CSV" in refused[0][1]


def test_a_wrong_variant_leaves_out_that_variant_only() -> None:
    (product,), refused = read(
        first("cap", Option1_Name="Size", Option1_Value="S"),
        row(Handle="cap", Option1_Value="M", Variant_Price="free"),
        row(Handle="cap", Option1_Value="S", Variant_Price="10"),
        row(Handle="cap", Option1_Value="L", Variant_Price="10"),
    )

    assert [variant.option_values for variant in product.variants] == [["S"], ["L"]]
    assert [line for line, _ in refused] == [3, 4]
    assert "has this combination" in refused[1][1]


def test_a_wrong_first_row_leaves_out_the_product_with_all_its_lines() -> None:
    products, refused = read(first("cap", Vendor=""), row(Handle="cap", Image_Src="/x.jpg"), first("b"))

    assert [product.handle for product in products] == ["b"]
    assert refused[1] == (3, "the first row of its product was refused")


def test_a_product_of_endless_rows_is_bounded() -> None:
    rows = [row(Handle="cap", Option1_Value=str(number), Variant_Price="1") for number in range(600)]

    (product,), refused = read(first("cap", Option1_Name="Size", Option1_Value="S"), *rows)

    assert len(product.variants) == 250
    assert len(refused) == 601 - 250


def test_what_is_published_or_not_is_active_or_a_draft_unless_a_status_says_more() -> None:
    products, _ = read(
        first("a"), first("b", Published="FALSE"), first("c", Published=""), first("d", Status="archived")
    )

    assert [(product.status, product.is_published) for product in products] == [
        ("ACTIVE", True),
        ("DRAFT", False),
        ("DRAFT", False),
        ("ARCHIVED", True),
    ]


def test_a_file_without_the_columns_is_refused_whole() -> None:
    with pytest.raises(NotThisDialect, match="no column `Handle`, `Title`, `Vendor`, `Variant Price`"):
        read("1,2,3", header="a,b,c")


def test_another_dialect_is_a_mapping() -> None:
    dialect = dialect_of(
        {
            "handle": "slug",
            "title": "name",
            "vendor": "brand",
            "price": "amount",
            "published": "live",
            "option_names": [],
            "option_values": [],
            "delimiter": ";",
        }
    )
    lines = ["slug;name;brand;amount;live\n", "a;The A;Maker;12.50;yes\n"]

    (product,) = products_in(lines, currency="EUR", dialect=dialect)

    assert isinstance(product, ParsedProduct)
    assert (product.title, product.variants[0].price_minor, product.is_published) == ("The A", 1_250, True)


@pytest.mark.parametrize("mapping", [[], {"colour": "c"}, {"handle": 1}, {"handle": ["a"]}, {"option_names": "a"}])
def test_a_mapping_of_what_there_is_not_is_refused(mapping: Any) -> None:
    with pytest.raises(NotThisDialect):
        dialect_of(mapping)


def test_shopify_is_the_dialect_that_an_empty_mapping_makes() -> None:
    made: Dialect = dialect_of({})
    needed: Sequence[str] = made.needed

    assert made == SHOPIFY
    assert needed == ("Handle", "Title", "Vendor", "Variant Price")
