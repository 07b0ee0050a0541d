"""A browser, and a demo shop for it to look at."""

import base64
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.async_api import Browser, async_playwright

from server.embedded import hold
from tests.browser.visits import Opener, Shop
from tests.wanted import unavailable

ROOT = Path(__file__).parents[2]
CHROMIUM = Path(os.environ.get("AVOW_CHROMIUM", "/usr/bin/chromium"))
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
REGIONS = dict.fromkeys(("AVOW_REGION", "DATABASE_REGION", "AVOW_KEYS_REGION"), "SG")
START_PATIENCE_S = 240
STOP_PATIENCE_S = 20


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The browser's program, or a skipped test."""
    if not CHROMIUM.exists():
        unavailable(f"`{CHROMIUM}` is missing: apt-get install -y chromium, or set AVOW_CHROMIUM.")
    return CHROMIUM


@pytest.fixture(scope="session")
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    """Chromium without a window."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        await browser.close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def _is_live(url: str) -> bool:
    try:
        return httpx.get(f"{url}livez", timeout=1).is_success
    except httpx.TransportError:
        return False


@contextmanager
def _served(environ: dict[str, str]) -> Iterator[str]:
    """Run the shop as its command line does, and give the address of its page."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}/"
    server = subprocess.Popen(
        [sys.executable, "-m", "server", "serve"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PORT": str(port)} | environ,
        stdin=subprocess.DEVNULL,
    )
    try:
        ends = time.monotonic() + START_PATIENCE_S
        while not _is_live(url):
            assert server.poll() is None, "The shop did not start; what it said is above."
            assert time.monotonic() < ends, "The shop takes too long to start; what it said is above."
            time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        try:
            server.wait(timeout=STOP_PATIENCE_S)
        finally:
            server.kill()


@pytest.fixture(scope="session")
def shops(chromium: Path) -> Iterator[dict[str, Shop]]:
    """The demo shop, served by one program in development and by another in production, on clusters of its own."""
    folder = Path(tempfile.mkdtemp(prefix="avow-browser-"))
    # The account that runs the clusters may be another one.
    folder.chmod(0o711)
    shared = {
        "AVOW_DATA": str(folder),
        "AVOW_SECRET": base64.b64encode(os.urandom(32)).decode(),
        "AVOW_KEY_ENCRYPTION_KEYS": f"test:{base64.b64encode(os.urandom(32)).decode()}",
    }
    try:
        with hold(folder, durable=False) as clusters:
            shared |= {
                "DATABASE_URL": clusters.shop.app_url,
                "DATABASE_OWNER_URL": clusters.shop.owner_url,
                "AVOW_KEYS_URL": clusters.keys.app_url,
                "AVOW_KEYS_OWNER_URL": clusters.keys.owner_url,
            }
            with (
                _served(shared) as development,
                _served(shared | {"AVOW_ENV": "production"} | REGIONS) as production,
            ):
                listed = httpx.get(f"{development}explorer/viewers", timeout=10).json()
                tokens = {viewer["name"]: viewer["token"] for viewer in listed}
                yield {"development": Shop(development, tokens), "production": Shop(production, tokens)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def development(shops: dict[str, Shop]) -> Shop:
    """The shop that lists its demo viewers."""
    return shops["development"]


@pytest.fixture(scope="session")
def production(shops: dict[str, Shop]) -> Shop:
    """The shop that lists no viewers, and tells strangers nothing of its schema."""
    return shops["production"]


@pytest.fixture
async def visit(browser: Browser) -> AsyncIterator[Opener]:
    """Open pages; by the end none has complained, broken the policy or left the host."""
    opener = Opener(browser, [])
    yield opener
    for visited in opener.visits:
        assert visited.console == []
        assert await visited.violations() == []
        assert visited.hosts == {urlsplit(visited.shop.url).netloc}
        await visited.page.context.close()
