"""Runs an operation by plan and by stock execution, and holds them to the same answer."""

import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import orjson
import pytest

from execution.documents import Documents
from execution.executor import UNFIT, Executor
from execution.refusals import DocumentInvalid, DocumentRefused
from models.database import execute, transaction
from models.engine import TransactionLost
from permissions import OperationContext
from permissions.withheld import Decisions
from policy.viewer import Viewer
from resolvers.cells import open_cells
from schema import schema
from schema.privacy import report as privacy_report
from server.answers import innermost
from tests.graphql.random_operations import Drawn

TRIES = 3
UNTRIED = "DELETE FROM throttle"
"""Takes back that anybody guessed anything, so that the second way is not refused for what the first one tried."""
BUSY = frozenset({"DatabaseBusy", "DatabaseUnavailable", "Contended"})

BY_STOCK = (UNFIT, "What the schema says of itself is worked out once, by stock execution.")
"""For what reasons an operation has no plan."""


# Stock execution leaves coroutines behind unawaited where something beside them fails, and says so when they go; or, if
# that is in the middle of code that can import nothing, that it cannot say so.
UNAWAITED = [
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <coroutine object:pytest.PytestUnraisableExceptionWarning"
    ),
    pytest.mark.usefixtures("nothing_left_behind"),
]
"""Marks of tests that run operations by stock execution in which something fails."""


async def unsettled(_context: OperationContext, _name: str | None) -> None:
    """Put nothing on record: what would be is compared instead."""


@dataclass(slots=True)
class Ran:
    """
    What an operation came to, in a form that can be compared.

    Args:
        errors: Those whose place is in the answer, with the kind and the text of their causes.
        kinds: The kinds of the causes of all errors.
        reason: Why it was not run by plan; None if it was.
    """

    data: str
    errors: list[tuple[str, str, str]]
    kinds: frozenset[str]
    has_failed: bool
    reason: str | None = None
    records: dict[str, Any] = field(default_factory=dict[str, Any])


@cache
def executing(*, is_planning: bool) -> tuple[Executor, list[str | None]]:
    """Make an executor, which looks the whole schema through as it is made, and the list of how it ran operations."""
    reasons: list[str | None] = []
    documents = Documents(schema)
    return (
        Executor(
            schema, documents, settle=unsettled, report=privacy_report, is_planning=is_planning, ran=reasons.append
        ),
        reasons,
    )


async def run(drawn: Drawn, viewer: Viewer, documents: Documents, *, is_planning: bool) -> Ran | None:
    """Run an operation by plan or by stock execution; None if it is not fit to run."""
    try:
        prepared = documents.prepare(drawn.text)
    except (DocumentRefused, DocumentInvalid):
        return None
    executor, reasons = executing(is_planning=is_planning)
    reasons.clear()
    if not is_planning:
        # What the schema says of itself is worked out anew, and not taken from the run by plan.
        prepared.told.clear()
    context = OperationContext(
        open_cells=open_cells, prepare=documents.parsed, viewer=viewer, budget=10**9, decisions=Decisions()
    )
    result = await executor.execute(prepared, drawn.name, drawn.variables, context)
    # What the schema says of itself comes as JSON already.
    data: Any = orjson.loads(orjson.dumps(result.data))
    errors = sorted(
        (json.dumps(error.path), type(innermost(error)).__name__, str(innermost(error)))
        for error in result.errors or ()
        if _is_seen(data, list(error.path or ()))
    )
    records = {
        "withheld": context.withheld.listing(),
        "decisions": context.decisions.listing() if context.decisions is not None else [],
        "disclosures": context.disclosures.shown,
        "grounds": context.grounds.classes,
        "spent": context.spent,
    }
    assert len(reasons) == 1, f"{drawn.text}: {reasons}"
    assert reasons[0] in ((None, *BY_STOCK) if is_planning else (UNFIT,)), f"{drawn.text}: {reasons}"
    kinds = frozenset(type(innermost(error)).__name__ for error in result.errors or ())
    return Ran(json.dumps(data), errors, kinds, bool(result.errors), reasons[0], records)


def _is_seen(data: Any, path: list[Any]) -> bool:
    """Tell whether an error's place is not inside of one that is null for another one's sake."""
    for key in path[:-1]:
        if data is None:
            return False
        data = data[key]
    return data is not None


async def _run_inside(drawn: Drawn, viewer: Viewer, documents: Documents, *, is_planning: bool) -> Ran | None:
    """Run an operation inside of a transaction, which must outlive a run by plan."""
    ran = None
    try:
        async with transaction():
            ran = await run(drawn, viewer, documents, is_planning=is_planning)
    except TransactionLost:
        # Stock execution cancels the statements of the fields beside one that failed, and so loses the transaction.
        if ran is not None and is_planning and ran.reason is None and not BUSY & ran.kinds:
            raise
    return ran


async def compared(
    drawn: Drawn, viewer: Viewer, documents: Documents, what: str, *, is_inside: bool = False
) -> Ran | None:
    """
    Compare both ways of running an operation, and give what came by plan; None if it is not fit to be compared.

    One that has no plan is not compared, and what came has the reason: stock execution would be compared with itself,
    and the second time there is on record what the first one showed.

    Args:
        drawn: The operation.
        viewer: Who asks.
        documents: What prepares it.
        what: What a failure calls it.
        is_inside: Run it inside of transactions, one for each way.
    """
    runs = _run_inside if is_inside else run
    for _ in range(TRIES):
        # The plan first: stock execution puts on record what it shows, which other fields show then.
        await execute(UNTRIED)
        planned = await runs(drawn, viewer, documents, is_planning=True)
        if planned is None or planned.reason is not None:
            return planned
        await execute(UNTRIED)
        stock = await runs(drawn, viewer, documents, is_planning=False)
        assert stock is not None, what
        # Stock execution holds the event loop for seconds where an answer is large, and statements beside it run out of
        # time on a busy machine.
        if not BUSY & (stock.kinds | planned.kinds):
            break
    else:
        return None
    told = f"{what}: {drawn.text} {drawn.variables}"
    assert planned.data == stock.data, told
    assert planned.errors == stock.errors, told
    # Of several failures that make null of all, either may be the one that is told.
    assert planned.has_failed is stock.has_failed, told
    if not stock.has_failed and not planned.has_failed:
        # Where something fails, stock execution leaves off what is beside it, wherever it was just then.
        for name, said in stock.records.items():
            assert planned.records[name] == said, f"{told}: {name}"
    return planned
