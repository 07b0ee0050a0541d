"""What is kept of where a request comes from."""

import pytest

from models.secrets import KeyedHash
from server.client import client

KEY = KeyedHash(bytes(32))


def hashed(address: str | None) -> bytes:
    return client({}, address, key=KEY, has_cookie=False).ip_hash


def test_one_line_counts_as_one_place_whichever_of_its_ipv6_addresses_it_uses() -> None:
    assert hashed("2001:db8:1:2::1") == hashed("2001:db8:1:2:ffff:ffff:ffff:ffff")
    assert hashed("2001:db8:1:2::1") != hashed("2001:db8:1:3::1")


def test_an_ipv4_address_is_itself_however_it_is_written() -> None:
    assert hashed("192.0.2.7") == hashed("::ffff:192.0.2.7")
    assert hashed("192.0.2.7") != hashed("192.0.2.8")


@pytest.mark.parametrize("address", ["192.0.2.256", "192.0.2.07", "192.0.2", "192.0.2.7.1", "192.0.2.7\n"])
def test_what_only_looks_like_an_ipv4_address_is_taken_as_it_is_written(address: str) -> None:
    assert hashed(address) != hashed("192.0.2.7")
    assert len(hashed(address)) == 32


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::1", "testclient"])
def test_the_address_itself_is_not_kept(address: str) -> None:
    kept = hashed(address)

    assert len(kept) == 32
    assert address.encode() not in kept


def test_where_no_address_is_known_nothing_is_kept() -> None:
    assert hashed(None) == b""
