"""The command line in processes of its own, with a data folder of its own, for tests."""

import os
import re
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
PATIENCE_S = 240


@dataclass(frozen=True, slots=True)
class Shop:
    """A data folder and what is run with it."""

    folder: Path
    port: int

    @property
    def data(self) -> Path:
        """What `AVOW_DATA` names."""
        return self.folder / "data"

    @property
    def url(self) -> str:
        """Where the server answers."""
        return f"http://127.0.0.1:{self.port}"

    def environ(self, **more: str) -> dict[str, str]:
        """Give a command nothing of our own environment but the path."""
        own = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "AVOW_DATA": str(self.data)}
        return own | {"PORT": str(self.port)} | more

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "server", *arguments],
            cwd=ROOT,
            env=self.environ(**more),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start `serve` as the first of a group of processes, and wait until it is ready."""
        with (self.folder / "log").open("ab") as log:
            server = subprocess.Popen(
                [sys.executable, "-m", "server", "serve", *arguments],
                cwd=ROOT,
                env=self.environ(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        began = time.monotonic()
        while not self.is_ready():
            assert server.poll() is None, self.log()[-2_000:]
            assert time.monotonic() - began < PATIENCE_S, "The server does not get ready."
            time.sleep(0.02)
        return server

    def is_ready(self) -> bool:
        """Tell whether requests can be served."""
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def log(self) -> str:
        """Give all that the servers have written."""
        return (self.folder / "log").read_text()

    def databases(self) -> list[int]:
        """List the database servers that run for the data folder."""
        files = [file for cluster in ("shop", "keys") for file in (self.data / cluster).rglob("postmaster.pid")]
        return [pid for file in files if _runs(pid := int(file.read_text().splitlines()[0]))]


def free_port() -> int:
    """Find a port that nothing uses."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def workers(server: subprocess.Popen[bytes]) -> list[int]:
    """List the processes that a server with several workers has started to answer."""
    found: list[int] = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = re.search(r"^PPid:\s+(\d+)", (folder / "status").read_text(), re.MULTILINE)
                command = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if parent and int(parent[1]) == server.pid and b"spawn_main" in command:
                found.append(int(folder.name))
    return sorted(found)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
