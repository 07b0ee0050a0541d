"""Secrets: checked when they are made, never shown, and one key for each use."""

import hmac

import pytest

from models import secrets
from models.secrets import KeyedHash, Secrets, SecretsMissing

MASTER, KEY = b"master-" * 6, b"k" * 32


def test_every_use_has_a_key_of_its_own_that_stays_the_same():
    made = Secrets(MASTER, {"a": KEY}, "a")

    assert made.derive("ids") == made.derive("ids")
    assert made.derive("ids") != made.derive("tokens")
    assert made.derive("ids") != Secrets(MASTER + b"x", {"a": KEY}, "a").derive("ids")
    assert len(made.derive("ids", 64)) == 64


def test_a_keyed_hash_is_the_hmac_of_each_text_by_itself():
    hashed = KeyedHash(KEY)

    for text in (b"one", b"another", b"one", b"x" * 1_000):
        assert hashed.of(text) == hmac.digest(KEY, text, "sha256")


def test_the_keyed_hash_of_each_use_is_under_its_own_key_and_forgotten_with_the_secrets():
    made, other = Secrets(MASTER, {"a": KEY}, "a"), Secrets(MASTER + b"x", {"a": KEY}, "a")
    before = secrets.current() if secrets._current is not None else None  # pyright: ignore[reportPrivateUsage]
    try:
        secrets.configure(made)
        assert secrets.keyed("ids").of(b"text") == hmac.digest(made.derive("ids"), b"text", "sha256")
        assert secrets.keyed("ids").of(b"text") != secrets.keyed("tokens").of(b"text")
        first = secrets.keyed("ids").of(b"text")
        secrets.configure(other)
        assert secrets.keyed("ids").of(b"text") != first
    finally:
        secrets.configure(before)


def test_no_secret_shows_when_it_is_printed():
    shown = repr(Secrets(MASTER, {"a": KEY}, "a"))

    assert "master" not in shown
    assert "kkk" not in shown


@pytest.mark.parametrize(
    ("master", "keys", "active", "remedy"),
    [
        (b"short", {"a": KEY}, "a", "at least 32 bytes"),
        (MASTER, {"a": b"short"}, "a", "exactly 32 bytes"),
        (MASTER, {"a": KEY}, "b", "add it"),
    ],
)
def test_unfit_secrets_are_refused_with_a_remedy(master: bytes, keys: dict[str, bytes], active: str, remedy: str):
    with pytest.raises(ValueError, match=remedy) as caught:
        Secrets(master, keys, active)

    assert "short" not in str(caught.value)


def test_without_secrets_nothing_is_derived():
    before = secrets._current  # pyright: ignore[reportPrivateUsage]
    secrets.configure(None)
    try:
        with pytest.raises(SecretsMissing):
            secrets.derive("ids")
    finally:
        secrets.configure(before)
