"""Answers: what becomes of results and exceptions before they leave."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import ArgumentNode, GraphQLError, SourceLocation, ValueNode, VariableDefinitionNode
from starlette.responses import Response
from strawberry.exceptions import StrawberryInputCoercionError

from commerce.cost_buckets import CostExhausted
from execution.refusals import DocumentInvalid, DocumentRefused, OperationTooCostly
from models.faults import Contended, DatabaseUnavailable
from permissions.errors import OperationRefused
from policy.refused import Refused
from server import logs
from server.media_types import AnswerType
from server.refusals import RequestRefused

INTERNAL_MESSAGE = "Something went wrong on our side. Tell us the request id."
UNIFORM_MESSAGE = "The document does not fit the schema. Sign in to learn where."
RETRY_SECONDS = "2"


@dataclass(frozen=True, slots=True)
class ErrorEntry:
    """One entry of an answer's `errors`."""

    code: str
    message: str
    locations: Sequence[SourceLocation] = ()
    path: Sequence[str | int] = ()
    request_id: str | None = None

    def formatted(self) -> dict[str, Any]:
        """Give the entry in the form of the GraphQL specification."""
        entry: dict[str, Any] = {"message": self.message}
        if self.locations:
            entry["locations"] = [{"line": place.line, "column": place.column} for place in self.locations]
        if self.path:
            entry["path"] = list(self.path)
        entry["extensions"] = {"code": self.code}
        if self.request_id is not None:
            entry["extensions"]["requestId"] = self.request_id
        return entry


ALWAYS = ((b"cache-control", b"no-store"), (b"vary", b"Accept, Authorization, Cookie, Origin"))
"""Headers of every answer."""


class Answer(Response):
    """An answer in JSON, whose headers are written once."""

    def __init__(self, body: bytes, status: int, answer_type: AnswerType, headers: Mapping[str, str]) -> None:
        """
        Args:
            headers: Beside those that every answer has; one of their names outweighs it.
        """
        self.status_code = status
        self.background = None
        self.body = body
        own = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        names = {name for name, _ in own}
        self.raw_headers = [
            *(each for each in ALWAYS if each[0] not in names),
            *own,
            (b"content-length", str(len(body)).encode()),
            (b"content-type", answer_type.header.encode()),
        ]


def of_document(error: DocumentRefused | DocumentInvalid, *, tells_details: bool) -> list[ErrorEntry]:
    """
    List what is wrong with a document.

    Args:
        tells_details: Whether the viewer may learn from it how the schema is made.
    """
    if isinstance(error, DocumentRefused):
        return [ErrorEntry(error.code, error.message, error.locations)]
    if not tells_details and error.code == "GRAPHQL_VALIDATION_FAILED":
        return [ErrorEntry(error.code, UNIFORM_MESSAGE)]
    return [ErrorEntry(fault.code, fault.message, fault.locations) for fault in error.faults]


def of_execution(errors: Iterable[GraphQLError], *, request_id: str) -> list[ErrorEntry]:
    """
    List the errors of an operation, and log those that are ours.

    INVARIANT (nothing of an exception leaves): the texts of `OperationRefused` and `Refused` do, because they are
    written for clients; of everything else only its place in the answer does.
    """
    return [_of_field(error, request_id=request_id) for error in errors]


def _of_field(error: GraphQLError, *, request_id: str) -> ErrorEntry:
    cause = innermost(error)
    place = (error.locations or (), error.path or ())
    if isinstance(cause, OperationRefused | Refused):
        return ErrorEntry(cause.code, cause.message, *place)
    if isinstance(cause, DatabaseUnavailable | Contended):
        logs.fault("storage fault", cause, request_id=request_id)
        return ErrorEntry("UNAVAILABLE", "The shop cannot answer at present: try again in a few seconds.", *place)
    if _concerns_argument(cause):
        return ErrorEntry(
            "BAD_ARGUMENT", "An argument's value does not fit its type: look at the field's arguments.", *place
        )
    logs.fault("resolver fault", cause, request_id=request_id)
    return ErrorEntry("INTERNAL", INTERNAL_MESSAGE, *place, request_id=request_id)


def _concerns_argument(cause: BaseException) -> bool:
    """Tell whether graphql-core or Strawberry refused an argument that only execution could look at."""
    if isinstance(cause, StrawberryInputCoercionError):
        return True
    return isinstance(cause, GraphQLError) and isinstance((cause.nodes or [None])[0], ValueNode | ArgumentNode)


def innermost(error: BaseException) -> BaseException:
    """Follow what graphql-core wrapped an exception in, down to the exception itself."""
    while isinstance(error, GraphQLError) and error.original_error is not None:
        error = error.original_error
    return error


def is_storage_fault(error: GraphQLError) -> bool:
    """Tell whether an error means that the database cannot serve now."""
    return isinstance(innermost(error), DatabaseUnavailable | Contended)


def concerns_variables(error: GraphQLError) -> bool:
    """Tell whether graphql-core refused a variable's value, which its message repeats."""
    return not error.path and bool(error.nodes) and isinstance((error.nodes or [None])[0], VariableDefinitionNode)


def of_variables(places: list[str], *, tells_details: bool) -> list[ErrorEntry]:
    """List variables that do not fit their types, by their places."""
    if not tells_details or not places:
        return [ErrorEntry("BAD_VARIABLES", "The variables do not fit the types that the operation declares.")]
    return [
        ErrorEntry("BAD_VARIABLES", f"The value at `{place}` does not fit the type that is declared for it.")
        for place in places
    ]


def refused(error: RequestRefused, answer_type: AnswerType) -> Answer:
    """Answer a request that was refused before there was anything to execute."""
    status = 200 if error.is_well_formed and not answer_type.keeps_status else error.status
    return rendered({"errors": [ErrorEntry(error.code, error.message).formatted()]}, status, answer_type, error.headers)


def without_data(
    entries: list[ErrorEntry],
    answer_type: AnswerType,
    *,
    status: int = 400,
    extensions: Mapping[str, Any] | None = None,
    retry_after: str = RETRY_SECONDS,
) -> Answer:
    """Answer a request error: there is no `data` entry, because nothing ran."""
    if status == 400 and not answer_type.keeps_status:
        status = 200
    headers = {"Retry-After": retry_after} if status in (429, 503) else {}
    content: dict[str, Any] = {"errors": [entry.formatted() for entry in entries]}
    if extensions:
        content["extensions"] = extensions
    return rendered(content, status, answer_type, headers)


def of_cost(error: OperationTooCostly) -> dict[str, Any]:
    """Tell the figures of an operation that asks for too much."""
    return {"cost": {"requested": error.requested, "limit": error.limit}}


def throttled(error: CostExhausted, cost: Mapping[str, Any], answer_type: AnswerType) -> Answer:
    """Answer a viewer whose operations have cost too much of late."""
    entry = ErrorEntry(
        "THROTTLED",
        f"The operation can cost {cost['requested']:,}, and {error.available:,} is left: "
        f"wait {error.wait_s:,} seconds, or ask for less.",
    )
    return without_data([entry], answer_type, status=429, extensions={"cost": cost}, retry_after=str(error.wait_s))


def internal(request_id: str, answer_type: AnswerType, extensions: Mapping[str, Any] | None = None) -> Answer:
    """Answer a request that met a fault of ours outside every resolver."""
    entry = ErrorEntry("INTERNAL", INTERNAL_MESSAGE, request_id=request_id)
    return without_data([entry], answer_type, status=500, extensions=extensions)


def rendered(
    content: Mapping[str, Any], status: int, answer_type: AnswerType, headers: Mapping[str, str] | None = None
) -> Answer:
    """Write an answer."""
    return Answer(orjson.dumps(content), status, answer_type, headers or {})
