"""Held connections to one database: bounded in number and in time, and healed after a fault."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from models.breaker import Breaker
from models.faults import BadArgument, DatabaseBusy, DatabaseUnavailable, translated

Result = TypeVar("Result")

ACQUIRE_TIMEOUT_S = 2.0
CONNECT_TIMEOUT_S = 2.0
LOCK_TIMEOUT_S = 2.0
IDLE_IN_TRANSACTION_TIMEOUT_S = 15.0
# The server gives up first, so that a slow statement is told from a server that does not answer.
SERVER_GIVES_UP_EARLIER_S = 0.5
STATEMENTS_HELD = 1_000


@dataclass(slots=True)
class Statements:
    """The SQL texts that were run while it was counting, by database; they hold placeholders and no values."""

    by_database: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    @property
    def shop(self) -> list[str]:
        """Those of the shop's database."""
        return self.by_database.get("shop", [])

    @property
    def keys(self) -> list[str]:
        """Those of the key store's database."""
        return self.by_database.get("keys", [])

    def __len__(self) -> int:
        return sum(map(len, self.by_database.values()))


_counting: list[Statements] = []


@contextmanager
def counting_statements() -> Iterator[Statements]:
    """
    Note every statement that this program sends to a database, in whatever task.

    The beginning and end of a transaction is not counted.
    """
    statements = Statements()
    _counting.append(statements)
    try:
        yield statements
    finally:
        _counting[:] = [other for other in _counting if other is not statements]


class Connection(asyncpg.Connection):
    """
    A connection without session state.

    Nothing is reset when it goes back to the pool, which saves a statement each time; so settings are changed only
    with `SET LOCAL`, and session-wide advisory locks and `LISTEN` need a connection of their own.
    """

    def get_reset_query(self) -> str:
        return ""


class Pool:
    """
    At most so many connections to one database, opened when first needed and held from then on.

    Args:
        name: What errors call the database.
        url: `postgresql://...`; `?host=/folder` names a unix socket.
        size: How many connections at most.
        command_timeout_s: After this many seconds a statement fails, whatever the server does.
        role: The role that every connection takes.
        settings: Further settings of the server for each connection.
    """

    def __init__(
        self,
        name: str,
        url: str,
        *,
        size: int,
        command_timeout_s: float,
        role: str,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.size = size
        self.command_timeout_s = command_timeout_s
        self._url = url
        self._breaker = Breaker()
        self._last_reason = "it does not answer"
        self._pool: Any = None
        self._settings = {
            "application_name": "avow",
            "role": role,
            "timezone": "UTC",
            "statement_timeout": _milliseconds(max(command_timeout_s - SERVER_GIVES_UP_EARLIER_S, 0.1)),
            "lock_timeout": _milliseconds(min(LOCK_TIMEOUT_S, command_timeout_s)),
            "idle_in_transaction_session_timeout": _milliseconds(IDLE_IN_TRANSACTION_TIMEOUT_S),
            **(settings or {}),
        }

    async def open(self) -> None:
        """
        Make the pool and try to fill it; a database that does not answer now is found again later.

        Raises:
            ValueError: The URL cannot be read.
        """
        if not _is_readable(self._url):
            raise ValueError(
                f"The URL of the `{self.name}` database cannot be read; "
                "write it as `postgresql://user:password@host:5432/database`."
            )
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=0,
            max_size=self.size,
            max_inactive_connection_lifetime=0,
            max_queries=2**31,
            connection_class=Connection,
            server_settings=self._settings,
            timeout=CONNECT_TIMEOUT_S,
            command_timeout=self.command_timeout_s,
            statement_cache_size=STATEMENTS_HELD,
            max_cached_statement_lifetime=0,
        )
        await asyncio.gather(*(self._warm() for _ in range(self.size)))

    async def close(self) -> None:
        """Close every connection, after at most a second by force."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        try:
            async with asyncio.timeout(1.0):
                await pool.close()
        except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            pool.terminate()

    async def acquire(self) -> PoolConnectionProxy:
        """
        Take a connection; give it back with `release`.

        Raises:
            DatabaseBusy: All connections are in use.
            DatabaseUnavailable: The database does not answer, or did not a moment ago.
        """
        if self._pool is None:
            raise DatabaseUnavailable(self.name, "the program is not connected")
        if not self._breaker.lets_through():
            raise DatabaseUnavailable(self.name, self._last_reason)
        is_full = self._pool.get_size() >= self.size and not self._pool.get_idle_size()
        try:
            return await self._pool.acquire(timeout=ACQUIRE_TIMEOUT_S)
        except TimeoutError:
            if not is_full:
                raise self._failed(DatabaseUnavailable(self.name, "it gave no answer in time")) from None
            raise DatabaseBusy(self.name, "all connections are in use") from None
        except asyncpg.PostgresError as fault:
            cause = translated(fault, self.name)
            if not isinstance(cause, DatabaseUnavailable):
                reason = f"it refused the login or the role `{self._settings['role']}` ({fault.sqlstate})"
                cause = DatabaseUnavailable(self.name, reason)
            raise self._failed(cause) from None
        except (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            raise self._failed(DatabaseUnavailable(self.name, "it cannot be reached")) from None

    async def release(self, connection: Any, *, is_broken: bool = False) -> None:
        """Give a connection back; a broken one is dropped, and the next caller gets a new one."""
        with suppress(TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            if is_broken:
                connection.terminate()
            if self._pool is not None:
                await self._pool.release(connection, timeout=1.0)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[PoolConnectionProxy]:
        """Lend a connection for a block of statements."""
        connection = await self.acquire()
        is_broken = True
        try:
            yield connection
            is_broken = False
        except Exception as fault:
            is_broken = leaves_broken(fault)
            raise
        finally:
            await self.release(connection, is_broken=is_broken)

    async def run(self, sql: str, call: Callable[..., Awaitable[Result]], *arguments: object) -> Result:
        """
        Await one statement, or the end of a transaction, on a connection of this pool: counted and bounded in time.

        The driver's own timeout does not cover all that it sends, so a second one is laid round it.

        Args:
            sql: What is counted; empty for the beginning and end of a transaction.
            call: The driver's function; called here, because some of its errors come before the first await.
            arguments: What it is called with.

        Raises:
            DatabaseUnavailable: See `models.faults`, as for all that follow.
            Contended: Another transaction won.
            ConstraintViolated: A constraint refuses the row.
            BadStatement: PostgreSQL cannot run the statement.
        """
        for statements in _counting if sql else ():
            statements.by_database.setdefault(self.name, []).append(sql)
        try:
            async with asyncio.timeout(self.command_timeout_s + SERVER_GIVES_UP_EARLIER_S):
                result = await call(*arguments)
        except Exception as fault:
            cause = translated(fault, self.name)
            if cause is None:
                raise
        else:
            self._breaker.succeeded()
            return result
        if isinstance(cause, DatabaseUnavailable) and leaves_broken(cause):
            self._failed(cause)
        # Raised outside of the `except` block, because the driver's exception holds values of rows.
        raise cause

    def _failed(self, cause: DatabaseUnavailable) -> DatabaseUnavailable:
        self._breaker.failed()
        self._last_reason = cause.reason
        return cause

    async def _warm(self) -> None:
        with suppress(DatabaseUnavailable):
            async with self.connection() as connection:
                await self.run("", connection.execute, "SELECT 1")


def leaves_broken(fault: BaseException) -> bool:
    """Tell whether a connection may not be used again after a fault."""
    if isinstance(fault, DatabaseBusy):
        return False
    return isinstance(fault, DatabaseUnavailable | BadArgument) or not isinstance(fault, Exception)


def _is_readable(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"postgresql", "postgres"} and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _milliseconds(seconds: float) -> str:
    return str(int(seconds * 1_000))
