"""Tortoise's connection to the shop's database, over our own pool."""

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Any, cast

from asyncpg import Record
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import (
    NestedTransactionContext,
    TransactionalDBClient,
    TransactionContext,
)
from tortoise.connection import get_connections
from tortoise.exceptions import TransactionManagementError

from models.deadline import Deadline
from models.faults import BadStatement, DatabaseUnavailable
from models.pool import Connection, Pool, leaves_broken

ROLLBACK_TIMEOUT_S = 1.0

_savepoints = itertools.count()

# Tortoise logs the values of every statement; this one says nothing whatever the levels are set to.
_SILENT = logging.getLogger("avow.silent")
_SILENT.disabled = True


class TransactionLost(TransactionManagementError):
    """A transaction was to be committed although one of its statements had failed: nothing of it was written."""

    def __init__(self) -> None:
        super().__init__(
            "A statement of this transaction failed and the error was caught inside it, so nothing was written. "
            "Put what may fail into a `transaction()` of its own."
        )


class _Statements:
    """The calls by which Tortoise runs statements, each bounded, counted and translated."""

    async def execute_insert(self, query: str, values: list[Any]) -> Record | None:
        return await self.run(query, Connection.fetchrow, query, *values)

    async def execute_many(self, query: str, values: list[Any]) -> None:
        await self.run(query, Connection.executemany, query, values)

    async def execute_query(self, query: str, values: list[Any] | None = None) -> tuple[int, list[Any]]:
        if query.lstrip()[:6].upper() in {"UPDATE", "DELETE", "INSERT"}:
            return _affected(await self.run(query, Connection.execute, query, *(values or []))), []
        rows = await self.run(query, Connection.ask, query, *(values or []))
        return len(rows), rows

    async def execute_query_dict(self, query: str, values: list[Any] | None = None) -> list[dict[str, Any]]:
        return [dict(row) for row in await self.fetch(query, *(values or []))]

    async def execute_script(self, query: str) -> None:
        await self.run(query, Connection.execute, query)

    async def fetch(self, query: str, *values: object, record_class: type[Record] | None = None) -> list[Record]:
        """Run a statement and return its rows as the driver gives them, or as a class of rows."""
        return await self.run(query, Connection.ask, query, *values, record_class=record_class)

    async def execute(self, query: str, *values: object) -> int:
        """Run a statement and return how many rows it touched."""
        return _affected(await self.run(query, Connection.execute, query, *values))

    async def run(self, sql: str, call: Callable[..., Awaitable[Any]], *arguments: object, **options: object) -> Any:
        """
        Await one statement on a connection that is lent for it.

        Args:
            sql: What is counted; empty for the beginning and end of a transaction.
            call: A method of `Connection`, which is called on it.
            arguments: What it is called with.
            options: By their names, as well.
        """
        raise NotImplementedError("Only a client or a transaction lends a connection.")


class ShopClient(_Statements, AsyncpgDBClient):
    """Connections of the pool, one for each statement."""

    def __init__(self, *, pool: Pool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pool = pool
        self.log = _SILENT

    async def create_connection(self, with_db: bool) -> None:
        await self.pool.open()
        await self._post_connect()

    async def close(self) -> None:
        await self.pool.close()

    async def run(self, sql: str, call: Callable[..., Awaitable[Any]], *arguments: object, **options: object) -> Any:
        """Await one statement on any connection of the pool."""
        # As `Pool.connection` lends one, without its generator, which is a good part of what a short statement costs.
        pool = self.pool
        connection = await pool.acquire()
        is_broken = True
        try:
            found = await pool.run(sql, call, connection, *arguments, **options)
            is_broken = False
        except Exception as fault:
            is_broken = leaves_broken(fault)
            raise
        finally:
            pool.release(connection, is_broken=is_broken)
        return found

    def acquire_connection(self) -> Any:
        return self.pool.connection()

    def _in_transaction(self) -> TransactionContext:
        return ShopTransactionContext(self)


class ShopTransaction(_Statements, TransactionWrapper):
    """The one connection of a transaction; statements of several tasks take turns."""

    def __init__(self, client: "ShopClient | ShopTransaction") -> None:
        self.pool = client.pool
        self.log = _SILENT
        self.connection_name = client.connection_name
        self.fetch_inserted = client.fetch_inserted
        self._finalized = False
        self._savepoint = ""
        self._parent = client
        if isinstance(client, ShopTransaction):
            self._connection = client._connection
            self._lock = client._lock
        else:
            self._lock = asyncio.Lock()

    def attach(self, connection: Connection) -> None:
        """Take the connection that all statements go to."""
        self._connection = cast(Any, connection)

    def detach(self) -> None:
        """Let go of the connection; a task that is still in this transaction gets an error."""
        self._connection = cast(Any, None)

    async def run(self, sql: str, call: Callable[..., Awaitable[Any]], *arguments: object, **options: object) -> Any:
        """Await one statement on the transaction's connection, when it is this task's turn."""
        async with self._lock:
            return await self.pool.run(sql, call, self._open(), *arguments, **options)

    @asynccontextmanager
    async def _lent(self) -> AsyncIterator[Connection]:
        async with self._lock:
            yield self._open()

    def acquire_connection(self) -> Any:
        return self._lent()

    def _in_transaction(self) -> TransactionContext:
        return NestedTransactionContext(ShopTransaction(self))

    async def begin(self) -> None:
        await self._say("BEGIN")

    async def commit(self) -> None:
        self._finish()
        # PostgreSQL answers ROLLBACK, without an error, to the COMMIT of a transaction in which a statement failed.
        if await self._say("COMMIT") != "COMMIT":
            raise TransactionLost

    async def rollback(self) -> None:
        self._finish()
        await self._say("ROLLBACK")

    async def savepoint(self) -> None:
        self._savepoint = f"s{next(_savepoints)}"
        await self._say(f"SAVEPOINT {self._savepoint}")

    async def release_savepoint(self) -> None:
        self._finish()
        await self._say(f"RELEASE SAVEPOINT {self._savepoint}")

    async def savepoint_rollback(self) -> None:
        self._finish()
        await self._say(f"ROLLBACK TO SAVEPOINT {self._savepoint}")

    async def _say(self, words: str) -> str:
        return await self.run("", Connection.execute, words)

    def _open(self) -> Connection:
        if cast(Any, self._connection) is None:
            raise BadStatement("A task used a transaction after its end. Start what outlives one with `detached`.")
        return cast(Any, self._connection)

    def _finish(self) -> None:
        if self._finalized:
            raise TransactionManagementError("This transaction has ended already.")
        self._finalized = True


class ShopTransactionContext(TransactionContext):
    """A transaction on a connection of the pool, which is dropped where it cannot be rolled back in time."""

    def __init__(self, client: ShopClient) -> None:
        self._pool = client.pool
        self._client = client
        self.client = ShopTransaction(client)

    async def __aenter__(self) -> TransactionalDBClient:
        connection = await self._pool.acquire()
        transaction = cast(ShopTransaction, self.client)
        transaction.attach(connection)
        self._connection = connection
        try:
            await transaction.begin()
        except BaseException:
            self._pool.release(connection, is_broken=True)
            raise
        self._token = get_connections().set(transaction.connection_name, transaction)
        return transaction

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        get_connections().reset(self._token)
        transaction = cast(ShopTransaction, self.client)
        is_broken = True
        try:
            if transaction._finalized:  # pyright: ignore[reportPrivateUsage]
                is_broken = False
            elif fault is None:
                await transaction.commit()
                is_broken = False
            elif not (isinstance(fault, Exception) and leaves_broken(fault)):
                is_broken = not await _rolled_back(transaction)
        finally:
            transaction.detach()
            self._pool.release(self._connection, is_broken=is_broken)


async def _rolled_back(transaction: ShopTransaction) -> bool:
    with suppress(DatabaseUnavailable, BadStatement, TimeoutError), Deadline(ROLLBACK_TIMEOUT_S):
        await transaction.rollback()
        return True
    return False


def _affected(status: str) -> int:
    last = status.rsplit(" ", 1)[-1]
    return int(last) if last.isdigit() else 0


client_class = ShopClient
