"""Carts: what somebody thinks of buying, and the actions on them."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from models.bounds import CART_LINES
from models.carts import CartProblemCode
from permissions.fields import classified, mutation, part, root, to_many, to_one
from permissions.may_see import Info
from policy.classes import CART
from policy.subjects import Subject
from resolvers import carts
from resolvers.carts import Held
from schema.enums import described
from schema.errors import UserError
from schema.money import Money
from schema.products import ProductVariant
from schema.relay import Node, node_id, shows

described(
    CartProblemCode,
    "Why a line of a cart cannot be bought as it stands.",
    {
        CartProblemCode.NOT_SOLD: "It is no longer sold.",
        CartProblemCode.OUT_OF_STOCK: "Fewer are in stock than the line wants.",
        CartProblemCode.PRICE_CHANGED: "It costs something else than when it was put into the cart or updated.",
        CartProblemCode.AMOUNT_TOO_LARGE: "So many cost more than any order may.",
    },
)


@strawberry.type(description="What is in the way of buying a line of a cart.")
class CartProblem:
    """A problem, with the remedy."""

    code: CartProblemCode = part("The problem, for programs.")
    message: str = part("The problem and the remedy, for people.")
    line_id: strawberry.ID = part("The id of the line.")
    available: int | None = part("How many can be had, where there are too few.")


@strawberry.type(description="One variant in a cart.")
class CartLine(Node):
    """Prices are those of now, by the line's quantity."""

    about = Subject.ACCOUNT_HOLDER
    is_type_of = shows("CartLine")

    id: strawberry.ID = node_id("CartLine")
    quantity: int | None = classified(CART, "How many.")
    unit_price: Money | None = classified(
        CART, "What one costs now, at this quantity; null if it is not sold.", rows=carts.prices_of, needs=carts.PRICED
    )
    total: Money | None = classified(
        CART,
        "What the line costs now; null if it is not sold, or beyond any amount.",
        rows=carts.line_totals_of,
        needs=carts.PRICED,
    )
    problems: list[CartProblem] | None = classified(
        CART, "What is in the way.", at_most=len(CartProblemCode), rows=carts.line_problems_of, needs=carts.PRICED
    )
    variant: ProductVariant | None = to_one(
        "What it is; null if it is not sold any more.", by="variant_id", rows=carts.variants_of
    )


@strawberry.type(description="What somebody with an account thinks of buying; nobody else sees it.")
class Cart(Node):
    """Who sees a cart at all is `models.carts.Cart.visible_to`."""

    about = Subject.ACCOUNT_HOLDER
    is_type_of = shows("Cart")

    id: strawberry.ID = node_id("Cart")
    updated_at: datetime | None = classified(CART, "When it was changed last.")
    total: Money | None = classified(
        CART, "What all of it costs that is sold; give it to the checkout as `expectedTotal`.", rows=carts.totals_of
    )
    problems: list[CartProblem] | None = classified(
        CART, "What is in the way of ordering it.", at_most=CART_LINES * len(CartProblemCode), rows=carts.problems_of
    )
    lines: list[CartLine] = to_many(
        "What is in it, in the order in which it came.", at_most=CART_LINES, rows=carts.lines_of
    )


@strawberry.type(description="One variant in a guest's cart.")
class GuestCartLine:
    """A guest's cart is about nobody, so its parts are shown to whoever holds its token."""

    id: strawberry.ID = part("The line's id, to update or remove it.")
    quantity: int = part("How many.")
    variant_id: strawberry.ID = part("The id of what it is.")
    unit_price: Money | None = part("What one costs now, at this quantity; null if it is not sold.")
    total: Money | None = part("What the line costs now; null if it is not sold.")
    problems: list[CartProblem] = part("What is in the way.")


@strawberry.type(description="What somebody without an account thinks of buying; it is ordered after logging in.")
class GuestCart:
    """Reached by its token alone."""

    total: Money | None = part("What all of it costs that is sold.")
    lines: list[GuestCartLine] = part("What is in it.")


def _cart(held: Held | None) -> Any:
    return held and held.cart


def _guest_cart(held: Held | None) -> Any:
    return held and held.guest_cart


def _token(held: Held | None) -> str | None:
    return held.token if held is not None else None


_ERRORS = "Why it was refused; empty if it was done."


@strawberry.type(description="The cart as it is now, or why nothing was done.")
class CartPayload:
    """Payload of the actions on carts."""

    cart: Cart | None = part("The cart of an account.", columns=("object",), value=_cart)
    guest_cart: GuestCart | None = part("The cart of a guest.", columns=("object",), value=_guest_cart)
    user_errors: list[UserError] = part(_ERRORS)


@strawberry.type(description="The new cart, or why there is none.")
class CartCreatePayload:
    """Payload of `cartCreate`."""

    cart: Cart | None = part("Your cart, where you are logged in.", columns=("object",), value=_cart)
    guest_cart: GuestCart | None = part("A guest's cart, otherwise.", columns=("object",), value=_guest_cart)
    cart_token: str | None = part(
        "The token of a guest's cart, shown this once: who has it has the cart.", columns=("object",), value=_token
    )
    user_errors: list[UserError] = part(_ERRORS)


@strawberry.input(description="A variant and how many of it.")
class CartLineInput:
    """A line to add."""

    variant_id: strawberry.ID = strawberry.field(description="The variant's id.")
    quantity: int = strawberry.field(default=1, description="How many; added to what is in the cart already.")


@strawberry.input(description="A line and how many it is to have.")
class CartLineUpdateInput:
    """A line to change."""

    id: strawberry.ID = strawberry.field(description="The line's id.")
    quantity: int = strawberry.field(description="How many there are to be.")


_ID = "The id of an account's cart. Or give `cartToken`."
_TOKEN = "The token of a guest's cart. Or give `cartId`."  # noqa: S105


@strawberry.input(description="What to begin a cart with.")
class CartCreateInput:
    """Input of `cartCreate`."""

    lines: list[CartLineInput] = strawberry.field(description="What to put into it at once.")


@strawberry.input(description="What to put into which cart.")
class CartLinesAddInput:
    """Input of `cartLinesAdd`."""

    cart_id: strawberry.ID | None = strawberry.field(default=None, description=_ID)
    cart_token: str | None = strawberry.field(default=None, description=_TOKEN)
    lines: list[CartLineInput] = strawberry.field(description="What to add.")


@strawberry.input(description="Which lines of which cart to change.")
class CartLinesUpdateInput:
    """Input of `cartLinesUpdate`."""

    cart_id: strawberry.ID | None = strawberry.field(default=None, description=_ID)
    cart_token: str | None = strawberry.field(default=None, description=_TOKEN)
    lines: list[CartLineUpdateInput] = strawberry.field(description="The lines with their new quantities.")


@strawberry.input(description="Which lines to take out of which cart.")
class CartLinesRemoveInput:
    """Input of `cartLinesRemove`."""

    cart_id: strawberry.ID | None = strawberry.field(default=None, description=_ID)
    cart_token: str | None = strawberry.field(default=None, description=_TOKEN)
    line_ids: list[strawberry.ID] = strawberry.field(description="The ids of the lines.")


@strawberry.input(description="Which guest's cart to put into yours.")
class CartMergeInput:
    """Input of `cartMerge`."""

    cart_token: str = strawberry.field(description="The token of the guest's cart.")


_INPUT = strawberry.argument(name="input", description="What is wanted.")


_BEGUN = strawberry.argument(name="input", description="What to put into it at once; nothing if left out.")


async def _cart_create(info: Info, given: Annotated[CartCreateInput | None, _BEGUN] = None) -> CartCreatePayload:
    lines = [(line.variant_id, line.quantity) for line in given.lines] if given is not None else []
    return await carts.cart_create(info.context.viewer, lines)  # pyright: ignore[reportReturnType]


async def _cart_lines_add(info: Info, given: Annotated[CartLinesAddInput, _INPUT]) -> CartPayload:
    lines = [(line.variant_id, line.quantity) for line in given.lines]
    return await carts.lines_add(info.context.viewer, given.cart_id, given.cart_token, lines)  # pyright: ignore[reportReturnType]


async def _cart_lines_update(info: Info, given: Annotated[CartLinesUpdateInput, _INPUT]) -> CartPayload:
    lines = [(line.id, line.quantity) for line in given.lines]
    return await carts.lines_update(info.context.viewer, given.cart_id, given.cart_token, lines)  # pyright: ignore[reportReturnType]


async def _cart_lines_remove(info: Info, given: Annotated[CartLinesRemoveInput, _INPUT]) -> CartPayload:
    return await carts.lines_remove(info.context.viewer, given.cart_id, given.cart_token, given.line_ids)  # pyright: ignore[reportReturnType]


async def _cart_merge(info: Info, given: Annotated[CartMergeInput, _INPUT]) -> CartPayload:
    return await carts.cart_merge(info.context.viewer, given.cart_token)  # pyright: ignore[reportReturnType]


@strawberry.type
class CartMutations:
    """Mutations of the cart slice."""

    cart_create: CartCreatePayload = mutation(
        "Give your open cart, or begin one; without an account, a guest's.", resolver=_cart_create
    )
    cart_lines_add: CartPayload = mutation("Put variants into a cart.", resolver=_cart_lines_add)
    cart_lines_update: CartPayload = mutation(
        "Set quantities, and agree to the present prices of these lines.", resolver=_cart_lines_update
    )
    cart_lines_remove: CartPayload = mutation("Take lines out of a cart.", resolver=_cart_lines_remove)
    cart_merge: CartPayload = mutation(
        "Put a guest's cart into yours after logging in; of what is in both, the larger quantity counts.",
        resolver=_cart_merge,
    )


async def _open_cart(info: Info) -> Any:
    return await carts.open_cart(info.context.viewer)


async def _find_guest_cart(
    info: Info, token: Annotated[str, strawberry.argument(description="The cart's token.")]
) -> Any:
    return await carts.guest_cart(token)


@strawberry.type
class CartQueries:
    """Reads of the cart slice."""

    cart: Cart | None = root("Your open cart; null if there is none.", resolver=_open_cart)
    guest_cart: GuestCart | None = root("A guest's open cart by its token.", resolver=_find_guest_cart)
