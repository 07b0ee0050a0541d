"""Contestants are what they are called, do the same, and are compared before anything is measured."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from benchmarks import machine
from benchmarks.bare.writes import ANSWERS as WRITES
from benchmarks.contestants import FLOOR, WRITTEN
from benchmarks.counting import values_at
from benchmarks.importing import lines
from benchmarks.measuring import QUICK, AnswersDiffer, Done, Effort, require_equal
from benchmarks.unguarded import is_invented
from benchmarks.workloads import WORKLOADS, plain
from server import settings as settings_module

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60


def test_every_compared_write_is_written_by_hand_and_told_in_one_request() -> None:
    assert WRITES.keys() == WRITTEN
    assert all(WORKLOADS[name].by_hand is not None and WORKLOADS[name].writes for name in WRITTEN)


def test_what_differs_in_an_answer_or_in_what_is_written_ends_a_run() -> None:
    avow = Done(b'{"total":1}', {"cart": 1, "cart_line": 2})

    require_equal("bare rows", "W4", Done(b'{"total":1}', {"cart": 1, "cart_line": 2}), avow)
    with pytest.raises(AnswersDiffer, match="answers W4 otherwise"):
        require_equal("bare rows", "W4", Done(b'{"total":2}', avow.rows), avow)
    with pytest.raises(AnswersDiffer, match="writes other rows in W4"):
        require_equal("bare rows", "W4", Done(avow.answer, {"cart": 1, "cart_line": 1}), avow)
    require_equal(FLOOR, "W6s", Done(avow.answer, {}), avow)


def test_answers_to_writes_are_compared_without_what_is_another_each_time() -> None:
    said = {
        "order": {"number": "A-1", "total": {"amount": "5.00"}},
        "lines": [{"id": "x", "quantity": 1}],
        "cart": None,
    }

    assert plain(said) == plain({**said, "order": {"number": "A-2", "total": {"amount": "5.00"}}})
    assert plain(said) != plain({**said, "order": {"number": "A-1", "total": {"amount": "5.01"}}})
    assert plain(said) != plain({**said, "order": {"number": None, "total": {"amount": "5.00"}}})
    assert plain(said) != plain({**said, "lines": [{"id": "x", "quantity": 2}]})


def test_a_slow_contestant_has_shorter_turns_but_never_fewer_than_three_repetitions() -> None:
    assert Effort(seconds=2.0, repetitions=15).shortened(0.4) == Effort(3, 0.8, 6, 6)
    assert Effort(repetitions=5).shortened(0.1).repetitions == 3
    assert QUICK.shortened(0.4).repetitions == QUICK.repetitions


def test_values_are_counted_in_all_lists_and_not_where_their_object_is_missing() -> None:
    data: dict[str, Any] = {
        "orders": {"nodes": [{"to": {"name": "a"}, "lines": [{"sku": 1}, {"sku": None}]}, {"to": None, "lines": []}]}
    }

    assert values_at(data, ("orders", "nodes", "to", "name")) == 1
    assert values_at(data, ("orders", "nodes", "lines", "sku")) == 2
    assert values_at(data, ("orders", "nodes", "lines")) == 2


def test_the_shop_without_its_policy_serves_databases_of_a_benchmark_alone() -> None:
    def settings(folder: str) -> settings_module.Settings:
        return settings_module.read({"AVOW_DATA": folder})

    assert is_invented(settings("/tmp/avow-bench-x1/data"))
    assert not is_invented(settings("/srv/avow/data"))
    refused = subprocess.run(
        [sys.executable, "-m", "benchmarks.unguarded"],
        cwd=ROOT,
        env={"AVOW_DATA": "/srv/avow/data", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "only a benchmark starts it" in refused.stderr


def test_workers_are_what_answers_and_not_what_keeps_track_of_them() -> None:
    nests = "import multiprocessing, time\nif __name__ == '__main__':\n spawn = multiprocessing.get_context('spawn')\n"
    nests += " for _ in range(2):\n  spawn.Process(target=time.sleep, args=(60,)).start()\n time.sleep(60)\n"
    parent = subprocess.Popen([sys.executable, "-c", nests])
    alone = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        deadline = time.monotonic() + 30
        while len(machine.workers(parent.pid)) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        found, members = machine.workers(parent.pid), machine.family([parent.pid])
    finally:
        for pid in machine.family([parent.pid]) - {parent.pid}:
            subprocess.run(["kill", str(pid)], check=True)
        for program in (parent, alone):
            program.kill()
            program.wait()

    assert len(found) == 2
    assert set(found) < members - {parent.pid}
    assert machine.workers(alone.pid) == [alone.pid]


def test_the_file_to_take_in_names_every_product_once() -> None:
    head, *rest = lines(500)

    assert head.startswith("Handle,")
    assert len({line.partition(",")[0] for line in rest}) == 500
