"""Programs that own the embedded clusters, and how they fare."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
OWNER = [sys.executable, str(Path(__file__).with_name("embedded_owner.py"))]


def eventually(is_so: Callable[[], bool], *, within_s: float = 10.0) -> bool:
    deadline = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def is_alive(pid: int) -> bool:
    """Tell whether a program runs; one that ended but was not yet collected does not."""
    listing = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(listing.stdout.strip()) and not listing.stdout.startswith("Z")


@contextmanager
def owner(
    folder: Path,
    does: str = "rest",
    *,
    command: Sequence[str] = OWNER,
    environment: dict[str, str] | None = None,
) -> Generator[subprocess.Popen[str], None, None]:
    """Run a program that owns the clusters, and end it the hard way."""
    program = subprocess.Popen(
        [*command, str(folder), does],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield program
    finally:
        program.kill()
        program.communicate(timeout=10)


def next_line(program: subprocess.Popen[str]) -> str:
    assert program.stdout is not None
    return program.stdout.readline().strip()
