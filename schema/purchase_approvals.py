"""Purchases of minors above the limit of their guardian, as both see them."""

from datetime import datetime
from typing import Any, NamedTuple

import strawberry

from models.purchase_approvals import ApprovalState
from permissions.fields import classified, part
from policy.classes import CONSENT, ORDER, ORDER_AMOUNT
from policy.subjects import Subject
from resolvers import purchase_approvals
from schema.enums import described
from schema.money import Money, money
from schema.relay import Node, node_id, shows

described(
    ApprovalState,
    "How far the question to a guardian has come.",
    {
        ApprovalState.PENDING: "It waits for the guardian.",
        ApprovalState.APPROVED: "The minor can order it.",
        ApprovalState.REFUSED: "The guardian has said no.",
        ApprovalState.EXPIRED: "It was not answered or not ordered in time, or something else was asked for.",
        ApprovalState.USED: "The minor has ordered it.",
    },
)


@strawberry.type(description="One line of what a minor wants to buy.")
class PurchaseLine:
    """As the cart had it when the guardian was asked."""

    title: str = part("The product's name.")
    quantity: int = part("How many.")


class _Line(NamedTuple):
    title: str
    quantity: int


def _lines(given: list[dict[str, Any]]) -> list[_Line]:
    return [_Line(line["title"], line["quantity"]) for line in given]


@strawberry.type(description="That a minor wants to buy something above the limit, and what the guardian said.")
class PurchaseApproval(Node):
    """About exactly these goods at this total (P7.4)."""

    about = Subject.WARD
    is_type_of = shows("PurchaseApproval")

    id: strawberry.ID = node_id("PurchaseApproval")
    state: ApprovalState | None = classified(
        CONSENT, "How far it has come.", columns=("state", "expires_at"), value=purchase_approvals.state_at
    )
    total: Money | None = classified(ORDER_AMOUNT, "What it costs.", columns=("total_minor", "currency"), value=money)
    lines: list[PurchaseLine] | None = classified(ORDER, "What it is.", columns=("lines",), value=_lines)
    created_at: datetime | None = classified(CONSENT, "When the minor wanted to order it.")
    expires_at: datetime | None = classified(
        CONSENT, "Until when it can be answered or, once approved, ordered; a refusal holds until then."
    )
    decided_at: datetime | None = classified(CONSENT, "When the guardian answered; null if they have not.")
