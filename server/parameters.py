"""The parameters of a GraphQL request, from a body or from a query string."""

import hashlib
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import Request

from models.deadline import Deadline
from server.limits import RequestLimits
from server.media_types import require_json
from server.refusals import RequestRefused
from server.strict_json import Json, read

_DRAINED_BYTES = 8 * 1024 * 1024
_NAMES = ("query", "operationName", "variables", "extensions")


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a client asks to be executed."""

    query: str
    operation_name: str | None
    variables: dict[str, Json]
    extensions: dict[str, Json]


async def from_body(request: Request, limits: RequestLimits) -> Parameters:
    """
    Read the parameters of a POST.

    Raises:
        RequestRefused: 415, 413, 408, or 400 with a code that says what is wrong with the body.
    """
    require_json(request.headers.getlist("content-type"), request.headers.getlist("content-encoding"))
    body = await _body(request, limits)
    if not body.strip():
        raise _bad("The body is empty: send an object with a `query`.")
    found = read(body, depth=limits.json_depth, limits=limits.document)
    if isinstance(found, list):
        raise RequestRefused(
            400,
            "BATCHING_REFUSED",
            "Several requests in one body are not taken: send one for each.",
            is_well_formed=True,
        )
    if not isinstance(found, dict):
        raise _bad("The body is no object: send an object with a `query`.")
    return _parameters(found)


def from_query_string(query_string: bytes, limits: RequestLimits) -> Parameters:
    """
    Read the parameters of a GET.

    Raises:
        RequestRefused: 400 with a code that says what is wrong.
    """
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=16, encoding="utf-8"
        )
    except UnicodeError:
        raise RequestRefused(
            400, "BAD_ENCODING", "The address is not UTF-8: encode its parameters as UTF-8 with percent signs."
        ) from None
    except ValueError:
        raise _bad(
            "The address has too many parameters: send `query`, `variables`, `operationName`, `extensions`."
        ) from None
    found: dict[str, Json] = {}
    for name, value in pairs:
        if name not in _NAMES:
            continue
        if name in found:
            raise RequestRefused(400, "DUPLICATE_KEY", "The address has the same parameter twice: send each once.")
        if "\x00" in value:
            raise RequestRefused(
                400, "BAD_ENCODING", "A parameter holds U+0000, which no text here can hold: leave it out."
            )
        if name in ("variables", "extensions"):
            found[name] = (
                read(value.encode("utf-8"), depth=limits.json_depth, limits=limits.document) if value else None
            )
        else:
            found[name] = value
    return _parameters(found)


def _parameters(found: dict[str, Json]) -> Parameters:
    operation_name = found.get("operationName")
    variables = found.get("variables")
    extensions = found.get("extensions")
    if not (operation_name is None or isinstance(operation_name, str)):
        raise _bad("`operationName` is no string: send a string or leave it out.")
    if not (variables is None or isinstance(variables, dict)):
        raise _bad("`variables` is no object: send an object or leave it out.")
    if not (extensions is None or isinstance(extensions, dict)):
        raise _bad("`extensions` is no object: send an object or leave it out.")
    query = found.get("query")
    persisted = (extensions or {}).get("persistedQuery")
    if query is None or query == "":
        if persisted is not None:
            raise RequestRefused(
                404,
                "PERSISTED_QUERY_NOT_FOUND",
                "No document is kept under this hash: send its text in `query`.",
                is_well_formed=True,
            )
        raise _bad("`query` is missing: send the text of a document in it.")
    if not isinstance(query, str):
        raise _bad("`query` is no string: send the text of a document in it.")
    sent = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    if sent is not None and sent != hashlib.sha256(query.encode("utf-8")).hexdigest():
        raise _bad(
            "The hash in `extensions.persistedQuery` is not that of `query`: send the SHA-256 of its UTF-8 bytes."
        )
    return Parameters(query, operation_name or None, variables or {}, extensions or {})


def _bad(message: str) -> RequestRefused:
    return RequestRefused(400, "BAD_REQUEST", message, is_well_formed=True)


async def _body(request: Request, limits: RequestLimits) -> bytes:
    announced = request.headers.get("content-length", "")
    is_announced_too_large = announced.isascii() and announced.isdigit() and int(announced[:20]) > limits.body_bytes
    received = bytearray()
    try:
        with Deadline(limits.body_seconds):
            if is_announced_too_large:
                await _drain(request, 0)
                raise _too_large(limits)
            has_more = True
            while has_more:
                chunk, has_more = await _received(request)
                received += chunk
                if len(received) > limits.body_bytes:
                    if has_more:
                        await _drain(request, len(received))
                    raise _too_large(limits)
    except TimeoutError:
        raise RequestRefused(
            408,
            "REQUEST_TIMEOUT",
            f"The body did not arrive within {limits.body_seconds:g} seconds: send it in one go.",
            headers={"Connection": "close"},
        ) from None
    return bytes(received)


async def _received(request: Request) -> tuple[bytes, bool]:
    """Give the next part of a body, and whether there is more."""
    message = await request.receive()
    if message["type"] == "http.disconnect":
        raise RequestRefused(400, "BAD_REQUEST", "The connection ended before the body did: send it whole.")
    return message.get("body", b""), message.get("more_body", False)


async def _drain(request: Request, received: int) -> None:
    """Read on for a while: many clients look for an answer only after they have sent everything."""
    has_more = True
    while has_more and received <= _DRAINED_BYTES:
        chunk, has_more = await _received(request)
        received += len(chunk)


def _too_large(limits: RequestLimits) -> RequestRefused:
    return RequestRefused(
        413,
        "BODY_TOO_LARGE",
        f"The body is larger than {limits.body_bytes} bytes: send less, or in several requests.",
        headers={"Connection": "close"},
    )
