"""The guard: a program that runs the embedded clusters while anybody owns them, then stops them."""

import json
import os
import resource
import shutil
import signal
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

from server.embedded_account import Account, choose_account
from server.embedded_cluster import Cluster
from server.embedded_layout import DATABASES, EmbeddedUnavailable, Passwords
from server.embedded_locks import Lock

LOOKS_EVERY_S = 0.1
RESTARTS_IN_A_MINUTE = 5
SOCKET_PATH_LIMIT = 103
"""Bytes in the path of a socket on macOS; Linux allows four more."""


def main(arguments: Sequence[str]) -> None:
    """Run as `python -m server.embedded_guard FOLDER BINARIES durable|fast GUARD_LOCK PIPE`."""
    folder, binaries = Path(arguments[0]), Path(arguments[1])
    guarding, pipe = int(arguments[3]), int(arguments[4])
    _detach()
    os.ftruncate(guarding, 0)
    os.pwrite(guarding, str(os.getpid()).encode(), 0)
    # A core file would hold whatever rows were in memory.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.umask(0o077)

    def tell(kind: str, text: str = "") -> None:
        # The starter may be gone by now, and is once it was told `ready`.
        with suppress(BrokenPipeError):
            os.write(pipe, f"{kind} {text}\n".encode())

    owners = Lock(folder / "owners.lock")
    clusters: list[Cluster] = []
    passing: Path | None = None
    was_ready = False
    try:
        account = choose_account([folder / name for name in DATABASES])
        passing = _passing_folder(folder / "sockets", account)
        binaries = _reachable(binaries, passing, account)
        clusters = [
            Cluster(name, folder, binaries, passing / name, account, arguments[2] == "durable") for name in DATABASES
        ]
        _start(clusters, folder, lambda text: tell("progress", text))
        tell("ready")
        was_ready = True
        _keep(clusters, owners)
    except EmbeddedUnavailable as error:
        print(error, flush=True)
        tell("failed", str(error))
    except OSError as error:
        print(error, flush=True)
        tell(
            "failed",
            f"The embedded PostgreSQL cannot use `{error.filename or folder}` ({error.strerror}): "
            "give `AVOW_DATA` another folder, or set `DATABASE_URL` and `AVOW_KEYS_URL`.",
        )
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for cluster in clusters:
            cluster.ask_to_stop()
        for cluster in clusters:
            cluster.stop()
        # Owners that outlive this guard start another one, and know the address of this one.
        is_awaited = was_ready and not owners.held
        if passing is not None and not is_awaited:
            shutil.rmtree(passing, ignore_errors=True)
            (folder / "sockets").unlink(missing_ok=True)
        # INVARIANT (guard first): whoever becomes an owner after this finds no guard.
        os.close(guarding)
        owners.close()


def _detach() -> None:
    """Leave the starter's family, and take no notice of signals that are meant for it."""
    if os.fork():
        os._exit(0)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end)


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def _passing_folder(record: Path, account: Account) -> Path:
    """
    Find the folder of the sockets again, or make it: a short path that the account reaches.

    It is ours, and only the folder of each socket, closed to all others, belongs to the account.
    """
    folder = None
    with suppress(OSError):
        recorded = Path(record.read_text())
        found = recorded.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and recorded.is_absolute():
            folder = recorded
    if folder is None:
        folder = _make_passing_folder(account)
        fresh = record.with_suffix(".new")
        fresh.write_text(str(folder))
        fresh.replace(record)
    for name in DATABASES:
        with suppress(FileExistsError):
            (folder / name).mkdir(mode=0o700)
            account.give(folder / name)
    return folder


def _make_passing_folder(account: Account) -> Path:
    for place in dict.fromkeys((Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"))):
        longest = place / "avow-12345678" / "shop" / ".s.PGSQL.5432"
        if len(os.fsencode(longest)) > SOCKET_PATH_LIMIT or not os.access(place, os.W_OK):
            continue
        if account.user is None:
            return Path(tempfile.mkdtemp(prefix="avow-", dir=place))
        if account.may_enter(place):
            folder = Path(tempfile.mkdtemp(prefix="avow-", dir=place))
            # The account passes through it and sees nothing of it.
            folder.chmod(0o711)
            return folder
    raise EmbeddedUnavailable(
        "There is no folder for the sockets of PostgreSQL: set `TMPDIR` to one that has a path of "
        "less than 70 bytes and that the account `nobody` can enter."
    )


def _reachable(binaries: Path, passing: Path, account: Account) -> Path:
    """
    Choose binaries that the account can run: the installed ones, or else a copy that is ours.

    An installation below a folder of mode 0700, like root's home, is closed to the account.
    """
    copied = passing / "site" / binaries.parent.name / binaries.name
    if copied.exists() and account.may_run(copied / "bin" / "postgres"):
        return copied
    if account.user is None or account.may_run(binaries / "bin" / "postgres"):
        return binaries
    shutil.rmtree(passing / "site", ignore_errors=True)
    installed = binaries.parents[1]
    for part in ("bin/postgres", "bin/initdb", "lib/postgresql", "share/postgresql"):
        _copy(binaries / part, copied / part)
    # Where repaired wheels keep the libraries that `initdb` needs, on Linux and on macOS.
    for part in (f"{binaries.parent.name}.libs", f"{binaries.parent.name}/.dylibs"):
        if (installed / part).is_dir():
            _copy(installed / part, passing / "site" / part)
    for path in (passing / "site", *(passing / "site").rglob("*")):
        runs = path.is_dir() or path.stat().st_mode & 0o100
        path.chmod(0o755 if runs else 0o644)
    if account.may_run(copied / "bin" / "postgres"):
        return copied
    raise EmbeddedUnavailable(
        f"The account that PostgreSQL runs as can neither run `{binaries}` nor a copy of it in "
        f"`{passing.parent}`: set `TMPDIR` to a folder that it can enter and run programs in, or "
        "run Avow as an ordinary user."
    )


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy(source, target)


def _start(clusters: Sequence[Cluster], folder: Path, report: Callable[[str], None]) -> None:
    """Make what is missing and start both clusters side by side."""
    passwords: Passwords = json.loads((folder / "passwords.json").read_text())
    making = [(cluster, cluster.begin_making()) for cluster in clusters]
    if any(begun for _, begun in making):
        report("Two new PostgreSQL clusters are being made.")
    for cluster, begun in making:
        if begun is not None:
            cluster.finish_making(begun, passwords[cluster.name])
    for cluster in clusters:
        cluster.trim_log()
        cluster.clear_remains(report)
    for cluster in clusters:
        cluster.start()
    for cluster in clusters:
        cluster.wait_until_ready(report)


def _keep(clusters: Sequence[Cluster], owners: Lock) -> None:
    """Wait until nobody owns the clusters; meanwhile start a server again that was killed."""
    restarts: list[float] = []
    while not owners.try_exclusive():
        for cluster in clusters:
            if cluster.server is not None and cluster.server.poll() is not None:
                at = time.monotonic()
                restarts = [earlier for earlier in restarts if at - earlier < 60] + [at]
                if len(restarts) > RESTARTS_IN_A_MINUTE:
                    raise EmbeddedUnavailable(f"PostgreSQL `{cluster.name}` ends over and over.")
                cluster.start()
                cluster.wait_until_ready(lambda text: print(text, flush=True))
        time.sleep(LOOKS_EVERY_S)


if __name__ == "__main__":
    main(sys.argv[1:])
