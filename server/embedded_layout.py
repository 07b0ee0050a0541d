"""What the starter of the embedded clusters and their guard agree on: names, marks and errors."""

from collections.abc import Sequence
from pathlib import Path

Passwords = dict[str, dict[str, str]]
"""Cluster, then login role, to password."""

DATABASES = {"shop": "avow", "keys": "avow_keys"}
"""The clusters, which are also their folders' names, and the one database in each."""

LOGIN_ROLES = ("avow_owner", "avow_app", "avow_reader")


class EmbeddedUnavailable(Exception):
    """The embedded PostgreSQL cannot be run; the text says why and names the remedy."""


def postmaster_pid(folder: Path) -> int | None:
    """Read which server last ran a cluster, alive or not."""
    lines = _mark(folder)
    return int(lines[0]) if lines and lines[0].strip().isdigit() else None


def is_ready(folder: Path, *, of: int | None = None) -> bool:
    """Tell whether the server of a cluster takes connections, as it says itself in its folder."""
    lines = _mark(folder)
    is_asked = of is None or postmaster_pid(folder) == of
    return is_asked and len(lines) >= 8 and lines[7].strip() == "ready"


def _mark(folder: Path) -> Sequence[str]:
    try:
        return (folder / "postmaster.pid").read_text().splitlines()
    except (FileNotFoundError, UnicodeDecodeError):
        return ()
