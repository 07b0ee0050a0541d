"""Payment institutions: what they are told, and the built-in sandbox."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

from commerce import disclosures, transfers
from commerce.acceptances import PolicyNotAccepted, in_force
from commerce.persons import GuardianConsentRequired
from commerce.refusals import Refusal
from models.money import Money
from models.partners import acting
from models.payments import InstitutionName
from models.secrets import derive
from models.transfers import border_of
from policy.ages import AgeBand
from policy.classes import ORDER_AMOUNT, ORDER_NUMBER
from policy.decide import decide
from policy.partners import PartnerType
from policy.purposes import Purpose
from policy.viewer import Case, Viewer

CHARGED = (ORDER_NUMBER, ORDER_AMOUNT)
"""What a charge tells the institution, and the return of money (P2.5)."""


TAKEN_UNDER = ("P2.5",)
"""The clause by which money is taken, and so given back."""
RETURN = "refund"
"""What the ledger calls the return of money: no operation of anybody's may have asked for it."""


class InstitutionNotServed(Refusal):
    """The institution is not in the register of partners, or not in standing there."""

    code = "INSTITUTION_NOT_SERVED"

    def __init__(self) -> None:
        super().__init__(
            "This institution takes no payments now: choose another one, or ask the shop's privacy officer to record "
            "its agreement and its examination in the register of partners. Nothing was sent to it.",
            field=("payment", "institution"),
        )


class InstitutionAbroad(Refusal):
    """The institution works in another region than the buyer, who neither deals there nor consents to it."""

    code = "INSTITUTION_ABROAD"

    def __init__(self) -> None:
        super().__init__(
            "This institution works in another region than the one that you live in, and nothing of this order comes "
            "from there: choose another one, or consent to `CROSS_BORDER` with `consentGive` and send this again. "
            "Nothing was sent to it.",
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
        InstitutionAbroad: It is told across a border on none of the three grounds (P8.1).
        GuardianConsentRequired: The buyer is under age, and nobody consents to payments for them, or to their leaving
            the region (P7.1, P7.3, P8.1).
        DatabaseUnavailable: It could not be written, so nothing must be sent.
    """
    case, order_id = _case(of, partner)
    border = await border_of(order_id, to=partner)
    case = case._replace(crosses_border=border.is_closed)
    decisions = [decide(partner.asks(each, of=case)) for each in CHARGED]
    missing = {fact for decision in decisions for fact in decision.missing}
    if "version" in missing:
        raise PolicyNotAccepted((await in_force()).version)
    if not all(decision.is_clear for decision in decisions):
        if missing != {"region"}:
            raise GuardianConsentRequired(Purpose.PAYMENT)
        if case.age is not AgeBand.ADULT:
            raise GuardianConsentRequired(Purpose.CROSS_BORDER)
        raise InstitutionAbroad
    await disclosures.sent(CHARGED, of=case, to=partner, operation=operation)
    await transfers.charged(order_id, border, to=partner)


async def tell_of_return(name: InstitutionName, *, of: Case) -> None:
    """
    Put on record that an institution is about to be told to give money back; it is told nothing before this returns.

    Money goes back whatever has become of standing, consents and borders since it was taken: that ends what the buyer
    has begun, and names what the institution was told before (docs/decisions/0158, 0165). An institution that the
    register never had is told without a record.

    Args:
        of: The facts of the buyer's account, with the order.

    Raises:
        DatabaseUnavailable: It could not be written, so nothing must be sent.
    """
    partner = await acting(PartnerType.PAYMENT, institution=name, is_ending=True)
    if partner is None:
        return
    case, order_id = _case(of, partner)
    await disclosures.sent(CHARGED, of=case, to=partner, operation=RETURN, ending=TAKEN_UNDER)
    await transfers.charged(order_id, await border_of(order_id, to=partner), to=partner)


def _case(of: Case, partner: Viewer) -> tuple[Case, UUID]:
    assert partner.partner is not None, "it was found in the register"
    assert of.order is not None, "a charge is of an order"
    return of._replace(partners=frozenset({partner.partner}), is_window_open=True), of.order


INSTITUTIONS: Mapping[InstitutionName, Institution] = MappingProxyType({InstitutionName.SANDBOX: Sandbox()})
