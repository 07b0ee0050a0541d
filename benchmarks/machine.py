"""What the machine is, and how much CPU time its processes have used."""

import os
import platform
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


class NotMeasurable(Exception):
    """Nothing can be measured as asked; the text names the remedy."""


def require_measurable() -> None:
    """
    Refuse a machine that does not tell the CPU time of other processes.

    Raises:
        NotMeasurable: It is not Linux.
    """
    if not sys.platform.startswith("linux"):
        raise NotMeasurable("CPU times of other processes are read in Linux's own way: run the benchmarks on Linux.")


def cpu_seconds(roots: Iterable[int]) -> float:
    """
    Add up the CPU time of processes and all that descend from them and still live.

    It comes from each process's own clock, which counts nanoseconds; `/proc/PID/stat` counts in hundredths of a
    second, which is ten requests. A process that has ended meanwhile no longer counts, so start nothing short-lived
    between two readings.
    """
    total = 0.0
    for pid in family(roots):
        try:
            # The clock of process N is numbered ~N << 3 | 2, as clock_getcpuclockid(3) makes it.
            total += time.clock_gettime(((~pid) << 3) | 2)
        except OSError:
            continue
    return total


def resident_megabytes(roots: Iterable[int]) -> float:
    """Add up the resident memory of processes and their descendants; pages that they share count for each."""
    pages = 0
    for pid in family(roots):
        try:
            pages += int((PROC / str(pid) / "statm").read_text().split()[1])
        except OSError:
            continue
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_000_000


def family(roots: Iterable[int]) -> set[int]:
    """List processes together with their descendants."""
    parents = _parents()
    found, waiting = set[int](), list(roots)
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting += [child for child, parent in parents.items() if parent == pid]
    return found


def workers(root: int) -> list[int]:
    """List the processes that answer requests: those that a server has started for it, or the server itself."""
    found: list[int] = []
    for pid in family([root]) - {root}:
        with suppress(OSError):
            # What else it starts, to keep track of semaphores, is not begun so.
            if b"spawn_main" in (PROC / str(pid) / "cmdline").read_bytes():
                found.append(pid)
    return sorted(found) or [root]


def _parents() -> Mapping[int, int]:
    found: dict[int, int] = {}
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            try:
                # The name of the program, in brackets, may hold anything; behind the last bracket there are numbers.
                found[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    return found


def description() -> dict[str, str]:
    """Tell what the machine is."""
    models = [
        line.partition(":")[2].strip()
        for line in (PROC / "cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    ]
    return {
        "processor": f"{models[0] if models else platform.machine()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }
