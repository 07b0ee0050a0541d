"""A program for tests: checks out carts at a sign, all at once, and is killed at a named point where that is asked."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from commerce import checkout, placing, settlement, stock
from commerce.payments import Sandbox
from commerce.refusals import Refusal
from models import database
from models.faults import DatabaseUnavailable
from models.secrets import Secrets
from policy.viewer import Viewer
from tests.commerce.goods import wish
from tests.patience import PATIENT

# Where a checkout can be interrupted: the owner of a step, the step, and whether it has been done by then.
POINTS: dict[str, tuple[Any, str, bool]] = {
    "before the cart is closed": (checkout, "_taken_from_cart", False),
    "after the goods are reserved": (stock, "reserve", True),
    "before the order is committed": (placing, "write", True),
    "after the order is placed": (settlement, "pay", False),
    "before the institution is asked": (Sandbox, "take", False),
    "after the institution has taken": (Sandbox, "take", True),
    "while the order is marked as paid": (stock, "commit", False),
    "before the payment is committed": (stock, "commit", True),
    "after the order is paid": (settlement, "pay", True),
}
MOST_ATTEMPTS = 50


def die_at(point: str) -> None:
    """Have this program killed when a checkout gets to a point."""
    owner, name, is_done = POINTS[point]
    step: Callable[..., Awaitable[Any]] = getattr(owner, name)

    async def interrupted(*args: Any, **kwargs: Any) -> Any:
        answer = await step(*args, **kwargs) if is_done else None
        os.kill(os.getpid(), signal.SIGKILL)
        return answer

    setattr(owner, name, interrupted)


async def outcome(order: dict[str, Any]) -> dict[str, Any]:
    """Check out until there is an answer, as a client does that is told to come back."""
    wanted = wish(UUID(order["cart"]), order["total_minor"])
    for attempt in range(MOST_ATTEMPTS):
        try:
            done = await checkout.complete(wanted, key=order["key"], by=Viewer(account=UUID(order["account"])))
        except Refusal as refusal:
            return {"ended": refusal.code, "attempts": attempt + 1}
        except DatabaseUnavailable:
            await asyncio.sleep(0.1)
        else:
            return {"ended": str(done), "attempts": attempt + 1}
    return {"ended": "GAVE_UP", "attempts": MOST_ATTEMPTS}


async def main() -> None:
    """Connect, wait for the sign, act, answer."""
    given = json.loads(await asyncio.to_thread(sys.stdin.readline))
    secrets = Secrets(bytes.fromhex(given["master"]), {"test": bytes.fromhex(given["key"])}, "test")
    await database.connect(shop_url=given["shop_url"], keys_url=given["keys_url"], secrets=secrets, **PATIENT)
    if given["die_at"]:
        die_at(given["die_at"])
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    ended = await asyncio.gather(*(outcome(order) for order in given["orders"]))
    print(json.dumps(ended), flush=True)
    await database.disconnect()


if __name__ == "__main__":
    asyncio.run(main())
