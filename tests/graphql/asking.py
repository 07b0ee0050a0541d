"""Asks the schema as anybody, past HTTP."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any

from execution.documents import Documents
from execution.executor import Executor
from execution.refusals import DocumentInvalid, DocumentRefused
from permissions import OperationContext
from permissions.context import Client
from permissions.withheld import Decisions
from policy.viewer import Viewer
from resolvers.cells import open_cells
from schema import schema
from schema.privacy import report, settle
from server.rehearsals import Rehearsals

DOCUMENTS = Documents(schema)
EXECUTOR = Executor(schema, DOCUMENTS, settle=settle, report=report)
REHEARSALS = Rehearsals(schema, DOCUMENTS, EXECUTOR)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation answered."""

    data: Any
    errors: list[Any]
    withheld: list[dict[str, Any]]
    decisions: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    @property
    def codes(self) -> list[str]:
        """The codes of the user errors of a single mutation."""
        return [error["code"] for payload in self.data.values() for error in payload["userErrors"]]


async def ask(
    document: str, /, *, as_: Viewer, client: Client | None = None, explained: bool = False, **variables: Any
) -> Answer:
    """Run an operation as a viewer, with all decisions told if it is to be explained."""
    context = OperationContext(
        open_cells=open_cells,
        prepare=DOCUMENTS.parsed,
        rehearse=partial(REHEARSALS.prepare, request_id="of a test"),
        viewer=as_,
        client=client or Client(),
        decisions=Decisions() if explained else None,
    )
    try:
        prepared = DOCUMENTS.prepare(document)
    except (DocumentRefused, DocumentInvalid):
        result = await schema.execute(document, variable_values=variables, context_value=context)
    else:
        result = await EXECUTOR.execute(prepared, None, variables, context)
    privacy: dict[str, Any] = (result.extensions or {}).get("privacy", {})
    return Answer(result.data, list(result.errors or ()), privacy.get("withheld", []), privacy.get("decisions", []))
