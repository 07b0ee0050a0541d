"""Writes the people, orders and tickets of a demonstration, each with all that a real one has."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from commerce import addresses, outbox, transfers
from commerce.guardian_challenges import LIFE, code_for, code_index
from commerce.outbox import Event, Topic
from commerce.passwords import hashed
from commerce.policy_versions import keep_snapshot
from models import clock
from models.accounts import (
    Account,
    AccountState,
    Address,
    PolicyAcceptance,
    PolicyVersion,
    PolicyVersionState,
    Staff,
    UserProfile,
)
from models.database import transaction
from models.fulfilments import FulfillmentOrder, FulfillmentStatus
from models.guardianships import (
    ChallengeState,
    GuardianChallenge,
    GuardianConsent,
    Guardianship,
    GuardianshipState,
)
from models.ids import new_id
from models.order_numbers import new_order_number
from models.orders import Order, OrderEvent, OrderLine, OrderStatus, Recipient
from models.payments import InstitutionName, Payment, PaymentState
from models.sealed import blind_index, seal
from models.shipments import Shipment, ShipmentLine, ShipmentStatus
from models.suppliers import Supplier
from models.tickets import Ticket, TicketState
from policy.ages import AgeBand, age_band, band_ends
from policy.purposes import Purpose, bits_of
from policy.viewer import StaffRole
from server.demo_partners import add_partner_token, partner_of

TRAINING_LASTS = timedelta(days=365)


SUPPLIER_SCOPES = ("orders:read", "fulfillment_orders:read", "fulfillment_orders:write")


@dataclass(frozen=True, slots=True)
class Person:
    """An invented person; `email` names them, and is where they sign in."""

    email: str
    name: str
    born: date
    region: str
    phone: str
    street: str
    city: str
    postal_code: str
    gender: str | None = None
    identity_document: str | None = None
    payment_account: str | None = None
    contact_person: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an invented order, in the order's currency."""

    supplier: UUID
    sku: str
    title: str
    quantity: int
    unit_price_minor: int


@dataclass(frozen=True, slots=True)
class Parcel:
    """Whom an invented order goes to."""

    name: str
    phone: str
    street: str
    city: str
    postal_code: str
    country: str
    is_account_holder: bool = False


@dataclass(frozen=True, slots=True)
class Purchase:
    """An invented order."""

    buyer: UUID
    parcel: Parcel
    lines: tuple[Line, ...]
    status: OrderStatus = OrderStatus.PAID
    currency: str = "EUR"
    placed: datetime = field(default_factory=clock.now)
    window_closes_at: datetime | None = None
    is_paid: bool = True


async def add_policy_version() -> PolicyVersion:
    """Put the first version of the policy in force, unless one is."""
    found = await PolicyVersion.get_or_none(version=1)
    if found is not None:
        return found
    return await PolicyVersion.create(
        version=1,
        state=PolicyVersionState.ANNOUNCED,
        effective_at=clock.now() - timedelta(days=400),
        snapshot_id=await keep_snapshot(),
        announced_at=clock.now() - timedelta(days=430),
        told_at=clock.now() - timedelta(days=400),
        highlighted_terms=[
            {"id": "sharing", "title": "Suppliers and carriers of your order learn whom to deliver it to."},
            {"id": "minors", "title": "Children shop only with their guardian's consent."},
            {"id": "abroad", "title": "An order from a foreign supplier sends that order's data abroad."},
        ],
    )


async def add_person(person: Person, *, password: str) -> Account:
    """Write an account that has accepted the policy, with its profile and an address."""
    version = await add_policy_version()
    today = clock.today(person.region)
    band = age_band(person.born, on=today, region=person.region)
    account_id, profile_id, address_id = new_id(), new_id(), new_id()
    account = Account(
        id=account_id,
        email_index=blind_index("account.email", person.email),
        phone_index=blind_index("account.phone", person.phone),
        password_hash=await hashed(password),
        password_changed_at=clock.now(),
        state=AccountState.LOCKED if band is AgeBand.CHILD else AccountState.ACTIVE,
        region=person.region,
        language="en",
        age_band=band,
        age_band_ends_on=band_ends(person.born, on=today, region=person.region),
        agreed_version=version.version,
        created_at=clock.now(),
        **await seal(Account, account_id, account_id, email=person.email, phone=person.phone),
    )
    profile = UserProfile(
        id=profile_id,
        account_id=account_id,
        updated_at=clock.now(),
        **await seal(
            UserProfile,
            profile_id,
            account_id,
            name=person.name,
            gender=person.gender,
            birth_date=person.born.isoformat(),
            nationality=person.region,
            identity_document=person.identity_document,
            payment_account=person.payment_account,
            contact_person=person.contact_person,
        ),
    )
    address = Address(
        id=address_id,
        account_id=account_id,
        is_default=True,
        created_at=clock.now(),
        **await seal(
            Address,
            address_id,
            account_id,
            name=person.name,
            phone=person.phone,
            street=person.street,
            city=person.city,
            postal_code=person.postal_code,
            country=person.region,
        ),
    )
    async with transaction():
        await account.save(force_create=True)
        await profile.save(force_create=True)
        await address.save(force_create=True)
        await PolicyAcceptance.create(
            account_id=account_id,
            policy_version_id=version.id,
            highlighted_terms=[term["id"] for term in version.highlighted_terms],
            client_kind="web",
            accepted_at=clock.now(),
        )
        await transfers.stored(account_id)
    return account


async def add_staff(person: Person, role: StaffRole, *, password: str, is_trained: bool = True) -> Account:
    """Write a member of staff; without training they see no personal data (P5.1)."""
    account = await add_person(person, password=password)
    trained_until = clock.now() + TRAINING_LASTS if is_trained else None
    await Staff.create(account_id=account.id, role=role, trained_until=trained_until)
    return account


async def add_guardianship(
    minor: Account, guardian: Account, consents: frozenset[Purpose], *, guardian_name: str | None = None
) -> Guardianship:
    """Write that an adult watches over a minor, and what they consent to; a child's account opens with consent."""
    guardianship_id = new_id()
    cells: dict[str, Any] = await seal(Guardianship, guardianship_id, guardian.id, guardian_name=guardian_name)
    async with transaction():
        guardianship = await Guardianship.create(
            id=guardianship_id,
            minor_id=minor.id,
            guardian_id=guardian.id,
            state=GuardianshipState.ACTIVE,
            **cells,
            created_at=clock.now(),
        )
        for purpose in sorted(consents, key=lambda purpose: purpose.bit):
            await GuardianConsent.create(
                guardianship_id=guardianship.id,
                purpose=purpose.name,
                is_given=True,
                policy_version=minor.agreed_version,
                recorded_at=clock.now(),
            )
        state = AccountState.ACTIVE if Purpose.ACCOUNT in consents else minor.state
        await Account.filter(id=minor.id).update(
            guardian_id=guardian.id, guardian_consents=bits_of(consents), state=state
        )
    return guardianship


async def add_guardian_challenge(
    minor: Account, contact: str, first_name: str, state: ChallengeState = ChallengeState.PENDING
) -> GuardianChallenge:
    """Write that a minor has invited somebody by e-mail; an open invitation is sent like any other."""
    challenge_id, now = new_id(), clock.now()
    is_open = state is ChallengeState.PENDING
    asked: dict[str, Any] = {}
    if is_open:
        asked = await seal(GuardianChallenge, challenge_id, minor.id, email=contact, first_name=first_name)
        asked["contact_index"] = blind_index("account.email", contact)
    async with transaction():
        challenge = await GuardianChallenge.create(
            id=challenge_id,
            minor_id=minor.id,
            state=state,
            code_index=code_index(code_for(challenge_id)),
            **asked,
            language="en",
            sent_at=now,
            created_at=now,
            expires_at=now + LIFE,
            closed_at=None if is_open else now,
        )
        if is_open:
            await outbox.enqueue(Event(Topic.GUARDIAN_INVITED, {"challenge": challenge_id}))
    return challenge


async def add_supplier(name: str, slug: str, region: str) -> Supplier:
    """Write a supplier."""
    return await Supplier.create(name=name, slug=slug, region=region, created_at=clock.now())


async def add_supplier_token(supplier: Supplier, scopes: tuple[str, ...] = SUPPLIER_SCOPES) -> str:
    """Write a supplier's token, and return it: it is shown this once."""
    return await add_partner_token(await partner_of(supplier), scopes)


async def add_shipment(
    order: Order, supplier: UUID, *, carrier: str, tracking_number: str, carrier_partner: UUID | None = None
) -> Shipment:
    """Write that a supplier has sent all of its part of an order in one parcel."""
    shipment_id, recipient_id = new_id(), order.recipient_id
    cells: dict[str, Any] = await seal(Shipment, shipment_id, recipient_id, tracking_number=tracking_number)
    lines = await OrderLine.filter(order_id=order.id, supplier_id=supplier)
    is_received = order.status is OrderStatus.DELIVERED
    async with transaction():
        shipment = await Shipment.create(
            id=shipment_id,
            fulfilment_id=(await FulfillmentOrder.get(order_id=order.id, supplier_id=supplier)).id,
            order_id=order.id,
            recipient_id=recipient_id,
            status=ShipmentStatus.RECEIVED if is_received else ShipmentStatus.SENT,
            carrier=carrier,
            carrier_partner_id=carrier_partner,
            created_at=clock.now(),
            **cells,
        )
        for line in lines:
            await ShipmentLine.create(shipment_id=shipment_id, order_line_id=line.id, quantity=line.quantity)
            await OrderLine.filter(id=line.id).update(shipped=line.quantity)
    return shipment


_FULFILMENTS = {
    OrderStatus.PLACED: FulfillmentStatus.UNPAID,
    OrderStatus.PAID: FulfillmentStatus.OPEN,
    OrderStatus.PARTLY_SHIPPED: FulfillmentStatus.PARTLY_SHIPPED,
    OrderStatus.SHIPPED: FulfillmentStatus.SHIPPED,
    OrderStatus.DELIVERED: FulfillmentStatus.RECEIVED,
    OrderStatus.CANCELLED: FulfillmentStatus.CANCELLED,
}


def _index(phone: str) -> bytes:
    # As it is written: people whom nobody reads a number of need none that can be called.
    return addresses.Address("phone", phone).index_of_given


async def add_order(purchase: Purchase) -> Order:
    """Write an order with its recipient and lines."""
    order_id, recipient_id = new_id(at=purchase.placed), new_id(at=purchase.placed)
    parcel = purchase.parcel
    recipient = Recipient(
        id=recipient_id,
        is_account_holder=parcel.is_account_holder,
        phone_index=None if parcel.is_account_holder else _index(parcel.phone),
        created_at=purchase.placed,
        **await seal(
            Recipient,
            recipient_id,
            recipient_id,
            name=parcel.name,
            phone=parcel.phone,
            street=parcel.street,
            city=parcel.city,
            postal_code=parcel.postal_code,
            country=parcel.country,
        ),
    )
    cancelled_at = clock.now() if purchase.status is OrderStatus.CANCELLED else None
    async with transaction():
        await recipient.save(force_create=True)
        order = await Order.create(
            id=order_id,
            number=new_order_number(),
            buyer_id=purchase.buyer,
            recipient_id=recipient_id,
            status=purchase.status,
            currency=purchase.currency,
            total_minor=sum(line.quantity * line.unit_price_minor for line in purchase.lines),
            placed_at=purchase.placed,
            paid_at=purchase.placed if purchase.is_paid and purchase.status is not OrderStatus.PLACED else None,
            window_closes_at=purchase.window_closes_at or cancelled_at,
            cancelled_at=cancelled_at,
        )
        for position, line in enumerate(purchase.lines, start=1):
            await OrderLine.create(
                order_id=order_id,
                supplier_id=line.supplier,
                position=position,
                sku=line.sku,
                title=line.title,
                quantity=line.quantity,
                currency=purchase.currency,
                unit_price_minor=line.unit_price_minor,
            )
        for supplier in dict.fromkeys(line.supplier for line in purchase.lines):
            await FulfillmentOrder.create(
                order_id=order_id,
                supplier_id=supplier,
                status=_FULFILMENTS[purchase.status],
                created_at=purchase.placed,
            )
        await OrderEvent.create(order_id=order_id, status=purchase.status, happened_at=purchase.placed)
    return order


async def add_payment(order: Order, state: PaymentState = PaymentState.PAID) -> Payment:
    """Write the payment of an order by the sandbox."""
    return await Payment.create(
        order_id=order.id,
        institution=InstitutionName.SANDBOX,
        state=state,
        currency=order.currency,
        amount_minor=order.total_minor,
        created_at=order.placed_at,
        settled_at=None if state is PaymentState.PENDING else order.placed_at,
    )


async def add_ticket(account: Account, agent: Account, *, is_verified: bool, is_open: bool = True) -> Ticket:
    """Write a ticket of a person, assigned to an agent."""
    return await Ticket.create(
        account_id=account.id,
        agent_id=agent.id,
        state=TicketState.OPEN if is_open else TicketState.CLOSED,
        membership_verified_at=clock.now() if is_verified else None,
        opened_at=clock.now() - timedelta(hours=2),
        closed_at=None if is_open else clock.now(),
    )
