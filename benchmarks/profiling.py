"""Shows where the server's CPU time goes in one workload: by package, and by function."""

import asyncio
import json
import re
import signal
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contestants import AVOW, CONTESTANTS
from benchmarks.measuring import Effort, Turns
from benchmarks.run import Say, Size, filled
from benchmarks.stage import ROOT, ProgramFailed, running, staged
from benchmarks.workloads import WORKLOADS

WRITTEN_WITHIN_S = 10.0
SHOWN = 25
_SITE = re.compile(r".*/site-packages/(.*)")
_STANDARD = re.compile(r".*/lib/python3\.\d+/(.*)")


@dataclass(frozen=True, slots=True)
class Profile:
    """
    How many samples were taken in what.

    Args:
        total: All of them.
        packages: By the package of the innermost function.
        own: By the innermost function.
        cumulative: By every function that was under way, though not all of the time; recursion counts once.
    """

    total: int
    packages: Counter[str]
    own: Counter[str]
    cumulative: Counter[str]


def profile(name: str, size: Size, *, seconds: float, say: Say) -> Profile:
    """
    Serve one workload for some seconds, and take samples of the server.

    Args:
        name: The workload's.
        seconds: How long, after warming up.

    Raises:
        ProgramFailed: The server did not start, or left no samples.
    """
    workload = WORKLOADS[name]
    with staged() as stage:
        say(f"Generating {size} ...")
        cast, _ = asyncio.run(filled(stage, size))
        samples = stage.folder / "samples.json"
        avow = next(one for one in CONTESTANTS if one.name == AVOW)
        command = ["benchmarks.sampled", str(samples), *avow.command(stage.folder)[1:]]
        with running(stage, "sampled", command, ready="/readyz", environment=avow.environment) as program:
            turns = Turns({AVOW: program}, stage.postgres, cast, Effort(seconds=seconds))
            say(f"Taking samples of {name}: {workload.about} ...")
            turns.load(workload, before=lambda: program.server.send_signal(signal.SIGUSR1))
            program.server.send_signal(signal.SIGUSR2)
            return read(_awaited(samples))


def _awaited(samples: Path) -> str:
    deadline = time.monotonic() + WRITTEN_WITHIN_S
    while not samples.exists():
        if time.monotonic() > deadline:
            raise ProgramFailed("The server left no samples behind.")
        time.sleep(0.05)
    return samples.read_text(encoding="utf-8")


def read(samples: str) -> Profile:
    """Add up samples as `benchmarks.sampled` writes them."""
    stacks: Sequence[tuple[int, list[str]]] = json.loads(samples)
    found = Profile(sum(count for count, _ in stacks), Counter(), Counter(), Counter())
    for count, stack in stacks:
        names = [_short(place) for place in stack]
        found.packages[package_of(names[0])] += count
        found.own[names[0]] += count
        for name in set(names):
            found.cumulative[name] += count
    # What was under way in every sample is the way in, and says nothing.
    for name in [name for name, count in found.cumulative.items() if count == found.total]:
        del found.cumulative[name]
    return found


def _short(place: str) -> str:
    """Name a function by where it comes from, without the folders of this machine."""
    file, _, function = place.rpartition(":")
    for pattern in (_SITE, _STANDARD):
        if match := pattern.fullmatch(file):
            return f"{match[1]}:{function}"
    return f"{file.removeprefix(f'{ROOT}/')}:{function}"


def package_of(name: str) -> str:
    """Give the top folder of a function's file, or the file itself."""
    return name.partition(":")[0].partition("/")[0].removesuffix(".py")


def told(found: Profile) -> str:
    """Write a profile as three tables."""
    parts = (
        ("by package, the function itself", found.packages),
        ("by function, itself", found.own),
        ("by function, with all that it calls", found.cumulative),
    )
    return "\n\n".join(f"{heading}\n{_shares(counted, found.total)}" for heading, counted in parts)


def _shares(counted: Mapping[str, int], total: int) -> str:
    most = Counter(counted).most_common(SHOWN)
    return "\n".join(f"{count / max(total, 1):7.1%}  {name}" for name, count in most)
