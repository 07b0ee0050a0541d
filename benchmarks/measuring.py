"""Measures contestants in turns: A B C A B C, so that whatever else the machine does meets all of them alike."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import orjson

from benchmarks import machine
from benchmarks.contestants import AVOW, CONTESTANTS, FLOOR, Contestant
from benchmarks.purchases import Cast
from benchmarks.stage import Program, ProgramFailed
from benchmarks.wire import Wire, WireFault
from benchmarks.workloads import Workload, plain, read
from benchmarks.written import Written


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

    def shortened(self, share: float) -> "Effort":
        """Give the effort for a contestant of which a share of the time is enough; three repetitions always are."""
        return Effort(
            self.rounds,
            self.seconds * share,
            max(min(self.repetitions, 3), round(self.repetitions * share)),
            max(1, round(self.warm_up * share)),
        )


QUICK = Effort(rounds=1, seconds=0.0, repetitions=3, warm_up=1)


SAYS_WITHIN_S = 0.5
SHORT = 0.2
"""The part of a turn that is a short one."""


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


def record(programs: Mapping[str, Program], workloads: Sequence[Workload], cast: Cast, folder: Path) -> None:
    """
    Keep what Avow answers to each read, for the server that repeats it.

    Raises:
        Unexpected: An operation is refused.
    """
    folder.mkdir(exist_ok=True)
    avow = next(one for one in CONTESTANTS if one.name == AVOW)
    with Wire(programs[AVOW].port) as wire:
        for workload in workloads:
            if workload.is_read:
                answer = wire.ask(avow.request(workload, cast).written())
                read(answer)
                (folder / f"{workload.name}.json").write_bytes(answer)


@dataclass(frozen=True, slots=True)
class Done:
    """What one repetition came to: what was answered, and how many rows there are more, by table."""

    answer: bytes
    rows: Mapping[str, int]


def require_same(programs: Mapping[str, Program], workloads: Sequence[Workload], cast: Cast, written: Written) -> None:
    """
    Compare what every contestant answers and writes with what Avow does, which comes first of all.

    The `data` of reads is compared byte for byte once it is written in one way; that of writes but for what is another
    each time. What is written is counted in rows, in all tables of both databases.

    Raises:
        AnswersDiffer: With the place where they part.
        ProgramFailed: One of them cannot answer.
    """
    first: dict[str, Done] = {}
    for one, workload in _pairs(workloads):
        before, program = written.counted() if workload.writes else {}, programs[one.name]
        try:
            with Wire(program.port) as wire:
                if one.is_told_at_once(workload):
                    data = read(wire.ask(one.request(workload, cast).written()))
                else:
                    data = _through(workload, cast, 0, wire)[-1]
        except WireFault as fault:
            # It answers first, and then writes down why.
            time.sleep(SAYS_WITHIN_S)
            raise ProgramFailed(f"`{one.name}` fails at {workload.name}. {fault} It said:\n{program.said()}") from fault
        rows = written.since(before) if workload.writes else {}
        done = Done(orjson.dumps(data if workload.is_read else plain(data)), rows)
        require_equal(one.name, workload.name, done, first.setdefault(workload.name, done))


def require_equal(contestant: str, workload: str, done: Done, expected: Done) -> None:
    """
    Compare two repetitions; what has no database writes nothing.

    Raises:
        AnswersDiffer: With the place where they part.
    """
    if (place := difference(done.answer, expected.answer)) is not None:
        raise AnswersDiffer(f"`{contestant}` answers {workload} otherwise than `{AVOW}`: {place}.")
    if contestant != FLOOR and done.rows != expected.rows:
        raise AnswersDiffer(
            f"`{contestant}` writes other rows in {workload} than `{AVOW}`: {done.rows}, not {expected.rows}."
        )


def _through(workload: Workload, cast: Cast, number: int, wire: Wire) -> list[Any]:
    """Go through all requests of one repetition, and give the `data` of each answer."""
    steps, answers = workload.steps(cast, number), list[Any]()
    asked = next(steps)
    while True:
        answers.append(read(wire.ask(asked.written())))
        try:
            asked = steps.send(answers[-1])
        except StopIteration:
            return answers


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
        requests = {one.name: self._prepared(one, workload) for one in contestants}
        for _ in range(self._effort.rounds):
            for one in contestants:
                samples[one.name].append(self._turn(one, workload))
        return [_figures(workload, one, samples[one.name], requests[one.name]) for one in contestants]

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

    def in_pairs(self, workload: Workload, names: tuple[str, str], *, pairs: int) -> list[tuple[Sample, Sample]]:
        """
        Give two contestants short turns side by side, each pair in the other order than the one before.

        What one costs more than the other is a small difference of large figures: many short turns tell it better than
        a few long ones, in between which the machine may have become another.
        """
        first, second = (next(one for one in CONTESTANTS if one.name == name) for name in names)
        found: list[tuple[Sample, Sample]] = []
        for number in range(pairs):
            order = (first, second) if number % 2 == 0 else (second, first)
            turns = {one.name: self._turn(one, workload, share=SHORT) for one in order}
            found.append((turns[first.name], turns[second.name]))
        return found

    def once(self, workload: Workload) -> float:
        """Give Avow one turn, and tell what a repetition costs: CPU milliseconds of server and PostgreSQL."""
        avow = next(one for one in CONTESTANTS if one.name == AVOW)
        sample = self._turn(avow, workload)
        return sample.server_ms + sample.postgres_ms

    def _prepared(self, one: Contestant, workload: Workload) -> int:
        """Have a contestant warm up, and tell how many requests a repetition takes."""
        with Wire(self._programs[one.name].port) as wire:
            self._run(one, workload, wire, self._effort.shortened(one.share).warm_up, 0.0)
            return 1 if workload.is_read else self._write(one, workload, wire)

    def _turn(self, one: Contestant, workload: Workload, *, share: float = 1.0) -> Sample:
        server, effort = [self._programs[one.name].server.pid], self._effort.shortened(one.share * share)
        # A connection of its own, because servers close those that wait while all the others have their turns.
        with Wire(self._programs[one.name].port) as wire:
            self._run(one, workload, wire, 1, 0.0)
            before = machine.cpu_seconds(server), machine.cpu_seconds(self._postgres)
            seconds = self._run(one, workload, wire, effort.repetitions, effort.seconds)
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
            if written:
                wire.ask(written)
            else:
                self._write(one, workload, wire)
            took.append(time.perf_counter() - begun)
        return took

    def _write(self, one: Contestant, workload: Workload, wire: Wire) -> int:
        """Go through one repetition that is another one each time, and tell how many requests there were."""
        self._number += 1
        if not one.is_told_at_once(workload):
            return len(_through(workload, self._cast, self._number, wire))
        read(wire.ask(one.request(workload, self._cast, self._number).written()))
        return 1


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
