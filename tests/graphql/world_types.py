"""What is met in the shop of the tests: people, orders, parcels, payments, carts, grounds and disclosures."""

from dataclasses import dataclass
from uuid import UUID

from models.accounts import Account
from models.anomalies import OrderAnomaly
from models.carts import Cart, CartLine
from models.legal_grounds import LegalGround, LegalGroundUse
from models.orders import Order, OrderLine, OrderStatus, Recipient
from models.payments import Payment
from models.searches import Search
from models.shipments import Shipment
from models.tracking import TrackingEvent
from policy.ages import AgeBand
from policy.purposes import Purpose
from policy.viewer import Ground
from server.demo_grounds import Opening
from server.demo_rows import Line, Parcel, Person
from tests.commerce.goods import Goods


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody who things are about."""

    name: str
    person: Person
    account: Account
    age: AgeBand
    guardian: UUID | None = None
    consents: frozenset[Purpose] = frozenset()
    guardian_name: str | None = None
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Sale:
    """An order, and what was put into it."""

    order: Order
    subject: Subject
    parcel: Parcel
    lines: tuple[tuple[OrderLine, Line], ...]
    recipient: Recipient
    is_window_open: bool
    is_paid: bool

    @property
    def is_shipped(self) -> bool:
        """Whether all of it was sent."""
        return self.order.status in (OrderStatus.SHIPPED, OrderStatus.DELIVERED)

    @property
    def suppliers(self) -> frozenset[UUID]:
        """Who provides its lines."""
        return frozenset(line.supplier for _, line in self.lines)


@dataclass(frozen=True, slots=True)
class Sent:
    """A parcel with all of a supplier's part of an order."""

    sale: Sale
    shipment: Shipment
    supplier: UUID
    tracking_number: str
    carrier: UUID | None


@dataclass(frozen=True, slots=True)
class Reported:
    """What the carrier of a parcel has said of it."""

    sent: Sent
    row: TrackingEvent
    country: str


@dataclass(frozen=True, slots=True)
class Paid:
    """The payment of an order, at the sandbox."""

    sale: Sale
    row: Payment
    is_under_way: bool


@dataclass(frozen=True, slots=True)
class Noticed:
    """What was noticed of an order."""

    sale: Sale
    row: OrderAnomaly
    is_open: bool


@dataclass(frozen=True, slots=True)
class Basket:
    """A cart with one line, of which fewer are in stock."""

    subject: Subject
    cart: Cart
    line: CartLine
    goods: Goods


@dataclass(frozen=True, slots=True)
class Sought:
    """A search that was linked to somebody."""

    subject: Subject
    row: Search
    words: str


@dataclass(frozen=True, slots=True)
class Held:
    """A legal ground, and by whom it is held."""

    subject: Subject
    opening: Opening
    row: LegalGround
    use: LegalGroundUse | None
    is_in_force: bool = True

    @property
    def named(self) -> Ground:
        """What it opens."""
        return Ground(self.opening.classes, self.opening.covers_child, self.opening.carries_abroad, self.row.id)
