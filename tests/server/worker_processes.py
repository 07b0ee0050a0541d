"""The shop of the tests, served by several processes."""

import asyncio
import base64
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx

from server.embedded import Embedded
from tests.conftest import SECRETS

ROOT = Path(__file__).parents[2]
READY_WITHIN_S = 240


def _base64(key: bytes) -> str:
    return base64.b64encode(key).decode()


@asynccontextmanager
async def serving(database: Embedded, folder: Path) -> AsyncIterator[str]:
    """Serve the shop of the tests by four processes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    keys = ",".join(f"{name}:{_base64(key)}" for name, key in SECRETS.key_encryption_keys.items())
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PORT": str(port),
        "AVOW_DATA": str(folder / "data"),
        "DATABASE_URL": database.shop.app_url,
        "DATABASE_OWNER_URL": database.shop.owner_url,
        "AVOW_KEYS_URL": database.keys.app_url,
        "AVOW_KEYS_OWNER_URL": database.keys.owner_url,
        "AVOW_SECRET": _base64(SECRETS.master),
        "AVOW_KEY_ENCRYPTION_KEYS": keys,
    }
    server = _started(environment, folder / "log")
    try:
        await _until_ready(f"http://127.0.0.1:{port}", server, folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        await asyncio.to_thread(server.wait, 30)


def _started(environment: dict[str, str], log: Path) -> "subprocess.Popen[bytes]":
    with log.open("wb") as lines:
        return subprocess.Popen(
            [sys.executable, "-m", "server", "serve", "--workers", "4"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=lines,
            stderr=lines,
        )


def _end_of(log: Path) -> str:
    return log.read_text()[-2_000:]


async def _until_ready(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    began = time.monotonic()
    async with httpx.AsyncClient() as client:
        while True:
            assert server.poll() is None, _end_of(log)
            assert time.monotonic() - began < READY_WITHIN_S, _end_of(log)
            with suppress(httpx.TransportError):
                if (await client.get(f"{url}/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.1)
