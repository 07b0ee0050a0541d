"""How commerce says no: a refusal is an answer to the buyer, not a fault of the program."""

from typing import Any


class Refusal(Exception):
    """
    A business rule that an action would break; nothing was changed.

    Subclasses are named for what is so, and become `userErrors` of the mutation.

    Args:
        message: One sentence with the remedy; never a personal value.
        field: The path of the input that is at fault, empty where it is none in particular.
        details: What the user error's type shows besides, such as the status that is in the way.
    """

    code = "REFUSED"

    def __init__(self, message: str, *, field: tuple[str, ...] = (), **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.details = details


class StaleObject(Refusal):
    """
    It was changed since it was read.

    Args:
        version: The version that it has now; None where it is not told.
    """

    code = "STALE_OBJECT"

    def __init__(self, version: int | None = None) -> None:
        super().__init__(
            "This was changed meanwhile. Read it again, and send the change with its new `version`.",
            field=("expectedVersion",),
            version=version,
        )
