"""What was noticed of orders that are out of the ordinary."""

from datetime import datetime
from typing import Any

import strawberry

from models.anomalies import AnomalyKind
from permissions.fields import After, Before, First, Last, classified, root
from permissions.may_see import Info
from permissions.scopes import ORDERS_READ, needs
from policy.classes import ORDER, ORDER_NUMBER
from policy.subjects import Subject
from resolvers import anomalies
from schema.enums import described
from schema.relay import Connection, Node, node_id, shows

described(
    AnomalyKind,
    "What was noticed of an order.",
    {
        AnomalyKind.VELOCITY: "The account placed many orders within an hour.",
        AnomalyKind.AMOUNT: "It is far above what the account bought before, or above what any order is looked at for.",
    },
)


@strawberry.type(description="A sign that an order is out of the ordinary; no judgement of whoever placed it.")
class OrderAnomaly(Node):
    """Who knows of one is `models.anomalies.OrderAnomaly.visible_to`; the buyer does (P6.1)."""

    about = Subject.ACCOUNT_HOLDER
    is_type_of = shows("OrderAnomaly")

    id: strawberry.ID = node_id("OrderAnomaly")
    order_number: str | None = classified(
        ORDER_NUMBER, "The number of the order.", rows=anomalies.numbers_of, needs=("order_id",)
    )
    kind: AnomalyKind | None = classified(ORDER, "What was noticed.")
    noticed_at: datetime | None = classified(ORDER, "When, by the program that looks at all orders after they came.")
    closes_at: datetime | None = classified(ORDER, "Until when the order is open to risk control because of it.")


async def _order_anomalies(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Any:
    return await anomalies.visible_to(info.context.viewer, first=first, after=after, last=last, before=before)


@strawberry.type
class AnomalyQueries:
    """Reads of what was noticed of orders."""

    order_anomalies: Connection[OrderAnomaly] = root(
        "All that was noticed of orders that you may know of, the newest first; for risk control what is open.",
        resolver=_order_anomalies,
        extensions=[needs(ORDERS_READ)],
    )
