"""Affiliates and those whom they have named find who consents to the task at hand, and see the small part of it."""

import secrets
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from commerce import consents, sessions
from models.access_tokens import AccessToken
from models.accounts import Account, AccountState, PolicyVersion
from models.disclosures import Disclosure
from models.ids import public_id
from models.orders import OrderStatus
from models.partners import Partner
from permissions.context import Client
from policy.ages import AgeBand
from policy.classes import ACCOUNT, DEVICE, EMAIL, PERSON_NAME
from policy.parties import Party
from policy.partners import PartnerType
from policy.purposes import AFFILIATE_TASKS, Purpose, bits_of
from policy.viewer import Viewer
from resolvers.nodes import audience_of
from server.demo_partners import Company, add_agreement, add_partner
from server.demo_rows import Line, Parcel, Purchase, add_order, add_supplier
from tests.graphql.asking import Answer, ask
from tests.graphql.policies import accept, agrees_to, version_in_force, version_of_the_past, without
from tests.graphql.registry import comes_by
from tests.graphql.wards import Somebody, family, somebody

NODE = """query Look($id: ID!) { node(id: $id) { ... on User {
    state email phone profile { name } devices { clientKind userAgentFamily }
    addresses { street } orders(first: 5) { nodes { status number total { amount } lines { title } } }
    consents guardianship { state } } } }"""
USERS = "query Users { users(first: 100) { totalCount nodes { id } } }"
SCOPES = ("users:read", "orders:read", "access_tokens:write")
HOME = Parcel("Edda Holm", "+46701239876", "Storgatan 77", "Lund", "22100", "SE")
TASKS = list(AFFILIATE_TASKS)


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def current(database: object) -> PolicyVersion:
    return await version_in_force()


async def affiliate(region: str = "DE") -> Partner:
    """Write an affiliate."""
    return await add_partner(Company(PartnerType.AFFILIATE, "Sister", region))


async def asks_for(task: Purpose, partner: Partner | None = None, *scopes: str) -> Viewer:
    """Come by a token of an affiliate, for one task."""
    return replace(await comes_by(partner or await affiliate(), *(scopes or SCOPES)), purpose=task)


async def consenting(*tasks: Purpose) -> Somebody:
    """Let somebody who has bought something, and is signed in, consent to tasks."""
    who = await somebody(is_verified=False)
    if tasks:
        await consents.give(frozenset(tasks), by=who.viewer)
    supplier = await add_supplier("Nordhof", f"nordhof-{secrets.token_hex(8)}", "DE")
    for status in (OrderStatus.SHIPPED, OrderStatus.PLACED, OrderStatus.CANCELLED):
        line = Line(supplier.id, "SKU-1", f"Lamp {status.value}", 1, 1_000)
        await add_order(Purchase(who.account.id, HOME, (line,), status))
    for _ in range(2):
        client = Client(user_agent_family="Firefox", ip_hash=secrets.token_bytes(32), kind="web")
        await sessions.begin(who.account.id, client=client)
    return who


async def look(who: Somebody, as_: Viewer) -> Answer:
    """Ask for somebody by their id."""
    answer = await ask(NODE, as_=as_, id=public_id("User", who.account.id, audience_of(as_)))
    assert answer.errors == []
    return answer


async def listed(who: Somebody, as_: Viewer) -> bool:
    """Tell whether somebody is in the list of all who are found."""
    answer = await ask(USERS, as_=as_)
    assert answer.errors == []
    return {"id": public_id("User", who.account.id, audience_of(as_))} in answer.data["users"]["nodes"]


def nothing() -> dict[str, Any]:
    return {
        "state": "ACTIVE",
        "email": None,
        "phone": None,
        "profile": {"name": None},
        "devices": [],
        "addresses": [],
        "orders": {"nodes": []},
        "consents": None,
        "guardianship": None,
    }


@pytest.mark.clause("P4.3")
@pytest.mark.matrix("Device")
@pytest.mark.parametrize("kind", [PartnerType.AFFILIATE, PartnerType.AFFILIATE_PROVIDER])
async def test_each_task_shows_its_own_small_part_of_whoever_consents_to_it(kind: PartnerType) -> None:
    partner = await affiliate()
    if kind is PartnerType.AFFILIATE_PROVIDER:
        partner = await add_partner(Company(kind, "Mailhaus", "AT", named_by=partner))
    who = await consenting(*TASKS)
    bought = {"status": "SHIPPED", "number": None, "total": None, "lines": [{"title": "Lamp SHIPPED"}]}

    seen = {task: (await look(who, await asks_for(task, partner))).data["node"] for task in TASKS}

    name, person = {"name": who.person.name}, who.person
    assert seen == {
        Purpose.AFFILIATE_ACCOUNT: nothing() | {"email": person.email, "profile": name},
        Purpose.AFFILIATE_RECOMMENDATION: nothing() | {"orders": {"nodes": [bought]}},
        # Twice signed in with the same is one kind of device.
        Purpose.AFFILIATE_ABNORMAL_ACCOUNTS: nothing()
        | {"devices": [{"clientKind": "web", "userAgentFamily": "Firefox"}]},
        Purpose.AFFILIATE_SAFETY: nothing() | {"phone": person.phone, "profile": name},
    }


@pytest.mark.clause("P4.3")
@pytest.mark.parametrize("task", TASKS)
async def test_nobody_is_found_for_a_task_by_consenting_to_the_others(task: Purpose) -> None:
    who = await consenting(*(other for other in TASKS if other is not task))
    by = await asks_for(task)
    orders = "{ orders(first: 50) { totalCount nodes { lines { title } } } }"

    answer = await look(who, by)

    assert answer.data["node"] is None
    assert answer.withheld == []
    assert not await listed(who, by)
    assert public_id("User", who.account.id, audience_of(by)) not in str((await ask(orders, as_=by)).data)


@pytest.mark.clause("P4.3")
async def test_a_withdrawal_closes_with_the_next_request_and_a_consent_opens() -> None:
    who, by = await consenting(Purpose.AFFILIATE_ACCOUNT, Purpose.AFFILIATE_SAFETY), await asks_for(TASKS[0])
    before = (await look(who, by)).data["node"], await listed(who, by)

    await consents.withdraw([Purpose.AFFILIATE_ACCOUNT], by=who.viewer)
    after = (await look(who, by)).data["node"], await listed(who, by)
    await consents.give(frozenset({Purpose.AFFILIATE_ACCOUNT}), by=who.viewer)

    assert before[0]["email"] == who.person.email
    assert before[1]
    assert after == (None, False)
    assert (await look(who, by)).data["node"]["email"] == who.person.email


@pytest.mark.clause("P4.3")
async def test_a_task_that_the_agreement_no_longer_says_finds_nobody_and_another_one_asks_anew() -> None:
    partner, who = await affiliate(), await consenting(Purpose.AFFILIATE_ACCOUNT)
    credential = await comes_by(partner, *SCOPES)
    before = (await look(who, credential)).data["node"]
    await add_agreement(partner, purposes=frozenset({Purpose.AFFILIATE_SAFETY}))
    renewed = await comes_by(partner, *SCOPES)

    old, new = [await look(who, replace(renewed, purpose=purpose)) for purpose in (None, Purpose.AFFILIATE_SAFETY)]
    await consents.give(frozenset({Purpose.AFFILIATE_SAFETY}), by=who.viewer)
    consented = await look(who, replace(renewed, purpose=Purpose.AFFILIATE_SAFETY))

    assert before["email"] == who.person.email
    assert (old.data["node"], new.data["node"]) == (None, None)
    assert (consented.data["node"]["email"], consented.data["node"]["phone"]) == (None, who.person.phone)


@pytest.mark.clause("P4.3")
@pytest.mark.clause("P9.3")
async def test_a_task_that_takes_more_than_was_agreed_to_shows_nothing_until_the_person_agrees_again() -> None:
    who, by = await consenting(Purpose.AFFILIATE_ACCOUNT), await asks_for(Purpose.AFFILIATE_ACCOUNT)
    wider = await version_of_the_past(without(Party.AFFILIATE, ACCOUNT, PERSON_NAME, EMAIL))
    await agrees_to(who.account.id, wider)

    waiting = (await look(who, by)).data["node"]
    _, codes = await accept(who.viewer)
    agreed = (await look(who, by)).data["node"]

    assert waiting == nothing() | {"state": None}
    assert codes == []
    assert (agreed["state"], agreed["email"]) == ("ACTIVE", who.person.email)


@pytest.mark.clause("P4.3")
async def test_what_somebody_consented_to_ends_with_the_account() -> None:
    who, by = await consenting(*TASKS), await asks_for(Purpose.AFFILIATE_ABNORMAL_ACCOUNTS)
    before = (await look(who, by)).data["node"]

    await Account.filter(id=who.account.id).update(state=AccountState.CANCELLED)

    assert before["devices"]
    assert (await look(who, by)).data["node"] is None
    assert not await listed(who, by)


@pytest.mark.clause("P4.3")
@pytest.mark.parametrize(
    ("years", "guardian", "own", "is_there"),
    [
        (16, 0, 0, False),
        (16, Purpose.AFFILIATE_ACCOUNT.bit, 0, True),
        (10, Purpose.AFFILIATE_ACCOUNT.bit, 0, False),
        (10, 0, bits_of(frozenset({Purpose.AFFILIATE_ACCOUNT, Purpose.AFFILIATE_SENSITIVE})), False),
        (10, Purpose.AFFILIATE_ACCOUNT.bit, Purpose.AFFILIATE_SENSITIVE.bit, True),
    ],
)
async def test_of_somebody_under_age_the_guardian_consents_and_a_childs_data_waits_for_a_second_consent(
    years: int, guardian: int, own: int, is_there: bool
) -> None:
    # Nobody is offered these consents for somebody under age: what the rows would do with them is the second bar.
    ward, _ = await family(years)
    await Account.filter(id=ward.account.id).update(
        guardian_consents=guardian, own_consents=own, state=AccountState.ACTIVE
    )
    by = await asks_for(Purpose.AFFILIATE_ACCOUNT)

    shown = (await look(ward, by)).data["node"]

    assert (shown is not None and shown["email"] == ward.person.email) is is_there
    assert (shown is not None) is await listed(ward, by) is is_there


@pytest.mark.clause("P4.4")
async def test_who_works_for_an_affiliate_by_its_token_finds_nothing_of_a_child() -> None:
    child, _ = await family(10)
    both = Purpose.AFFILIATE_ACCOUNT.bit
    await Account.filter(id=child.account.id).update(
        guardian_consents=both, own_consents=Purpose.AFFILIATE_SENSITIVE.bit, state=AccountState.ACTIVE
    )
    partner = await affiliate()
    by = await comes_by(partner, *SCOPES)
    parent = await AccessToken.get(id=by.session)
    passed_on = await comes_by(partner, "users:read", parent=parent, subcontractor="Mailhaus")

    shown, hidden = (await look(child, by)).data["node"], (await look(child, passed_on)).data["node"]

    assert shown["email"] == child.person.email
    assert hidden is None
    assert child.account.age_band is AgeBand.CHILD


@pytest.mark.clause("P8.1")
async def test_an_affiliate_abroad_finds_whoever_also_consents_to_leave_the_region() -> None:
    who, by = await consenting(Purpose.AFFILIATE_ACCOUNT), await asks_for(TASKS[0], await affiliate("US"))
    before = (await look(who, by)).data["node"]

    await consents.give(frozenset({Purpose.CROSS_BORDER}), by=who.viewer)

    assert before is None
    assert (await look(who, by)).data["node"]["email"] == who.person.email


@pytest.mark.clause("P4.3")
@pytest.mark.parametrize("purpose", [Purpose.SECURITY, Purpose.CUSTOMER_SERVICE])
async def test_an_affiliate_finds_nobody_for_anything_but_the_four_tasks(purpose: Purpose) -> None:
    who = await consenting(*TASKS)
    await Account.filter(id=who.account.id).update(own_consents=bits_of(frozenset(Purpose)))
    # No such token is made; the rows do not rely on it.
    by = replace(await asks_for(purpose), purposes=frozenset({purpose}))

    assert (await look(who, by)).data["node"] is None


async def test_a_token_without_the_scope_finds_nobody_and_is_told_which() -> None:
    who, by = await consenting(*TASKS), await asks_for(TASKS[0], None, "orders:read")

    refused = await ask(USERS, as_=by)

    assert refused.errors[0].extensions["code"] == "INSUFFICIENT_SCOPE"
    assert "`users:read`" in refused.errors[0].message
    assert (await look(who, by)).data["node"] is None


@pytest.mark.clause("P4.1")
async def test_the_person_reads_for_which_task_what_was_shown_to_whom() -> None:
    who, partner = await consenting(*TASKS), await affiliate()

    await look(who, await asks_for(Purpose.AFFILIATE_SAFETY, partner))

    (row,) = await Disclosure.filter(partner_id=partner.id)
    assert (row.account_id, row.party, row.purpose) == (who.account.id, "AFFILIATE", "AFFILIATE_SAFETY")
    assert set(row.classes) == {"ACCOUNT", "PERSON_NAME", "PHONE"}
    told = await ask(
        "{ viewer { disclosures(first: 5) { nodes { partnerId purpose classes clauses sharingGrounds } } } }",
        as_=who.viewer,
    )
    assert told.data["viewer"]["disclosures"]["nodes"] == [
        {
            "partnerId": public_id("Partner", partner.id),
            "purpose": "AFFILIATE_SAFETY",
            "classes": ["ACCOUNT", "PERSON_NAME", "PHONE"],
            "clauses": ["P4.3"],
            "sharingGrounds": ["CONSENT"],
        }
    ]


@pytest.mark.matrix("Device")
async def test_people_see_with_what_their_own_account_is_used_and_others_see_nothing_of_it() -> None:
    who = await consenting()
    own = "{ viewer { account { devices { clientKind userAgentFamily } } } }"

    answer = await ask(own, as_=who.viewer)

    assert answer.data["viewer"]["account"]["devices"] == [{"clientKind": "web", "userAgentFamily": "Firefox"}]


@pytest.mark.matrix("Device")
async def test_devices_that_a_newer_version_takes_are_withheld_until_the_person_agrees_to_it() -> None:
    task = Purpose.AFFILIATE_ABNORMAL_ACCOUNTS
    who, by = await consenting(task), await asks_for(task)
    await agrees_to(who.account.id, await version_of_the_past(without(Party.AFFILIATE, DEVICE)))

    answer = await look(who, by)

    assert answer.data["node"]["devices"] == [{"clientKind": None, "userAgentFamily": None}]
    assert {"clientKind", "userAgentFamily"} <= {entry["path"][-1] for entry in answer.withheld}
