"""Reads and writes behind the cart fields."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from commerce import cart_contents, carts
from commerce.cart_contents import CartProblem, Filled, Line, Priced
from commerce.carts import Holder
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


@dataclass(slots=True)
class _Contents:
    """What is read of carts once, however many fields of one answer show something of it."""

    lines: dict[UUID, list[Seen[CartLine]]] = field(default_factory=dict[UUID, "list[Seen[CartLine]]"])
    priced: dict[tuple[UUID, int], Priced] = field(default_factory=dict[tuple[UUID, int], Priced])
    """By line and quantity, as somebody may change a quantity between two statements."""


class _SeenCart(Seen[Cart]):
    __slots__ = ("contents",)

    def __init__(self, seen: Seen[Cart], contents: _Contents) -> None:
        super().__init__(seen.row, seen.alike, seen.core, seen.order)
        self.contents = contents


class _SeenLine(Seen[CartLine]):
    __slots__ = ("contents",)

    def __init__(self, seen: Seen[CartLine], contents: _Contents) -> None:
        super().__init__(seen.row, seen.alike, seen.core, seen.order)
        self.contents = contents


def _contents_of(parents: Sequence[Seen[Cart] | Seen[CartLine]]) -> _Contents:
    """Find what is known of carts or lines that were read together; nothing is of others."""
    first = parents[0]
    if isinstance(first, _SeenCart | _SeenLine):
        known = first.contents
        if all(isinstance(each, _SeenCart | _SeenLine) and each.contents is known for each in parents):
            return known
    return _Contents()


async def open_cart(viewer: Viewer) -> Seen[Cart] | None:
    """Find the viewer's open cart, the one begun last; members of staff have none of their own."""
    if viewer.person is None:
        return None
    found = await Cart.visible_to(viewer).page(PageRequest(1))
    return next((_SeenCart(cart, _Contents()) for cart in found.rows), None)


async def guest_cart(token: str) -> GuestContents | None:
    """Read a guest's open cart by its token; None if there is none."""
    filled = await carts.read_for_guest(token)
    return None if filled is None else _guest_contents(filled)


def _guest_contents(filled: Filled) -> GuestContents:
    total = cart_contents.total_of([line.priced for line in filled.lines])
    return GuestContents([_guest_line(line) for line in filled.lines], total)


def _guest_line(line: Line) -> GuestLine:
    return GuestLine(
        id=public_id("CartLine", line.id),
        quantity=line.quantity,
        variant_id=public_id("ProductVariant", line.variant_id),
        unit_price=line.priced.offer and line.priced.offer.unit_price,
        total=line.priced.total,
        problems=[_shown(problem) for problem in line.priced.problems],
    )


PRICED = ("quantity", "currency", "seen_price_minor")
"""What is looked at of a line to tell what it costs."""


async def lines_of(parents: Sequence[Seen[Cart]], viewer: Viewer) -> list[list[Seen[CartLine]]]:
    """Read the lines of each cart."""
    contents, ids = _contents_of(parents), [parent.row.id for parent in parents]
    if not contents.lines.keys() >= set(ids):
        found = await CartLine.visible_to(viewer).looking_at(*PRICED).by("cart_id", ids)
        contents.lines |= {cart: [_SeenLine(line, contents) for line in lines] for cart, lines in found.items()}
    return [contents.lines[cart] for cart in ids]


async def totals_of(parents: Sequence[Seen[Cart]], viewer: Viewer) -> list[Money | None]:
    """Add up each cart."""
    return [cart_contents.total_of(priced) for priced in await _priced_by_cart(parents, viewer)]


async def problems_of(parents: Sequence[Seen[Cart]], viewer: Viewer) -> list[list[ShownProblem]]:
    """List what is in the way of ordering each cart."""
    return [
        [_shown(problem) for line in priced for problem in line.problems]
        for priced in await _priced_by_cart(parents, viewer)
    ]


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
async def cart_create(viewer: Viewer, lines: Sequence[tuple[str, int]] = ()) -> Held:
    """Give the account's cart; to whoever has no account, a guest's cart with its token. Put lines into it."""
    wanted = _wanted(lines, viewer)
    if viewer.person is not None:
        return await _held(viewer, await carts.create(viewer, wanted), None)
    token, filled = await carts.create_for_guest(wanted)
    return Held(guest_cart=_guest_contents(filled), token=token)


@outcome
async def lines_add(viewer: Viewer, cart_id: str | None, token: str | None, lines: Sequence[tuple[str, int]]) -> Held:
    """Put variants into a cart, and show it."""
    return await _held(viewer, await carts.add(_holder(viewer, cart_id, token), _wanted(lines, viewer)), token)


@outcome
async def lines_update(
    viewer: Viewer, cart_id: str | None, token: str | None, lines: Sequence[tuple[str, int]]
) -> Held:
    """Set quantities, and show the cart."""
    wanted = [(row_id(line, "CartLine", viewer), quantity) for line, quantity in lines]
    return await _held(viewer, await carts.update(_holder(viewer, cart_id, token), wanted), token)


@outcome
async def lines_remove(viewer: Viewer, cart_id: str | None, token: str | None, lines: Sequence[str]) -> Held:
    """Take lines out of a cart, and show it."""
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


def _wanted(lines: Sequence[tuple[str, int]], viewer: Viewer) -> list[tuple[UUID | None, int]]:
    return [(row_id(variant, "ProductVariant", viewer), quantity) for variant, quantity in lines]


def _holder(viewer: Viewer, cart_id: str | None, token: str | None) -> Holder:
    return Holder(viewer, row_id(cart_id, "Cart", viewer) if cart_id is not None else None, token)


async def _held(viewer: Viewer, filled: Filled, token: str | None) -> Held:
    if token is not None:
        return Held(guest_cart=_guest_contents(filled))
    seen = await Cart.visible_to(viewer).where(id=filled.cart_id).one()
    if seen is None:
        return Held()
    priced = {(line.id, line.quantity): line.priced for line in filled.lines}
    return Held(cart=_SeenCart(seen, _Contents(priced=priced)))


async def _priced(parents: Sequence[Seen[CartLine]]) -> list[Priced]:
    known = _contents_of(parents).priced if parents else {}
    keys = [_key(parent) for parent in parents]
    unknown = {key: parent.row for key, parent in zip(keys, parents, strict=True) if key not in known}
    if unknown:
        known.update(zip(unknown, await cart_contents.priced(list(unknown.values())), strict=True))
    return [known[key] for key in keys]


def _key(line: Seen[CartLine]) -> tuple[UUID, int]:
    row: Any = line.row
    return row.id, row.quantity


async def _priced_by_cart(parents: Sequence[Seen[Cart]], viewer: Viewer) -> list[list[Priced]]:
    lines = await lines_of(parents, viewer)
    rest = iter(await _priced([line for held in lines for line in held]))
    return [[next(rest) for _ in held] for held in lines]
