"""How fields of one operation load together."""

import asyncio
from contextlib import suppress
from typing import Any

from permissions import OperationContext
from resolvers.cells import open_cells
from tests.graphql.asking import DOCUMENTS


async def test_a_field_that_is_cancelled_takes_its_answer_from_no_other_field() -> None:
    context, may_answer = OperationContext(open_cells=open_cells, prepare=DOCUMENTS.parsed), asyncio.Event()

    async def doubled(parents: list[Any]) -> list[Any]:
        await may_answer.wait()
        return [parent * 2 for parent in parents]

    cancelled, kept = [asyncio.ensure_future(context.load("doubled", 21, doubled)) for _ in range(2)]
    await asyncio.sleep(0)
    cancelled.cancel()
    with suppress(asyncio.CancelledError):
        await cancelled
    may_answer.set()

    assert await kept == 42
    assert cancelled.cancelled()
