"""Pages of lists: what clients ask for, cursors, and what they get."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.ids import BadCursor, open_cursor, seal_cursor
from models.rows import PageRequest, Place, RowPage, Rows, Sort
from policy.refused import Refused
from policy.seen import Seen
from policy.viewer import Viewer

MAX_PAGE_SIZE = 100
# Whose lists are empty.
NO_PARENT = UUID(int=0)


def cursor_context(listing: str, viewer: Viewer) -> str:
    """Name the list that a cursor belongs to: a list of personal data is another one for each viewer."""
    asking = viewer.supplier or viewer.partner or viewer.account or viewer.proof
    return f"{listing} {viewer.kind} {asking or ''}"


def public_context(listing: str, sort: Sort) -> str:
    """Name a list that is about nobody: whoever asks, its cursors are the same, so its answers can be shared."""
    return f"{listing} by {sort.name} {'down' if sort.is_descending else 'up'}"


@dataclass(frozen=True, slots=True)
class PageInfo:
    """Where a page stands in its list."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True, slots=True)
class Edge:
    """A row in a list, and its place there."""

    cursor: str
    node: Seen[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """
    A page as the connection types show it.

    Args:
        found: The rows.
        context: The list that its cursors belong to.
        rows: What the list is part of.
        of: The column and the value that make it the list of one parent; None for a list of its own.
    """

    found: RowPage[Any]
    context: str
    rows: Rows[Any]
    of: tuple[str, UUID] | None = None

    @property
    def nodes(self) -> list[Seen[Any]]:
        """The rows."""
        return self.found.rows

    @property
    def edges(self) -> list[Edge]:
        """The rows with their cursors."""
        return [Edge(self._cursor(at), row) for at, row in zip(self.found.places, self.found.rows, strict=True)]

    @property
    def page_info(self) -> PageInfo:
        """Where the page stands."""
        places = self.found.places
        return PageInfo(
            has_next_page=self.found.has_next,
            has_previous_page=self.found.has_previous,
            start_cursor=self._cursor(places[0]) if places else None,
            end_cursor=self._cursor(places[-1]) if places else None,
        )

    def _cursor(self, place: Place) -> str:
        return seal_cursor(place.row_id.bytes + (place.value or "").encode(), self.context)


async def totals(pages: Sequence[Page], viewer: Viewer) -> list[int]:
    """Count the whole list of each page, to a limit: one statement for all lists of one kind."""
    lists: dict[tuple[str, str], list[UUID]] = {}
    for page in pages:
        if page.of is not None:
            lists.setdefault((page.context, page.of[0]), []).append(page.of[1])
    counted: dict[tuple[str, str, UUID], int] = {}
    for (context, column), keys in lists.items():
        rows = next(page.rows for page in pages if page.context == context)
        counted |= {(context, column, key): count for key, count in (await rows.counts(column, keys)).items()}
    return [counted[page.context, *page.of] if page.of is not None else await page.rows.count() for page in pages]


def page_request(
    context: str,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> PageRequest:
    """
    Check what a client asks of a list.

    Raises:
        Refused: `BAD_PAGE` for a size out of bounds, `BAD_CURSOR` for a cursor of another list or viewer.
    """
    size = first if last is None else last
    if size is None or (first is not None and last is not None):
        raise Refused("BAD_PAGE", "Give either `first` or `last`, and not both.")
    if not 1 <= size <= MAX_PAGE_SIZE:
        raise Refused("BAD_PAGE", f"A page holds 1 to {MAX_PAGE_SIZE} rows; ask for more of them by cursor.")
    return PageRequest(size, _place(after, context), _place(before, context), from_end=last is not None)


def _place(cursor: str | None, context: str) -> Place | None:
    if cursor is None:
        return None
    try:
        payload = open_cursor(cursor, context)
        return Place(UUID(bytes=payload[:16]), payload[16:].decode())
    except (BadCursor, ValueError):
        raise Refused("BAD_CURSOR", str(BadCursor())) from None
