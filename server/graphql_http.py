"""GraphQL over HTTP: one request in, one answer out, and nothing on the way that is not bounded."""

import asyncio
import secrets
import time
from collections.abc import Awaitable
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from strawberry import Schema
from strawberry.types import ExecutionResult

from commerce import audit
from commerce.cost_buckets import CostBuckets, CostExhausted, CostRate
from execution.analyser import OperationFacts
from execution.cost import OperationCost, units
from execution.directives import directives_of
from execution.documents import Documents, PreparedDocument, core_schema
from execution.executor import Executor
from execution.refusals import DocumentInvalid, DocumentRefused, OperationTooCostly
from execution.variables import misfits
from models.deadline import Deadline
from models.faults import Contended, DatabaseUnavailable
from models.secrets import KeyedHash
from permissions.context import KEEP, OperationContext
from permissions.withheld import Decisions
from policy.viewer import ANONYMOUS, Viewer
from resolvers.cells import open_cells
from schema.directives import EXPLAIN
from schema.privacy import report, settle
from server import answers, logs, parameters
from server.answers import ErrorEntry
from server.asked_in import asked_in, narrowed
from server.authentication import Authentication
from server.client import client
from server.exchange import Exchange
from server.limits import RequestLimits
from server.media_types import EVENT_STREAM, AnswerType, answer_type, not_acceptable, takes_events
from server.metrics import Metrics
from server.parameters import Parameters
from server.refusals import RequestRefused
from server.rehearsals import Rehearsals
from server.settings import Settings
from server.streams import Event, EventStream, Streams, standing_for


class GraphQLEndpoint:
    """Answers `/graphql`."""

    def __init__(
        self,
        settings: Settings,
        schema: Schema,
        authentication: Authentication,
        metrics: Metrics,
        *,
        limits: RequestLimits,
        sensitive_mutations: AbstractSet[str],
        is_planning: bool = True,
    ) -> None:
        """
        Args:
            sensitive_mutations: Names of the mutations of which one request may hold only one, lest a hundred aliases
                count as one attempt at a password.
            is_planning: Whether operations are run by plans; otherwise by stock execution, to compare the two.
        """
        self.documents = Documents(schema, limits=limits.document)
        self.executor = Executor(
            schema, self.documents, settle=settle, report=report, is_planning=is_planning, ran=metrics.executed
        )
        self.rehearsals = Rehearsals(schema, self.documents, self.executor)
        self._settings = settings
        self._schema = schema
        self._authentication = authentication
        self._metrics = metrics
        self._limits = limits
        self._sensitive = sensitive_mutations
        # More at once would only share the one core, and all of them would run into their deadline.
        self._turns = asyncio.Semaphore(limits.operations_at_once)
        self._streams = Streams(limits, metrics)
        self._buckets = CostBuckets(CostRate(settings.cost_maximum, settings.cost_per_second))
        self._address_key = KeyedHash(settings.secrets.derive("client address"))
        self._operation_key = KeyedHash(settings.secrets.derive("operation in log"))
        metrics.watch_documents(lambda: self.documents.weight)

    async def __call__(self, request: Request) -> Response:
        """Answer a request; no exception leaves, whatever happens."""
        started = time.perf_counter()
        exchange = Exchange(request_id=secrets.token_hex(8))
        self._metrics.running.inc()
        try:
            response = await self._guarded(self._begun(request, exchange), exchange)
        finally:
            self._metrics.running.dec()
        response.raw_headers.append((b"avow-request-id", exchange.request_id.encode()))
        self._note(request, response, exchange, time.perf_counter() - started)
        return response

    async def _guarded(self, answering: Awaitable[Response], exchange: Exchange) -> Response:
        try:
            return await answering
        except RequestRefused as refusal:
            exchange.code = refusal.code
            return answers.refused(refusal, exchange.answer_type)
        except (DatabaseUnavailable, Contended) as unavailable:
            logs.fault("storage fault", unavailable, request_id=exchange.request_id)
            return self._unavailable(exchange)
        except Exception as error:  # noqa: BLE001  # INVARIANT (no 500 tells anything)
            logs.fault("request fault", error, request_id=exchange.request_id)
            exchange.code = "INTERNAL"
            return answers.internal(exchange.request_id, exchange.answer_type, exchange.extensions)

    async def _begun(self, request: Request, exchange: Exchange) -> Response:
        exchange.accept = request.headers.getlist("accept")
        exchange.answer_type = answer_type(exchange.accept)
        asked = await self._parameters(request)
        try:
            response = await self._answer(request, asked, exchange)
        finally:
            if exchange.stream is not None and exchange.shown is None:
                exchange.stream.end()
        if exchange.stream is None or exchange.shown is None:
            return response
        return EventStream(
            exchange.stream,
            exchange.event(response),
            partial(self._again, request, asked, exchange),
            request_id=exchange.request_id,
            operation=exchange.operation,
            viewer_kind=exchange.viewer_kind,
        )

    async def _again(self, request: Request, asked: Parameters, before: Exchange) -> Event:
        """Run a subscription's operation once more, with nothing of what was found out for the event before."""
        exchange = replace(before, code=None, has_begun=False, cost=None, shown=None, shows_nothing=False)
        response = await self._guarded(self._standing(request, asked, exchange), exchange)
        return exchange.event(response)

    async def _standing(self, request: Request, asked: Parameters, exchange: Exchange) -> Response:
        if exchange.stream is not None and exchange.stream.is_refused:
            raise self._authentication.unauthenticated()
        return await self._answer(request, asked, exchange)

    async def _answer(self, request: Request, asked: Parameters, exchange: Exchange) -> Response:
        credential = self._authentication.credential(request)
        viewer = await self._authentication.viewer(credential)
        exchange.viewer_kind = viewer.kind
        tells_details = not self._settings.is_production or (viewer is not ANONYMOUS and viewer != ANONYMOUS)
        try:
            prepared = self.documents.prepare(asked.query)
            operation = prepared.operation(asked.operation_name)
            exchange.kind = operation.kind
            exchange.operation = prepared.mark = prepared.mark or self._mark(asked.query)
            self._refuse_kind(operation, request.method, exchange)
            self._refuse_introspection(prepared, viewer)
            directives = directives_of(core_schema(self._schema), operation, asked.variables)
            context_asked = asked_in(directives)
            cost = self.documents.cost(prepared, operation, asked.variables)
            viewer = narrowed(viewer, directives)
        except (DocumentRefused, DocumentInvalid) as refusal:
            exchange.code = refusal.code
            entries = answers.of_document(refusal, tells_details=tells_details)
            extensions = answers.of_cost(refusal) if isinstance(refusal, OperationTooCostly) else {}
            return answers.without_data(entries, exchange.answer_type, extensions=extensions)

        context = OperationContext(
            open_cells=open_cells,
            prepare=self.documents.parsed,
            rehearse=partial(self.rehearsals.prepare, request_id=exchange.request_id),
            budget=cost.fields,
            spent=cost.at_once,
            viewer=viewer,
            asked_in=context_asked,
            decisions=Decisions() if EXPLAIN in directives else None,
            client=client(
                request.headers,
                request.client.host if request.client else None,
                key=self._address_key,
                has_cookie=credential is not None and credential.is_cookie,
            ),
        )
        if operation.kind == "subscription" and exchange.stream is None:
            exchange.stream = self._streams.begin(_payer(context))
            if credential is not None:
                await exchange.stream.rely(credential.text)
            context.watch = exchange.stream.watch
        try:
            result = await self._execute(asked, prepared, context, cost, exchange)
        except CostExhausted as exhausted:
            exchange.code, exchange.available = "THROTTLED", exhausted.available
            return answers.throttled(exhausted, self._told(cost, None, exchange), exchange.answer_type)
        if isinstance(result, Response):
            return result
        result.extensions = {**(result.extensions or {}), **exchange.extensions}
        return self._rendered(result, asked, operation, context, exchange, tells_details=tells_details)

    def _told(self, cost: OperationCost, actual: int | None, exchange: Exchange) -> dict[str, Any]:
        """Give `extensions.cost`; without an actual cost where nothing ran."""
        rate = self._buckets.rate
        return {
            "requested": cost.requested,
            **({"actual": actual} if actual is not None else {}),
            "limit": self._limits.document.cost,
            "throttle": {
                "maximum": rate.maximum,
                "available": exchange.available,
                "restoreRate": rate.per_second,
            },
        }

    async def _parameters(self, request: Request) -> Parameters:
        match request.method:
            case "POST":
                return await parameters.from_body(request, self._limits)
            case "GET":
                return parameters.from_query_string(request.scope["query_string"], self._limits)
            case _:
                raise RequestRefused(
                    405,
                    "METHOD_NOT_ALLOWED",
                    "Only GET and POST are answered: use POST.",
                    headers={"Allow": "GET, POST"},
                )

    def _refuse_kind(self, operation: OperationFacts, method: str, exchange: Exchange) -> None:
        if operation.kind == "subscription" and not takes_events(exchange.accept):
            raise DocumentRefused(
                "SUBSCRIPTION_NOT_SERVED",
                f"A subscription is answered by events: name `{EVENT_STREAM}` in `Accept`, or ask by a query.",
            )
        if operation.kind != "subscription" and exchange.answer_type is AnswerType.EVENTS:
            raise not_acceptable()
        if operation.kind != "mutation":
            return
        if method == "GET":
            raise RequestRefused(
                405, "METHOD_NOT_ALLOWED", "A mutation is not run by GET: send it by POST.", headers={"Allow": "POST"}
            )
        limits = self._limits.document
        if len(operation.root_fields) > limits.mutations:
            raise DocumentRefused(
                "TOO_MANY_MUTATIONS",
                f"The operation has {len(operation.root_fields)} mutations, the limit is {limits.mutations}: "
                "send them in several requests.",
            )
        sensitive = sum(name in self._sensitive for name in operation.root_fields)
        if sensitive > limits.sensitive_mutations:
            raise DocumentRefused(
                "TOO_MANY_MUTATIONS",
                f"The operation has {sensitive} mutations of the kind of which a request may have only "
                f"{limits.sensitive_mutations}: send each in a request of its own.",
            )

    def _refuse_introspection(self, prepared: PreparedDocument, viewer: Viewer) -> None:
        if prepared.facts.introspects and self._settings.is_production and viewer == ANONYMOUS:
            raise DocumentRefused(
                "INTROSPECTION_REFUSED", "The schema is told to known viewers only: sign in, or send a token."
            )

    async def _execute(
        self,
        asked: Parameters,
        prepared: PreparedDocument,
        context: OperationContext,
        cost: OperationCost,
        exchange: Exchange,
    ) -> ExecutionResult | Response:
        deadline = Deadline(self._limits.operation_seconds)
        try:
            # Waiting for a turn counts: whoever began no operation in that time is told to come back.
            with deadline:
                async with self._turns:
                    # Only now, so that nothing is set aside for those who wait.
                    reservation = await self._buckets.reserve(_payer(context), cost.requested)
                    exchange.has_begun = True
                    try:
                        with audit.request(exchange.request_id):
                            return await self.executor.execute(prepared, asked.operation_name, asked.variables, context)
                    finally:
                        actual = units(context.spent)
                        exchange.available = self._buckets.settle(reservation, actual)
                        exchange.cost = self._told(cost, actual, exchange)
                        self._metrics.charged(exchange.kind, actual)
        except TimeoutError:
            if not deadline.is_expired:
                raise
        if not exchange.has_begun:
            return self._unavailable(exchange)
        exchange.code = "DEADLINE_EXCEEDED"
        message = f"The operation took longer than {self._limits.operation_seconds:g} seconds and was stopped: "
        message += "ask for less." if exchange.kind == "query" else "it may have been done, so look by a query first."
        entry = ErrorEntry("DEADLINE_EXCEEDED", message)
        return answers.without_data([entry], exchange.answer_type, status=503, extensions=exchange.extensions)

    def _rendered(
        self,
        result: ExecutionResult,
        asked: Parameters,
        operation: OperationFacts,
        context: OperationContext,
        exchange: Exchange,
        *,
        tells_details: bool,
    ) -> Response:
        errors = result.errors or []
        if result.data is None and errors and all(answers.concerns_variables(error) for error in errors):
            exchange.code = "BAD_VARIABLES"
            places = misfits(core_schema(self._schema), operation.definition, asked.variables)
            entries = answers.of_variables(places, tells_details=tells_details)
            return answers.without_data(entries, exchange.answer_type, extensions=exchange.extensions)
        entries = answers.of_execution(errors, request_id=exchange.request_id)
        if any(answers.is_storage_fault(error) for error in errors) and not _has_effects(result, operation):
            return self._unavailable(exchange)
        if result.data is None and operation.kind == "subscription":
            exchange.code = entries[0].code if entries else "INTERNAL"
            return answers.without_data(entries, exchange.answer_type, extensions=exchange.extensions)

        content: dict[str, Any] = {}
        if entries:
            exchange.code = entries[0].code
            content["errors"] = [entry.formatted() for entry in entries]
        content["data"] = result.data
        if result.extensions:
            content["extensions"] = result.extensions
        response = answers.rendered(content, 200, exchange.answer_type)
        if len(response.body) > self._limits.answer_bytes:
            exchange.code = "ANSWER_TOO_LARGE"
            entry = _too_large(operation, self._limits)
            response = answers.without_data([entry], exchange.answer_type, extensions=exchange.extensions)
        elif operation.kind == "subscription":
            said = {name: value for name, value in content["extensions"].items() if name != "cost"}
            exchange.shown = standing_for(result.data, content.get("errors"), said)
            exchange.shows_nothing = all(value is None for value in (result.data or {}).values())
        if context.session_cookie is not KEEP:
            cookie = self._authentication.set_cookie(context.session_cookie)
            response.raw_headers.append((b"set-cookie", cookie.encode("latin-1")))
        return response

    def _unavailable(self, exchange: Exchange) -> Response:
        exchange.code = "UNAVAILABLE"
        entry = ErrorEntry("UNAVAILABLE", "The shop cannot answer at present: try again in a few seconds.")
        return answers.without_data([entry], exchange.answer_type, status=503, extensions=exchange.extensions)

    def _mark(self, query: str) -> str:
        """Stand for an operation in the log; keyed, because a document may hold a name or a number of somebody."""
        return self._operation_key.of(query.encode())[:6].hex()

    def _note(self, request: Request, response: Response, exchange: Exchange, seconds: float) -> None:
        self._metrics.answered(exchange.kind, str(response.status_code), seconds, exchange.code)
        logs.event(
            "request",
            request_id=exchange.request_id,
            method=request.method if request.method in ("GET", "POST") else "other",
            operation=exchange.operation,
            operation_kind=exchange.kind,
            status=response.status_code,
            duration_ms=round(seconds * 1000, 2),
            code=exchange.code,
            viewer_kind=exchange.viewer_kind,
        )


def _payer(context: OperationContext) -> str:
    """Name whose bucket an operation is paid from: who is known pays everywhere, who is not where they come from."""
    viewer = context.viewer
    for kind, key in (
        ("account", viewer.account),
        ("partner", viewer.supplier or viewer.partner),
        ("proof", viewer.proof),
    ):
        if key is not None:
            return f"{kind} {key.hex}"
    return f"address {context.client.ip_hash.hex()}"


def _has_effects(result: ExecutionResult, operation: OperationFacts) -> bool:
    """Tell whether a mutation did something before the database went away; the client has to learn what."""
    return operation.kind == "mutation" and any(value is not None for value in (result.data or {}).values())


def _too_large(operation: OperationFacts, limits: RequestLimits) -> ErrorEntry:
    message = f"The answer is larger than {limits.answer_bytes} bytes: ask for fewer items or fields."
    if operation.kind == "mutation":
        message = (
            f"The mutation was run, but its answer is larger than {limits.answer_bytes} bytes: ask again by a query."
        )
    return ErrorEntry("ANSWER_TOO_LARGE", message)
