"""What a server does for as long as it runs: it is connected, and acts on what is queued."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

from commerce import identity_checks, messages, notices, searches
from models import database
from server import jobs
from server.identity import HttpVerifier
from server.later import require_later
from server.messages import outbound
from server.metrics import Metrics
from server.settings import Settings
from server.storage import MESSAGES_FOLDER, Readiness, connected

Storage = Callable[[Settings, Metrics], AbstractAsyncContextManager[Readiness]]
"""Connects on entering, disconnects on leaving."""


@asynccontextmanager
async def at_work(settings: Settings, metrics: Metrics) -> AsyncGenerator[Readiness]:
    """Connect to the databases, and act on queued events meanwhile: send the messages that they call for."""
    require_later()
    way_out = outbound(relay=settings.relay, mail_from=settings.mail_from, folder=settings.data.below(MESSAGES_FOLDER))
    messages.serve(way_out.channels)
    identity_checks.serve(
        None
        if settings.identity_url is None
        else HttpVerifier.at(settings.identity_url, key=settings.identity_key, partner=settings.identity_partner)
    )
    async with (
        connected(settings) as found,
        jobs.running(found.shop, partial(notices.tell, through=way_out), report=metrics.count_events),
        searches.noting(metrics.drop_searches),
    ):
        yield database.readiness
