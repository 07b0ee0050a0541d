"""`python3 dev.py bench`: measures what requests cost; `--help` tells the rest."""

import argparse
import os
import sys
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from benchmarks import profiling, report, retail, shop
from benchmarks.machine import NotMeasurable
from benchmarks.measuring import QUICK, AnswersDiffer, Effort
from benchmarks.retail import NoSales
from benchmarks.run import IMPORTED, IMPORTED_QUICKLY, LARGE, SMALL, SMALL_LARGE, Size, run
from benchmarks.shelves import NotTaken
from benchmarks.stage import ROOT, ProgramFailed
from benchmarks.wire import WireFault
from benchmarks.workloads import WORKLOADS, Unexpected
from server import serving
from server.embedded import EmbeddedUnavailable

RECORD = Path(os.environ.get("AVOW_DATA") or ROOT / ".data") / "bench.json"
PROFILED_LONGER = 8
TOLD = (
    AnswersDiffer,
    EmbeddedUnavailable,
    NoSales,
    NotTaken,
    NotMeasurable,
    ProgramFailed,
    Unexpected,
    WireFault,
    report.PageUnmarked,
)
"""What ends a run with a sentence."""


def main(arguments: Sequence[str]) -> int:
    """Run what the arguments name, and give the exit status."""
    try:
        with serving.ended_by_signals():
            return _shop(arguments[1:]) if arguments[:1] == ["shop"] else _workloads(arguments)
    except TOLD as fault:
        print(f"Nothing was measured. {fault}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _workloads(arguments: Sequence[str]) -> int:
    told = ", ".join(f"{each.name} ({each.about})" for each in WORKLOADS.values())
    parser = argparse.ArgumentParser(
        prog="dev.py bench",
        description="Measure what requests cost: CPU time of server and PostgreSQL, in turns.",
        epilog="`dev.py bench shop --help` tells of real sales played through the API.",
    )
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"all unless named: {told}")
    parser.add_argument("--products", type=_count, default=Size().products, help="size of the generated catalogue")
    parser.add_argument("--large", type=_count, default=LARGE.products, help="of the large one, for W1L")
    parser.add_argument("--orders", type=_count, default=Size().orders, help="how many orders there are")
    parser.add_argument("--rounds", type=_count, default=Effort().rounds, help="how often each has its turn")
    parser.add_argument("--seconds", type=float, default=Effort().seconds, help="how long a turn lasts")
    parser.add_argument("--quick", action="store_true", help="a small shop, a few repetitions: does it run?")
    parser.add_argument("--json", type=Path, default=RECORD, help="where figures are kept, and compared with")
    parser.add_argument("--write", action="store_true", help="put tables and chart into docs/performance.md")
    parser.add_argument("--profile", metavar="WORKLOAD", help="take samples of Avow in one workload instead")
    given = parser.parse_args(arguments)
    wanted = [*given.workloads, *([given.profile] if given.profile else [])]
    unknown = [name for name in wanted if name not in WORKLOADS]
    if unknown:
        parser.error(f"there is no workload `{unknown[0]}`; there are {', '.join(WORKLOADS)}")
    if given.write and (given.quick or given.workloads):
        parser.error("`--write` publishes a whole run: leave out `--quick` and names of workloads")
    size = SMALL if given.quick else Size(given.products, given.orders)
    if given.profile:
        seconds = 1.0 if given.quick else given.seconds * PROFILED_LONGER
        print(profiling.told(profiling.profile(given.profile, size, seconds=seconds, say=_say)))
        return 0
    effort = QUICK if given.quick else Effort(rounds=given.rounds, seconds=given.seconds)
    if given.quick and given.json == RECORD:
        given.json = RECORD.with_stem("bench-quick")
    names = list(dict.fromkeys(given.workloads)) or list(WORKLOADS)
    outcome = run(
        names,
        size,
        effort,
        large=SMALL_LARGE if given.quick else Size(given.large, given.orders),
        say=_say,
        is_durable=not given.quick,
        imported=None if given.workloads else IMPORTED_QUICKLY if given.quick else IMPORTED,
    )
    print(f"\n{report.table(outcome.figures, report.before(given.json))}\n")
    if not given.workloads:
        print(f"{report.aimed_at(outcome.figures, outcome.facts)}\n")
    report.recorded(given.json, outcome.figures, outcome.about, outcome.facts)
    _say(f"Recorded in {given.json}.")
    if given.write:
        report.publish(outcome.figures, outcome.about, outcome.facts)
        _say(f"Wrote {report.PAGE} and {report.CHART}.")
    return 0


def _shop(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="dev.py bench shop",
        description="Play the sales of the Online Retail file through the API, and compare the books at the end.",
    )
    parser.add_argument("file", nargs="?", type=Path, help=f"unless given, `{retail.FILE}` in the folder AVOW_SAMPLES")
    parser.add_argument("--generated", type=_count, metavar="N", help="invent N sales instead")
    parser.add_argument("--workers", type=_count, default=1, help="how many processes the server has")
    parser.add_argument("--concurrency", type=_count, default=4, help="how many customers act at once")
    parser.add_argument("--quick", action="store_true", help="commits do not wait for the disk")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    given = parser.parse_args(arguments)
    sales = (
        retail.sales_in(StringIO("".join(retail.invented(given.generated))))
        if given.generated
        else retail.read(given.file, os.environ.get("AVOW_SAMPLES"))
    )
    done = shop.play(sales, workers=given.workers, concurrency=given.concurrency, say=_say, is_durable=not given.quick)
    print(f"\n{shop.told(done)}\n")
    if given.write:
        report.put("shop", shop.told(done))
        _say(f"Wrote {report.PAGE}.")
    return 0 if done.succeeded else 1


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("give a number of 1 or more")
    return number


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
