"""Texts in the repository that are made from the code; a test holds that they are up to date."""

from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]


def _schema() -> str:
    from schema import sdl

    return sdl()


def _matrix() -> str:
    from policy.matrix import matrix

    return matrix()


def _clauses() -> str:
    from server.policy_pages import clauses_page

    return clauses_page()


def _fides() -> str:
    from server.fides import manifest

    return manifest()


TEXTS: dict[str, Callable[[], str]] = {
    "schema/schema.graphql": _schema,
    "policy/matrix.txt": _matrix,
    "docs/policy/clauses.md": _clauses,
    "docs/policy/fides.yml": _fides,
}
"""What makes the text of each file, by its path from the repository's root."""


def write() -> list[str]:
    """Write every text whose file differs from it, and list the files that changed."""
    changed: list[str] = []
    for name, make in TEXTS.items():
        path, text = ROOT / name, make()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(name)
    return changed
