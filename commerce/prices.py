"""What things cost now: by quantity, and only while they are sold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from commerce.refusals import Refusal
from models import clock, rounds
from models.arrays import of_rows
from models.money import LARGEST_MINOR, BadAmount, Money

# In the smallest unit of whatever currency: 100 lines of 10,000 each still have a total. What is dearer is refused
# where prices are set; where it is in the shop all the same, carts and checkout refuse to add it up.
LARGEST_PRICE = LARGEST_MINOR // (100 * 10_000)


MOST_DIGITS = 25


class AmountNotValid(Refusal):
    """An amount that is none in its currency."""

    code = "AMOUNT_NOT_VALID"

    def __init__(self, field: tuple[str, ...]) -> None:
        super().__init__("Give the amount with no more decimals than its currency has, such as `12.50`.", field=field)


class AmountTooLarge(Refusal):
    """What is wanted costs more than can be counted."""

    code = "AMOUNT_TOO_LARGE"

    def __init__(self, field: tuple[str, ...] = ("lines", "quantity")) -> None:
        super().__init__("All of it together costs more than any order may; lower the quantities.", field=field)


@dataclass(frozen=True, slots=True)
class Offer:
    """A variant as it is sold now, at the price for some quantity."""

    variant_id: UUID
    supplier_id: UUID
    sku: str
    title: str
    unit_price: Money


def amount(given: Decimal, currency: str, *, field: tuple[str, ...]) -> Money:
    """
    Read an amount that a client gave.

    Raises:
        AmountNotValid: It is none in its currency.
    """
    try:
        # A number of a few characters may have a million digits.
        return Money.parse(f"{given:f}" if abs(given.adjusted()) < MOST_DIGITS else "", currency)
    except BadAmount:
        raise AmountNotValid(field) from None


def price(given: Decimal | None, currency: str, *, field: tuple[str, ...]) -> int:
    """
    Read a price that somebody sets, in the currency's smallest unit.

    Raises:
        AmountNotValid: It is none in its currency, or below zero.
        AmountTooLarge: It is higher than any price may be.
    """
    if given is None:
        raise AmountNotValid(field)
    found = amount(given, currency, field=field).amount_minor
    if found < 0:
        raise AmountNotValid(field)
    if found > LARGEST_PRICE:
        raise AmountTooLarge(field)
    return found


async def offers(wanted: Sequence[tuple[UUID, int]]) -> list[Offer | None]:
    """
    Look up what variants cost, each at the price tier of its quantity.

    Args:
        wanted: Variants with quantities.

    Returns:
        An offer for each, in their order; None for what is not sold now.
    """
    variants, quantities = of_rows(variant for variant, _ in wanted), of_rows(quantity for _, quantity in wanted)
    rows = await rounds.read(_OFFERS, variants, quantities, clock.now())
    return [offer_of(row) for row in rows]


def offers_for(wanted: str, now: str, *, also: str = "") -> str:
    """
    Say in SQL what variants cost, each at the price tier of its quantity, in rows for `offer_of`, with the quantity.

    Args:
        wanted: Rows `w` with `variant_id` and `quantity`; there is an answer for each.
        now: The present instant.
        also: Further columns of `w`, each with a comma before it.
    """
    return f"""SELECT w.variant_id, p.supplier_id, v.sku, p.title, v.currency, v.option_values,
            coalesce(tier.price_minor, v.price_minor) AS price_minor, w.quantity{also}
        FROM {wanted}
        LEFT JOIN (product_variant v
            JOIN product p ON p.id = v.product_id AND p.status = 'ACTIVE' AND p.published_at <= {now})
            ON v.id = w.variant_id
        LEFT JOIN LATERAL (SELECT t.price_minor FROM price_tier t
            WHERE t.variant_id = v.id AND t.minimum_quantity <= w.quantity AND t.currency = v.currency
            ORDER BY t.minimum_quantity DESC LIMIT 1) tier ON TRUE"""  # noqa: S608 -- of this code alone


def offer_of(row: Iterable[Any]) -> Offer | None:
    """Read what a row of `offers_for` says; None for what is not sold now."""
    variant_id, supplier_id, sku, title, currency, options, price_minor, *_ = row
    if supplier_id is None:
        return None
    return Offer(variant_id, supplier_id, sku, _title(title, options), Money(price_minor, currency))


def wanted_rows(variants: str, quantities: str) -> str:
    """Say in SQL which variants are wanted, in rows with `variant_id`, `quantity` and `place`; arrays of `of_rows`."""
    return f"""(SELECT * FROM unnest({variants}::uuid[], {quantities}::int[])
        WITH ORDINALITY AS x(variant_id, quantity, place) WHERE variant_id IS NOT NULL)"""  # noqa: S608 -- of code alone


_WANTED = f"{wanted_rows('$1', '$2')} AS w"
_OFFERS = f"{offers_for(_WANTED, '$3')} ORDER BY w.place"


def multiplied(price: Money, quantity: int, *, field: tuple[str, ...] = ("lines", "quantity")) -> Money:
    """
    Tell what so many cost.

    Raises:
        AmountTooLarge: It is no amount that can be stored.
    """
    try:
        return price * quantity
    except BadAmount:
        raise AmountTooLarge(field) from None


def added(amounts: Iterable[Money], currency: str, *, field: tuple[str, ...] = ("lines", "quantity")) -> Money:
    """
    Add up amounts in one currency.

    Raises:
        AmountTooLarge: The sum is no amount that can be stored.
        MixedCurrencies: They are in several currencies.
    """
    try:
        return sum(amounts, Money.zero(currency))
    except BadAmount:
        raise AmountTooLarge(field) from None


def _title(product: str, options: Sequence[str]) -> str:
    return f"{product}, {' / '.join(options)}"[:255] if options else product
