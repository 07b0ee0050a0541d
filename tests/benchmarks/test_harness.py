"""The benchmarks run, and what they say is what they measured; how fast anything is, no test asks."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from benchmarks import machine, profiling, report, targets
from benchmarks.bare.json_agg import ANSWERS as BY_JSON
from benchmarks.bare.rows import ANSWERS as BY_ROWS
from benchmarks.contestants import COMPARED, CONTESTANTS
from benchmarks.measuring import Figures, difference, percentile
from benchmarks.targets import TARGETS
from benchmarks.workloads import WORKLOADS

ROOT = Path(__file__).parents[2]
PATIENCE_S = 600


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def figures(workload: str, contestant: str, server: float, postgres: float) -> Figures:
    return Figures(workload, contestant, 10, server, postgres, p50_ms=1.0, p99_ms=2.0)


@pytest.mark.skipif(sys.platform != "linux", reason="CPU times of other programs are read in Linux's own way")
def test_a_quick_run_measures_every_pair_and_counts_their_statements(tmp_path: Path) -> None:
    done = bench("--quick", "--json", str(tmp_path / "bench.json"))

    assert done.returncode == 0, done.stderr[-3_000:]
    record: dict[str, Any] = json.loads((tmp_path / "bench.json").read_text())
    found: list[dict[str, Any]] = record["figures"]
    pairs = {(each["workload"], each["contestant"]) for each in found}
    assert pairs == {(name, one.name) for one in CONTESTANTS for name in one.workloads}
    assert all(each["server_ms"] > 0 and each["repetitions"] >= 3 for each in found)
    statements = {(each["workload"], each["contestant"]): each["statements"] for each in found}
    assert {name: statements[name, "bare json"] for name in COMPARED if statements[name, "bare json"] != 1} == {
        "W6s": 2
    }
    # By hand a statement for each table, and ours for what belongs together.
    assert statements["W5", "avow"] < statements["W5", "bare rows"]
    assert statements["W1", "naive"] > 0
    assert all(statements[name, "avow"] > 0 for name in WORKLOADS)
    assert "All answer the same." in done.stderr
    assert all(name in done.stdout for name in WORKLOADS)
    assert record["facts"]["classified_values_in_W6"] > 20 * 10
    assert [each["about"] for each in record["targets"]] == [target.about for target in TARGETS]
    assert [each["about"] for each in record["targets"] if each["figure"] is None] == []
    assert all(f"| {target.about}" in done.stdout for target in TARGETS)


@pytest.mark.skipif(sys.platform != "linux", reason="CPU times of other programs are read in Linux's own way")
def test_a_profile_tells_where_the_time_of_the_server_goes() -> None:
    done = bench("--quick", "--profile", "W2")

    assert done.returncode == 0, done.stderr[-3_000:]
    assert re.search(r"^ +[0-9.]+%  execution$", done.stdout, re.MULTILINE)
    assert str(ROOT) not in done.stdout


@pytest.mark.parametrize("arguments", [("W99",), ("--profile", "W99")])
def test_a_workload_that_does_not_exist_is_told(arguments: tuple[str, ...]) -> None:
    done = bench(*arguments)

    assert done.returncode == 2
    assert "there is no workload `W99`" in done.stderr


@pytest.mark.parametrize("arguments", [("--quick", "--write"), ("W1", "--write")])
def test_only_a_whole_run_is_published(arguments: tuple[str, ...]) -> None:
    done = bench(*arguments)

    assert done.returncode == 2
    assert "publishes a whole run" in done.stderr


def test_samples_are_added_up_by_package_by_function_and_with_what_it_calls() -> None:
    leaf, middle, root = f"{ROOT}/models/rows.py:Rows.page", "/x/site-packages/graphql/a.py:go", "/y/main.py:main"

    found = profiling.read(json.dumps([[3, [leaf, middle, leaf, root]], [1, [middle, root]]]))

    assert found.total == 4
    assert found.packages == {"models": 3, "graphql": 1}
    assert found.own == {"models/rows.py:Rows.page": 3, "graphql/a.py:go": 1}
    assert found.cumulative == {"models/rows.py:Rows.page": 3}
    assert "  75.0%  models\n" in profiling.told(found)


def test_every_compared_read_is_written_by_hand_in_both_ways() -> None:
    assert BY_JSON.keys() == BY_ROWS.keys() == COMPARED
    assert all(WORKLOADS[name].is_read for name in COMPARED)


def test_cpu_time_is_that_of_a_program_and_its_children_and_of_nothing_else() -> None:
    busy = "import time\nend = time.process_time() + 0.2\nwhile time.process_time() < end: pass\n"
    nests = f"import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', {busy + 'time.sleep(60)'!r}])\n"
    parent = subprocess.Popen([sys.executable, "-c", nests + "time.sleep(60)"])
    try:
        deadline = time.monotonic() + 30
        while machine.cpu_seconds([parent.pid]) < 0.2 and time.monotonic() < deadline:
            time.sleep(0.05)
        spent, members = machine.cpu_seconds([parent.pid]), machine.family([parent.pid])
    finally:
        for pid in machine.family([parent.pid]) - {parent.pid}:
            subprocess.run(["kill", str(pid)], check=True)
        parent.kill()
        parent.wait()

    assert 0.2 <= spent < 2
    assert len(members) == 2


def test_the_place_where_two_answers_part_is_shown() -> None:
    assert difference(b'{"a":1}', b'{"a":1}') is None
    assert "at byte 5" in (difference(b'{"a":1}', b'{"a":2}') or "")
    assert "at byte 7" in (difference(b'{"a":1}', b'{"a":1}x') or "")


def test_percentiles_are_values_that_were_measured() -> None:
    hundred = [float(number) for number in range(1, 101)]

    assert percentile(hundred, 50) == 50
    assert percentile(hundred, 99) == 99
    assert percentile([3.0], 99) == 3.0
    assert percentile([1.0, 2.0, 3.0], 50) == 2.0


def test_the_limit_is_the_hand_written_server_that_costs_less() -> None:
    measured = [
        figures("W1", "avow", 8.0, 2.0),
        figures("W1", "bare rows", 2.0, 2.0),
        figures("W1", "bare json", 1.0, 4.0),
        figures("W7", "avow", 3.0, 1.0),
    ]

    told = report.table(measured)

    assert targets.limits(measured)["W1"].contestant == "bare rows"
    assert "2.50 x" in told.splitlines()[2]
    assert "limit" in told.splitlines()[3]
    assert "1.25 x" in told.splitlines()[4]
    assert " x " not in told.splitlines()[5]


def test_the_record_keeps_what_was_not_measured_again(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    report.recorded(path, [figures("W1", "avow", 8.0, 2.0), figures("W2", "avow", 1.0, 1.0)], {})
    report.recorded(path, [figures("W1", "avow", 4.0, 1.0)], {})

    assert report.before(path) == {"W1 avow": 5.0, "W2 avow": 2.0}
    assert "| 5.00" in report.table([figures("W1", "avow", 2.0, 1.0)], report.before(path))
    path.write_text("spoilt")
    assert report.before(path) == {}


def test_table_and_chart_are_put_between_the_marks_of_the_page(tmp_path: Path) -> None:
    page, picture = tmp_path / "performance.md", tmp_path / "performance.svg"
    page.write_text(
        "before\n<!-- bench:begin -->\nold\n<!-- bench:end -->\nafter\n"
        "<!-- targets:begin -->\nold\n<!-- targets:end -->\n"
    )
    measured = [figures("W1", "avow", 80.0, 20.0), figures("W1", "bare <rows>", 0.5, 0.25)]

    report.publish(measured, {"size": "2,000 products"}, {targets.START_S: 1.5}, page=page, picture=picture)

    text = page.read_text()
    assert text.startswith("before\n<!-- bench:begin -->\n2,000 products.\n")
    assert "<!-- bench:end -->\nafter\n<!-- targets:begin -->\n" in text
    assert "old" not in text
    assert re.search(r"^\| 6 +\| start to the first answer +\| at most 2 s +\| 1.50 s +\| yes +\|$", text, re.MULTILINE)
    drawn = ET.fromstring(picture.read_text())  # noqa: S314  # drawn a moment ago
    widths = [float(each.get("width", "0")) for each in drawn.iter("{http://www.w3.org/2000/svg}rect")][3:]
    assert widths[0] / widths[1] == pytest.approx(4.0, rel=0.01)
    assert sum(widths[:2]) > sum(widths[2:])
    words = [each.text for each in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert {"100.00", "0.75", "bare <rows>"} <= set(words)


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        ("no place here\n", "bench:begin"),
        ("<!-- bench:begin -->\n<!-- bench:end -->\n", "targets:begin"),
        ("<!-- bench:begin -->\n<!-- bench:end -->\n<!-- targets:begin -->\n", "targets:end"),
    ],
)
def test_a_page_without_marks_is_told_and_left_alone(tmp_path: Path, text: str, lacks: str) -> None:
    page = tmp_path / "performance.md"
    page.write_text(text)

    with pytest.raises(report.PageUnmarked, match=lacks):
        report.publish([figures("W1", "avow", 1.0, 1.0)], {}, page=page, picture=tmp_path / "performance.svg")

    assert page.read_text() == text
    assert not (tmp_path / "performance.svg").exists()


def test_the_page_about_performance_has_the_marks_and_tells_of_every_contestant_and_workload() -> None:
    text = report.PAGE.read_text()

    for name in ("bench", "shop", "targets"):
        assert text.index(f"<!-- {name}:begin -->") < text.index(f"<!-- {name}:end -->")
    assert [one.name for one in CONTESTANTS if f"`{one.name}`" not in text] == []
    assert [name for name in WORKLOADS if f"| {name} |" not in text] == []
