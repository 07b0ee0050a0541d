"""Opaque credentials: how they look, and what is kept of them."""

import re
import secrets
import zlib
from enum import StrEnum

from models.secrets import keyed

_SECRET_BYTES = 32
_CHECKSUM_DIGITS = 6
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class CredentialKind(StrEnum):
    """Whose credential it is, as its prefix says."""

    SESSION = "avow_session_"
    TOKEN = "avow_token_"  # noqa: S105
    PROOF = "avow_proof_"


_FORM = re.compile(rf"({'|'.join(CredentialKind)})([A-Za-z0-9_-]{{43}})([0-9A-Za-z]{{{_CHECKSUM_DIGITS}}})")


def mint(kind: CredentialKind) -> str:
    """Make a new credential: prefix, 256 random bits, and a checksum that tells mistyped ones without a query."""
    body = kind + secrets.token_urlsafe(_SECRET_BYTES)
    return body + _checksum(body)


def kind_of(credential: str) -> CredentialKind | None:
    """Tell whose kind of credential a text is; None for everything that `mint` did not make or that was mistyped."""
    form = _FORM.fullmatch(credential)
    if form is None or _checksum(form[1] + form[2]) != form[3]:
        return None
    return CredentialKind(form[1])


def fingerprint(credential: str) -> bytes:
    """Compute what is kept of a credential: a keyed hash, worthless to whoever reads the table alone."""
    return keyed("credentials").of(credential.encode())


def _checksum(body: str) -> str:
    rest, digits = zlib.crc32(body.encode()), ""
    for _ in range(_CHECKSUM_DIGITS):
        rest, digit = divmod(rest, 62)
        digits = _BASE62[digit] + digits
    return digits
