"""A shop from before people came of age by themselves: whose version of the policy counts after the migration."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from models import migrating
from models.database import migrate
from models.ids import new_id
from server.embedded import Embedded
from tests.models.test_migrations import _scratch  # pyright: ignore[reportPrivateUsage]

NAME = "of_age"
VERSION = """
    INSERT INTO policy_version (id, version, effective_at, highlighted_terms, state)
    VALUES ($1, $2, '2024-01-01', '[]', 'DRAFT')
"""
ACCOUNT = """
    INSERT INTO account (id, password_hash, password_changed_at, state, region, language, age_band, age_band_ends_on,
        agreed_version, created_at)
    VALUES ($1, '', '2024-01-01', 'ACTIVE', 'SE', 'en', $2::varchar,
        CASE $2::varchar WHEN 'MINOR' THEN '2040-01-01'::date END, $3, '2024-01-01')
"""
ACCEPTANCE = """
    INSERT INTO policy_acceptance (id, account_id, policy_version_id, highlighted_terms, client_kind, manner,
        accepted_by_id, accepted_at)
    VALUES ($1, $2, $3, '[]', 'web', $4, $5, '2025-01-01'::timestamptz + make_interval(days => $6))
"""
BY_GUARDIAN, ON_ONES_OWN, BY_GOING_ON = "guardian", "EXPLICIT", "CONTINUED_USE"
# By name: the age, what was accepted how one after the other, and by the migration `agreed_version`, `own_version`.
PEOPLE: dict[str, tuple[str, list[tuple[int, str]], int | None, int | None]] = {
    "adult without a guardian": ("ADULT", [(1, ON_ONES_OWN), (2, BY_GOING_ON)], 2, None),
    "minor without a guardian": ("MINOR", [(1, ON_ONES_OWN)], 1, None),
    "minor whose guardian went on": ("MINOR", [(1, ON_ONES_OWN), (2, BY_GUARDIAN)], 2, 1),
    "minor whose guardian began": ("MINOR", [(1, BY_GUARDIAN), (2, ON_ONES_OWN)], 2, 0),
    "adult whose guardian went on": ("ADULT", [(1, ON_ONES_OWN), (2, BY_GUARDIAN), (3, BY_GUARDIAN)], 1, None),
    "adult whose guardian began": ("ADULT", [(1, BY_GUARDIAN)], None, None),
    "adult who agreed since": ("ADULT", [(1, ON_ONES_OWN), (2, BY_GUARDIAN), (3, ON_ONES_OWN)], 3, None),
    "adult who only went on since": ("ADULT", [(1, ON_ONES_OWN), (2, BY_GUARDIAN), (3, BY_GOING_ON)], 1, None),
}


async def test_who_is_of_age_goes_back_to_the_version_of_their_own_and_who_is_not_keeps_which_it_was(
    migrated: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    (this,) = [name for name in migrating.declared() if name.partition("_")[2] == NAME]
    every = migrating.unapplied

    async def before(fetch: Callable[..., Awaitable[Sequence[Any]]]) -> list[str]:
        return [name for name in await every(fetch) if name < this]

    async def only_this(_: Callable[..., Awaitable[Sequence[Any]]]) -> list[str]:
        return [this]

    versions, people, guardian = [new_id() for _ in range(3)], {name: new_id() for name in PEOPLE}, new_id()
    async with _scratch(migrated.shop.owner_url, "of_age_before") as url:
        monkeypatch.setattr(migrating, "unapplied", before)
        await migrate(shop_owner_url=url, keys_owner_url=migrated.keys.owner_url)
        connection = await asyncpg.connect(url)
        try:
            await connection.execute("SET ROLE avow_owner")
            await _fill(connection, versions, people, guardian)
            monkeypatch.setattr(migrating, "unapplied", only_this)

            await migrate(shop_owner_url=url, keys_owner_url=migrated.keys.owner_url)

            rows = await connection.fetch(
                "SELECT id, agreed_version, own_version, asked_anew, unanswered FROM account WHERE id <> $1", guardian
            )
        finally:
            await connection.close()

    found = {row["id"]: tuple(row)[1:] for row in rows}
    assert {name: found[key] for name, key in people.items()} == {
        name: (agreed, own, 0, 0) for name, (_, _, agreed, own) in PEOPLE.items()
    }


async def _fill(connection: Any, versions: list[UUID], people: dict[str, UUID], guardian: UUID) -> None:
    for number, key in enumerate(versions, start=1):
        await connection.execute(VERSION, key, number)
    await connection.execute(ACCOUNT, guardian, "ADULT", None)
    for name, (band, accepted, _, _) in PEOPLE.items():
        await connection.execute(ACCOUNT, people[name], band, accepted[-1][0])
        for day, (version, how) in enumerate(accepted):
            by, manner = (guardian, ON_ONES_OWN) if how == BY_GUARDIAN else (None, how)
            given = (new_id(), people[name], versions[version - 1], manner, by, day)
            await connection.execute(ACCEPTANCE, *given)
