"""One run of the workloads, from an empty database to figures."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import asyncpg

from benchmarks import counting, goods, machine, purchases
from benchmarks.contestants import AVOW, CONTESTANTS, running_all
from benchmarks.measuring import Effort, Figures, Turns, record, require_same
from benchmarks.purchases import Cast
from benchmarks.stage import Stage, connected, staged
from benchmarks.workloads import WORKLOADS

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Size:
    """How large the generated shop is."""

    products: int = 2_000
    orders: int = 5_000

    def __str__(self) -> str:
        return f"{self.products:,} products with 3 variants each, {self.orders:,} orders"


SMALL = Size(products=150, orders=60)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to."""

    figures: list[Figures]
    about: dict[str, str]


def run(names: Sequence[str], size: Size, effort: Effort, *, say: Say, is_durable: bool = True) -> Outcome:
    """
    Generate a shop, see to it that all contestants answer the same, and measure them in turns.

    Args:
        names: Of workloads.
        say: Told what is being done.

    Raises:
        NotMeasurable: The machine is of another kind.
        AnswersDiffer, Unexpected, ProgramFailed: There is nothing that could be compared.
    """
    machine.require_measurable()
    workloads = [WORKLOADS[name] for name in names]
    figures: list[Figures] = []
    with staged(is_durable=is_durable) as stage:
        say(f"Generating {size} ...")
        cast, version = asyncio.run(filled(stage, size))
        answers = stage.folder / "answers"
        kept: dict[str, bytes] = {}
        say("Starting the servers ...")
        with running_all(
            stage, answers, lambda programs: kept.update(record(programs, workloads, cast, answers))
        ) as programs:
            require_same(programs, workloads, cast, kept)
            say("All answer the same.")
            turns = Turns(programs, stage.postgres, cast, effort)
            for workload in workloads:
                say(f"Measuring {workload.name}: {workload.about} ...")
                figures += turns.measure(workload)
            started = programs[AVOW].started_s
            resident = machine.resident_megabytes([programs[AVOW].server.pid])
        say("Counting statements ...")
        _count(figures, stage, names, cast)
    about = {"size": str(size), **machine.description(), "postgresql": f"PostgreSQL {version}"}
    about["start"] = f"Avow ready {started:.1f} s after its start and with {resident:.0f} MB resident at the end"
    return Outcome(figures, about)


def _count(figures: Sequence[Figures], stage: Stage, names: Sequence[str], cast: Cast) -> None:
    workloads = [WORKLOADS[name] for name in names]
    counted = asyncio.run(counting.of_bare(stage, workloads, cast))
    for one in CONTESTANTS:
        if one.speaks_graphql:
            known = [workload for workload in workloads if workload.name in one.workloads]
            counted |= asyncio.run(counting.of_application(stage, one, known, cast))
    for each in figures:
        each.statements = counted.get((each.contestant, each.workload))


async def filled(stage: Stage, size: Size) -> tuple[Cast, str]:
    """Generate the shop, and tell who may ask and which PostgreSQL it is in."""
    async with connected(stage):
        owner = await asyncpg.connect(stage.clusters.shop.owner_url, command_timeout=600)
        try:
            await goods.fill(owner, products=size.products)
            cast = await purchases.people(orders=size.orders, owner=owner)
            # Else it would be done by PostgreSQL itself, in the middle of somebody's turn.
            await owner.execute("VACUUM (ANALYZE)")
            await owner.execute("CHECKPOINT")
            version = str(await owner.fetchval("SHOW server_version"))
        finally:
            await owner.close()
    return cast, version
