"""A program for tests: carries out an operator's changes at a sign, several at once, and says how each ended."""

import asyncio
import json
import sys
from collections.abc import Awaitable
from decimal import Decimal
from uuid import UUID

from commerce import categories, inventory, products, variants
from commerce.refusals import Refusal
from models import database
from models.secrets import Secrets
from models.stock import StockReason
from policy.viewer import StaffRole, Viewer
from tests.patience import PATIENT


async def outcome(action: Awaitable[object]) -> str:
    """Tell how an action ended: done, or refused with a code."""
    try:
        await action
    except Refusal as refusal:
        return refusal.code
    return "DONE"


def action(order: dict[str, str], by: Viewer) -> Awaitable[object]:
    """Begin what an order asks for."""
    key = UUID(order["id"])
    match order["do"]:
        case "rename":
            return products.update(key, {"title": order["title"]}, expected_version=1, by=by)
        case "price":
            return variants.update(key, {"price": Decimal(order["price"])}, expected_version=1, by=by)
        case "sku":
            return variants.create(key, {"price": Decimal(1), "sku": order["sku"]}, by=by)
        case "move":
            return categories.update(key, {"parent_id": UUID(order["into"])}, expected_version=1, by=by)
        case "relabel":
            return categories.update(key, {"name": order["name"]}, expected_version=1, by=by)
        case _:
            place, delta = UUID(order["place"]), int(order["delta"])
            return inventory.adjust(key, place, delta, reason=StockReason.COUNTED, key=order["key"], by=by)


async def main() -> None:
    """Connect, wait for the sign, act, answer."""
    given = json.loads(await asyncio.to_thread(sys.stdin.readline))
    secrets = Secrets(bytes.fromhex(given["master"]), {"test": bytes.fromhex(given["key"])}, "test")
    await database.connect(shop_url=given["shop_url"], keys_url=given["keys_url"], secrets=secrets, **PATIENT)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    by = Viewer(account=UUID(given["account"]), staff=StaffRole.OPERATOR, is_trained=True)
    ended = await asyncio.gather(*(outcome(action(order, by)) for order in given["orders"]))
    print(json.dumps(ended), flush=True)
    await database.disconnect()


if __name__ == "__main__":
    asyncio.run(main())
