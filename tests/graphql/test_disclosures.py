"""The ledger of disclosures: what anybody is shown of others is in it before they are answered, and nothing else is."""

import random
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from models.disclosures import Disclosure
from models.ids import public_id
from models.ledger_verification import verify
from models.pool import counting_statements
from models.roles import OWNER
from policy.classes import BY_NAME
from policy.viewer import StaffRole, Viewer
from server.embedded import Embedded
from tests.graphql.asking import ask
from tests.graphql.officers import in_force, member
from tests.graphql.test_legal_grounds import look
from tests.graphql.test_legal_grounds_told import own
from tests.graphql.world import Sale, World
from tests.graphql.world_partners import SCOPES

OWN = """{ viewer { disclosures(first: 50) { nodes {
  party supplierId staff classes purpose clauses sharingGrounds orderId operation
} } } }"""
WATCH = """query Watch($id: ID!) { node(id: $id) { ... on User {
    legalGrounds(first: 50) { totalCount nodes { id } }
    disclosures(first: 50) { nodes { legalGroundId } } before: disclosures(last: 50) { nodes { operation } } } } }"""
PARTS = """query Parts($id: ID!) { node(id: $id) { ... on Order {
  number lines { title } recipient { name phone }
} } }"""


async def rows_about(subject: UUID, since: set[UUID]) -> list[Any]:
    """List what was put on record since."""
    return [row for row in await Disclosure.filter(account_id=subject).order_by("id") if row.id not in since]


async def ids_about(subject: UUID) -> set[UUID]:
    return {row.id for row in await Disclosure.filter(account_id=subject)}


def part_of(world: World, name: str) -> tuple[Sale, Viewer]:
    """Find a paid order of somebody, and a supplier of some of it."""
    sale = world.sales_of(world.subjects[name])[0]
    return sale, world.viewers["supplier_one"]


@pytest.mark.clause("P4.1")
async def test_what_a_supplier_is_shown_is_on_record_and_the_buyer_reads_it(world: World) -> None:
    sale, supplier = part_of(world, "adult")
    before = await ids_about(sale.subject.account.id)

    answer = await ask(PARTS, as_=supplier, id=public_id("Order", sale.order.id, f"supplier {supplier.supplier}"))

    assert answer.data["node"]["recipient"]["phone"] == sale.parcel.phone
    (row,) = await rows_about(sale.subject.account.id, before)
    assert (row.party, row.supplier_id, row.order_id, row.operation) == (
        "SUPPLIER",
        supplier.supplier,
        sale.order.id,
        "Parts",
    )
    assert set(row.classes) == {"ORDER", "ORDER_NUMBER", "RECIPIENT_NAME", "RECIPIENT_PHONE"}
    assert set(row.clauses) == {"P2.6", "P4.2"}
    own = await ask(OWN, as_=world.viewers["adult"])
    assert own.data["viewer"]["disclosures"]["nodes"][0] == {
        "party": "SUPPLIER",
        "supplierId": public_id("Supplier", row.supplier_id),
        "staff": None,
        "classes": sorted(row.classes),
        "purpose": "FULFILMENT",
        "clauses": sorted(row.clauses),
        "sharingGrounds": ["CORE_SERVICE"],
        "orderId": public_id("Order", sale.order.id),
        "operation": "Parts",
    }


async def test_what_somebody_sees_of_themselves_is_not_on_record(world: World) -> None:
    subject = world.subjects["adult"]
    before = await ids_about(subject.account.id)

    answer = await ask(
        "{ viewer { account { email orders(first: 5) { nodes { number } } } } }", as_=world.viewers["adult"]
    )

    assert answer.data["viewer"]["account"]["email"] == subject.person.email
    assert await rows_about(subject.account.id, before) == []


async def test_what_is_masked_is_not_on_record_and_that_there_is_an_order_is(world: World) -> None:
    sale = next(sale for sale in world.sales_of(world.subjects["adult"]) if sale.is_paid and not sale.is_window_open)
    viewer = world.viewers["supplier_one" if len(sale.lines) == 1 else "supplier_two"]
    before = await ids_about(sale.subject.account.id)
    document = "query ($id: ID!) { node(id: $id) { ... on Order { recipient { name phone } } } }"

    answer = await ask(document, as_=viewer, id=public_id("Order", sale.order.id, f"supplier {viewer.supplier}"))

    assert {entry["effect"] for entry in answer.withheld} == {"MASK"}
    (row,) = await rows_about(sale.subject.account.id, before)
    assert row.classes == ["ORDER"]


async def test_a_legal_ground_is_named(world: World) -> None:
    subject, agent = world.subjects["adult"], await member(StaffRole.AGENT)
    await in_force(subject, agent, "ACCOUNT", "EMAIL")
    before = await ids_about(subject.account.id)

    await ask(
        "query ($id: ID!) { node(id: $id) { ... on User { email } } }",
        as_=agent,
        id=public_id("User", subject.account.id),
    )

    (row,) = await rows_about(subject.account.id, before)
    assert (row.classes, row.sharing_grounds) == (["ACCOUNT", "EMAIL"], None)
    assert row.ground_id is not None
    assert (row.party, row.viewer_account_id, row.credential_id) == ("AGENT", agent.account, agent.session)


@pytest.mark.clause("P4.1")
async def test_what_cannot_be_put_on_record_is_not_answered(world: World, clusters: Embedded) -> None:
    sale, supplier = part_of(world, "adult")
    key = public_id("Order", sale.order.id, f"supplier {supplier.supplier}")
    owner = await asyncpg.connect(clusters.shop.owner_url)
    await owner.execute(f"SET ROLE {OWNER}")
    await owner.execute("ALTER TABLE disclosure ADD CONSTRAINT none CHECK (position < 0) NOT VALID")
    try:
        answer = await ask(PARTS, as_=supplier, id=key)
        own = await ask("{ viewer { account { email } } }", as_=world.viewers["adult"])
    finally:
        await owner.execute("ALTER TABLE disclosure DROP CONSTRAINT none")
        await owner.close()

    assert answer.data is None
    assert sale.parcel.phone not in repr(answer)
    assert own.data["viewer"]["account"]["email"] == world.subjects["adult"].person.email
    assert (await ask(PARTS, as_=supplier, id=key)).data is not None


async def test_one_statement_puts_all_of_an_operation_on_record(world: World) -> None:
    document = "{ orders(first: 50) { nodes { number buyer { email } recipient { name } lines { title } } } }"
    with counting_statements() as statements:
        answer = await ask(document, as_=world.viewers["operator"])

    assert len(answer.data["orders"]["nodes"]) > 10
    assert len([sql for sql in statements.shop if sql.startswith("INSERT INTO disclosure")]) == 1


# What an order shows, by the class of each part; who may see which is for the policy to say.
PARTS_OF_ORDERS = {
    "number": "ORDER_NUMBER",
    "status": "ORDER",
    "total { amount }": "ORDER_AMOUNT",
    "buyer { email }": "EMAIL",
    "buyer { phone }": "PHONE",
    "recipient { name }": "RECIPIENT_NAME",
    "recipient { phone }": "RECIPIENT_PHONE",
    "recipient { city }": "RECIPIENT_ADDRESS",
}


def shown_in(order: dict[str, Any], chosen: list[str]) -> set[str]:
    """Tell from an answer which classes it holds in clear; that there is a buyer is of a class of its own."""
    found: set[str] = set()
    for number, part in enumerate(chosen):
        outer, _, inner = part.removesuffix(" }").partition(" { ")
        value = order[f"x{number}"]
        if outer == "buyer" and value is not None:
            found.add("ACCOUNT")
        if inner and outer != "total":
            value = value and value[inner]
        if value is not None and value != BY_NAME[PARTS_OF_ORDERS[part]].mask:
            found.add(PARTS_OF_ORDERS[part])
    return found


@pytest.mark.clause("P4.1")
@pytest.mark.parametrize("seed", range(6))
async def test_the_ledger_holds_exactly_what_answers_show_of_others(seed: int, world: World) -> None:
    chance = random.Random(seed)
    about = {sale.order.id: sale for sale in world.sales}
    for name, viewer in world.viewers.items():
        if viewer.is_partner and viewer.scopes != SCOPES:
            continue
        chosen = chance.sample(list(PARTS_OF_ORDERS), k=chance.randint(1, len(PARTS_OF_ORDERS)))
        wanted = chance.sample(list(about), k=12)
        fields = " ".join(f"x{number}: {part}" for number, part in enumerate(chosen))
        audience = f"supplier {viewer.supplier}" if viewer.supplier else None
        before = {row.id for row in await Disclosure.all()}

        answer = await ask(
            f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Order {{ {fields} }} }} }}",
            as_=viewer,
            ids=[public_id("Order", key, audience) for key in wanted],
        )

        expected = {
            (about[key].subject.account.id, data_class)
            for key, node in zip(wanted, answer.data["nodes"], strict=True)
            if node is not None and about[key].subject.account.id != viewer.person
            for data_class in {"ORDER", *shown_in(node, chosen)}
        }
        rows = [row for row in await Disclosure.all() if row.id not in before]
        assert {(row.account_id, data_class) for row in rows for data_class in row.classes} == expected, name
        assert {row.order_id for row in rows if "ORDER" in row.classes} <= set(wanted), name


async def test_officers_and_auditors_read_the_ledger_and_are_in_it(world: World) -> None:
    document = "{ disclosures(first: 5) { nodes { id party disclosedAt } } }"
    for name in ("officer", "auditor"):
        viewer = world.viewers[name]
        before = {row.id for row in await Disclosure.filter(viewer_account_id=viewer.account)}

        answer = await ask(document, as_=viewer)

        assert len(answer.data["disclosures"]["nodes"]) == 5
        rows = [row for row in await Disclosure.filter(viewer_account_id=viewer.account) if row.id not in before]
        assert {data_class for row in rows for data_class in row.classes} == {"DISCLOSURE"}
    for name in ("agent", "operator", "supplier_one", "anonymous"):
        assert (await ask(document, as_=world.viewers[name])).data["disclosures"]["nodes"] == []


async def test_all_that_these_tests_were_shown_is_as_it_was_written() -> None:
    verdict = await verify()

    assert verdict.faults == []
    assert verdict.rows > 50


async def test_a_guardian_learns_of_no_ground_on_a_child_and_of_nothing_that_was_shown_by_one(world: World):
    child, agent = world.subjects["consented_child"], await member(StaffRole.AGENT)
    ground = await in_force(child, agent, "ACCOUNT", "EMAIL", kind="VITAL_INTERESTS", protectsSubject=True)
    await look(agent, child)

    watched = await ask(WATCH, as_=Viewer(account=child.guardian), id=public_id("User", child.account.id))

    seen = watched.data["node"]
    assert seen["legalGrounds"] == {"totalCount": 0, "nodes": []}
    assert {node["legalGroundId"] for node in seen["disclosures"]["nodes"]} == {None}
    assert "Parts" in {node["operation"] for node in seen["before"]["nodes"]}
    assert (await own(child))[ground]["uses"]["nodes"] != []
