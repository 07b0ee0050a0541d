"""
`python -m benchmarks.sampled FILE COMMAND...`: the command line `avow`, looked at while it works.

SIGUSR1 begins to take samples of where the program is, and SIGUSR2 ends it and writes them to FILE. A sample is taken
each time the program has used some more CPU time, so one that waits is not seen, and one that computes in C is seen
in the line that called it.
"""

import json
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

from server import cli

EVERY_S = 0.001
"""Of CPU time; Linux rounds it up to its own tick, often 4 ms."""

Stack = tuple[str, ...]


def main(file: Path, arguments: list[str]) -> int:
    """Run the command, ready to take samples."""
    stacks: Counter[Stack] = Counter()

    def sample(_: int, frame: FrameType | None) -> None:
        stacks[stack_of(frame)] += 1

    def begin(_: int, __: FrameType | None) -> None:
        signal.setitimer(signal.ITIMER_PROF, EVERY_S, EVERY_S)

    def end(_: int, __: FrameType | None) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        fresh = file.with_suffix(".new")
        fresh.write_text(json.dumps([[count, list(stack)] for stack, count in stacks.items()]), encoding="utf-8")
        fresh.replace(file)

    signal.signal(signal.SIGPROF, sample)
    signal.signal(signal.SIGUSR1, begin)
    signal.signal(signal.SIGUSR2, end)
    return cli.run(arguments)


def stack_of(frame: FrameType | None) -> Stack:
    """Name the functions that are under way, the innermost first, each by its file and its qualified name."""
    found: list[str] = []
    while frame is not None:
        code = frame.f_code
        found.append(f"{code.co_filename}:{code.co_qualname}")
        frame = frame.f_back
    return tuple(found)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
