"""Programs that the storage tests start as processes of their own: each reads orders and writes answers."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from commerce.idempotency import fingerprint_of, once
from models import database, keys, secrets
from models.ids import new_id
from models.orders import Recipient
from models.sealed import Cell, open_cells, seal
from models.secrets import Secrets

ROOT = Path(__file__).parents[2]


class Program:
    """A started program."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def tell(self, order: str, **arguments: object) -> None:
        """Give it an order, without waiting for the answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"order": order, **arguments}) + "\n")
        self.process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        """Wait for its next answer."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the program ended"
        return json.loads(line)

    def ask(self, order: str, **arguments: object) -> dict[str, Any]:
        """Give it an order and wait for the answer."""
        self.tell(order, **arguments)
        return self.hear()


@contextmanager
def running(shop_url: str, keys_url: str, given: Secrets | None = None, **settings: object) -> Iterator[Program]:
    """Start a program that is connected to both databases, with this test's secrets or others."""
    shared = given or secrets.current()
    configuration = {
        "shop_url": shop_url,
        "keys_url": keys_url,
        "master": shared.master.hex(),
        "key_encryption_keys": {name: key.hex() for name, key in shared.key_encryption_keys.items()},
        "active": shared.active,
        **settings,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.models.programs"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    program = Program(process)
    try:
        assert process.stdin is not None
        process.stdin.write(json.dumps(configuration) + "\n")
        process.stdin.flush()
        assert program.hear() == {"ready": True}
        yield program
    finally:
        process.kill()
        process.wait(timeout=10)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


async def _select() -> dict[str, object]:
    await database.fetch("SELECT 1")
    return {}


async def _write(row: str) -> dict[str, object]:
    async with database.transaction():
        await database.fetch("SELECT 1")
        await _insert_recipient(UUID(row))
    return {}


async def _readiness() -> dict[str, object]:
    return {"parts": await database.readiness()}


async def _key_of(subject: str) -> dict[str, object]:
    subject_id = UUID(subject)
    row = new_id()
    sealed = await seal(Recipient, row, subject_id, name="somebody")
    cell = sealed["name"]
    assert cell is not None
    return {"row": str(row), "cell": cell.hex()}


async def _open(subject: str, row: str, cell: str) -> dict[str, object]:
    (opened,) = await open_cells([Cell(Recipient, "name", UUID(row), UUID(subject), bytes.fromhex(cell))])
    return {"opened": opened if isinstance(opened, str) else str(opened)}


async def _rotate() -> dict[str, object]:
    return {"wrapped": await keys.rotate()}


async def _once(actor: str, key: str, times: int, pause: float = 0.0, say: bool = False) -> dict[str, object]:
    async def effect() -> dict[str, UUID]:
        row = new_id()
        await _insert_recipient(row)
        if say:
            print(json.dumps({"effect": str(row)}), flush=True)
        await asyncio.sleep(pause)
        return {"recipient": row}

    answers = await asyncio.gather(*(once(actor, key, fingerprint_of("test", key), effect) for _ in range(times)))
    return {"answers": [answer["recipient"] for answer in answers]}


async def _insert_recipient(row: UUID) -> None:
    await database.execute("INSERT INTO recipient (id, is_account_holder, created_at) VALUES ($1, false, now())", row)


ORDERS: Mapping[str, Callable[..., Coroutine[Any, Any, dict[str, object]]]] = {
    "select": _select,
    "write": _write,
    "readiness": _readiness,
    "seal": _key_of,
    "open": _open,
    "rotate": _rotate,
    "once": _once,
}


async def _serve() -> None:
    configuration = json.loads(await asyncio.to_thread(sys.stdin.readline))
    given = Secrets(
        bytes.fromhex(configuration.pop("master")),
        {name: bytes.fromhex(key) for name, key in configuration.pop("key_encryption_keys").items()},
        configuration.pop("active"),
    )
    await database.connect(secrets=given, **configuration)
    print(json.dumps({"ready": True}), flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        arguments = json.loads(line)
        started = time.monotonic()
        try:
            answer = await ORDERS[arguments.pop("order")](**arguments)
        except Exception as fault:  # noqa: BLE001  # whatever it is, the test wants to know of it
            answer = {"fault": type(fault).__name__, "text": str(fault)}
        print(json.dumps({**answer, "seconds": time.monotonic() - started}), flush=True)
    await database.disconnect()


if __name__ == "__main__":
    asyncio.run(_serve())
