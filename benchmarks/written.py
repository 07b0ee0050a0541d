"""Counts the rows of all tables, to tell what a request has written."""

import asyncio
from collections.abc import Mapping

import asyncpg

from benchmarks.stage import Stage

# Noted in batches every second or so, so after whichever request: what viewers spend and what they searched for.
_ELSEWHERE = frozenset({"cost_bucket", "ledger_checkpoint", "search", "unlinked_search"})
_TABLES = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY c.relname
"""


class Written:
    """Tells of a stage's two databases how many rows there are, as their owner."""

    def __init__(self, stage: Stage) -> None:
        self._urls = (stage.clusters.shop.owner_url, stage.clusters.keys.owner_url)

    def counted(self) -> dict[str, int]:
        """Count the rows of every table that requests write to."""
        return asyncio.run(self._counted())

    def since(self, before: Mapping[str, int]) -> dict[str, int]:
        """Tell how many rows there are more, of each table that has not as many as before."""
        return {
            table: count - before.get(table, 0)
            for table, count in self.counted().items()
            if count != before.get(table, 0)
        }

    async def _counted(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for url in self._urls:
            connection = await asyncpg.connect(url)
            try:
                names = [row["relname"] for row in await connection.fetch(_TABLES)]
                counts = [f"""SELECT '{name}' AS name, count(*) AS n FROM "{name}" """ for name in names]  # noqa: S608
                rows = await connection.fetch(" UNION ALL ".join(counts))
            finally:
                await connection.close()
            found |= {row["name"]: row["n"] for row in rows if row["name"] not in _ELSEWHERE}
        return found
