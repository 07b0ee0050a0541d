"""Why a document is not executed, in words that are safe to send."""

from collections.abc import Sequence

from graphql import SourceLocation


class DocumentRefused(Exception):
    """
    A document is refused before any resolver runs.

    The message is our own text: it holds figures and names of the schema, never a value from the document.
    """

    def __init__(self, code: str, message: str, *, locations: Sequence[SourceLocation] = ()) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.locations = tuple(locations)


class OperationTooCostly(DocumentRefused):
    """An operation asks for more than one operation may cost."""

    def __init__(self, requested: int, limit: int) -> None:
        super().__init__(
            "QUERY_TOO_COSTLY",
            f"The operation asks for what can cost {requested:,}, the limit is {limit:,}. "
            "Ask for smaller pages, fewer lists in lists or fewer aliases.",
        )
        self.requested = requested
        self.limit = limit


class DocumentInvalid(Exception):
    """A document has syntax faults or does not fit the schema; `faults` says where."""

    def __init__(self, code: str, faults: Sequence[DocumentRefused]) -> None:
        super().__init__(code)
        self.code = code
        self.faults = tuple(faults)
