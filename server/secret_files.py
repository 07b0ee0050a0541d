"""Secrets of a development machine: made once, kept in files that only their owner may read."""

import base64
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

MASTER_FILE = "master.secret"
KEYS_FILE = "key-encryption-keys.secret"


class SecretFileUnsafe(Exception):
    """A secret's file is readable by others or cannot be used; the text names the remedy."""


def master_text(folder: Path) -> str:
    """Read the development secret in the form that `AVOW_SECRET` has, making it on first use."""
    return _kept(folder / MASTER_FILE, _drawn())


def key_encryption_text(folder: Path) -> str:
    """Read the development keys in the form of `AVOW_KEY_ENCRYPTION_KEYS`, making one on first use."""
    return _kept(folder / KEYS_FILE, f"dev1:{_drawn()}")


def _drawn() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _kept(path: Path, fresh: str) -> str:
    """
    Read a secret, or keep a fresh one.

    The fresh one is written whole under another name and then linked to its own, which fails if the name is taken:
    of several programs that start at once one wins, and all read what it wrote.

    Raises:
        SecretFileUnsafe: Others may read the file, or it cannot be written or read.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _write_once(path, fresh)
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise SecretFileUnsafe(f"Others may read `{path}`: run `chmod 600` on it.")
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SecretFileUnsafe(
            f"`{path}` cannot be used ({type(error).__name__}): make AVOW_DATA a folder that you own."
        ) from error
    if not text:
        raise SecretFileUnsafe(f"`{path}` is empty: restore it, or remove it to begin with an empty shop.")
    return text


def _write_once(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}.new")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def write_private(path: Path, text: str) -> None:
    """
    Write a file that only its owner can read, in place of the one that was: it holds credentials.

    Whoever reads meanwhile finds the old text or the new one, never a part.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}.new")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
