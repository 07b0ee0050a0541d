"""Carts: filled by their holder, an account or a guest."""

import hmac
import secrets as random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from commerce.cart_contents import Filled, Line, looked_at, require_quantity, summed
from commerce.persons import own_account, require_guardian_consent
from commerce.prices import offers
from commerce.refusals import Refusal
from models import clock
from models.database import execute, fetch, retrying, transaction
from models.ids import new_id
from models.secrets import derive
from policy.enforcement import keeps
from policy.viewer import Viewer


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


async def create(by: Viewer, lines: Sequence[tuple[UUID | None, int]] = ()) -> Filled:
    """
    Give the account's open cart, or begin one.

    Args:
        lines: What to put into it at once, as `add` does.

    Raises:
        NotInPerson: The viewer is no person who is logged in.
        AccountCancelled: Their account was cancelled.
        GuardianConsentRequired: They are a child whose guardian has not consented.
        VariantNotSold, QuantityNotValid, CurrenciesMixed, CartFull: Nothing was begun or added.
    """
    wanted = summed(lines)
    return await retrying(lambda: _create(by, wanted))


async def _create(by: Viewer, wanted: Mapping[UUID, int]) -> Filled:
    async with transaction():
        account = await own_account(by, is_locked=True)
        require_guardian_consent(account.case)
        cart_id = await _open_cart_of(account.row.id) or await _begin(account.row.id)
        if not wanted:
            return Filled(cart_id)
        return await _put(cart_id, wanted, adds=True)


async def create_for_guest(lines: Sequence[tuple[UUID | None, int]] = ()) -> tuple[str, Filled]:
    """
    Begin a guest's cart, and return its token: it is shown this once.

    Args:
        lines: What to put into it at once.

    Raises:
        VariantNotSold, QuantityNotValid, CurrenciesMixed, CartFull: Nothing was begun.
    """
    token, cart_id, wanted = random.token_urlsafe(32), new_id(), summed(lines)
    found = await looked_at(None, wanted, adds=True) if wanted else []
    await _insert(cart_id, found, begun_with=fingerprint(token))
    return token, Filled(cart_id, found)


def fingerprint(token: str) -> bytes:
    """Make the keyed hash under which a guest cart's token is kept."""
    return hmac.digest(derive("cart tokens"), token.encode(), sha256)


async def add(holder: Holder, lines: Sequence[tuple[UUID | None, int]]) -> Filled:
    """
    Put variants into a cart; of one that is there already the quantity rises.

    What is out of stock may be put there too: the cart says so, and the checkout refuses it.

    Args:
        lines: Variants, None for an id that names none, with quantities.

    Raises:
        CartNotFound, VariantNotSold, QuantityNotValid, CurrenciesMixed, CartFull: Nothing was added.
    """
    return await retrying(lambda: _add(holder, lines))


async def _add(holder: Holder, lines: Sequence[tuple[UUID | None, int]]) -> Filled:
    async with transaction():
        cart_id = await _locked(holder)
        return await _put(cart_id, summed(lines), adds=True)


async def update(holder: Holder, lines: Sequence[tuple[UUID | None, int]]) -> Filled:
    """
    Set the quantities of lines, and take note of their present prices.

    Args:
        lines: Lines, None for an id that names none, with quantities.

    Raises:
        CartNotFound, CartLineNotFound, VariantNotSold, QuantityNotValid: Nothing was changed.
    """
    return await retrying(lambda: _update(holder, lines))


async def _update(holder: Holder, lines: Sequence[tuple[UUID | None, int]]) -> Filled:
    async with transaction():
        cart_id = await _locked(holder)
        rows = await fetch("SELECT id, variant_id FROM cart_line WHERE cart_id = $1", cart_id)
        variants: dict[UUID | None, UUID] = {row["id"]: row["variant_id"] for row in rows}
        if not {line_id for line_id, _ in lines} <= variants.keys():
            raise CartLineNotFound
        for _, quantity in lines:
            require_quantity(quantity)
        return await _put(cart_id, {variants[line_id]: quantity for line_id, quantity in lines}, adds=False)


async def remove(holder: Holder, lines: Collection[UUID | None]) -> Filled:
    """
    Take lines out of a cart.

    Raises:
        CartNotFound, CartLineNotFound: Nothing was removed.
    """
    return await retrying(lambda: _remove(holder, lines))


async def _remove(holder: Holder, lines: Collection[UUID | None]) -> Filled:
    async with transaction():
        cart_id = await _locked(holder)
        wanted = {line_id for line_id in lines if line_id is not None}
        removed = await execute("DELETE FROM cart_line WHERE cart_id = $1 AND id = ANY($2)", cart_id, list(wanted))
        if removed < len(set(lines)):
            raise CartLineNotFound
        return Filled(cart_id, await looked_at(cart_id, {}, adds=False))


async def merge(token: str, *, into: Viewer) -> Filled:
    """
    Put what is in a guest's cart into the account's own, once; the guest's cart is closed with it (P2.3).

    Of what is in both, the account has the larger quantity then, so that logging in twice doubles nothing.

    Raises:
        CartNotFound: No open guest cart has this token.
        CartFull, CurrenciesMixed: The two do not fit into one.
    """
    return await retrying(lambda: _merge(token, into))


async def _merge(token: str, into: Viewer) -> Filled:
    async with transaction():
        account = await own_account(into, is_locked=True)
        require_guardian_consent(account.case)
        cart_id = await _open_cart_of(account.row.id) or await _begin(account.row.id)
        guest = await _locked(Holder(into, token=token))
        mine, theirs = await _quantities(cart_id), await _quantities(guest)
        found = await offers(list(theirs.items()))
        sold = {offer.variant_id: theirs[offer.variant_id] for offer in found if offer is not None}
        filled = await _put(cart_id, {variant: max(n, mine.get(variant, 0)) for variant, n in sold.items()}, adds=False)
        await execute("DELETE FROM cart_line WHERE cart_id = $1", guest)
        await execute("UPDATE cart SET state = 'MERGED' WHERE id = $1", guest)
    return filled


async def read_for_guest(token: str) -> Filled | None:
    """Read what is in a guest's open cart by its token; None if there is none."""
    rows = await fetch("SELECT id FROM cart WHERE token_hash = $1 AND state = 'OPEN'", fingerprint(token))
    return Filled(rows[0]["id"], await looked_at(rows[0]["id"], {}, adds=False)) if rows else None


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


async def _begin(account_id: UUID) -> UUID:
    cart_id = new_id()
    await execute(
        "INSERT INTO cart (id, account_id, state, created_at, updated_at) VALUES ($1, $2, 'OPEN', $3, $3)",
        cart_id,
        account_id,
        clock.now(),
    )
    return cart_id


async def _quantities(cart_id: UUID) -> dict[UUID, int]:
    rows = await fetch("SELECT variant_id, quantity FROM cart_line WHERE cart_id = $1", cart_id)
    return {row["variant_id"]: row["quantity"] for row in rows}


async def _put(cart_id: UUID, wanted: Mapping[UUID, int], *, adds: bool) -> Filled:
    found = await looked_at(cart_id, wanted, adds=adds)
    await _insert(cart_id, found)
    return Filled(cart_id, found)


_INSERT = """
    INSERT INTO cart_line (id, cart_id, variant_id, quantity, currency, seen_price_minor)
    SELECT l.id, $6, l.variant_id, l.quantity, l.currency, l.price
    FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::bigint[])
        AS l(id, variant_id, quantity, currency, price)
    ON CONFLICT (cart_id, variant_id) DO UPDATE SET
        quantity = EXCLUDED.quantity, currency = EXCLUDED.currency, seen_price_minor = EXCLUDED.seen_price_minor
"""
_BEGIN = f"""
    WITH begun AS (INSERT INTO cart (id, token_hash, state, created_at, updated_at) VALUES ($6, $7, 'OPEN', $8, $8))
    {_INSERT}
"""  # noqa: S608 -- of this code alone


async def _insert(cart_id: UUID, lines: Sequence[Line], *, begun_with: bytes | None = None) -> None:
    """Write lines, with a guest's cart of their own where one is begun with a token's fingerprint."""
    wanted = [(line, line.priced.offer) for line in lines if line.is_wanted]
    values: list[object] = [
        [line.id for line, _ in wanted],
        [line.variant_id for line, _ in wanted],
        [line.quantity for line, _ in wanted],
        [offer.unit_price.currency for _, offer in wanted if offer is not None],
        [offer.unit_price.amount_minor for _, offer in wanted if offer is not None],
        cart_id,
    ]
    if begun_with is not None:
        await execute(_BEGIN, *values, begun_with, clock.now())
    elif wanted:
        await execute(_INSERT, *values)
