"""A program for tests: checks out carts at a sign, all at once, and is killed at a named point where that is asked."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any, Literal
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

# Where a checkout can be interrupted: the owner of a step, the step, and how far it is.
POINTS: dict[str, tuple[Any, str, Literal["to be done", "under way", "done"]]] = {
    "before the cart is closed": (checkout, "_taken_from_cart", "to be done"),
    "after the goods are reserved": (stock, "reserve", "done"),
    "before the order is committed": (placing, "write", "done"),
    "after the order is placed": (settlement, "pay", "to be done"),
    "before the institution is asked": (Sandbox, "take", "to be done"),
    "after the institution has taken": (Sandbox, "take", "done"),
    "before the order is marked as paid": (settlement, "_mark_paid", "to be done"),
    "while the order is marked as paid": (settlement, "_mark_paid", "under way"),
    "after the order is paid": (settlement, "pay", "done"),
}
MOST_ATTEMPTS = 50


def die_at(point: str) -> None:
    """Have this program killed when a checkout gets to a point."""
    owner, name, when = POINTS[point]
    step: Callable[..., Coroutine[Any, Any, Any]] = getattr(owner, name)

    async def interrupted(*args: Any, **kwargs: Any) -> Any:
        answer = None
        if when == "under way":
            answer = asyncio.create_task(step(*args, **kwargs))
            # Long enough to send the statement; the answer to it takes longer.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        elif when == "done":
            answer = await step(*args, **kwargs)
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
