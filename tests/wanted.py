"""Tools that some tests want, and that a machine may lack."""

import os
from typing import NoReturn

import pytest


def unavailable(what: str) -> NoReturn:
    """Skip a test for want of a tool; where CI is set, fail, so that none is skipped unseen."""
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(what)
    pytest.skip(what)
