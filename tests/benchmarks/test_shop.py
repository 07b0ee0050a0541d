"""Sales are read from the file as they are, and played until the books agree."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.customers import Tally, carts_of, codes_of
from benchmarks.retail import COLUMNS, FILE, Bought, NoSales, Sale, invented, read, sales_in
from benchmarks.shop import Check, Phase, Play, told

ROOT = Path(__file__).parents[2]
HEAD = ";".join(COLUMNS) + "\n"
SAMPLES = os.environ.get("AVOW_SAMPLES")


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", "shop", *arguments],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "AVOW_SAMPLES"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def played(tally: Tally, *checks: Check) -> Play:
    return Play(1, 1, [Phase("fill carts and order", 2.0, 3, 1.5, 0.5)], tally, list(checks))


@pytest.mark.skipif(sys.platform != "linux", reason="CPU times of other programs are read in Linux's own way")
def test_invented_sales_are_played_and_the_books_agree() -> None:
    done = bench("--generated", "15", "--quick", "--concurrency", "3")

    assert done.returncode == 0, done.stdout + done.stderr[-3_000:]
    assert "Errors: none." in done.stdout
    assert "| sales whose orders cost what the file says | 15 | 15 | same |" in done.stdout
    assert "DIFFERS" not in done.stdout
    assert done.stdout.count("| same |") == 12


def test_without_a_file_the_remedy_is_told(tmp_path: Path) -> None:
    nothing, missing = bench(), bench(str(tmp_path / "missing.csv"))

    assert (nothing.returncode, missing.returncode) == (1, 1)
    assert "AVOW_SAMPLES" in nothing.stderr
    assert "missing.csv` is not there" in missing.stderr


def test_only_lines_of_sales_with_a_customer_are_read() -> None:
    lines = [
        "536365;85123A;WHITE HEART;6;1/12/2010 08:26;2,55;17850;United Kingdom\n",
        "536365;71053;;2;1/12/2010 08:26;165;17850;United Kingdom\n",
        "536366;22633;HAND WARMER;6;1/12/2010 08:28;1,85;12583;France\n",
        "536367;22633;NOBODY'S;6;1/12/2010 08:28;1,85;;France\n",
        "536366;22634;FOR NOTHING;6;1/12/2010 08:28;0;12583;France\n",
        "536366;22635;CAME BACK;-1;1/12/2010 08:28;3;12583;France\n",
        "C536379;D;Discount;1;1/12/2010 09:41;27,5;14527;United Kingdom\n",
    ]

    found = sales_in([HEAD, *lines])

    assert found == [
        Sale("536365", "17850", "GB", (Bought("85123A", "WHITE HEART", 255, 6), Bought("71053", "71053", 16_500, 2))),
        Sale("536366", "12583", "FR", (Bought("22633", "HAND WARMER", 185, 6),)),
    ]
    assert found[0].total_minor == 34_530


@pytest.mark.parametrize("text", ["", "Handle,Title\na,b\n", HEAD, HEAD + "C1;A;B;1;1/12/2010 08:26;2;1;France\n"])
def test_a_file_of_another_form_or_without_sales_is_refused(text: str) -> None:
    with pytest.raises(NoSales):
        sales_in(text.splitlines(keepends=True))


@pytest.mark.skipif(SAMPLES is None, reason="AVOW_SAMPLES names no folder with the Online Retail file")
def test_the_real_file_has_401_sales_with_a_customer() -> None:
    if not (Path(SAMPLES or "") / FILE).is_file():
        pytest.skip(f"`{FILE}` is not in the folder that AVOW_SAMPLES names")

    sales = read(None, SAMPLES)

    assert len(sales) == 401
    assert len({sale.customer for sale in sales}) == 303
    assert sum(sale.total_minor for sale in sales) == 14_820_683


def test_invented_sales_are_as_many_as_asked_for_and_always_the_same() -> None:
    lines = list(invented(40))

    assert len(sales_in(lines)) == 40
    assert lines == list(invented(40))
    assert any(line.startswith("C") for line in lines)


def test_a_cart_has_each_variant_once_and_no_more_lines_than_it_takes() -> None:
    many = [Bought(str(number), "Thing", 100, 1) for number in range(150)]
    sale = Sale("1", "2", "GB", (*many, Bought("0", "Thing", 100, 4), Bought("0", "Thing", 90, 1)))

    carts = carts_of(sale)

    assert [len(cart) for cart in carts] == [100, 51]
    assert carts[0]["0", 100] == 5
    assert carts[1]["0", 90] == 1


def test_errors_of_the_operation_and_of_the_user_are_both_counted() -> None:
    assert codes_of({"data": {"login": {"token": "t", "userErrors": []}}}) == []
    assert codes_of({"data": {"login": {"token": None, "userErrors": [{"code": "A"}]}}}) == ["A"]
    assert codes_of({"errors": [{"extensions": {"code": "UNAVAILABLE"}}], "data": None}) == ["UNAVAILABLE"]
    assert codes_of({"errors": [{"extensions": {"code": "B"}}], "data": {"login": None}}) == ["B"]


def test_a_play_fails_by_a_refusal_and_by_books_that_differ() -> None:
    fine, wrong, refused = Check("orders", "1", "1"), Check("orders", "1", "2"), Tally()
    refused.refuse("INSUFFICIENT_STOCK")

    assert played(Tally(), fine).succeeded
    assert not played(Tally(), fine, wrong).succeeded
    assert not played(refused, fine).succeeded
    assert "| orders | 1 | 2 | **DIFFERS** |" in told(played(refused, wrong))
    assert "0.5 orders a second. Errors: INSUFFICIENT_STOCK 1 times." in told(played(refused, wrong))
