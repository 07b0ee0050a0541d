"""What people do about their own consents."""

from typing import Annotated, Any

import strawberry

from permissions.fields import mutation, part, root
from permissions.may_see import Info
from policy.purposes import Purpose
from resolvers import consents
from schema.consents import CheckedConsentReceipt
from schema.errors import UserError
from schema.sessions import ERRORS, INPUT
from schema.users import User

_ACCOUNT = "Your account as it is now; null if nothing was done."


@strawberry.input(description="What you consent to for yourself.")
class ConsentGiveInput:
    """Input of `consentGive`."""

    purposes: list[Purpose] = strawberry.field(
        description="Of those that `privacyPolicy { consents }` lists; one that is separate goes alone."
    )


@strawberry.type(description="Your account, or why nothing was recorded.")
class ConsentGivePayload:
    """Payload of `consentGive`."""

    account: User | None = part(_ACCOUNT, columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


@strawberry.input(description="What you no longer consent to.")
class ConsentWithdrawInput:
    """Input of `consentWithdraw`."""

    purposes: list[Purpose] | None = strawberry.field(default=None, description="Left out, everything is withdrawn.")


@strawberry.type(description="Your account, or why nothing was recorded.")
class ConsentWithdrawPayload:
    """Payload of `consentWithdraw`."""

    account: User | None = part(_ACCOUNT, columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


async def _give(info: Info, wanted: Annotated[ConsentGiveInput, INPUT]) -> Any:
    return await consents.consent_give(info.context.viewer, wanted.purposes)


async def _withdraw(info: Info, wanted: Annotated[ConsentWithdrawInput, INPUT]) -> Any:
    return await consents.consent_withdraw(info.context.viewer, wanted.purposes)


async def _verify(receipt: Annotated[str, strawberry.argument(description="The whole text of the receipt.")]) -> Any:
    return consents.check(receipt)


@strawberry.type
class ConsentQueries:
    """Reads of consents that need no account."""

    consent_receipt_verify: CheckedConsentReceipt = root(
        "Whether a receipt of a consent is genuine; asked by whoever holds one.", resolver=_verify
    )


@strawberry.type
class ConsentMutations:
    """Mutations of people's own consents."""

    consent_give: ConsentGivePayload = mutation(
        "Consent to purposes for yourself. Nothing else in the shop waits for any of them.", resolver=_give
    )
    consent_withdraw: ConsentWithdrawPayload = mutation(
        "Withdraw what you consented to; what it opened is closed at once.", resolver=_withdraw
    )
