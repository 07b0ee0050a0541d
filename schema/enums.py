"""The enums of the schema: each value is described where it is published."""

from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

import strawberry

from models.accounts import AccountState
from models.money import EXPONENTS
from models.orders import OrderStatus
from models.payments import InstitutionName
from models.tickets import TicketState
from policy.ages import AgeBand
from policy.parties import Party
from policy.purposes import Purpose
from policy.sharing import SharingGround
from policy.viewer import StaffRole

E = TypeVar("E", bound=Enum)


def described(enum: type[E], description: str, values: dict[E, str], *, name: str | None = None) -> type[E]:
    """Publish an enum, under another name if one is given, with a description of each value; one without is refused."""
    published: Any = strawberry.enum(enum, name=name, description=description)
    for value in published.__strawberry_definition__.values:
        value.description = values[enum[value.name]]
    return published


described(
    OrderStatus,
    "How far an order has come.",
    {
        OrderStatus.PLACED: "The buyer has confirmed it; it waits for payment.",
        OrderStatus.PAID: "It is paid for, and the suppliers prepare it.",
        OrderStatus.PARTLY_SHIPPED: "Some of it is on its way to the recipient, and some is yet to be sent.",
        OrderStatus.SHIPPED: "All of it that is sent is on its way to the recipient.",
        OrderStatus.DELIVERED: "The recipient has it.",
        OrderStatus.CANCELLED: "It will not be delivered.",
    },
)
described(
    AccountState,
    "Whether an account may be used.",
    {
        AccountState.ACTIVE: "It may be used.",
        AccountState.LOCKED: "A child's account that waits for the guardian's consent.",
        AccountState.CANCELLED: "Its owner has given it up; its registration data is no longer used.",
    },
)
described(
    AgeBand,
    "How far the law protects a person for their age, by the limits of their region.",
    {
        AgeBand.CHILD: "A child by the limits of the region: nothing without the guardian's consent.",
        AgeBand.MINOR: "No longer a child and not of age.",
        AgeBand.ADULT: "Of age.",
    },
)
described(
    Purpose,
    "Why personal data is used.",
    {purpose: purpose.value[0].upper() + purpose.value[1:] + "." for purpose in Purpose},
)
described(
    TicketState,
    "Whether a ticket still waits for an answer.",
    {TicketState.OPEN: "It waits for an answer.", TicketState.CLOSED: "It is settled."},
)

described(
    StaffRole,
    "What somebody who works for the platform is there to do.",
    {
        StaffRole.AGENT: "Answers what customers ask.",
        StaffRole.OPERATOR: "Looks after the shop: its catalogue, stock and orders.",
        StaffRole.PRIVACY_OFFICER: "Answers for the use of personal data, and opens legal grounds.",
        StaffRole.AUDITOR: "Checks what was disclosed to whom.",
    },
)

if TYPE_CHECKING:

    class CurrencyCode(Enum):
        """One member for each key of `EXPONENTS`."""
else:
    CurrencyCode = Enum("CurrencyCode", {code: code for code in sorted(EXPONENTS)})
described(
    CurrencyCode,
    "A currency that the shop can price in, by its ISO 4217 code.",
    {CurrencyCode[code]: f"Amounts in {code} have {digits} decimals." for code, digits in EXPONENTS.items()},
)
described(
    Party,
    "What a viewer is to somebody.",
    {party: f"{party.value[0].upper()}{party.value[1:]}." for party in Party},
)
described(
    SharingGround,
    "Why another company received data of somebody. There are no others, and nobody is paid for data.",
    {ground: f"{ground.value[0].upper()}{ground.value[1:]}." for ground in SharingGround},
)
described(
    InstitutionName,
    "Who takes the money. It is told the order's number and the amount, and nothing else.",
    {InstitutionName.SANDBOX: "Nobody: it plays an institution. It declines what is above 1,000,000,000 minor units."},
)
