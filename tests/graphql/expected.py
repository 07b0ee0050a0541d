"""What the policy lets a viewer see of every object of the world, worked out apart from schema and database."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

from commerce import consent_receipts
from models.accounts import Address, UserProfile
from models.consents import Consent
from models.fulfilments import FulfillmentOrder
from models.guardianships import GuardianChallenge, GuardianConsent, Guardianship
from models.orders import OrderStatus
from models.shipments import ShipmentLine
from policy.classes import (
    ACCOUNT,
    CART,
    CONSENT,
    ORDER,
    POSTAL_ADDRESS,
    SERVICE_RECORD,
)
from policy.decide import decide
from policy.partners import PartnerType
from policy.purposes import Purpose
from policy.viewer import Viewer
from tests.graphql.expected_records import (
    anomaly,
    approvals,
    company_check,
    contact,
    disclosure,
    enterprise,
    ground,
    notice,
    payment,
    record_of,
    search,
    showing,
    transfer,
    use,
    verification,
    verifications,
)
from tests.graphql.things import Thing, instant
from tests.graphql.world import CONSENTING, LIMIT, OWN_CONSENTS, Basket, Reported, Sale, Sent, Subject, World
from tests.graphql.world_partners import AFFILIATES, WITHOUT_RECIPIENTS


def _euros(minor: int) -> dict[str, str]:
    return {"amount": f"{Decimal(minor) / 100:.2f}", "currencyCode": "EUR"}


async def things(world: World) -> dict[str, list[Thing]]:
    """List all objects about somebody, by type."""
    people = list(world.subjects.values())
    return {
        "User": [_user(subject, people) for subject in people],
        "UserProfile": [await _profile(subject) for subject in people],
        "Address": [await _address(subject) for subject in people],
        "Order": [_order(sale) for sale in world.sales],
        "OrderRecipient": [_recipient(sale) for sale in world.sales],
        "OrderLine": [thing for sale in world.sales for thing in _lines(sale)],
        "FulfillmentOrder": [thing for sale in world.sales for thing in await _fulfilments(sale)],
        "Shipment": [_shipment(sent) for sent in world.shipments],
        "ShipmentLine": [thing for sent in world.shipments for thing in await _shipment_lines(sent)],
        "TrackingEvent": [_tracking_event(reported) for reported in world.reports],
        "OrderAnomaly": [anomaly(noticed) for noticed in world.noticed],
        "Payment": [payment(paid) for paid in world.payments],
        "Cart": [_cart(basket) for basket in world.carts],
        "CartLine": [_cart_line(basket) for basket in world.carts],
        "Search": [search(sought) for sought in world.searches],
        "Ticket": _tickets(world),
        "Guardianship": [await _guardianship(subject) for subject in people if subject.guardian is not None],
        "GuardianChallenge": [thing for subject in people for thing in await _challenges(subject)],
        "Verification": [await verification(subject) for subject in people],
        "IdentityVerification": [thing for subject in people for thing in await verifications(subject)],
        "EnterpriseVerification": [company_check(company) for company in world.companies],
        "PurchaseApproval": [thing for subject in people for thing in await approvals(subject)],
        "LegalGround": [ground(held) for held in world.grounds],
        "LegalGroundUse": [use(held) for held in world.grounds if held.use is not None],
        "Disclosure": [disclosure(told) for told in world.disclosures],
        "Enterprise": [enterprise(company) for company in world.companies],
        "EnterpriseContact": [contact(company) for company in world.companies],
        "ThirdPartyRecord": [record_of(sale) for sale in world.sales],
        "ThirdPartyDisclosure": [showing(told) for told in world.disclosures],
        "ObjectionNotice": [notice(warned) for warned in world.notices],
        "Transfer": [await transfer(subject) for subject in people],
        "Consent": [thing for subject in people for thing in await _own_consents(subject)],
        "GuardianConsent": [thing for subject in people for thing in await _consents(subject)],
    }


def _user(subject: Subject, people: list[Subject]) -> Thing:
    account = subject.account
    consents = [purpose.name for purpose in Purpose if purpose in subject.consents]

    def wards(viewer: Viewer, world: World) -> list[Any]:
        # A list of people holds those whom the viewer may know of.
        known = [
            other
            for other in people
            if other.guardian == account.id and decide(viewer.asks(ACCOUNT, of=world.case(viewer, other))).is_clear
        ]
        return [{"__typename": "User"}] * len(known)

    values = {
        "email": subject.person.email,
        "phone": subject.person.phone,
        "state": _state(subject),
        "region": "SE",
        "storageRegion": "SG",
        "consents": _consented() if subject.name in CONSENTING else [],
        "consentsAskedAnew": [],
        "policyVersion": subject.account.agreed_version,
        "ageBand": subject.age.value,
        "createdAt": instant(account.created_at),
        "guardianConsents": consents,
        "wards": wards,
    }
    return Thing(account.id, subject, ACCOUNT, values)


def _consented() -> list[str]:
    return [purpose.name for purpose in sorted(OWN_CONSENTS, key=lambda purpose: purpose.bit)]


def _state(subject: Subject) -> str:
    if subject.is_cancelled:
        return "CANCELLED"
    return "LOCKED" if subject.name == "child" else "ACTIVE"


async def _profile(subject: Subject) -> Thing:
    row, person = await UserProfile.get(account_id=subject.account.id), subject.person
    values = {
        "name": person.name,
        "gender": person.gender,
        "birthDate": person.born.isoformat(),
        "nationality": "SE",
        "identityDocument": person.identity_document,
        "paymentAccount": person.payment_account,
        "contactPerson": person.contact_person,
        "updatedAt": instant(row.updated_at),
        "version": 1,
    }
    return Thing(row.id, subject, ACCOUNT, values)


async def _address(subject: Subject) -> Thing:
    row, person = await Address.get(account_id=subject.account.id), subject.person
    values = {
        "name": person.name,
        "phone": person.phone,
        "street": person.street,
        "city": person.city,
        "postalCode": person.postal_code,
        "country": "SE",
        "isDefault": True,
        "version": 1,
    }
    return Thing(row.id, subject, POSTAL_ADDRESS, values)


def _order(sale: Sale) -> Thing:
    order: Any = sale.order
    values: dict[str, Any] = {
        "number": order.number,
        "status": order.status.value,
        "placedAt": instant(order.placed_at),
        "cancelledAt": instant(order.cancelled_at),
        "externalReference": None,
        "externalAttributes": [],
        "total": _euros(order.total_minor),
        "buyer": {"__typename": "User"},
    }
    return Thing(order.id, sale.subject, ORDER, values, sale, lambda viewer: _is_bought(sale, viewer))


def _recipient(sale: Sale) -> Thing:
    parcel = sale.parcel
    values = {
        "name": parcel.name,
        "phone": parcel.phone,
        "street": parcel.street,
        "city": parcel.city,
        "postalCode": parcel.postal_code,
        "country": parcel.country,
        "isSynthesised": False,
        "erasedAt": None,
    }

    def is_for(viewer: Viewer) -> bool:
        return viewer.partner_type not in WITHOUT_RECIPIENTS and (not viewer.is_partner or sale.is_paid)

    return Thing(sale.recipient.id, sale.subject, ORDER, values, sale, is_for)


def _is_bought(sale: Sale, viewer: Viewer) -> bool:
    if viewer.partner_type is PartnerType.RISK_CONTROL:
        return True
    is_kept = sale.order.status is not OrderStatus.CANCELLED or viewer.partner_type not in AFFILIATES
    return not viewer.is_partner or (sale.is_paid and is_kept)


def _lines(sale: Sale) -> list[Thing]:
    found: list[Thing] = []
    for row, line in sale.lines:

        def is_own(viewer: Viewer, supplier: UUID = line.supplier) -> bool:
            is_of_viewer = viewer.supplier == supplier or viewer.partner_type in AFFILIATES
            return not viewer.is_partner or (is_of_viewer and _is_bought(sale, viewer))

        values = {
            "sku": line.sku,
            "title": line.title,
            "quantity": line.quantity,
            "shippedQuantity": line.quantity if sale.is_shipped else 0,
            "cancelledQuantity": 0,
            "unitPrice": _euros(line.unit_price_minor),
        }
        found.append(Thing(row.id, sale.subject, ORDER, values, sale, is_own))
    return found


def _shipment(sent: Sent) -> Thing:
    row: Any = sent.shipment
    values = {
        "status": "RECEIVED" if sent.sale.order.status.value == "DELIVERED" else "SENT",
        "carrier": "Postbode",
        "trackingNumber": sent.tracking_number,
        "createdAt": instant(row.created_at),
    }
    return Thing(row.id, sent.sale.subject, ORDER, values, sent.sale, _of_partner(sent))


def _tracking_event(reported: Reported) -> Thing:
    row, sent = reported.row, reported.sent
    values = {
        "status": row.status.value,
        "occurredAt": instant(row.occurred_at),
        "recordedAt": instant(row.recorded_at),
        "country": reported.country,
    }
    return Thing(row.id, sent.sale.subject, ORDER, values, sent.sale, _of_partner(sent))


async def _shipment_lines(sent: Sent) -> list[Thing]:
    rows = await ShipmentLine.filter(shipment_id=sent.shipment.id)
    own = _of_supplier(sent.supplier)
    return [Thing(row.id, sent.sale.subject, ORDER, {"quantity": row.quantity}, sent.sale, own) for row in rows]


def _of_supplier(supplier: UUID) -> Callable[[Viewer], bool]:
    return lambda viewer: not viewer.is_partner or viewer.supplier == supplier


def _of_partner(sent: Sent) -> Callable[[Viewer], bool]:
    def is_for(viewer: Viewer) -> bool:
        if not viewer.is_partner:
            return True
        return sent.supplier == viewer.supplier if viewer.supplier is not None else sent.carrier == viewer.partner

    return is_for


async def _guardianship(subject: Subject) -> Thing:
    row = await Guardianship.get(minor_id=subject.account.id)
    values = {
        "state": "ACTIVE",
        "since": instant(row.created_at),
        "guardianName": subject.guardian_name,
        "purchaseLimit": _euros(LIMIT),
    }
    return Thing(row.id, subject, CONSENT, values)


async def _challenges(subject: Subject) -> list[Thing]:
    found: list[Thing] = []
    for row in await GuardianChallenge.filter(minor_id=subject.account.id):
        values = {
            "state": "ACCEPTED" if subject.guardian is not None else "EXPIRED",
            "sends": 1,
            "sentAt": instant(row.sent_at),
            "createdAt": instant(row.created_at),
            "expiresAt": instant(row.expires_at),
            "closedAt": instant(row.closed_at),
        }
        found.append(Thing(row.id, subject, CONSENT, values))
    return found


async def _own_consents(subject: Subject) -> list[Thing]:
    return [
        Thing(
            step.id,
            subject,
            CONSENT,
            {
                "purpose": step.purpose,
                "isGiven": step.is_given,
                "policyVersion": step.policy_version,
                "recordedAt": instant(step.recorded_at),
                "receipt": consent_receipts.issue(step),
            },
        )
        for step in await Consent.filter(account_id=subject.account.id)
    ]


async def _consents(subject: Subject) -> list[Thing]:
    steps = await GuardianConsent.filter(guardianship__minor_id=subject.account.id)
    assert {step.purpose for step in steps} == {purpose.name for purpose in subject.consents}
    return [
        Thing(
            step.id,
            subject,
            CONSENT,
            {
                "purpose": step.purpose,
                "isGiven": True,
                "policyVersion": subject.account.agreed_version,
                "recordedAt": instant(step.recorded_at),
                "receipt": consent_receipts.issue_to_guardian(step, of=subject.account.id),
            },
        )
        for step in steps
    ]


async def _fulfilments(sale: Sale) -> list[Thing]:
    order: Any = sale.order
    found: list[Thing] = []
    for row in await FulfillmentOrder.filter(order_id=order.id):
        supplied: Any = row

        def is_own(viewer: Viewer, supplier: UUID = row.supplier_id) -> bool:
            return not viewer.is_partner or (viewer.supplier == supplier and sale.is_paid)

        values = {
            "orderNumber": order.number,
            "status": supplied.status.value,
            "rejectionReason": None,
            "version": 1,
            "createdAt": instant(order.placed_at),
        }
        found.append(Thing(supplied.id, sale.subject, ORDER, values, sale, is_own))
    return found


def _cart(basket: Basket) -> Thing:
    row: Any = basket.cart
    values = {
        "updatedAt": instant(row.updated_at),
        "total": _euros(2_300),
        "problems": [{"__typename": "CartProblem"}],
    }
    return Thing(row.id, basket.subject, CART, values)


def _cart_line(basket: Basket) -> Thing:
    row: Any = basket.line
    values = {
        "quantity": 2,
        "unitPrice": _euros(1_150),
        "total": _euros(2_300),
        "problems": [{"__typename": "CartProblem"}],
    }
    return Thing(row.id, basket.subject, CART, values)


def _tickets(world: World) -> list[Thing]:
    by_account = {subject.account.id: subject for subject in world.subjects.values()}
    found: list[Thing] = []
    for ticket in world.tickets:
        account_id, agent_id, is_open = ticket.account_id, ticket.agent_id, ticket.closed_at is None

        def is_assigned(
            viewer: Viewer, agent: UUID = agent_id, is_open: bool = is_open, about: UUID = account_id
        ) -> bool:
            if world.grounds_for(viewer, by_account[about], None):
                return True
            return viewer.staff is None or (viewer.account == agent and is_open)

        values = {
            "state": "OPEN" if is_open else "CLOSED",
            "openedAt": instant(ticket.opened_at),
            "closedAt": instant(ticket.closed_at),
            "membershipVerifiedAt": instant(ticket.membership_verified_at),
        }
        found.append(Thing(ticket.id, by_account[account_id], SERVICE_RECORD, values, None, is_assigned))
    return found
