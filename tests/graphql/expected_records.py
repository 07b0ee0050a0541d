"""What is kept of grounds, disclosures, transfers, checks and approvals, as it is expected in the world."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

from models import clock
from models.identity_verifications import IdentityVerification, VerificationState
from models.ids import public_id
from models.legal_grounds import GroundState
from models.purchase_approvals import PurchaseApproval
from models.transfers import Transfer
from policy.classes import (
    ACCOUNT,
    CONSENT,
    DISCLOSURE,
    ENTERPRISE_CONTACT,
    LEGAL_CASE,
    ORDER,
    ORDER_NUMBER,
    RECIPIENT_NAME,
    REGISTRATION,
    SEARCH,
    TRANSFER,
    VERIFICATION,
)
from policy.partners import PartnerType
from policy.viewer import Viewer
from tests.graphql.outsiders import Company, Told, Warned
from tests.graphql.things import Thing, instant
from tests.graphql.world import LIMIT, Held, Noticed, Paid, Sale, Sought, Subject
from tests.graphql.world_partners import WITHOUT_RECIPIENTS


def _is_told(held: Held) -> Callable[[Viewer], bool]:
    """Tell whether a ground is for a viewer as far as the law lets the person know."""
    state, opening = held.row.state, held.opening
    is_approved = state in (GroundState.APPROVED, GroundState.REVOKED)
    has_ended = state is GroundState.REVOKED or held.row.valid_until <= clock.now()
    is_told = is_approved and (has_ended or not opening.is_kept_from_subject)
    return lambda viewer: viewer.staff is not None or is_told


def _staff(key: UUID | None) -> str | None:
    return public_id("Staff", key) if key is not None else None


def ground(held: Held) -> Thing:
    row: Any = held.row
    values = {
        "kind": row.kind.value,
        "state": row.state.value,
        "caseReference": held.opening.case_reference,
        "classes": row.classes,
        "orderId": public_id("Order", row.order_id) if row.order_id is not None else None,
        "holder": _staff(row.viewer_account_id),
        "holderRole": None,
        "holderPartnerId": None,
        "coversChild": held.opening.covers_child,
        "isKeptFromSubject": held.opening.is_kept_from_subject,
        "validFrom": instant(row.valid_from),
        "validUntil": instant(row.valid_until),
        "openedBy": _staff(row.opened_by_id),
        "openedAt": instant(row.opened_at),
        "approvedBy": _staff(row.approved_by_id),
        "approvedAt": instant(row.approved_at),
        "closedAt": instant(row.closed_at),
    }
    return Thing(row.id, held.subject, LEGAL_CASE, values, None, _is_told(held), held)


def use(held: Held) -> Thing:
    row: Any = held.use
    values = {
        "viewer": _staff(row.viewer_id),
        "classes": row.classes,
        "operation": "Look",
        "usedAt": instant(row.used_at),
    }
    return Thing(row.id, held.subject, LEGAL_CASE, values, None, _is_told(held), held)


def disclosure(told: Told) -> Thing:
    values = {
        "party": "SUPPLIER",
        "supplierId": public_id("Supplier", told.supplier),
        "partnerId": None,
        "staff": None,
        "classes": ["ORDER", "RECIPIENT_NAME"],
        "purpose": "FULFILMENT",
        "clauses": ["P2.6", "P4.2"],
        "sharingGrounds": ["CORE_SERVICE"],
        "legalGroundId": None,
        "orderId": public_id("Order", told.sale.order.id),
        "operation": "Parts",
        "disclosedAt": instant(told.row.disclosed_at),
    }
    return Thing(told.row.id, told.sale.subject, DISCLOSURE, values)


async def transfer(subject: Subject) -> Thing:
    row: Any = await Transfer.get(account_id=subject.account.id)
    values = {
        "fromRegion": "SE",
        "toRegion": "SG",
        "receiver": "DEPLOYMENT",
        "ground": "OWN_DEALING",
        "classes": sorted(each.name for each in REGISTRATION | {ACCOUNT, CONSENT}),
        "supplierId": None,
        "partnerId": None,
        "orderId": None,
        "firstAt": instant(row.first_at),
        "lastAt": instant(row.last_at),
    }
    return Thing(row.id, subject, TRANSFER, values)


def payment(paid: Paid) -> Thing:
    row: Any = paid.row
    values = {
        "orderNumber": paid.sale.order.number,
        "amount": {"amount": f"{Decimal(row.amount_minor) / 100:.2f}", "currencyCode": "EUR"},
        "institution": "SANDBOX",
        "state": row.state.value,
        "createdAt": instant(row.created_at),
        "settledAt": instant(row.settled_at),
    }

    def is_for(viewer: Viewer) -> bool:
        return not viewer.is_partner or viewer.partner_type is PartnerType.PAYMENT

    return Thing(row.id, paid.sale.subject, ORDER_NUMBER, values, paid.sale, is_for, paid=paid)


def anomaly(noticed: Noticed) -> Thing:
    row: Any = noticed.row
    values = {
        "orderNumber": noticed.sale.order.number,
        "kind": row.kind.value,
        "noticedAt": instant(row.noticed_at),
        "closesAt": instant(row.closes_at),
    }

    def is_for(viewer: Viewer) -> bool:
        is_watching = viewer.partner_type is PartnerType.RISK_CONTROL and noticed.is_open
        return not viewer.is_partner or is_watching

    return Thing(row.id, noticed.sale.subject, ORDER, values, noticed.sale, is_for)


def _by_proof(viewer: Viewer) -> bool:
    return viewer.proof is not None


def record_of(sale: Sale) -> Thing:
    parcel, row = sale.parcel, sale.recipient
    values: dict[str, Any] = {
        "name": parcel.name,
        "phone": parcel.phone,
        "street": parcel.street,
        "city": parcel.city,
        "postalCode": parcel.postal_code,
        "country": parcel.country,
        "givenAt": instant(row.created_at),
        "objectedAt": None,
    }
    return Thing(row.id, sale.subject, RECIPIENT_NAME, values, sale, _by_proof)


def showing(told: Told) -> Thing:
    values: dict[str, Any] = {
        "party": "SUPPLIER",
        "classes": ["RECIPIENT_NAME"],
        "purpose": "FULFILMENT",
        "disclosedAt": instant(told.row.disclosed_at),
    }
    return Thing(told.row.id, told.sale.subject, DISCLOSURE, values, told.sale, _by_proof)


def notice(warned: Warned) -> Thing:
    row: Any = warned.row
    order: Any = warned.sale.order
    values: dict[str, Any] = {
        "orderNumber": order.number,
        "classes": ["RECIPIENT_NAME"],
        "createdAt": instant(row.created_at),
        "acknowledgedAt": None,
    }

    def is_told(viewer: Viewer) -> bool:
        return viewer.partner_type not in WITHOUT_RECIPIENTS and viewer.supplier in (None, row.supplier_id)

    return Thing(row.id, warned.sale.subject, ORDER, values, warned.sale, is_told)


def enterprise(company: Company) -> Thing:
    row: Any = company.enterprise
    values: dict[str, Any] = {
        "name": row.name,
        "registrationNumber": "77",
        "createdAt": instant(row.created_at),
        "verifiedAt": None,
    }
    return Thing(row.id, company.subject, ACCOUNT, values)


def contact(company: Company) -> Thing:
    row: Any = company.contact
    values: dict[str, Any] = {
        "role": "DIRECTOR",
        "name": f"Contact of {company.subject.name}",
        "email": "contact@firm.example",
        "phone": company.phone,
        "identityDocument": "A 77",
        "givenAt": instant(row.created_at),
    }
    return Thing(row.id, company.subject, ENTERPRISE_CONTACT, values, phone=company.phone)


def search(sought: Sought) -> Thing:
    row: Any = sought.row
    return Thing(row.id, sought.subject, SEARCH, {"words": sought.words, "searchedAt": instant(row.searched_at)})


def company_check(company: Company) -> Thing:
    row: Any = company.check
    values: dict[str, Any] = {
        "state": row.state.value,
        "provider": row.provider,
        "reference": str(row.id),
        "companyName": company.enterprise.name,
        "registrationNumber": "77",
        "representativeName": f"Contact of {company.subject.name}",
        "representativePhone": company.phone,
        "identityDocument": "A 77",
        "createdAt": instant(row.created_at),
        "expiresAt": instant(row.expires_at),
        "closedAt": instant(row.closed_at),
    }
    works = row.partner_id if row.state is VerificationState.PENDING else None
    return Thing(row.id, company.subject, VERIFICATION, values, worked_on_by=works)


async def verification(subject: Subject) -> Thing:
    """How far somebody is verified, which whoever knows of the account may ask."""
    done = await IdentityVerification.get_or_none(account_id=subject.account.id, state=VerificationState.VERIFIED)
    values = {
        "level": done.level.value if done is not None else "ADDRESS",
        "verifiedAt": instant(done.closed_at) if done is not None else None,
        "provider": "sandbox" if done is not None else None,
    }
    return Thing(subject.account.id, subject, ACCOUNT, values)


async def verifications(subject: Subject) -> list[Thing]:
    return [
        Thing(
            row.id,
            subject,
            VERIFICATION,
            {
                "level": row.level.value,
                "state": row.state.value,
                "provider": row.provider,
                "reference": str(row.id),
                "phone": subject.person.phone,
                "createdAt": instant(row.created_at),
                "expiresAt": instant(row.expires_at),
                "closedAt": instant(row.closed_at),
            },
            worked_on_by=row.partner_id if row.state is VerificationState.PENDING else None,
        )
        for row in await IdentityVerification.filter(account_id=subject.account.id)
    ]


async def approvals(subject: Subject) -> list[Thing]:
    return [
        Thing(
            row.id,
            subject,
            CONSENT,
            {
                "state": row.state.value,
                "total": {"amount": f"{Decimal(2 * LIMIT) / 100:.2f}", "currencyCode": "EUR"},
                "lines": [{"__typename": "PurchaseLine"}],
                "createdAt": instant(row.created_at),
                "expiresAt": instant(row.expires_at),
                "decidedAt": instant(row.decided_at),
            },
        )
        for row in await PurchaseApproval.filter(minor_id=subject.account.id)
    ]
