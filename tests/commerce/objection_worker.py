"""A program for tests: objects, ships, cancels, confirms and sweeps at a sign, and says how each attempt ended."""

import asyncio
import json
import sys
from uuid import UUID

from commerce import fulfilments, objections, orders
from commerce.fulfilments import Parcel
from commerce.refusals import Refusal
from models import database
from models.secrets import Secrets
from policy.viewer import Viewer
from server.demo_rows import SUPPLIER_SCOPES
from tests.patience import PATIENT


async def done(order: dict[str, str]) -> str:
    """Do what an order asks for, and tell how it ended: done, or refused with a code."""
    await asyncio.sleep(float(order.get("wait_s", "0")))
    try:
        match order["do"]:
            case "object":
                what = await objections.object_to(None, by=Viewer(proof=UUID(order["by"])))
                return f"{what.erased} {what.cancelled}"
            case "go on":
                await objections.go_on()
            case "settle":
                ending = await objections.settle(UUID(order["recipient"]))
                return ending.value if ending is not None else "NOTHING"
            case "cancel":
                await orders.cancel(UUID(order["order"]), by=Viewer(account=UUID(order["by"])))
            case "confirm":
                await orders.confirm_receipt(UUID(order["order"]), by=Viewer(account=UUID(order["by"])))
            case _:
                token = Viewer(supplier=UUID(order["by"]), scopes=frozenset(SUPPLIER_SCOPES))
                parcel = Parcel((), "Postbode", "3S-1")
                await fulfilments.ship(
                    UUID(order["part"]), parcel, expected_version=int(order["version"]), key="ship", by=token
                )
    except Refusal as refusal:
        return refusal.code
    return "DONE"


async def main() -> None:
    """Connect, then at each line do what it lists, and answer."""
    given = json.loads(await asyncio.to_thread(sys.stdin.readline))
    secrets = Secrets(bytes.fromhex(given["master"]), {"test": bytes.fromhex(given["key"])}, "test")
    await database.connect(shop_url=given["shop_url"], keys_url=given["keys_url"], secrets=secrets, **PATIENT)
    print("ready", flush=True)
    while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
        ended = await asyncio.gather(*(done(order) for order in json.loads(line)))
        print(json.dumps(ended), flush=True)
    await database.disconnect()


if __name__ == "__main__":
    asyncio.run(main())
