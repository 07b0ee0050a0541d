"""The three database roles, and what each may do with which table."""

from collections.abc import Iterable, Mapping
from typing import Any

import asyncpg
from tortoise.models import Model

OWNER = "avow_owner"
APP = "avow_app"
READER = "avow_reader"

Grants = Mapping[str, Mapping[str, frozenset[str]]]

_READ = frozenset({"SELECT"})
_APPEND = frozenset({"SELECT", "INSERT"})
_CHANGE = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})


class RolesRefused(Exception):
    """The login that migrates may not do what the roles need; the message says what an administrator has to run."""


def is_append_only(model: type[Model]) -> bool:
    """Tell whether rows of a model are only ever added: it says `append_only = True`."""
    return bool(getattr(model, "append_only", False))


def is_written_by_owner(model: type[Model]) -> bool:
    """Tell whether only `avow migrate` writes a model's rows: it says `written_by_owner = True`."""
    return bool(getattr(model, "written_by_owner", False))


def grants_of(models: Iterable[type[Model]]) -> Grants:
    """
    Tell what each role may do with the models' tables.

    The program may do everything but change or delete rows of append-only tables, and write what only the owner
    writes; the reader may read, but not what is `hidden_from_reader = True`, such as password hashes.
    """
    grants = {"tortoise_migrations": {APP: _READ, READER: _READ}}
    for model in models:
        table = model._meta.db_table  # pyright: ignore[reportPrivateUsage]
        is_hidden = bool(getattr(model, "hidden_from_reader", False))
        grants[table] = {
            APP: _READ if is_written_by_owner(model) else _APPEND if is_append_only(model) else _CHANGE,
            READER: frozenset() if is_hidden else _READ,
        }
    return grants


async def make_roles(connection: Any) -> None:
    """
    Make the roles that are missing, without log-in, and let the present login act as owner.

    Raises:
        RolesRefused: The login may not; the message is what an administrator has to run.
    """
    login = await connection.fetchval("SELECT session_user::text")
    rows = await connection.fetch("SELECT rolname::text FROM pg_roles WHERE rolname = ANY($1)", [OWNER, APP, READER])
    missing = [f"CREATE ROLE {role} NOLOGIN;" for role in sorted({OWNER, APP, READER} - {row[0] for row in rows})]
    for statement in missing:
        try:
            await connection.execute(statement)
        except asyncpg.DuplicateObjectError:
            continue
        except asyncpg.InsufficientPrivilegeError:
            raise RolesRefused(_remedy(login, *missing, _membership(OWNER, login))) from None
    if not await _may_act_as_owner(connection):
        try:
            await connection.execute(_membership(OWNER, login))
        except asyncpg.InsufficientPrivilegeError:
            raise RolesRefused(_remedy(login, _membership(OWNER, login))) from None
    await _open_schema(connection, login)


async def grant(connection: Any, grants: Grants) -> None:
    """
    Bring the privileges on tables to what they should be, by the differences.

    Tables that are not named, or do not exist, are left alone.

    Args:
        connection: Acts as the tables' owner.
        grants: Privileges by table and role; PUBLIC and every role not named get none.
    """
    rows = await connection.fetch(
        """
        SELECT table_.relname::text AS "table", coalesce(role.rolname::text, 'PUBLIC') AS role,
               array_agg(acl.privilege_type) AS privileges
        FROM pg_class AS table_
        CROSS JOIN aclexplode(table_.relacl) AS acl
        LEFT JOIN pg_roles AS role ON role.oid = acl.grantee
        WHERE table_.relnamespace = 'public'::regnamespace AND acl.grantee <> table_.relowner
          AND table_.relname = ANY($1)
        GROUP BY 1, 2
        """,
        list(grants),
    )
    held = {(row["table"], row["role"]): frozenset(row["privileges"]) for row in rows}
    tables = await connection.fetch(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname = ANY($1)",
        list(grants),
    )
    wanted = {(table, role): privileges for (table,) in tables for role, privileges in grants[table].items()}
    for table, role in sorted(held.keys() | wanted.keys()):
        has, should = held.get((table, role), frozenset()), wanted.get((table, role), frozenset())
        grantee = role if role == "PUBLIC" else f'"{role}"'
        if excess := has - should:
            await connection.execute(f'REVOKE {", ".join(sorted(excess))} ON public."{table}" FROM {grantee}')
        if lack := should - has:
            await connection.execute(f'GRANT {", ".join(sorted(lack))} ON public."{table}" TO {grantee}')


async def _may_act_as_owner(connection: Any) -> bool:
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(f"SET LOCAL ROLE {OWNER}")
    except asyncpg.InsufficientPrivilegeError:
        return False
    finally:
        await transaction.rollback()
    return True


async def _open_schema(connection: Any, login: str) -> None:
    has = "SELECT has_schema_privilege($1, 'public', $2)"
    lacks = [
        statement
        for role, privilege, statement in (
            (OWNER, "CREATE", f"GRANT USAGE, CREATE ON SCHEMA public TO {OWNER};"),
            (APP, "USAGE", f"GRANT USAGE ON SCHEMA public TO {APP};"),
            (READER, "USAGE", f"GRANT USAGE ON SCHEMA public TO {READER};"),
        )
        if not await connection.fetchval(has, role, privilege)
    ]
    for statement in lacks:
        await connection.execute(statement)
    # A login without the right gets a warning from PostgreSQL and no grant, not an error.
    if lacks and not await connection.fetchval(has, OWNER, "CREATE"):
        raise RolesRefused(_remedy(login, *lacks))


def _membership(role: str, login: str) -> str:
    quoted = login.replace('"', '""')
    return f'GRANT {role} TO "{quoted}";'


def _remedy(login: str, *statements: str) -> str:
    return f"The login `{login}` may not set up the roles. As an administrator run: {' '.join(statements)}"
