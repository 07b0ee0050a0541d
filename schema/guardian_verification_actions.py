"""What guardians do to be verified as adults."""

from typing import Annotated, Any

import strawberry

from permissions.fields import mutation, part
from permissions.may_see import Info
from resolvers import guardian_verifications
from schema.errors import UserError
from schema.guardian_verifications import GuardianVerification
from schema.sessions import ERRORS, INPUT


@strawberry.input(description="Who you are, by a document. It goes to the provider of the check and is not stored.")
class GuardianVerifyInput:
    """Input of `guardianVerify`: the least that a check takes (P1.4)."""

    name: str = strawberry.field(description="Your name as the document has it, of at most 100 characters.")
    identity_number: str = strawberry.field(description="The document's number, of at most 64 characters.")
    confirms_sensitive: bool = strawberry.field(
        default=False, description="That you agree to sending this to the provider; without it nothing is sent."
    )


@strawberry.type(description="The check, or why none was begun.")
class GuardianVerifyPayload:
    """Payload of `guardianVerify`."""

    verification: GuardianVerification | None = part(
        "The check as it stands; null if nothing was done.", columns=("object",)
    )
    user_errors: list[UserError] = part(ERRORS)


async def _verify(info: Info, wanted: Annotated[GuardianVerifyInput, INPUT]) -> Any:
    return await guardian_verifications.verify(
        info.context.viewer, wanted.name, wanted.identity_number, is_confirmed=wanted.confirms_sensitive
    )


@strawberry.type
class GuardianVerificationMutations:
    """Mutations of guardians who are verified."""

    guardian_verify: GuardianVerifyPayload = mutation(
        "Have it verified that you are an adult, as guardians have to be. Consent to `IDENTITY_VERIFICATION` first.",
        resolver=_verify,
    )
