"""The embedded clusters keep what was acknowledged, let nobody else in, and outlive no owner."""

import asyncio
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from server.embedded import Embedded, EmbeddedUnavailable, hold
from tests.server.owning import eventually, is_alive, next_line, owner

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: its /proc or signals")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="is about what root does")


def ask(url: str, *statements: str) -> list[Any]:
    """Run statements on a connection of its own; answer the first column of the last one's rows."""

    async def run() -> list[Any]:
        connection = await asyncpg.connect(url, timeout=10, command_timeout=10)
        try:
            *first, last = statements
            for statement in first:
                await connection.execute(statement)
            rows = await connection.fetch(last)
            return [row[0] for row in rows]
        finally:
            await connection.close()

    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return runner.run(run())


def guard_of(folder: Path) -> int:
    return int((folder / "guard.lock").read_text())


def servers_of(embedded: Embedded) -> list[int]:
    return [pid for pid in (embedded.shop.postmaster(), embedded.keys.postmaster()) if pid]


def pids_in(folder: Path) -> list[int]:
    """Read the servers of both clusters from their folders."""
    marks = [folder / name / "postmaster.pid" for name in ("shop", "keys")]
    return [int(mark.read_text().split()[0]) for mark in marks]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with clusters that exist and rest, shared by tests that stop what they start."""
    folder = tmp_path_factory.mktemp("embedded") / "with spaces"
    with hold(folder) as embedded:
        ask(embedded.shop.owner_url, "CREATE TABLE kept (word text)", "SELECT 1")
    return folder


def test_a_second_start_keeps_the_rows_and_is_quick(folder: Path) -> None:
    with hold(folder) as embedded:
        ask(embedded.shop.owner_url, "INSERT INTO kept VALUES ('first')", "SELECT 1")
    begun = time.monotonic()

    with hold(folder) as embedded:
        took = time.monotonic() - begun

        assert ask(embedded.shop.owner_url, "SELECT word FROM kept") == ["first"]
    assert took < 3


def test_leaving_stops_both_servers_and_leaves_nothing_in_the_temporary_folder(
    folder: Path,
) -> None:
    with hold(folder) as embedded:
        servers = servers_of(embedded)
        sockets = embedded.shop.sockets

        assert len(servers) == 2

    assert not any(is_alive(pid) for pid in servers)
    assert not sockets.parent.exists()


def test_a_second_owner_joins_and_the_last_one_to_leave_stops_the_servers(folder: Path) -> None:
    with owner(folder) as first:
        assert next_line(first).startswith("up")
        with hold(folder) as embedded:
            servers = servers_of(embedded)

            first.kill()
            first.wait(10)
            time.sleep(0.5)

            assert ask(embedded.shop.app_url, "SELECT 1") == [1]
            assert servers_of(embedded) == servers
    assert not any(is_alive(pid) for pid in servers)


def test_four_programs_that_start_at_once_share_one_server(tmp_path: Path) -> None:
    folder = tmp_path / "fresh"
    with owner(folder) as a, owner(folder) as b, owner(folder) as c, owner(folder) as d:
        said = [next_line(each) for each in (a, b, c, d)]

    assert all(line.startswith("up") for line in said)
    assert len(set(said)) == 1


def test_a_killed_owner_leaves_no_server_and_loses_nothing_acknowledged(folder: Path) -> None:
    with owner(folder, "write") as writer:
        assert next_line(writer).startswith("up")
        acknowledged = [int(next_line(writer)) for _ in range(200)]
        servers = pids_in(folder)
        guard = guard_of(folder)

        writer.kill()

        assert eventually(lambda: not any(is_alive(pid) for pid in [*servers, guard]), within_s=5)
        said_later, _ = writer.communicate(timeout=10)
    acknowledged += [int(line) for line in said_later.splitlines()]
    with hold(folder) as embedded:
        kept = ask(embedded.shop.owner_url, "SELECT number FROM written")
    assert set(acknowledged) <= set(kept)


def answers(embedded: Embedded, word: str) -> bool:
    with suppress(OSError, asyncpg.PostgresError, TimeoutError):
        return word in ask(embedded.shop.owner_url, "SELECT word FROM kept")
    return False


def test_a_killed_guard_takes_the_servers_along_and_the_owner_brings_both_back(
    folder: Path,
) -> None:
    with hold(folder) as embedded:
        ask(embedded.shop.owner_url, "INSERT INTO kept VALUES ('guarded')", "SELECT 1")
        servers = servers_of(embedded)
        guard = guard_of(folder)

        os.kill(guard, signal.SIGKILL)

        assert eventually(lambda: not any(is_alive(pid) for pid in servers))
        assert eventually(lambda: answers(embedded, "guarded"))
        assert guard_of(folder) != guard
    assert eventually(lambda: not is_alive(guard_of(folder)))


def test_a_killed_server_comes_back_at_the_same_address(folder: Path) -> None:
    with hold(folder) as embedded:
        ask(embedded.shop.owner_url, "INSERT INTO kept VALUES ('before the kill')", "SELECT 1")
        killed = embedded.shop.postmaster()
        assert killed is not None

        os.kill(killed, signal.SIGKILL)

        assert eventually(lambda: embedded.shop.postmaster() != killed)
        assert eventually(lambda: answers(embedded, "before the kill"))


def test_a_start_recovers_when_server_and_guard_were_killed_and_the_number_was_given_away(
    folder: Path,
) -> None:
    with owner(folder, "write") as writer:
        assert next_line(writer).startswith("up")
        acknowledged = [int(next_line(writer)) for _ in range(20)]
        servers = pids_in(folder)
        guard = guard_of(folder)
        os.kill(guard, signal.SIGSTOP)
        for pid in servers:
            os.kill(pid, signal.SIGKILL)
        os.kill(guard, signal.SIGKILL)
        writer.kill()
        assert eventually(lambda: not is_alive(guard))
    mark = folder / "shop" / "postmaster.pid"
    _, *rest = mark.read_text().splitlines(keepends=True)
    mark.write_text("".join([f"{os.getppid()}\n", *rest]))

    with hold(folder) as embedded:
        kept = ask(embedded.shop.owner_url, "SELECT number FROM written")

    assert set(acknowledged) <= set(kept)


def test_clusters_run_below_a_path_that_no_socket_could_have(tmp_path: Path) -> None:
    folder = tmp_path
    while len(str(folder)) < (1200 if sys.platform == "linux" else 300):
        folder /= "a part with spaces and an umlaut ü " * 5
    with hold(folder, durable=False) as embedded:
        assert ask(embedded.keys.app_url, "SELECT current_database()") == ["avow_keys"]


def test_an_interrupted_making_is_begun_anew(tmp_path: Path) -> None:
    remains = tmp_path / "shop.new-interrupted"
    remains.mkdir()
    (remains / "PG_VERSION").write_text("18\n")

    with hold(tmp_path, durable=False) as embedded:
        assert ask(embedded.shop.reader_url, "SELECT 1") == [1]

    assert not list(tmp_path.glob("*.new-*"))


def test_nobody_gets_in_without_the_password(folder: Path) -> None:
    with hold(folder) as embedded:
        sockets = str(embedded.shop.sockets)
        for role in ("avow_owner", "avow_app", "avow_reader"):
            with pytest.raises(asyncpg.InvalidPasswordError):
                ask(f"postgresql://{role}:guess@/avow?host={sockets}", "SELECT 1")
        for database in ("avow", "postgres", "template1"):
            with pytest.raises(asyncpg.InvalidPasswordError):
                ask(f"postgresql://postgres:@/{database}?host={sockets}", "SELECT 1")
        rules = (embedded.shop.folder / "pg_hba.conf").read_text().splitlines()
    assert [rule for rule in rules if not rule.startswith("#")] == ["local all all scram-sha-256"]


def test_one_clusters_password_does_not_open_the_other(folder: Path) -> None:
    with hold(folder) as embedded:
        crossed = embedded.keys.app_url.replace(str(embedded.keys.sockets), str(embedded.shop.sockets)).replace(
            "avow_keys", "avow"
        )

        with pytest.raises(asyncpg.InvalidPasswordError):
            ask(crossed, "SELECT 1")


def test_the_roles_hold_no_more_rights_than_their_names_say(folder: Path) -> None:
    with hold(folder) as embedded:
        powerful = ask(
            embedded.shop.owner_url,
            "SELECT rolname FROM pg_roles WHERE rolcanlogin "
            "AND (rolsuper OR rolcreaterole OR rolreplication OR rolbypassrls)",
        )
        for url in (embedded.shop.app_url, embedded.shop.reader_url):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                ask(url, "CREATE TABLE mine (number int)")

    assert powerful == []


def test_the_servers_listen_on_no_network_and_only_we_reach_their_files(folder: Path) -> None:
    with hold(folder) as embedded:
        for cluster in (embedded.shop, embedded.keys):
            mark = (cluster.folder / "postmaster.pid").read_text().splitlines()

            assert mark[5] == ""
            assert ask(cluster.app_url, "SHOW listen_addresses") == [""]
            for private in (cluster.folder, cluster.sockets):
                assert private.stat().st_mode & 0o077 == 0
        assert (folder / "passwords.json").stat().st_mode & 0o077 == 0


def test_the_log_repeats_nothing_of_a_statement_that_failed(folder: Path) -> None:
    with hold(folder) as embedded:
        url = embedded.shop.owner_url
        for statement in (
            "SELECT 'canary-syntax",
            "SELECT 'canary-cast'::int",
            "DO $$ BEGIN RAISE WARNING 'canary-warning'; END $$",
            "DO $$ BEGIN RAISE 'canary-error'; END $$",
            "CREATE TABLE unlike (word text PRIMARY KEY); INSERT INTO unlike VALUES ('canary-twice'), ('canary-twice')",
        ):
            with suppress(asyncpg.PostgresError):
                ask(url, statement, "SELECT 1")
    log = (folder / "shop.log").read_text()

    assert "database system is ready" in log
    assert "canary" not in log


@on_linux
def test_neither_guard_nor_server_gets_the_secrets_of_the_owners_environment(folder: Path) -> None:
    with owner(folder, environment={"AVOW_SECRET": "canary", "PGPORT": "1"}) as program:
        assert next_line(program).startswith("up")
        for pid in (guard_of(folder), pids_in(folder)[0]):
            # Another account's environment is closed even to a root without that capability.
            with suppress(PermissionError):
                assert b"canary" not in Path(f"/proc/{pid}/environ").read_bytes()


def test_clusters_without_their_passwords_are_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()

    with pytest.raises(EmbeddedUnavailable, match=r"passwords.json` is missing.*put the file back"):
        hold(tmp_path).__enter__()

    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == []


def test_a_folder_that_cannot_be_used_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(EmbeddedUnavailable, match=r"file/below` cannot be used.*`AVOW_DATA`"):
        hold(tmp_path / "file" / "below").__enter__()


@as_root
def test_root_does_not_run_a_cluster_that_belongs_to_root(tmp_path: Path) -> None:
    (tmp_path / "passwords.json").write_text("{}")
    (tmp_path / "shop").mkdir()

    with pytest.raises(EmbeddedUnavailable, match=r"account other than root.*`chown -R`"):
        hold(tmp_path).__enter__()
