"""Sums of money."""

from decimal import Decimal

import strawberry

from models.money import Money as Sum
from permissions.fields import part, pure
from schema.enums import CurrencyCode


def _code(currency: str) -> CurrencyCode:
    return CurrencyCode[currency]


@strawberry.type(description="A sum of money, exact.")
class Money:
    """An amount and its currency; never a float."""

    amount: Decimal = part("The amount in the currency's main unit, with all of its decimals: `12.50`.")
    currency_code: CurrencyCode = part("The currency.", columns=("currency",), value=_code)


@pure
def money(amount_minor: int, currency: str) -> Sum:
    """Make a sum of two columns."""
    return Sum(amount_minor, currency)
