"""Checks of whether a guardian is the adult who they say they are."""

from datetime import datetime

import strawberry

from models.guardian_verifications import VerificationState
from permissions.fields import classified
from policy.classes import VERIFICATION
from policy.subjects import Subject
from resolvers import guardian_verifications
from schema.enums import described
from schema.relay import Node, node_id, shows

described(
    VerificationState,
    "How far a check of somebody's identity has come.",
    {
        VerificationState.PENDING: "The provider has not answered yet; the shop asks again by itself.",
        VerificationState.VERIFIED: "They are the adult whom the document names.",
        VerificationState.REFUSED: "The provider does not say so.",
        VerificationState.EXPIRED: "It ended without an answer that counts: begin another.",
    },
)


@strawberry.type(description="One check of whether somebody is an adult, which guardians need.")
class GuardianVerification(Node):
    """Holds nothing of the document (P1.4)."""

    about = Subject.GUARDIAN
    is_type_of = shows("GuardianVerification")

    id: strawberry.ID = node_id("GuardianVerification")
    state: VerificationState | None = classified(
        VERIFICATION,
        "How far it has come.",
        columns=("state", "expires_at"),
        value=guardian_verifications.state_at,
    )
    provider: str | None = classified(VERIFICATION, "Who checks it.")
    created_at: datetime | None = classified(VERIFICATION, "When it was asked for.")
    expires_at: datetime | None = classified(VERIFICATION, "Until when the provider can answer.")
    closed_at: datetime | None = classified(VERIFICATION, "When it ended; null while it is pending.")
