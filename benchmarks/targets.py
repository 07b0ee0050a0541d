"""What is aimed at, and what of it a run has reached."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.contestants import AVOW, CONTESTANTS, FLOOR, NAIVE
from benchmarks.measuring import Figures

LIMITS = frozenset(one.name for one in CONTESTANTS if one.is_limit)
START_S, WORKER_MB, ONE_WORKER_MS, TWO_WORKERS_MS = "start_s", "worker_mb", "one_worker_ms", "two_workers_ms"
SMALL_MS, LARGE_MS = "W1_ms_in_small_shop", "W1_ms_in_large_shop"
GUARDED_MS, POLICY_SERVER_MS, POLICY_POSTGRES_MS = "W6_ms_in_pairs", "policy_server_ms", "policy_postgres_ms"
CLASSIFIED, IMPORTED_PER_S, IMPORT_MB = "classified_values_in_W6", "imported_products_per_s", "import_mb"


def limits(figures: Sequence[Figures]) -> dict[str, Figures]:
    """Give the bare limit of each workload: the hand-written server that cost less."""
    found: dict[str, Figures] = {}
    for each in figures:
        if each.contestant in LIMITS:
            best = found.get(each.workload)
            found[each.workload] = each if best is None or each.total_ms < best.total_ms else best
    return found


class NotMeasured(Exception):
    """A figure that this run has not."""


class Run:
    """The figures of one run, for the targets to be worked out from."""

    def __init__(self, figures: Sequence[Figures], facts: Mapping[str, float]) -> None:
        self._figures = {(each.workload, each.contestant): each for each in figures}
        self._limits, self._facts = limits(figures), facts

    def of(self, workload: str, contestant: str = AVOW) -> Figures:
        """Give what a workload costs a contestant."""
        found = self._figures.get((workload, contestant))
        if found is None:
            raise NotMeasured
        return found

    def limit(self, workload: str) -> Figures:
        """Give what a workload costs the faster one of the hand-written servers."""
        found = self._limits.get(workload)
        if found is None:
            raise NotMeasured
        return found

    def fact(self, name: str) -> float:
        """Give something else that was measured."""
        if name not in self._facts:
            raise NotMeasured
        return self._facts[name]


@dataclass(frozen=True, slots=True)
class Target:
    """
    One thing that is aimed at.

    Args:
        number: Of the group that it belongs to.
        about: What is compared with what.
        bound: At most so much, or at least.
        unit: Behind figures.
        measured: Works the figure out.
        is_least: Whether the figure has to reach the bound, in place of staying below it.
        digits: Behind the point.
    """

    number: int
    about: str
    bound: float
    unit: str
    measured: Callable[[Run], float]
    is_least: bool = False
    digits: int = 2

    def is_met(self, figure: float) -> bool:
        """Tell whether a figure, as it is shown, keeps to the bound."""
        shown = round(figure, self.digits)
        return shown >= self.bound if self.is_least else shown <= self.bound


@dataclass(frozen=True, slots=True)
class Result:
    """A target and its figure; None where the run has none."""

    target: int
    about: str
    bound: str
    figure: float | None
    shown: str
    is_met: bool | None


def _of_limit(workload: str) -> Callable[[Run], float]:
    return lambda run: run.of(workload).total_ms / run.limit(workload).total_ms


def _server_of_limit(workload: str) -> Callable[[Run], float]:
    return lambda run: run.of(workload).server_ms / run.limit(workload).server_ms


def _naive_server(workload: str) -> Callable[[Run], float]:
    return lambda run: run.of(workload, NAIVE).server_ms / run.of(workload).server_ms


def _fact(name: str) -> Callable[[Run], float]:
    return lambda run: run.fact(name)


READS = ("W1", "W2", "W6")
TARGETS = (
    *(Target(1, f"{name}: server + PostgreSQL, of the limit", 1.0, "x", _of_limit(name)) for name in READS),
    *(Target(1, f"{name}: server alone, of the limit's", 1.5, "x", _server_of_limit(name)) for name in READS),
    Target(1, "W6s: server + PostgreSQL, of the limit, which writes the ledger too", 1.5, "x", _of_limit("W6s")),
    *(
        Target(1, f"{name}: server of `naive`, of ours", 30, "x", _naive_server(name), is_least=True, digits=1)
        for name in ("W1", "W2")
    ),
    Target(
        1,
        "W6: server + PostgreSQL of `naive`, of ours",
        18,
        "x",
        lambda run: run.of("W6", NAIVE).total_ms / run.of("W6").total_ms,
        is_least=True,
        digits=1,
    ),
    Target(
        2,
        "W1a: server + PostgreSQL, of the floor",
        2.0,
        "x",
        lambda run: run.of("W1a").total_ms / run.of("W1a", FLOOR).total_ms,
    ),
    Target(
        3,
        "policy, for each classified value of W6",
        0.5,
        "us",
        lambda run: run.fact(POLICY_SERVER_MS) * 1000 / run.fact(CLASSIFIED),
    ),
    Target(
        3,
        "the whole policy, of W6",
        15,
        "%",
        lambda run: 100 * (run.fact(POLICY_SERVER_MS) + run.fact(POLICY_POSTGRES_MS)) / run.fact(GUARDED_MS),
        digits=1,
    ),
    Target(4, "W4: server + PostgreSQL, of the same rows by hand", 2.0, "x", _of_limit("W4")),
    Target(4, "W5: server + PostgreSQL, of the same rows by hand", 2.0, "x", _of_limit("W5")),
    Target(5, "W1 of 100 products, of W1", 4.0, "x", lambda run: run.of("W1x100").total_ms / run.of("W1").total_ms),
    Target(
        5,
        "W1 in a shop of many more products, in turns",
        1.3,
        "x",
        lambda run: run.fact(LARGE_MS) / run.fact(SMALL_MS),
    ),
    Target(6, "start to the first answer", 2.0, "s", _fact(START_S)),
    Target(6, "resident memory of a worker after load", 150, "MB", _fact(WORKER_MB), digits=0),
    Target(
        6,
        "W1 with two workers, of W1 with one",
        1.1,
        "x",
        lambda run: run.fact(TWO_WORKERS_MS) / run.fact(ONE_WORKER_MS),
    ),
    Target(7, "products taken in from CSV", 5_000, "/s", _fact(IMPORTED_PER_S), is_least=True, digits=0),
)


def results(figures: Sequence[Figures], facts: Mapping[str, float]) -> list[Result]:
    """Compare a run with every target."""
    run = Run(figures, facts)
    return [_result(target, run) for target in TARGETS]


def _result(target: Target, run: Run) -> Result:
    sign = "at least" if target.is_least else "at most"
    bound = f"{sign} {target.bound:,g} {target.unit}"
    try:
        figure = target.measured(run)
    except NotMeasured:
        return Result(target.number, target.about, bound, None, "not measured", None)
    shown = f"{figure:,.{target.digits}f} {target.unit}"
    return Result(target.number, target.about, bound, figure, shown, target.is_met(figure))


def rows(found: Sequence[Result]) -> list[list[str]]:
    """Write results as the rows of a table, heads included."""
    met = {True: "yes", False: "**no**", None: ""}
    said = [[str(each.target), each.about, each.bound, each.shown, met[each.is_met]] for each in found]
    return [["", "target", "bound", "measured", "met"], ["---:", "---", "---:", "---:", "---"], *said]


def kept(found: Sequence[Result]) -> list[dict[str, Any]]:
    """Give results as they are recorded."""
    return [asdict(each) for each in found]
