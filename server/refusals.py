"""Why a request is not answered with data, in words that are safe to send."""

from collections.abc import Mapping


class RequestRefused(Exception):
    """
    A request that ends before any resolver runs.

    The message is our own text with the remedy; it repeats nothing that the client sent.

    Args:
        status: HTTP status.
        code: An error code that has its page in `docs/errors/`.
        message: What is wrong and what to do.
        headers: Headers that the answer needs beside the usual ones.
        is_well_formed: Whether the request is understood as GraphQL over HTTP, so that a client which asked for
            `application/json` by name gets status 200, as that media type's older rules say.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        is_well_formed: bool = False,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})
        self.is_well_formed = is_well_formed
