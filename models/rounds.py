"""Asks the database for what several parts of an operation want at the same time by one statement."""

import asyncio
from collections.abc import Coroutine, Generator, Iterable, Sequence
from contextvars import Context, ContextVar, copy_context
from types import coroutine
from typing import Any

from models.database import fetch, is_in_transaction
from models.faults import DatabaseUnavailable
from models.joined import joined
from models.records import ANY_ROW, RowClasses

MOST_TOGETHER = 12
"""How many questions one statement asks at most."""
MANY = 50
"""From how many keys on rows come side by side."""

# The task whose branches take turns; a task that a branch starts is none of them.
_turns_of: ContextVar["asyncio.Task[Any] | None"] = ContextVar("task whose branches take turns", default=None)


class _Question:
    """A statement whose rows a branch waits for."""

    __slots__ = ("answer", "classes", "fault", "text", "values")

    def __init__(self, text: str, values: Sequence[object], classes: RowClasses) -> None:
        self.text = text
        self.values = values
        self.classes = classes
        self.answer: Sequence[Any] = ()
        self.fault: Exception | None = None


class _Round(list[_Question]):
    """The questions that some branches wait for."""


@coroutine
def together(branches: Iterable[Coroutine[Any, Any, Any]]) -> Generator[Any, Any, list[Any]]:
    """
    Await coroutines in turns, and ask for the rows that they `read` by one statement, round by round.

    A statement costs both sides more than the few rows that it gives, so a product with its category, supplier and
    variants is two statements and not four. Branches may have branches: all of one operation share its rounds. They
    are no tasks, which would cost as much as they save; whatever else they wait for, they wait for one after another.

    Returns:
        What each of them returns, or the exception that it raises.
    """
    task = asyncio.current_task()
    is_inner = _turns_of.get() is task
    running = [_Branch(each, None if is_inner else task) for each in branches]
    try:
        pending = running
        while pending:
            asked = _Round()
            for branch in pending:
                asked += yield from branch.proceed()
            if asked and is_inner:
                yield asked
            elif asked:
                yield from _serve(asked).__await__()
            pending = [branch for branch in pending if not branch.is_done]
    finally:
        for branch in running:
            branch.close()
    return [branch.outcome for branch in running]


def returned(outcome: Any) -> Any:
    """Give what a branch returned, or raise what it raised."""
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


class _Branch:
    """
    A coroutine that is run up to its next question, in a context of its own.

    Args:
        awaited: The coroutine.
        turns_of: The task whose branches take turns; None where the present context says it already.
    """

    __slots__ = ("_context", "_coroutine", "is_done", "outcome")

    def __init__(self, awaited: Coroutine[Any, Any, Any], turns_of: "asyncio.Task[Any] | None") -> None:
        self._coroutine = awaited
        self._context: Context = copy_context()
        if turns_of is not None:
            self._context.run(_turns_of.set, turns_of)
        self.is_done = False
        self.outcome: Any = None

    def proceed(self) -> Generator[Any, Any, _Round]:
        """Run it until it asks, and give what it asks; nothing once it is done."""
        run, send = self._context.run, self._coroutine.send
        try:
            given = run(send, None)
            while not isinstance(given, _Round):
                try:
                    # Of somebody else, such as a connection: the task waits for it.
                    yield given
                except BaseException as fault:  # noqa: BLE001  # it is the coroutine that is interrupted
                    given = run(self._coroutine.throw, fault)
                else:
                    given = run(send, None)
        except StopIteration as end:
            self.is_done, self.outcome = True, end.value
        except Exception as fault:  # noqa: BLE001  # whoever awaits all of them is to have it
            self.is_done, self.outcome = True, fault
        else:
            return given
        return _Round()

    def close(self) -> None:
        """Leave it where it is; what it had set in its context it sets back there."""
        self._context.run(self._coroutine.close)


async def read(text: str, *values: object, classes: RowClasses = ANY_ROW) -> Sequence[Any]:
    """
    Run a statement that reads the shop's database, in one round with what other branches read.

    Its rows are read by the places of their columns, because one that came with others does not know the names.

    Args:
        text: The statement, without anything behind it that a subquery could not have.
        values: Of its placeholders.
        classes: What the rows are to be.
    """
    turns_of = _turns_of.get()
    if turns_of is None or turns_of is not asyncio.current_task():
        return await fetch(text, *values, record_class=classes.fetched)
    question = _Question(text, values, classes)
    await _asking(question)
    if question.fault is not None:
        raise question.fault
    return question.answer


@coroutine
def _asking(question: _Question) -> Generator[_Round, None, None]:
    yield _Round((question,))


async def _serve(asked: _Round) -> None:
    for start in range(0, len(asked), MOST_TOGETHER):
        await _serve_some(asked[start : start + MOST_TOGETHER])


async def _serve_some(asked: Sequence[_Question]) -> None:
    if len(asked) > 1:
        statement = joined(tuple(question.text for question in asked), are_many=_are_many(asked))
        try:
            rows = await fetch(statement.text, *(value for question in asked for value in question.values))
        except Exception as fault:  # noqa: BLE001  # whoever asked is to have it
            if isinstance(fault, DatabaseUnavailable) or is_in_transaction():
                for question in asked:
                    question.fault = fault
                return
            # One of them is at fault, and each is to know whether it is.
        else:
            for question, own in zip(asked, statement.shares(rows), strict=True):
                question.answer = list(map(question.classes.gathered, own))
            return
    for question in asked:
        try:
            question.answer = await fetch(question.text, *question.values, record_class=question.classes.fetched)
        except Exception as fault:  # noqa: BLE001  # as above
            question.fault = fault


def _are_many(asked: Sequence[_Question]) -> bool:
    """Tell whether rows for many keys are asked for."""
    return any(type(value) is list and len(value) >= MANY for question in asked for value in question.values)
