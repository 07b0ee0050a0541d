"""A program for tests: carries out changes of one person's data at a sign, several at once, and says how each ended."""

import asyncio
import json
import sys
from collections.abc import Awaitable
from uuid import UUID

from commerce import address_book, profiles
from commerce.refusals import Refusal
from models import database
from models.faults import DatabaseBusy
from models.secrets import Secrets
from policy.viewer import Viewer
from tests.patience import PATIENT

PAUSE_S = 0.2


async def outcome(order: dict[str, str], by: Viewer) -> str:
    """Tell how an action ended: done, or refused with a code; it is tried again where a busy machine says so."""
    while True:
        try:
            await action(order, by)
        except Refusal as refusal:
            return refusal.code
        except DatabaseBusy:
            await asyncio.sleep(PAUSE_S)
        else:
            return "DONE"


def action(order: dict[str, str], by: Viewer) -> Awaitable[object]:
    """Begin what an order asks for."""
    match order["do"]:
        case "rename":
            changes = {"name": order["name"]}
            return profiles.update(changes, expected_version=int(order["version"]), is_confirmed=False, by=by)
        case "choose":
            return address_book.set_default(UUID(order["address"]), by=by)
        case _:
            given = {"name": "N", "street": "S", "city": "C", "country": "SE"}
            return address_book.create(given, is_confirmed=True, by=by)


async def main() -> None:
    """Connect, wait for the sign, act, answer."""
    given = json.loads(await asyncio.to_thread(sys.stdin.readline))
    secrets = Secrets(bytes.fromhex(given["master"]), {"test": bytes.fromhex(given["key"])}, "test")
    await database.connect(shop_url=given["shop_url"], keys_url=given["keys_url"], secrets=secrets, **PATIENT)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    by = Viewer(account=UUID(given["account"]))
    ended = await asyncio.gather(*(outcome(order, by) for order in given["orders"]))
    print(json.dumps(ended), flush=True)
    await database.disconnect()


if __name__ == "__main__":
    asyncio.run(main())
