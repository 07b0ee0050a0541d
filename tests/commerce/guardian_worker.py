"""A program for tests: gives, withdraws and answers for guardians at a sign, and says how each attempt ended."""

import asyncio
import json
import sys
from contextlib import ExitStack
from datetime import datetime
from uuid import UUID

from commerce import checkout, coming_of_age, consents, guardian_challenges, guardianships, purchase_approvals
from commerce.guardianships import Answer
from commerce.refusals import Refusal
from models import clock, database
from models.secrets import Secrets
from policy.purposes import Purpose
from policy.viewer import Viewer
from tests.commerce.goods import wish
from tests.patience import PATIENT

# Its clock stays where it was put for as long as the program runs.
_held = ExitStack()


async def done(order: dict[str, str]) -> str:
    """Do what an order asks for, and tell how it ended: done, or refused with a code."""
    by = Viewer(account=UUID(order["by"]))
    try:
        match order["do"]:
            case "answer":
                answer = Answer(order["code"], order["accepts"] == "yes", frozenset())
                await guardianships.respond(answer, by=by)
            case "take back":
                await guardian_challenges.withdraw(UUID(order["challenge"]), by=by)
            case "resend":
                await guardian_challenges.resend(UUID(order["challenge"]), by=by)
            case "approve" | "refuse":
                is_approved = order["do"] == "approve"
                await purchase_approvals.decide(UUID(order["approval"]), is_approved=is_approved, by=by)
            case "check out":
                await checkout.complete(wish(UUID(order["cart"]), int(order["total"])), key=order["key"], by=by)
            case "be at" | "grow" | "answer yes" | "answer no":
                return await _came_of_age(order, by)
            case what:
                wanted = {Purpose[name]: what == "give" for name in order["purposes"].split()}
                await guardianships.set_consent(UUID(order["ward"]), wanted, by=by)
    except Refusal as refusal:
        return refusal.code
    return "DONE"


async def _came_of_age(order: dict[str, str], by: Viewer) -> str:
    purposes = [Purpose[name] for name in order.get("purposes", "").split()]
    match order["do"]:
        case "be at":
            _held.enter_context(clock.moved_to(datetime.fromisoformat(order["instant"])))
        case "grow":
            return "MOVED" if await coming_of_age.grow_one(UUID(order["ward"])) else "DONE"
        case "answer yes":
            await consents.give(frozenset(purposes), by=by)
        case _:
            await consents.withdraw(purposes, by=by)
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
