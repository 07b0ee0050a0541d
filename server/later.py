"""Imports what a server needs soon, and not for its first answers."""

import asyncio
from importlib import import_module
from importlib.util import find_spec

_LATER = {
    "pgqueuer": "server.attempts",
    "jinja2": "jinja2.sandbox",
    "zxcvbn": "commerce.guessing",
    "email_validator": "email_validator",
    "phonenumbers": "phonenumbers",
    "jwt": "jwt",
}
"""Libraries that take tens of milliseconds each, by what is imported with them; it is imported where it is used."""


def require_later() -> None:
    """
    See to it that what is imported later is there, so that no server starts without it.

    Raises:
        ModuleNotFoundError: It is not.
    """
    for name in _LATER:
        if find_spec(name) is None:
            raise ModuleNotFoundError(f"`{name}` is missing: install Avow with all that it depends on.", name=name)


async def imported_later() -> None:
    """Import it by a thread, so that the first answers need not wait; who needs it before imports it themselves."""
    for name in _LATER.values():
        await asyncio.to_thread(import_module, name)
