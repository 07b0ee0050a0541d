"""Which media types go in and out, matched exactly."""

from dataclasses import dataclass
from enum import Enum

from server.refusals import RequestRefused

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"
EVENT_STREAM = "text/event-stream"


class AnswerType(Enum):
    """The media type of an answer, and whether request errors keep their 4xx status under it."""

    GRAPHQL_RESPONSE = "made for GraphQL"
    JSON = "the older type, with telling statuses, for clients that named none"
    JSON_BY_NAME = "the older type by name, whose clients expect 200 for whatever is understood"
    EVENTS = "for clients that named events alone: JSON for what is refused before there are any"

    @property
    def header(self) -> str:
        """The value of `Content-Type`."""
        return f"{GRAPHQL_RESPONSE if self is AnswerType.GRAPHQL_RESPONSE else JSON}; charset=utf-8"

    @property
    def keeps_status(self) -> bool:
        """Whether request errors have their 4xx status."""
        return self is not AnswerType.JSON_BY_NAME


@dataclass(frozen=True, slots=True)
class _Range:
    media_type: str
    quality: float


def answer_type(accept: list[str]) -> AnswerType:
    """
    Choose the media type of the answer.

    Without a wish, or with a wildcard only, it is `application/json`, as the audits of GraphQL over HTTP ask. Whether
    there are events to answer with is known once the operation is.

    Args:
        accept: Values of all `Accept` headers.

    Raises:
        RequestRefused: 406 `NOT_ACCEPTABLE`.
    """
    ranges = [_range(part) for value in accept for part in value.split(",") if part.strip()]
    if not ranges:
        return AnswerType.JSON
    named = {each.media_type: each.quality for each in ranges if each.media_type in (GRAPHQL_RESPONSE, JSON)}
    if named and (best := max(named.values())) > 0:
        # Of two that are equally welcome, the one that is made for GraphQL.
        return AnswerType.GRAPHQL_RESPONSE if named.get(GRAPHQL_RESPONSE) == best else AnswerType.JSON_BY_NAME
    wildcards = [each for each in ranges if each.media_type in ("*/*", "application/*") and each.quality > 0]
    if wildcards and JSON not in named:
        return AnswerType.JSON
    if wildcards and GRAPHQL_RESPONSE not in named:
        return AnswerType.GRAPHQL_RESPONSE
    if takes_events(accept):
        return AnswerType.EVENTS
    raise not_acceptable()


def takes_events(accept: list[str]) -> bool:
    """Tell whether a client named `text/event-stream` among what it takes."""
    ranges = [_range(part) for value in accept for part in value.split(",")]
    return any(each.media_type == EVENT_STREAM and each.quality > 0 for each in ranges)


def not_acceptable() -> RequestRefused:
    """Refuse a request for a type that there is no answer in."""
    return RequestRefused(
        406,
        "NOT_ACCEPTABLE",
        f"Answers are `{GRAPHQL_RESPONSE}` or `{JSON}`, and `{EVENT_STREAM}` for subscriptions: name one in `Accept`. "
        "A browser finds the explorer at `/`.",
    )


def _range(part: str) -> _Range:
    media_type, *parameters = (piece.strip() for piece in part.lower().split(";"))
    quality = 1.0
    for parameter in parameters:
        name, _, value = (piece.strip() for piece in parameter.partition("="))
        if name == "q":
            try:
                quality = min(max(float(value), 0.0), 1.0)
            except ValueError:
                quality = 0.0
            if quality != quality:
                quality = 0.0
        elif name == "charset" and value.strip('"') not in ("utf-8", "utf8"):
            return _Range("", 0.0)
    return _Range(media_type, quality)


def require_json(content_types: list[str], content_encodings: list[str]) -> None:
    """
    Refuse a body that is anything but uncompressed JSON in UTF-8.

    Args:
        content_types: Values of all `Content-Type` headers.
        content_encodings: Values of all `Content-Encoding` headers.

    Raises:
        RequestRefused: 415 `UNSUPPORTED_MEDIA_TYPE`.
    """
    if any(value.strip().lower() not in ("", "identity") for value in content_encodings):
        raise RequestRefused(
            415,
            "UNSUPPORTED_MEDIA_TYPE",
            "A compressed body is not read: send it without `Content-Encoding`.",
            headers={"Accept-Encoding": "identity"},
        )
    if len(content_types) != 1:
        raise RequestRefused(
            415, "UNSUPPORTED_MEDIA_TYPE", f"Name the type of the body once, as `Content-Type: {JSON}`."
        )
    media_type, *parameters = (piece.strip() for piece in content_types[0].lower().split(";"))
    if media_type == "multipart/form-data":
        raise RequestRefused(
            415,
            "UNSUPPORTED_MEDIA_TYPE",
            f"Files are not taken in multipart bodies here: send `{JSON}`, and a file by its own upload.",
        )
    wanted = all(
        parameter.replace(" ", "") in ("", "charset=utf-8", 'charset="utf-8"', "charset=utf8")
        for parameter in parameters
    )
    if media_type != JSON or not wanted:
        raise RequestRefused(
            415, "UNSUPPORTED_MEDIA_TYPE", f"The body has to be `{JSON}` in UTF-8: say so in `Content-Type`."
        )
