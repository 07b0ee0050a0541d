"""How far people are verified, and the checks of who they are."""

from datetime import datetime
from typing import Any

import strawberry

from models.identity_verifications import VerificationState
from permissions.fields import After, Before, First, Last, classified, root
from permissions.may_see import Info
from permissions.scopes import IDENTITY_CHECKS_READ, needs
from policy.classes import PHONE, VERIFICATION
from policy.subjects import Subject
from policy.verification import VerificationLevel
from resolvers import identity_verifications
from schema.enums import described
from schema.relay import Connection, Node, node_id, shows

described(
    VerificationState,
    "How far a check of somebody's identity has come.",
    {
        VerificationState.PENDING: "The provider has not answered yet; the shop asks again by itself.",
        VerificationState.VERIFIED: "They are whom the document names, and have reached `level`.",
        VerificationState.REFUSED: "The provider does not say so.",
        VerificationState.EXPIRED: "It ended without an answer that counts: begin another.",
    },
)


described(
    VerificationLevel,
    "How far somebody is verified; each level holds those before it.",
    {
        VerificationLevel.NONE: "Nothing is proven of them.",
        VerificationLevel.ADDRESS: "A code has shown that an e-mail address or a phone number is theirs.",
        VerificationLevel.NAME: "A provider has found that they are whom an identity document names.",
        VerificationLevel.ADULT: "It has found besides that they are of age where they live.",
    },
)


@strawberry.type(description="How far somebody is verified.")
class Verification:
    """What an action needs of it, its error says (P2.1)."""

    about = Subject.ACCOUNT_HOLDER

    level: VerificationLevel | None = classified(VERIFICATION, "The highest level that they have.")
    verified_at: datetime | None = classified(
        VERIFICATION, "When a provider found it; null below `NAME`.", columns=("closed_at",)
    )
    provider: str | None = classified(VERIFICATION, "Which provider did; null below `NAME`.")


@strawberry.type(description="One check of who somebody is, by a document.")
class IdentityVerification(Node):
    """Holds nothing of the document (P1.4)."""

    about = Subject.ACCOUNT_HOLDER
    is_type_of = shows("IdentityVerification")

    id: strawberry.ID = node_id("IdentityVerification")
    level: VerificationLevel | None = classified(VERIFICATION, "The level that is reached if it ends well.")
    state: VerificationState | None = classified(
        VERIFICATION,
        "How far it has come.",
        columns=("state", "expires_at"),
        value=identity_verifications.state_at,
    )
    provider: str | None = classified(VERIFICATION, "Who checks it.")
    reference: str | None = classified(
        VERIFICATION, "By which the provider is asked for it.", rows=identity_verifications.references_of
    )
    phone: str | None = classified(
        PHONE, "The phone number that the person signs in with, if they do.", rows=identity_verifications.phones_of
    )
    created_at: datetime | None = classified(VERIFICATION, "When it was asked for.")
    expires_at: datetime | None = classified(VERIFICATION, "Until when the provider can answer.")
    closed_at: datetime | None = classified(VERIFICATION, "When it ended; null while it is pending.")


async def _checks(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Any:
    return await identity_verifications.visible_to(
        info.context.viewer, first=first, after=after, last=last, before=before
    )


@strawberry.type
class IdentityVerificationQueries:
    """Reads of checks."""

    identity_checks: Connection[IdentityVerification] = root(
        "All checks of people that you may know of, the newest first; for a provider's token those that it works on.",
        resolver=_checks,
        extensions=[needs(IDENTITY_CHECKS_READ)],
    )
