"""The ledger of disclosures: whatever is done to it afterwards is found, by the first row that is not as it was."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import orjson
import pytest

from models import clock, database, ledger
from models.faults import DatabaseUnavailable
from models.ledger import COLUMNS, Ledger, next_hash, signed_text
from models.ledger_verification import Fault, verify
from models.pool import Pool
from models.roles import APP
from policy.partners import PartnerType
from server.demo_partners import Company, add_partner
from server.embedded import Embedded
from tests.commerce.people import member
from tests.conftest import SECRETS
from tests.patience import PATIENT

pytestmark = pytest.mark.usefixtures("database")
ROWS = 6


@dataclass
class Chain:
    """A chain of some rows, written by a process of its own as it were, and the owner who can do anything to it."""

    partition: UUID
    shop: Any
    keys: Any

    async def sql(self, text: str, *values: object) -> None:
        """Do something to the table as its owner."""
        await self.shop.execute(text, self.partition, *values)

    async def faults(self) -> list[Fault]:
        """Verify the whole ledger, and list what is wrong with this chain."""
        return [fault for fault in (await verify()).faults if fault.partition == self.partition]


async def entry(account: UUID, **other: object) -> dict[str, object]:
    empty: dict[str, object] = {name: None for name in COLUMNS}  # noqa: C420 -- of objects
    return empty | {
        "account_id": account,
        "party": "AGENT",
        "classes": ["EMAIL", "PHONE"],
        "purpose": "CUSTOMER_SERVICE",
        "clauses": ["P2.7"],
        "rules": "0" * 16,
        "operation": "Größe",
        "disclosed_at": clock.now(),
        **other,
    }


async def _somebody() -> UUID:
    account, _ = await member()
    return account.id


@pytest.fixture
async def chain(database: Embedded) -> AsyncIterator[Chain]:
    account = await _somebody()
    await add_partner(Company(PartnerType.LOGISTICS, "Postbode", "NL"))
    store = Pool("keys", database.keys.app_url, size=1, role=APP, **PATIENT)
    await store.open()
    written = Ledger(execute, store, SECRETS)
    for number in range(ROWS):
        await written.write([await entry(account, disclosed_at=clock.now() + timedelta(seconds=number))])
    await written.close()
    await store.close()
    shop, keys = await asyncpg.connect(database.shop.owner_url), await asyncpg.connect(database.keys.owner_url)
    partition = await shop.fetchval("SELECT max(partition::text)::uuid FROM disclosure WHERE account_id = $1", account)
    try:
        yield Chain(UUID(str(partition)), shop, keys)
    finally:
        # The whole ledger is verified by others too.
        await shop.execute("DELETE FROM disclosure WHERE partition = $1", partition)
        await keys.execute("DELETE FROM ledger_checkpoint WHERE partition = $1", partition)
        await shop.close()
        await keys.close()


async def execute(sql: str, *values: object) -> int:
    return await database.execute(sql, *values)


async def test_what_was_written_is_found_as_it_was(chain: Chain) -> None:
    verdict = await verify()

    assert await chain.faults() == []
    assert verdict.rows >= ROWS
    assert verdict.checkpoints >= 1


CHANGES = {
    name: f"UPDATE disclosure SET {name} = {value} WHERE partition = $1 AND position = 3"  # noqa: S608 -- of this test alone
    for name, value in {
        "id": "gen_random_uuid()",
        "party": "'SUPPLIER'",
        "partner_id": "(SELECT max(id::text)::uuid FROM partner)",
        "credential_id": "gen_random_uuid()",
        "classes": "'[\"EMAIL\"]'",
        "purpose": "'SECURITY'",
        "clauses": "'[]'",
        "sharing_grounds": "'[\"LAW\"]'",
        "operation": "NULL",
        "rules": "'1111111111111111'",
        "disclosed_at": "disclosed_at - interval '1 microsecond'",
        "hash": "sha256('x')",
    }.items()
}


def test_rows_from_before_a_column_was_added_keep_the_hash_that_was_signed() -> None:
    # Of a row without `sharing_grounds`, as the program computed it before there was such a column.
    signed = "5f3b7b4d9ba3a4f3a6176b7a56396e594c8f30817413c328cc6a71c4ccdec7e1"
    row = dict.fromkeys(COLUMNS, None) | {"position": 1, "clauses": ["P2.6"], "sharing_grounds": None}

    assert next_hash(bytes(32), row).hex() == signed
    assert next_hash(bytes(32), row | {"sharing_grounds": []}).hex() != signed


@pytest.mark.parametrize("name", CHANGES)
async def test_a_change_of_any_column_is_found_where_it_is(name: str, chain: Chain) -> None:
    await chain.sql(CHANGES[name])

    (fault,) = await chain.faults()
    assert fault.position == 3


async def test_whose_data_it_was_cannot_be_changed_either(chain: Chain) -> None:
    other = await _somebody()
    for column in ("account_id", "viewer_account_id"):
        changed = f"UPDATE disclosure SET {column} = $2 WHERE partition = $1 AND position = 3"  # noqa: S608
        await chain.sql(changed, other)

        (fault,) = await chain.faults()
        assert fault.position == 3


async def test_a_row_that_was_taken_out_is_missed(chain: Chain) -> None:
    await chain.sql("DELETE FROM disclosure WHERE partition = $1 AND position = 3")

    (fault,) = await chain.faults()
    assert (fault.position, fault.says) == (3, "it is missing")


async def test_rows_that_changed_places_are_found(chain: Chain) -> None:
    await chain.sql("UPDATE disclosure SET position = 100 WHERE partition = $1 AND position = 3")
    await chain.sql("UPDATE disclosure SET position = 3 WHERE partition = $1 AND position = 4")
    await chain.sql("UPDATE disclosure SET position = 4 WHERE partition = $1 AND position = 100")

    (fault,) = await chain.faults()
    assert fault.position == 3


async def test_a_row_that_was_put_in_is_found(chain: Chain) -> None:
    await chain.sql(
        f"""INSERT INTO disclosure ({", ".join(COLUMNS)}, hash)
        SELECT gen_random_uuid(), {", ".join(name for name in list(COLUMNS)[1:-1])}, 7, hash
        FROM disclosure WHERE partition = $1 AND position = 6"""  # noqa: S608
    )

    (fault,) = await chain.faults()
    assert fault.position == 7


@pytest.mark.parametrize("kept", [0, 1, 5])
async def test_an_end_that_was_cut_off_is_missed(kept: int, chain: Chain) -> None:
    await chain.sql("DELETE FROM disclosure WHERE partition = $1 AND position > $2", kept)

    (fault,) = await chain.faults()
    assert fault.position == kept + 1
    assert fault.says.endswith(f"all to position {ROWS}")


async def test_a_chain_that_was_written_anew_differs_from_what_was_signed(chain: Chain) -> None:
    await chain.sql("UPDATE disclosure SET operation = 'Innocent' WHERE partition = $1 AND position = 3")
    await rehash(chain)

    (fault,) = await chain.faults()
    assert (fault.position, fault.says) == (ROWS, "it is not what was signed: the chain was written anew")


async def rehash(chain: Chain) -> bytes:
    """Write the hashes of a chain anew, as somebody would who has read the source."""
    rows = await chain.shop.fetch("SELECT * FROM disclosure WHERE partition = $1 ORDER BY position", chain.partition)
    end = ledger.first_hash(chain.partition)
    for row in rows:
        read = {
            name: orjson.loads(row[name]) if kind == "jsonb" and row[name] is not None else row[name]
            for name, kind in COLUMNS.items()
        }
        end = next_hash(end, read)
        await chain.sql("UPDATE disclosure SET hash = $2 WHERE partition = $1 AND position = $3", end, row["position"])
    return end


async def test_a_checkpoint_that_somebody_else_wrote_is_none(chain: Chain) -> None:
    await chain.sql("UPDATE disclosure SET operation = 'Innocent' WHERE partition = $1 AND position = 3")
    end = await rehash(chain)
    await chain.keys.execute("UPDATE ledger_checkpoint SET hash = $2 WHERE partition = $1", chain.partition, end)

    (fault,) = await chain.faults()
    assert fault.says == "its checkpoint was not signed by this shop"


async def test_a_checkpoint_signs_place_and_chain_as_well() -> None:
    one, two = uuid4(), uuid4()

    assert len({signed_text(one, 1, b"x" * 32), signed_text(two, 1, b"x" * 32), signed_text(one, 2, b"x" * 32)}) == 3


@pytest.mark.parametrize("statement", ["UPDATE disclosure SET party = 'SELF'", "DELETE FROM disclosure"])
async def test_the_program_itself_changes_and_deletes_nothing(statement: str) -> None:
    with pytest.raises(database.BadStatement):
        await database.execute(statement)


async def test_after_a_write_that_failed_another_chain_is_begun(chain: Chain) -> None:
    account = await _somebody()
    answers: list[Callable[..., Awaitable[int]]] = [execute, _unavailable, execute]

    async def sometimes(sql: str, *values: object) -> int:
        return await answers.pop(0)(sql, *values)

    written = Ledger(sometimes, Pool("keys", "postgresql:///none", size=1, command_timeout_s=1.0, role=APP), SECRETS)
    await written.write([await entry(account)])
    with pytest.raises(DatabaseUnavailable):
        await written.write([await entry(account)])
    await written.write([await entry(account)])

    rows = await chain.shop.fetch("SELECT partition, position FROM disclosure WHERE account_id = $1", account)
    assert len({row["partition"] for row in rows}) == 2
    assert {row["position"] for row in rows} == {1}


async def _unavailable(sql: str, *values: object) -> int:
    raise DatabaseUnavailable("shop", "it went away in the middle")
