"""What a run needs around it: databases of its own, secrets, and server programs."""

import base64
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from models import database
from models.migrating import migrate
from server import settings as settings_module
from server.embedded import Embedded, hold
from server.settings import Settings

ROOT = Path(__file__).parents[1]
READY_WITHIN_S = 240.0
STOPS_WITHIN_S = 30.0
FOLDER_PREFIX = "avow-bench-"
"""How the folder of a run is called, in which all that it needs is made and removed."""


class ProgramFailed(Exception):
    """A server program did not start, or did not stay."""


@dataclass(frozen=True, slots=True)
class Stage:
    """
    Databases in a folder of their own, and what programs are told of them.

    Args:
        folder: Removed at the end with all that is in it.
        clusters: The shop's database and the keys'.
        environment: The settings of `docs/configuration.md` for a server in production.
    """

    folder: Path
    clusters: Embedded
    environment: Mapping[str, str]

    @property
    def settings(self) -> Settings:
        """The same settings, for parts of the server that run in this program."""
        return settings_module.read(self.environment)

    @property
    def postgres(self) -> list[int]:
        """The first processes of both database servers."""
        found = (self.clusters.shop.postmaster(), self.clusters.keys.postmaster())
        return [pid for pid in found if pid is not None]

    @property
    def outbox(self) -> Path:
        """Where messages to people are written."""
        return self.folder / "data" / "outbox"


@contextmanager
def staged(*, is_durable: bool = True) -> Generator[Stage]:
    """
    Start databases of this run's own, and remove them at the end.

    It blocks while it starts and stops: enter it before an event loop runs.

    Args:
        is_durable: Whether commits wait for the disk, as in production.
    """
    folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
    # To be passed through by the database's own account, not read.
    folder.chmod(0o711)
    try:
        with hold(folder / "clusters", durable=is_durable) as clusters:
            yield Stage(folder, clusters, _environment(folder, clusters))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _environment(folder: Path, clusters: Embedded) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "AVOW_ENV": "production",
        "AVOW_DATA": str(folder / "data"),
        "AVOW_REGION": "SG",
        "DATABASE_REGION": "SG",
        "AVOW_KEYS_REGION": "SG",
        "DATABASE_URL": clusters.shop.app_url,
        "AVOW_KEYS_URL": clusters.keys.app_url,
        "AVOW_SECRET": _secret(),
        "AVOW_KEY_ENCRYPTION_KEYS": f"bench:{_secret()}",
        # So that a load of many people can come from many addresses, each with its own counts of attempts.
        "AVOW_TRUSTED_PROXIES": "127.0.0.1/32",
        # A workload is one viewer who never stops: what they spend is counted and charged, and is never too much.
        "AVOW_COST_MAXIMUM": "999999999",
        "AVOW_COST_PER_SECOND": "999999999",
    }


def _secret() -> str:
    return base64.b64encode(os.urandom(32)).decode()


@asynccontextmanager
async def connected(stage: Stage) -> AsyncGenerator[None]:
    """Connect this program to the stage's databases, migrated."""
    await migrate(shop_owner_url=stage.clusters.shop.owner_url, keys_owner_url=stage.clusters.keys.owner_url)
    await database.connect(
        shop_url=stage.clusters.shop.app_url,
        keys_url=stage.clusters.keys.app_url,
        secrets=stage.settings.secrets,
        # Filling and tidying up tables of a million rows takes longer than any request may.
        command_timeout_s=600.0,
    )
    try:
        yield
    finally:
        await database.disconnect()


@dataclass(frozen=True, slots=True)
class Program:
    """A server program that runs, and the port that it answers at."""

    name: str
    server: "subprocess.Popen[bytes]"
    port: int
    log: Path
    started_s: float = 0.0
    """Seconds until it was ready."""

    def said(self) -> str:
        """Give the end of what it wrote."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-2_000:]


@contextmanager
def running(
    stage: Stage, name: str, command: Sequence[str], *, ready: str, environment: Mapping[str, str] | None = None
) -> Generator[Program]:
    """
    Run a server program for the length of a `with` block.

    Args:
        name: What it is called in errors.
        command: What stands behind `python -m`; the port comes by the variable `PORT`.
        ready: The path that answers 200 once requests can be served.
        environment: What else it is told.

    Raises:
        ProgramFailed: It did not get ready in time.
    """
    port, log, begun = _free_port(), stage.folder / f"{name}.log", time.monotonic()
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env={**stage.environment, **(environment or {}), "PORT": str(port)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    program = Program(name, server, port, log)
    try:
        _await_ready(program, ready)
        yield replace(program, started_s=time.monotonic() - begun)
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _await_ready(program: Program, path: str) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline and program.server.poll() is None:
        connection = HTTPConnection("127.0.0.1", program.port, timeout=5)
        with suppress(OSError, HTTPException):
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        connection.close()
        time.sleep(0.05)
    raise ProgramFailed(f"The server `{program.name}` did not get ready. It said:\n{program.said()}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
