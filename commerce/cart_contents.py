"""What is in carts: what it costs now, and what is in the way of buying it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from commerce.prices import AmountTooLarge, Offer, added, multiplied, offer_of, offers_for, wanted_rows
from commerce.refusals import Refusal
from commerce.stock import free_of
from models import clock
from models.arrays import of_rows
from models.bounds import CART_LINES
from models.carts import CartLine, CartProblemCode
from models.database import fetch
from models.ids import new_id
from models.money import Money

MOST_OF_ONE = 10_000


class CartFull(Refusal):
    """The cart would have too many lines."""

    code = "CART_FULL"

    def __init__(self) -> None:
        super().__init__(f"A cart has at most `{CART_LINES}` lines; order what is in it first.", field=("lines",))


class QuantityNotValid(Refusal):
    """A quantity below one, or beyond what one order may have."""

    code = "QUANTITY_NOT_VALID"

    def __init__(self) -> None:
        super().__init__(f"Give a quantity of 1 to {MOST_OF_ONE}.", field=("lines", "quantity"))


class VariantNotSold(Refusal):
    """There is no such variant, or it is not sold now."""

    code = "VARIANT_NOT_SOLD"

    def __init__(self) -> None:
        super().__init__("This variant is not sold; choose one that a product shows.", field=("lines", "variantId"))


class CurrenciesMixed(Refusal):
    """The variant is priced in another currency than the rest of the cart."""

    code = "CURRENCIES_MIXED"

    def __init__(self) -> None:
        super().__init__("A cart has one currency; order what is in it first.", field=("lines", "variantId"))


@dataclass(frozen=True, slots=True)
class CartProblem:
    """What is in the way of a line, and what can be had instead."""

    line_id: UUID
    code: CartProblemCode
    message: str
    available: int | None = None


@dataclass(frozen=True, slots=True)
class Priced:
    """A line with what it costs now, and what is in its way."""

    offer: Offer | None
    total: Money | None
    problems: list[CartProblem]


@dataclass(frozen=True, slots=True)
class Line:
    """
    A line of a cart, with what it costs now.

    Args:
        is_wanted: Whether it is to be written.
    """

    id: UUID
    variant_id: UUID
    quantity: int
    priced: Priced
    is_wanted: bool = False


@dataclass(frozen=True, slots=True)
class Filled:
    """A cart with its lines as they were when it was changed, in the order in which they came."""

    cart_id: UUID
    lines: Sequence[Line] = ()


_FREE = f", {free_of('w.variant_id')} AS free"
_NOTED = f", w.line_id, w.place, w.seen_currency, w.seen_price_minor{_FREE}"
# What is in a cart together with what is to be put there, with prices and stock.
_LOOKED_AT = f"""
    WITH held AS (SELECT id, variant_id, quantity, currency, seen_price_minor FROM cart_line WHERE cart_id = $1),
    wanted AS {wanted_rows("$2", "$3")},
    w AS (SELECT variant_id, held.id AS line_id, held.currency AS seen_currency, held.seen_price_minor, wanted.place,
            CASE WHEN wanted.place IS NULL THEN held.quantity WHEN $4 THEN coalesce(held.quantity, 0) + wanted.quantity
            ELSE wanted.quantity END AS quantity
        FROM held FULL JOIN wanted USING (variant_id))
    {offers_for("w", "$5", also=_NOTED)} ORDER BY w.line_id, w.place"""  # noqa: S608 -- of this code alone


async def looked_at(cart_id: UUID | None, wanted: Mapping[UUID, int], *, adds: bool) -> list[Line]:
    """
    Look at what is in a locked cart, together with what is to be put there.

    Args:
        cart_id: None for a cart that is about to be begun.
        wanted: Quantities by variant.
        adds: Whether they are to be added to what is there, or to take its place.

    Raises:
        VariantNotSold, QuantityNotValid, CurrenciesMixed, CartFull, AmountTooLarge: The cart cannot be like that.
    """
    rows = await fetch(_LOOKED_AT, cart_id, of_rows(wanted), of_rows(wanted.values()), adds, clock.now())
    found: list[Line] = []
    currencies: set[str] = set()
    for row in rows:
        is_wanted, offer, quantity = row["place"] is not None, offer_of(row), row["quantity"]
        seen = None if is_wanted else Money(row["seen_price_minor"], row["seen_currency"])
        if is_wanted:
            require_quantity(quantity)
            if offer is None:
                raise VariantNotSold
            multiplied(offer.unit_price, quantity)
            seen = offer.unit_price
        assert seen is not None, "a line has noted its price"
        currencies.add(seen.currency)
        line_id = row["line_id"] or new_id()
        found.append(
            Line(line_id, row["variant_id"], quantity, _priced(line_id, quantity, seen, offer, row["free"]), is_wanted)
        )
    if wanted and len(found) > CART_LINES:
        raise CartFull
    if wanted and len(currencies) > 1:
        raise CurrenciesMixed
    return sorted(found, key=lambda line: line.id)


async def priced(lines: Sequence[CartLine]) -> list[Priced]:
    """Look up what lines cost now and whether they can be bought, in one statement for all of them."""
    if not lines:
        return []
    given = [cast(Any, line) for line in lines]
    variants, quantities = of_rows(line.variant_id for line in given), of_rows(line.quantity for line in given)
    rows = await fetch(_PRICED, variants, quantities, clock.now())
    return [
        _priced(line.id, line.quantity, Money(line.seen_price_minor, line.currency), offer_of(row), row["free"])
        for line, row in zip(given, rows, strict=True)
    ]


_WANTED = f"{wanted_rows('$1', '$2')} AS w"
_PRICED = f"{offers_for(_WANTED, '$3', also=_FREE)} ORDER BY w.place"


def _priced(line_id: UUID, quantity: int, seen: Money, offer: Offer | None, left: int) -> Priced:
    if offer is None:
        gone = CartProblem(line_id, CartProblemCode.NOT_SOLD, "This is no longer sold; take it out of the cart.")
        return Priced(None, None, [gone])
    problems: list[CartProblem] = []
    if left < quantity:
        lower = "Lower the quantity." if left else "Take it out, or wait until there are more."
        problems.append(CartProblem(line_id, CartProblemCode.OUT_OF_STOCK, f"Only `{left}` can be had. {lower}", left))
    if offer.unit_price != seen:
        changed = "The price has changed since this was put into the cart; update the line to agree."
        problems.append(CartProblem(line_id, CartProblemCode.PRICE_CHANGED, changed))
    try:
        total = multiplied(offer.unit_price, quantity)
    except AmountTooLarge as refused:
        problems.append(CartProblem(line_id, CartProblemCode.AMOUNT_TOO_LARGE, refused.message))
        return Priced(offer, None, problems)
    return Priced(offer, total, problems)


def total_of(lines: Sequence[Priced]) -> Money | None:
    """Add up what lines cost; None where nothing is sold, where currencies differ, or where it is beyond any amount."""
    totals = [line.total for line in lines if line.total is not None]
    if len({total.currency for total in totals}) != 1:
        return None
    if any(CartProblemCode.AMOUNT_TOO_LARGE in {problem.code for problem in line.problems} for line in lines):
        return None
    try:
        return added(totals, totals[0].currency)
    except AmountTooLarge:
        return None


def require_quantity(quantity: int) -> None:
    """
    Refuse a quantity that one line cannot have.

    Raises:
        QuantityNotValid: It is below one, or more than any line may have.
    """
    if not 1 <= quantity <= MOST_OF_ONE:
        raise QuantityNotValid


def summed(lines: Sequence[tuple[UUID | None, int]]) -> dict[UUID, int]:
    """
    Add up what is wanted of each variant.

    Raises:
        VariantNotSold, QuantityNotValid, CartFull: No cart could hold it.
    """
    wanted: dict[UUID, int] = {}
    for variant_id, quantity in lines:
        if variant_id is None:
            raise VariantNotSold
        require_quantity(quantity)
        wanted[variant_id] = wanted.get(variant_id, 0) + quantity
        require_quantity(wanted[variant_id])
    if len(wanted) > CART_LINES:
        raise CartFull
    return wanted
