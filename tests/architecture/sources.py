"""The source files of the project, parsed once."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
LAYERS = ("policy", "models", "commerce", "permissions", "resolvers", "schema", "execution", "server", "explorer")
FOLDERS = (*LAYERS, "tests", "benchmarks", "examples")
_NOT_OURS = {"node_modules", "dist", "build", "generated", "__generated__", "__pycache__"}


@dataclass(frozen=True, slots=True)
class Source:
    """
    One Python file.

    Args:
        path: From the repository's root, with slashes.
        text: What is in it.
    """

    path: str
    text: str

    @property
    def layer(self) -> str:
        """The top-level folder."""
        return self.path.partition("/")[0]

    @property
    def is_generated(self) -> bool:
        """Whether a program wrote it: migrations are made from the models."""
        return self.path.startswith("models/migrations/")

    @property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return _parsed(self.text)


@cache
def _parsed(text: str) -> ast.Module:
    return ast.parse(text)


def files(*suffixes: str, folders: tuple[str, ...] = FOLDERS) -> Iterator[Path]:
    """List files of ours by suffix."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in suffixes and path.is_file() and not _NOT_OURS & set(path.relative_to(ROOT).parts):
                yield path


def sources(*folders: str) -> list[Source]:
    """Read the Python files of some top-level folders; of all, and those beside them, if none is named."""
    found = list(files(".py", folders=folders or FOLDERS))
    if not folders:
        found += sorted(ROOT.glob("*.py"))
    return [Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in found]
