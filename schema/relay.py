"""Objects with ids, and lists in pages, after the Relay conventions."""

from typing import Any, Generic, TypeVar

import strawberry

from permissions.fields import batch, part
from resolvers.nodes import ids_of, is_row_of
from resolvers.pages import totals

T = TypeVar("T")


@strawberry.interface(description="An object with an id by which it can be asked for again.")
class Node:
    """The interface of everything that `node` finds."""

    id: strawberry.ID = part("The object's id: opaque, and for partners another one than anybody else gets.")


def node_id(type_name: str) -> Any:
    """Declare the `id` of a type."""
    return batch(
        "The object's id: opaque, and for partners another one than anybody else gets.", rows=ids_of(type_name)
    )


def shows(type_name: str) -> Any:
    """Make `is_type_of` of a type with an id: it shows rows of its model."""

    def is_type_of(value: Any, info: Any) -> bool:
        return is_row_of(value, type_name)

    return staticmethod(is_type_of)


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """Relay's page info."""

    has_next_page: bool = part(
        "Whether there are more after it; yes after a page that was to end before a cursor, whose row is there."
    )
    has_previous_page: bool = part(
        "Whether there are more before it; yes before a page that was to start after a cursor, whose row is there."
    )
    start_cursor: str | None = part("The cursor of its first object; null if it is empty.")
    end_cursor: str | None = part("The cursor of its last object; null if it is empty.")


@strawberry.type(description="An object in a list, and its place there.")
class Edge(Generic[T]):
    """Relay's edge."""

    cursor: str = part("Its place: give it as `after` or `before` to go on from here.")
    node: T = part("The object.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    """Relay's connection, with the nodes as a short cut."""

    edges: list[Edge[T]] = part("The objects with their cursors.")
    nodes: list[T] = part("The objects, where cursors are not needed.")
    page_info: PageInfo = part("Where the page stands in its list.")
    total_count: int = batch("How many objects the whole list has, counted to 10,000 at most.", rows=totals)
