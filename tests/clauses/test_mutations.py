"""Removing any clause, any field's permission or any table's row scope makes a test fail."""

import re
import subprocess
import sys
from pathlib import Path

from tests.reporting import report

ROOT = Path(__file__).parents[2]


def test_no_piece_of_the_policy_can_be_taken_away_unnoticed() -> None:
    """In a process of its own, so that no other test meets a world without its policy."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.clauses.plugin", "--mutate", "all", "tests"]

    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=2_700, check=False)

    said = re.findall(r"^\w+: \d+ of \d+ caught.*$", ran.stdout, re.MULTILINE)
    for line in said:
        report(f"mutations of {line}")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert len(said) == 3
