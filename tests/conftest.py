"""Fixtures of the whole suite: one pair of real PostgreSQL clusters, and a shop to ask as anybody."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from pathlib import Path

# At the end of a run pytest imports it in any case, and then CPython 3.11 may fail to parse it: an exception that
# no task fetched is told in the middle of that, and telling it parses too (python/cpython#106905).
import hypothesis  # noqa: F401  # pyright: ignore[reportUnusedImport]
import pytest
import pytest_asyncio

from models import database as shop_database
from models.migrating import migrate
from models.secrets import Secrets
from server.demo_partners import sandbox
from server.embedded import Embedded, hold
from tests.patience import PATIENT
from tests.reporting import FIGURES

pytest_plugins = ["tests.clauses.plugin"]

# No pattern, because a server that is started with them refuses what can be guessed.
SECRETS = Secrets(
    master=sha256(b"master").digest(), key_encryption_keys={"test": sha256(b"key").digest()}, active="test"
)


@pytest.fixture(scope="session")
def clusters() -> Iterator[Embedded]:
    """Both clusters, in a folder of their own that an unprivileged database account can reach."""
    folder = Path(tempfile.mkdtemp(prefix="avow-test-"))
    os.chmod(folder, 0o711)  # noqa: S103  # to be passed through, not read
    try:
        with hold(folder, durable=False) as embedded:
            yield embedded
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def migrated(clusters: Embedded) -> Embedded:
    """The clusters with all migrations applied."""
    await migrate(shop_owner_url=clusters.shop.owner_url, keys_owner_url=clusters.keys.owner_url)
    return clusters


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def database(migrated: Embedded) -> AsyncIterator[Embedded]:
    """The program connected to its databases, for the whole session; who takes payments there is in standing."""
    await shop_database.connect(
        shop_url=migrated.shop.app_url, keys_url=migrated.keys.app_url, secrets=SECRETS, **PATIENT
    )
    await sandbox()
    yield migrated
    await shop_database.disconnect()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what the run has measured."""
    if FIGURES:
        terminalreporter.section("measured")
        for figure in FIGURES:
            terminalreporter.write_line(figure)
