"""Generated files of invoice lines with the oddities that real ones have."""

import random
from dataclasses import dataclass, field

HEADER = "\ufeffInvoiceNo;StockCode;Description;Quantity;InvoiceDate;UnitPrice;CustomerID;Country"


def row(invoice: str, **other: str) -> str:
    """Write one line; what is left out is that of a plain sale."""
    cells = {
        "StockCode": "71053",
        "Description": "WHITE METAL LANTERN",
        "Quantity": "6",
        "InvoiceDate": "1/12/2010 08:26",
        "UnitPrice": "3,39",
        "CustomerID": "17850",
        "Country": "United Kingdom",
    } | other
    return ";".join([invoice, *cells.values()])


def file_of(*rows: str) -> str:
    """Put lines together, as the file ends them."""
    return "\r\n".join([HEADER, *rows, ""])


@dataclass
class OddFile:
    """
    A file, and what has to become of it.

    Args:
        orders: How many sales with a customer there are.
        lines: How many lines share a fate, by its name.
    """

    text: str
    orders: int
    lines: dict[str, int] = field(default_factory=dict[str, int])


def odd_file(mark: str, *, invoices: int = 250) -> OddFile:
    """Generate a file; the same for the same mark, whose invoices and customers no other has."""
    chance, rows, orders = random.Random(mark), list[str](), 0
    lines: dict[str, int] = dict.fromkeys(
        ("IMPORTED", "CANCELLED", "NO_CUSTOMER", "NO_PRICE", "CORRECTION", "NO_ORIGINAL", "UNREADABLE"), 0
    )
    last: tuple[str, str] | None = None

    def add(invoice: str, fate: str, **other: str) -> None:
        rows.append(row(invoice, **other))
        lines[fate] += 1

    for number in range(invoices):
        invoice, customer = f"{mark}{number}", f"{mark}{chance.randrange(40)}"
        at = f"{1 + number // 20}/12/2010 {8 + number % 20 // 2:02}:{number % 2 * 30 + chance.randrange(30):02}"
        match chance.randrange(9):
            case 0:
                add(invoice, "NO_CUSTOMER", CustomerID="", InvoiceDate=at, Quantity="1")
            case 1:
                add(invoice, "CORRECTION", CustomerID="", Description="", UnitPrice="0", Quantity="-12", InvoiceDate=at)
            case 2:
                add(f"C{invoice}", "NO_ORIGINAL", CustomerID=customer, Quantity="-1", StockCode="M", InvoiceDate=at)
            case 3 if last is not None:
                sku, buyer = last
                add(f"C{invoice}", "CANCELLED", CustomerID=buyer, Quantity="-2", StockCode=sku, InvoiceDate=at)
                last = None
            case _:
                orders += 1
                sku = f"{chance.randrange(10_000, 99_999)}{number}"
                add(invoice, "IMPORTED", CustomerID=customer, StockCode=sku, InvoiceDate=at)
                for _ in range(chance.randrange(4)):
                    add(
                        invoice, "IMPORTED", CustomerID=customer, UnitPrice=f"{chance.randrange(1, 99)},5", Quantity="1"
                    )
                last = (sku, customer)
                if number % 7 == 0:
                    add(invoice, "NO_PRICE", CustomerID=customer, UnitPrice="0", InvoiceDate=at)
                if number % 11 == 0:
                    add(invoice, "UNREADABLE", CustomerID=customer, Quantity="six", InvoiceDate=at)
    return OddFile(file_of(*rows), orders, lines)
