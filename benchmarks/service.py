"""Measures Avow as a service: how soon it answers, how much memory a worker takes, and what a second worker costs."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median
from types import TracebackType
from typing import Self

from benchmarks import machine
from benchmarks.measuring import Effort
from benchmarks.purchases import Cast
from benchmarks.stage import Program, ProgramFailed, Stage, running
from benchmarks.wire import Wire
from benchmarks.workloads import WORKLOADS

AT_ONCE = 6
"""Over so many connections the workers are asked at the same time."""
ATTEMPTS = 20
STARTS = 3


@dataclass(frozen=True, slots=True)
class Service:
    """
    What was found.

    Args:
        start_s: From the start of the program to its first answer of an operation, on a database that is there.
        worker_mb: Resident memory of a worker after load, the larger of two.
        one_worker_ms: CPU milliseconds of W1 with one worker, server and PostgreSQL.
        two_workers_ms: The same with two.
    """

    start_s: float
    worker_mb: float
    one_worker_ms: float
    two_workers_ms: float


def measure(stage: Stage, cast: Cast, effort: Effort) -> Service:
    """Measure Avow while nothing else runs on the stage."""
    starts = [_start(stage, cast) for _ in range(min(STARTS, effort.rounds))]
    written = WORKLOADS["W1"].request(cast).written()
    with ExitStack() as stack:
        programs = [
            stack.enter_context(running(stage, f"workers-{count}", _command(count), ready="/readyz"))
            for count in (1, 2)
        ]
        crowds = [stack.enter_context(_Crowd(program, written)) for program in programs]
        for crowd, workers in zip(crowds, (1, 2), strict=True):
            crowd.gather(workers)
        costs: list[list[float]] = [[], []]
        for _ in range(effort.rounds):
            for cost, crowd in zip(costs, crowds, strict=True):
                cost.append(_turn(crowd, stage.postgres, effort))
        resident = [machine.resident_megabytes([worker]) for worker in crowds[1].workers()]
    return Service(median(starts), max(resident), median(costs[0]), median(costs[1]))


def _command(workers: int) -> list[str]:
    return ["server", "serve", "--workers", str(workers)]


def _start(stage: Stage, cast: Cast) -> float:
    begun = time.monotonic()
    with running(stage, "started", _command(1), ready="/readyz") as program, Wire(program.port) as wire:
        wire.ask(WORKLOADS["W2"].request(cast).written())
        return time.monotonic() - begun


def _turn(crowd: "_Crowd", postgres: Sequence[int], effort: Effort) -> float:
    def spent() -> float:
        return machine.cpu_seconds([crowd.program.server.pid]) + machine.cpu_seconds(postgres)

    before, count = spent(), 0
    deadline = time.perf_counter() + effort.seconds
    while count < effort.repetitions or time.perf_counter() < deadline:
        count += crowd.ask()
    return (spent() - before) * 1000 / count


class _Crowd:
    """Several connections to one program, over which it is asked the same at once."""

    def __init__(self, program: Program, written: bytes) -> None:
        self.program, self._written = program, written
        self._wires: list[Wire] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def _leave(self) -> None:
        while self._wires:
            self._wires.pop().close()

    def ask(self) -> int:
        """Have every connection ask, then wait for all answers; tell how many there were."""
        for wire in self._wires:
            wire.send(self._written)
        for wire in self._wires:
            wire.receive()
        return len(self._wires)

    def workers(self) -> list[int]:
        """List the processes that answer."""
        return machine.workers(self.program.server.pid)

    def gather(self, workers: int) -> None:
        """
        Connect so that every worker has its share, as the kernel hands out connections by chance.

        Raises:
            ProgramFailed: Some worker got none.
        """
        for _ in range(ATTEMPTS):
            self._leave()
            self._wires = [Wire(self.program.port) for _ in range(AT_ONCE)]
            before = [machine.cpu_seconds([pid]) for pid in self.workers()]
            for _ in range(5):
                self.ask()
            spent = [machine.cpu_seconds([pid]) - was for pid, was in zip(self.workers(), before, strict=True)]
            if len(spent) == workers and min(spent) > max(spent) / AT_ONCE:
                return
        raise ProgramFailed(f"Of {workers} workers not all were asked; the connections went to some of them alone.")
