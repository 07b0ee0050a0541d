"""What is aimed at is compared with what was measured, and a miss is told as one."""

import pytest

from benchmarks import policing, targets
from benchmarks.contestants import AVOW
from benchmarks.measuring import Figures, Sample
from benchmarks.targets import results


def figures(workload: str, contestant: str, server: float, postgres: float) -> Figures:
    return Figures(workload, contestant, 10, server, postgres, p50_ms=1.0, p99_ms=2.0)


def pair(guarded: tuple[float, float], bare: tuple[float, float]) -> tuple[Sample, Sample]:
    return Sample(10, *guarded, seconds=[]), Sample(10, *bare, seconds=[])


def test_targets_are_worked_out_from_the_figures_of_the_run() -> None:
    ours = figures("W6", AVOW, 1.0, 1.0)
    pairs = [pair((1.0, 1.0), (0.9, 0.8)), pair((1.3, 1.0), (0.9, 1.0)), pair((1.1, 1.0), (0.9, 0.9))]
    limit = [figures("W6", "bare json", 1.0, 1.5), figures("W6", "bare rows", 0.5, 1.5)]
    naive = figures("W6", "naive", 35.0, 2.0)

    facts = {targets.CLASSIFIED: 400.0, **policing.told(pairs)}
    found = {each.about: each for each in results([ours, *limit, naive], facts)}

    assert found["W6: server + PostgreSQL, of the limit"].figure == pytest.approx(1.0)
    assert found["W6: server + PostgreSQL, of the limit"].is_met is True
    assert found["W6: server alone, of the limit's"].shown == "2.00 x"
    assert found["W6: server alone, of the limit's"].is_met is False
    assert found["W6: server + PostgreSQL of `naive`, of ours"].figure == pytest.approx(18.5)
    assert found["W6: server + PostgreSQL of `naive`, of ours"].is_met is True
    # The middle one of 0.1, 0.4 and 0.2 ms for 400 values; that and the one of 0.2, 0.0 and 0.1 ms, of 2.1 ms.
    assert found["policy, for each classified value of W6"].shown == "0.50 us"
    assert found["policy, for each classified value of W6"].is_met is True
    assert found["the whole policy, of W6"].shown == "14.3 %"
    assert found["start to the first answer"].shown == "not measured"
    assert found["start to the first answer"].is_met is None


def test_a_target_that_is_missed_is_told_as_missed() -> None:
    found = results([], {targets.START_S: 2.01, targets.IMPORTED_PER_S: 4_999, targets.WORKER_MB: 150.4})

    said = {row[1]: row[2:] for row in targets.rows(found)}

    assert said["start to the first answer"] == ["at most 2 s", "2.01 s", "**no**"]
    assert said["products taken in from CSV"] == ["at least 5,000 /s", "4,999 /s", "**no**"]
    assert said["resident memory of a worker after load"] == ["at most 150 MB", "150 MB", "yes"]
