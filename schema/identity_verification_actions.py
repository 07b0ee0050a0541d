"""What people do to be verified."""

from typing import Annotated, Any

import strawberry

from permissions.fields import mutation, part
from permissions.may_see import Info
from resolvers import identity_verifications
from schema.errors import UserError
from schema.identity_verifications import IdentityVerification
from schema.sessions import ERRORS, INPUT


@strawberry.input(
    description="Who you are, by a document. It goes to the provider of the check and is not stored; the phone number "
    "that you sign in with goes with it, if you do."
)
class IdentityVerifyInput:
    """Input of `identityVerify`: the least that a check takes, beside the phone number signed in with (P1.4)."""

    name: str = strawberry.field(description="Your name as the document has it, of at most 100 characters.")
    identity_number: str = strawberry.field(description="The document's number, of at most 64 characters.")
    of_age: bool = strawberry.field(
        default=False,
        description="Whether it is to be found as well that you are of age where you live, as guardians have to be.",
    )
    confirms_sensitive: bool = strawberry.field(
        default=False, description="That you agree to sending this to the provider; without it nothing is sent."
    )


@strawberry.type(description="The check, or why none was begun.")
class IdentityVerifyPayload:
    """Payload of `identityVerify`."""

    verification: IdentityVerification | None = part(
        "The check as it stands; null if nothing was done.", columns=("object",)
    )
    user_errors: list[UserError] = part(ERRORS)


async def _verify(info: Info, wanted: Annotated[IdentityVerifyInput, INPUT]) -> Any:
    return await identity_verifications.verify(
        info.context.viewer,
        wanted.name,
        wanted.identity_number,
        is_of_age=wanted.of_age,
        is_confirmed=wanted.confirms_sensitive,
    )


@strawberry.type
class IdentityVerificationMutations:
    """Mutations of people who are verified."""

    identity_verify: IdentityVerifyPayload = mutation(
        "Have your name verified, and with `ofAge` that you are an adult. Consent to `IDENTITY_VERIFICATION` first; if "
        "you are under age, your guardian does.",
        resolver=_verify,
    )
