"""A database that is frozen, killed or absent: an error in time, never a hang, and health by itself afterwards."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import asyncpg
import pytest

from models.database import migrate
from models.faults import DatabaseUnavailable, translated
from models.ids import new_id
from server.embedded import Embedded, EmbeddedCluster
from tests.models.programs import ROOT, Program, running

TIMEOUT_S = 1.0
# Two tries to connect, each bounded, and the statement itself.
WORST_S = 2 * 2.0 + TIMEOUT_S + 0.5


@pytest.fixture(scope="module")
async def ready_clusters(spare_clusters: Embedded) -> Embedded:
    await migrate(shop_owner_url=spare_clusters.shop.owner_url, keys_owner_url=spare_clusters.keys.owner_url)
    return spare_clusters


@pytest.fixture
def program(database: Embedded, ready_clusters: Embedded) -> Iterator[Program]:
    shop, keys = ready_clusters.shop.app_url, ready_clusters.keys.app_url
    with running(shop, keys, pool_size=2, command_timeout_s=TIMEOUT_S) as program:
        yield program


def _processes(cluster: EmbeddedCluster) -> list[int]:
    postmaster = cluster.postmaster()
    assert postmaster is not None
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], check=True, capture_output=True, text=True, timeout=10)
    pairs = [line.split() for line in listed.stdout.splitlines()]
    return [postmaster, *(int(pid) for pid, parent in pairs if int(parent) == postmaster)]


@contextmanager
def _frozen(cluster: EmbeddedCluster) -> Iterator[None]:
    processes = _processes(cluster)
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


def _healed(ask: Callable[[], dict[str, object]], *, within: float) -> float:
    started = time.monotonic()
    while True:
        answer = ask()
        seconds = time.monotonic() - started
        if "fault" not in answer and not answer.get("parts"):
            return seconds
        assert seconds < within, answer
        time.sleep(0.05)


def test_a_frozen_database_gives_errors_in_time_and_heals(program: Program, ready_clusters: Embedded):
    program.ask("select")

    with _frozen(ready_clusters.shop):
        for order in ("select", "write", "select", "select"):
            answer = program.ask(order, **({"row": str(new_id())} if order == "write" else {}))
            assert answer["fault"] == "DatabaseUnavailable"
            assert answer["seconds"] < WORST_S
        fast = program.ask("select")
        assert fast["fault"] == "DatabaseUnavailable"
        assert fast["seconds"] < 0.1, "the breaker keeps the others from waiting"
        assert set(program.ask("readiness")["parts"]) == {"database"}

    assert _healed(lambda: program.ask("select"), within=5.0) < 5.0
    assert _healed(lambda: program.ask("readiness"), within=5.0) < 5.0


def test_a_database_that_freezes_in_a_transaction_gives_an_error_in_time(program: Program, ready_clusters: Embedded):
    program.ask("select")
    program.tell("once", actor="a", key=str(new_id()), times=1, pause=0.5, say=True)
    assert "effect" in program.hear()

    with _frozen(ready_clusters.shop):
        answer = program.hear()
        assert answer["fault"] == "DatabaseUnavailable"
        assert answer["seconds"] < WORST_S + 0.5

    assert _healed(lambda: program.ask("write", row=str(new_id())), within=5.0) < 5.0


def test_a_frozen_key_store_stops_sealing_and_not_the_shop(program: Program, ready_clusters: Embedded):
    cell = program.ask("seal", subject=str(new_id()))
    assert "cell" in cell

    with _frozen(ready_clusters.keys):
        answer = program.ask("seal", subject=str(new_id()))
        assert answer["fault"] == "DatabaseUnavailable"
        assert "keys" in answer["text"]
        assert answer["seconds"] < WORST_S
        assert "fault" not in program.ask("select")
        assert set(program.ask("readiness")["parts"]) == {"keys"}

    assert _healed(lambda: program.ask("seal", subject=str(new_id())), within=5.0) < 5.0


def test_a_killed_database_is_found_again(program: Program, ready_clusters: Embedded):
    program.ask("select")
    postmaster = ready_clusters.shop.postmaster()
    assert postmaster is not None

    for process in _processes(ready_clusters.shop):
        os.kill(process, signal.SIGKILL)

    answer = program.ask("select")
    assert answer.get("fault", "DatabaseUnavailable") == "DatabaseUnavailable"
    assert answer["seconds"] < WORST_S
    assert _healed(lambda: program.ask("select"), within=10.0) < 10.0
    assert ready_clusters.shop.postmaster() != postmaster


def test_connections_that_the_server_ends_are_replaced(program: Program, ready_clusters: Embedded):
    program.ask("select")
    postmaster = ready_clusters.shop.postmaster()
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], check=True, capture_output=True, text=True, timeout=10)
    backends = [
        int(line.split()[0])
        for line in listed.stdout.splitlines()
        if line.split()[1] == str(postmaster) and "avow_app" in line
    ]
    assert backends

    for backend in backends:
        os.kill(backend, signal.SIGTERM)
    time.sleep(0.2)

    assert _healed(lambda: program.ask("write", row=str(new_id())), within=2.0) < 2.0


def test_a_program_starts_without_its_databases_and_says_what_is_missing(database: Embedded, ready_clusters: Embedded):
    nowhere = "postgresql://avow_app:pw@/avow?host=/nonexistent-folder"

    with running(nowhere, ready_clusters.keys.app_url, pool_size=1) as program:
        answer = program.ask("readiness")
        assert set(answer["parts"]) == {"database"}
        assert "pw" not in str(answer["parts"])
        assert program.ask("select")["fault"] == "DatabaseUnavailable"


def test_an_unconnected_program_is_not_ready_and_says_so():
    asks = "import asyncio; from models.database import readiness; print(sorted(asyncio.run(readiness()).items()))"

    done = subprocess.run(
        [sys.executable, "-c", asks], cwd=ROOT, check=True, capture_output=True, text=True, timeout=30
    )

    assert "('database', 'The `shop` database cannot serve: the program is not connected" in done.stdout
    assert "('keys', 'There is no key store" in done.stdout


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (asyncpg.ReadOnlySQLTransactionError("x"), "accepts no writes"),
        (asyncpg.DiskFullError("x"), "disk space"),
        (asyncpg.TooManyConnectionsError("x"), "out of connections"),
        (asyncpg.CannotConnectNowError("x"), "starting, stopping or recovering"),
        (asyncpg.AdminShutdownError("x"), "starting, stopping or recovering"),
        (ConnectionResetError("x"), "cannot be reached"),
        (TimeoutError("x"), "no answer in time"),
    ],
)
def test_whatever_keeps_a_database_from_serving_is_one_error(fault: BaseException, reason: str):
    translated_fault = translated(fault, "shop")

    assert isinstance(translated_fault, DatabaseUnavailable)
    assert reason in str(translated_fault)
    assert "x" not in str(translated_fault).split("`shop`")[1].replace("next", "")
