"""The program's secrets, and the keys that are derived from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hmac import new

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MASTER_BYTES = 32
KEY_ENCRYPTION_KEY_BYTES = 32


class SecretsMissing(RuntimeError):
    """Something needed a secret before the program was given its secrets."""

    def __init__(self) -> None:
        super().__init__("No secrets are set. Call `models.database.connect(..., secrets=...)` first.")


@dataclass(frozen=True, slots=True)
class Secrets:
    """
    What the program must keep to itself; its representation shows none of it.

    Args:
        master: At least 32 random bytes; ids, cursors, token hashes and blind indexes follow from it.
        key_encryption_keys: 32 random bytes by their id; the ids are stored beside what they wrap.
        active: Id of the key-encryption key that wraps new keys.

    Raises:
        ValueError: A key has the wrong length, or the active one is not among them.
    """

    master: bytes = field(repr=False)
    key_encryption_keys: Mapping[str, bytes] = field(repr=False)
    active: str

    def __post_init__(self) -> None:
        if len(self.master) < MASTER_BYTES:
            raise ValueError(
                f"The master secret needs at least {MASTER_BYTES} bytes; make one with a random generator."
            )
        for name, key in self.key_encryption_keys.items():
            if len(key) != KEY_ENCRYPTION_KEY_BYTES:
                raise ValueError(f"Key-encryption key `{name}` needs exactly {KEY_ENCRYPTION_KEY_BYTES} bytes.")
        if self.active not in self.key_encryption_keys:
            raise ValueError(f"The active key-encryption key `{self.active}` is not among those given; add it.")

    def derive(self, label: str, length: int = 32) -> bytes:
        """
        Derive a key for one use from the master secret (HKDF-SHA256).

        Args:
            label: What the key is for; another label gives an independent key.
            length: In bytes.
        """
        return _derived(self.master, label, length)


class KeyedHash:
    """HMAC-SHA256 under one key, begun once: to look up the algorithm and begin takes longer than a short text does."""

    def __init__(self, key: bytes) -> None:
        self._begun = new(key, digestmod="sha256")

    def of(self, text: bytes) -> bytes:
        """Compute the hash of a text."""
        hashed = self._begun.copy()
        hashed.update(text)
        return hashed.digest()


_current: Secrets | None = None


def configure(secrets: Secrets | None) -> None:
    """Set the secrets of this program, or forget them."""
    global _current  # noqa: PLW0603 -- a program has one set of secrets
    _current = secrets
    if secrets is None:
        _derived.cache_clear()
        _keyed.cache_clear()


def current() -> Secrets:
    """
    Return the secrets of this program.

    Raises:
        SecretsMissing: None were set.
    """
    if _current is None:
        raise SecretsMissing
    return _current


def derive(label: str, length: int = 32) -> bytes:
    """Derive a key for one use from this program's master secret; see `Secrets.derive`."""
    return current().derive(label, length)


def keyed(label: str) -> KeyedHash:
    """Give the keyed hash for one use, under the key that `derive` gives for it."""
    return _keyed(current().master, label)


@lru_cache(maxsize=64)
def _keyed(master: bytes, label: str) -> KeyedHash:
    return KeyedHash(_derived(master, label, 32))


@lru_cache(maxsize=256)
def _derived(master: bytes, label: str, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=b"avow 1 " + label.encode()).derive(master)
