"""Takes a file's orders of the past in, and accounts for every line of it to the penny."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from commerce import past_orders
from commerce.past_orders import PastCancellation, PastOrder, SoldLine
from commerce.retail_csv import SOURCE, Fate, Invoice, PastLine, Refused
from models import clock
from models.database import execute, fetch
from models.ids import new_id

BATCH = 100


@dataclass(slots=True)
class Sum:
    """So many lines of a file, and what they add up to."""

    lines: int = 0
    amount_minor: int = 0

    def add(self, amount_minor: int, lines: int = 1) -> None:
        """Count lines in."""
        self.lines += lines
        self.amount_minor += amount_minor


@dataclass(slots=True)
class Report:
    """
    What became of a file.

    Args:
        file: What the file's readable lines add up to, as they were read.
        by_fate: What became of them; what was imported is added up by the database, from the orders that are there.
    """

    taken: int = 0
    unchanged: int = 0
    file: Sum = field(default_factory=Sum)
    by_fate: dict[Fate, Sum] = field(default_factory=lambda: {fate: Sum() for fate in Fate})

    @property
    def difference_minor(self) -> int:
        """What the fates of all lines leave unaccounted for; anything but zero is a fault of the program."""
        return self.file.amount_minor - sum(each.amount_minor for each in self.by_fate.values())

    @property
    def is_reconciled(self) -> bool:
        """Whether every line and every penny of the file is accounted for."""
        return self.difference_minor == 0 and self.file.lines == sum(each.lines for each in self.by_fate.values())


class OrderImport:
    """
    One run over one file.

    Args:
        supplier_id: Who provided what was sold.
        currency: In which all prices are.
        shift: How much later orders are to appear than they were placed; their own day is kept beside it.
        refuse: Told of each line that was not taken.
    """

    def __init__(
        self, *, supplier_id: UUID, currency: str, refuse: Callable[[Refused], None], shift: timedelta = timedelta()
    ) -> None:
        self.report = Report()
        self._supplier, self._currency, self._refuse, self._shift = supplier_id, currency, refuse, shift

    async def take(self, found: Iterable[Invoice | Refused]) -> None:
        """
        Take the invoices of a file.

        Cancellations are looked up among what the file had before them, and what was imported in earlier runs.
        """
        stream = iter(found)
        while batch := list(islice(stream, BATCH)):
            sales: dict[str, Invoice] = {}
            returns: list[Invoice] = []
            for each in batch:
                if isinstance(each, Refused):
                    self.report.file.add(each.amount_minor)
                    self._refused(each)
                    continue
                self.report.file.add(sum(line.amount_minor for line in each.lines), len(each.lines))
                if each.is_cancellation:
                    returns.append(each)
                elif each.reference in sales:
                    self._refuse_all(each.lines, Fate.CONFLICT)
                else:
                    sales[each.reference] = each
            await self._sell(sales)
            for invoice in returns:
                await self._cancel(invoice)

    async def _sell(self, sales: dict[str, Invoice]) -> None:
        orders = {reference: order for reference, each in sales.items() if (order := self._order(each)) is not None}
        if not orders:
            return
        taken = await past_orders.take(list(orders.values()))
        self.report.taken += len(taken.new)
        self.report.unchanged += len(taken.unchanged)
        there = [*taken.new, *taken.unchanged]
        lines, minor = await past_orders.amounts(SOURCE, there)
        self.report.by_fate[Fate.IMPORTED].add(minor, lines)
        for reference in taken.conflicting:
            self._refuse_all([line for line in sales[reference].lines if _fate_of(line) is None], Fate.CONFLICT)

    def _order(self, invoice: Invoice) -> PastOrder | None:
        sold: list[PastLine] = []
        for line in invoice.lines:
            if (fate := _fate_of(line)) is None:
                sold.append(line)
            else:
                self._refuse_all([line], fate)
        if not sold or sold[0].customer is None:
            return None
        first = sold[0]
        attributes = {"source": SOURCE, "invoice": invoice.reference}
        if self._shift:
            attributes["originallyPlacedAt"] = first.at.isoformat()
        return PastOrder(
            source=SOURCE,
            reference=invoice.reference,
            buyer=first.customer or "",
            country=first.country,
            supplier_id=self._supplier,
            currency=self._currency,
            happened_at=first.at,
            placed_at=self._shown(first.at),
            lines=tuple(SoldLine(line.sku, line.title, line.quantity, line.unit_price_minor) for line in sold),
            attributes=attributes,
        )

    async def _cancel(self, invoice: Invoice) -> None:
        for position, line in enumerate(invoice.lines, start=1):
            if line.quantity > 0 or line.customer is None:
                self._refuse_all([line], Fate.CORRECTION)
                continue
            found = await past_orders.cancel(
                PastCancellation(
                    source=SOURCE,
                    reference=invoice.reference,
                    position=position,
                    buyer=line.customer,
                    sku=line.sku,
                    quantity=-line.quantity,
                    unit_price_minor=line.unit_price_minor,
                    cancelled_at=self._shown(line.at),
                )
            )
            if found:
                self.report.by_fate[Fate.CANCELLED].add(line.amount_minor)
            else:
                self._refuse_all([line], Fate.NO_ORIGINAL)

    def _shown(self, at: datetime) -> datetime:
        return at + self._shift

    def _refuse_all(self, lines: Iterable[PastLine], fate: Fate) -> None:
        for line in lines:
            self._refused(Refused(line.line, fate, fate.value, line.amount_minor))

    def _refused(self, refused: Refused) -> None:
        self.report.by_fate[refused.fate].add(refused.amount_minor)
        self._refuse(refused)


def _fate_of(line: PastLine) -> Fate | None:
    """Tell why a line of a sale is none; None for one that is."""
    if line.quantity < 0 or line.unit_price_minor < 0:
        return Fate.CORRECTION
    if line.unit_price_minor == 0:
        return Fate.NO_PRICE
    return None if line.customer is not None else Fate.NO_CUSTOMER


async def seller(name: str, *, region: str) -> UUID:
    """Find the supplier of imported orders by its name, or make it."""
    slug = SOURCE
    await execute(
        "INSERT INTO supplier (id, name, slug, region, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        new_id(),
        name,
        slug,
        region,
        clock.now(),
    )
    (row,) = await fetch("SELECT id FROM supplier WHERE slug = $1", slug)
    return row["id"]
