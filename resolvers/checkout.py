"""The write behind the checkout."""

from collections.abc import Sequence
from decimal import Decimal

from commerce import checkout, prices
from commerce.checkout import Wish
from commerce.idempotency import BadIdempotencyKey, IdempotencyConflict
from commerce.recipients import Attestation, Delivery
from models.orders import Order
from models.payments import InstitutionName
from policy.refused import Refused
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.nodes import row_id
from resolvers.outcomes import Outcome, outcome

__all__ = ["Attestation", "Delivery", "complete"]


async def complete(
    viewer: Viewer,
    cart_id: str | None,
    lines: Sequence[tuple[str, int]],
    delivery: Delivery,
    attestation: Attestation,
    *,
    expected: tuple[Decimal, str],
    institution: InstitutionName,
    is_confirmed: bool,
    key: str,
) -> Outcome:
    """
    Order what is in a cart, or named, and read the order.

    Raises:
        Refused: `BAD_ARGUMENT` where neither or both are given; `IDEMPOTENCY_CONFLICT`, `BAD_IDEMPOTENCY_KEY`.
    """
    if (cart_id is None) is not bool(lines):
        raise Refused("BAD_ARGUMENT", "Give either `cartId` or `lines`, and not both.")
    try:
        return await _complete(viewer, cart_id, lines, delivery, attestation, expected, institution, is_confirmed, key)
    except IdempotencyConflict as conflict:
        raise Refused("IDEMPOTENCY_CONFLICT", str(conflict)) from None
    except BadIdempotencyKey as bad:
        raise Refused("BAD_IDEMPOTENCY_KEY", str(bad)) from None


@outcome
async def _complete(
    viewer: Viewer,
    cart_id: str | None,
    lines: Sequence[tuple[str, int]],
    delivery: Delivery,
    attestation: Attestation,
    expected: tuple[Decimal, str],
    institution: InstitutionName,
    is_confirmed: bool,
    key: str,
) -> Seen[Order] | None:
    total = prices.amount(*expected, field=("expectedTotal",))
    wanted = [(row_id(variant, "ProductVariant", viewer), quantity) for variant, quantity in lines]
    cart = row_id(cart_id, "Cart", viewer) if cart_id is not None else None
    wish = Wish(cart, delivery, attestation, total, institution, is_confirmed, wanted)
    ordered = await checkout.complete(wish, key=key, by=viewer)
    return await Order.visible_to(viewer).where(id=ordered).one()
