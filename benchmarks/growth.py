"""Measures the same page of products in a small shop and in a large one, in turns."""

from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median

from benchmarks.contestants import AVOW, CONTESTANTS
from benchmarks.measuring import Effort, Turns
from benchmarks.purchases import Cast
from benchmarks.stage import Stage, running
from benchmarks.workloads import WORKLOADS


@dataclass(frozen=True, slots=True)
class Place:
    """A shop, and who may ask in it."""

    stage: Stage
    cast: Cast


def measure(small: Place, large: Place, effort: Effort) -> tuple[float, float]:
    """Give the CPU milliseconds of W1 in both, server and PostgreSQL; nothing else runs on either stage."""
    workload, (avow,) = WORKLOADS["W1"], [one for one in CONTESTANTS if one.name == AVOW]
    costs: list[list[float]] = [[], []]
    with ExitStack() as stack:
        turns: list[Turns] = []
        for place in (small, large):
            program = stack.enter_context(
                running(place.stage, "growth", avow.command(place.stage.folder), ready="/readyz")
            )
            turns.append(Turns({AVOW: program}, place.stage.postgres, place.cast, effort))
        for each in turns:
            each.load(workload, before=lambda: None)
        for _ in range(effort.rounds):
            for cost, each in zip(costs, turns, strict=True):
                cost.append(each.once(workload))
    return median(costs[0]), median(costs[1])
