"""The ways into the graph."""

from typing import Annotated, Any

import strawberry

from permissions.fields import After, Before, First, Last, root
from permissions.may_see import Info
from permissions.scopes import ORDERS_READ, USERS_READ, needs
from resolvers import orders, users
from resolvers.nodes import nodes
from schema.orders import Order
from schema.relay import Connection, Node
from schema.users import User
from schema.viewer import Viewer

NodeId = Annotated[strawberry.ID, strawberry.argument(description="An id from an earlier answer.")]
NodeIds = Annotated[list[strawberry.ID], strawberry.argument(description="Ids from earlier answers, at most 100.")]
Number = Annotated[str, strawberry.argument(description="The number printed on the parcel.")]


async def _viewer(info: Info) -> Any:
    return info.context.viewer


async def _node(info: Info, id: NodeId) -> Any:
    return (await nodes(info.context.viewer, [id]))[0]


async def _nodes(info: Info, ids: NodeIds) -> Any:
    return await nodes(info.context.viewer, ids)


async def _order(info: Info, number: Number) -> Any:
    return await orders.order_by_number(info.context.viewer, number)


async def _users(info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None) -> Any:
    return await users.users_visible_to(info.context.viewer, first=first, after=after, last=last, before=before)


async def _orders(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Any:
    return await orders.orders_visible_to(info.context.viewer, first=first, after=after, last=last, before=before)


@strawberry.type(description="What can be asked.")
class Query:
    """Root of all reads."""

    viewer: Viewer = root("Whoever sent this operation.", resolver=_viewer)
    node: Node | None = root("The object with an id; null if it is not for you, as if there were none.", resolver=_node)
    nodes: list[Node | None] = root("The objects with these ids, in this order, null like `node`.", resolver=_nodes)
    users: Connection[User] = root(
        "All accounts that you may know of, the newest first: for an affiliate's token those of people who consent to "
        "the task that it asks for.",
        resolver=_users,
        extensions=[needs(USERS_READ)],
    )
    order: Order | None = root(
        "An order by its number; null if it is not for you, as if there were none.",
        resolver=_order,
        extensions=[needs(ORDERS_READ)],
    )
    orders: Connection[Order] = root(
        "All orders that you may know of, the newest first.", resolver=_orders, extensions=[needs(ORDERS_READ)]
    )
