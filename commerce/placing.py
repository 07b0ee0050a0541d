"""Writes an order with all that belongs to it, in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from commerce.prices import Offer
from commerce.recipients import SealedRecipient
from commerce.stock import HELD_FOR
from models import clock
from models.database import execute, is_in_transaction
from models.ids import new_id
from models.money import Money
from models.orders import Recipient
from models.payments import InstitutionName
from models.scoping import numbered
from models.sealed import sealed_columns

_CELLS = sealed_columns(Recipient)

# PostgreSQL looks at foreign keys when all of a statement is done, so the order of its parts makes no difference.
_WRITE = f"""
    WITH recipient AS (
        INSERT INTO recipient (id, is_account_holder, created_at, phone_index, {", ".join(_CELLS)})
        VALUES (:recipient, :is_self, :given_at, :phone_index, {", ".join(f":cell_{name}" for name in _CELLS)})),
    placed AS (
        INSERT INTO "order" (id, number, buyer_id, recipient_id, status, currency, total_minor, placed_at)
        VALUES (:order, :number, :buyer, :recipient, 'PLACED', :currency, :total, :instant)),
    line AS (
        INSERT INTO order_line
            (id, order_id, supplier_id, variant_id, position, sku, title, quantity, currency, unit_price_minor)
        SELECT l.id, :order, l.supplier_id, l.variant_id, l.place, l.sku, l.title, l.quantity, :currency, l.price
        FROM unnest(:lines::uuid[], :suppliers::uuid[], :variants::uuid[], :skus::text[], :titles::text[],
                :quantities::int[], :prices::bigint[])
            WITH ORDINALITY AS l(id, supplier_id, variant_id, sku, title, quantity, price, place)),
    part AS (
        INSERT INTO fulfillment_order (id, order_id, supplier_id, status, created_at)
        SELECT p.id, :order, p.supplier_id, 'UNPAID', :instant
        FROM unnest(:parts::uuid[], :part_suppliers::uuid[]) AS p(id, supplier_id)),
    payment AS (
        INSERT INTO payment (id, order_id, institution, state, currency, amount_minor, created_at)
        VALUES (:payment, :order, :institution, 'PENDING', :currency, :total, :instant)),
    event AS (
        INSERT INTO order_event (id, order_id, status, happened_at) VALUES (:event, :order, 'PLACED', :instant)),
    promise AS (
        INSERT INTO stock_reservation (id, level_id, order_id, quantity, state, expires_at)
        SELECT r.id, r.level_id, :order, r.n, 'HELD', :held_until
        FROM unnest(:promises::uuid[], :levels::uuid[], :promised::int[]) AS r(id, level_id, n))
    UPDATE cart SET order_id = :order WHERE id = :cart
"""  # noqa: S608 -- of this code alone


@dataclass(frozen=True, slots=True)
class Bought:
    """A line of an order, at the price of now."""

    offer: Offer
    quantity: int


@dataclass(frozen=True, slots=True)
class NewOrder:
    """
    An order that is about to be written.

    Args:
        cart_id: What it was ordered from; None if from no cart.
    """

    id: UUID
    number: str
    buyer: UUID
    bought: Sequence[Bought]
    total: Money
    institution: InstitutionName
    cart_id: UUID | None


async def write(order: NewOrder, recipient: SealedRecipient, promised: Sequence[tuple[UUID, int]]) -> None:
    """
    Write an order as placed and not paid, in a transaction that has reserved its goods.

    Args:
        recipient: Whom it goes to.
        promised: From which level how many, as `stock.reserve` says; held for as long as `stock.HELD_FOR`.
    """
    if not is_in_transaction():
        raise RuntimeError("An order is written together with what it changes; open `transaction()` around both.")
    bought, instant = order.bought, clock.now()
    suppliers = list(dict.fromkeys(line.offer.supplier_id for line in bought))
    text, values = numbered(
        _WRITE,
        {
            "order": order.id,
            "number": order.number,
            "buyer": order.buyer,
            "currency": order.total.currency,
            "total": order.total.amount_minor,
            "instant": instant,
            "recipient": recipient.id,
            "given_at": recipient.created_at,
            "is_self": recipient.is_account_holder,
            "phone_index": recipient.phone_index,
            # What was not given, such as the postal code of a country that has none, is empty.
            **{f"cell_{name}": recipient.cells.get(name) for name in _CELLS},
            "lines": [new_id() for _ in bought],
            "suppliers": [line.offer.supplier_id for line in bought],
            "variants": [line.offer.variant_id for line in bought],
            "skus": [line.offer.sku for line in bought],
            "titles": [line.offer.title for line in bought],
            "quantities": [line.quantity for line in bought],
            "prices": [line.offer.unit_price.amount_minor for line in bought],
            "parts": [new_id() for _ in suppliers],
            "part_suppliers": suppliers,
            "payment": new_id(),
            "institution": order.institution.value,
            "event": new_id(),
            "promises": [new_id() for _ in promised],
            "levels": [level for level, _ in promised],
            "promised": [quantity for _, quantity in promised],
            "held_until": instant + HELD_FOR,
            "cart": order.cart_id,
        },
    )
    await execute(text, *values)
    await recipient.attest()
