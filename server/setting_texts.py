"""What the texts of settings say, each read in one way."""

import base64
import binascii
import ipaddress
from itertools import pairwise
from urllib.parse import SplitResult, parse_qs, urlsplit


def listed(text: str | None) -> list[str]:
    """Read a list that is separated by commas; empty entries are none."""
    return [entry.strip() for entry in (text or "").split(",") if entry.strip()]


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine, which others cannot reach by it."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def parts_of(url: str) -> SplitResult | None:
    """Take a URL apart; None where that cannot be done."""
    try:
        split = urlsplit(url)
        _ = split.port
    except ValueError:
        return None
    return split


def is_postgresql(url: str) -> bool:
    """Tell whether a URL names a database of PostgreSQL."""
    split = parts_of(url)
    return split is not None and split.scheme in {"postgresql", "postgres"} and len(split.path) > 1


def cluster(url: str) -> tuple[str, str] | None:
    """Tell which server an address names: its host or socket folder, and its port."""
    split = parts_of(url)
    if split is None:
        return None
    query = parse_qs(split.query)
    host = query.get("host", [split.hostname or "localhost"])[0].lower()
    port = str(split.port) if split.port else query.get("port", ["5432"])[0]
    return "localhost" if is_loopback(host) else host, port


def decoded(text: str) -> bytes | None:
    """Read base64 of either alphabet, padded or not; None where it is neither."""
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def is_guessable(secret: bytes) -> bool:
    """Recognise placeholders: few different bytes, a regular sequence, or readable text."""
    steps = {(after - before) % 256 for before, after in pairwise(secret)}
    return len(set(secret)) < 12 or len(steps) < 12 or (secret.isascii() and secret.decode("ascii").isprintable())
