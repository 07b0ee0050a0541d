"""The checkout: from a cart to an order that is placed and paid, in one request."""

from decimal import Decimal
from typing import Annotated, Any

import strawberry

from models.payments import InstitutionName
from permissions.fields import mutation, part
from permissions.may_see import Info
from resolvers import checkout
from resolvers.checkout import Attestation, Delivery
from schema.carts import CartLineInput
from schema.enums import CurrencyCode
from schema.errors import UserError
from schema.orders import Order


def _given(description: str) -> Any:
    return strawberry.field(default=None, description=description)


def _needed(description: str) -> Any:
    return strawberry.field(description=description)


@strawberry.input(description="Whom the order goes to. Name, phone, street, city and country are needed.")
class RecipientInput:
    """The fields may be null, so that what is missing is answered by a user error that names it."""

    is_self: bool = _needed("Whether it is you; for anybody else `attestation` is needed.")
    name: str | None = _given("Who takes the parcel, of at most 100 characters.")
    phone: str | None = _given("Whom the courier calls: a number with its country code, or in the country's own form.")
    street: str | None = _given("Street, house and what else the courier needs, of at most 200 characters.")
    city: str | None = _given("City or place, of at most 100 characters.")
    postal_code: str | None = _given("Postal code, where the country has them.")
    country: str | None = _given("Country, as an ISO 3166-1 code; left out, that of `@inContext`.")


@strawberry.input(description="Your word that somebody else allows you to give their data.")
class AttestationInput:
    """What a buyer warrants of a third party."""

    is_authorised: bool = _needed("That the recipient allows it, and was told of the privacy policy.")
    policy_version: int = _needed("The number of the policy's version they were told of: the one in force.")


@strawberry.input(description="A sum of money, exact.")
class MoneyInput:
    """An amount and its currency."""

    amount: Decimal = _needed("The amount in the currency's main unit: `12.50`.")
    currency_code: CurrencyCode = _needed("The currency.")


@strawberry.input(description="How to pay.")
class PaymentInput:
    """The institution, for now; later what it needs."""

    institution: InstitutionName = _needed("Who takes the money.")


@strawberry.input(description="What to order, for whom, and how to pay for it.")
class CheckoutCompleteInput:
    """Input of `checkoutComplete`."""

    cart_id: strawberry.ID | None = _given("The id of your cart, all of which is ordered. Or give `lines`.")
    lines: list[CartLineInput] | None = _given("What to order from no cart. Or give `cartId`.")
    recipient: RecipientInput = _needed("Whom it goes to.")
    attestation: AttestationInput | None = _given("Your word for a recipient who is not you.")
    is_recipient_child: bool = strawberry.field(
        default=False, description="Whether the recipient is a child; then `guardianConsentAttested` is needed."
    )
    guardian_consent_attested: bool = strawberry.field(
        default=False, description="That the child's guardian has consented to their data being given."
    )
    expected_total: MoneyInput = _needed("The total that the buyer was shown; at any other nothing is ordered.")
    payment: PaymentInput = _needed("How to pay.")
    confirms_sensitive: bool = strawberry.field(
        default=False,
        description="That the buyer was told what the address is used for, and wants the order to go there; needed for "
        "every order, because an address is sensitive.",
    )
    idempotency_key: str = _needed(
        "Chosen by you for this order, such as a random UUID. Sent again with the same input, it gives the same order."
    )


@strawberry.type(description="The order, placed and paid, or why nothing was ordered.")
class CheckoutCompletePayload:
    """Payload of `checkoutComplete`."""

    order: Order | None = part("The order; null if nothing was ordered or charged.", columns=("object",))
    user_errors: list[UserError] = part("Why it was refused; empty if it was done.")


Input = Annotated[CheckoutCompleteInput, strawberry.argument(name="input", description="What is wanted.")]


async def _checkout_complete(info: Info, given: Input) -> CheckoutCompletePayload:
    to, word = given.recipient, given.attestation
    delivery = Delivery(
        is_self=to.is_self,
        name=to.name,
        phone=to.phone,
        street=to.street,
        city=to.city,
        postal_code=to.postal_code,
        country=to.country or info.context.asked_in.country,
        is_child=given.is_recipient_child,
    )
    attestation = Attestation(
        is_authorised=word is not None and word.is_authorised,
        policy_version=word.policy_version if word is not None else None,
        guardian_consents=given.guardian_consent_attested,
    )
    return await checkout.complete(  # pyright: ignore[reportReturnType]  # payload types read from the outcome
        info.context.viewer,
        given.cart_id,
        [(line.variant_id, line.quantity) for line in given.lines or ()],
        delivery,
        attestation,
        expected=(given.expected_total.amount, given.expected_total.currency_code.name),
        institution=given.payment.institution,
        is_confirmed=given.confirms_sensitive,
        key=given.idempotency_key,
    )


@strawberry.type
class CheckoutMutations:
    """Mutations of the checkout."""

    checkout_complete: CheckoutCompletePayload = mutation(
        "Order what is in your cart, or what you name, and pay for it: all of it, once, or nothing.",
        resolver=_checkout_complete,
    )
