"""Migrations of both databases: apply them, and make new ones."""

import asyncio
import pkgutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from importlib import import_module
from inspect import getmembers, isclass
from typing import Any

import asyncpg
from tortoise.context import TortoiseContext
from tortoise.migrations.recorder import MigrationRecorder
from tortoise.migrations.schema_editor import BasePostgresSchemaEditor
from tortoise.models import Model
from tortoise.transactions import in_transaction

import models
from models import clock, deployment, keys_schema, migrations
from models.faults import BadStatement, DatabaseUnavailable
from models.migration_state import Executor
from models.pool import Pool
from models.roles import APP, OWNER, grant, grants_of, make_roles
from models.storage_regions import note, noted, refuse_elsewhere

APP_LABEL = "shop"
MIGRATIONS = "models.migrations"
# The same number everywhere, so that programs that start together take turns: the bytes of "avow".
MIGRATION_LOCK = 0x61766F77
LOCK_WAIT_S = 300.0
CONNECT_TIMEOUT_S = 10.0
STATEMENT_TIMEOUT_S = 3_600.0
OWNER_SETTINGS = {
    "statement_timeout": "0",
    "lock_timeout": "10000",
    "idle_in_transaction_session_timeout": "0",
}


def model_modules() -> list[str]:
    """List the modules of this package that define models."""
    names = sorted(f"{models.__name__}.{module.name}" for module in pkgutil.iter_modules(models.__path__))
    return [name for name in names if name != MIGRATIONS and _defines_models(name)]


def declared_models() -> list[type[Model]]:
    """List every model of this package, whether or not Tortoise is started."""
    modules = {import_module(name).__name__ for name in model_modules()}
    return [model for model in Model.__subclasses__() if model.__module__ in modules]


def models_config(pool: Pool | None = None) -> dict[str, Any]:
    """Make Tortoise's configuration: the models, their migrations, and the pool that they are reached through."""
    return {
        "connections": {APP_LABEL: {"engine": "models.engine", "credentials": {"pool": pool}}},
        "apps": {
            APP_LABEL: {
                "models": model_modules(),
                "default_connection": APP_LABEL,
                "migrations": MIGRATIONS,
            }
        },
        "use_tz": True,
        "timezone": "UTC",
    }


def declared() -> list[str]:
    """List the migrations of the shop's database, in their order."""
    return sorted(module.name for module in pkgutil.iter_modules(migrations.__path__))


async def unapplied(fetch: Callable[..., Awaitable[Sequence[Any]]]) -> list[str]:
    """
    List the migrations that the shop's database lacks.

    Args:
        fetch: Runs a statement there.
    """
    try:
        rows = await fetch("SELECT name FROM tortoise_migrations WHERE app = $1", APP_LABEL)
    except BadStatement:
        return declared()
    return sorted(set(declared()) - {row["name"] for row in rows})


async def migrate(*, shop_owner_url: str, keys_owner_url: str) -> list[str]:
    """
    Bring both databases up to date: roles, tables, privileges.

    Several programs may do so at once: one works, the others wait and then find nothing to do. Each migration and the
    note that it was applied are one transaction. A database that does not say yet in which region it was made is noted
    as made where `models.deployment` says (P8.1).

    Args:
        shop_owner_url: Of the shop's database, with a login that may act as, or make, the role `avow_owner`.
        keys_owner_url: The same of the key store's database.

    Returns:
        What was applied, as `shop 0001_initial`.

    Raises:
        RolesRefused: A login may not set up the roles; the message says what to run.
        DatabaseUnavailable: A database does not answer.
        DatabaseElsewhere: A database was made in another region.
    """
    async with _locked("keys", keys_owner_url) as connection:
        applied = [f"keys {name}" for name in await _migrate_keys(connection)]
    async with _locked("shop", shop_owner_url) as connection:
        return applied + [f"shop {name}" for name in await _migrate_shop(connection, shop_owner_url)]


@asynccontextmanager
async def models_loaded(pool: Pool | None = None) -> AsyncIterator[TortoiseContext]:
    """Load the models into a context of their own, apart from that of the program; without a pool, for looking only."""
    context = TortoiseContext()
    with context:
        try:
            await context.init(config=models_config(pool), init_connections=pool is not None)
            yield context
        finally:
            if pool is not None:
                await context.close_connections()


def all_models(context: TortoiseContext) -> list[type[Model]]:
    """List every model of a context."""
    return list(context.apps.get_models_iterable()) if context.apps else []


@asynccontextmanager
async def _locked(name: str, url: str) -> AsyncIterator[Any]:
    try:
        connection: Any = await asyncpg.connect(
            url,
            timeout=CONNECT_TIMEOUT_S,
            command_timeout=STATEMENT_TIMEOUT_S,
            server_settings={
                "application_name": "avow migrate",
                "timezone": "UTC",
                "client_min_messages": "warning",
            },
        )
    except (OSError, TimeoutError, asyncpg.PostgresError) as fault:
        state = getattr(fault, "sqlstate", None)
        reason = f"it refused the owner's login ({state})" if state else "it cannot be reached"
        raise DatabaseUnavailable(name, reason) from None
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", MIGRATION_LOCK, timeout=LOCK_WAIT_S)
        await make_roles(connection)
        refuse_elsewhere(name, await noted(connection), region=deployment.region())
        yield connection
    except TimeoutError:
        raise DatabaseUnavailable(name, "another program has been migrating it for minutes") from None
    finally:
        # The lock goes with the connection.
        connection.terminate()


async def _migrate_shop(connection: Any, url: str) -> list[str]:
    applied: list[str] = []
    pool = Pool(
        "shop",
        url,
        size=1,
        command_timeout_s=STATEMENT_TIMEOUT_S,
        role=OWNER,
        settings=OWNER_SETTINGS,
    )
    await pool.open()
    async with models_loaded(pool) as context:
        client: Any = context.connections.get(APP_LABEL)
        editor = BasePostgresSchemaEditor(client, atomic=False)
        await MigrationRecorder(client).ensure_schema(editor)
        executor = Executor(client, models_config(pool)["apps"])
        for name in await unapplied(client.fetch):
            # INVARIANT (applied is noted): one transaction holds the migration and its row of tortoise_migrations.
            async with in_transaction(APP_LABEL) as transaction:
                await executor.apply(transaction, APP_LABEL, name)
            applied.append(name)
        async with connection.transaction():
            await connection.execute(f"SET LOCAL ROLE {OWNER}")
            await note(connection, deployment.region())
            await grant(connection, grants_of(all_models(context)))
    return applied


async def _migrate_keys(connection: Any) -> list[str]:
    applied: list[str] = []
    async with connection.transaction():
        await connection.execute(f"SET LOCAL ROLE {OWNER}")
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS applied_version (name text PRIMARY KEY, applied_at timestamptz NOT NULL)"
        )
        done = {row["name"] for row in await connection.fetch("SELECT name FROM applied_version")}
        for name, sql in keys_schema.VERSIONS:
            if name not in done:
                await connection.execute(sql)
                await connection.execute("INSERT INTO applied_version VALUES ($1, $2)", name, clock.now())
                applied.append(name)
        await note(connection, deployment.region())
        await grant(
            connection,
            {table: {APP: privileges} for table, privileges in keys_schema.APP_GRANTS.items()},
        )
    return applied


def _defines_models(module_name: str) -> bool:
    members = getmembers(import_module(module_name), isclass)
    return any(issubclass(kind, Model) and kind.__module__ == module_name for _, kind in members)


if __name__ == "__main__":
    from models.making import main

    sys.exit(asyncio.run(main(sys.argv[1:])))
