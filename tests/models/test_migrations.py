"""Migrations: what they make is what the models declare, once, whoever runs them and whatever kills them."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from tortoise import fields
from tortoise.fields import Field
from tortoise.fields.relational import ForeignKeyFieldInstance
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.migrations.migration import Migration
from tortoise.migrations.operations import CreateModel
from tortoise.migrations.schema_editor import BasePostgresSchemaEditor
from tortoise.migrations.schema_generator.state import ModelState, State
from tortoise.migrations.schema_generator.state_apps import StateApps
from tortoise.models import Model
from tortoise.utils import generate_schema_for_client

from models import keys_schema
from models.database import migrate
from models.indexes import IndexWhere
from models.making import changes, with_constraints_apart
from models.migrating import APP_LABEL, all_models, declared, models_loaded
from models.pool import Pool
from models.roles import APP, OWNER, READER, RolesRefused, grants_of, is_append_only
from server.embedded import Embedded
from tests.models.catalog import catalog

ROOT = Path(__file__).parents[2]
MIGRATE = """
import asyncio, json, sys
from models.database import migrate
shop, keys = sys.argv[1:]
print(json.dumps(asyncio.run(migrate(shop_owner_url=shop, keys_owner_url=keys))))
"""


IS_CREATING_TABLES = """
    SELECT count(*) > 0 FROM pg_stat_activity
    WHERE datname = 'killed' AND application_name = 'avow' AND query LIKE 'CREATE TABLE%'
      AND query NOT LIKE '%tortoise_migrations%'
"""


@pytest.fixture(scope="module")
async def models() -> list[type[Model]]:
    async with models_loaded() as context:
        return all_models(context)


@asynccontextmanager
async def _scratch(owner_url: str, name: str) -> AsyncIterator[str]:
    """An empty database beside the tests' own."""
    connection = await asyncpg.connect(owner_url)
    try:
        await _drop(connection, name)
        await connection.execute(f"CREATE DATABASE {name}")
        parts = urlsplit(owner_url)
        yield urlunsplit(parts._replace(path=f"/{name}"))
        await _drop(connection, name)
    finally:
        await connection.close()


async def _drop(connection: asyncpg.Connection, name: str) -> None:
    """Drop a database; the server's own cleaning in it ends by itself, and nobody but a superuser may end it."""
    deadline = time.monotonic() + 60
    while True:
        try:
            await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            return
        except (asyncpg.InsufficientPrivilegeError, asyncpg.ObjectInUseError):
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.2)


async def _catalog(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        return await catalog(connection)
    finally:
        await connection.close()


async def test_the_migrated_tables_are_those_that_the_models_declare(migrated: Embedded):
    async with _scratch(migrated.shop.owner_url, "declared") as url:
        pool = Pool("shop", url, size=1, command_timeout_s=30, role=OWNER)
        await pool.open()
        async with models_loaded(pool) as context:
            client: Any = context.connections.get(APP_LABEL)
            await generate_schema_for_client(client, safe=False)
            # Tortoise leaves these out of what it creates, so they are added the way a migration does.
            editor = BasePostgresSchemaEditor(client)
            for model in all_models(context):
                meta: Any = model._meta  # pyright: ignore[reportPrivateUsage]
                for constraint in meta.constraints:
                    await editor.add_constraint(model, constraint)
        wanted = await _catalog(url)

    assert await _catalog(migrated.shop.owner_url) == wanted
    assert len(wanted) > 100


async def test_every_column_has_the_type_and_nullability_of_its_field(migrated: Embedded, models: list[type[Model]]):
    lines = set(await _catalog(migrated.shop.owner_url))

    for model in models:
        meta: Any = model._meta  # pyright: ignore[reportPrivateUsage]
        for name, column in meta.fields_db_projection.items():
            field: Field[Any] = meta.fields_map[name]
            begins = f"{meta.db_table}.{column} {_postgres_type(field)}"
            needs_value = " NOT NULL" if field.pk or not field.null else ""
            found = [line for line in lines if line.split(" DEFAULT ")[0] == begins + needs_value]
            assert found, begins + needs_value
            # PostgreSQL lists what a column is generated from as its default.
            assert (" DEFAULT " in found[0]) == (field.has_db_default() or bool(field.generated)), found


def _postgres_type(field: Field[Any]) -> str:
    declared_type = field.get_for_dialect("postgres", "SQL_TYPE")
    names = {
        "VARCHAR": "character varying",
        "TIMESTAMPTZ": "timestamp with time zone",
        "BOOL": "boolean",
        "INT": "integer",
    }
    name, bracket, size = declared_type.partition("(")
    return names.get(name, name.lower()) + bracket + size


async def test_nothing_that_is_referred_to_can_be_deleted(migrated: Embedded, models: list[type[Model]]):
    metas: list[Any] = [model._meta for model in models]  # pyright: ignore[reportPrivateUsage]
    fields_of_all: list[Any] = [field for meta in metas for field in meta.fields_map.values()]
    foreign_keys: list[Any] = [field for field in fields_of_all if isinstance(field, ForeignKeyFieldInstance)]
    lines = [line for line in await _catalog(migrated.shop.owner_url) if "FOREIGN KEY" in line]

    assert len(lines) == len(foreign_keys) > 0
    assert [line for line in lines if not line.endswith("ON DELETE RESTRICT")] == []


async def test_the_autodetector_finds_nothing_that_migrations_do_not_do():
    assert await changes() == []


async def test_migrating_again_changes_nothing(migrated: Embedded):
    before = await _catalog(migrated.shop.owner_url)

    applied = await migrate(shop_owner_url=migrated.shop.owner_url, keys_owner_url=migrated.keys.owner_url)

    assert applied == []
    assert await _catalog(migrated.shop.owner_url) == before


def _start(shop: str, keys: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", MIGRATE, shop, keys],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


async def _finished(process: "subprocess.Popen[str]") -> list[str]:
    out, problem = await asyncio.to_thread(process.communicate, timeout=240)
    assert process.returncode == 0, problem
    return json.loads(out)


async def test_of_programs_that_migrate_at_once_one_works_and_all_succeed(migrated: Embedded):
    async with (
        _scratch(migrated.shop.owner_url, "at_once") as shop,
        _scratch(migrated.keys.owner_url, "at_once") as keys,
    ):
        started = [_start(shop, keys) for _ in range(4)]
        applied = [await _finished(process) for process in started]

        everything = sorted(
            [f"shop {name}" for name in declared()] + [f"keys {name}" for name, _ in keys_schema.VERSIONS]
        )
        assert sorted(name for names in applied for name in names) == everything
        assert await _catalog(shop) == await _catalog(migrated.shop.owner_url)


async def test_a_migration_that_is_killed_leaves_nothing_and_is_taken_up_again(migrated: Embedded):
    wanted = await _catalog(migrated.shop.owner_url)
    async with (
        _scratch(migrated.shop.owner_url, "killed") as shop,
        _scratch(migrated.keys.owner_url, "killed") as keys,
    ):
        process = _start(shop, keys)
        connection = await asyncpg.connect(shop)
        try:
            async with asyncio.timeout(20):
                while not await connection.fetchval(IS_CREATING_TABLES):  # noqa: ASYNC110
                    await asyncio.sleep(0)
            process.kill()
            await asyncio.to_thread(process.communicate)
            async with asyncio.timeout(10):
                while await connection.fetchval(IS_CREATING_TABLES):  # noqa: ASYNC110
                    await asyncio.sleep(0)
            assert await _catalog(shop) == []

            applied = await migrate(shop_owner_url=shop, keys_owner_url=keys)
        finally:
            await connection.close()

        assert applied == [f"shop {name}" for name in declared()]
        assert await _catalog(shop) == wanted


async def _granted(url: str, table: str) -> dict[str, set[str]]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT grantee::text, privilege_type::text FROM information_schema.role_table_grants"
            " WHERE table_schema = 'public' AND table_name = $1",
            table,
        )
    finally:
        await connection.close()
    granted: dict[str, set[str]] = {APP: set(), READER: set()}
    for row in rows:
        granted.setdefault(row["grantee"], set()).add(row["privilege_type"])
    granted.pop(OWNER, None)
    return granted


async def test_each_role_may_do_what_the_models_say_and_nothing_more(migrated: Embedded, models: list[type[Model]]):
    appended = [model for model in models if is_append_only(model)]
    assert appended

    for table, wanted in grants_of(models).items():
        granted = await _granted(migrated.shop.owner_url, table)
        assert granted == {role: set(privileges) for role, privileges in wanted.items()}
    for model in appended:
        table = model._meta.db_table  # pyright: ignore[reportPrivateUsage]
        assert (await _granted(migrated.shop.owner_url, table))[APP] == {"SELECT", "INSERT"}


async def test_privileges_that_were_added_by_hand_are_taken_away_again(migrated: Embedded):
    before = await _granted(migrated.shop.owner_url, "order_event")
    connection = await asyncpg.connect(migrated.shop.owner_url)
    try:
        await connection.execute(f"GRANT UPDATE, DELETE ON order_event TO {APP}")
        await connection.execute("GRANT SELECT ON order_event TO PUBLIC")
        await connection.execute(f"REVOKE INSERT ON order_event FROM {APP}")
    finally:
        await connection.close()

    await migrate(shop_owner_url=migrated.shop.owner_url, keys_owner_url=migrated.keys.owner_url)

    assert await _granted(migrated.shop.owner_url, "order_event") == before


async def test_a_login_that_may_not_migrate_is_told_what_to_run(migrated: Embedded):
    with pytest.raises(RolesRefused, match='GRANT avow_owner TO "avow_app";'):
        await migrate(shop_owner_url=migrated.shop.app_url, keys_owner_url=migrated.keys.owner_url)


class Probe(Model):
    """Has everything that Tortoise does not carry into a table by itself."""

    id = fields.UUIDField(primary_key=True)
    amount = fields.BigIntField()
    state = fields.CharField(max_length=8, default="OPEN", db_default="OPEN")
    ended_at = fields.DatetimeField(null=True)

    class Meta(Model.Meta):
        table = "probe"
        indexes = (IndexWhere(fields=["ended_at"], name="probe_ended", where="ended_at IS NOT NULL"),)
        constraints = (
            CheckConstraint(check="amount >= 0", name="probe_amount_is_not_negative"),
            UniqueConstraint(fields=("state",), name="probe_one_open", condition="ended_at IS NULL"),
        )


async def test_constraints_and_partial_indexes_reach_the_table(migrated: Embedded):
    probe = ModelState.make_from_model(APP_LABEL, Probe)
    create = CreateModel(probe.name, list(cast(dict[str, Any], probe.fields).items()), probe.options, ["Model"])
    migration = Migration("0001_probe", APP_LABEL)
    migration.operations = with_constraints_apart(create)

    async with _scratch(migrated.shop.owner_url, "probe") as url:
        pool = Pool("shop", url, size=1, command_timeout_s=30, role=OWNER)
        await pool.open()
        async with models_loaded(pool) as context:
            client: Any = context.connections.get(APP_LABEL)
            state = State(models={}, apps=StateApps())
            after = await migration.apply(state, schema_editor=BasePostgresSchemaEditor(client, atomic=False))
        lines = "\n".join(await _catalog(url))

    assert "probe probe_amount_is_not_negative CHECK ((amount >= 0))" in lines
    assert "CREATE INDEX probe_ended ON public.probe USING btree (ended_at) WHERE (ended_at IS NOT NULL)" in lines
    assert "CREATE UNIQUE INDEX probe_one_open" in lines
    assert "WHERE (ended_at IS NULL)" in lines
    assert "probe.state character varying(8) NOT NULL DEFAULT 'OPEN'::character varying" in lines
    # What the migration says of the model afterwards is what the model says of itself.
    told = after.models[APP_LABEL, "Probe"].options
    assert list(told["constraints"]) == list(probe.options["constraints"])
    assert list(told["indexes"]) == list(probe.options["indexes"])


def test_a_constraint_without_a_name_is_refused():
    nameless = CreateModel("Probe", [], {"constraints": (UniqueConstraint(fields=("a",)),)}, ["Model"])

    with pytest.raises(ValueError, match="has no name"):
        with_constraints_apart(nameless)


@pytest.mark.parametrize("arguments", [[], ["make"], ["make", "Bad Name"], ["undo", "x"]])
def test_the_command_line_says_how_it_is_used(arguments: list[str]):
    run: Callable[..., Any] = subprocess.run
    done = run(
        [sys.executable, "-m", "models.migrating", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
    )

    assert done.returncode == 2
    assert "python -m models.migrating make NAME" in done.stderr
