"""Guardians of minors: who they are to each other, how it was asked, and what was consented to."""

from datetime import datetime

import strawberry

from models.guardianships import ChallengeState, GuardianshipState
from models.money import Money as Sum
from permissions.fields import classified
from policy.classes import CONSENT, PERSON_NAME
from policy.purposes import Purpose
from policy.subjects import Subject
from resolvers import consents, guardianships
from schema.enums import described
from schema.money import Money, money
from schema.relay import Node, node_id, shows

described(
    GuardianshipState,
    "Whether a guardian watches over a minor.",
    {GuardianshipState.ACTIVE: "They do.", GuardianshipState.ENDED: "They did."},
)
described(
    ChallengeState,
    "How far the invitation of a guardian has come.",
    {
        ChallengeState.PENDING: "It waits for an answer.",
        ChallengeState.ACCEPTED: "The invited person is the guardian.",
        ChallengeState.REFUSED: "The invited person has declined.",
        ChallengeState.EXPIRED: "Nobody answered in time.",
        ChallengeState.WITHDRAWN: "The minor took it back.",
    },
)


def _purpose(name: str) -> Purpose:
    return Purpose[name]


def _limit(amount_minor: int | None, currency: str | None) -> Sum | None:
    return None if amount_minor is None or currency is None else money(amount_minor, currency)


@strawberry.type(description="That an adult watches over a minor.")
class Guardianship(Node):
    """The minor and the guardian know of it (P7.2)."""

    about = Subject.WARD
    is_type_of = shows("Guardianship")

    id: strawberry.ID = node_id("Guardianship")
    state: GuardianshipState | None = classified(CONSENT, "Whether it lasts.")
    since: datetime | None = classified(CONSENT, "When the guardian accepted.", columns=("created_at",))
    guardian_name: str | None = classified(
        PERSON_NAME,
        "How the guardian wants to be called by the minor; null if they gave no name.",
        about=Subject.GUARDIAN,
    )
    purchase_limit: Money | None = classified(
        CONSENT,
        "The total above which the guardian approves each order of the minor, and every order in another currency; "
        "null for no limit.",
        columns=("purchase_limit_minor", "purchase_limit_currency"),
        value=_limit,
    )


@strawberry.type(description="That a minor has invited somebody to be their guardian, and what came of it.")
class GuardianChallenge(Node):
    """Holds nothing of whom was invited: the invitation alone does, and forgets it with the answer."""

    about = Subject.WARD
    is_type_of = shows("GuardianChallenge")

    id: strawberry.ID = node_id("GuardianChallenge")
    state: ChallengeState | None = classified(
        CONSENT, "How far it has come.", columns=("state", "expires_at"), value=guardianships.state_at
    )
    sends: int | None = classified(CONSENT, "How often it was sent, the first time included.")
    sent_at: datetime | None = classified(CONSENT, "When it was sent for the last time.")
    created_at: datetime | None = classified(CONSENT, "When the minor invited.")
    expires_at: datetime | None = classified(CONSENT, "Until when it can be answered.")
    closed_at: datetime | None = classified(
        CONSENT,
        "When it was answered, withdrawn or expired; null while it is open.",
        columns=("closed_at", "expires_at"),
        value=guardianships.closed_at,
    )


@strawberry.type(description="One step of a guardian's consent; steps are added and never changed.")
class GuardianConsent(Node):
    """What is consented to now is the sum of the steps (P7.2)."""

    about = Subject.WARD
    is_type_of = shows("GuardianConsent")

    id: strawberry.ID = node_id("GuardianConsent")
    purpose: Purpose | None = classified(CONSENT, "What it is about.", value=_purpose)
    is_given: bool | None = classified(CONSENT, "Whether consent was given; otherwise it was withdrawn.")
    policy_version: int | None = classified(
        CONSENT, "The version of the privacy policy that was in force; null for steps from before it was kept."
    )
    recorded_at: datetime | None = classified(CONSENT, "When the guardian did so.")
    receipt: str | None = classified(
        CONSENT,
        "The receipt: a JSON Web Signature with the sections of ISO/IEC TS 27560, which `consentReceiptVerify` checks; "
        "null for steps from before the version was kept.",
        rows=guardianships.receipts_of,
        needs=consents.RECEIPTS,
    )
