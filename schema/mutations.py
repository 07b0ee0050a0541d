"""The actions on orders."""

from typing import Annotated

import strawberry

from permissions.fields import mutation, part
from permissions.may_see import Info
from resolvers import orders
from resolvers.outcomes import Outcome
from schema.errors import UserError
from schema.orders import Order


@strawberry.input(description="Which order to cancel.")
class OrderCancelInput:
    """Input of `orderCancel`."""

    id: strawberry.ID = strawberry.field(description="The order's id.")


@strawberry.type(description="The cancelled order, or why it was not cancelled.")
class OrderCancelPayload:
    """Payload of `orderCancel`."""

    order: Order | None = part("The order as it is now; null if nothing was done.", columns=("object",))
    user_errors: list[UserError] = part("Why it was refused; empty if it was done.")


@strawberry.input(description="Which order has come.")
class OrderReceiptConfirmInput:
    """Input of `orderReceiptConfirm`."""

    id: strawberry.ID = strawberry.field(description="The order's id.")


@strawberry.type(description="The order whose receipt was confirmed, or why it was not.")
class OrderReceiptConfirmPayload:
    """Payload of `orderReceiptConfirm`."""

    order: Order | None = part("The order as it is now; null if nothing was done.", columns=("object",))
    user_errors: list[UserError] = part("Why it was refused; empty if it was done.")


Input = Annotated[OrderCancelInput, strawberry.argument(description="What is wanted.")]


async def _order_cancel(info: Info, input: Input) -> OrderCancelPayload:
    outcome: Outcome = await orders.order_cancel(info.context.viewer, input.id)
    return outcome  # pyright: ignore[reportReturnType]  # payload types read from the outcome


async def _order_receipt_confirm(
    info: Info,
    given: Annotated[OrderReceiptConfirmInput, strawberry.argument(name="input", description="What is wanted.")],
) -> OrderReceiptConfirmPayload:
    outcome: Outcome = await orders.order_receipt_confirm(info.context.viewer, given.id)
    return outcome  # pyright: ignore[reportReturnType]  # payload types read from the outcome


@strawberry.type
class OrderMutations:
    """Mutations of the order slice."""

    order_cancel: OrderCancelPayload = mutation(
        "Cancel an order that has not left the warehouse; for the buyer, or the guardian of a minor.",
        resolver=_order_cancel,
    )
    order_receipt_confirm: OrderReceiptConfirmPayload = mutation(
        "Say that the recipient has what you ordered; after it the supplier's sight of them runs out.",
        resolver=_order_receipt_confirm,
    )
