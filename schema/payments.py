"""Payments: what was paid for orders, as their buyers see them and who takes the money."""

from datetime import datetime
from typing import Any

import strawberry

from models.payments import InstitutionName, PaymentState
from permissions.fields import After, Before, First, Last, classified, root
from permissions.may_see import Info
from permissions.scopes import PAYMENTS_READ, needs
from policy.classes import ORDER, ORDER_AMOUNT, ORDER_NUMBER
from policy.subjects import Subject
from resolvers import payments
from schema.enums import described
from schema.money import Money, money
from schema.relay import Connection, Node, node_id, shows

described(
    PaymentState,
    "How far a payment has come.",
    {
        PaymentState.PENDING: "The institution was asked for it, and has not answered yet.",
        PaymentState.PAID: "The institution has taken it.",
        PaymentState.DECLINED: "The institution does not pay.",
        PaymentState.REFUND_DUE: "The order was cancelled, and whatever was taken is to be given back.",
        PaymentState.REFUNDED: "It was given back.",
    },
)


@strawberry.type(description="The payment of an order.")
class Payment(Node):
    """Who knows of a payment is `models.payments.Payment.visible_to`; an institution gets number and amount (P2.5)."""

    about = Subject.ACCOUNT_HOLDER
    is_type_of = shows("Payment")

    id: strawberry.ID = node_id("Payment")
    order_number: str | None = classified(ORDER_NUMBER, "The number of the order.", rows=payments.numbers_of)
    amount: Money | None = classified(ORDER_AMOUNT, "What is paid.", columns=("amount_minor", "currency"), value=money)
    institution: InstitutionName | None = classified(ORDER, "Who takes the money.")
    state: PaymentState | None = classified(ORDER, "How far it has come.")
    created_at: datetime | None = classified(ORDER, "When the institution was asked for it.")
    settled_at: datetime | None = classified(ORDER, "When it came to its end; null until then.")


async def _payments(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Any:
    return await payments.visible_to(info.context.viewer, first=first, after=after, last=last, before=before)


@strawberry.type
class PaymentQueries:
    """Reads of payments."""

    payments: Connection[Payment] = root(
        "All payments that you may know of, the newest first; for an institution's token those that it has to take or "
        "may have to give back.",
        resolver=_payments,
        extensions=[needs(PAYMENTS_READ)],
    )
