"""The ledger written by several processes at once that are killed in the middle of it."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from models.database import fetch
from models.ledger_verification import verify
from server.embedded import Embedded
from tests.commerce.people import member
from tests.conftest import SECRETS
from tests.reporting import report

ROOT = Path(__file__).parents[2]
PROCESSES = 3


async def start(account: UUID, database: Embedded) -> Any:
    given = {
        "account": str(account),
        "shop_url": database.shop.app_url,
        "keys_url": database.keys.app_url,
        "master": SECRETS.master.hex(),
        "key": SECRETS.key_encryption_keys["test"].hex(),
    }
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.models.ledger_worker", json.dumps(given), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )


async def kill_after(process: Any, lines: int) -> int:
    """Read as many lines, kill the process, and tell what the last line that it wrote says."""
    said = b"0"
    for _ in range(lines):
        said = await asyncio.wait_for(process.stdout.readline(), 30)
    process.kill()
    rest = (await process.stdout.read()).splitlines()
    await process.wait()
    return int((rest or [said])[-1] or said)


async def test_what_processes_had_on_record_when_they_were_killed_is_there_and_whole(database: Embedded) -> None:
    account, _ = await member()
    processes = [await start(account.id, database) for _ in range(PROCESSES)]

    said = await asyncio.gather(*(kill_after(process, 120) for process in processes))

    (row,) = await fetch(
        "SELECT count(*) AS n, count(DISTINCT partition) AS chains FROM disclosure WHERE account_id = $1", account.id
    )
    assert row["n"] >= sum(said) >= PROCESSES * 240
    assert row["chains"] == PROCESSES
    assert (await verify()).faults == []
    report(f"ledger: {PROCESSES} processes killed, {sum(said)} disclosures acknowledged, {row['n']} there, none broken")
