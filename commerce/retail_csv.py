"""Reads orders of the past from a CSV of invoice lines, as the UCI data set "Online Retail" publishes them."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from itertools import groupby
from typing import TextIO
from zoneinfo import ZoneInfo

from models.money import BadAmount, Money

SOURCE = "online-retail"
COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
# The wholesaler's clock.
ZONE = ZoneInfo("Europe/London")
LONGEST_LINE = 10_000
MOST_LINES = 1_000
MOST_PIECES = 1_000_000

_COUNTRIES = {
    "Australia": "AU", "Austria": "AT", "Bahrain": "BH", "Belgium": "BE", "Brazil": "BR", "Canada": "CA",
    "Cyprus": "CY", "Czech Republic": "CZ", "Denmark": "DK", "EIRE": "IE", "Finland": "FI", "France": "FR",
    "Germany": "DE", "Greece": "GR", "Hong Kong": "HK", "Iceland": "IS", "Israel": "IL", "Italy": "IT",
    "Japan": "JP", "Lebanon": "LB", "Lithuania": "LT", "Malta": "MT", "Netherlands": "NL", "Norway": "NO",
    "Poland": "PL", "Portugal": "PT", "RSA": "ZA", "Saudi Arabia": "SA", "Singapore": "SG", "Spain": "ES",
    "Sweden": "SE", "Switzerland": "CH", "USA": "US", "United Arab Emirates": "AE", "United Kingdom": "GB",
}  # fmt: skip


class NotRetailLines(ValueError):
    """A file that lacks columns; the message says which."""


class Fate(StrEnum):
    """What became of a line; every line of a file has exactly one, so that their sums are the file's."""

    IMPORTED = "sold, and imported"
    CANCELLED = "cancellations of these"
    NO_CUSTOMER = "no customer is named, and an order belongs to somebody"
    NO_PRICE = "no price, so nothing was sold"
    CORRECTION = "a correction of stock or of the books, and no sale"
    NO_ORIGINAL = "a cancellation of nothing that was imported"
    CONFLICT = "its invoice is there with other lines, or its lines are not together in the file"
    UNREADABLE = "not readable"


@dataclass(frozen=True, slots=True)
class PastLine:
    """
    One readable line of an invoice.

    Args:
        line: Its number in the file.
        quantity: Negative where goods came back.
        unit_price_minor: The price of one on that day, in pence or whatever the currency's smallest unit is.
        customer: Their number in the file; None where it names none.
        country: ISO 3166-1 code.
    """

    line: int
    sku: str
    title: str
    quantity: int
    unit_price_minor: int
    customer: str | None
    country: str
    at: datetime

    @property
    def amount_minor(self) -> int:
        """What the line adds to the file's total."""
        return self.quantity * self.unit_price_minor


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that is not taken, and why; its amount, where it can be read, is in the file's total all the same."""

    line: int
    fate: Fate
    reason: str
    amount_minor: int = 0


@dataclass(frozen=True, slots=True)
class Invoice:
    """Lines of a file that follow each other and have the same number."""

    reference: str
    lines: tuple[PastLine, ...]

    @property
    def is_cancellation(self) -> bool:
        """Whether goods came back."""
        return self.reference.startswith("C")


def last_day_in(file: TextIO) -> date | None:
    """
    Find the last day on which a file has an invoice; None where it has none.

    Raises:
        NotRetailLines: See `invoices_in`.
    """
    days = (row[2]["InvoiceDate"] for row in _rows(file) if row[2] is not None)
    return max((at.astimezone(ZONE).date() for text in days if (at := _instant(text)) is not None), default=None)


def invoices_in(file: TextIO, *, currency: str) -> Iterator[Invoice | Refused]:
    """
    Read invoices one by one, in the memory that one of them takes.

    Args:
        file: With `;` between columns and a comma in decimals.
        currency: In which all prices are, as the file does not say.

    Raises:
        NotRetailLines: A column is missing.
    """
    for reference, rows in groupby(_rows(file), key=lambda row: row[1]):
        lines: list[PastLine] = []
        for number, _, columns in rows:
            read = Refused(number, Fate.UNREADABLE, "it is no line of an invoice, or not UTF-8")
            if columns is not None:
                read = _read(number, columns, currency)
            if isinstance(read, PastLine) and len(lines) == MOST_LINES:
                reason = f"an order has at most {MOST_LINES:,} lines"
                read = Refused(number, Fate.UNREADABLE, reason, read.amount_minor)
            elif isinstance(read, PastLine) and lines and _heading(read) != _heading(lines[0]):
                reason = "it names another customer or country than its invoice does"
                read = Refused(number, Fate.UNREADABLE, reason, read.amount_minor)
            if isinstance(read, Refused):
                yield read
            else:
                lines.append(read)
        if lines:
            yield Invoice(reference, tuple(lines))


def _heading(line: PastLine) -> tuple[str | None, str]:
    return line.customer, line.country


def _rows(file: TextIO) -> Iterator[tuple[int, str, dict[str, str] | None]]:
    """Yield the number of each line, its invoice's and its columns; None for those that are no line."""
    reader = csv.reader(_bounded(file), delimiter=";")
    header = [name.strip() for name in next(reader, list[str]())]
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise NotRetailLines(f"The file has no column `{missing[0]}`. Its first line names {', '.join(COLUMNS)}.")
    places, reference = {name: header.index(name) for name in COLUMNS}, ""
    for row in reader:
        is_whole = len(row) == len(header) and all(text.isprintable() for text in row)
        columns = {name: row[place].strip() for name, place in places.items()} if is_whole else None
        # A broken line does not part those before it from those behind it.
        reference = columns["InvoiceNo"] if columns else reference
        yield reader.line_num, reference, columns


def _bounded(file: TextIO) -> Iterator[str]:
    # Cut off, such a line has too few columns; what is left of it is a line of its own, and refused as one.
    while line := file.readline(LONGEST_LINE):
        yield line.replace("\0", "\x01")


def _read(number: int, columns: dict[str, str], currency: str) -> PastLine | Refused:
    def unreadable(reason: str, amount: int = 0) -> Refused:
        return Refused(number, Fate.UNREADABLE, reason, amount)

    digits = columns["Quantity"].removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or not 0 < int(digits[:10]) <= MOST_PIECES or len(digits) > 9:
        return unreadable(f"`Quantity` is no whole number of at most {MOST_PIECES:,}")
    try:
        price = Money.parse(columns["UnitPrice"].replace(",", ".", 1), currency).amount_minor
    except BadAmount:
        return unreadable(f"`UnitPrice` is no amount in {currency}, such as `12,50`")
    quantity = int(columns["Quantity"])
    amount, at, country = quantity * price, _instant(columns["InvoiceDate"]), _COUNTRIES.get(columns["Country"])
    if at is None:
        return unreadable("`InvoiceDate` is no day and time, such as `31/12/2010 08:26`", amount)
    if country is None:
        return unreadable("`Country` is none that is known", amount)
    sku, title, customer = columns["StockCode"], columns["Description"], columns["CustomerID"]
    if not 0 < len(sku) <= 64 or len(title) > 255 or len(customer) > 32 or not 0 < len(columns["InvoiceNo"]) <= 32:
        return unreadable("`InvoiceNo`, `StockCode`, `Description` or `CustomerID` is missing or too long", amount)
    return PastLine(number, sku, title or sku, quantity, price, customer or None, country, at)


def _instant(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=ZONE).astimezone(UTC)
    except ValueError:
        return None
