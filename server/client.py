"""What is known of the program that calls: little, and nothing that names a person."""

import re
from collections.abc import Mapping
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Final

from models.secrets import KeyedHash
from permissions.context import Client

CLIENT_HEADER = "avow-client"
"""Front ends say with it what they are; a foreign page cannot send it without being allowed to."""

KINDS: Final = frozenset({"web", "app", "mini-program", "api"})

_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4: Final = re.compile(rf"(?:{_OCTET}\.){{3}}{_OCTET}")

# In order: many programs name others that they descend from.
_FAMILIES: Final = (
    ("MicroMessenger", "WeChat"),
    ("AlipayClient", "Alipay"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("okhttp", "okhttp"),
    ("CFNetwork", "CFNetwork"),
    ("Dart/", "Dart"),
    ("node", "Node"),
    ("python", "Python"),
    ("Go-http-client", "Go"),
    ("Java", "Java"),
    ("curl/", "curl"),
    ("Postman", "Postman"),
)


def client(headers: Mapping[str, str], address: str | None, *, key: KeyedHash, has_cookie: bool) -> Client:
    """
    Tell what calls.

    Args:
        headers: Of the request.
        address: The caller's network address.
        key: Makes the hash that stands for the address; without it nobody can go back from hash to address.
        has_cookie: Whether the session cookie came along, as only browsers send it.
    """
    claimed = headers.get(CLIENT_HEADER, "").strip().lower()
    kind = claimed if claimed in KINDS else ("web" if has_cookie else "api")
    hashed = key.of(_place(address).encode()) if address else b""
    return Client(user_agent_family=family(headers.get("user-agent", "")), ip_hash=hashed, kind=kind)


def _place(address: str) -> str:
    """Name the network that a caller comes from: one line has a whole /64 of IPv6 addresses to choose from."""
    if _IPV4.fullmatch(address):
        # As most come, and as it would be written.
        return address
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv6Address):
        if known.ipv4_mapped is not None:
            return str(known.ipv4_mapped)
        return str(IPv6Network((known, 64), strict=False))
    return str(known)


def family(user_agent: str) -> str:
    """Name the family of a program by its `User-Agent`, from a list of our own."""
    if not user_agent:
        return "unknown"
    return next((name for mark, name in _FAMILIES if mark in user_agent), "other")
