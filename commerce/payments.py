"""Payment institutions: what they are told, and the built-in sandbox."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

from models.money import Money
from models.payments import InstitutionName
from models.secrets import derive


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


INSTITUTIONS: Mapping[InstitutionName, Institution] = MappingProxyType({InstitutionName.SANDBOX: Sandbox()})
