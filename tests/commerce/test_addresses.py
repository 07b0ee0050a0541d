"""Addresses that people sign in with: each in one normal form."""

import pytest

from commerce import addresses
from commerce.addresses import EmailNotValid, PhoneNotValid


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Ada@Mail.Example", "ada@mail.example"),
        ("  ada@mail.example ", "ada@mail.example"),
        ("ada+shop@mail.example", "ada+shop@mail.example"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
    ],
)
def test_an_email_address_has_one_form(text: str, normal: str):
    assert addresses.email(text).text == normal


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "ada@",
        "@mail.example",
        "a@b@c.example",
        "a@mail.example\nBcc: x@y.example",
        "é@mail.example",
        "a" * 300 + "@mail.example",
        "\ud800@mail.example",
    ],
)
def test_a_malformed_email_address_is_refused(text: str):
    with pytest.raises(EmailNotValid) as refusal:
        addresses.email(text)

    assert "mail.example" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "region", "normal"),
    [
        ("+86 138 0013 8000", None, "+8613800138000"),
        ("138-0013-8000", "CN", "+8613800138000"),
        ("0046 70 174 06 01", "SE", "+46701740601"),
    ],
)
def test_a_telephone_number_has_one_form(text: str, region: str | None, normal: str):
    assert addresses.phone(text, region=region).text == normal


@pytest.mark.parametrize(
    "text", ["", "13800138000", "+1", "+86 138 0013 8000 ext 5", "+999 123456", "words", "1" * 1000]
)
def test_a_malformed_telephone_number_is_refused(text: str):
    with pytest.raises(PhoneNotValid):
        addresses.phone(text)
