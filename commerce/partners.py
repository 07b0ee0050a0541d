"""Keeps the register of partners: who they are, what they signed, how they were examined, and who is suspended."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from commerce import audit, step_up, texts
from commerce.legal_grounds import require_officer
from commerce.refusals import Refusal, StaleObject
from models import clock
from models.database import ConstraintViolated, execute, fetch, transaction
from models.ids import new_id
from models.partners import (
    DataProcessingAgreement,
    Partner,
    PartnerStatus,
    ReviewOutcome,
    SecurityReview,
    today,
)
from models.payments import InstitutionName
from models.suppliers import Supplier
from policy.enforcement import keeps
from policy.partners import PartnerType
from policy.purposes import Purpose
from policy.viewer import Viewer

LONGEST_NAME = 120
LONGEST_URL = 500
LONGEST_VERSION = 40
LONGEST_AGREEMENT = timedelta(days=5 * 366)
LONGEST_REVIEW = timedelta(days=2 * 366)

_HTTPS_PAGE = re.compile(r"https://[A-Za-z0-9.-]+(:\d{1,5})?(/[\x21-\x7e]*)?")


class PartnerNotFound(Refusal):
    """There is no such partner."""

    code = "PARTNER_NOT_FOUND"

    def __init__(self, field: str = "id") -> None:
        super().__init__("There is no such partner; take an id from `partners`.", field=(field,))


class PartnerNotValid(Refusal):
    """
    The register cannot hold that.

    Args:
        remedy: What to give instead.
    """

    code = "PARTNER_NOT_VALID"

    def __init__(self, field: str, remedy: str) -> None:
        super().__init__(remedy, field=(field,))


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedPartner:
    """
    A partner to enter.

    Args:
        region: The country that it is in; where it works with data is for its agreement to say.
        policy_url: Where its own privacy policy is (P0.2).
        supplier: Which supplier of the catalogue it is; None for an id that names none, and for other kinds.
        institution: Which institution of the checkout it is, if it is one.
        named_by: Which affiliate has named it, if it works for one.
    """

    kind: PartnerType
    name: str
    region: str
    policy_url: str
    supplier: UUID | None = None
    institution: InstitutionName | None = None
    named_by: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """An agreement as it was signed; it holds from `signed_on` to the day before `expires_on`."""

    text_version: str
    signed_on: date
    expires_on: date
    region: str
    purposes: frozenset[Purpose]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """An examination as it ended; it counts from `reviewed_on` to the day before `expires_on`."""

    reviewed_on: date
    outcome: ReviewOutcome
    expires_on: date


async def register(wanted: WantedPartner, *, by: Viewer) -> UUID:
    """
    Enter a partner into the register; until an agreement and a review are recorded, its tokens see nobody (P4.5).

    Returns:
        The partner.

    Raises:
        NotPrivacyOfficer, StepUpRequired: The viewer may not.
        PartnerNotValid, TextNotValid, CountryNotKnown: It cannot be entered like that.
    """
    require_officer(by)
    await step_up.require(by=by)
    name = texts.line(wanted.name, field="name", longest=LONGEST_NAME)
    region = texts.country(wanted.region, field="region")
    url = require_policy(wanted.policy_url)
    await _require_fitting(wanted)
    partner_id = new_id()
    try:
        async with transaction():
            await Partner.create(
                id=partner_id,
                kind=wanted.kind.name,
                name=name,
                region=region,
                policy_url=url,
                status=PartnerStatus.ACTIVE,
                supplier_id=wanted.supplier,
                institution=wanted.institution,
                named_by_id=wanted.named_by,
                created_at=clock.now(),
            )
            changes = {"kind": (None, wanted.kind.name), "name": (None, name), "policy_url": (None, url)}
            await audit.record("partnerRegister", Partner, partner_id, changes, by=by)
    except ConstraintViolated:
        field = "supplierId" if wanted.supplier is not None else "institution"
        raise PartnerNotValid(field, "It is in the register already; take it from `partners`.") from None
    return partner_id


async def update(partner_id: UUID | None, *, name: str, policy_url: str, expected_version: int, by: Viewer) -> UUID:
    """
    Change what a partner is called and where its own policy is.

    Raises:
        NotPrivacyOfficer, PartnerNotFound, PartnerNotValid, TextNotValid, StaleObject: Nothing was changed.
    """
    require_officer(by)
    called = texts.line(name, field="name", longest=LONGEST_NAME)
    url = require_policy(policy_url)
    async with transaction():
        before = await _locked(partner_id)
        if before.version != expected_version:
            raise StaleObject(before.version)
        await Partner.filter(id=before.id).update(name=called, policy_url=url, version=before.version + 1)
        changes = {"name": (before.name, called), "policy_url": (before.policy_url, url)}
        await audit.record("partnerUpdate", Partner, before.id, changes, by=by)
    return before.id


async def suspend(partner_id: UUID | None, *, by: Viewer) -> UUID:
    """
    Stop working with a partner: from the next request on its tokens see nobody, on every worker (P4.5).

    Raises:
        NotPrivacyOfficer, PartnerNotFound: Nothing was changed.
    """
    return await _set(partner_id, PartnerStatus.SUSPENDED, "partnerSuspend", by)


async def resume(partner_id: UUID | None, *, by: Viewer) -> UUID:
    """
    Work with a suspended partner again; its agreement and its review count as before.

    Raises:
        NotPrivacyOfficer, StepUpRequired, PartnerNotFound: Nothing was changed.
    """
    require_officer(by)
    await step_up.require(by=by)
    return await _set(partner_id, PartnerStatus.ACTIVE, "partnerResume", by)


async def sign(partner_id: UUID | None, signed: Signed, *, by: Viewer) -> UUID:
    """
    Record an agreement that a partner has signed; from then on it is the one that counts (P4.5).

    Returns:
        The agreement.

    Raises:
        NotPrivacyOfficer, StepUpRequired: The viewer may not.
        PartnerNotFound, PartnerNotValid, TextNotValid, CountryNotKnown: It cannot be recorded like that.
    """
    require_officer(by)
    await step_up.require(by=by)
    version = texts.line(signed.text_version, field="textVersion", longest=LONGEST_VERSION)
    region = texts.country(signed.region, field="region")
    _require_days("signedOn", signed.signed_on, signed.expires_on, LONGEST_AGREEMENT)
    async with transaction():
        partner = await _locked(partner_id, "partnerId")
        kind = PartnerType[partner.kind]
        if not signed.purposes or not signed.purposes <= kind.purposes:
            allowed = ", ".join(f"`{purpose.name}`" for purpose in sorted(kind.purposes, key=lambda each: each.bit))
            raise PartnerNotValid("purposes", f"Such a partner gets data for {allowed} and for nothing else.")
        agreement = await DataProcessingAgreement.create(
            partner_id=partner.id,
            text_version=version,
            signed_on=signed.signed_on,
            expires_on=signed.expires_on,
            region=region,
            purposes=sorted(purpose.name for purpose in signed.purposes),
            recorded_at=clock.now(),
        )
        changes = {
            "partner_id": (None, partner.id),
            "text_version": (None, version),
            "signed_on": (None, signed.signed_on),
            "expires_on": (None, signed.expires_on),
            "region": (None, region),
            "purposes": (None, agreement.purposes),
        }
        await audit.record("agreementSign", DataProcessingAgreement, agreement.id, changes, by=by)
    return agreement.id


async def review(partner_id: UUID | None, reviewed: Reviewed, *, by: Viewer) -> UUID:
    """
    Record how an examination of a partner's software ended; one that failed closes its tokens at once (P4.5).

    Returns:
        The review.

    Raises:
        NotPrivacyOfficer, StepUpRequired: The viewer may not.
        PartnerNotFound, PartnerNotValid: It cannot be recorded like that.
    """
    require_officer(by)
    await step_up.require(by=by)
    _require_days("reviewedOn", reviewed.reviewed_on, reviewed.expires_on, LONGEST_REVIEW)
    async with transaction():
        partner = await _locked(partner_id, "partnerId")
        made = await SecurityReview.create(
            partner_id=partner.id,
            reviewed_on=reviewed.reviewed_on,
            outcome=reviewed.outcome,
            expires_on=reviewed.expires_on,
            recorded_at=clock.now(),
        )
        changes = {
            "partner_id": (None, partner.id),
            "reviewed_on": (None, reviewed.reviewed_on),
            "outcome": (None, reviewed.outcome),
            "expires_on": (None, reviewed.expires_on),
        }
        await audit.record("securityReviewRecord", SecurityReview, made.id, changes, by=by)
    return made.id


async def _set(partner_id: UUID | None, status: PartnerStatus, action: str, by: Viewer) -> UUID:
    require_officer(by)
    async with transaction():
        before = await _locked(partner_id)
        if before.status is not status:
            await execute(
                "UPDATE partner SET status = $2, version = version + 1 WHERE id = $1", before.id, status.value
            )
            await audit.record(action, Partner, before.id, {"status": (before.status, status)}, by=by)
    return before.id


async def _locked(partner_id: UUID | None, field: str = "id") -> Partner:
    """Read a partner, and let one change of it come after the other."""
    found = await fetch("SELECT id FROM partner WHERE id = $1 FOR NO KEY UPDATE", partner_id)
    if not found:
        raise PartnerNotFound(field)
    return await Partner.get(id=partner_id)


async def _require_fitting(wanted: WantedPartner) -> None:
    is_supplier, is_provider = wanted.kind is PartnerType.SUPPLIER, wanted.kind is PartnerType.AFFILIATE_PROVIDER
    if (wanted.supplier is not None) != is_supplier or (is_supplier and not await _exists(Supplier, wanted.supplier)):
        raise PartnerNotValid("supplierId", "Name the supplier of the catalogue that it is, if it is a supplier.")
    affiliate = await Partner.get_or_none(id=wanted.named_by) if wanted.named_by is not None else None
    is_named = affiliate is not None and affiliate.kind == PartnerType.AFFILIATE.name
    if is_named != is_provider or (wanted.named_by is not None) != is_provider:
        raise PartnerNotValid("namedById", "Name the affiliate that has named it, if it works for one.")
    if wanted.institution is not None and wanted.kind is not PartnerType.PAYMENT:
        raise PartnerNotValid("institution", "Only a payment institution is one of the checkout's institutions.")


async def _exists(model: Any, key: UUID | None) -> bool:
    return await model.exists(id=key)


@keeps("P0.2", otherwise="https://nowhere.example/")
def require_policy(url: str) -> str:
    """
    Refuse a partner that does not say where its own privacy policy is (P0.2).

    Raises:
        PartnerNotValid: It is no page.
    """
    text = url.strip()
    if len(text) > LONGEST_URL or not _HTTPS_PAGE.fullmatch(text):
        raise PartnerNotValid("policyUrl", f"Give the page as an `https://` address of at most {LONGEST_URL} signs.")
    return text


def _require_days(field: str, begins: date, ends: date, longest: timedelta) -> None:
    if begins > today():
        raise PartnerNotValid(field, "What has not happened yet is not recorded; give a day until today.")
    if not begins < ends <= begins + longest:
        raise PartnerNotValid("expiresOn", f"It ends later than it begins, and after {longest.days} days at most.")
