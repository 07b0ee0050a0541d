"""The journal of what members of staff do: one with the action, without personal values, and never changed."""

import pytest

from commerce import audit
from models.accounts import Account
from models.audit import AuditEvent
from models.database import BadStatement, execute, fetch, transaction
from models.ids import new_id
from models.products import Product, ProductStatus, ProductVariant
from models.tickets import Ticket
from policy.viewer import ANONYMOUS, StaffRole, Viewer
from server.demo_rows import add_staff
from tests.graphql.world import person

pytestmark = pytest.mark.usefixtures("database")


async def operator() -> Viewer:
    """Employ somebody."""
    key = new_id()
    member = await add_staff(
        person(f"operator-{key.hex[-8:]}", 35, key.int % 9_000_000),
        StaffRole.OPERATOR,
        password="a password of nobody 7731",
    )
    return Viewer(account=member.id, staff=StaffRole.OPERATOR, is_trained=True)


async def test_an_action_is_noted_with_who_did_what_to_what_and_why_it_can_be_found_again():
    who, product = await operator(), new_id()

    with audit.request("0123456789abcdef"):
        async with transaction():
            changes = {"title": ("Cup", "Mug"), "status": (ProductStatus.DRAFT, ProductStatus.ACTIVE), "vendor": (1, 1)}
            await audit.record("productUpdate", Product, product, changes, by=who)

    event = await AuditEvent.get(object_id=product)
    assert (event.actor_id, event.role, event.action) == (who.account, StaffRole.OPERATOR, "productUpdate")
    assert (event.object_type, event.request_id) == ("Product", "0123456789abcdef")
    assert event.changes == {
        "title": {"before": "Cup", "after": "Mug"},
        "status": {"before": "DRAFT", "after": "ACTIVE"},
    }
    assert event.happened_at is not None


async def test_an_action_that_fails_is_not_noted():
    who, product = await operator(), new_id()

    async def fail() -> None:
        async with transaction():
            await audit.record("productUpdate", Product, product, {}, by=who)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()

    assert not await AuditEvent.exists(object_id=product)


async def test_of_personal_data_the_name_is_noted_and_never_the_value():
    who, ticket, account = await operator(), new_id(), new_id()

    async with transaction():
        await audit.record("ticketClose", Ticket, ticket, {"state": ("OPEN", "CLOSED")}, by=who)
        await audit.record("accountCorrect", Account, account, {"email": ("a@example.com", "b@example.com")}, by=who)

    assert (await AuditEvent.get(object_id=ticket)).changes == {"state": {}}
    assert (await AuditEvent.get(object_id=account)).changes == {"email": {}}
    (row,) = await fetch("SELECT changes::text AS text FROM audit_event WHERE object_id = $1", account)
    assert "example.com" not in row["text"]


async def test_what_leads_to_rows_about_nobody_is_noted_and_what_leads_to_others_is_not():
    who, variant, account = await operator(), new_id(), new_id()

    async with transaction():
        tiers = [{"minimum_quantity": 10, "price_minor": 900}]
        await audit.record("priceTiersSet", ProductVariant, variant, {"price_tiers": ([], tiers)}, by=who)
        await audit.record("accountCorrect", Account, account, {"addresses": ([], [{"city": "Malmö"}])}, by=who)

    assert (await AuditEvent.get(object_id=variant)).changes == {"price_tiers": {"before": [], "after": tiers}}
    assert (await AuditEvent.get(object_id=account)).changes == {"addresses": {}}


async def test_a_long_text_is_noted_by_how_it_begins():
    who, product = await operator(), new_id()

    async with transaction():
        await audit.record("productUpdate", Product, product, {"description": (None, "x" * 5_000)}, by=who)

    (change,) = (await AuditEvent.get(object_id=product)).changes.values()
    assert change["before"] is None
    assert len(change["after"]) == audit.LONGEST_TEXT


async def test_nothing_is_noted_outside_of_a_transaction_for_nobody_or_under_a_name_that_is_none():
    who, product = await operator(), new_id()

    with pytest.raises(RuntimeError, match="transaction"):
        await audit.record("productUpdate", Product, product, {}, by=who)
    for viewer in (ANONYMOUS, Viewer(account=new_id()), Viewer(supplier=new_id())):
        with pytest.raises(RuntimeError, match="members of staff"):
            async with transaction():
                await audit.record("productUpdate", Product, product, {}, by=viewer)
    for action, changes, said in (
        ("product update", {}, "called as its mutation"),
        ("productUpdate", {"titel": ("Cup", "Mug")}, "no column `titel`"),
        ("productUpdate", {"supplier": (1, 2)}, "give the column"),
        ("productUpdate", {"title": (None, object())}, "cannot be noted"),
    ):
        with pytest.raises(ValueError, match=said):
            async with transaction():
                await audit.record(action, Product, product, changes, by=who)


async def test_the_program_may_add_to_the_journal_and_neither_change_nor_empty_it():
    for sql in (
        "UPDATE audit_event SET action = 'nothing'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "ALTER TABLE audit_event DISABLE TRIGGER ALL",
    ):
        with pytest.raises(BadStatement, match="42501"):
            await execute(sql)
