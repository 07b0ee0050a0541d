"""Takes orders of the past in from a file, and accounts for all of it."""

import gzip
from datetime import timedelta
from functools import partial

from commerce.order_import import OrderImport, Report, seller
from commerce.retail_csv import ZONE, NotRetailLines, Refused, invoices_in, last_day_in
from models import clock
from models.money import Money
from server.importing import ImportRefused, opened, out, require_currency, run


def import_orders(file: str, *, currency: str, supplier: str, is_shifted: bool) -> None:
    """
    Take orders in.

    Args:
        file: Its name; `-` is standard input.
        currency: Of all prices.
        supplier: Who provided what was sold.
        is_shifted: Whether the file is to end yesterday.

    Raises:
        ImportRefused: It cannot be imported at all, or not all of it is accounted for.
    """
    require_currency(currency)
    if is_shifted and file == "-":
        raise ImportRefused("`--shift-dates` reads the file twice, which standard input can not be: name a file.")
    run(partial(_orders, file, currency, supplier, is_shifted=is_shifted), needs_keys=True)


async def _orders(file: str, currency: str, supplier: str, region: str, *, is_shifted: bool) -> None:
    def refuse(refused: Refused) -> None:
        out.print(f"{file}:{refused.line}: refused, because {refused.reason}.", markup=False)

    try:
        shift = timedelta()
        if is_shifted:
            with opened(file) as text:
                last = last_day_in(text)
            shift = timedelta() if last is None else clock.now().astimezone(ZONE).date() - timedelta(days=1) - last
        taking = OrderImport(
            supplier_id=await seller(supplier, region=region), currency=currency, refuse=refuse, shift=shift
        )
        with opened(file) as text:
            await taking.take(invoices_in(text, currency=currency))
    except (NotRetailLines, EOFError, gzip.BadGzipFile) as fault:
        reason = str(fault) if isinstance(fault, NotRetailLines) else "The file is damaged."
        raise ImportRefused(f"{file}: {reason}") from fault
    _account(taking.report, currency)


def _account(report: Report, currency: str) -> None:
    rows = [(fate.value, total) for fate, total in report.by_fate.items()] + [("the file", report.file)]
    width = max(len(name) for name, _ in rows)
    for name, total in rows:
        out.print(f"{name:<{width}}  {total.lines:>9,} lines  {Money(total.amount_minor, currency)!s:>16} {currency}")
    out.print(f"{report.taken:,} orders taken, {report.unchanged:,} as they were.")
    if not report.is_reconciled:
        raise ImportRefused(
            f"{Money(report.difference_minor, currency)} {currency} of the file are unaccounted for. Nothing is lost, "
            "but this is a fault of the program: report it with the lines above."
        )
