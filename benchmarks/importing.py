"""Measures how fast a catalogue is taken in from a file, and how much memory that takes."""

import re
import subprocess
import sys
import time
from collections.abc import Generator
from dataclasses import dataclass

from benchmarks import machine
from benchmarks.stage import ROOT, ProgramFailed, Stage

HEADER = "Handle,Title,Vendor,Option1 Name,Option1 Value,Variant SKU,Variant Price,Published\n"
LOOKS_EVERY_S = 0.05
_TAKEN = re.compile(r"^([0-9,]+) products taken", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Import:
    """
    What was found.

    Args:
        products_per_s: By the clock, from the start of the program to its end.
        megabytes: The most resident memory that the program had.
    """

    products_per_s: float
    megabytes: float


def measure(stage: Stage, *, products: int) -> Import:
    """
    Take a file of new products in, each with one variant.

    Raises:
        ProgramFailed: Not all were taken.
    """
    path = stage.folder / "products.csv"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(lines(products))
    begun, most = time.monotonic(), 0.0
    program = subprocess.Popen(
        [sys.executable, "-m", "server", "import", "shopify-csv", str(path)],
        cwd=ROOT,
        env=stage.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    while program.poll() is None:
        most = max(most, machine.resident_megabytes([program.pid]))
        time.sleep(LOOKS_EVERY_S)
    took = time.monotonic() - begun
    said = program.communicate()[0]
    taken = _TAKEN.search(said)
    if taken is None or int(taken[1].replace(",", "")) != products:
        raise ProgramFailed(f"The import did not take {products:,} products. It said:\n{said[-2_000:]}")
    return Import(products / took, most)


def lines(products: int) -> Generator[str]:
    """Write the file: the same in every run."""
    yield HEADER
    for n in range(products):
        price = f"{5 + n % 90}.{n % 100:02d}"
        yield f"taken-{n},Taken in {n},Vendor {n % 50},Title,Default Title,TAKEN-{n},{price},true\n"
