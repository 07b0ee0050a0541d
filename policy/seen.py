"""A row together with the facts that decisions about its fields need."""

from typing import Generic, TypeVar

from policy.classes import DataClass
from policy.viewer import Case

Row_co = TypeVar("Row_co", covariant=True)


class Seen(Generic[Row_co]):
    """
    A row that the viewer may know of, in the case through which it was reached.

    The same row may be reached through different cases (one person as a buyer and as a ward), so the facts are beside
    the row and never on it.
    """

    __slots__ = ("case", "core", "row")

    def __init__(self, row: Row_co, case: Case, core: DataClass | None = None) -> None:
        """
        Args:
            core: The class by which the viewer may know of the row, where a legal ground can open it.
        """
        self.row = row
        self.case = case
        self.core = core
