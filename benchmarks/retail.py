"""Sales of a real wholesaler, read from the Online Retail file; or invented ones in the same form."""

import csv
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.money import BadAmount, Money

FILE = "online-retail-10k.csv"
CURRENCY = "GBP"
COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
ANYWHERE = "GB"
"""For countries that `REGIONS` does not know; nothing depends on it, because recipients are invented."""

REGIONS = {
    "Australia": "AU",
    "Belgium": "BE",
    "EIRE": "IE",
    "France": "FR",
    "Germany": "DE",
    "Italy": "IT",
    "Japan": "JP",
    "Lithuania": "LT",
    "Netherlands": "NL",
    "Norway": "NO",
    "Poland": "PL",
    "Portugal": "PT",
    "Spain": "ES",
    "Switzerland": "CH",
    "United Kingdom": "GB",
}
_SALE = re.compile(r"\d+", re.ASCII)
_COUNT = re.compile(r"\d{1,6}", re.ASCII)


class NoSales(Exception):
    """There is no file of sales, or none of this form; the text names the remedy."""


@dataclass(frozen=True, slots=True)
class Bought:
    """A line of a sale; the price is that of one, on that day."""

    stock_code: str
    title: str
    price_minor: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Sale:
    """An invoice of a known customer."""

    number: str
    customer: str
    region: str
    bought: tuple[Bought, ...]

    @property
    def total_minor(self) -> int:
        """What all of it costs."""
        return sum(line.price_minor * line.quantity for line in self.bought)


def sales_in(lines: Iterable[str]) -> list[Sale]:
    """
    Read the sales that have a customer.

    Left out are cancellations and corrections, whose numbers begin with a letter, and lines without a customer, without
    a price, or of goods that came back.

    Raises:
        NoSales: The columns are others, or nothing is left.
    """
    reading = csv.DictReader(lines, delimiter=";")
    if tuple(reading.fieldnames or ()) != COLUMNS:
        raise NoSales(f"This is not the Online Retail file: its first line has to be `{';'.join(COLUMNS)}`.")
    found: dict[tuple[str, str, str], list[Bought]] = {}
    for row in reading:
        price = _price(row["UnitPrice"])
        if _SALE.fullmatch(row["InvoiceNo"]) and row["CustomerID"] and _COUNT.fullmatch(row["Quantity"]) and price:
            sale = (row["InvoiceNo"], row["CustomerID"], row["Country"])
            title = row["Description"].strip() or row["StockCode"]
            found.setdefault(sale, []).append(Bought(row["StockCode"], title, price, int(row["Quantity"])))
    if not found:
        raise NoSales("The file has no sale with a customer, so there is nothing to play.")
    return [
        Sale(number, customer, REGIONS.get(country, ANYWHERE), tuple(bought))
        for (number, customer, country), bought in found.items()
    ]


def _price(text: str) -> int | None:
    try:
        return Money.parse(text.replace(",", "."), CURRENCY).amount_minor
    except BadAmount:
        return None


def read(path: Path | None, samples: str | None) -> list[Sale]:
    """
    Read the file that is named, or the one in the folder of samples.

    Raises:
        NoSales: There is none.
    """
    file = path or (Path(samples) / FILE if samples else None)
    if file is None or not file.is_file():
        missing = f"`{file}` is not there." if file else "No file of sales is named."
        raise NoSales(
            f"{missing} Give the path of the Online Retail file, or put it as `{FILE}` into the folder that "
            "AVOW_SAMPLES names; or have sales invented with `--generated 200`."
        )
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return sales_in(lines)


def invented(count: int, *, seed: int = 7) -> Iterator[str]:
    """
    Invent the lines of a file in the same form, with all that has to be left out of it.

    Args:
        count: How many sales with a customer.
        seed: The same one invents the same.
    """
    draw = random.Random(seed)  # noqa: S311  # nothing is to be kept from anybody
    goods = [(f"{20_000 + number}", f"THING NUMBER {number}", draw.randint(20, 2_000)) for number in range(5 * count)]
    customers = [str(12_000 + number) for number in range(max(1, count * 3 // 4))]
    yield ";".join(COLUMNS) + "\n"
    for number in range(count):
        customer = customers[number % len(customers)]
        for code, title, price in draw.sample(goods, min(len(goods), draw.choice((1, 4, 9, 15, 22, 40, 105)))):
            # Half as many goods again have a second price.
            yield _line(536_000 + number, code, title, draw.randint(1, 48), price + draw.choice((0, 0, 15)), customer)
        if number % 10 == 0:
            code, title, price = draw.choice(goods)
            yield _line(f"C{537_000 + number}", code, title, -3, price, customer)
            yield _line(538_000 + number, code, title, 2, price, "")
            yield _line(539_000 + number, code, title, 5, 0, customer)


def _line(invoice: int | str, code: str, title: str, quantity: int, price_minor: int, customer: str) -> str:
    price = f"{price_minor // 100},{price_minor % 100:02d}"
    row: Sequence[object] = (invoice, code, title, quantity, "1/12/2010 08:26", price, customer, "United Kingdom")
    return ";".join(map(str, row)) + "\n"
