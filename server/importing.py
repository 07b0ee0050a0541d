"""The commands that take a catalogue, and orders of the past, in from files."""

import asyncio
import gzip
import io
import json
import os
import sys
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, BinaryIO, TextIO, cast

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from commerce.category_import import NotCategories, take_categories
from commerce.order_import import OrderImport, seller
from commerce.order_import import Report as OrderReport
from commerce.product_csv import SHOPIFY, Dialect, NotThisDialect, RefusedLine, dialect_of, products_in
from commerce.product_import import ProductImport, Report
from commerce.retail_csv import ZONE, NotRetailLines, Refused, invoices_in, last_day_in
from models import clock
from models.database import DatabaseUnavailable, readiness
from models.money import Money, UnknownCurrency, exponent
from server import settings as settings_module
from server.settings import Settings
from server.storage import connected

commands = typer.Typer(
    help="Take files in: a catalogue, or orders of the past; a second run changes nothing.", no_args_is_help=True
)
out = Console(highlight=False, soft_wrap=True)
progress = Console(stderr=True, highlight=False, soft_wrap=True)


class ImportRefused(Exception):
    """A file that cannot be imported at all; the text names the remedy."""


@commands.command("shopify-csv")
def shopify_csv(
    files: Annotated[list[str], typer.Argument(help="Product CSVs as Shopify exports them; `-` is standard input.")],
    currency: Annotated[str, typer.Option(help="In which all prices are, as the files do not say.")] = "EUR",
    mapping: Annotated[
        Path | None, typer.Option(help="JSON that says what the columns are called, for other CSVs.", dir_okay=False)
    ] = None,
) -> None:
    """Take products in; refused lines are listed with the reason, and do not stop the others."""
    try:
        exponent(currency)
    except UnknownCurrency as unknown:
        raise ImportRefused(str(unknown)) from unknown
    settings, dialect = settings_module.read(os.environ), _dialect(mapping)
    asyncio.run(_with_databases(settings, lambda: _products(files, currency, dialect, settings.region)))


@commands.command("categories")
def categories(
    file: Annotated[Path, typer.Argument(help="A JSON list of categories with their paths, plain or .gz.")],
) -> None:
    """Take a tree of categories in; refused entries are listed with the reason, and do not stop the others."""
    asyncio.run(_with_databases(settings_module.read(os.environ), lambda: _categories(file)))


@commands.command("orders")
def orders(
    file: Annotated[str, typer.Argument(help="Invoice lines as the Online Retail data set has them; `-`, or .gz.")],
    currency: Annotated[str, typer.Option(help="In which all prices are, as the file does not say.")] = "GBP",
    supplier: Annotated[str, typer.Option(help="Who provided what was sold.")] = "Online Retail",
    shift_dates: Annotated[
        bool, typer.Option("--shift-dates", help="Let the file end yesterday; each order keeps its own day beside it.")
    ] = False,
) -> None:
    """Take orders of the past in; the report accounts for every line, and every penny, of the file."""
    try:
        exponent(currency)
    except UnknownCurrency as unknown:
        raise ImportRefused(str(unknown)) from unknown
    if shift_dates and file == "-":
        raise ImportRefused("`--shift-dates` reads the file twice, which standard input can not be: name a file.")
    settings = settings_module.read(os.environ)
    work = partial(_orders, file, currency, supplier, settings.region, is_shifted=shift_dates)
    asyncio.run(_with_databases(settings, work, needs_keys=True))


async def _orders(file: str, currency: str, supplier: str, region: str, *, is_shifted: bool) -> None:
    def refuse(refused: Refused) -> None:
        out.print(f"{file}:{refused.line}: refused, because {refused.reason}.", markup=False)

    try:
        shift = timedelta()
        if is_shifted:
            with _opened(file) as text:
                last = last_day_in(text)
            shift = timedelta() if last is None else clock.now().astimezone(ZONE).date() - timedelta(days=1) - last
        run = OrderImport(
            supplier_id=await seller(supplier, region=region), currency=currency, refuse=refuse, shift=shift
        )
        with _opened(file) as text:
            await run.take(invoices_in(text, currency=currency))
    except (NotRetailLines, EOFError, gzip.BadGzipFile) as fault:
        reason = str(fault) if isinstance(fault, NotRetailLines) else "The file is damaged."
        raise ImportRefused(f"{file}: {reason}") from fault
    _account(run.report, currency)


def _account(report: OrderReport, currency: str) -> None:
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


async def _products(files: list[str], currency: str, dialect: Dialect, region: str) -> None:
    name = ""

    def refuse(refused: RefusedLine) -> None:
        out.print(f"{name}:{refused.line}: refused, because {refused.reason}.", markup=False)

    run = ProductImport(region=region, refuse=refuse)
    for name in files:  # `refuse` tells of the file that is being read
        with _opened(name) as text:
            try:
                await run.take(products_in(text, currency=currency, dialect=dialect))
            except NotThisDialect as fault:
                raise ImportRefused(f"{name}: {fault}") from fault
    _tell("products", run.report)


async def _categories(file: Path) -> None:
    def refuse(refused: RefusedLine) -> None:
        out.print(f"{file}: entry {refused.line}: refused, because {refused.reason}.", markup=False)

    with _opened(str(file)) as text:
        try:
            report = await take_categories(text, refuse=refuse)
        except (NotCategories, EOFError, gzip.BadGzipFile, UnicodeDecodeError) as fault:
            reason = str(fault) if isinstance(fault, NotCategories) else "The file is damaged, or is not UTF-8."
            raise ImportRefused(f"{file}: {reason}") from fault
    _tell("categories", report)


async def _with_databases(settings: Settings, work: Callable[[], Awaitable[None]], *, needs_keys: bool = False) -> None:
    async with connected(settings):
        # A catalogue is about nobody, so the keys of sealed columns are not needed.
        missing = [fault for part, fault in (await readiness()).items() if needs_keys or part != "keys"]
        if missing:
            raise ImportRefused(missing[0])
        try:
            await work()
        except DatabaseUnavailable as gone:
            raise ImportRefused(f"{gone} What came before was taken; run the import again to go on.") from gone


def _tell(what: str, report: Report) -> None:
    out.print(
        f"{report.taken:,} {what} taken, {report.changed:,} changed, {report.unchanged:,} as they were; "
        f"{report.refused:,} lines refused."
    )


def _dialect(mapping: Path | None) -> Dialect:
    if mapping is None:
        return SHOPIFY
    try:
        return dialect_of(json.loads(mapping.read_text(encoding="utf-8")))
    except (OSError, ValueError) as fault:
        reason = str(fault) if isinstance(fault, NotThisDialect) else "it cannot be read as JSON"
        raise ImportRefused(f"`{mapping}` is no mapping: {reason}") from fault


@contextmanager
def _opened(name: str) -> Generator[TextIO]:
    """Open a file with a bar that shows how much of it is read; `-` is standard input, and .gz is unpacked."""
    try:
        raw = sys.stdin.buffer if name == "-" else Path(name).open("rb")  # noqa: SIM115  # closed below
    except OSError as fault:
        raise ImportRefused(f"`{name}` cannot be read: name a file that is there.") from fault
    size = None if name == "-" else Path(name).stat().st_size
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
    with raw, Progress(*columns, TimeElapsedColumn(), console=progress, transient=True) as bar:
        task = bar.add_task(Path(name).name, total=size)
        counted = _Counted(raw, lambda read: bar.advance(task, read))
        packed: BinaryIO = cast(BinaryIO, io.BufferedReader(counted, 1 << 16))
        plain = cast(BinaryIO, gzip.GzipFile(fileobj=packed)) if name.endswith(".gz") else packed
        # Bytes that are not UTF-8 are kept as they are, so that the reader finds and refuses their line.
        yield io.TextIOWrapper(plain, encoding="utf-8-sig", errors="surrogateescape", newline="")


class _Counted(io.RawIOBase):
    """Tells how much is read."""

    def __init__(self, file: BinaryIO, count: Callable[[int], None]) -> None:
        self._file, self._count = file, count

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: object) -> int:
        """Read into a buffer, and count."""
        view = memoryview(cast(bytearray, buffer))
        found = self._file.read(len(view))
        view[: len(found)] = found
        self._count(len(found))
        return len(found)
