"""A program for tests: brings orders of the past in at a sign, all at once, as an operator."""

import asyncio
import json
import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from commerce.order_entry import LineEntry, OrderEntry, bring_in
from models import database
from models.secrets import Secrets
from policy.viewer import StaffRole, Viewer
from tests.patience import PATIENT


async def main() -> None:
    """Connect, wait for the sign, act, answer."""
    given: dict[str, Any] = json.loads(await asyncio.to_thread(sys.stdin.readline))
    secrets = Secrets(bytes.fromhex(given["master"]), {"test": bytes.fromhex(given["key"])}, "test")
    await database.connect(shop_url=given["shop_url"], keys_url=given["keys_url"], secrets=secrets, **PATIENT)
    operator = Viewer(account=UUID(given["operator"]), staff=StaffRole.OPERATOR, is_trained=True)
    at, line = datetime(2010, 12, 1, 8, 26, tzinfo=UTC), LineEntry("71053", "White metal lantern", 6, Decimal("3.39"))
    entries = [
        OrderEntry("old-shop", reference, given["buyer"], "GB", UUID(given["supplier"]), "GBP", at, [line])
        for reference in given["references"]
    ]
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    done = await asyncio.gather(
        *(bring_in(entry, key=given["prefix"] + entry.reference, by=operator) for entry in entries)
    )
    print(json.dumps([str(order) for order in done]), flush=True)
    await database.disconnect()


if __name__ == "__main__":
    asyncio.run(main())
