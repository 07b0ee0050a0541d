"""Held connections to one database: bounded in number and in time, and healed after a fault."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import asyncpg
from asyncpg import Record

from models import storage_regions
from models.breaker import Breaker
from models.deadline import Deadline
from models.faults import BadArgument, DatabaseBusy, DatabaseElsewhere, DatabaseUnavailable, translated

Result = TypeVar("Result")

PATIENCE_S = 2.0
IDLE_IN_TRANSACTION_TIMEOUT_S = 15.0
# The server gives up first, so that a slow statement is told from a server that does not answer.
SERVER_GIVES_UP_EARLIER_S = 0.5
STATEMENTS_HELD = 200
"""By each connection. The text of a statement depends on what is selected, and PostgreSQL takes some 350 kB for one."""
_WITHIN_ROWS = "SELECT NULL::uuid[], NULL::text[]"


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

    The beginning and end of a transaction is not counted, and neither is what signs the ledger in the background.
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

    is_at_home = False
    """Whether the database was found to be made in the region that the program says."""

    async def ask(self, query: str, *args: Any, record_class: type[Record] | None = None) -> list[Any]:
        """Give the rows of a statement as `fetch` does, by fewer steps if it was prepared before, as nearly all are."""
        driver = cast(Any, self)
        prepared = driver._stmt_cache.get((query, record_class or Record, False))
        if prepared is not None and not self.is_closed():
            try:
                with driver._stmt_exclusive_section:
                    return await driver._protocol.bind_execute(prepared, args, "", 0, False, None)
            except asyncpg.OutdatedSchemaCacheError:
                # It was run, and is not to be run again.
                await self.reload_schema_state()
                raise
            except asyncpg.InvalidCachedStatementError:
                # It was not run, because its table has changed: outside of a transaction it is prepared anew.
                if self.is_in_transaction():
                    raise
        return await self.fetch(query, *args, record_class=record_class)


# A connection that is being dropped may fail in any way.
_DROPPED = (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class Pool:
    """
    At most so many connections to one database, opened when first needed and held from then on.

    Args:
        name: What errors call the database.
        url: `postgresql://...`; `?host=/folder` names a unix socket.
        size: How many connections at most.
        command_timeout_s: After this many seconds a statement fails, whatever the server does.
        patience_s: Seconds that a connection, old or new, and a lock are waited for.
        role: The role that every connection takes.
        settings: Further settings of the server for each connection.
        region: The country that the program says the database stands in; None where it is only being migrated.
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
        patience_s: float = PATIENCE_S,
        region: str | None = None,
    ) -> None:
        self.name = name
        self.size = size
        self.command_timeout_s = command_timeout_s
        self.patience_s = patience_s
        self._url = url
        self._region = region
        self._breaker = Breaker()
        self._last_reason = "it does not answer"
        self._is_open = False
        self._idle: list[Connection] = []
        self._opened = 0
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self._settings = {
            "application_name": "avow",
            "role": role,
            "timezone": "UTC",
            "statement_timeout": _milliseconds(max(command_timeout_s - SERVER_GIVES_UP_EARLIER_S, 0.1)),
            "lock_timeout": _milliseconds(min(patience_s, command_timeout_s)),
            "idle_in_transaction_session_timeout": _milliseconds(IDLE_IN_TRANSACTION_TIMEOUT_S),
            **(settings or {}),
        }

    async def open(self) -> None:
        """
        Make the pool and try to fill it; a database that does not answer now is found again later.

        Raises:
            ValueError: The URL cannot be read.
            DatabaseElsewhere: The database was made in another region (P8.1).
        """
        if not _is_readable(self._url):
            raise ValueError(
                f"The URL of the `{self.name}` database cannot be read; "
                "write it as `postgresql://user:password@host:5432/database`."
            )
        self._is_open = True
        await asyncio.gather(*(self._warm() for _ in range(self.size)))

    async def close(self) -> None:
        """Close every connection; those in use are closed when they come back."""
        self._is_open = False
        idle, self._idle = self._idle, []
        self._opened -= len(idle)
        for connection in idle:
            with suppress(*_DROPPED):
                await connection.close(timeout=1.0)

    async def acquire(self) -> Connection:
        """
        Take a connection; give it back with `release`.

        Raises:
            DatabaseBusy: All connections are in use.
            DatabaseUnavailable: The database does not answer, or did not a moment ago.
            DatabaseElsewhere: It was made in another region than the program says (P8.1).
        """
        if not self._is_open:
            raise DatabaseUnavailable(self.name, "the program is not connected")
        if not self._breaker.lets_through():
            raise DatabaseUnavailable(self.name, self._last_reason)
        while True:
            connection = self._idle.pop() if self._idle else None
            if connection is None and self._opened < self.size:
                return await self._at_home(await self._connect())
            connection = connection or await self._next_free()
            if connection is not None:
                if not connection.is_closed():
                    return connection if connection.is_at_home else await self._at_home(connection)
                self._opened -= 1

    def release(self, connection: Connection, *, is_broken: bool = False) -> None:
        """Give a connection back; a broken one is dropped, and the next caller gets a new one."""
        if is_broken or not self._is_open or connection.is_closed() or connection.is_in_transaction():
            with suppress(*_DROPPED):
                connection.terminate()
            self._opened -= 1
            self._hand_on(None)
        elif not self._hand_on(connection):
            self._idle.append(connection)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
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
            self.release(connection, is_broken=is_broken)

    async def run(
        self, sql: str, call: Callable[..., Awaitable[Result]], *arguments: object, **options: object
    ) -> Result:
        """
        Await one statement, or the end of a transaction, on a connection of this pool: counted and bounded in time.

        The driver's own timeout does not cover all that it sends, so it has none, and this one is laid round it; the
        driver asks the server to stop when it is interrupted.

        Args:
            sql: What is counted; empty for the beginning and end of a transaction.
            call: The driver's function; called here, because some of its errors come before the first await.
            arguments: What it is called with.
            options: By their names, as well.

        Raises:
            DatabaseUnavailable: See `models.faults`, as for all that follow.
            Contended: Another transaction won.
            ConstraintViolated: A constraint refuses the row.
            BadStatement: PostgreSQL cannot run the statement.
        """
        for statements in _counting if sql else ():
            statements.by_database.setdefault(self.name, []).append(sql)
        try:
            with Deadline(self.command_timeout_s):
                result = await call(*arguments, **options)
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

    async def _connect(self) -> Connection:
        self._opened += 1
        cause: DatabaseUnavailable
        try:
            async with asyncio.timeout(self.patience_s):
                connection = await asyncpg.connect(
                    self._url,
                    connection_class=Connection,
                    server_settings=self._settings,
                    timeout=self.patience_s,
                    statement_cache_size=STATEMENTS_HELD,
                    max_cached_statement_lifetime=0,
                )
                try:
                    # The driver learns of types from what a statement gives, but not from rows within a row.
                    await connection.prepare(_WITHIN_ROWS)
                except BaseException:
                    # Nobody else knows of it yet, so nobody else would close it.
                    connection.terminate()
                    raise
                return connection
        except asyncpg.PostgresError as fault:
            refused = f"it refused the login or the role `{self._settings['role']}` ({fault.sqlstate})"
            known = translated(fault, self.name)
            cause = known if isinstance(known, DatabaseUnavailable) else DatabaseUnavailable(self.name, refused)
        except TimeoutError:
            cause = DatabaseUnavailable(self.name, "it gave no answer in time")
        except (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            cause = DatabaseUnavailable(self.name, "it cannot be reached")
        except BaseException:
            self._gave_up()
            raise
        self._gave_up()
        raise self._failed(cause)

    async def _at_home(self, connection: Connection) -> Connection:
        """Look where the database was made, again and again until it can say so: before that it has no such table."""
        if self._region is None:
            connection.is_at_home = True
            return connection
        try:
            found = await self.run("", storage_regions.noted, connection)
            storage_regions.refuse_elsewhere(self.name, found, region=self._region)
            connection.is_at_home = found is not None
        except BaseException:
            self.release(connection, is_broken=True)
            raise
        return connection

    async def _next_free(self) -> Connection | None:
        """Wait for a connection, or for the room to open one."""
        turn: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(self.patience_s):
                return await turn
        except BaseException as fault:
            if turn in self._waiting:
                self._waiting.remove(turn)
            elif turn.done() and not turn.cancelled():
                # INVARIANT (what is handed on reaches somebody): a connection, or the room for one.
                given = turn.result()
                if given is not None:
                    self.release(given)
                else:
                    self._hand_on(None)
            if isinstance(fault, TimeoutError):
                raise DatabaseBusy(self.name, "all connections are in use") from None
            raise

    def _hand_on(self, connection: Connection | None) -> bool:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return True
        return False

    def _gave_up(self) -> None:
        self._opened -= 1
        self._hand_on(None)

    async def _warm(self) -> None:
        try:
            async with self.connection() as connection:
                await self.run("", connection.execute, "SELECT 1")
        except DatabaseElsewhere:
            raise
        except DatabaseUnavailable:
            return


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
