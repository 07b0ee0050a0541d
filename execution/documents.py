"""Documents that were analysed and validated once, kept for the next request that sends the same text."""

from collections import OrderedDict
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import DocumentNode, FragmentDefinitionNode, GraphQLError, GraphQLSchema
from graphql.execution.get_variable_signature import GraphQLVariableSignature
from strawberry import Schema
from strawberry.extensions import SchemaExtension

from execution.analyser import DocumentFacts, OperationFacts, analyse
from execution.cost import CostAnalyser, OperationCost, deciding, told_apart
from execution.limits import DocumentLimits
from execution.plan import NotPlanned, OperationPlan
from execution.refusals import DocumentInvalid, DocumentRefused, OperationTooCostly
from execution.scanner import scan
from execution.validation import check, parse_text, rules
from permissions.errors import OperationRefused

BYTES_PER_TOKEN = 1_600
"""What a token costs once it is parsed, rounded up; `test_documents.py` compares it with reality."""

NOT_MADE = NotPlanned("It was not compiled yet.")

MOST_COSTS = 16
"""How many costs are kept of one document: for so many different lengths of its pages."""


PlanKey = tuple[object, ...]
"""The name of an operation, and what the variables of its `@skip` and `@include` say."""


@dataclass(slots=True, eq=False, weakref_slot=True)
class KeptPlan:
    """
    A plan, or why there is none.

    Args:
        weight: About how many bytes it takes in memory.
    """

    plan: OperationPlan | NotPlanned = NOT_MADE
    weight: int = 0


@dataclass(slots=True, eq=False, weakref_slot=True)
class PreparedDocument:
    """
    A document that may be executed as often as it is asked for.

    Args:
        fragments: Its fragments by name.
        conditions: The variables that its plans depend on, by operation.
        plans: Its plans.
        told: What the schema says of itself, as JSON, by operation.
        mark: What stands for it in the log, once it was asked for.
        signatures: The names and types of its variables, by operation.
    """

    text: str
    document: DocumentNode
    facts: DocumentFacts
    weight: int
    """About how many bytes it takes in memory, plans included."""
    fragments: dict[str, FragmentDefinitionNode]
    conditions: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    plans: dict[PlanKey, KeptPlan] = field(default_factory=dict[PlanKey, KeptPlan])
    told: dict[str, orjson.Fragment] = field(default_factory=dict[str, orjson.Fragment])
    mark: str | None = None
    signatures: dict[str, list[GraphQLVariableSignature | GraphQLError]] = field(
        default_factory=dict[str, "list[GraphQLVariableSignature | GraphQLError]"]
    )
    deciding: tuple[str, ...] = ()
    """Names of the variables that decide what it costs."""
    costs: dict[tuple[object, ...], OperationCost] = field(default_factory=dict[tuple[object, ...], OperationCost])
    """What its operations cost with some values of these."""

    def operation(self, name: str | None) -> OperationFacts:
        """
        Choose the operation to run.

        Raises:
            DocumentRefused: `OPERATION_NAME_REQUIRED` when there are several and none is named,
                `OPERATION_UNKNOWN` when none has the name.
        """
        operations = self.facts.operations
        if name is None:
            if len(operations) == 1:
                return operations[0]
            if not operations:
                raise DocumentRefused("OPERATION_UNKNOWN", "The document has no operation. Add a query or a mutation.")
            raise DocumentRefused(
                "OPERATION_NAME_REQUIRED",
                f"The document has {len(operations)} operations. Say which one to run in `operationName`.",
            )
        for operation in operations:
            if operation.name == name:
                return operation
        raise DocumentRefused("OPERATION_UNKNOWN", "No operation of the document has the name in `operationName`.")


class Documents:
    """
    Turns texts into prepared documents and keeps the most recently used ones.

    Only documents that passed every check are kept, and the sum of their weights stays below the capacity, so
    that nobody can fill the memory with texts. Whether a viewer may run an operation is never part of what is
    kept.
    """

    def __init__(
        self,
        schema: Schema,
        *,
        limits: DocumentLimits | None = None,
        capacity_bytes: int = 32 * 1024 * 1024,
    ) -> None:
        self.limits = limits or DocumentLimits()
        self.hits = 0
        self.misses = 0
        self._schema = core_schema(schema)
        self._rules = rules(self.limits)
        self._costs = CostAnalyser(self._schema, self.limits)
        self._capacity = capacity_bytes
        self._weight = 0
        self._kept: OrderedDict[str, PreparedDocument] = OrderedDict()

    @property
    def weight(self) -> int:
        """About how many bytes the kept documents take."""
        return self._weight

    def __len__(self) -> int:
        return len(self._kept)

    def prepare(self, text: str) -> PreparedDocument:
        """
        Give the prepared document of a text, from memory if it was met before.

        Raises:
            DocumentRefused: It breaks a limit.
            DocumentInvalid: It has a syntax fault or does not fit the schema.
        """
        prepared = self._kept.get(text)
        if prepared is not None:
            self.hits += 1
            self._kept.move_to_end(text)
            return prepared
        self.misses += 1
        tokens = scan(text, self.limits)
        document = parse_text(text, self.limits)
        facts = analyse(document, self.limits)
        check(self._schema, document, self._rules)
        fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
        weight = _weight(text, tokens)
        prepared = PreparedDocument(text, document, facts, weight, fragments, deciding=deciding(document))
        self._keep(prepared)
        return prepared

    def cost(
        self, prepared: PreparedDocument, operation: OperationFacts, variables: Mapping[str, Any]
    ) -> OperationCost:
        """
        Tell what an operation of a prepared document can cost, from memory if it was asked before.

        Args:
            variables: As they were sent.

        Raises:
            OperationTooCostly: It asks for more than one operation may cost.
        """
        key = (operation.name, *told_apart(prepared.deciding, variables))
        cost = prepared.costs.get(key)
        if cost is None:
            cost = self._costs.cost(prepared.document, operation, variables)
            if len(prepared.costs) == MOST_COSTS:
                prepared.costs.clear()
            prepared.costs[key] = cost
        if cost.asked > self.limits.cost:
            raise OperationTooCostly(cost.asked, self.limits.cost)
        return cost

    def parsed(self, text: str) -> DocumentNode:
        """
        Parse a document that an operation holds, under the limits of one that is sent itself.

        Raises:
            OperationRefused: What `prepare` raises, by its code.
        """
        try:
            return self.prepare(text).document
        except DocumentRefused as refused:
            raise OperationRefused(refused.code, refused.message) from None
        except DocumentInvalid as invalid:
            raise OperationRefused(
                invalid.code, "The document in `document` has faults: ask it itself to see them."
            ) from None

    def grow(self, prepared: PreparedDocument, size: int) -> None:
        """Count what was made of a document after it was prepared."""
        prepared.weight += size
        if self._kept.get(prepared.text) is prepared:
            self._weight += size
            self._shrink()

    def _keep(self, prepared: PreparedDocument) -> None:
        if prepared.weight > self._capacity:
            return
        self._kept[prepared.text] = prepared
        self._weight += prepared.weight
        self._shrink()

    def _shrink(self) -> None:
        while self._weight > self._capacity:
            _, dropped = self._kept.popitem(last=False)
            self._weight -= dropped.weight


def _weight(text: str, tokens: int) -> int:
    return 4 * len(text) + BYTES_PER_TOKEN * (tokens + 4)


def core_schema(schema: Schema) -> GraphQLSchema:
    """
    Give the graphql-core schema behind a Strawberry schema.

    Strawberry keeps it in a private attribute and offers no other way to validate against it; this is the one
    place that knows the name.
    """
    return schema._schema  # pyright: ignore[reportPrivateUsage]


_running: ContextVar[PreparedDocument | None] = ContextVar("running document", default=None)


@contextmanager
def running(prepared: PreparedDocument) -> Generator[None]:
    """Let `schema.execute` of this document's text use what was prepared instead of parsing it again."""
    token = _running.set(prepared)
    try:
        yield
    finally:
        _running.reset(token)


class UsePrepared(SchemaExtension):
    """Hands the prepared document to Strawberry, which then neither parses nor validates it again."""

    def on_parse(self) -> Iterator[None]:
        """Set the parsed document, if the text is the one that was prepared."""
        if prepared := self._prepared():
            self.execution_context.graphql_document = prepared.document
        yield

    def on_validate(self) -> Iterator[None]:
        """Say that validation found nothing, if the text is the one that was prepared."""
        if self._prepared():
            self.execution_context.pre_execution_errors = []
        yield

    def _prepared(self) -> PreparedDocument | None:
        prepared = _running.get()
        if prepared is None or prepared.text != self.execution_context.query:
            return None
        return prepared


def attach(schema: Schema) -> None:
    """Make a schema use prepared documents; doing so twice changes nothing."""
    if UsePrepared not in schema.extensions:
        schema.extensions = (*schema.extensions, UsePrepared)
