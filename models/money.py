"""Money: a whole number of the smallest unit and a currency, exact in every operation."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

# ISO 4217: how many decimals each supported currency has. What is missing here is refused, never guessed.
EXPONENTS = MappingProxyType(
    {
        **dict.fromkeys(("CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF"), 0),
        **dict.fromkeys(
            (
                *(
                    "AED",
                    "ARS",
                    "AUD",
                    "BDT",
                    "BRL",
                    "CAD",
                    "CHF",
                    "CNY",
                    "COP",
                    "CZK",
                    "DKK",
                    "EGP",
                    "EUR",
                ),
                *(
                    "GBP",
                    "GEL",
                    "GHS",
                    "HKD",
                    "HUF",
                    "IDR",
                    "ILS",
                    "INR",
                    "KES",
                    "KZT",
                    "LKR",
                    "MAD",
                    "MXN",
                    "MYR",
                ),
                *(
                    "NGN",
                    "NOK",
                    "NZD",
                    "PEN",
                    "PHP",
                    "PKR",
                    "PLN",
                    "QAR",
                    "RON",
                    "RSD",
                    "SAR",
                    "SEK",
                    "SGD",
                    "THB",
                ),
                *("TRY", "TWD", "UAH", "USD", "ZAR"),
            ),
            2,
        ),
        **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    }
)
# What a column of type bigint holds.
LARGEST_MINOR = 2**63 - 1

_AMOUNT = re.compile(r"(-?)(0|[1-9][0-9]{0,18})(?:\.([0-9]{1,3}))?", re.ASCII)


class UnknownCurrency(ValueError):
    """A currency that the shop does not deal in."""

    def __init__(self, currency: str) -> None:
        shown = currency if re.fullmatch(r"[A-Za-z]{3}", currency) else "..."
        super().__init__(f"`{shown}` is not a currency of this shop. Use an ISO 4217 code such as `EUR`.")


class MixedCurrencies(ValueError):
    """Two amounts in different currencies were added or compared."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"`{one}` and `{other}` do not add up. Convert one of them at a named rate first.")


class BadAmount(ValueError):
    """An amount that is not one in its currency."""


def exponent(currency: str) -> int:
    """
    Return how many decimals a currency has.

    Raises:
        UnknownCurrency: It is not supported.
    """
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise UnknownCurrency(currency) from None


@dataclass(frozen=True, slots=True)
class Money:
    """
    An amount in one currency.

    Args:
        amount_minor: In the currency's smallest unit: cents for EUR, yen for JPY, fils (thousandths) for KWD.
        currency: ISO 4217 code.

    Raises:
        UnknownCurrency: It is not supported.
        BadAmount: The number is not whole, or too large to store.
    """

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        exponent(self.currency)
        if type(self.amount_minor) is not int:
            raise BadAmount("An amount is a whole number of the currency's smallest unit; use `Money.parse` for text.")
        if abs(self.amount_minor) > LARGEST_MINOR:
            raise BadAmount(f"An amount is at most {LARGEST_MINOR} of the currency's smallest unit.")

    @classmethod
    def zero(cls, currency: str) -> "Money":
        """Return nothing, in a currency."""
        return cls(0, currency)

    @classmethod
    def parse(cls, text: str, currency: str) -> "Money":
        """
        Read a decimal amount such as `12.50`.

        Strict: no signs but a minus, no blanks, no exponents, no grouping, and never more decimals than the currency
        has, because rounding would change what was meant.

        Raises:
            UnknownCurrency: The currency is not supported.
            BadAmount: The text is not such an amount.
        """
        places = exponent(currency)
        match = _AMOUNT.fullmatch(text)
        if match is None:
            raise BadAmount("An amount is written with digits and a point, such as `12.50`.")
        sign, whole, decimals = match[1], match[2], match[3] or ""
        if len(decimals) > places:
            raise BadAmount(f"`{currency}` has {places} decimals; give no more than these.")
        minor = int(whole + decimals.ljust(places, "0"))
        return cls(-minor if sign else minor, currency)

    @property
    def amount(self) -> Decimal:
        """The amount in the currency's main unit, exact."""
        return Decimal(str(self))

    def __str__(self) -> str:
        """Write the amount, exact and with all the currency's decimals, without the currency."""
        places = EXPONENTS[self.currency]
        sign = "-" if self.amount_minor < 0 else ""
        digits = str(abs(self.amount_minor)).rjust(places + 1, "0")
        return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount_minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount_minor - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount_minor, self.currency)

    def __mul__(self, quantity: int) -> "Money":
        return Money(self.amount_minor * quantity, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.amount_minor < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.amount_minor <= self._same(other)

    def __gt__(self, other: "Money") -> bool:
        return self.amount_minor > self._same(other)

    def __ge__(self, other: "Money") -> bool:
        return self.amount_minor >= self._same(other)

    def split(self, weights: Sequence[int]) -> list["Money"]:
        """
        Divide the amount in proportion to weights, without losing or making a unit.

        What does not divide goes to the largest remainders, the first of equal ones first.

        Args:
            weights: None negative, at least one positive.

        Raises:
            BadAmount: There is nothing to divide by.
        """
        total = sum(weights)
        if total <= 0 or min(weights) < 0:
            raise BadAmount("An amount is divided by weights of which none is negative and one is above zero.")
        size = abs(self.amount_minor)
        parts = [size * weight // total for weight in weights]
        by_remainder = sorted(range(len(weights)), key=lambda place: (-(size * weights[place] % total), place))
        for place in by_remainder[: size - sum(parts)]:
            parts[place] += 1
        sign = -1 if self.amount_minor < 0 else 1
        return [Money(sign * part, self.currency) for part in parts]

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise MixedCurrencies(self.currency, other.currency)
        return other.amount_minor
