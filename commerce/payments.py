"""Payment institutions: what they are told, and the built-in sandbox."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

from commerce import disclosures
from commerce.acceptances import PolicyNotAccepted, in_force
from commerce.persons import GuardianConsentRequired
from commerce.refusals import Refusal
from models.money import Money
from models.partners import acting
from models.payments import InstitutionName
from models.secrets import derive
from policy.classes import ORDER_AMOUNT, ORDER_NUMBER
from policy.decide import decide
from policy.partners import PartnerType
from policy.purposes import Purpose
from policy.viewer import Case, Viewer

CHARGED = (ORDER_NUMBER, ORDER_AMOUNT)
"""What a charge tells the institution (P2.5)."""


class InstitutionNotServed(Refusal):
    """The institution is not in the register of partners, or not in standing there."""

    code = "INSTITUTION_NOT_SERVED"

    def __init__(self) -> None:
        super().__init__(
            "This institution takes no payments now: choose another one, or ask the shop's privacy officer to record "
            "its agreement and its examination in the register of partners. Nothing was sent to it.",
            field=("payment", "institution"),
        )


@dataclass(frozen=True, slots=True)
class Charge:
    """
    All that a payment institution is told: no name, no address, and not what was bought (P4.2).

    Args:
        order_number: By which the institution knows a repeated charge.
        amount: What is to be paid.
    """

    order_number: str
    amount: Money


class PaymentDeclinedByInstitution(Exception):
    """The institution does not pay; nothing was taken."""


class Institution(Protocol):
    """
    Takes money for orders and gives it back.

    Both calls are safe to repeat: what was done for an order's number is not done a second time. What was given back is
    not taken any more. They are called outside of transactions.
    """

    async def take(self, charge: Charge) -> str:
        """
        Take an amount.

        Returns:
            The institution's own reference, letters and digits only.

        Raises:
            PaymentDeclinedByInstitution: It does not pay.
        """
        ...

    async def give_back(self, charge: Charge) -> None:
        """Give back what was taken for an order and was not given back yet; nothing, if there is nothing."""
        ...

    async def give_back_part(self, part: Charge, part_id: UUID) -> None:
        """
        Give back a part of what was taken for an order, and never more than is left of it.

        Args:
            part: The order's number, and the amount to give back.
            part_id: By which the institution knows a repeated request.
        """
        ...


class Sandbox:
    """
    An institution that moves no money, for trying out the shop.

    It declines what is above `LIMIT_MINOR`, so that a decline can be tried out as well. It keeps nothing: the same
    charge gets the same reference, whichever worker asks.
    """

    LIMIT_MINOR = 1_000_000_000

    async def take(self, charge: Charge) -> str:
        """Pretend to take an amount."""
        if charge.amount.amount_minor > self.LIMIT_MINOR:
            raise PaymentDeclinedByInstitution
        text = f"{charge.order_number} {charge.amount} {charge.amount.currency}"
        return "sandbox" + hmac.digest(derive("sandbox payments"), text.encode(), sha256).hex()[:24]

    async def give_back(self, charge: Charge) -> None:
        """Pretend to give an amount back; a sandbox took none."""

    async def give_back_part(self, part: Charge, part_id: UUID) -> None:
        """Pretend to give a part of an amount back."""


async def served(name: InstitutionName) -> Viewer:
    """
    Find the partner that an institution is, as the viewer whom charges are sent to (P4.5).

    Raises:
        InstitutionNotServed: The register has none that is in standing.
    """
    partner = await acting(PartnerType.PAYMENT, institution=name)
    if partner is None:
        raise InstitutionNotServed
    return partner


async def tell(partner: Viewer, *, of: Case, operation: str) -> None:
    """
    Put on record that an institution is about to be told of a charge; it is told nothing before this returns (P4.1).

    Args:
        partner: The institution.
        of: The facts of the buyer's own account, with the order.
        operation: What it is told for.

    Raises:
        PolicyNotAccepted: A version of the policy that widens this awaits the buyer's consent (P9.3).
        GuardianConsentRequired: The buyer is under age, and nobody consents to payments for them (P7.1, P7.3).
        DatabaseUnavailable: It could not be written, so nothing must be sent.
    """
    assert partner.partner is not None, "it was found in the register"
    case = of._replace(partners=frozenset({partner.partner}), is_window_open=True)
    decisions = [decide(partner.asks(each, of=case)) for each in CHARGED]
    if any("version" in decision.missing for decision in decisions):
        raise PolicyNotAccepted((await in_force()).version)
    if not all(decision.is_clear for decision in decisions):
        raise GuardianConsentRequired(Purpose.PAYMENT)
    await disclosures.sent(CHARGED, of=case, to=partner, operation=operation)


INSTITUTIONS: Mapping[InstitutionName, Institution] = MappingProxyType({InstitutionName.SANDBOX: Sandbox()})
