"""The roles of the shop's database, and what connecting to it refuses."""

import asyncpg
import pytest

from models import database as shop_database
from models import secrets
from models.database import (
    BadStatement,
    DatabaseUnavailable,
    execute,
    fetch,
)
from models.pool import Pool
from server.embedded import Embedded

pytestmark = pytest.mark.usefixtures("database")

INSERT = "INSERT INTO recipient (id, is_account_holder, created_at) VALUES ($1, false, now())"


async def test_every_connection_is_held_to_the_programs_role_and_limits():
    settings = {row["name"]: row["setting"] for row in await fetch("SELECT name, setting FROM pg_settings")}
    (who,) = await fetch("SELECT current_user::text AS role, session_user::text AS login")

    assert who["role"] == "avow_app"
    assert settings["statement_timeout"] == "4500"
    assert settings["lock_timeout"] == "2000"
    assert settings["idle_in_transaction_session_timeout"] == "15000"
    assert settings["TimeZone"] == "UTC"


async def test_the_program_may_add_to_a_journal_and_not_change_it():
    for sql in (
        "UPDATE order_event SET happened_at = now()",
        "DELETE FROM order_event",
        "TRUNCATE order_event",
        "DELETE FROM tortoise_migrations",
        "CREATE TABLE mine (id int)",
        "ALTER TABLE order_event DISABLE TRIGGER ALL",
        "DROP TABLE order_event",
    ):
        with pytest.raises(BadStatement, match="42501"):
            await execute(sql)


async def test_the_reader_may_read_and_nothing_else(database: Embedded):
    reader = await asyncpg.connect(database.shop.reader_url)
    try:
        assert await reader.fetch("SELECT id FROM recipient LIMIT 1") is not None
        for sql in ("DELETE FROM recipient", "UPDATE recipient SET is_account_holder = true"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await reader.execute(sql)
    finally:
        await reader.close()


async def test_the_reader_sees_no_keys(database: Embedded):
    reader = await asyncpg.connect(database.keys.reader_url)
    try:
        for table in ("subject_key", "key_encryption_key"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await reader.fetch(f"SELECT 1 FROM {table}")  # noqa: S608
    finally:
        await reader.close()


async def test_connecting_twice_is_refused(database: Embedded):
    with pytest.raises(RuntimeError, match="disconnect"):
        await shop_database.connect(
            shop_url=database.shop.app_url,
            keys_url=database.keys.app_url,
            secrets=secrets.current(),
        )


async def test_a_url_that_cannot_be_read_is_told_without_its_password(database: Embedded):
    for url in ("mysql://user:canary-pass@host/db", "postgresql://user:canary-pass@host:port/db"):
        with pytest.raises(ValueError, match="shop") as caught:
            await Pool("shop", url, size=1, command_timeout_s=1, role="avow_app").open()
        assert "canary-pass" not in str(caught.value)


async def test_a_login_without_the_role_is_told_by_the_roles_name(database: Embedded):
    pool = Pool("shop", database.shop.app_url, size=1, command_timeout_s=1, role="avow_nobody")
    await pool.open()
    try:
        with pytest.raises(DatabaseUnavailable, match="avow_nobody"):
            async with pool.connection():
                raise AssertionError("unreachable")
    finally:
        await pool.close()
