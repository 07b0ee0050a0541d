"""Changes are noticed by comparing what was looked at with what there is, for all that is watched at once."""

import asyncio
from collections.abc import Sequence
from typing import Any

from server.watching import Watched, Watching


async def test_what_is_begun_during_a_look_is_not_taken_for_gone() -> None:
    there = {"first": "1", "second": "1"}
    begun: list[Watched] = []
    both = asyncio.Event()

    async def marks(keys: Sequence[Any]) -> dict[Any, str]:
        found = {key: there[key] for key in keys}
        if keys == ["first"] and len(begun) == 1:
            begun.append(await watching.begin(marks, "second", asyncio.Event()))
            both.set()
        return found

    watching = Watching(every_s=0.01, first=marks)
    begun.append(await watching.begin(marks, "first", asyncio.Event()))
    await asyncio.wait_for(both.wait(), timeout=5)
    await asyncio.sleep(0.1)
    marked = [(each.mark, each.changed.is_set()) for each in begun]
    there["second"] = "2"
    await asyncio.wait_for(begun[1].changed.wait(), timeout=5)
    for each in begun:
        watching.end(each)

    assert marked == [("1", False), ("1", False)]
    assert not begun[0].changed.is_set()
    assert begun[1].mark == "2"
