"""
Receipts of consents, which anybody can check for whoever holds one.

A receipt is a JSON Web Signature whose payload has the sections of ISO/IEC TS 27560:2023: the header of the record, the
processing that was consented to, the parties, and the event.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from models import deployment, secrets
from models.consents import Consent
from models.guardianships import GuardianConsent
from models.ids import public_id
from policy import guardian_notice
from policy.enforcement import keeps
from policy.guardian_notice import PurposeNotice
from policy.own_consents import SEPARATE, notices
from policy.purposes import Purpose

SCHEMA = "ISO/IEC TS 27560:2023"
TYPE = "consent-receipt+jwt"
LONGEST = 8_000
_SECTIONS = ("record_header", "pii_processing", "party_identification", "events")


@dataclass(frozen=True, slots=True)
class CheckedReceipt:
    """
    What a receipt says, and whether this shop has said so.

    Args:
        is_genuine: Whether it is one of this shop's and as it was given out; the rest is None if not.
        reason: Why it is not.
    """

    is_genuine: bool
    reason: str | None = None
    purpose: Purpose | None = None
    is_given: bool | None = None
    policy_version: int | None = None
    recorded_at: datetime | None = None


def issue(consent: Consent) -> str:
    """Write the receipt of a step: the same each time, with the person as an id that only this shop can read."""
    notice = notice_of(consent.of)
    person = public_id("User", consent.account_id)
    return _written(
        consent,
        notice,
        record_id=public_id("Consent", consent.id),
        principal=person,
        entity=person,
        is_separate=consent.of in SEPARATE,
        withdrawal="consentWithdraw",
    )


def notice_of(purpose: Purpose) -> PurposeNotice:
    """Tell what consent to a purpose would allow: one that is offered to everybody, or one asked anew (P7.5)."""
    offered = [notice for notice in notices() if notice.purpose is purpose]
    return offered[0] if offered else guardian_notice.notices([purpose])[0]


@keeps("P7.2", otherwise=None)
def issue_to_guardian(consent: GuardianConsent, *, of: UUID) -> str | None:
    """
    Write the receipt of a guardian's step, as `issue` does; whoever consented is in it as their guardianship (P7.2).

    Args:
        consent: The step.
        of: The minor.

    Returns:
        None for a step from before the version of the policy was kept with it.
    """
    if consent.policy_version is None:
        return None
    (notice,) = guardian_notice.notices([consent.of])
    return _written(
        consent,
        notice,
        record_id=public_id("GuardianConsent", consent.id),
        principal=public_id("User", of),
        entity=public_id("Guardianship", consent.guardianship_id),
        is_separate=consent.of is guardian_notice.ABROAD,
        withdrawal="guardianConsentWithdraw",
    )


def _written(
    consent: Consent | GuardianConsent,
    notice: PurposeNotice,
    *,
    record_id: str,
    principal: str,
    entity: str,
    is_separate: bool,
    withdrawal: str,
) -> str:
    payload: dict[str, Any] = {
        "record_header": {"schema_version": SCHEMA, "record_id": record_id, "pii_principal_id": principal},
        "pii_processing": {
            "privacy_notice": {"version": consent.policy_version},
            "purposes": [
                {
                    "purpose": consent.purpose,
                    "purpose_text": notice.why,
                    "lawful_basis": "consent",
                    "is_separate": is_separate,
                    "pii_information": [{"pii_type": name} for name in notice.what],
                    "recipient_third_parties": notice.who,
                    "retention_period": notice.how_long,
                    "storage_locations": [deployment.region()],
                    "withdrawal_method": withdrawal,
                }
            ],
        },
        "party_identification": [{"party_id": "avow", "party_role": "PII controller"}],
        "events": [
            {
                "event_time": consent.recorded_at.isoformat(),
                "event_state": "consent given" if consent.is_given else "consent withdrawn",
                "entity_id": entity,
            }
        ],
    }
    # Here, as all that is slow to import and not needed by first answers (`server.later`).
    import jwt

    return jwt.encode(payload, _key(), algorithm="EdDSA", headers={"typ": TYPE, "kid": key_id()})


def check(receipt: str) -> CheckedReceipt:
    """Tell whether a receipt is one of this shop's and as it was given out; never raises, whatever is given."""
    if len(receipt) > LONGEST:
        return CheckedReceipt(False, f"A receipt has at most {LONGEST} characters.")
    import jwt

    try:
        decoded: dict[str, Any] = jwt.decode_complete(
            receipt, _key().public_key(), algorithms=["EdDSA"], options={"verify_aud": False}
        )
    except jwt.InvalidSignatureError:
        return CheckedReceipt(False, "It was changed, or another shop has signed it.")
    except jwt.InvalidTokenError:
        return CheckedReceipt(False, "It is no receipt: give the whole text, three parts with dots between them.")
    said = decoded["payload"]
    if decoded["header"].get("typ") != TYPE or not all(section in said for section in _SECTIONS):
        return CheckedReceipt(False, "It is signed by this shop, and is no receipt of a consent.")
    processing, event = said["pii_processing"], said["events"][0]
    return CheckedReceipt(
        True,
        purpose=Purpose[processing["purposes"][0]["purpose"]],
        is_given=event["event_state"] == "consent given",
        policy_version=processing["privacy_notice"]["version"],
        recorded_at=datetime.fromisoformat(event["event_time"]),
    )


def public_key() -> str:
    """Write the key with which receipts can be checked without asking this shop, as PEM."""
    key = _key().public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def key_id() -> str:
    """Name the key, by what it is."""
    return sha256(public_key().encode()).hexdigest()[:16]


def _key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(secrets.derive("consent receipts"))
