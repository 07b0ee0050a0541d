"""Notices changes of what streams show: one look for all streams of a process, and none where there are no streams."""

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass

from models import database
from permissions.fields import Marks
from server import logs


@dataclass(slots=True, eq=False)
class Watched:
    """
    What one stream looks at.

    Args:
        mark: That of the state which was found last; None where there is nothing.
        changed: Set once it is another one.
    """

    marks: Marks
    key: Hashable
    mark: str | None
    changed: asyncio.Event


class Watching:
    """
    Looks at marks, all of a kind in one statement, for as long as anything is watched.

    INVARIANT (no change is missed for good): what is compared is state and not news of it. A look that failed, for
    want of a database, is made again, and finds whatever any process has written meanwhile.

    Args:
        every_s: How often.
        first: What is looked at first, and has to be known for anything else to be looked at.
    """

    def __init__(self, *, every_s: float, first: Marks) -> None:
        self._every_s = every_s
        self._first = first
        self._watched: set[Watched] = set()
        self._looking: asyncio.Task[None] | None = None

    async def begin(self, marks: Marks, key: Hashable, changed: asyncio.Event) -> Watched:
        """
        Watch something from now on; `end` has to follow.

        Args:
            changed: Set with each change.

        Raises:
            DatabaseUnavailable, Contended: It cannot be looked at now.
        """
        watched = Watched(marks, key, (await marks([key])).get(key), changed)
        self._watched.add(watched)
        if self._looking is None:
            self._looking = database.detached(self._look(), name="watching")
        return watched

    def end(self, watched: Watched) -> None:
        """Watch it no longer."""
        self._watched.discard(watched)
        if not self._watched and self._looking is not None:
            self._looking.cancel()
            self._looking = None

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            try:
                for marks in sorted({each.marks for each in self._watched}, key=lambda marks: marks != self._first):
                    await self._compare(marks)
            except Exception as fault:  # noqa: BLE001  # the next look may be a better one
                logs.fault("looking for changes failed", fault)

    async def _compare(self, marks: Marks) -> None:
        # What is begun during the look was not asked for, and would seem to be gone.
        asked = [each for each in self._watched if each.marks == marks]
        found = await marks(list({each.key for each in asked}))
        for each in asked:
            if found.get(each.key) != each.mark:
                each.mark = found.get(each.key)
                each.changed.set()
