"""A program for tests: puts disclosures on record without end, and says how many are."""

import asyncio
import itertools
import json
import sys

from models import clock, database, ledger
from models.ledger import COLUMNS
from models.secrets import Secrets
from tests.patience import PATIENT

AT_ONCE = 8
_written = itertools.count(1)


async def _write(account: str) -> None:
    while True:
        entry: dict[str, object] = {name: None for name in COLUMNS}  # noqa: C420 -- of objects
        entry |= {
            "account_id": account,
            "party": "AGENT",
            "classes": ["EMAIL"],
            "purpose": "CUSTOMER_SERVICE",
            "clauses": ["P2.7"],
            "rules": "0" * 16,
            "disclosed_at": clock.now(),
        }
        await ledger.current().write([entry, entry])
        print(next(_written) * 2, flush=True)


async def main() -> None:
    """Connect as told, and write from many tasks at once."""
    given = json.loads(sys.argv[1])
    secrets = Secrets(bytes.fromhex(given["master"]), {"test": bytes.fromhex(given["key"])}, "test")
    await database.connect(shop_url=given["shop_url"], keys_url=given["keys_url"], secrets=secrets, **PATIENT)
    await asyncio.gather(*(_write(given["account"]) for _ in range(AT_ONCE)))


if __name__ == "__main__":
    asyncio.run(main())
