"""Sends what several parts of an operation ask for at the same time as one statement."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from models.database import fetch, is_in_transaction
from models.faults import DatabaseUnavailable
from models.records import ANY_ROW, RowClasses

MOST_LOOKS = 8
"""How often it is looked whether somebody joins a round; whatever comes later goes into the next one."""
MOST_TOGETHER = 12
"""How many questions one statement asks at most."""

_present: ContextVar["Rounds | None"] = ContextVar("rounds of the operation", default=None)
_PLACEHOLDER = re.compile(r"\$([0-9]+)")


class Rounds:
    """
    The rounds of one operation: in each, those of its branches that wait for rows are served by one statement.

    A statement costs both sides more than the rows that these have, so a product with its category, supplier and
    variants is two statements and not four.
    """

    def __init__(self) -> None:
        self._branches = 1
        self._waiting: list[_Asked] = []
        self._joined = 0

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Have what is read inside of a `with` block served in these rounds."""
        token = _present.set(self)
        try:
            yield
        finally:
            _present.reset(token)

    @contextmanager
    def branching(self, count: int) -> Iterator[None]:
        """Tell that so many branches of the operation run side by side for the length of a `with` block."""
        self._branches += count - 1
        self._joined += 1
        try:
            yield
        finally:
            self._branches -= count - 1

    async def fetch(self, text: str, values: Sequence[object], classes: RowClasses) -> Sequence[Any]:
        """Give the rows of a statement, as one of the two classes."""
        if self._branches == 1:
            return await fetch(text, *values, record_class=classes.fetched)
        asked = _Asked(text, values, classes)
        self._waiting.append(asked)
        if self._waiting[0] is not asked:
            return await asked.answer
        # Whoever comes first waits until nobody joins any more, and then asks for all.
        for _ in range(MOST_LOOKS):
            joined = self._joined
            await asyncio.sleep(0)
            if joined == self._joined:
                break
        together, self._waiting = self._waiting, []
        try:
            for start in range(0, len(together), MOST_TOGETHER):
                await _serve(together[start : start + MOST_TOGETHER])
        except BaseException:
            for other in together:
                other.answer.cancel()
            raise
        return await asked.answer


class _Asked:
    """A question that waits for its round."""

    __slots__ = ("answer", "classes", "text", "values")

    def __init__(self, text: str, values: Sequence[object], classes: RowClasses) -> None:
        self.text = text
        self.values = values
        self.classes = classes
        self.answer: asyncio.Future[Sequence[Any]] = asyncio.get_running_loop().create_future()


async def read(text: str, *values: object, classes: RowClasses = ANY_ROW) -> Sequence[Any]:
    """
    Run a statement that reads the shop's database, together with others that are asked for at the same time.

    Its rows are read by the places of their columns, because one that came with others does not know the names.

    Args:
        text: The statement, without anything behind it that a subquery could not have.
        values: Of its placeholders.
        classes: What the rows are to be.
    """
    present = _present.get()
    if present is None:
        return await fetch(text, *values, record_class=classes.fetched)
    return await present.fetch(text, values, classes)


async def _serve(together: Sequence[_Asked]) -> None:
    if len(together) > 1:
        try:
            (answers,) = await fetch(
                _joined(tuple(asked.text for asked in together)),
                *(value for asked in together for value in asked.values),
            )
        except Exception as fault:
            if isinstance(fault, DatabaseUnavailable) or is_in_transaction():
                raise
            # One of them is at fault, and each is to know whether it is.
        else:
            for asked, answer in zip(together, answers, strict=True):
                asked.answer.set_result(list(map(asked.classes.gathered, answer)))
            return
    for asked in together:
        try:
            asked.answer.set_result(await fetch(asked.text, *asked.values, record_class=asked.classes.fetched))
        except Exception as fault:  # noqa: BLE001  # whoever asked is to have it
            asked.answer.set_exception(fault)


@lru_cache(maxsize=1_000)
def _joined(texts: tuple[str, ...]) -> str:
    parts: list[str] = []
    so_far = 0
    for text in texts:
        shifted, count = _shifted(text, so_far)
        parts.append(f"ARRAY(SELECT ROW(q.*) FROM ({shifted}) q)")  # noqa: S608  # statements of code alone
        so_far += count
    return f"SELECT {', '.join(parts)}"


def _shifted(text: str, by: int) -> tuple[str, int]:
    """Count a statement's placeholders on from another one's, and tell how many it has."""
    highest = max((int(number) for number in _PLACEHOLDER.findall(text)), default=0)
    return _PLACEHOLDER.sub(lambda match: f"${int(match.group(1)) + by}", text), highest
