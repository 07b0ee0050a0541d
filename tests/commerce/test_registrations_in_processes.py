"""Registration by several programs at once: an address has one account."""

import asyncio
import multiprocessing
from typing import Any
from uuid import UUID

import pytest

from commerce.registrations import CodeNotValid, code_for, confirm, register
from models import database as db
from models.accounts import Account
from server.embedded import Embedded
from tests.commerce.people import Browser, applicant, somebody
from tests.patience import PATIENT

pytestmark = pytest.mark.usefixtures("database")


def _confirm_elsewhere(urls: tuple[str, str], pair: tuple[str, str], results: Any) -> None:
    from tests.conftest import SECRETS

    async def confirm_there() -> str:
        await db.connect(shop_url=urls[0], keys_url=urls[1], secrets=SECRETS, pool_size=2, **PATIENT)
        try:
            await confirm(UUID(pair[0]), pair[1], client=Browser())
        except CodeNotValid:
            return "refused"
        finally:
            await db.disconnect()
        return "account"

    results.put(asyncio.run(confirm_there()))


async def test_two_registrations_of_one_address_at_once_make_one_account(clusters: Embedded):
    address = somebody()
    both = [await register(await applicant(address), client=Browser()) for _ in range(2)]
    context = multiprocessing.get_context("spawn")
    results: Any = context.Queue()
    urls = (clusters.shop.app_url, clusters.keys.app_url)
    others = [
        context.Process(target=_confirm_elsewhere, args=(urls, (str(one), code_for(one)), results)) for one in both
    ]

    for other in others:
        other.start()
    answers = sorted([await asyncio.to_thread(results.get, True, 30) for _ in others])
    for other in others:
        await asyncio.to_thread(other.join, 10)

    assert answers == ["account", "refused"]
    assert await Account.filter(email_index=address.index).count() == 1
