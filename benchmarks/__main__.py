"""`python3 dev.py bench`: measures what requests cost; `--help` tells the rest."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import profiling, report
from benchmarks.machine import NotMeasurable
from benchmarks.measuring import QUICK, AnswersDiffer, Effort
from benchmarks.run import SMALL, Size, run
from benchmarks.stage import ROOT, ProgramFailed
from benchmarks.wire import WireFault
from benchmarks.workloads import WORKLOADS, Unexpected
from server.embedded import EmbeddedUnavailable

RECORD = Path(os.environ.get("AVOW_DATA") or ROOT / ".data") / "bench.json"
PROFILED_LONGER = 8
TOLD = (
    AnswersDiffer,
    EmbeddedUnavailable,
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
        return _workloads(arguments)
    except TOLD as fault:
        print(f"Nothing was measured. {fault}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _workloads(arguments: Sequence[str]) -> int:
    told = ", ".join(f"{each.name} ({each.about})" for each in WORKLOADS.values())
    parser = argparse.ArgumentParser(
        prog="dev.py bench", description="Measure what requests cost: CPU time of server and PostgreSQL, in turns."
    )
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"all unless named: {told}")
    parser.add_argument("--products", type=_count, default=Size().products, help="size of the generated catalogue")
    parser.add_argument("--orders", type=_count, default=Size().orders, help="how many orders there are")
    parser.add_argument("--rounds", type=_count, default=Effort().rounds, help="how often each has its turn")
    parser.add_argument("--seconds", type=float, default=Effort().seconds, help="how long a turn lasts")
    parser.add_argument("--quick", action="store_true", help="a small shop, a few repetitions: does it run?")
    parser.add_argument("--json", type=Path, default=RECORD, help="where figures are kept, and compared with")
    parser.add_argument("--write", action="store_true", help="put table and chart into docs/performance.md")
    parser.add_argument("--profile", metavar="WORKLOAD", help="take samples of Avow in one workload instead")
    given = parser.parse_args(arguments)
    wanted = [*given.workloads, *([given.profile] if given.profile else [])]
    unknown = [name for name in wanted if name not in WORKLOADS]
    if unknown:
        parser.error(f"there is no workload `{unknown[0]}`; there are {', '.join(WORKLOADS)}")
    size = SMALL if given.quick else Size(given.products, given.orders)
    if given.profile:
        seconds = 1.0 if given.quick else given.seconds * PROFILED_LONGER
        print(profiling.told(profiling.profile(given.profile, size, seconds=seconds, say=_say)))
        return 0
    effort = QUICK if given.quick else Effort(rounds=given.rounds, seconds=given.seconds)
    if given.quick and given.json == RECORD:
        given.json = RECORD.with_stem("bench-quick")
    names = list(dict.fromkeys(given.workloads)) or list(WORKLOADS)
    outcome = run(names, size, effort, say=_say, is_durable=not given.quick)
    print(f"\n{report.table(outcome.figures, report.before(given.json))}\n")
    report.recorded(given.json, outcome.figures, outcome.about)
    _say(f"Recorded in {given.json}.")
    if given.write:
        report.publish(outcome.figures, outcome.about)
        _say(f"Wrote {report.PAGE} and {report.CHART}.")
    return 0


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("give a number of 1 or more")
    return number


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
