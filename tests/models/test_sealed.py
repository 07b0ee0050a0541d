"""Sealed cells: open in their place alone, for a person with a key alone, and tell nothing else."""

from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import keys
from models.accounts import Address
from models.database import counting_statements
from models.ids import new_id
from models.keys import ERASED, KeyMissing, SubjectErased
from models.orders import Recipient
from models.sealed import Cell, CellTampered, blind_index, open_cells, seal, seal_rows
from models.tickets import Ticket
from server.embedded import Embedded

pytestmark = pytest.mark.usefixtures("database")


async def _one(cell: Cell) -> object:
    return (await open_cells([cell]))[0]


async def _sealed_name(text: str = "Ada Lovelace") -> Cell:
    row, subject = new_id(), new_id()
    sealed = await seal(Recipient, row, subject, name=text)
    return Cell(Recipient, "name", row, subject, sealed["name"])


async def test_what_is_sealed_is_opened_as_it_was():
    for text in ("", "a", "Ada", "Zoë 日本 🦜", "x" * 31, "y" * 32, "z" * 33, "\0\0", "€" * 5_000):
        assert await _one(await _sealed_name(text)) == text


async def test_nothing_stays_nothing():
    row, subject = new_id(), new_id()

    assert await seal(Recipient, row, subject, name=None) == {"name": None}
    assert await _one(Cell(Recipient, "name", row, subject, None)) is None


async def test_a_cell_opens_in_no_other_row_column_or_table():
    cell = await _sealed_name()

    for moved in (
        cell._replace(row_id=new_id()),
        cell._replace(column="phone"),
        cell._replace(model=Address),
    ):
        with pytest.raises(CellTampered):
            await _one(moved)


async def test_a_cell_opens_for_no_other_person():
    cell, other = await _sealed_name(), await _sealed_name()

    with pytest.raises(CellTampered):
        await _one(cell._replace(subject_id=other.subject_id))


async def test_two_cells_with_the_same_value_differ():
    row, subject = new_id(), new_id()

    sealed = [await seal(Recipient, row, subject, name="Ada") for _ in range(2)]

    assert sealed[0]["name"] != sealed[1]["name"]


async def test_a_changed_bit_anywhere_is_noticed():
    cell = await _sealed_name()
    assert cell.sealed is not None

    for place in range(len(cell.sealed)):
        changed = bytearray(cell.sealed)
        changed[place] ^= 1
        with pytest.raises(CellTampered) as caught:
            await _one(cell._replace(sealed=bytes(changed)))
        assert "Ada" not in str(caught.value)


async def test_a_cell_tells_of_its_length_only_in_steps():
    lengths = {len((await _sealed_name("x" * size)).sealed or b"") for size in range(1, 31)}

    assert len(lengths) == 1


async def test_many_cells_of_many_people_cost_one_query():
    cells = [await _sealed_name(f"person {number}") for number in range(50)]
    keys.current().forget()

    with counting_statements() as statements:
        opened = await open_cells(cells)

    assert opened == [f"person {number}" for number in range(50)]
    assert len(statements.keys) == 1
    with counting_statements() as statements:
        await open_cells(cells)
    assert len(statements) == 0


async def test_sealing_many_rows_of_new_people_costs_a_constant_number_of_queries():
    await _sealed_name()
    rows = [(Recipient, new_id(), new_id(), {"name": "a", "city": "b"}) for _ in range(200)]

    with counting_statements() as statements:
        await seal_rows(rows)

    assert len(statements.keys) == 2


async def test_sealing_for_people_who_were_just_made_up_looks_no_key_up():
    await _sealed_name()
    row_id = new_id()

    with counting_statements() as statements:
        (cells,) = await seal_rows([(Recipient, row_id, row_id, {"name": "Ada"})], are_new=True)

    assert len(statements.keys) == 1
    assert await open_cells([Cell(Recipient, "name", row_id, row_id, cells["name"])]) == ["Ada"]


async def test_somebody_who_has_a_key_keeps_it_though_they_were_taken_for_new():
    row_id = new_id()
    before = await seal(Recipient, row_id, row_id, name="Ada")

    keys.current().forget()
    (after,) = await seal_rows([(Recipient, row_id, row_id, {"name": "Byron"})], are_new=True)

    keys.current().forget()
    cells = [Cell(Recipient, "name", row_id, row_id, each["name"]) for each in (before, after)]
    assert await open_cells(cells) == ["Ada", "Byron"]


async def test_what_is_sealed_for_an_erased_person_opens_as_erased():
    cell = await _sealed_name()

    await keys.destroy(cell.subject_id)

    assert await _one(cell) is ERASED
    with pytest.raises(SubjectErased):
        await seal(Recipient, new_id(), cell.subject_id, name="Ada")


async def test_without_any_key_a_cell_is_a_fault_not_an_erasure():
    cell = await _sealed_name()

    with pytest.raises(KeyMissing):
        await _one(cell._replace(subject_id=uuid4()))


async def test_a_sealed_column_takes_no_plain_value():
    row = new_id()

    for plain in ("Ada", b"Ada", b"\x01Ada"):
        with pytest.raises((TypeError, ValueError)) as caught:
            await Recipient.create(id=row, name=plain, is_account_holder=False)
        assert "Ada" not in str(caught.value)


async def test_only_sealed_columns_are_sealed():
    with pytest.raises(TypeError, match="not a sealed column"):
        await seal(Ticket, new_id(), new_id(), opened_at="2026-01-01")


def test_a_blind_index_is_equal_for_equal_values_of_one_column_alone():
    index = blind_index("account.email", "ada@example.org")

    assert index == blind_index("account.email", "ada@example.org")
    assert index != blind_index("account.phone", "ada@example.org")
    assert index != blind_index("account.email", "ada@example.com")
    assert len(index) == 32
    assert b"ada" not in index


@pytest.fixture(scope="module")
def subject() -> UUID:
    return new_id()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=120), row=st.uuids(), other=st.uuids())
async def test_any_text_opens_in_its_row_and_in_no_other(
    database: Embedded, subject: UUID, text: str, row: UUID, other: UUID
):
    sealed = await seal(Recipient, row, subject, street=text)
    cell = Cell(Recipient, "street", row, subject, sealed["street"])

    assert await _one(cell) == text
    if other != row:
        with pytest.raises(CellTampered):
            await _one(cell._replace(row_id=other))
