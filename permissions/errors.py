"""The one exception whose text reaches a client as a top-level error."""

from graphql import GraphQLError


class OperationRefused(GraphQLError):
    """
    An operation that is refused before it has any effect.

    Args:
        code: An error code that has its page in `docs/errors/`.
        message: One sentence with the remedy; never a value that a client sent.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, extensions={"code": code})
        self.code = code
