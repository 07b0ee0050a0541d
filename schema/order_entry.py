"""The import of one order of the past."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import strawberry

from permissions.fields import mutation, part
from permissions.may_see import Info
from resolvers import order_entry
from resolvers.order_entry import LineEntry
from schema.enums import CurrencyCode
from schema.errors import UserError
from schema.orders import Order


def _needed(description: str) -> Any:
    return strawberry.field(description=description)


@strawberry.input(description="One product of an order of the past, as it was called and priced on that day.")
class OrderImportLineInput:
    """A line to import."""

    sku: str = _needed("The supplier's stock-keeping unit, of at most 64 characters.")
    title: str = _needed("The product's name on that day, of at most 255 characters.")
    quantity: int = _needed("How many, 1 to 1,000,000.")
    unit_price: Decimal = _needed("What one cost on that day, in the order's currency; the catalogue is not asked.")


@strawberry.input(description="Something else that the source says of an order.")
class ExternalAttributeInput:
    """An attribute to keep."""

    name: str = _needed("What it is called there, of at most 64 characters; each name once.")
    value: str = _needed("What it says, of at most 255 characters. Never data of a person: orders outlive these.")


@strawberry.input(description="An order that was placed and delivered elsewhere, in the past.")
class OrderImportInput:
    """Input of `orderImport`."""

    source: str = _needed(
        "Where it comes from: small letters, digits and hyphens, at most 32 characters, such as `old-shop`."
    )
    external_reference: str = _needed("What it is called there, of at most 64 characters; with `source` it is unique.")
    buyer_reference: str = _needed(
        "By what the source knows the buyer, a number rather than a name, of at most 64 characters. They get an "
        "account that nobody can sign in to; orders with the same reference have the same one."
    )
    country: str = _needed("Where the buyer is, as an ISO 3166-1 code.")
    supplier_id: strawberry.ID = _needed("Who provided it.")
    currency_code: CurrencyCode = _needed("In which all of its prices are.")
    placed_at: datetime = _needed("When it was placed, in the past.")
    lines: list[OrderImportLineInput] = _needed("What was bought, 1 to 250 lines.")
    external_attributes: list[ExternalAttributeInput] = strawberry.field(
        default_factory=list,
        description="What the source says of it besides; where it is too much, the error names the bound.",
    )
    idempotency_key: str = _needed(
        "Chosen by you for this order, such as a random UUID. Sent again with the same input, it gives the same order."
    )


@strawberry.type(description="The imported order, or why it was not imported.")
class OrderImportPayload:
    """Payload of `orderImport`."""

    order: Order | None = part("The order; null if nothing was imported.", columns=("object",))
    user_errors: list[UserError] = part("Why it was refused; empty if it was done.")


Input = Annotated[OrderImportInput, strawberry.argument(name="input", description="What is wanted.")]


async def _order_import(info: Info, given: Input) -> OrderImportPayload:
    return await order_entry.order_import(  # pyright: ignore[reportReturnType]  # payload types read from the outcome
        info.context.viewer,
        source=given.source,
        reference=given.external_reference,
        buyer=given.buyer_reference,
        country=given.country,
        supplier=given.supplier_id,
        currency=given.currency_code.name,
        placed_at=given.placed_at,
        lines=[LineEntry(line.sku, line.title, line.quantity, line.unit_price) for line in given.lines],
        attributes=[(each.name, each.value) for each in given.external_attributes],
        key=given.idempotency_key,
    )


@strawberry.type
class OrderEntryMutations:
    """What operators do with orders."""

    order_import: OrderImportPayload = mutation(
        "Take in one order of the past, for operators. It keeps its prices and its day; no stock is moved, nobody is "
        "charged or told, and its recipient is made up and marked so.",
        resolver=_order_import,
    )
