"""What people consent to for themselves: how it is asked, each step, and its receipt."""

from datetime import datetime

import strawberry

from permissions.fields import classified, part, public
from policy.classes import CONSENT
from policy.parties import Party
from policy.purposes import Purpose
from policy.subjects import Subject
from resolvers import consents
from schema.relay import Node, node_id, shows


def _purpose(name: str) -> Purpose:
    return Purpose[name]


@strawberry.type(description="What consent to one purpose would allow.")
class ConsentNotice:
    """From the rules themselves; to be read before consenting."""

    purpose: Purpose = part("What is consented to.")
    what: list[str] = part("The kinds of data that would be used.")
    why: str = part("What for.")
    who: list[str] = part("Who would use them.")
    how_long: str = part("How long they are kept.")
    is_separate: bool = part("Whether it has to be asked for, and given, by itself.")


@strawberry.type(description="What somebody who came of age is asked themselves, because a guardian had decided it.")
class ConsentQuestion:
    """A row is `resolvers.consents.ConsentQuestion`; closed to others until the person consents (P7.5)."""

    purpose: Purpose = part("What waits for the answer.")
    decided_by: Party = part("Who had decided it before.")
    decided_at: datetime = part("When they had consented to it.")
    policy_version: int | None = part("The version of the privacy policy that was in force then; null if not known.")
    what: list[str] = part("The kinds of data that would be used.")
    why: str = part("What for.")
    who: list[str] = part("Who would use them.")
    how_long: str = part("How long they are kept.")
    is_separate: bool = part("Whether it has to be given by itself.")


@strawberry.type(description="One step of somebody's own consent; steps are added and never changed.")
class Consent(Node):
    """What is consented to now is the sum of the steps: `User.consents`."""

    about = Subject.ACCOUNT_HOLDER
    is_type_of = shows("Consent")

    id: strawberry.ID = node_id("Consent")
    purpose: Purpose | None = classified(CONSENT, "What it is about.", value=_purpose)
    is_given: bool | None = classified(CONSENT, "Whether consent was given; otherwise it was withdrawn.")
    policy_version: int | None = classified(CONSENT, "The version of the privacy policy that was in force.")
    recorded_at: datetime | None = classified(CONSENT, "When the person did so.")
    receipt: str | None = classified(
        CONSENT,
        "The receipt: a JSON Web Signature with the sections of ISO/IEC TS 27560. Keep it; `consentReceiptVerify` "
        "checks it.",
        rows=consents.receipts_of,
        needs=consents.RECEIPTS,
    )


@strawberry.type(description="What a receipt of a consent says, and whether this shop has said so.")
class CheckedConsentReceipt:
    """Tells nothing but what is in the receipt."""

    is_genuine: bool = public("Whether this shop gave it out, and nothing of it was changed.")
    reason: str | None = public("Why it is not; null if it is.")
    purpose: Purpose | None = public("What it is about; null if it is not genuine, like all that follows.")
    is_given: bool | None = public("Whether consent was given; otherwise it was withdrawn.")
    policy_version: int | None = public("The version of the privacy policy that was in force.")
    recorded_at: datetime | None = public("When it was.")
