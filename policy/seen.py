"""A row together with the facts that decisions about its fields need."""

from typing import Generic, TypeVar

from policy.viewer import Case

Row_co = TypeVar("Row_co", covariant=True)


class Seen(Generic[Row_co]):
    """
    A row that the viewer may know of, in the case through which it was reached.

    The same row may be reached through different cases (one person as a buyer and as a ward), so the facts are beside
    the row and never on it.
    """

    __slots__ = ("case", "row")

    def __init__(self, row: Row_co, case: Case) -> None:
        self.row = row
        self.case = case
