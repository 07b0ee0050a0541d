"""Risk control finds orders of which something was noticed and whose they are, as long as that is open."""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from commerce import consents, sessions
from commerce.anomalies import OPEN_FOR
from models import clock
from models.access_tokens import AccessToken
from models.accounts import Account, AccountState
from models.anomalies import AnomalyKind
from models.disclosures import Disclosure
from models.ids import public_id
from models.orders import Order, OrderStatus
from models.partners import Partner
from permissions.context import Client
from policy.partners import PartnerType
from policy.purposes import Purpose
from policy.viewer import StaffRole, Viewer
from resolvers.nodes import audience_of
from server.demo_partners import Company, add_anomaly, add_partner
from server.demo_rows import Line, Parcel, Purchase, add_order, add_supplier
from tests.graphql.asking import Answer, ask
from tests.graphql.officers import member
from tests.graphql.policies import version_in_force
from tests.graphql.registry import comes_by
from tests.graphql.wards import Somebody, family, somebody

LOOK = """query Look($id: ID!, $number: String!) {
    node(id: $id) { ... on User {
        state email phone profile { name } devices { userAgentFamily } addresses { street } consents } }
    order(number: $number) {
        number status placedAt total { amount } anomalies { kind orderNumber } lines { title } recipient { name }
        buyer { id } } }"""
SCOPES = ("users:read", "orders:read", "access_tokens:write")
HOME = Parcel("Edda Holm", "+46701239876", "Storgatan 77", "Lund", "22100", "SE")


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def current(database: object) -> None:
    await version_in_force()


async def partner(region: str = "DE") -> Partner:
    """Write a company that looks for fraud."""
    return await add_partner(Company(PartnerType.RISK_CONTROL, "Weigh & Watch", region))


async def bought(who: Somebody, *, noticed_at: datetime | None = None) -> Order:
    """Let somebody who is signed in order something, of which something may have been noticed."""
    supplier = await add_supplier("Nordhof", f"nordhof-{secrets.token_hex(8)}", "DE")
    line = Line(supplier.id, "SKU-1", "Lamp", 1, 123_400)
    order = await add_order(Purchase(who.account.id, HOME, (line,), OrderStatus.PLACED))
    if noticed_at is not None:
        await add_anomaly(order, AnomalyKind.AMOUNT, noticed_at=noticed_at)
    client = Client(user_agent_family="Firefox", ip_hash=secrets.token_bytes(32), kind="web")
    await sessions.begin(who.account.id, client=client)
    return order


async def look(who: Somebody, order: Order, as_: Viewer) -> Answer:
    """Ask for somebody, and for an order."""
    key = public_id("User", who.account.id, audience_of(as_))
    answer = await ask(LOOK, as_=as_, id=key, number=order.number)
    assert answer.errors == []
    return answer


def found(answer: Answer) -> tuple[bool, bool]:
    """Tell whether the person and the order are there."""
    return answer.data["node"] is not None, answer.data["order"] is not None


@pytest.mark.clause("P4.4")
@pytest.mark.matrix("Device")
async def test_of_a_noticed_order_it_sees_the_order_and_the_account_and_not_who_is_behind_it() -> None:
    who, by = await somebody(), await comes_by(await partner(), *SCOPES)
    order = await bought(who, noticed_at=clock.now())

    shown = (await look(who, order, by)).data

    assert shown["node"] == {
        "state": "ACTIVE",
        "email": None,
        "phone": None,
        "profile": {"name": None},
        "devices": [{"userAgentFamily": "Firefox"}],
        "addresses": [],
        "consents": None,
    }
    assert shown["order"] == {
        "number": order.number,
        "status": "PLACED",
        "placedAt": order.placed_at.isoformat(),
        "total": {"amount": "1234.00"},
        "anomalies": [{"kind": "AMOUNT", "orderNumber": order.number}],
        "lines": [],
        "recipient": None,
        "buyer": {"id": public_id("User", who.account.id, audience_of(by))},
    }


@pytest.mark.clause("P4.4")
async def test_orders_of_which_nothing_was_noticed_are_not_there_nor_are_their_buyers() -> None:
    who, noticed, by = await somebody(), await somebody(), await comes_by(await partner(), *SCOPES)
    order, other = await bought(who), await bought(noticed)
    watched = await bought(noticed, noticed_at=clock.now())

    assert found(await look(who, order, by)) == (False, False)
    # Of somebody of whose orders one was noticed, the others are not there either.
    assert found(await look(noticed, other, by)) == (True, False)
    assert found(await look(noticed, watched, by)) == (True, True)


@pytest.mark.clause("P4.4")
async def test_what_was_noticed_opens_an_order_for_a_time_and_no_longer() -> None:
    who, by = await somebody(), await comes_by(await partner(), *SCOPES)
    still = await bought(who, noticed_at=clock.now() - OPEN_FOR + timedelta(minutes=5))
    over, ended = await somebody(), clock.now() - OPEN_FOR - timedelta(seconds=1)

    assert found(await look(who, still, by)) == (True, True)
    assert found(await look(over, await bought(over, noticed_at=ended), by)) == (False, False)


@pytest.mark.clause("P8.1")
async def test_risk_control_abroad_finds_what_its_buyer_lets_leave_the_region() -> None:
    who, by = await somebody(), await comes_by(await partner("US"), *SCOPES)
    order = await bought(who, noticed_at=clock.now())
    before = found(await look(who, order, by))

    await consents.give(frozenset({Purpose.CROSS_BORDER}), by=who.viewer)

    assert (before, found(await look(who, order, by))) == ((False, False), (True, True))


@pytest.mark.clause("P7.3")
async def test_a_childs_order_is_there_with_the_guardians_consent_to_that_and_to_no_subcontractor() -> None:
    child, _ = await family(10)
    order = await bought(child, noticed_at=clock.now())
    company = await partner()
    by = await comes_by(company, *SCOPES)
    parent = await AccessToken.get(id=by.session)
    passed_on = await comes_by(company, "users:read", "orders:read", parent=parent, subcontractor="Second Look")
    before = found(await look(child, order, by))

    await Account.filter(id=child.account.id).update(guardian_consents=Purpose.SECURITY.bit, state=AccountState.ACTIVE)

    assert (before, found(await look(child, order, by))) == ((False, False), (True, True))
    assert found(await look(child, order, passed_on)) == (False, False)


@pytest.mark.clause("P2.10")
async def test_a_token_that_asks_for_another_purpose_finds_nothing() -> None:
    who, by = await somebody(), await comes_by(await partner(), *SCOPES)
    order = await bought(who, noticed_at=clock.now())
    narrowed = replace(by, purpose=Purpose.PAYMENT, purposes=frozenset({Purpose.PAYMENT}))

    assert found(await look(who, order, by)) == (True, True)
    assert found(await look(who, order, narrowed)) == (False, False)


async def test_operators_and_the_buyer_read_what_was_noticed_and_nobody_else() -> None:
    who, other, operator = await somebody(), await somebody(), await member(StaffRole.OPERATOR)
    order = await bought(who, noticed_at=clock.now())
    document = "{ orderAnomalies(first: 50) { nodes { orderNumber kind noticedAt closesAt } } }"

    seen: list[Any] = []
    for viewer in (operator, who.viewer, other.viewer):
        answer = await ask(document, as_=viewer)
        assert answer.errors == []
        seen.append([node for node in answer.data["orderAnomalies"]["nodes"] if node["orderNumber"] == order.number])

    assert [len(nodes) for nodes in seen] == [1, 1, 0]
    assert seen[0][0]["kind"] == "AMOUNT"
    assert seen[0] == seen[1]


@pytest.mark.clause("P4.1")
async def test_the_person_reads_that_risk_control_looked_and_at_what() -> None:
    who, company = await somebody(), await partner()
    order = await bought(who, noticed_at=clock.now())

    await look(who, order, await comes_by(company, *SCOPES))

    rows = await Disclosure.filter(partner_id=company.id)
    assert {(row.account_id, row.party, row.purpose) for row in rows} == {(who.account.id, "RISK_CONTROL", "SECURITY")}
    assert {name for row in rows for name in row.classes} == {
        *("ACCOUNT", "DEVICE", "ORDER", "ORDER_NUMBER", "ORDER_AMOUNT")
    }
    told = await ask("{ viewer { disclosures(first: 5) { nodes { sharingGrounds } } } }", as_=who.viewer)
    assert {tuple(node["sharingGrounds"]) for node in told.data["viewer"]["disclosures"]["nodes"]} == {("PROTECTION",)}
