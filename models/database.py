"""The two databases of the program: connecting, transactions, retries, readiness."""

import asyncio
import contextvars
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast

from asyncpg import Record
from tortoise.context import TortoiseContext
from tortoise.transactions import in_transaction

from models import deployment, keys, ledger, secrets
from models.engine import ShopClient, ShopTransaction
from models.faults import (
    BadStatement,
    ConstraintViolated,
    Contended,
    DatabaseBusy,
    DatabaseUnavailable,
)
from models.migrating import APP_LABEL, migrate, models_config, unapplied
from models.pool import PATIENCE_S, Pool, Statements, counting_statements
from models.roles import APP
from models.secrets import Secrets

__all__ = [
    "BadStatement",
    "ConstraintViolated",
    "Contended",
    "DatabaseBusy",
    "DatabaseUnavailable",
    "Statements",
    "connect",
    "connection",
    "counting_statements",
    "detached",
    "disconnect",
    "execute",
    "fetch",
    "is_in_transaction",
    "look",
    "migrate",
    "readiness",
    "retrying",
    "snapshot",
    "transaction",
]

Result = TypeVar("Result")

COMMAND_TIMEOUT_S = 5.0
RETRIES = 5
FIRST_PAUSE_S = 0.01

_context: TortoiseContext | None = None
_pools: tuple[Pool, Pool] | None = None


async def connect(
    *,
    shop_url: str,
    keys_url: str,
    secrets: Secrets,
    pool_size: int = 4,
    command_timeout_s: float = COMMAND_TIMEOUT_S,
    patience_s: float = PATIENCE_S,
) -> None:
    """
    Connect the program to its databases; every task of it can use the models from then on.

    A database that does not answer is no error here: `readiness` tells, and the connection heals by itself. Where the
    program stands is told to `models.deployment` before.

    Args:
        shop_url: The shop's database; `postgresql://user:password@/name?host=/folder` names a unix socket.
        keys_url: The key store's database, in another cluster.
        secrets: The master secret and the key-encryption keys.
        pool_size: Connections held to each database.
        command_timeout_s: Seconds after which any statement fails, whatever the server does.
        patience_s: Seconds that a connection and a lock are waited for.

    Raises:
        RuntimeError: The program is connected already.
        ValueError: A URL cannot be read.
        DatabaseElsewhere: A database was made in another region than the program stands in (P8.1).
    """
    global _context, _pools  # noqa: PLW0603 -- a program is connected once
    if _pools is not None:
        raise RuntimeError("The databases are connected already; call `disconnect()` first.")
    shop, store = _pools_of(shop_url, keys_url, size=pool_size, timeout_s=command_timeout_s, patience_s=patience_s)
    try:
        await asyncio.gather(shop.open(), store.open())
        _context = TortoiseContext()
        # Entered only for a moment: afterwards every task finds it as the fallback, whoever called this.
        with _context:
            await _context.init(config=models_config(shop), _enable_global_fallback=True)
    except BaseException:
        await asyncio.gather(shop.close(), store.close())
        raise
    _pools = (shop, store)
    _configure(secrets, store)


async def look(*, shop_url: str, keys_url: str) -> None:
    """
    Connect to the databases for a moment, to refuse those that were made elsewhere before anything is begun.

    Raises:
        ValueError, DatabaseElsewhere: As `connect` does.
    """
    shop, store = _pools_of(shop_url, keys_url, size=1)
    try:
        await asyncio.gather(shop.open(), store.open())
    finally:
        await asyncio.gather(shop.close(), store.close())


def _pools_of(
    shop_url: str, keys_url: str, *, size: int, timeout_s: float = COMMAND_TIMEOUT_S, patience_s: float = PATIENCE_S
) -> tuple[Pool, Pool]:
    shop, store = (
        Pool(
            name,
            url,
            size=size,
            command_timeout_s=timeout_s,
            role=APP,
            patience_s=patience_s,
            region=deployment.region(),
        )
        for name, url in (("shop", shop_url), ("keys", keys_url))
    )
    return shop, store


async def disconnect() -> None:
    """Give back all connections and forget all secrets; harmless if there are none."""
    global _context, _pools  # noqa: PLW0603 -- a program is connected once
    if _pools is not None:
        await ledger.current().close()
    context, pools = _context, _pools
    _context = _pools = None
    ledger.configure(None)
    keys.configure(None)
    secrets.configure(None)
    if pools is not None:
        await pools[1].close()
    if context is not None:
        await context.close_connections()


@asynccontextmanager
async def transaction() -> AsyncIterator[None]:
    """
    Run a block in one transaction of the shop's database; what models do inside belongs to it.

    Inside of another one it is a savepoint. A task that is started inside shares the transaction: start what should
    outlive it with `detached`. Await nothing outside of the database in it.

    Raises:
        DatabaseUnavailable: The database went away; whether a commit was still done is then unknown.
        Contended: Another transaction won; `retrying` repeats it.
    """
    connection()
    async with in_transaction(APP_LABEL):
        yield


@asynccontextmanager
async def snapshot() -> AsyncIterator[None]:
    """
    Run a block that reads the shop as it is at the block's first statement; PostgreSQL refuses to write in it.

    Raises:
        DatabaseUnavailable: The database went away, or something was to be written: PostgreSQL says then what it says
            as a stand-by.
        BadStatement: There is a transaction already; begin this one outside of it.
    """
    async with transaction():
        await execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


async def retrying(action: Callable[[], Awaitable[Result]]) -> Result:
    """
    Run an action, and again from its start if its transaction loses against another one, at most five times more.

    Inside a transaction nothing is repeated, because that whole transaction is lost; repeat around it.

    Args:
        action: Opens its transaction itself, and has no effect outside of it.

    Raises:
        Contended: It lost every time.
    """
    for attempt in range(RETRIES):
        try:
            return await action()
        except Contended:
            if is_in_transaction():
                raise
            await asyncio.sleep(FIRST_PAUSE_S * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311 -- only spreads out
    return await action()


async def fetch(sql: str, *values: object, record_class: type[Record] | None = None) -> list[Record]:
    """Run a statement of the shop's database, in the present transaction if there is one, and return its rows."""
    return await connection().fetch(sql, *values, record_class=record_class)


async def execute(sql: str, *values: object) -> int:
    """Run a statement of the shop's database, in the present transaction if there is one: how many rows it touched."""
    return await connection().execute(sql, *values)


def connection() -> ShopClient | ShopTransaction:
    """
    Return Tortoise's client of the shop's database: that of the present transaction if there is one.

    Raises:
        DatabaseUnavailable: The program is not connected.
    """
    if _pools is None or _context is None:
        raise DatabaseUnavailable(APP_LABEL, "the program is not connected")
    # Not by Tortoise's own function, which looks for the context of each call: there is one.
    return cast("ShopClient | ShopTransaction", _context.connections.get(APP_LABEL))


def is_in_transaction() -> bool:
    """Tell whether the present task runs in a transaction."""
    return isinstance(connection(), ShopTransaction)


def detached(work: Coroutine[Any, Any, Result], *, name: str) -> asyncio.Task[Result]:
    """Start a task that has no part in the present transaction, nor in anything else of the present task's context."""
    return asyncio.create_task(work, name=name, context=contextvars.Context())


async def readiness() -> dict[str, str]:
    """
    Tell what keeps the program from serving.

    Returns:
        A sentence for each part that is not ready, of `database`, `migrations` and `keys`; nothing if all are.
    """
    shop, store = await asyncio.gather(_shop_faults(), _store_faults())
    return shop | store


async def _shop_faults() -> dict[str, str]:
    try:
        missing = await unapplied(fetch)
    except DatabaseUnavailable as fault:
        return {"database": str(fault)}
    return {"migrations": f"{len(missing)} migrations are not applied; run `avow migrate`."} if missing else {}


async def _store_faults() -> dict[str, str]:
    try:
        wrong = await keys.current().faults()
    except (DatabaseUnavailable, keys.KeyStoreFault) as fault:
        return {"keys": str(fault)}
    except BadStatement:
        return {"keys": "The key store has no tables; run `avow migrate`."}
    return {"keys": f"The key store does not fit: {'; '.join(wrong)}."} if wrong else {}


def _configure(given: Secrets, store: Pool) -> None:
    secrets.configure(given)
    keys.configure(keys.KeyStore(store, given))
    ledger.configure(ledger.Ledger(execute, store, given))
