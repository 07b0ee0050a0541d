"""A program for tests: looks at the newest orders at a sign, and says how many signs it added."""

import asyncio
import json
import sys
from datetime import timedelta

from commerce import anomalies
from models import clock, database
from models.secrets import Secrets


async def main() -> None:
    """Connect, then at each line look as often as it says, all at once, and answer."""
    given = json.loads(await asyncio.to_thread(sys.stdin.readline))
    secrets = Secrets(bytes.fromhex(given["master"]), {"test": bytes.fromhex(given["key"])}, "test")
    await database.connect(shop_url=given["shop_url"], keys_url=given["keys_url"], secrets=secrets)
    print("ready", flush=True)
    while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
        since = clock.now() - timedelta(minutes=90)
        added = await asyncio.gather(*(anomalies.notice(since) for _ in json.loads(line)))
        print(json.dumps([str(count) for count in added]), flush=True)
    await database.disconnect()


if __name__ == "__main__":
    asyncio.run(main())
