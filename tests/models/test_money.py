"""Money: exact in every currency, and never two currencies in one sum."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.money import (
    EXPONENTS,
    LARGEST_MINOR,
    BadAmount,
    MixedCurrencies,
    Money,
    UnknownCurrency,
    exponent,
)

currencies = st.sampled_from(sorted(EXPONENTS))
minors = st.integers(min_value=-(10**15), max_value=10**15)
amounts = st.builds(Money, minors, currencies)


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (1250, "EUR", "12.50"),
        (5, "USD", "0.05"),
        (-5, "USD", "-0.05"),
        (1250, "JPY", "1250"),
        (1250, "KWD", "1.250"),
        (0, "KWD", "0.000"),
        (LARGEST_MINOR, "USD", "92233720368547758.07"),
    ],
)
def test_an_amount_is_written_with_the_decimals_of_its_currency(minor: int, currency: str, text: str):
    assert str(Money(minor, currency)) == text


@given(amounts)
def test_what_is_written_is_read_back_as_the_same(money: Money):
    assert Money.parse(str(money), money.currency) == money


@given(amounts)
def test_the_decimal_amount_is_exact(money: Money):
    assert money.amount.scaleb(exponent(money.currency)) == Decimal(money.amount_minor)


@pytest.mark.parametrize(("text", "minor"), [("12.5", 1250), ("12", 1200), ("0.05", 5), ("-3", -300)])
def test_fewer_decimals_than_the_currency_has_are_filled_up(text: str, minor: int):
    assert Money.parse(text, "EUR").amount_minor == minor


@pytest.mark.parametrize(
    ("text", "currency"),
    [("1.234", "EUR"), ("1.5", "JPY"), ("1.2345", "KWD"), ("1.0", "JPY"), ("1.00000", "EUR")],
)
def test_more_decimals_than_the_currency_has_are_refused(text: str, currency: str):
    with pytest.raises(BadAmount):
        Money.parse(text, currency)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "1 ",
        "+1",
        "1,5",
        "1e3",
        "NaN",
        "Infinity",
        ".5",
        "1.",
        "01",
        "--1",
        "1_000",
        "٣",
        "1\n",
    ],
)
def test_anything_but_a_plain_decimal_is_refused(text: str):
    with pytest.raises(BadAmount):
        Money.parse(text, "EUR")


def test_an_amount_that_no_column_can_hold_is_refused():
    with pytest.raises(BadAmount):
        Money(LARGEST_MINOR + 1, "USD")
    with pytest.raises(BadAmount):
        Money.parse("9999999999999999999", "USD")


@pytest.mark.parametrize("minor", [1.5, True, "1", None])
def test_an_amount_is_made_of_whole_units_only(minor: object):
    with pytest.raises(BadAmount):
        Money(minor, "EUR")  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("currency", ["XXX", "eur", "", "EURO", "SELECT 1"])
def test_an_unknown_currency_is_refused(currency: str):
    with pytest.raises(UnknownCurrency):
        Money(1, currency)


def test_two_currencies_neither_add_up_nor_compare():
    one, other = Money(1, "EUR"), Money(1, "USD")

    for operation in (
        lambda: one + other,
        lambda: one - other,
        lambda: one < other,
        lambda: one <= other,
        lambda: one > other,
        lambda: one >= other,
    ):
        with pytest.raises(MixedCurrencies):
            operation()
    assert one != other


@given(currencies, minors, minors)
def test_sums_and_differences_undo_each_other(currency: str, one: int, other: int):
    first, second = Money(one, currency), Money(other, currency)

    assert first + second - second == first
    assert first + second == second + first
    assert first - second == -(second - first)
    assert first + Money.zero(currency) == first
    assert (first < second) == (one < other)


@given(amounts, st.lists(st.integers(min_value=0, max_value=10**6), min_size=1, max_size=20))
def test_splitting_loses_nothing_and_is_fair_to_the_unit(money: Money, weights: list[int]):
    total = sum(weights)
    if total == 0:
        with pytest.raises(BadAmount):
            money.split(weights)
        return

    parts = money.split(weights)

    assert sum(part.amount_minor for part in parts) == money.amount_minor
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part.amount_minor * total - money.amount_minor * weight) < total


def test_what_does_not_divide_goes_to_the_first_of_equals():
    assert [part.amount_minor for part in Money(100, "JPY").split([1, 1, 1])] == [34, 33, 33]
    assert [part.amount_minor for part in Money(-100, "JPY").split([1, 1, 1])] == [-34, -33, -33]


def test_a_negative_weight_is_refused():
    with pytest.raises(BadAmount):
        Money(1, "EUR").split([2, -1])
