"""`dev.py bench shop`: real sales played through the API, and the books compared with the file at the end."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter

from benchmarks import machine, shelves
from benchmarks.customers import Customer, Letters, Refused, Tally, carts_of
from benchmarks.measuring import percentile
from benchmarks.retail import CURRENCY, Sale
from benchmarks.run import Say
from benchmarks.shelves import SPARE, Shelf
from benchmarks.stage import Program, Stage, connected, running, staged
from models.database import fetch
from models.money import Money


@dataclass(frozen=True, slots=True)
class Phase:
    """What a stretch of the play cost; CPU milliseconds of each request."""

    name: str
    seconds: float
    requests: int
    server_ms: float
    postgres_ms: float


@dataclass(frozen=True, slots=True)
class Check:
    """Something that the database and the file have to agree on."""

    name: str
    expected: str
    found: str

    @property
    def holds(self) -> bool:
        """Whether they do."""
        return self.expected == self.found


@dataclass(frozen=True, slots=True)
class Play:
    """What a play came to."""

    sales: int
    orders: int
    phases: list[Phase]
    tally: Tally
    checks: list[Check]

    @property
    def succeeded(self) -> bool:
        """Whether nothing was refused and the books agree."""
        return not self.tally.errors and all(check.holds for check in self.checks)


def play(sales: Sequence[Sale], *, workers: int, concurrency: int, say: Say, is_durable: bool = True) -> Play:
    """
    Play sales through the API over HTTP.

    Every customer has a network address of their own, which a trusted proxy would tell, so the shop counts attempts for
    each of them as it would in life. No limit is changed.

    Args:
        workers: How many processes the server has.
        concurrency: How many customers act at once.

    Raises:
        NotTaken: The catalogue refuses what was sold.
    """
    machine.require_measurable()
    with staged(is_durable=is_durable) as stage:
        say("Putting the goods on the shelves ...")
        shelf = asyncio.run(_filled(stage, sales))
        tally = Tally()
        command = ["server", "serve", "--workers", str(workers)]
        with running(stage, "avow", command, ready="/readyz") as program:
            phases = _played(sales, shelf, stage, program, tally, concurrency=concurrency, say=say)
        say("Comparing the books ...")
        checks = asyncio.run(_checks(stage, sales, tally))
    return Play(len(sales), len(tally.orders), phases, tally, checks)


async def _filled(stage: Stage, sales: Sequence[Sale]) -> Shelf:
    async with connected(stage):
        return await shelves.fill(sales)


def _played(
    sales: Sequence[Sale], shelf: Shelf, stage: Stage, program: Program, tally: Tally, *, concurrency: int, say: Say
) -> list[Phase]:
    by_customer: dict[str, list[Sale]] = {}
    for sale in sales:
        by_customer.setdefault(sale.customer, []).append(sale)
    customers = [
        Customer(place, number, own, tally, program.port)
        for place, (number, own) in enumerate(by_customer.items(), start=1)
    ]
    letters = Letters(stage.outbox)
    acts: tuple[tuple[str, Callable[[Customer], None]], ...] = (
        ("register and confirm", lambda customer: customer.join(letters)),
        ("log in", Customer.sign_in),
        ("fill carts and order", lambda customer: customer.buy(shelf)),
    )
    phases: list[Phase] = []
    with ThreadPoolExecutor(concurrency) as threads:
        for name, act in acts:
            say(f"{len(customers)} customers {name} ...")
            phases.append(
                _phase(name, lambda act=act: list(threads.map(_counted(act), customers)), stage, program, tally)
            )
    return phases


def _counted(act: Callable[[Customer], None]) -> Callable[[Customer], None]:
    def counted(customer: Customer) -> None:
        # What was refused is in the tally; the other customers go on.
        with suppress(Refused):
            act(customer)

    return counted


def _phase(name: str, act: Callable[[], object], stage: Stage, program: Program, tally: Tally) -> Phase:
    server, before = [program.server.pid], tally.requests
    cpu, begun = (machine.cpu_seconds(server), machine.cpu_seconds(stage.postgres)), perf_counter()
    act()
    took, requests = perf_counter() - begun, max(1, tally.requests - before)
    spent = machine.cpu_seconds(server) - cpu[0], machine.cpu_seconds(stage.postgres) - cpu[1]
    return Phase(name, took, requests, spent[0] * 1000 / requests, spent[1] * 1000 / requests)


async def _checks(stage: Stage, sales: Sequence[Sale], tally: Tally) -> list[Check]:
    planned = {sale.number: sale.total_minor for sale in sales}
    quantity = sum(line.quantity for sale in sales for line in sale.bought)
    carts = sum(len(carts_of(sale)) for sale in sales)
    total = sum(planned.values())
    async with connected(stage):
        orders = await fetch('SELECT number, total_minor, status FROM "order"')
        (lines,) = await fetch("SELECT sum(quantity) AS n, sum(quantity * unit_price_minor) AS minor FROM order_line")
        (paid,) = await fetch("SELECT count(*) AS n, sum(amount_minor) AS minor FROM payment WHERE state = 'PAID'")
        (buyers,) = await fetch('SELECT count(DISTINCT buyer_id) AS n FROM "order"')
        (levels,) = await fetch(
            "SELECT sum(on_hand) AS n, sum(reserved) AS held, count(*) AS places FROM inventory_level"
        )
        (differing,) = await fetch(
            """SELECT count(*) AS n FROM inventory_level l
            LEFT JOIN (SELECT level_id, sum(on_hand_change) AS on_hand, sum(reserved_change) AS reserved
                FROM stock_movement GROUP BY level_id) m ON m.level_id = l.id
            WHERE (l.on_hand, l.reserved) IS DISTINCT FROM (m.on_hand, m.reserved)"""
        )
        (committed,) = await fetch("SELECT sum(quantity) AS n FROM stock_reservation WHERE state = 'COMMITTED'")
    found: dict[str, int] = {}
    for row in orders:
        sale = tally.orders.get(row["number"], "of no sale")
        found[sale] = found.get(sale, 0) + row["total_minor"]
    agreeing = sum(planned.get(sale) == minor for sale, minor in found.items())
    return [
        Check("sales whose orders cost what the file says", str(len(sales)), str(agreeing)),
        Check("orders", str(carts), str(len(orders))),
        Check("orders that are paid", str(carts), str(sum(row["status"] == "PAID" for row in orders))),
        Check("total", _pounds(total), _pounds(sum(row["total_minor"] for row in orders))),
        Check("total of the lines", _pounds(total), _pounds(lines["minor"])),
        Check("payments", f"{carts}, {_pounds(total)}", f"{paid['n']}, {_pounds(paid['minor'])}"),
        Check("buyers", str(len({sale.customer for sale in sales})), str(buyers["n"])),
        Check("pieces ordered", str(quantity), str(lines["n"])),
        Check("pieces taken out of stock", str(quantity), str(committed["n"])),
        Check("pieces left", str(levels["places"] * SPARE), str(levels["n"])),
        Check("pieces promised and not taken", "0", str(levels["held"])),
        Check("levels that differ from the journal", "0", str(differing["n"])),
    ]


def _pounds(minor: int | None) -> str:
    return f"{Money(int(minor or 0), CURRENCY).amount} {CURRENCY}"


def told(done: Play) -> str:
    """Write a play as tables in Markdown."""
    buying = done.phases[-1]
    lines = ["| | requests | seconds | CPU ms of a request: server + PostgreSQL |", "|---|---:|---:|---:|"]
    lines += [
        f"| {each.name} | {each.requests} | {each.seconds:.1f} | {each.server_ms:.1f} + {each.postgres_ms:.1f} |"
        for each in done.phases
    ]
    lines += ["", "| operation | answers | p50 ms | p99 ms |", "|---|---:|---:|---:|"]
    for operation, seconds in done.tally.seconds.items():
        ascending = sorted(seconds)
        middle, late = percentile(ascending, 50) * 1000, percentile(ascending, 99) * 1000
        lines.append(f"| {operation} | {len(ascending)} | {middle:.1f} | {late:.1f} |")
    lines += ["", "| in the books | by the file | by the database | |", "|---|---:|---:|---|"]
    lines += [
        f"| {each.name} | {each.expected} | {each.found} | {'same' if each.holds else '**DIFFERS**'} |"
        for each in done.checks
    ]
    errors = ", ".join(f"{code} {count} times" for code, count in done.tally.errors.items()) or "none"
    rate = done.orders / buying.seconds if buying.seconds else 0.0
    lines += ["", f"{done.sales} sales as {done.orders} orders, {rate:.1f} orders a second. Errors: {errors}."]
    return "\n".join(lines)
