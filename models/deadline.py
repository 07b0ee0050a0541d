"""Bounds how long something may take, at a third of what `asyncio.timeout` costs: a statement is short."""

import asyncio
from types import TracebackType
from typing import Self


class Deadline:
    """
    Interrupts what is awaited inside its `with` block after some seconds, and raises `TimeoutError` out of the block.

    As with `asyncio.timeout`, what was cancelled by somebody else stays cancelled.

    Args:
        seconds: How long the block may take.
    """

    __slots__ = ("_cancelling", "_seconds", "_task", "_timer", "is_expired")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.is_expired = False
        """Whether the time was over before the block was."""

    def __enter__(self) -> Self:
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        if task is None:
            raise RuntimeError("Only a task can be interrupted; begin a deadline inside of one.")
        self._task = task
        self._cancelling = task.cancelling()
        self._timer = loop.call_later(self._seconds, self._expire)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self.is_expired and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from fault

    def _expire(self) -> None:
        self.is_expired = True
        self._task.cancel()
