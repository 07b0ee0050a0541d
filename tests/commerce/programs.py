"""Programs that stay, and act at the same moment on what they are told."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from server.embedded import Embedded
from tests.conftest import SECRETS

ROOT = Path(__file__).parents[2]

Program = subprocess.Popen[str]


@asynccontextmanager
async def staying(worker: str, database: Embedded, count: int) -> AsyncIterator[list[Program]]:
    """
    Let a worker run several times for the length of a block, connected to the databases.

    Args:
        worker: Its module beside this one.
    """
    given = {
        "shop_url": database.shop.app_url,
        "keys_url": database.keys.app_url,
        "master": SECRETS.master.hex(),
        "key": SECRETS.key_encryption_keys["test"].hex(),
    }
    started: list[Program] = []
    try:
        for _ in range(count):
            program = _started(worker)
            started.append(program)
            _tell(program, json.dumps(given))
        assert [await _heard(program) for program in started] == ["ready\n"] * count
        yield started
    finally:
        for program in started:
            program.kill()
            program.wait(timeout=10)
            for stream in (program.stdin, program.stdout):
                if stream is not None:
                    stream.close()


async def at_once(programs: list[Program], parts: list[list[dict[str, str]]]) -> list[str]:
    """Let programs act at the same moment, and collect how each attempt ended."""
    for program, part in zip(programs, parts, strict=True):
        _tell(program, json.dumps(part))
    return [ended for program in programs for ended in json.loads(await _heard(program))]


def _started(worker: str) -> Program:
    return subprocess.Popen(
        [sys.executable, "-m", f"tests.commerce.{worker}"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _tell(program: Program, line: str) -> None:
    assert program.stdin is not None
    program.stdin.write(line + "\n")
    program.stdin.flush()


async def _heard(program: Program) -> str:
    assert program.stdout is not None
    return await asyncio.to_thread(program.stdout.readline)
