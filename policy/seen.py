"""A row together with the facts that decisions about its fields need."""

from typing import Generic, TypeVar
from uuid import UUID

from policy.classes import DataClass
from policy.viewer import Case

Row_co = TypeVar("Row_co", covariant=True)


class Seen(Generic[Row_co]):
    """
    A row that the viewer may know of, in the case through which it was reached.

    The same row may be reached through different cases (one person as a buyer and as a ward), so the facts are beside
    the row and never on it.
    """

    __slots__ = ("_case", "alike", "core", "order", "row")

    _case: Case

    def __init__(self, row: Row_co, alike: Case, core: DataClass | None = None, order: UUID | None = None) -> None:
        """
        Args:
            alike: The case of all rows that were read with it and differ in no fact from it; `order` may be left out.
            core: The class by which the viewer may know of the row, where a legal ground can open it.
            order: The order that the row belongs to, where `alike` leaves it out.
        """
        self.row = row
        self.alike = alike
        self.core = core
        self.order = order

    @property
    def case(self) -> Case:
        """The case of this row; it is made when somebody asks, because few ask for more than what rows share."""
        try:
            return self._case
        except AttributeError:
            self._case = self.alike if self.order is None else self.alike._replace(order=self.order)
            return self._case
