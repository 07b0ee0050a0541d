"""A program that owns the embedded clusters, for tests that kill it: `FOLDER rest|write`."""

import asyncio
import os
import sys
from pathlib import Path

import asyncpg

from server.embedded import hold


async def write(url: str) -> None:
    """Insert ascending numbers for ever; print each once its commit was acknowledged."""
    connection = await asyncpg.connect(url, timeout=10)
    await connection.execute("CREATE TABLE IF NOT EXISTS written (number int PRIMARY KEY)")
    number: int = await connection.fetchval("SELECT coalesce(max(number), 0) FROM written")
    while True:
        number += 1
        await connection.execute("INSERT INTO written VALUES ($1)", number)
        print(number, flush=True)


def main() -> None:
    """Say `up`, the user id and the server once the clusters run; rest until told to go on."""
    with hold(Path(sys.argv[1])) as embedded:
        print("up", os.geteuid(), embedded.shop.postmaster(), flush=True)
        if sys.argv[2] == "write":
            asyncio.run(write(embedded.shop.owner_url))
        sys.stdin.read()


if __name__ == "__main__":
    main()
