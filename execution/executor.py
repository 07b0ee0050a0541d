"""Runs prepared operations: by a plan where one can be made, by stock execution elsewhere, with the same answers."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, cast
from weakref import ref

import orjson
from graphql import (
    GraphQLError,
    Undefined,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values
from graphql.utilities import coerce_input_value  # pyright: ignore[reportUnknownVariableType]
from strawberry import Schema
from strawberry.types import ExecutionResult

from execution import inputs, streaming
from execution.analyser import INTROSPECTION, OperationFacts
from execution.documents import Documents, KeptPlan, PlanKey, PreparedDocument, attach, core_schema, running
from execution.plan import NotPlanned, OperationPlan
from execution.planner import Planner, conditions, unplanned
from execution.running import Run
from permissions.context import OperationContext

MOST_PLANS = 16
"""Of one document: one for each way in which its `@skip` and `@include` fall out, the latest."""

TOLD_ONCE = INTROSPECTION | {"__typename"}
"""Of the schema itself: where nothing else is asked, the answer is kept."""

UNFIT = "Its variables do not fit, or no plans are made."

Settle = Callable[[OperationContext, str | None], Awaitable[None]]
Report = Callable[[OperationContext], dict[str, Any]]


class UnplannedField(Exception):
    """A field of the schema has no plan; the server does not start with it."""


class Executor:
    """
    Runs operations that `Documents` has prepared.

    Args:
        schema: The schema.
        documents: Where the prepared documents are kept, whose plans count there.
        settle: Puts on record what an answer shows, before it leaves; if it fails there is no answer.
        report: Gives an answer's `extensions`.
        is_planning: Whether plans are made; without them stock execution runs everything.
        ran: Told how each operation was run: by plan, which has no reason, or for what reason it was not.

    Raises:
        UnplannedField: Some field can never be in a plan, because its declaration says too little to decide it.
    """

    def __init__(
        self,
        schema: Schema,
        documents: Documents,
        *,
        settle: Settle,
        report: Report,
        is_planning: bool = True,
        ran: Callable[[str | None], None] = lambda _: None,
    ) -> None:
        attach(schema)
        inputs.compiled(core_schema(schema))
        self._schema = schema
        self._core = core_schema(schema)
        self._documents = documents
        self._settle = settle
        self._report = report
        self._is_planning = is_planning
        self._ran = ran
        self.unplanned = unplanned(self._core)
        if self.unplanned:
            raise UnplannedField("; ".join(self.unplanned.values()))

    async def execute(
        self,
        prepared: PreparedDocument,
        operation_name: str | None,
        variables: Mapping[str, Any],
        context: OperationContext,
    ) -> ExecutionResult:
        """
        Run one operation of a prepared document; of a subscription, the event of now.

        Args:
            variables: As they were sent.
        """
        operation = prepared.operation(operation_name)
        coerced = self._coerced(prepared, operation, variables)
        plan = self._plan(prepared, operation, coerced) if coerced is not None else NotPlanned(UNFIT)
        if isinstance(plan, NotPlanned) or coerced is None:
            self._ran(plan.reason if isinstance(plan, NotPlanned) else UNFIT)
            return await self._by_stock(prepared, operation, variables, context)
        self._ran(None)
        run = Run(self._core, plan, context, coerced, prepared.fragments)
        data = await run.data()
        if operation.kind == "subscription" and not streaming.has_begun(run.errors):
            data = None
        try:
            await self._settle(context, operation.name)
        except Exception as fault:  # noqa: BLE001  # as stock execution takes what an extension raises
            return ExecutionResult(
                data=None, errors=[GraphQLError(str(fault), original_error=fault)], extensions=self._report(context)
            )
        return ExecutionResult(data=data, errors=run.errors or None, extensions=self._report(context))

    async def _by_stock(
        self,
        prepared: PreparedDocument,
        operation: OperationFacts,
        variables: Mapping[str, Any],
        context: OperationContext,
    ) -> ExecutionResult:
        # The schema tells everybody who may ask the same until the program is another one.
        is_constant = TOLD_ONCE.issuperset(operation.root_fields) and not operation.definition.variable_definitions
        key = operation.name or ""
        if is_constant and key in prepared.told:
            told: Any = prepared.told[key]
            return ExecutionResult(data=told, errors=None, extensions=self._report(context))
        with running(prepared):
            if operation.kind == "subscription":
                return await streaming.by_stock(self._schema, prepared.text, variables, context, operation.name)
            result = await self._schema.execute(
                prepared.text,
                variable_values=dict(variables),
                context_value=context,
                operation_name=operation.name,
            )
        if is_constant and self._is_planning and not result.errors and result.data is not None:
            written = orjson.dumps(result.data)
            # As it is written into each answer: there is nobody for whom any of it differs.
            prepared.told[key] = orjson.Fragment(written)
            self._documents.grow(prepared, len(written))
        return result

    def _coerced(
        self, prepared: PreparedDocument, operation: OperationFacts, variables: Mapping[str, Any]
    ) -> VariableValues | None:
        if not self._is_planning:
            return None
        definitions = operation.definition.variable_definitions or ()
        of = operation.name or ""
        if of not in prepared.signatures:
            prepared.signatures[of] = [get_variable_signature(self._core, each) for each in definitions]
        coerced: VariableValues | None = _fitting(prepared.signatures[of], variables)
        if coerced is None:
            values = get_variable_values(self._core, definitions, dict(variables))
            # Stock execution says what is wrong with them.
            coerced = values if isinstance(values, VariableValues) else None
        return coerced

    def _plan(
        self, prepared: PreparedDocument, operation: OperationFacts, variables: VariableValues
    ) -> OperationPlan | NotPlanned:
        of = operation.name or ""
        names = prepared.conditions.get(of)
        if names is None:
            names = prepared.conditions[of] = conditions(operation.definition, prepared.fragments)
        says: dict[str, Any] = {name: variables.coerced.get(name) for name in names}
        if None in says.values():
            # Such as a null for what has a default: stock execution says which field it fails.
            return NotPlanned(UNFIT)
        key = (of, *says.values())
        kept = prepared.plans.get(key)
        if kept is None:
            kept = self._made(prepared, key, operation, says)
        return kept.plan

    def _made(
        self, prepared: PreparedDocument, key: PlanKey, operation: OperationFacts, says: Mapping[str, bool]
    ) -> KeptPlan:
        documents, plans = self._documents, prepared.plans
        kept = KeptPlan()
        # Weakly, because the plan holds this: what is dropped goes at once, and does not wait for the collector.
        of_plan, of_document = ref(kept), ref(prepared)

        def grown(size: int) -> None:
            plan, document = of_plan(), of_document()
            if plan is not None:
                plan.weight += size
                if document is not None and document.plans.get(key) is plan:
                    documents.grow(document, size)

        try:
            if not INTROSPECTION.isdisjoint(operation.root_fields) and TOLD_ONCE.issuperset(operation.root_fields):
                raise NotPlanned("What the schema says of itself is worked out once, by stock execution.")
            kept.plan = Planner(self._core, prepared.fragments, grown).plan(operation.definition, says)
        except NotPlanned as reason:
            kept.plan = reason
        if len(plans) == MOST_PLANS:
            documents.grow(prepared, -plans.pop(next(iter(plans))).weight)
        plans[key] = kept
        documents.grow(prepared, kept.weight)
        return kept


def _fitting(
    signatures: Sequence[GraphQLVariableSignature | GraphQLError], sent: Mapping[str, Any]
) -> VariableValues | None:
    """Coerce variables that were all sent and fit their types; None where anything is left out or does not fit."""
    values = VariableValues({}, {})
    for signature in signatures:
        if isinstance(signature, GraphQLError) or signature.name not in sent:
            return None
        name, value = signature.name, sent[signature.name]
        try:
            # No value is nested more deeply than the JSON of a request may be.
            coerced = cast(Any, coerce_input_value)(value, signature.type)
        except GraphQLError:
            # An input of which exactly one field may be given says so like this.
            return None
        if coerced is Undefined:
            return None
        values.sources[name] = VariableValueSource(signature, value)
        values.coerced[name] = coerced
    return values
