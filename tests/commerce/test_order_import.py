"""Orders of the past: each line is accounted for to the penny, and what happened is taken in once for ever."""

import asyncio
import gc
import io
import os
import secrets
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from commerce.order_import import OrderImport, Report, seller
from commerce.retail_csv import SOURCE, Fate, Invoice, NotRetailLines, Refused, invoices_in, last_day_in
from models import clock
from models.accounts import Account
from models.fulfilments import FulfillmentOrder, FulfillmentStatus
from models.orders import Order, OrderEvent, OrderLine, OrderLineCancellation, OrderStatus, Recipient
from models.sealed import open_cells
from server.embedded import Embedded
from tests.commerce.retail import file_of, odd_file, row
from tests.reporting import report as show

pytestmark = pytest.mark.usefixtures("database")

SAMPLES = os.environ.get("AVOW_SAMPLES")


def mark() -> str:
    return str(secrets.randbelow(9 * 10**9) + 10**9)


def read(*rows: str) -> list[Invoice | Refused]:
    return list(invoices_in(io.StringIO(file_of(*rows).removeprefix("\ufeff"), newline=""), currency="GBP"))


async def run(text: str, *, shift: timedelta = timedelta()) -> tuple[Report, list[Refused]]:
    refused: list[Refused] = []
    supplier = await seller("Online Retail", region="GB")
    taking = OrderImport(supplier_id=supplier, currency="GBP", refuse=refused.append, shift=shift)
    await taking.take(invoices_in(io.StringIO(text.removeprefix("\ufeff"), newline=""), currency="GBP"))
    return taking.report, refused


async def state(*references: Any) -> list[object]:
    orders = await Order.filter(external_reference__in=references).order_by("id").values_list()
    lines = await OrderLine.filter(order__external_reference__in=references).order_by("id").values_list()
    return [*orders, *lines]


def test_lines_are_read_as_they_are_written():
    (invoice,) = read(row("536365"), row("536365", StockCode="22752", UnitPrice="7,65", Quantity="2"))

    assert isinstance(invoice, Invoice)
    assert [(line.line, line.sku, line.quantity, line.unit_price_minor) for line in invoice.lines] == [
        (2, "71053", 6, 339),
        (3, "22752", 2, 765),
    ]
    assert {(line.customer, line.country, line.at) for line in invoice.lines} == {
        ("17850", "GB", datetime(2010, 12, 1, 8, 26, tzinfo=UTC))
    }


@pytest.mark.parametrize(
    "broken",
    [
        {"Quantity": "six"}, {"Quantity": "1,5"}, {"Quantity": ""}, {"Quantity": "0"}, {"Quantity": "9" * 30},
        {"UnitPrice": "1,2,3"}, {"UnitPrice": "1e3"}, {"UnitPrice": "0,001"}, {"UnitPrice": ""},
        {"InvoiceDate": "2010-12-01"}, {"InvoiceDate": "31/02/2010 08:00"}, {"Country": "Atlantis"},
        {"StockCode": ""}, {"StockCode": "x" * 65}, {"Description": "a\x00b"}, {"Description": "\udcff"},
        {"Description": "one;too many"}, {"CustomerID": "9" * 33},
    ],
)  # fmt: skip
def test_a_broken_line_is_refused_and_does_not_part_its_neighbours(broken: dict[str, str]):
    found = read(row("536365"), row("536365", **broken), row("536365", StockCode="22752"))

    (refused, invoice) = found
    assert isinstance(refused, Refused)
    assert (refused.line, refused.fate) == (3, Fate.UNREADABLE)
    assert isinstance(invoice, Invoice)
    assert [line.line for line in invoice.lines] == [2, 4]


def test_a_line_of_another_customer_is_not_part_of_an_invoice():
    found = read(row("536365"), row("536365", CustomerID="1", UnitPrice="2,00"))

    assert [each.amount_minor for each in found if isinstance(each, Refused)] == [1_200]


def test_a_file_without_the_columns_is_refused_whole():
    with pytest.raises(NotRetailLines, match="no column `InvoiceNo`"):
        list(invoices_in(io.StringIO("a;b\n1;2\n"), currency="GBP"))
    with pytest.raises(NotRetailLines):
        list(invoices_in(io.StringIO(""), currency="GBP"))


def test_the_last_day_is_found_by_the_sellers_clock():
    text = file_of(row("1"), row("2", InvoiceDate="5/12/2010 23:59"), row("3", InvoiceDate="?")).removeprefix("\ufeff")

    assert last_day_in(io.StringIO(text)) == date(2010, 12, 5)


def test_memory_does_not_grow_with_the_file():
    def lines(count: int) -> Iterator[str]:
        yield file_of().removeprefix("\ufeff")
        for number in range(count):
            yield row(str(number)) + "\r\n"

    class Stream(io.TextIOBase):
        def __init__(self, count: int) -> None:
            self.lines = lines(count)

        def readline(self, size: int | None = -1) -> str:  # pyright: ignore[reportIncompatibleMethodOverride]
            return next(self.lines, "")

    peaks: list[int] = []
    for count in (2_000, 10_000):
        gc.collect()
        tracemalloc.start()
        assert sum(1 for _ in invoices_in(Stream(count), currency="GBP")) == count  # pyright: ignore[reportArgumentType]
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < peaks[0] * 1.5 + 50_000


async def test_an_odd_file_is_accounted_for_to_the_penny_and_a_second_run_changes_nothing():
    file = odd_file(mark())

    one, refused = await run(file.text)
    references = await Order.filter(external_source=SOURCE).values_list("external_reference", flat=True)
    before = await state(*references)
    two, refused_again = await run(file.text)

    assert one.is_reconciled
    assert {fate.name: total.lines for fate, total in one.by_fate.items() if total.lines} == {
        name: count for name, count in file.lines.items() if count
    }
    assert (one.taken, one.unchanged) == (file.orders, 0)
    assert (two.taken, two.unchanged) == (0, file.orders)
    assert two.by_fate == one.by_fate
    assert two.is_reconciled
    assert refused_again == refused
    assert await state(*references) == before


async def test_an_order_has_the_price_and_date_of_its_lines_and_somebody_made_up_to_go_to():
    own = mark()
    await run(file_of(row(own, CustomerID=own), row(own, CustomerID=own, Quantity="2", UnitPrice="7,65")))

    order = await Order.get(external_source=SOURCE, external_reference=own).select_related("recipient", "buyer")
    assert (order.total_minor, order.currency, order.status) == (6 * 339 + 2 * 765, "GBP", OrderStatus.DELIVERED)
    assert order.placed_at == order.paid_at == datetime(2010, 12, 1, 8, 26, tzinfo=UTC)
    assert order.external_attributes == {"source": SOURCE, "invoice": own}
    assert (order.recipient.is_synthesised, order.recipient.is_account_holder) == (True, False)
    assert (order.buyer.external_reference, order.buyer.region, order.buyer.email_index) == (own, "GB", None)
    (name,) = await open_cells([(Recipient, "name", order.recipient.id, order.recipient.id, order.recipient.name)])
    assert name == f"Recipient of {own}"
    (part,) = await FulfillmentOrder.filter(order_id=order.id)
    assert part.status is FulfillmentStatus.RECEIVED


async def test_the_supplier_of_an_old_order_no_longer_learns_whom_it_went_to():
    own = mark()
    await run(file_of(row(own)))

    order = await Order.get(external_reference=own)

    assert order.window_closes_at is not None
    assert order.window_closes_at < clock.now()


async def test_a_moved_file_ends_yesterday_and_keeps_the_days_of_its_own():
    own = mark()
    text = file_of(row(own, CustomerID=own))
    shift = timedelta(days=5_000)

    await run(text, shift=shift)
    again, _ = await run(text, shift=shift + timedelta(days=1))

    assert (again.taken, again.unchanged) == (0, 1)
    order = await Order.get(external_reference=own)
    assert order.placed_at == datetime(2010, 12, 1, 8, 26, tzinfo=UTC) + shift
    assert (order.external_attributes or {})["originallyPlacedAt"] == "2010-12-01T08:26:00+00:00"


async def test_a_part_that_came_back_is_noted_on_its_line():
    own = mark()
    back = {"CustomerID": own, "Quantity": "-4", "InvoiceDate": "2/12/2010 09:00"}
    report, _ = await run(file_of(row(own, CustomerID=own), row(f"C{own}", **back)))

    assert report.by_fate[Fate.CANCELLED].amount_minor == -4 * 339
    order = await Order.get(external_reference=own)
    (line,) = await OrderLine.filter(order_id=order.id)
    assert (line.quantity, line.cancelled_quantity, order.status) == (6, 4, OrderStatus.DELIVERED)


async def test_an_order_of_which_all_came_back_is_cancelled():
    own = mark()
    back = {"CustomerID": own, "Quantity": "-6", "InvoiceDate": "2/12/2010 09:00"}
    await run(file_of(row(own, CustomerID=own), row(f"C{own}", **back)))

    order = await Order.get(external_reference=own)
    assert order.status is OrderStatus.CANCELLED
    assert order.cancelled_at == order.window_closes_at == datetime(2010, 12, 2, 9, tzinfo=UTC)
    events = await OrderEvent.filter(order_id=order.id).values_list("status", flat=True)
    assert OrderStatus.CANCELLED in events


@pytest.mark.parametrize(
    "other",
    [
        {"Quantity": "-7"}, {"UnitPrice": "3,40"}, {"StockCode": "71054"}, {"CustomerID": "1"},
        {"InvoiceDate": "30/11/2010 09:00"},
    ],
)  # fmt: skip
async def test_a_cancellation_is_listed_and_never_guessed(other: dict[str, str]):
    own = mark()
    back = {"CustomerID": own, "Quantity": "-1", "InvoiceDate": "2/12/2010 09:00"} | other
    report, refused = await run(file_of(row(own, CustomerID=own), row(f"C{own}", **back)))

    assert [(each.line, each.fate) for each in refused] == [(3, Fate.NO_ORIGINAL)]
    assert report.is_reconciled
    assert not await OrderLineCancellation.exists(external_reference=f"C{own}")


async def test_what_happened_does_not_change():
    own = mark()
    await run(file_of(row(own)))
    before = await state(own)

    report, refused = await run(file_of(row(own, UnitPrice="9,99")))

    assert [(each.line, each.fate) for each in refused] == [(2, Fate.CONFLICT)]
    assert report.is_reconciled
    assert await state(own) == before


async def test_an_invoice_whose_lines_are_not_together_is_taken_as_far_as_they_are():
    own = mark()
    apart = [row(own), row(f"{own}1"), row(own, StockCode="22752")]
    report, refused = await run(file_of(*apart))

    assert (report.taken, [(each.line, each.fate) for each in refused]) == (2, [(4, Fate.CONFLICT)])
    assert report.is_reconciled


async def living_keys(database: Embedded) -> int:
    connection = await asyncpg.connect(database.keys.app_url)
    try:
        return await connection.fetchval("SELECT count(*) FROM subject_key WHERE wrapped IS NOT NULL")
    finally:
        await connection.close()


async def test_of_several_imports_at_once_each_order_is_taken_by_one_and_no_key_is_left_over(database: Embedded):
    file = odd_file(mark(), invoices=150)
    before = await living_keys(database)

    reports = await asyncio.gather(*(run(file.text) for _ in range(3)))

    assert sum(report.taken for report, _ in reports) == file.orders
    assert all(report.is_reconciled for report, _ in reports)
    assert await living_keys(database) == before + file.orders


@pytest.mark.skipif(SAMPLES is None, reason="AVOW_SAMPLES does not name the folder of the real files")
async def test_the_real_file_is_accounted_for_to_the_penny():
    text = (Path(SAMPLES or "") / "online-retail-10k.csv").read_text(encoding="utf-8")
    begun = time.perf_counter()

    report, _ = await run(text)
    took = time.perf_counter() - begun
    again, _ = await run(text)

    assert report.is_reconciled
    assert {fate.name: (total.lines, total.amount_minor) for fate, total in report.by_fate.items()} == {
        "IMPORTED": (7_608, 14_820_683),
        "CANCELLED": (10, -18_400),
        "NO_CUSTOMER": (2_246, 3_604_150),
        "NO_PRICE": (16, 0),
        "CORRECTION": (30, 0),
        "NO_ORIGINAL": (90, -339_658),
        "CONFLICT": (0, 0),
        "UNREADABLE": (0, 0),
    }
    assert (report.file.lines, report.file.amount_minor) == (10_000, 18_066_775)
    assert (report.taken, again.taken, again.unchanged) == (401, 0, 401)
    assert await Account.filter(external_source=SOURCE).count() >= 300
    show(f"orders: 10,000 real lines accounted for to the penny in {took:.1f} s, 401 orders")
