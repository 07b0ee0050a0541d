"""Takes a catalogue in from files, and has what imports of every kind need: databases, a file with its bar."""

import asyncio
import gzip
import io
import json
import os
import sys
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from commerce.category_import import NotCategories, take_categories
from commerce.product_csv import SHOPIFY, Dialect, NotThisDialect, RefusedLine, dialect_of, products_in
from commerce.product_import import ProductImport, Report
from models.database import DatabaseUnavailable, readiness
from models.money import UnknownCurrency, exponent
from server import settings as settings_module
from server.settings import Settings
from server.storage import connected

out = Console(highlight=False, soft_wrap=True)
progress = Console(stderr=True, highlight=False, soft_wrap=True)


class ImportRefused(Exception):
    """A file that cannot be imported at all; the text names the remedy."""


def import_products(files: Sequence[str], *, currency: str, mapping: Path | None) -> None:
    """
    Take products in.

    Args:
        files: Their names; `-` is standard input.
        currency: Of all prices.
        mapping: JSON that says what the columns are called, where that is not as Shopify calls them.

    Raises:
        ImportRefused: One cannot be imported at all.
    """
    require_currency(currency)
    run(partial(_products, files, currency, _dialect(mapping)))


def import_categories(file: Path) -> None:
    """
    Take a tree of categories in.

    Raises:
        ImportRefused: It cannot be imported at all.
    """
    run(lambda region: _categories(file))


def require_currency(currency: str) -> None:
    """
    Refuse what is no currency.

    Raises:
        ImportRefused: It is none.
    """
    try:
        exponent(currency)
    except UnknownCurrency as unknown:
        raise ImportRefused(str(unknown)) from unknown


def run(work: Callable[[str], Awaitable[None]], *, needs_keys: bool = False) -> None:
    """
    Do the work of an import on the databases of the settings.

    Args:
        work: Is told the shop's region.
        needs_keys: Whether it seals anything. A catalogue is about nobody.

    Raises:
        ImportRefused: A database is not ready, or went away.
    """
    settings = settings_module.read(os.environ)
    asyncio.run(_with_databases(settings, lambda: work(settings.region), needs_keys=needs_keys))


async def _products(files: Sequence[str], currency: str, dialect: Dialect, region: str) -> None:
    name = ""

    def refuse(refused: RefusedLine) -> None:
        out.print(f"{name}:{refused.line}: refused, because {refused.reason}.", markup=False)

    def remark(said: RefusedLine) -> None:
        out.print(f"{name}:{said.line}: {said.reason}.", markup=False)

    taking = ProductImport(region=region, refuse=refuse, remark=remark)
    for name in files:  # `refuse` tells of the file that is being read
        with opened(name) as text:
            try:
                await taking.take(products_in(text, currency=currency, dialect=dialect))
            except NotThisDialect as fault:
                raise ImportRefused(f"{name}: {fault}") from fault
    _tell("products", taking.report)


async def _categories(file: Path) -> None:
    def refuse(refused: RefusedLine) -> None:
        out.print(f"{file}: entry {refused.line}: refused, because {refused.reason}.", markup=False)

    with opened(str(file)) as text:
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
    if report.kept or report.uncategorised or report.promised:
        out.print(
            f"{report.uncategorised:,} without a category of the shop, {report.kept:,} variants kept that the file no "
            f"longer has, {report.promised:,} of which more are promised than the file leaves."
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
def opened(name: str) -> Generator[TextIO]:
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
