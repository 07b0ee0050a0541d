"""A demo shop, and the examples as programs that ask it."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.server.commands import ROOT
from tests.wanted import unavailable

EXAMPLES = ROOT / "examples"
BUILD = "npm run --silent build"
ASK = {example: f"npm run --silent {example}" for example in ("typescript", "relay", "apollo")}
TOKEN = "npm run --silent token"
PATIENCE_S = 240


@dataclass(frozen=True, slots=True)
class DemoShop:
    """
    A running shop, asked by plain HTTP.

    Args:
        url: The address of its API.
        tokens: The token of each demo viewer, by name.
    """

    url: str
    tokens: dict[str, str] = field(repr=False)

    def ask(self, query: str, *, viewer: str | None = None, **variables: Any) -> Any:
        """Give the whole answer to a query, which holds no errors."""
        headers = {"Authorization": f"Bearer {self.tokens[viewer]}"} if viewer else {}
        body = {"query": query, "variables": variables}
        answer = httpx.post(self.url, json=body, headers=headers, timeout=30).json()
        assert "errors" not in answer, answer
        return answer


@dataclass(frozen=True, slots=True)
class Examples:
    """The three clients, built."""

    shop: DemoShop

    def start(self, example: str, *, token: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run one to its end."""
        return run(ASK[example], AVOW_URL=self.shop.url, **({"AVOW_TOKEN": token} if token else {}))

    def says(self, example: str, *, viewer: str | None = None) -> Any:
        """Give what one prints when it asks as a viewer."""
        ended = self.start(example, token=self.shop.tokens[viewer] if viewer else None)
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)


def run(command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the documentation in the folder of the examples."""
    npm, *arguments = command.split()
    program = shutil.which(npm)
    if program is None or shutil.which("node") is None or not (EXAMPLES / "node_modules" / ".bin" / "tsc").exists():
        unavailable("Node.js or `examples/node_modules` is missing: run `npm ci --prefix examples`.")
    return subprocess.run(
        [program, *arguments],
        cwd=EXAMPLES,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "NO_COLOR": "1"} | environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def text(path: str) -> str:
    """Read a file of the repository."""
    return Path(ROOT / path).read_text(encoding="utf-8")
