"""The whole server, killed while it writes: nothing acknowledged is lost, nothing is left running, it comes back."""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from tests.reporting import report

ROOT = Path(__file__).parents[2]
CLUSTERS = ("shop", "keys")
READY_WITHIN_S = 240
GONE_WITHIN_S = 10
WRITERS = ("customer", "other_customer", "minor", "guardian")
READ = "{ viewer { account { profile { version contactPerson } } } }"
WRITE = """mutation ($version: Int!, $text: String!) {
  profileUpdate(input: { expectedVersion: $version, contactPerson: $text }) {
    profile { version } userErrors { code }
  }
}"""


@dataclass(slots=True)
class Written:
    """What one person was told is stored, and what may be stored besides because its answer never came."""

    version: int = 1
    text: str | None = None
    pending: str | None = None


@dataclass(slots=True)
class Kills:
    """A server that is killed, and what its clients know."""

    folder: Path
    port: int
    tokens: dict[str, str] = field(default_factory=dict[str, str])
    written: dict[str, Written] = field(default_factory=dict[str, Written])
    acknowledged: int = 0
    slowest_start_s: float = 0.0

    @property
    def url(self) -> str:
        """Where the server answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> subprocess.Popen[bytes]:
        """Start the server as its command line does, and wait until it is ready."""
        began = time.monotonic()
        with (self.folder / "log").open("ab") as log:
            server = subprocess.Popen(
                [sys.executable, "-m", "server", "serve"],
                cwd=ROOT,
                env={"PATH": os.environ["PATH"], "HOME": str(self.folder), "PORT": str(self.port)}
                | {"AVOW_DATA": str(self.folder / "data")},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        while not self._is_ready():
            assert server.poll() is None, (self.folder / "log").read_text()[-2_000:]
            assert time.monotonic() - began < READY_WITHIN_S, "The server does not get ready."
            time.sleep(0.05)
        self.slowest_start_s = max(self.slowest_start_s, time.monotonic() - began)
        return server

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    async def write(self, name: str, stopped: asyncio.Event) -> None:
        """Change one person's profile again and again, until the server is gone."""
        known = self.written[name]
        headers = {"Authorization": f"Bearer {self.tokens[name]}"}
        async with httpx.AsyncClient(base_url=self.url, headers=headers, timeout=5) as client:
            while not stopped.is_set():
                known.pending = f"contact number {known.version}"
                asked: dict[str, Any] = {"query": WRITE, "variables": {"version": known.version, "text": known.pending}}
                try:
                    answer: Any = (await client.post("/graphql", json=asked)).json()
                except (httpx.TransportError, ValueError):
                    return
                payload: Any = answer["data"]["profileUpdate"] if answer.get("data") else None
                if not payload or not payload["profile"]:
                    assert stopped.is_set(), answer
                    return
                known.version, known.text = payload["profile"]["version"], known.pending
                self.acknowledged += 1

    async def acknowledging(self, writing: list[asyncio.Task[None]]) -> None:
        """Wait until something is acknowledged, as long as somebody is writing."""
        before = self.acknowledged
        while self.acknowledged == before and not any(task.done() for task in writing):  # noqa: ASYNC110  # see above
            await asyncio.sleep(0.01)

    def stored(self, name: str) -> dict[str, Any]:
        """Read one person's profile as the server has it now."""
        headers = {"Authorization": f"Bearer {self.tokens[name]}"}
        answer = httpx.post(f"{self.url}/graphql", json={"query": READ}, headers=headers, timeout=10).json()
        return answer["data"]["viewer"]["account"]["profile"]

    def compare(self) -> None:
        """Look whether everything that was acknowledged is there, and nothing that nobody sent."""
        for name, known in self.written.items():
            stored = self.stored(name)
            if stored["version"] == known.version + 1:
                # The answer to the last change was cut off, and the change was done.
                known.version, known.text = stored["version"], known.pending
            assert (stored["version"], stored["contactPerson"]) == (known.version, known.text), name


def _postmasters(folder: Path) -> list[int]:
    """List the database processes that still run for a data folder."""
    found: list[int] = []
    for cluster in CLUSTERS:
        for file in (folder / "data" / cluster).rglob("postmaster.pid"):
            pid = int(file.read_text().splitlines()[0])
            if Path(f"/proc/{pid}").exists():
                found.append(pid)
    return found


def _gone(folder: Path) -> float:
    """Wait until no database process of a data folder is left, and tell how many seconds it took."""
    began = time.monotonic()
    while _postmasters(folder):
        assert time.monotonic() - began < GONE_WITHIN_S, "A database outlives its server."
        time.sleep(0.05)
    return time.monotonic() - began


@pytest.mark.parametrize("kills", [3, pytest.param(50, marks=pytest.mark.soak)])
@pytest.mark.skipif(sys.platform != "linux", reason="It looks for left-over processes in /proc.")
async def test_a_server_killed_while_it_writes_loses_nothing_and_leaves_nothing_running(kills: int) -> None:
    folder = Path(tempfile.mkdtemp(prefix="avow-kills-"))
    os.chmod(folder, 0o711)  # noqa: S103  # to be passed through by the database's account, not read
    moments = Random(kills)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        shop = Kills(folder, listener.getsockname()[1])
    server = await asyncio.to_thread(shop.start)
    try:
        viewers = json.loads((folder / "data" / "demo-viewers.json").read_text())
        shop.tokens = {viewer["name"]: viewer["token"] for viewer in viewers}
        shop.written = {name: Written() for name in WRITERS}
        for name in WRITERS:
            shop.written[name].text = shop.stored(name)["contactPerson"]
        longest_gone_s = 0.0
        for _ in range(kills):
            stopped = asyncio.Event()
            writing = [asyncio.create_task(shop.write(name, stopped)) for name in WRITERS]
            # On a busy machine the first answer of a new server can take longer than this moment.
            await shop.acknowledging(writing)
            await asyncio.sleep(moments.uniform(0.0, 0.6))
            stopped.set()
            server.send_signal(signal.SIGKILL)
            await asyncio.gather(*writing)
            server.wait()
            longest_gone_s = max(longest_gone_s, await asyncio.to_thread(_gone, folder))
            server = await asyncio.to_thread(shop.start)
            shop.compare()
        report(
            f"kills: {kills} of the whole server, {shop.acknowledged:,} acknowledged changes, 0 lost, databases gone "
            f"within {longest_gone_s:.2f} s, ready again within {shop.slowest_start_s:.1f} s"
        )
        assert shop.acknowledged > kills
    finally:
        server.kill()
        server.wait()
        await asyncio.to_thread(_gone, folder)
        shutil.rmtree(folder, ignore_errors=True)
