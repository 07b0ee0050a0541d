"""One run of the workloads, from an empty database to figures."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import asyncpg

from benchmarks import counting, goods, growth, importing, machine, policing, purchases, service, targets
from benchmarks.contestants import AVOW, CONTESTANTS, NAIVE, UNGUARDED, running_all
from benchmarks.growth import Place
from benchmarks.measuring import AnswersDiffer, Effort, Figures, Turns, record, require_same
from benchmarks.purchases import Cast
from benchmarks.stage import Program, Stage, connected, staged
from benchmarks.wire import Wire
from benchmarks.workloads import WORKLOADS, Workload
from benchmarks.written import Written

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Size:
    """How large the generated shop is."""

    products: int = 2_000
    orders: int = 5_000

    def __str__(self) -> str:
        return f"{self.products:,} products with 3 variants each, {self.orders:,} orders"


LARGE = Size(products=100_000)
"""Of the shop in which it is seen whether a page of products costs more where there are many more."""
SMALL, SMALL_LARGE = Size(products=150, orders=60), Size(products=600, orders=60)
IMPORTED, IMPORTED_QUICKLY = 20_000, 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What a run came to.

    Args:
        figures: What workloads cost.
        facts: What else was measured, by the names in `targets`.
        about: What was measured where, for people.
    """

    figures: list[Figures]
    facts: dict[str, float] = field(default_factory=dict[str, float])
    about: dict[str, str] = field(default_factory=dict[str, str])


def run(
    names: Sequence[str],
    size: Size,
    effort: Effort,
    *,
    large: Size = LARGE,
    say: Say,
    is_durable: bool = True,
    imported: int | None = None,
) -> Outcome:
    """
    Generate shops, see to it that all contestants answer the same, and measure them in turns.

    Args:
        names: Of workloads.
        size: Of the shop.
        large: Of the other shop, for workloads that are measured in a large one.
        say: Told what is being done.
        is_durable: Whether commits wait for the disk.
        imported: How many products to take in from a file; None to measure the workloads alone, and not the server
            as such.

    Raises:
        NotMeasurable: The machine is of another kind.
        AnswersDiffer, Unexpected, ProgramFailed: There is nothing that could be compared.
    """
    machine.require_measurable()
    outcome, places = Outcome([]), list[Place]()
    with ExitStack() as stages:
        for is_large, of in ((False, size), (True, large)):
            workloads = [WORKLOADS[name] for name in names if WORKLOADS[name].is_large is is_large]
            if workloads:
                stage = stages.enter_context(staged(is_durable=is_durable))
                places.append(Place(stage, _run(workloads, of, stage, effort, outcome, say)))
                outcome.about["large" if is_large else "size"] = f"W1L with {of}" if is_large else str(of)
        small, large_one = places[0], places[-1]
        if small is not large_one:
            say("Measuring W1 in both shops in turns ...")
            outcome.facts[targets.SMALL_MS], outcome.facts[targets.LARGE_MS] = growth.measure(small, large_one, effort)
        if imported is not None:
            _serve(small, effort, outcome, say, imported=imported)
    outcome.about.update(machine.description())
    return outcome


def _run(workloads: Sequence[Workload], size: Size, stage: Stage, effort: Effort, outcome: Outcome, say: Say) -> Cast:
    say(f"Generating {size} ...")
    cast, version = asyncio.run(filled(stage, size))
    outcome.about["postgresql"] = f"PostgreSQL {version}"
    answers, figures = stage.folder / "answers", list[Figures]()
    say("Starting the servers ...")
    with running_all(
        stage, workloads, answers, lambda programs: record(programs, workloads, cast, answers)
    ) as programs:
        require_same(programs, workloads, cast, Written(stage))
        say("All answer the same.")
        outcome.facts.update(told_apart(programs, cast))
        turns = Turns(programs, stage.postgres, cast, effort)
        for workload in workloads:
            say(f"Measuring {workload.name}: {workload.about} ...")
            figures += turns.measure(workload)
        if UNGUARDED in programs:
            say("Measuring W6 with and without the policy, side by side ...")
            outcome.facts.update(policing.measure(turns, pairs=policing.PAIRS if effort.rounds > 1 else 1))
    say("Counting statements ...")
    _count(figures, stage, workloads, cast)
    outcome.figures.extend(figures)
    return cast


def told_apart(programs: Mapping[str, Program], cast: Cast) -> dict[str, float]:
    """
    See to it that contestants are what they are called, and tell how many values of W6 the policy decides.

    Raises:
        AnswersDiffer: Avow makes no plans, or decides nothing; or one that is to be without these has them.
    """
    found: dict[str, float] = {}
    for name, plans in ((AVOW, True), (NAIVE, False)):
        if name in programs and (counting.planned(programs[name].port) > 0) is not plans:
            raise AnswersDiffer(f"`{name}` {'runs no' if plans else 'runs an'} operation by plan.")
    for name, decides in ((AVOW, True), (UNGUARDED, False)):
        if UNGUARDED in programs:
            with Wire(programs[name].port) as wire:
                count = counting.classified(WORKLOADS["W6"], cast, wire)
            if (count > 0) is not decides:
                raise AnswersDiffer(f"`{name}` decides {count} values of W6 by the policy.")
            found[targets.CLASSIFIED] = max(count, found.get(targets.CLASSIFIED, 0))
    return found


def _serve(place: Place, effort: Effort, outcome: Outcome, say: Say, *, imported: int) -> None:
    say("Starting it again and again, and with two workers ...")
    found = service.measure(place.stage, place.cast, effort)
    say(f"Taking {imported:,} products in ...")
    taken = importing.measure(place.stage, products=imported)
    outcome.facts.update(
        {
            targets.START_S: found.start_s,
            targets.WORKER_MB: found.worker_mb,
            targets.ONE_WORKER_MS: found.one_worker_ms,
            targets.TWO_WORKERS_MS: found.two_workers_ms,
            targets.IMPORTED_PER_S: taken.products_per_s,
            targets.IMPORT_MB: taken.megabytes,
        }
    )


def _count(figures: Sequence[Figures], stage: Stage, workloads: Sequence[Workload], cast: Cast) -> None:
    counted = asyncio.run(counting.of_bare(stage, workloads, cast))
    for one in CONTESTANTS:
        known = [workload for workload in workloads if workload.name in one.workloads]
        if one.application is not None and known:
            counted |= asyncio.run(counting.of_application(stage, one, one.application, known, cast))
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
