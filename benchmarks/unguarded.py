"""
`python -m benchmarks.unguarded`: the shop without its policy, to tell what that costs; it serves invented data alone.

Rows come without the facts about the person whom they are about, no field is decided, and nothing is noted of what is
shown. What a hand-written server needs as well stays: who is signed in, which rows are theirs, and decryption.
"""

import os
import sys
from collections.abc import Mapping
from typing import Any

import uvicorn

from benchmarks.stage import FOLDER_PREFIX
from execution import executor
from execution.level import Level
from execution.opening import opened
from execution.plan import ObjectPlan, Source, Step
from execution.running import Run
from models import scoping
from models.scoping import Scope
from policy.classes import DataClass
from server import app, logs, serving
from server import settings as settings_module
from server.settings import Settings


class Unguarded(Run):
    """Shows every field as one that nobody decides, and still opens what is sealed."""

    def _decide(self, plan: ObjectPlan, level: Level) -> None:
        """Decide nothing."""

    async def _decided(self, step: Step, plan: ObjectPlan, level: Level) -> list[Any]:
        if step.source is not Source.CELLS:
            return await self._batch(step, level, level.parents, None)
        await self._open_sealed(plan, level)
        return self._read(step, level, level.rows, None)

    async def _open_sealed(self, plan: ObjectPlan, level: Level) -> None:
        if level.opened is None:
            everywhere = range(len(level.parents))
            wanted = {column: everywhere for step in plan.decides for column in step.columns}
            level.opened = await opened(level.rows, wanted, self._context.open_cells)


def without_facts(
    joins: str,
    where: str,
    facts: Mapping[str, str],
    values: Mapping[str, object],
    core: DataClass | None = None,
    known: Mapping[str, object] | None = None,
) -> Scope:
    """Scope a table as the shop does, but tell nothing of whom its rows are about: facts and `core` are left out."""
    return Scope(joins, where, {}, values)


def is_invented(settings: Settings) -> bool:
    """Tell whether settings name databases that a benchmark has made for itself."""
    return settings.data_folder.parent.name.startswith(FOLDER_PREFIX)


def main() -> int:
    """Serve until told to stop, with one worker; 1 where real people could be in the databases."""
    settings = settings_module.read(os.environ)
    if not is_invented(settings):
        print("This serves everybody's data to everybody, so only a benchmark starts it.", file=sys.stderr)
        return 1
    executor.__dict__["Run"] = Unguarded
    scoping.__dict__["Scope"] = without_facts
    logs.configure()
    uvicorn.Server(serving.configuration(settings, application=lambda: app.create(settings))).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
