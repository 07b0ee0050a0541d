"""A shop from before versions kept what they say: after the migration everybody agreed to what the rules say."""

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import asyncpg
import pytest

from models import migrating
from models.database import migrate
from models.ids import new_id
from policy.versions import read, snapshot
from server.embedded import Embedded
from tests.models.test_migrations import _scratch  # pyright: ignore[reportPrivateUsage]

NAME = "policy_versions"
FILL = """
    INSERT INTO policy_version (id, version, effective_at, highlighted_terms) VALUES
        ($1, 1, '2024-01-01', '[{"id": "a", "title": "A."}]'), ($2, 2, '2025-01-01', '[]')
"""
ACCOUNT = """
    INSERT INTO account (id, password_hash, password_changed_at, state, region, language, age_band, created_at)
    VALUES ($1, '', '2024-01-01', 'ACTIVE', 'SE', 'en', 'ADULT', '2024-01-01')
"""
ACCEPTANCE = """
    INSERT INTO policy_acceptance (id, account_id, policy_version_id, highlighted_terms, client_kind, accepted_at)
    VALUES ($1, $2, $3, '[]', 'web', '2024-01-01')
"""


async def test_versions_and_acceptances_from_before_are_kept(
    migrated: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    (this,) = [name for name in migrating.declared() if name.partition("_")[2] == NAME]
    every = migrating.unapplied

    async def before(fetch: Callable[..., Awaitable[Sequence[Any]]]) -> list[str]:
        return [name for name in await every(fetch) if name < this]

    one, two, member, imported = new_id(), new_id(), new_id(), new_id()
    async with _scratch(migrated.shop.owner_url, "from_before") as url:
        monkeypatch.setattr(migrating, "unapplied", before)
        await migrate(shop_owner_url=url, keys_owner_url=migrated.keys.owner_url)
        connection = await asyncpg.connect(url)
        try:
            await connection.execute("SET ROLE avow_owner")
            await connection.execute(FILL, one, two)
            for account in (member, imported):
                await connection.execute(ACCOUNT, account)
            for version in (one, two):
                await connection.execute(ACCEPTANCE, new_id(), member, version)
            monkeypatch.setattr(migrating, "unapplied", every)

            await migrate(shop_owner_url=url, keys_owner_url=migrated.keys.owner_url)

            versions = await connection.fetch(
                """SELECT v.state, v.told_at, s.name, s.said
                FROM policy_version v JOIN policy_snapshot s ON s.name = v.snapshot_id"""
            )
            accounts = await connection.fetch("SELECT id, agreed_version FROM account")
            manners = await connection.fetch("SELECT DISTINCT manner FROM policy_acceptance")
        finally:
            await connection.close()

    assert [row["state"] for row in versions] == ["ANNOUNCED", "ANNOUNCED"]
    assert all(row["told_at"] is not None for row in versions)
    assert read(versions[0]["name"], json.loads(versions[0]["said"])) == snapshot()
    assert {row["id"]: row["agreed_version"] for row in accounts} == {member: 2, imported: None}
    assert [row["manner"] for row in manners] == ["EXPLICIT"]
