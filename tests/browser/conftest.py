"""A browser, and the servers it looks at."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.async_api import Browser, async_playwright

from tests.browser.stand_in import StandIn
from tests.browser.visits import Opener, Site, unavailable

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


async def _serve(server: StandIn) -> AsyncIterator[Site]:
    # The socket listens before the server runs, so that nobody has to wait for it.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(server.app, log_level="warning", ws="none", lifespan="off")
        running = uvicorn.Server(config)
        task = asyncio.create_task(running.serve(sockets=[listener]))
        yield Site(server, f"http://127.0.0.1:{listener.getsockname()[1]}/")
        running.should_exit = running.force_exit = True
        await task


@pytest.fixture(scope="session")
async def development() -> AsyncIterator[Site]:
    """A server that lists the demo viewers."""
    async for site in _serve(StandIn(lists_viewers=True)):
        yield site


@pytest.fixture(scope="session")
async def production() -> AsyncIterator[Site]:
    """A server that lists no viewers."""
    async for site in _serve(StandIn(lists_viewers=False)):
        yield site


@pytest.fixture
async def visit(browser: Browser) -> AsyncIterator[Opener]:
    """Open pages; by the end none has complained, broken the policy or left the host."""
    opener = Opener(browser, [])
    yield opener
    for visited in opener.visits:
        assert visited.console == []
        assert await visited.violations() == []
        assert visited.hosts == {urlsplit(visited.site.url).netloc}
        await visited.page.context.close()
