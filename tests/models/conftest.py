"""Clusters that a test may stop, freeze or fill, apart from those of the rest of the suite."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.embedded import Embedded, hold


@pytest.fixture(scope="package")
def spare_clusters() -> Iterator[Embedded]:
    """A second pair of clusters, without tables."""
    folder = Path(tempfile.mkdtemp(prefix="avow-spare-"))
    # The database's account has to pass through.
    os.chmod(folder, 0o711)  # noqa: S103
    try:
        with hold(folder, durable=False) as embedded:
            yield embedded
    finally:
        shutil.rmtree(folder, ignore_errors=True)
