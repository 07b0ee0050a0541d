"""Connects a program to its databases for as long as it runs."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from models import database, deployment
from server import embedded
from server.settings import Settings

MESSAGES_FOLDER = "outbox"
"""Below `AVOW_DATA`: where messages are written as files while there is no mail server."""

Readiness = Callable[[], Awaitable[dict[str, str]]]
"""Gives a sentence for each part that is not ready; nothing when all are."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the databases are, for the application and for those who migrate them."""

    shop: str = field(repr=False)
    keys: str = field(repr=False)
    shop_owner: str = field(repr=False)
    keys_owner: str = field(repr=False)


def configured(settings: Settings) -> Addresses | None:
    """Give the addresses from the settings; None if the embedded clusters are to be used."""
    if settings.database is None or settings.keys is None:
        return None
    return Addresses(
        shop=settings.database.address,
        keys=settings.keys.address,
        shop_owner=settings.database_owner_url or settings.database.address,
        keys_owner=settings.keys_owner_url or settings.keys.address,
    )


def of_embedded(held: embedded.Embedded) -> Addresses:
    """Give the addresses of the embedded clusters."""
    return Addresses(
        shop=held.shop.app_url,
        keys=held.keys.app_url,
        shop_owner=held.shop.owner_url,
        keys_owner=held.keys.owner_url,
    )


@asynccontextmanager
async def addresses(settings: Settings) -> AsyncGenerator[Addresses]:
    """
    Give the addresses, and keep the embedded clusters running meanwhile if they are used.

    Starting and stopping them blocks, so it is done in a thread. Each process holds them for itself; the first starts
    them and the last stops them.
    """
    found = configured(settings)
    if found is not None:
        yield found
        return
    holding = embedded.hold(settings.data_folder)
    held = await asyncio.to_thread(holding.__enter__)
    try:
        yield of_embedded(held)
    finally:
        await asyncio.to_thread(holding.__exit__, None, None, None)


@asynccontextmanager
async def connected(settings: Settings) -> AsyncGenerator[Addresses]:
    """Connect to the databases that the settings name, or to the embedded ones."""
    async with addresses(settings) as found:
        deployment.stand_in(settings.storage_region)
        await database.connect(shop_url=found.shop, keys_url=found.keys, secrets=settings.secrets)
        try:
            yield found
        finally:
            await database.disconnect()
