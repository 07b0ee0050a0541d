"""A program for tests: ships, rejects, reports, cancels and confirms at a sign, and says how each attempt ended."""

import asyncio
import json
import sys
from uuid import UUID

from commerce import fulfilments, orders, sessions, tracking
from commerce.fulfilments import Parcel
from commerce.refusals import Refusal
from commerce.tracking import Report
from models import clock, database
from models.fulfilments import RejectionReason
from models.secrets import Secrets
from models.tracking import TrackingStatus
from policy.viewer import Viewer
from server.demo_rows import SUPPLIER_SCOPES
from tests.patience import PATIENT


async def done(order: dict[str, str]) -> str:
    """Do what an order asks for, and tell how it ended: done, or refused with a code."""
    key = order["key"]
    await asyncio.sleep(float(order.get("wait_s", "0")))
    try:
        match order["do"]:
            case "cancel":
                await orders.cancel(UUID(order["order"]), by=Viewer(account=UUID(order["by"])))
            case "confirm":
                await orders.confirm_receipt(UUID(order["order"]), by=Viewer(account=UUID(order["by"])))
            case "close":
                await orders.close_windows(UUID(order["by"]))
            case "report":
                said = Report(TrackingStatus[order["status"]], clock.now())
                carrier = await sessions.authenticate(order["credential"])
                await tracking.report(UUID(order["shipment"]), said, key=key, by=carrier)
            case "ship":
                parcel = Parcel(((UUID(order["line"]), 1),), "Postbode", "3S-1")
                await fulfilments.ship(
                    UUID(order["part"]), parcel, expected_version=_version(order), key=key, by=_of(order)
                )
            case _:
                reason = RejectionReason.OTHER
                await fulfilments.reject(
                    UUID(order["part"]), reason, expected_version=_version(order), key=key, by=_of(order)
                )
    except Refusal as refusal:
        return refusal.code
    return "DONE"


def _version(order: dict[str, str]) -> int:
    return int(order["version"])


def _of(order: dict[str, str]) -> Viewer:
    return Viewer(supplier=UUID(order["by"]), scopes=frozenset(SUPPLIER_SCOPES))


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
