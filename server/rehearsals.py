"""Runs operations as somebody else would send them, so that nobody is shown anything."""

from collections.abc import Mapping, Sequence
from typing import Any

from strawberry import Schema

from execution.analyser import OperationFacts
from execution.cost import FIELDS_PER_UNIT, OperationCost
from execution.directives import directives_of
from execution.documents import Documents, PreparedDocument, core_schema
from execution.executor import Executor
from execution.refusals import DocumentRefused
from execution.variables import misfits
from permissions.context import OperationContext
from permissions.errors import OperationRefused
from permissions.viewing import Viewing
from policy.viewer import Viewer
from schema.view_as import VIEW_AS
from server import answers
from server.asked_in import asked_in, narrowed


async def left_sealed(cells: Sequence[tuple[Any, str]]) -> list[str | None]:
    """Stand for the decryption of cells: what would be shown is never told, so nothing is opened for it."""
    return [None] * len(cells)


class Rehearsals:
    """
    Prepares operations to be run as others.

    They go the way of every operation: the same checks, costs, plans, rows and decisions. Only what comes after a
    decision is left out, because it would serve nobody: decryption and the record of what was shown.
    """

    def __init__(self, schema: Schema, documents: Documents, executor: Executor) -> None:
        self.schema = core_schema(schema)
        self.documents = documents
        self.executor = executor

    def prepare(
        self, text: str, operation_name: str | None, variables: Mapping[str, Any], *, request_id: str
    ) -> "Rehearsed":
        """
        Check an operation as if it had been sent.

        Args:
            request_id: Of the request that it is run for, for what has to be logged.

        Raises:
            OperationRefused: It does not fit the schema, breaks a limit, does more than read, or asks about the schema.
        """
        self.documents.parsed(text)
        prepared = self.documents.prepare(text)
        try:
            operation = prepared.operation(operation_name)
            self._refuse_kind(prepared, operation)
            if misfits(self.schema, operation.definition, variables):
                raise DocumentRefused(
                    "BAD_VARIABLES", "The variables do not fit the types that the operation declares."
                )
            cost = self.documents.cost(prepared, operation, variables)
        except DocumentRefused as refused:
            raise OperationRefused(refused.code, refused.message) from None
        return Rehearsed(self, prepared, operation, variables, cost, request_id)

    def _refuse_kind(self, prepared: PreparedDocument, operation: OperationFacts) -> None:
        if operation.kind != "query":
            raise DocumentRefused("VIEW_AS_NOT_VALID", "Only queries are run as somebody else: give one in `document`.")
        if prepared.facts.introspects:
            raise DocumentRefused(
                "VIEW_AS_NOT_VALID", "The schema is the same for everybody: leave `__schema` and `__type` out."
            )
        if VIEW_AS in operation.root_fields:
            raise DocumentRefused(
                "VIEW_AS_NOT_VALID", "`viewAs` is not run inside of `viewAs`: leave it out of `document`."
            )


class Rehearsed:
    """An operation that was checked."""

    def __init__(
        self,
        of: Rehearsals,
        prepared: PreparedDocument,
        operation: OperationFacts,
        variables: Mapping[str, Any],
        cost: OperationCost,
        request_id: str,
    ) -> None:
        self._of = of
        self._prepared = prepared
        self._operation = operation
        self._variables = variables
        self._cost = cost
        self._request_id = request_id

    @property
    def asked(self) -> int:
        """How many fields it asks for."""
        return self._cost.asked * FIELDS_PER_UNIT

    async def run(self, viewer: Viewer, viewing: Viewing, *, budget: int) -> None:
        """
        Run it as a viewer, within the context that its directives say.

        Args:
            viewing: Collects what they would be shown.
            budget: How many fields it may resolve.

        Raises:
            DatabaseUnavailable, Contended: The database cannot serve now.
        """
        directives = directives_of(self._of.schema, self._operation, self._variables)
        try:
            context_asked = asked_in(directives)
            viewer = narrowed(viewer, directives)
        except DocumentRefused as refused:
            viewing.refused = refused.code
            return
        context = OperationContext(
            open_cells=left_sealed,
            prepare=self._of.documents.parsed,
            budget=min(self._cost.fields, budget),
            viewer=viewer,
            asked_in=context_asked,
            viewing=viewing,
        )
        result = await self._of.executor.execute(self._prepared, self._operation.name, self._variables, context)
        errors = result.errors or []
        for error in errors:
            if answers.is_storage_fault(error):
                raise answers.innermost(error)
        for entry in answers.of_execution(errors, request_id=self._request_id):
            viewing.failed(tuple(key for key in entry.path if isinstance(key, str)), entry.code)
