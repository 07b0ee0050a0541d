"""A shop in which every fact that a decision reads is met, with what is known of it apart from the database."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from commerce import consents as own_consents
from models import agreements, clock
from models.accounts import Account, AccountState
from models.carts import Cart, CartLine, CartState
from models.guardianships import ChallengeState, Guardianship
from models.identity_verifications import VerificationState
from models.legal_grounds import GroundState
from models.orders import Order, OrderLine, OrderStatus, Recipient
from models.partners import Partner
from models.payments import PaymentState
from models.purchase_approvals import ApprovalState
from models.suppliers import Supplier
from models.tickets import Ticket
from policy.ages import AgeBand
from policy.classes import (
    ACCOUNT,
    BIRTH_DATE,
    CART,
    CONSENT,
    EMAIL,
    LEGAL_CASE,
    ORDER,
    ORDER_AMOUNT,
    PERSON_NAME,
    POSTAL_ADDRESS,
    RECIPIENT_NAME,
    RECIPIENT_PHONE,
    SEARCH,
    SERVICE_RECORD,
    TRANSFER,
)
from policy.legal_grounds import GroundKind
from policy.partners import PartnerType
from policy.purposes import Purpose
from policy.verification import VerificationLevel
from policy.viewer import ANONYMOUS, Case, Ground, StaffRole, Viewer
from server.demo import CHILD_PURPOSES
from server.demo_grounds import LASTS, Opening, add_legal_ground, add_use
from server.demo_minors import add_purchase_approval, add_verification
from server.demo_rows import (
    Line,
    Parcel,
    Person,
    Purchase,
    add_guardian_challenge,
    add_guardianship,
    add_order,
    add_payment,
    add_person,
    add_shipment,
    add_staff,
    add_supplier,
    add_ticket,
)
from tests.commerce.goods import add_goods
from tests.graphql import outsiders, world_events
from tests.graphql.world_partners import SCOPES, register_partners, serving, tokens
from tests.graphql.world_types import Basket, Held, Noticed, Paid, Reported, Sale, Sent, Sought, Subject


@dataclass(slots=True)
class World:
    """The shop, and who may ask."""

    subjects: dict[str, Subject] = field(default_factory=dict[str, Subject])
    sales: list[Sale] = field(default_factory=list[Sale])
    viewers: dict[str, Viewer] = field(default_factory=dict[str, Viewer])
    tickets: list[Ticket] = field(default_factory=list[Ticket])
    shipments: list[Sent] = field(default_factory=list[Sent])
    reports: list[Reported] = field(default_factory=list[Reported])
    payments: list[Paid] = field(default_factory=list[Paid])
    carts: list[Basket] = field(default_factory=list[Basket])
    partners: dict[str, Partner] = field(default_factory=dict[str, Partner])
    noticed: list[Noticed] = field(default_factory=list[Noticed])
    grounds: list[Held] = field(default_factory=list[Held])
    disclosures: list[outsiders.Told] = field(default_factory=list[outsiders.Told])
    notices: list[outsiders.Warned] = field(default_factory=list[outsiders.Warned])
    searches: list[Sought] = field(default_factory=list[Sought])
    companies: list[outsiders.Company] = field(default_factory=list[outsiders.Company])
    proven_phone: str = ""

    def case(self, viewer: Viewer, subject: Subject, sale: Sale | None = None) -> Case:
        """Put together the facts of a case from what is known, without the database."""
        is_watched = self.is_watched(viewer, subject, sale)
        mine = [
            ticket
            for ticket in self.tickets
            if ticket.account_id == subject.account.id
            and ticket.agent_id == viewer.account
            and ticket.closed_at is None
        ]
        is_agent = viewer.staff is StaffRole.AGENT
        return Case(
            subject=subject.account.id,
            age=subject.age,
            guardian=subject.guardian,
            guardian_consents=subject.consents,
            is_cancelled=subject.is_cancelled,
            suppliers=sale.suppliers if sale is not None else frozenset(),
            partners=self.partners_of(sale) | serving(viewer, is_watched=is_watched),
            is_window_open=is_watched or (sale is not None and sale.is_window_open),
            has_open_ticket=is_agent and bool(mine),
            is_membership_verified=is_agent and any(ticket.membership_verified_at for ticket in mine),
            is_third_party=viewer.proof is not None and sale is not None and sale.parcel.phone == self.proven_phone,
            grounds=self.grounds_for(viewer, subject, sale.order.id if sale is not None else None),
            own_consents=OWN_CONSENTS if subject.name in CONSENTING else frozenset(),
        )

    def is_watched(self, viewer: Viewer, subject: Subject, sale: Sale | None) -> bool:
        """Whether risk control asks, and something noticed of an order, or of any of somebody's, is open."""
        return viewer.partner_type is PartnerType.RISK_CONTROL and any(
            noticed.is_open and noticed.sale.subject.name == subject.name and sale in (None, noticed.sale)
            for noticed in self.noticed
        )

    def partners_of(self, sale: Sale | None) -> frozenset[UUID]:
        """The carriers of an order's parcels."""
        return frozenset(sent.carrier for sent in self.shipments if sent.sale is sale and sent.carrier is not None)

    def grounds_for(self, viewer: Viewer, subject: Subject, order: UUID | None) -> tuple[Ground, ...]:
        """List the grounds in force by which a viewer may see more of somebody, or of one order of theirs."""
        return tuple(
            held.named
            for held in self.grounds
            if held.subject is subject
            and held.is_in_force
            and viewer.staff is not None
            and held.opening.staff == viewer.account
            and held.opening.order in (None, order)
        )

    def sales_of(self, subject: Subject) -> list[Sale]:
        """The orders that somebody placed."""
        return [sale for sale in self.sales if sale.subject is subject]


# Trained; a legal ground on people changes nothing in what they do with the catalogue.
OPERATORS = frozenset({"operator", "operator_under_ground"})
LIMIT = 12_345
CONSENTING = outsiders.CONSENTING
OWN_CONSENTS = frozenset({Purpose.AFFILIATE_ACCOUNT, Purpose.AFFILIATE_RECOMMENDATION, Purpose.IDENTITY_VERIFICATION})
_AGES = {
    "adult": 30,
    "other": 50,
    "guardian": 44,
    "cancelled": 33,
    "minor": 17,
    "consented_minor": 16,
    "child": 9,
    "consented_child": 12,
}
_GUARDED = {
    "minor": frozenset[Purpose](),
    "consented_minor": CHILD_PURPOSES,
    "child": frozenset[Purpose](),
    "consented_child": CHILD_PURPOSES,
}


def person(name: str, years: int, number: int) -> Person:
    """Invent somebody whose every value is theirs alone, so that a value in the wrong answer is found."""
    born = clock.today("SE") - timedelta(days=years * 365 + years // 4 + 30 + number % 200)
    return Person(
        email=f"{name}-{number}@people.example",
        name=f"Name of {name} {number}",
        born=born,
        region="SE",
        phone=f"+4670{number:07d}",
        street=f"Street of {name} {number}",
        city=f"City of {name} {number}",
        postal_code=f"{number:05d}",
        gender=f"gender of {name} {number}",
        identity_document=f"document of {name} {number}",
        payment_account=f"payment account of {name} {number}",
        contact_person=f"contact of {name} {number}",
    )


async def build() -> World:
    """Write the shop."""
    world, password = World(), "a password of nobody 7731"
    seed = int.from_bytes(__import__("secrets").token_bytes(3)) % 9_000_000
    for offset, (name, years) in enumerate(_AGES.items()):
        invented = person(name, years, seed + offset)
        account = await add_person(invented, password=password)
        world.subjects[name] = Subject(name, invented, account, AgeBand(account.age_band))
    guardian = world.subjects["guardian"].account
    for name, consents in _GUARDED.items():
        ward, called = world.subjects[name], f"Guardian of {name} {seed}"
        await add_guardianship(ward.account, guardian, consents, guardian_name=called)
        await add_guardian_challenge(ward.account, "guardian@people.example", "First", ChallengeState.ACCEPTED)
        await Guardianship.filter(minor_id=ward.account.id).update(
            purchase_limit_minor=LIMIT, purchase_limit_currency="EUR"
        )
        wanted = Line(guardian.id, "", f"Wanted by {name} {seed}", 2, LIMIT)
        for state in (ApprovalState.REFUSED, ApprovalState.PENDING):
            await add_purchase_approval(ward.account, (wanted,), state)
        world.subjects[name] = Subject(name, ward.person, ward.account, ward.age, guardian.id, consents, called)
    for name, state in (("guardian", VerificationState.VERIFIED), ("adult", VerificationState.REFUSED)):
        await add_verification(world.subjects[name].account, state)
    gone = world.subjects["cancelled"]
    await Account.filter(id=gone.account.id).update(state=AccountState.CANCELLED, cancelled_at=clock.now())
    # Somebody who came of age, and nobody else, sees what once was asked for them.
    await add_guardian_challenge(world.subjects["other"].account, "x@people.example", "First", ChallengeState.EXPIRED)
    world.subjects["cancelled"] = Subject("cancelled", gone.person, gone.account, gone.age, is_cancelled=True)
    one, two = [await add_supplier(f"Supplier {n} {seed}", f"supplier-{n}-{seed}", "DE") for n in "12"]
    await register_partners(world, one)
    for name in outsiders.CHECKED:
        await add_verification(
            world.subjects[name].account,
            VerificationState.PENDING,
            VerificationLevel.NAME,
            by=world.partners["verifier"],
            life=outsiders.LONG,
        )
    await _sell(world, one, two, seed)
    await world_events.notice(world)
    await _fill_carts(world)
    await world_events.search(world, seed)
    await _employ(world, seed, password)
    await _open_grounds(world)
    await outsiders.disclose(world, one)
    await outsiders.prove(world, one)
    await outsiders.register_companies(world)
    for name in CONSENTING:
        await own_consents.give(OWN_CONSENTS, by=Viewer(account=world.subjects[name].account.id))
    world.viewers |= {
        "supplier_one": Viewer(supplier=one.id, scopes=SCOPES),
        "supplier_two": Viewer(supplier=two.id, scopes=SCOPES),
        "anonymous": ANONYMOUS,
    }
    world.viewers |= tokens(world)
    # As any process has that served somebody before.
    await agreements.know({None, *(subject.account.agreed_version for subject in world.subjects.values())})
    return world


async def _sell(world: World, one: Supplier, two: Supplier, seed: int) -> None:
    past = clock.now() - timedelta(days=1)
    for number, subject in enumerate(world.subjects.values()):
        for part, (suppliers, status, closes) in enumerate(
            (
                ((one, two), OrderStatus.PAID, None),
                ((one,), OrderStatus.DELIVERED, past),
                ((two,), OrderStatus.CANCELLED, None),
                ((one,), OrderStatus.PLACED, None),
                ((one, two), OrderStatus.SHIPPED, None),
            )
        ):
            mark = f"{subject.name} {part} {seed}"
            # Two orders of one buyer go to the same person.
            line = 0 if (subject.name, part) == ("adult", 1) else part
            parcel = Parcel(
                f"Recipient {mark}", f"+3161{seed + number:07d}{line}", f"Road {mark}", f"Town {mark}", f"Z{part}", "NL"
            )
            lines = tuple(
                Line(supplier.id, f"SKU-{mark}-{index}", f"Goods {mark} {index}", index + 1, 1_000 + index)
                for index, supplier in enumerate(suppliers)
            )
            order = await add_order(Purchase(subject.account.id, parcel, lines, status, "EUR", clock.now(), closes))
            written = await OrderLine.filter(order_id=order.id).order_by("position")
            recipient = await Recipient.get(id=order.recipient_id)  # pyright: ignore[reportAttributeAccessIssue]
            sale = Sale(
                await Order.get(id=order.id),
                subject,
                parcel,
                tuple(zip(written, lines, strict=True)),
                recipient,
                is_window_open=status in (OrderStatus.PAID, OrderStatus.SHIPPED),
                is_paid=status is not OrderStatus.PLACED,
            )
            world.sales.append(sale)
            if status in (OrderStatus.SHIPPED, OrderStatus.DELIVERED):
                for supplier in suppliers:
                    tracking_number = f"TRACK {mark} {supplier.slug}"
                    carrier = world.partners["carrier"].id if supplier is one else None
                    sent = await add_shipment(
                        sale.order,
                        supplier.id,
                        carrier="Postbode",
                        tracking_number=tracking_number,
                        carrier_partner=carrier,
                    )
                    world.shipments.append(Sent(sale, sent, supplier.id, tracking_number, carrier))
                    if carrier is not None:
                        await world_events.report(world, world.shipments[-1])
            if status is not OrderStatus.PLACED:
                state = PaymentState.REFUND_DUE if status is OrderStatus.CANCELLED else PaymentState.PAID
                is_under_way = sale.is_window_open or state is PaymentState.REFUND_DUE
                world.payments.append(Paid(sale, await add_payment(sale.order, state), is_under_way))


async def _fill_carts(world: World) -> None:
    goods = await add_goods(stock_at=(1,), price_minor=1_150)
    for subject in world.subjects.values():
        # Written as rows, because some of them may not do it themselves.
        cart = await Cart.create(
            account_id=subject.account.id, state=CartState.OPEN, created_at=clock.now(), updated_at=clock.now()
        )
        line = await CartLine.create(
            cart_id=cart.id, variant_id=goods.variant_id, quantity=2, currency="EUR", seen_price_minor=1_150
        )
        world.carts.append(Basket(subject, cart, line, goods))


async def _employ(world: World, seed: int, password: str) -> None:
    staff: dict[str, Any] = {}
    for offset, (name, role, is_trained) in enumerate(
        (
            ("agent", StaffRole.AGENT, True),
            ("untrained_agent", StaffRole.AGENT, False),
            ("operator", StaffRole.OPERATOR, True),
            ("untrained_operator", StaffRole.OPERATOR, False),
            ("officer", StaffRole.PRIVACY_OFFICER, True),
            ("other_officer", StaffRole.PRIVACY_OFFICER, True),
            ("untrained_officer", StaffRole.PRIVACY_OFFICER, False),
            ("auditor", StaffRole.AUDITOR, True),
            ("operator_under_ground", StaffRole.OPERATOR, True),
            ("agent_under_ground", StaffRole.AGENT, True),
            ("officer_under_ground", StaffRole.PRIVACY_OFFICER, True),
            ("untrained_under_ground", StaffRole.OPERATOR, False),
        )
    ):
        member = await add_staff(person(name, 35, seed + 100 + offset), role, password=password, is_trained=is_trained)
        world.viewers[name] = Viewer(account=member.id, staff=role, is_trained=is_trained)
        staff[name] = member
    for name, subject in world.subjects.items():
        if name != "guardian":
            is_verified = name != "other"
            world.tickets.append(await add_ticket(subject.account, staff["agent"], is_verified=is_verified))
    world.tickets.append(await add_ticket(world.subjects["adult"].account, staff["untrained_agent"], is_verified=True))
    closed = await add_ticket(world.subjects["guardian"].account, staff["agent"], is_verified=True, is_open=False)
    world.tickets.append(closed)
    world.viewers |= {name: Viewer(account=subject.account.id) for name, subject in world.subjects.items()}


async def _open_grounds(world: World) -> None:
    """Write grounds of every state, on people of every age, for staff of every role that can have one."""
    staff = {name: viewer.account for name, viewer in world.viewers.items() if viewer.staff is not None}
    opened_by, approved_by = staff["officer"], staff["other_officer"]
    assert opened_by is not None
    sold = world.sales_of(world.subjects["adult"])[0].order.id
    life, contract, law = GroundKind.VITAL_INTERESTS, GroundKind.CONTRACT, GroundKind.LAW
    for name, of, classes, more in (
        ("operator", "adult", {PERSON_NAME, EMAIL, CART, SEARCH, SERVICE_RECORD, ACCOUNT, RECIPIENT_NAME}, {}),
        ("operator", "cancelled", {ACCOUNT, POSTAL_ADDRESS, PERSON_NAME, ORDER}, {"kind": law, "covers_child": True}),
        ("operator", "child", {ACCOUNT, PERSON_NAME, BIRTH_DATE, ORDER, CONSENT}, {"covers_child": True}),
        ("operator", "child", {EMAIL, CART}, {"kind": contract}),
        ("operator", "minor", {ACCOUNT, POSTAL_ADDRESS}, {"kind": life, "covers_child": True}),
        ("agent", "minor", {ACCOUNT, POSTAL_ADDRESS, PERSON_NAME, ORDER}, {"kind": contract}),
        ("agent", "consented_child", {ACCOUNT, ORDER, CONSENT}, {"kind": contract}),
        ("agent", "adult", {LEGAL_CASE, TRANSFER}, {}),
        ("officer", "adult", {ORDER, ORDER_AMOUNT, RECIPIENT_PHONE, EMAIL}, {"order": sold}),
        ("officer", "other", {PERSON_NAME, CART, ORDER}, {"is_kept_from_subject": True}),
        ("officer", "guardian", {PERSON_NAME, ORDER}, {"state": GroundState.PENDING}),
        ("officer", "guardian", {EMAIL, CART}, {"state": GroundState.REJECTED}),
        ("officer", "guardian", {CART, ORDER}, {"state": GroundState.REVOKED, "is_kept_from_subject": True}),
        ("officer", "guardian", {ORDER}, {"begins": clock.now() - LASTS, "is_kept_from_subject": True}),
        ("officer", "guardian", {ORDER}, {"begins": clock.now() + LASTS}),
        ("untrained", "adult", {ORDER, ACCOUNT}, {}),
    ):
        holder, subject, given = staff[f"{name}_under_ground"], world.subjects[of], dict[str, Any](more)
        assert holder is not None
        opening = Opening(subject.account.id, frozenset(classes), opened_by, approved_by, staff=holder, **given)
        row = await add_legal_ground(opening)
        is_used = opening.state is GroundState.APPROVED
        use = await add_use(row, holder, opening.classes, "Look") if is_used else None
        is_in_force = is_used and opening.begins is None
        world.grounds.append(Held(subject, opening, row, use, is_in_force))
