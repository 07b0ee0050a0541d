"""Addresses that people sign in with: each in one normal form."""

import time
from contextlib import suppress

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


@pytest.mark.parametrize("sign", ["a", "1", "@", ".", "\u00fc", "\ufdfa", "+", " ", "(", "\uff11", "xn--"])
@pytest.mark.parametrize(
    "form", ["{0}@mail.example", "a@{0}.example", "{0}", "+{0}", '"{0}"@mail.example', "a.{0}@b.c"]
)
def test_no_text_of_any_length_holds_up_the_other_requests(form: str, sign: str):
    longest = 0.0

    for length in (50, 200, 300, 250_000):
        text = form.format(sign * (length // len(sign)))
        for read in (addresses.email, addresses.phone, addresses.read):
            started = time.thread_time()
            with suppress(EmailNotValid, PhoneNotValid):
                read(text)
            longest = max(longest, time.thread_time() - started)

    assert longest < 0.05


def test_the_longest_email_address_is_read_and_a_longer_text_is_not():
    label = "b" * 60
    longest = "a" * 10 + "@" + f"{label}." * 3 + "example"

    assert addresses.email(longest).text == longest
    assert addresses.email(longest.rjust(addresses.LONGEST_EMAIL)).text == longest
    with pytest.raises(EmailNotValid):
        addresses.email(longest.rjust(addresses.LONGEST_EMAIL + 1))


def test_a_number_that_only_begins_well_is_none():
    with pytest.raises(PhoneNotValid):
        addresses.phone("+8613800138000" + " " * 50 + "7")
