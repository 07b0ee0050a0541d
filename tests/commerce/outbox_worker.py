"""A program for tests: acts on events as a server process does, noting each in a file, until it is killed."""

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path

from commerce.outbox import Event
from models import database
from models.secrets import Secrets
from server.jobs import Pace, running
from tests.patience import PATIENT

PACE = Pace(
    look_every=timedelta(seconds=0.2),
    given_up_after=timedelta(seconds=1),
    first_pause=timedelta(seconds=0.1),
    tidy_every=timedelta(seconds=5),
)


async def main(shop_url: str, keys_url: str, notes: Path) -> None:
    """Run until killed."""

    async def note(event: Event) -> None:
        # Long enough that a kill finds some events begun and not ended.
        write("begun", event)
        await asyncio.sleep(0.05)
        write("ended", event)

    def write(what: str, event: Event) -> None:
        with notes.open("a") as file:
            file.write(f"{what} {os.getpid()} {event.id}\n")

    secrets = Secrets(b"a test's master secret of 32 byt", {"test": b"k" * 32}, "test")
    await database.connect(shop_url=shop_url, keys_url=keys_url, secrets=secrets, pool_size=2, **PATIENT)
    async with running(shop_url, note, pace=PACE):
        print("running", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
