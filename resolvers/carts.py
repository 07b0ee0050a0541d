"""Reads and writes behind the cart fields."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from commerce import carts
from commerce.carts import CartProblem, Holder, Priced
from models.carts import Cart, CartLine, CartProblemCode
from models.ids import public_id
from models.money import Money
from models.products import ProductVariant
from models.rows import PageRequest
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.nodes import row_id
from resolvers.outcomes import outcome


@dataclass(frozen=True, slots=True)
class ShownProblem:
    """What is in the way of a line, with the line's public id."""

    code: CartProblemCode
    message: str
    line_id: str
    available: int | None


def _shown(problem: CartProblem) -> ShownProblem:
    return ShownProblem(problem.code, problem.message, public_id("CartLine", problem.line_id), problem.available)


@dataclass(frozen=True, slots=True)
class GuestLine:
    """A line of a guest's cart, with what it costs now."""

    id: str
    quantity: int
    variant_id: str
    unit_price: Money | None
    total: Money | None
    problems: list[ShownProblem]


@dataclass(frozen=True, slots=True)
class GuestContents:
    """What is in a guest's cart, which is about nobody."""

    lines: list[GuestLine]
    total: Money | None


@dataclass(frozen=True, slots=True)
class Held:
    """A cart as its holder has it: an account's, or a guest's with, at first, its token."""

    cart: Seen[Cart] | None = None
    guest_cart: GuestContents | None = None
    token: str | None = None


async def open_cart(viewer: Viewer) -> Seen[Cart] | None:
    """Find the viewer's open cart, the one begun last; members of staff have none of their own."""
    if viewer.person is None:
        return None
    found = await Cart.visible_to(viewer).page(PageRequest(1))
    return next(iter(found.rows), None)


async def guest_cart(token: str) -> GuestContents | None:
    """Read a guest's open cart by its token; None if there is none."""
    lines = await carts.read_for_guest(token)
    if lines is None:
        return None
    priced = await carts.priced(lines)
    return GuestContents([_guest_line(*pair) for pair in zip(lines, priced, strict=True)], carts.total_of(priced))


def _guest_line(line: CartLine, priced: Priced) -> GuestLine:
    row: Any = line
    return GuestLine(
        id=public_id("CartLine", row.id),
        quantity=row.quantity,
        variant_id=public_id("ProductVariant", row.variant_id),
        unit_price=priced.offer and priced.offer.unit_price,
        total=priced.total,
        problems=[_shown(problem) for problem in priced.problems],
    )


async def lines_of(parents: Sequence[Seen[Cart]], viewer: Viewer) -> list[list[Seen[CartLine]]]:
    """Read the lines of each cart."""
    found = await CartLine.visible_to(viewer).by("cart_id", [parent.row.id for parent in parents])
    return [found[parent.row.id] for parent in parents]


async def totals_of(parents: Sequence[Seen[Cart]], viewer: Viewer) -> list[Money | None]:
    """Add up each cart."""
    return [carts.total_of(priced) for priced in await _priced_by_cart(parents, viewer)]


async def problems_of(parents: Sequence[Seen[Cart]], viewer: Viewer) -> list[list[ShownProblem]]:
    """List what is in the way of ordering each cart."""
    return [
        [_shown(problem) for line in priced for problem in line.problems]
        for priced in await _priced_by_cart(parents, viewer)
    ]


PRICED = ("quantity", "currency", "seen_price_minor")
"""What is looked at of a line to tell what it costs."""


async def prices_of(parents: Sequence[Seen[CartLine]], viewer: Viewer) -> list[Money | None]:
    """Tell what one of each line costs now."""
    return [priced.offer and priced.offer.unit_price for priced in await _priced(parents)]


async def line_totals_of(parents: Sequence[Seen[CartLine]], viewer: Viewer) -> list[Money | None]:
    """Tell what each line costs now."""
    return [priced.total for priced in await _priced(parents)]


async def line_problems_of(parents: Sequence[Seen[CartLine]], viewer: Viewer) -> list[list[ShownProblem]]:
    """List what is in the way of each line."""
    return [[_shown(problem) for problem in priced.problems] for priced in await _priced(parents)]


async def variants_of(parents: Sequence[Seen[CartLine]], viewer: Viewer) -> list[Seen[ProductVariant] | None]:
    """Read the variant of each line, where it is still shown."""
    found = await ProductVariant.visible_to(viewer).by("id", [parent.row.variant_id for parent in parents])
    return [next(iter(found[parent.row.variant_id]), None) for parent in parents]


@outcome
async def cart_create(viewer: Viewer) -> Held:
    """Give the account's cart; to whoever has no account, a guest's cart with its token."""
    if viewer.person is not None:
        return await _held(viewer, await carts.create(viewer), None)
    token = await carts.create_for_guest()
    return Held(guest_cart=await guest_cart(token), token=token)


@outcome
async def lines_add(viewer: Viewer, cart_id: str | None, token: str | None, lines: Sequence[tuple[str, int]]) -> Held:
    """Put variants into a cart, and read it."""
    wanted = [(row_id(variant, "ProductVariant", viewer), quantity) for variant, quantity in lines]
    return await _held(viewer, await carts.add(_holder(viewer, cart_id, token), wanted), token)


@outcome
async def lines_update(
    viewer: Viewer, cart_id: str | None, token: str | None, lines: Sequence[tuple[str, int]]
) -> Held:
    """Set quantities, and read the cart."""
    wanted = [(row_id(line, "CartLine", viewer), quantity) for line, quantity in lines]
    return await _held(viewer, await carts.update(_holder(viewer, cart_id, token), wanted), token)


@outcome
async def lines_remove(viewer: Viewer, cart_id: str | None, token: str | None, lines: Sequence[str]) -> Held:
    """Take lines out of a cart, and read it."""
    wanted = [row_id(line, "CartLine", viewer) for line in lines]
    return await _held(viewer, await carts.remove(_holder(viewer, cart_id, token), wanted), token)


@outcome
async def cart_merge(viewer: Viewer, token: str) -> Held:
    """Put a guest's cart into the account's, and read that."""
    return await _held(viewer, await carts.merge(token, into=viewer), None)


async def merged_at_login(viewer: Viewer, token: str) -> Seen[Cart] | None:
    """
    Put a guest's cart into that of whoever has just signed in; None where it cannot be.

    Signing in does not depend on it: the guest's cart stays as it is then, and `cartMerge` says why.
    """
    held = (await cart_merge(viewer, token)).object
    return None if held is None else held.cart


def _holder(viewer: Viewer, cart_id: str | None, token: str | None) -> Holder:
    return Holder(viewer, row_id(cart_id, "Cart", viewer) if cart_id is not None else None, token)


async def _held(viewer: Viewer, cart_id: UUID, token: str | None) -> Held:
    if token is not None:
        return Held(guest_cart=await guest_cart(token))
    return Held(cart=await Cart.visible_to(viewer).where(id=cart_id).one())


async def _priced(parents: Sequence[Seen[CartLine]]) -> list[Priced]:
    return await carts.priced([parent.row for parent in parents])


async def _priced_by_cart(parents: Sequence[Seen[Cart]], viewer: Viewer) -> list[list[Priced]]:
    lines = await lines_of(parents, viewer)
    rest = iter(await _priced([line for held in lines for line in held]))
    return [[next(rest) for _ in held] for held in lines]
