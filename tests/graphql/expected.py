"""What the policy lets a viewer see of every object of the world, worked out apart from schema and database."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from models import clock
from models.accounts import Address, UserProfile
from models.fulfilments import FulfillmentOrder
from models.guardianships import GuardianChallenge, GuardianConsent, Guardianship
from models.ids import public_id
from models.legal_grounds import GroundState
from models.shipments import ShipmentLine
from models.transfers import Transfer
from policy.classes import (
    ACCOUNT,
    CART,
    CONSENT,
    LEGAL_CASE,
    ORDER,
    POSTAL_ADDRESS,
    REGISTRATION,
    SERVICE_RECORD,
    TRANSFER,
    DataClass,
)
from policy.decide import decide
from policy.purposes import Purpose
from policy.viewer import Case, Ground, StaffRole, Viewer
from tests.graphql.world import Basket, Held, Sale, Sent, Subject, World


@dataclass(frozen=True, slots=True)
class Thing:
    """
    An object of some type.

    Args:
        row_id: Its primary key.
        subject: Whom it is about.
        known_by: The class by which a viewer may know of it at all.
        values: What its classified fields hold, by their name in the schema; a function of viewer and world where it
            is a list that is scoped itself.
        sale: The order it belongs to.
        is_for: Whether a viewer may know of it as far as anything else than the class decides.
    """

    row_id: UUID
    subject: Subject
    known_by: DataClass
    values: dict[str, Any]
    sale: Sale | None = None
    is_for: Callable[[Viewer], bool] = lambda viewer: True
    held: Held | None = None

    def case(self, world: World, viewer: Viewer) -> Case:
        """The facts of the case."""
        case = world.case(viewer, self.subject, self.sale)
        if self.held is None:
            return case
        # Officers read what is kept of a ground under the law itself (docs/decisions/0151).
        oversight = (Ground(frozenset({LEGAL_CASE}), covers_child=True),)
        is_officer = viewer.staff is StaffRole.PRIVACY_OFFICER
        grounds = world.grounds_for(viewer, self.subject, self.held.opening.order)
        return case._replace(grounds=oversight if is_officer else grounds)

    def is_known_to(self, viewer: Viewer, world: World) -> bool:
        """Whether the viewer may know of it."""
        return decide(viewer.asks(self.known_by, of=self.case(world, viewer))).is_clear and self.is_for(viewer)


def _euros(minor: int) -> dict[str, str]:
    return {"amount": f"{Decimal(minor) / 100:.2f}", "currencyCode": "EUR"}


def _instant(value: Any) -> str | None:
    return value.isoformat() if value is not None else None


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
        "Cart": [_cart(basket) for basket in world.carts],
        "CartLine": [_cart_line(basket) for basket in world.carts],
        "Ticket": _tickets(world),
        "Guardianship": [await _guardianship(subject) for subject in people if subject.guardian is not None],
        "GuardianChallenge": [thing for subject in people for thing in await _challenges(subject)],
        "LegalGround": [_ground(held) for held in world.grounds],
        "LegalGroundUse": [_use(held) for held in world.grounds if held.use is not None],
        "Transfer": [await _transfer(subject) for subject in people],
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
        "ageBand": subject.age.value,
        "createdAt": _instant(account.created_at),
        "guardianConsents": consents,
        "wards": wards,
    }
    return Thing(account.id, subject, ACCOUNT, values)


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
        "updatedAt": _instant(row.updated_at),
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
        "placedAt": _instant(order.placed_at),
        "cancelledAt": _instant(order.cancelled_at),
        "externalReference": None,
        "externalAttributes": [],
        "total": _euros(order.total_minor),
        "buyer": {"__typename": "User"},
    }
    return Thing(order.id, sale.subject, ORDER, values, sale, _once_paid(sale))


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
    }
    return Thing(sale.recipient.id, sale.subject, ORDER, values, sale, _once_paid(sale))


def _once_paid(sale: Sale) -> Callable[[Viewer], bool]:
    return lambda viewer: viewer.supplier is None or sale.is_paid


def _lines(sale: Sale) -> list[Thing]:
    found: list[Thing] = []
    for row, line in sale.lines:

        def is_own(viewer: Viewer, supplier: UUID = line.supplier) -> bool:
            return viewer.supplier is None or (viewer.supplier == supplier and sale.is_paid)

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
        "createdAt": _instant(row.created_at),
    }
    return Thing(row.id, sent.sale.subject, ORDER, values, sent.sale, _of_supplier(sent.supplier))


async def _shipment_lines(sent: Sent) -> list[Thing]:
    rows = await ShipmentLine.filter(shipment_id=sent.shipment.id)
    own = _of_supplier(sent.supplier)
    return [Thing(row.id, sent.sale.subject, ORDER, {"quantity": row.quantity}, sent.sale, own) for row in rows]


def _of_supplier(supplier: UUID) -> Callable[[Viewer], bool]:
    return lambda viewer: viewer.supplier is None or viewer.supplier == supplier


async def _guardianship(subject: Subject) -> Thing:
    row = await Guardianship.get(minor_id=subject.account.id)
    values = {"state": "ACTIVE", "since": _instant(row.created_at), "guardianName": subject.guardian_name}
    return Thing(row.id, subject, CONSENT, values)


async def _challenges(subject: Subject) -> list[Thing]:
    found: list[Thing] = []
    for row in await GuardianChallenge.filter(minor_id=subject.account.id):
        values = {
            "state": "ACCEPTED" if subject.guardian is not None else "EXPIRED",
            "sends": 1,
            "sentAt": _instant(row.sent_at),
            "createdAt": _instant(row.created_at),
            "expiresAt": _instant(row.expires_at),
            "closedAt": _instant(row.closed_at),
        }
        found.append(Thing(row.id, subject, CONSENT, values))
    return found


async def _consents(subject: Subject) -> list[Thing]:
    steps = await GuardianConsent.filter(guardianship__minor_id=subject.account.id)
    assert {step.purpose for step in steps} == {purpose.name for purpose in subject.consents}
    return [
        Thing(
            step.id,
            subject,
            CONSENT,
            {"purpose": step.purpose, "isGiven": True, "recordedAt": _instant(step.recorded_at)},
        )
        for step in steps
    ]


async def _fulfilments(sale: Sale) -> list[Thing]:
    order: Any = sale.order
    found: list[Thing] = []
    for row in await FulfillmentOrder.filter(order_id=order.id):
        supplied: Any = row

        def is_own(viewer: Viewer, supplier: UUID = row.supplier_id) -> bool:
            return viewer.supplier is None or (viewer.supplier == supplier and sale.is_paid)

        values = {
            "orderNumber": order.number,
            "status": supplied.status.value,
            "rejectionReason": None,
            "version": 1,
            "createdAt": _instant(order.placed_at),
        }
        found.append(Thing(supplied.id, sale.subject, ORDER, values, sale, is_own))
    return found


def _cart(basket: Basket) -> Thing:
    row: Any = basket.cart
    values = {
        "updatedAt": _instant(row.updated_at),
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
            "openedAt": _instant(ticket.opened_at),
            "closedAt": _instant(ticket.closed_at),
            "membershipVerifiedAt": _instant(ticket.membership_verified_at),
        }
        found.append(Thing(ticket.id, by_account[account_id], SERVICE_RECORD, values, None, is_assigned))
    return found


def _is_told(held: Held) -> Callable[[Viewer], bool]:
    """Tell whether a ground is for a viewer as far as the law lets the person know."""
    state, opening = held.row.state, held.opening
    is_approved = state in (GroundState.APPROVED, GroundState.REVOKED)
    has_ended = state is GroundState.REVOKED or held.row.valid_until <= clock.now()
    is_told = is_approved and (has_ended or not opening.is_kept_from_subject)
    return lambda viewer: viewer.staff is not None or is_told


def _staff(key: UUID | None) -> str | None:
    return public_id("Staff", key) if key is not None else None


def _ground(held: Held) -> Thing:
    row: Any = held.row
    values = {
        "kind": row.kind.value,
        "state": row.state.value,
        "caseReference": held.opening.case_reference,
        "classes": row.classes,
        "orderId": public_id("Order", row.order_id) if row.order_id is not None else None,
        "holder": _staff(row.viewer_account_id),
        "holderRole": None,
        "coversChild": held.opening.covers_child,
        "isKeptFromSubject": held.opening.is_kept_from_subject,
        "validFrom": _instant(row.valid_from),
        "validUntil": _instant(row.valid_until),
        "openedBy": _staff(row.opened_by_id),
        "openedAt": _instant(row.opened_at),
        "approvedBy": _staff(row.approved_by_id),
        "approvedAt": _instant(row.approved_at),
        "closedAt": _instant(row.closed_at),
    }
    return Thing(row.id, held.subject, LEGAL_CASE, values, None, _is_told(held), held)


def _use(held: Held) -> Thing:
    row: Any = held.use
    values = {
        "viewer": _staff(row.viewer_id),
        "classes": row.classes,
        "operation": "Look",
        "usedAt": _instant(row.used_at),
    }
    return Thing(row.id, held.subject, LEGAL_CASE, values, None, _is_told(held), held)


async def _transfer(subject: Subject) -> Thing:
    row: Any = await Transfer.get(account_id=subject.account.id)
    values = {
        "fromRegion": "SE",
        "toRegion": "SG",
        "receiver": "DEPLOYMENT",
        "ground": "OWN_DEALING",
        "classes": sorted(each.name for each in REGISTRATION | {ACCOUNT, CONSENT}),
        "supplierId": None,
        "orderId": None,
        "firstAt": _instant(row.first_at),
        "lastAt": _instant(row.last_at),
    }
    return Thing(row.id, subject, TRANSFER, values)
