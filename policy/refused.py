"""A request that cannot be answered, with a code and a remedy that may be told to whoever sent it."""


class Refused(Exception):
    """
    A fault of the request itself, such as a page size out of bounds.

    Unlike any other exception its text reaches the client, as a top-level error.

    Args:
        code: An error code that has its page in `docs/errors/`.
        message: One sentence with the remedy; never a value that a client sent.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
