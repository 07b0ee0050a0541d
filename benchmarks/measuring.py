"""Measures contestants in turns: A B C A B C, so that whatever else the machine does meets all of them alike."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import orjson

from benchmarks import machine
from benchmarks.contestants import AVOW, CONTESTANTS, Contestant
from benchmarks.purchases import Cast
from benchmarks.stage import Program
from benchmarks.wire import Wire
from benchmarks.workloads import Workload, read


@dataclass(frozen=True, slots=True)
class Effort:
    """
    How long is measured.

    Args:
        rounds: How often each contestant has its turn.
        seconds: How long a turn lasts.
        repetitions: How many repetitions a turn has at least.
        warm_up: How many repetitions come before the first turn: statements are prepared, documents kept.
    """

    rounds: int = 3
    seconds: float = 1.5
    repetitions: int = 15
    warm_up: int = 15


QUICK = Effort(rounds=1, seconds=0.0, repetitions=3, warm_up=1)


class AnswersDiffer(Exception):
    """Two contestants do not answer the same, so comparing what it costs them is worth nothing."""


@dataclass(slots=True)
class Sample:
    """What one turn came to: CPU milliseconds of a repetition on average, and how long each took."""

    repetitions: int
    server_ms: float
    postgres_ms: float
    seconds: list[float]


@dataclass(slots=True)
class Figures:
    """What a workload costs a contestant; milliseconds of each repetition."""

    workload: str
    contestant: str
    repetitions: int
    server_ms: float
    postgres_ms: float
    p50_ms: float
    p99_ms: float
    requests: int = 1
    statements: int | None = None
    rounds: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    """Server and PostgreSQL in each turn."""

    @property
    def total_ms(self) -> float:
        """CPU time of server and PostgreSQL together."""
        return self.server_ms + self.postgres_ms


def record(
    programs: Mapping[str, Program], workloads: Sequence[Workload], cast: Cast, folder: Path
) -> dict[str, bytes]:
    """
    Keep what Avow answers to each read, for the server that repeats it and for the comparison.

    Raises:
        Unexpected: An operation is refused.
    """
    folder.mkdir(exist_ok=True)
    kept: dict[str, bytes] = {}
    avow = next(one for one in CONTESTANTS if one.name == AVOW)
    with Wire(programs[AVOW].port) as wire:
        for workload in workloads:
            if workload.is_read:
                answer = wire.ask(avow.request(workload, cast).written())
                (folder / f"{workload.name}.json").write_bytes(answer)
                kept[workload.name] = orjson.dumps(read(answer))
    return kept


def require_same(
    programs: Mapping[str, Program], workloads: Sequence[Workload], cast: Cast, kept: Mapping[str, bytes]
) -> None:
    """
    Compare every contestant's `data` with Avow's, byte for byte once both are written in one way.

    Raises:
        AnswersDiffer: With the place where they part.
    """
    for one, workload in _pairs(workloads):
        if workload.is_read:
            with Wire(programs[one.name].port) as wire:
                answer = orjson.dumps(read(wire.ask(one.request(workload, cast).written())))
            if (place := difference(answer, kept[workload.name])) is not None:
                raise AnswersDiffer(f"`{one.name}` answers {workload.name} otherwise than `{AVOW}`: {place}.")


def difference(answer: bytes, expected: bytes) -> str | None:
    """Show where two answers part; None where they are the same."""
    if answer == expected:
        return None
    pairs = zip(answer, expected, strict=False)
    at = next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(answer), len(expected)))
    near = slice(max(0, at - 60), at + 60)
    first, second = (text[near].decode(errors="replace") for text in (answer, expected))
    return f"at byte {at} one has `{first}` and the other `{second}`"


def _pairs(workloads: Sequence[Workload]) -> list[tuple[Contestant, Workload]]:
    return [(one, workload) for workload in workloads for one in CONTESTANTS if workload.name in one.workloads]


class Turns:
    """
    Gives contestants their turns at a workload.

    Args:
        programs: The running servers, by contestant.
        postgres: The database servers' first processes.
        effort: How long.
    """

    def __init__(self, programs: Mapping[str, Program], postgres: Sequence[int], cast: Cast, effort: Effort) -> None:
        self._programs, self._postgres, self._cast, self._effort = programs, postgres, cast, effort
        self._number = 0

    def measure(self, workload: Workload) -> list[Figures]:
        """Measure every contestant that knows a workload."""
        contestants = [one for one in CONTESTANTS if workload.name in one.workloads]
        samples: dict[str, list[Sample]] = {one.name: [] for one in contestants}
        wires = {one.name: Wire(self._programs[one.name].port) for one in contestants}
        try:
            for one in contestants:
                self._run(one, workload, wires[one.name], self._effort.warm_up, 0.0)
            for _ in range(self._effort.rounds):
                for one in contestants:
                    samples[one.name].append(self._turn(one, workload, wires[one.name]))
            requests = self._requests(workload, wires[AVOW])
        finally:
            for wire in wires.values():
                wire.close()
        return [_figures(workload, one, samples[one.name], requests) for one in contestants]

    def load(self, workload: Workload, *, before: Callable[[], None]) -> int:
        """
        Have Avow alone repeat a workload for one turn, and tell how often it did.

        Args:
            before: Called once it is warm.
        """
        avow = next(one for one in CONTESTANTS if one.name == AVOW)
        with Wire(self._programs[AVOW].port) as wire:
            self._run(avow, workload, wire, self._effort.warm_up, 0.0)
            before()
            return len(self._run(avow, workload, wire, self._effort.repetitions, self._effort.seconds))

    def _turn(self, one: Contestant, workload: Workload, wire: Wire) -> Sample:
        server = [self._programs[one.name].server.pid]
        before = machine.cpu_seconds(server), machine.cpu_seconds(self._postgres)
        seconds = self._run(one, workload, wire, self._effort.repetitions, self._effort.seconds)
        after = machine.cpu_seconds(server), machine.cpu_seconds(self._postgres)
        count = len(seconds)
        return Sample(count, (after[0] - before[0]) * 1000 / count, (after[1] - before[1]) * 1000 / count, seconds)

    def _run(self, one: Contestant, workload: Workload, wire: Wire, least: int, seconds: float) -> list[float]:
        """Repeat for so many seconds, and so many times at least; tell how long each repetition took."""
        written = one.request(workload, self._cast).written() if workload.is_read else b""
        took: list[float] = []
        deadline = time.perf_counter() + seconds
        while len(took) < least or time.perf_counter() < deadline:
            begun = time.perf_counter()
            if workload.is_read:
                wire.ask(written)
            else:
                self._steps(workload, wire)
            took.append(time.perf_counter() - begun)
        return took

    def _steps(self, workload: Workload, wire: Wire) -> int:
        """Go through all requests of one repetition, and tell how many there were."""
        self._number += 1
        steps, count = workload.steps(self._cast, self._number), 0
        asked = next(steps)
        while True:
            count += 1
            answer = read(wire.ask(asked.written()))
            try:
                asked = steps.send(answer)
            except StopIteration:
                return count

    def _requests(self, workload: Workload, wire: Wire) -> int:
        return 1 if workload.is_read else self._steps(workload, wire)


def _figures(workload: Workload, one: Contestant, samples: Sequence[Sample], requests: int) -> Figures:
    seconds = sorted(second for sample in samples for second in sample.seconds)
    return Figures(
        workload=workload.name,
        contestant=one.name,
        repetitions=len(seconds),
        server_ms=median(sample.server_ms for sample in samples),
        postgres_ms=median(sample.postgres_ms for sample in samples),
        p50_ms=percentile(seconds, 50) * 1000,
        p99_ms=percentile(seconds, 99) * 1000,
        requests=requests,
        rounds=[(sample.server_ms, sample.postgres_ms) for sample in samples],
    )


def percentile(ascending: Sequence[float], percent: float) -> float:
    """Give the value that so many per cent do not exceed: one that was measured, none in between."""
    place = -(-len(ascending) * percent // 100)
    return ascending[max(0, min(len(ascending), int(place)) - 1)]
