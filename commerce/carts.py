"""Carts: filled by their holder, an account or a guest, and looked through for what cannot be bought as it stands."""

import hmac
import secrets as random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, cast
from uuid import UUID

from commerce import stock
from commerce.persons import own_account, require_guardian_consent
from commerce.prices import AmountTooLarge, Offer, added, multiplied, offers
from commerce.refusals import Refusal
from models import clock
from models.bounds import CART_LINES
from models.carts import CartLine, CartProblemCode
from models.database import execute, fetch, retrying, transaction
from models.ids import new_id
from models.money import Money
from models.secrets import derive
from policy.enforcement import keeps
from policy.viewer import Viewer

MOST_OF_ONE = 10_000


class CartNotFound(Refusal):
    """There is no such open cart, or none that is yours."""

    code = "CART_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such cart; begin one with `cartCreate`.", field=("cartId",))


class CartLineNotFound(Refusal):
    """The cart has no such line."""

    code = "CART_LINE_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("The cart has no such line; read its lines again.", field=("lines",))


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
class Holder:
    """
    Who holds a cart: the account of a viewer in person, or whoever has a guest cart's token.

    Args:
        by: Who acts.
        cart_id: The cart; None for an id that names none, or where a token is given.
        token: Of a guest's cart.
    """

    by: Viewer
    cart_id: UUID | None = None
    token: str | None = None


async def create(by: Viewer) -> UUID:
    """
    Give the account's open cart, or begin one.

    Raises:
        NotInPerson: The viewer is no person who is logged in.
        AccountCancelled: Their account was cancelled.
        GuardianConsentRequired: They are a child whose guardian has not consented.
    """
    return await retrying(lambda: _create(by))


async def _create(by: Viewer) -> UUID:
    async with transaction():
        account = await own_account(by, is_locked=True)
        require_guardian_consent(account.case)
        return await _open_cart_of(account.row.id) or await _begin(account_id=account.row.id)


async def create_for_guest() -> str:
    """Begin a guest's cart, and return its token: it is shown this once."""
    token = random.token_urlsafe(32)
    await _begin(token_hash=fingerprint(token))
    return token


def fingerprint(token: str) -> bytes:
    """Make the keyed hash under which a guest cart's token is kept."""
    return hmac.digest(derive("cart tokens"), token.encode(), sha256)


async def add(holder: Holder, lines: Sequence[tuple[UUID | None, int]]) -> UUID:
    """
    Put variants into a cart; of one that is there already the quantity rises.

    What is out of stock may be put there too: the cart says so, and the checkout refuses it.

    Args:
        lines: Variants, None for an id that names none, with quantities.

    Returns:
        The cart.

    Raises:
        CartNotFound, VariantNotSold, QuantityNotValid, CurrenciesMixed, CartFull: Nothing was added.
    """
    return await retrying(lambda: _add(holder, lines))


async def _add(holder: Holder, lines: Sequence[tuple[UUID | None, int]]) -> UUID:
    async with transaction():
        cart_id = await _locked(holder)
        rows = await fetch("SELECT variant_id, quantity FROM cart_line WHERE cart_id = $1", cart_id)
        quantities: dict[UUID, int] = {row["variant_id"]: row["quantity"] for row in rows}
        touched: dict[UUID, int] = {}
        for variant_id, quantity in lines:
            if variant_id is None:
                raise VariantNotSold
            _require_quantity(quantity)
            touched[variant_id] = touched.get(variant_id, quantities.get(variant_id, 0)) + quantity
        await _write(cart_id, touched)
    return cart_id


async def update(holder: Holder, lines: Sequence[tuple[UUID | None, int]]) -> UUID:
    """
    Set the quantities of lines, and take note of their present prices.

    Args:
        lines: Lines, None for an id that names none, with quantities.

    Raises:
        CartNotFound, CartLineNotFound, VariantNotSold, QuantityNotValid: Nothing was changed.
    """
    return await retrying(lambda: _update(holder, lines))


async def _update(holder: Holder, lines: Sequence[tuple[UUID | None, int]]) -> UUID:
    async with transaction():
        cart_id = await _locked(holder)
        rows = await fetch("SELECT id, variant_id FROM cart_line WHERE cart_id = $1", cart_id)
        variants: dict[UUID | None, UUID] = {row["id"]: row["variant_id"] for row in rows}
        if not {line_id for line_id, _ in lines} <= variants.keys():
            raise CartLineNotFound
        for _, quantity in lines:
            _require_quantity(quantity)
        await _write(cart_id, {variants[line_id]: quantity for line_id, quantity in lines})
    return cart_id


async def remove(holder: Holder, lines: Collection[UUID | None]) -> UUID:
    """
    Take lines out of a cart.

    Raises:
        CartNotFound, CartLineNotFound: Nothing was removed.
    """
    return await retrying(lambda: _remove(holder, lines))


async def _remove(holder: Holder, lines: Collection[UUID | None]) -> UUID:
    async with transaction():
        cart_id = await _locked(holder)
        wanted = {line_id for line_id in lines if line_id is not None}
        removed = await execute("DELETE FROM cart_line WHERE cart_id = $1 AND id = ANY($2)", cart_id, list(wanted))
        if removed < len(set(lines)):
            raise CartLineNotFound
    return cart_id


async def merge(token: str, *, into: Viewer) -> UUID:
    """
    Put what is in a guest's cart into the account's own, once; the guest's cart is closed with it (P2.3).

    Of what is in both, the account has the larger quantity then, so that logging in twice doubles nothing.

    Raises:
        CartNotFound: No open guest cart has this token.
        CartFull, CurrenciesMixed: The two do not fit into one.
    """
    return await retrying(lambda: _merge(token, into))


async def _merge(token: str, into: Viewer) -> UUID:
    async with transaction():
        account = await own_account(into, is_locked=True)
        require_guardian_consent(account.case)
        cart_id = await _open_cart_of(account.row.id) or await _begin(account_id=account.row.id)
        guest = await _locked(Holder(into, token=token))
        mine, theirs = await _quantities(cart_id), await _quantities(guest)
        found = await offers(list(theirs.items()))
        sold = {offer.variant_id: theirs[offer.variant_id] for offer in found if offer is not None}
        await _write(cart_id, {variant: max(n, mine.get(variant, 0)) for variant, n in sold.items()})
        await execute("DELETE FROM cart_line WHERE cart_id = $1", guest)
        await execute("UPDATE cart SET state = 'MERGED' WHERE id = $1", guest)
    return cart_id


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


async def priced(lines: Sequence[CartLine]) -> list[Priced]:
    """Look up what lines cost now and whether they can be bought, in two statements for all of them."""
    if not lines:
        return []
    found = await offers([(line.variant_id, line.quantity) for line in lines])
    left = await stock.available([line.variant_id for line in lines])
    return [_priced(line, offer, left[line.variant_id]) for line, offer in zip(lines, found, strict=True)]


def _priced(line: CartLine, offer: Offer | None, left: int) -> Priced:
    if offer is None:
        gone = CartProblem(line.id, CartProblemCode.NOT_SOLD, "This is no longer sold; take it out of the cart.")
        return Priced(None, None, [gone])
    problems: list[CartProblem] = []
    if left < line.quantity:
        lower = "Lower the quantity." if left else "Take it out, or wait until there are more."
        problems.append(CartProblem(line.id, CartProblemCode.OUT_OF_STOCK, f"Only `{left}` can be had. {lower}", left))
    row = cast(Any, line)
    if offer.unit_price != Money(row.seen_price_minor, row.currency):
        changed = "The price has changed since this was put into the cart; update the line to agree."
        problems.append(CartProblem(line.id, CartProblemCode.PRICE_CHANGED, changed))
    try:
        total = multiplied(offer.unit_price, line.quantity)
    except AmountTooLarge as refused:
        problems.append(CartProblem(line.id, CartProblemCode.AMOUNT_TOO_LARGE, refused.message))
        return Priced(offer, None, problems)
    return Priced(offer, total, problems)


async def read_for_guest(token: str) -> list[CartLine] | None:
    """Read the lines of a guest's open cart by its token; None if there is none."""
    rows = await fetch("SELECT id FROM cart WHERE token_hash = $1 AND state = 'OPEN'", fingerprint(token))
    return await CartLine.filter(cart_id=rows[0]["id"]).order_by("id") if rows else None


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


@keeps("P2.3", otherwise=None)
def require_holder(owner: UUID | None, person: UUID) -> None:
    """
    Refuse a cart that is not the person's own (P2.3); a guest's is opened by its token alone.

    Raises:
        CartNotFound: It is somebody else's, a guest's, or there is none.
    """
    if owner != person:
        raise CartNotFound


async def _locked(holder: Holder) -> UUID:
    """Find the holder's open cart and lock it, so that it stays open and of changes one comes after the other."""
    if holder.token is not None:
        rows = await fetch(
            "UPDATE cart SET version = version + 1, updated_at = $1 WHERE token_hash = $2 AND state = 'OPEN'"
            " RETURNING id",
            clock.now(),
            fingerprint(holder.token),
        )
    else:
        account = await own_account(holder.by, is_locked=True)
        require_guardian_consent(account.case)
        rows = await fetch(
            "UPDATE cart SET version = version + 1, updated_at = $1"
            " WHERE id = $2 AND state = 'OPEN' RETURNING id, account_id",
            clock.now(),
            holder.cart_id,
        )
        require_holder(rows[0]["account_id"] if rows else None, account.row.id)
    if not rows:
        raise CartNotFound
    return rows[0]["id"]


async def _open_cart_of(account_id: UUID) -> UUID | None:
    rows = await fetch(
        "SELECT id FROM cart WHERE account_id = $1 AND state = 'OPEN' ORDER BY id DESC LIMIT 1", account_id
    )
    return rows[0]["id"] if rows else None


async def _begin(*, account_id: UUID | None = None, token_hash: bytes | None = None) -> UUID:
    cart_id = new_id()
    await execute(
        "INSERT INTO cart (id, account_id, token_hash, state, created_at, updated_at)"
        " VALUES ($1, $2, $3, 'OPEN', $4, $4)",
        cart_id,
        account_id,
        token_hash,
        clock.now(),
    )
    return cart_id


async def _quantities(cart_id: UUID) -> dict[UUID, int]:
    rows = await fetch("SELECT variant_id, quantity FROM cart_line WHERE cart_id = $1", cart_id)
    return {row["variant_id"]: row["quantity"] for row in rows}


async def _write(cart_id: UUID, quantities: Mapping[UUID, int]) -> None:
    for quantity in quantities.values():
        _require_quantity(quantity)
    found = [offer for offer in await offers(list(quantities.items())) if offer is not None]
    if len(found) < len(quantities):
        raise VariantNotSold
    for offer in found:
        multiplied(offer.unit_price, quantities[offer.variant_id])
    await execute(
        """INSERT INTO cart_line (id, cart_id, variant_id, quantity, currency, seen_price_minor)
        SELECT l.id, $6, l.variant_id, l.quantity, l.currency, l.price
        FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::bigint[])
            AS l(id, variant_id, quantity, currency, price)
        ON CONFLICT (cart_id, variant_id) DO UPDATE SET
            quantity = EXCLUDED.quantity, currency = EXCLUDED.currency, seen_price_minor = EXCLUDED.seen_price_minor""",
        [new_id() for _ in found],
        [offer.variant_id for offer in found],
        [quantities[offer.variant_id] for offer in found],
        [offer.unit_price.currency for offer in found],
        [offer.unit_price.amount_minor for offer in found],
        cart_id,
    )
    (held,) = await fetch(
        "SELECT count(*) AS lines, count(DISTINCT currency) AS currencies FROM cart_line WHERE cart_id = $1", cart_id
    )
    if held["lines"] > CART_LINES:
        raise CartFull
    if held["currencies"] > 1:
        raise CurrenciesMixed


def _require_quantity(quantity: int) -> None:
    if not 1 <= quantity <= MOST_OF_ONE:
        raise QuantityNotValid
