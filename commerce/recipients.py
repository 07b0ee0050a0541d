"""Whom an order goes to: what must be given of them, and what the buyer warrants."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Protocol
from uuid import UUID

from commerce import addresses, texts
from commerce.acceptances import in_force
from commerce.refusals import Refusal
from models import clock
from models.accounts import PolicyVersion
from models.attestations import RecipientAttestation
from models.orders import Recipient
from models.sealed import seal_rows
from policy.enforcement import keeps


class RecipientIncomplete(Refusal):
    """An order goes to somebody with a name, a phone number and an address."""

    code = "RECIPIENT_INCOMPLETE"

    def __init__(self, field: str) -> None:
        super().__init__(
            f"Give `{field}` of the recipient: a parcel needs name, phone and address.", field=("recipient", field)
        )


class AttestationRequired(Refusal):
    """Somebody else's data came without the word that they authorised it."""

    code = "ATTESTATION_REQUIRED"

    def __init__(self, version: int) -> None:
        super().__init__(
            "This is about somebody else. Make sure that they allow it and know of the privacy policy; then send "
            f"`attestation` with `isAuthorised: true` and `policyVersion: {version}`. Nothing was stored.",
            field=("attestation",),
        )


class RecipientConsentRequired(Refusal):
    """A child's data is given only after their guardian has consented."""

    code = "RECIPIENT_CONSENT_REQUIRED"

    def __init__(self) -> None:
        super().__init__(
            "This person is a child: have their guardian consent first, then send `guardianConsentAttested: true`. "
            "Nothing was stored.",
            field=("guardianConsentAttested",),
        )


class Given(Protocol):
    """Somebody whose details an account gives."""

    @property
    def is_self(self) -> bool:
        """Whether it is the account's holder."""
        ...

    @property
    def is_child(self) -> bool:
        """Whether they are said to be a child."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class Delivery:
    """
    Whom an order goes to, as it was typed.

    Args:
        is_self: Whether it is the buyer in person.
    """

    is_self: bool
    name: str | None
    phone: str | None
    street: str | None
    city: str | None
    postal_code: str | None
    country: str | None
    is_child: bool = False


@dataclass(frozen=True, slots=True)
class Attestation:
    """
    An account's word about somebody else (P1.2d, P1.2f).

    Args:
        is_authorised: That the person allows their data to be given.
        policy_version: Of which version of the policy they were told.
        guardian_consents: That the guardian of a child has consented.
    """

    is_authorised: bool = False
    policy_version: int | None = None
    guardian_consents: bool = False


_LONGEST = {"name": 100, "street": 200, "city": 100, "postal_code": 20}
_CALLED = {"postal_code": "postalCode"}


@keeps("P2.4", otherwise=None)
def require_complete(delivery: Delivery) -> None:
    """
    Refuse a recipient without name, phone and address (P2.4); only some countries have postal codes.

    Raises:
        RecipientIncomplete: Something is missing.
    """
    for name in ("name", "phone", "street", "city", "country"):
        if not (getattr(delivery, name) or "").strip():
            raise RecipientIncomplete(name)


@keeps("P1.2d", otherwise=None)
def require_attestation(given: Given, attestation: Attestation, current: PolicyVersion) -> None:
    """
    Refuse somebody else's data without the account's word that they allow it and know the policy in force (P1.2d).

    Raises:
        AttestationRequired: The word is missing.
    """
    is_warranted = attestation.is_authorised and attestation.policy_version == current.version
    if not given.is_self and not is_warranted:
        raise AttestationRequired(current.version)


@keeps("P1.2f", otherwise=None)
def require_consent_for_child(given: Given, attestation: Attestation) -> None:
    """
    Refuse a child's data that an account brings in without the consent of the child's guardian (P1.2f).

    Raises:
        RecipientConsentRequired: The consent is not attested.
    """
    if given.is_child and not given.is_self and not attestation.guardian_consents:
        raise RecipientConsentRequired


@dataclass(frozen=True, slots=True)
class SealedRecipient:
    """
    A recipient ready to be written, with what was warranted about them.

    Args:
        phone_index: By which somebody else finds what was given of them; None of the account's own holder.
        cells: The sealed columns.
    """

    id: UUID
    is_account_holder: bool
    created_at: datetime
    phone_index: bytes | None
    cells: Mapping[str, bytes | None]
    attestation: RecipientAttestation | None

    async def attest(self) -> None:
        """Write what was warranted in the transaction that has written the recipient."""
        if self.attestation is not None:
            await self.attestation.save(force_create=True)


async def prepare(recipient_id: UUID, delivery: Delivery, attestation: Attestation) -> SealedRecipient:
    """
    Check and seal a recipient; nothing is stored yet but their key.

    Args:
        recipient_id: Made for this; nobody has it yet.

    Raises:
        RecipientIncomplete, TextNotValid, PhoneNotValid, CountryNotKnown: What was typed is no recipient.
        AttestationRequired, RecipientConsentRequired: It is somebody else, and the buyer's word is missing.
    """
    require_complete(delivery)
    # What somebody says of themselves takes nobody's word, so there is no version to have been told of.
    current = None if delivery.is_self else await in_force()
    if current is not None:
        require_attestation(delivery, attestation, current)
    require_consent_for_child(delivery, attestation)
    try:
        plain = _read(delivery)
    except Refusal as refusal:
        refusal.field = ("recipient", *refusal.field)
        raise
    instant = clock.now()
    (cells,) = await seal_rows([(Recipient, recipient_id, recipient_id, plain)], are_new=True)
    if current is None:
        return SealedRecipient(recipient_id, True, instant, None, cells, None)
    warranted = RecipientAttestation(
        recipient_id=recipient_id,
        policy_version_id=current.id,
        is_for_child=delivery.is_child,
        attested_at=instant,
    )
    index = addresses.phone(plain["phone"] or "").index_of_given
    return SealedRecipient(recipient_id, False, instant, index, cells, warranted)


def written(delivery: Delivery) -> list[object]:
    """List what was typed, for a fingerprint."""
    return [getattr(delivery, field.name) for field in fields(delivery)]


def _read(delivery: Delivery) -> dict[str, str | None]:
    country = texts.country(delivery.country, field="country") if delivery.country else None
    plain: dict[str, str | None] = {
        column: texts.line(text, field=_CALLED.get(column, column), longest=longest) if text else None
        for column, longest in _LONGEST.items()
        if (text := getattr(delivery, column)) is not None
    }
    phone = addresses.phone(delivery.phone, region=country).text if delivery.phone else None
    return {**plain, "phone": phone, "country": country}
