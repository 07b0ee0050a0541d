"""The examples, built once, and a shop of their own: one of them cancels an order."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.clients.running import BUILD, DemoShop, Examples, run
from tests.server.commands import Shop, free_port


@pytest.fixture(scope="session")
def built() -> None:
    """Make types of the SDL as it is now, and compile all examples; the compiler finds nothing to complain of."""
    ended = run(BUILD)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.fixture(scope="session")
def demo_shop(built: None) -> Iterator[DemoShop]:
    """The shop as a newcomer starts it, from an empty folder."""
    folder = Path(tempfile.mkdtemp(prefix="avow-clients-"))
    os.chmod(folder, 0o711)  # noqa: S103  # to be passed through by the database's account, not read
    shop = Shop(folder, free_port())
    server = None
    try:
        server = shop.start()
        listed = httpx.get(f"{shop.url}/explorer/viewers", timeout=30).json()
        yield DemoShop(f"{shop.url}/graphql", {viewer["name"]: viewer["token"] for viewer in listed})
        server.terminate()
        server.wait(timeout=20)
    finally:
        if server is not None and server.poll() is None:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def examples(demo_shop: DemoShop) -> Examples:
    """The examples and the shop that they ask."""
    return Examples(demo_shop)
