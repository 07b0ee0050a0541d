"""Measures what the policy adds to W6: the shop with it and without it, in many short turns side by side."""

from collections.abc import Sequence
from statistics import median

from benchmarks import targets
from benchmarks.contestants import AVOW, UNGUARDED
from benchmarks.measuring import Sample, Turns
from benchmarks.workloads import WORKLOADS

PAIRS = 30


def measure(turns: Turns, *, pairs: int = PAIRS) -> dict[str, float]:
    """Give what W6 costs with the policy, and what of it is the policy; see `told`."""
    return told(turns.in_pairs(WORKLOADS["W6"], (AVOW, UNGUARDED), pairs=pairs))


def told(pairs: Sequence[tuple[Sample, Sample]]) -> dict[str, float]:
    """Work the figures out of turns with the policy and without it: medians, in CPU milliseconds."""
    return {
        targets.GUARDED_MS: median(guarded.server_ms + guarded.postgres_ms for guarded, _ in pairs),
        targets.POLICY_SERVER_MS: median(guarded.server_ms - bare.server_ms for guarded, bare in pairs),
        targets.POLICY_POSTGRES_MS: median(guarded.postgres_ms - bare.postgres_ms for guarded, bare in pairs),
    }
