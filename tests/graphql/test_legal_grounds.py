"""Legal grounds: opened by one officer, approved by another, used by one viewer, seen by the person."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from models import clock
from models.accounts import Account
from models.audit import AuditEvent
from models.database import ConstraintViolated, execute
from models.grounds import opens_to
from models.ids import public_id, read_public_id
from models.legal_grounds import GroundState, LegalGround, LegalGroundUse
from models.orders import Order
from models.roles import OWNER
from policy.classes import IDENTITY_DOCUMENT
from policy.parties import Party
from policy.partners import PartnerType
from policy.viewer import ANONYMOUS, StaffRole, Viewer
from server.embedded import Embedded
from tests.graphql.asking import Answer, ask
from tests.graphql.officers import act, in_force, member, officer, opened, wanted
from tests.graphql.world import Subject, World

LOOK = "query Look($id: ID!) { node(id: $id) { ... on User { email phone profile { name } } } }"


async def look(as_: Viewer, subject: Subject) -> Answer:
    return await ask(LOOK, as_=as_, id=public_id("User", subject.account.id))


def _key(ground: str) -> Any:
    return read_public_id(ground)[1]


async def test_a_ground_opens_what_it_names_of_the_person_it_names_to_whom_it_is_for(world: World):
    adult, other = world.subjects["adult"], world.subjects["other"]
    agent, another = await member(StaffRole.AGENT), await member(StaffRole.AGENT)
    before = await look(agent, adult)

    await in_force(adult, agent, "ACCOUNT", "EMAIL")

    assert before.data == {"node": None}
    seen = await look(agent, adult)
    assert seen.data["node"] == {"email": adult.person.email, "phone": None, "profile": {"name": None}}
    assert (await look(agent, other)).data == {"node": None}
    assert (await look(another, adult)).data == {"node": None}


@pytest.mark.clause("P2.9")
async def test_what_a_ground_alone_opened_is_noted_with_who_saw_what_and_when(world: World):
    adult, operator = world.subjects["adult"], await member(StaffRole.OPERATOR)
    ground = await in_force(adult, operator, "ACCOUNT", "EMAIL", "ORDER")
    begun = clock.now()

    await look(operator, adult)

    (use,) = await LegalGroundUse.filter(ground_id=_key(ground))
    assert (use.viewer_id, use.operation) == (operator.account, "Look")
    assert use.classes == ["ACCOUNT", "EMAIL"]
    assert use.used_at >= begun


async def test_that_somebody_is_there_is_a_use_as_well(world: World):
    sale, agent = world.sales_of(world.subjects["adult"])[0], await member(StaffRole.AGENT)
    ground = await in_force(sale.subject, agent, "ORDER")

    await ask("{ orders(first: 1) { nodes { id } } }", as_=agent)

    (use,) = await LegalGroundUse.filter(ground_id=_key(ground))
    assert (use.classes, use.operation) == (["ORDER"], None)


async def test_what_is_seen_without_a_ground_as_well_is_no_use_of_it(world: World):
    sale, operator = world.sales_of(world.subjects["adult"])[0], await member(StaffRole.OPERATOR)
    ground = await in_force(sale.subject, operator, "ORDER", "ORDER_NUMBER")

    answer = await ask(
        "query ($id: ID!) { node(id: $id) { ... on Order { number status } } }",
        as_=operator,
        id=public_id("Order", sale.order.id),
    )

    assert answer.data["node"]["number"] == sale.order.number
    assert await LegalGroundUse.filter(ground_id=_key(ground)).count() == 0


@pytest.mark.clause("P2.9")
async def test_what_cannot_be_noted_is_not_answered(world: World, clusters: Embedded):
    adult, agent = world.subjects["adult"], await member(StaffRole.AGENT)
    ground = await in_force(adult, agent, "ACCOUNT", "EMAIL")
    owner = await asyncpg.connect(clusters.shop.owner_url)
    await owner.execute(f"SET ROLE {OWNER}")
    await owner.execute("ALTER TABLE legal_ground_use ADD CONSTRAINT none CHECK (used_at < '2000-01-01') NOT VALID")
    try:
        answer = await look(agent, adult)
    finally:
        await owner.execute("ALTER TABLE legal_ground_use DROP CONSTRAINT none")
        await owner.close()

    assert answer.data is None
    assert len(answer.errors) == 1
    assert adult.person.email not in repr(answer)
    assert await LegalGroundUse.filter(ground_id=_key(ground)).count() == 0


@pytest.mark.clause("P2.9")
async def test_nobody_approves_what_is_their_own(world: World):
    adult, one, two = world.subjects["adult"], await officer(), await officer()
    mine = await opened(one, adult, await member(StaffRole.AGENT), "ACCOUNT", "EMAIL")
    for_two = await opened(one, adult, two, "ACCOUNT", "EMAIL")

    by_opener = await act("legalGroundApprove", one, id=mine)
    by_holder = await act("legalGroundApprove", two, id=for_two)

    assert by_opener == by_holder == (None, ["SECOND_PERSON_NEEDED"])
    assert {(await LegalGround.get(id=_key(each))).state for each in (mine, for_two)} == {GroundState.PENDING}


async def test_not_even_a_statement_makes_a_ground_of_what_one_person_looked_at(world: World):
    one = await officer()
    mine = await opened(one, world.subjects["adult"], await member(StaffRole.AGENT), "ACCOUNT")

    with pytest.raises(ConstraintViolated):
        await execute(
            """UPDATE legal_ground SET state = 'APPROVED', approved_by_id = opened_by_id, approved_at = now()
            WHERE id = $1""",
            _key(mine),
        )


async def test_of_many_officers_who_approve_and_reject_at_once_one_decides(world: World):
    ground = await opened(await officer(), world.subjects["adult"], await member(StaffRole.AGENT), "ACCOUNT", "EMAIL")
    officers = [await officer() for _ in range(6)]

    ended = await asyncio.gather(
        *(act("legalGroundApprove" if n % 2 else "legalGroundReject", who, id=ground) for n, who in enumerate(officers))
    )

    assert Counter(tuple(codes) for _, codes in ended) == {(): 1, ("LEGAL_GROUND_NOT_PENDING",): 5}
    events = await AuditEvent.filter(object_id=_key(ground), action__in=["legalGroundApprove", "legalGroundReject"])
    assert len(events) == 1


async def test_a_ground_that_waits_or_was_rejected_opens_nothing(world: World):
    adult, agent, one = world.subjects["adult"], await member(StaffRole.AGENT), await officer()
    ground = await opened(one, adult, agent, "ACCOUNT", "EMAIL")
    waiting = await look(agent, adult)

    await act("legalGroundReject", one, id=ground)

    assert waiting.data == (await look(agent, adult)).data == {"node": None}


async def test_a_ground_that_is_revoked_opens_nothing_from_the_next_operation_on(world: World):
    adult, agent = world.subjects["adult"], await member(StaffRole.AGENT)
    ground = await in_force(adult, agent, "ACCOUNT", "EMAIL")
    seen = await look(agent, adult)

    _, codes = await act("legalGroundRevoke", await officer(is_proven=False), id=ground)
    _, again = await act("legalGroundRevoke", await officer(), id=ground)

    assert codes == []
    assert again == ["LEGAL_GROUND_ENDED"]
    assert seen.data["node"] is not None
    assert (await look(agent, adult)).data == {"node": None}


async def test_a_ground_ends_at_the_second(world: World):
    adult, agent = world.subjects["adult"], await member(StaffRole.AGENT)
    ground = await in_force(adult, agent, "ACCOUNT", "EMAIL")
    until = (await LegalGround.get(id=_key(ground))).valid_until

    with clock.moved_to(until - timedelta(seconds=1)):
        last = await look(agent, adult)
    with clock.moved_to(until):
        after = await look(agent, adult)

    assert last.data["node"] is not None
    assert after.data == {"node": None}


async def test_a_ground_for_a_role_is_for_all_of_it(world: World):
    adult, two = world.subjects["adult"], [await member(StaffRole.AGENT) for _ in range(2)]

    await in_force(adult, ANONYMOUS, "ACCOUNT", "EMAIL", holder={"role": "AGENT"})

    emails = [(await look(agent, adult)).data["node"]["email"] for agent in two]
    assert emails == [adult.person.email] * 2
    assert (await look(await member(StaffRole.AUDITOR), adult)).data == {"node": None}
    assert (await look(await member(StaffRole.AGENT, is_trained=False), adult)).data == {"node": None}
    key = public_id("User", adult.account.id)
    await execute("UPDATE legal_ground SET state = 'REVOKED', closed_at = now() WHERE viewer_role = 'AGENT'")
    assert (await ask(LOOK, as_=two[0], id=key)).data == {"node": None}


async def test_a_ground_on_an_order_opens_that_order_and_its_recipient_alone(world: World):
    sale, other = world.sales_of(world.subjects["adult"])[:2]
    agent = await member(StaffRole.AGENT)
    about = {"orderId": public_id("Order", sale.order.id)}

    await in_force(sale.subject, agent, "ORDER", "RECIPIENT_NAME", about=about)

    answer = await ask(
        """query ($ids: [ID!]!) {
            nodes(ids: $ids) { ... on Order { status total { amount } recipient { name phone } } } }""",
        as_=agent,
        ids=[public_id("Order", each.order.id) for each in (sale, other)],
    )
    shown, hidden = answer.data["nodes"]
    assert shown["recipient"] == {"name": sale.parcel.name, "phone": "+•• ••• •••••"}
    assert shown["total"] is None
    assert hidden is None


async def test_a_cancelled_account_is_read_under_a_ground_alone(world: World):
    gone, officer_ = world.subjects["cancelled"], await officer()
    query = "query ($id: ID!) { node(id: $id) { ... on User { state email addresses { street } } } }"
    key = public_id("User", gone.account.id)
    before = await ask(query, as_=officer_, id=key)

    await in_force(gone, officer_, "EMAIL", "POSTAL_ADDRESS", kind="LAW")

    assert before.data["node"] == {"state": "CANCELLED", "email": None, "addresses": []}
    after = (await ask(query, as_=officer_, id=key)).data["node"]
    assert after["email"] == gone.person.email
    assert after["addresses"] == [{"street": gone.person.street}]


@pytest.mark.clause("P7.3")
async def test_a_child_is_opened_by_the_law_and_for_their_own_protection_alone(world: World):
    child, agent, one = world.subjects["child"], await member(StaffRole.AGENT), await officer()
    refused = {
        name: await act("legalGroundOpen", one, **wanted(child, agent, "ACCOUNT", "EMAIL", **given))
        for name, given in {
            "contract": {"kind": "CONTRACT"},
            "security": {"kind": "NATIONAL_SECURITY"},
            "others": {"kind": "VITAL_INTERESTS"},
        }.items()
    }

    await in_force(child, agent, "ACCOUNT", "EMAIL", kind="VITAL_INTERESTS", protectsSubject=True)

    assert set(map(str, refused.values())) == {str((None, ["LEGAL_GROUND_NOT_VALID"]))}
    assert (await look(agent, child)).data["node"]["email"] == child.person.email


async def test_somebody_who_turns_out_to_be_a_child_is_closed_at_once(world: World):
    adult, agent = world.subjects["other"], await member(StaffRole.AGENT)
    await in_force(adult, agent, "ACCOUNT", "EMAIL", kind="CONTRACT")
    before = await look(agent, adult)
    ends = (clock.now() + timedelta(days=900)).date()
    await Account.filter(id=adult.account.id).update(age_band="CHILD", age_band_ends_on=ends)
    try:
        after = await look(agent, adult)
    finally:
        await Account.filter(id=adult.account.id).update(age_band="ADULT", age_band_ends_on=None)

    assert before.data["node"] is not None
    assert after.data == {"node": None}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"validUntil": "2020-01-01T00:00:00Z"}, "validUntil"),
        ({"validUntil": "2126-01-01T00:00:00Z"}, "validUntil"),
        ({"classes": []}, "classes"),
        ({"about": {"accountId": "nobody"}}, "about"),
        ({"about": {"orderId": "none"}}, "about"),
        ({"holder": {"staffId": "nobody"}}, "holder"),
        ({"holder": {"role": "AUDITOR"}}, "holder"),
        ({"kind": "CONTRACT", "isKeptFromSubject": True}, "isKeptFromSubject"),
    ],
)
async def test_what_is_no_ground_is_refused_with_what_does_not_fit(world: World, given: dict[str, Any], field: str):
    asked = wanted(world.subjects["adult"], await member(StaffRole.AGENT), "ACCOUNT") | given
    document = """mutation ($input: LegalGroundOpenInput!) {
        legalGroundOpen(input: $input) { legalGround { id } userErrors { code field } } }"""

    answer = await ask(document, as_=await officer(), input=asked)

    payload = answer.data["legalGroundOpen"]
    assert payload["userErrors"] == [{"code": "LEGAL_GROUND_NOT_VALID", "field": [field]}]
    assert payload["legalGround"] is None


@pytest.mark.clause("P2.9")
async def test_a_ground_that_does_not_end_within_thirty_days_is_refused(world: World):
    until = (clock.now() + timedelta(days=31)).isoformat()
    asked = wanted(world.subjects["adult"], await member(StaffRole.AGENT), "ACCOUNT", validUntil=until)

    assert await act("legalGroundOpen", await officer(), **asked) == (None, ["LEGAL_GROUND_NOT_VALID"])


async def test_only_officers_who_have_just_proven_who_they_are_open_and_approve(world: World):
    adult, agent = world.subjects["adult"], await member(StaffRole.AGENT)
    asked = wanted(adult, agent, "ACCOUNT")
    ground = await opened(await officer(), adult, agent, "ACCOUNT")
    others = [await member(role) for role in (StaffRole.AGENT, StaffRole.OPERATOR, StaffRole.AUDITOR)]
    others += [await officer(is_trained=False), Viewer(account=adult.account.id), Viewer()]

    codes = {str((await act("legalGroundOpen", other, **asked))[1]) for other in others}
    for name in ("legalGroundApprove", "legalGroundReject", "legalGroundRevoke"):
        codes |= {str((await act(name, other, id=ground))[1]) for other in others}
    unproven = await officer(is_proven=False)

    assert codes == {"['NOT_PRIVACY_OFFICER']"}
    assert (await act("legalGroundOpen", unproven, **asked))[1] == ["STEP_UP_REQUIRED"]
    assert (await act("legalGroundApprove", unproven, id=ground))[1] == ["STEP_UP_REQUIRED"]


async def test_an_id_of_something_else_is_no_ground(world: World):
    for name in ("legalGroundApprove", "legalGroundReject", "legalGroundRevoke"):
        for text in ("nonsense", public_id("User", world.subjects["adult"].account.id)):
            assert (await act(name, await officer(), id=text))[1] == ["LEGAL_GROUND_NOT_FOUND"]


async def test_what_officers_do_is_in_the_journal_without_the_person(world: World):
    adult, one, two = world.subjects["adult"], await officer(), await officer()
    ground = await opened(one, adult, await member(StaffRole.AGENT), "ACCOUNT")
    await act("legalGroundApprove", two, id=ground)
    await act("legalGroundRevoke", one, id=ground)

    events = await AuditEvent.filter(object_id=_key(ground)).order_by("id")

    assert [(event.action, event.actor_id) for event in events] == [
        ("legalGroundOpen", one.account),
        ("legalGroundApprove", two.account),
        ("legalGroundRevoke", one.account),
    ]
    assert "canary" not in repr([event.changes for event in events])


def test_no_ground_opens_a_row_to_whom_its_class_is_never_shown():
    assert [opens_to(party, IDENTITY_DOCUMENT) for party in (Party.AGENT, Party.PRIVACY_OFFICER)] == [False, True]


async def test_a_ground_lets_nobody_act_for_the_person(world: World):
    sale, operator = world.sales_of(world.subjects["adult"])[0], await member(StaffRole.AGENT)
    await in_force(sale.subject, operator, "ORDER", "ORDER_NUMBER", "CART", "ACCOUNT")

    answer = await ask(
        """mutation ($input: OrderCancelInput!) { orderCancel(input: $input) { order { id } userErrors { code } } }""",
        as_=operator,
        input={"id": public_id("Order", sale.order.id)},
    )
    cart = await ask("{ cart { id } viewer { account { id } } }", as_=operator)

    assert answer.codes == ["ORDER_ACTION_NOT_ALLOWED"]
    assert cart.data == {"cart": None, "viewer": {"account": None}}
    assert (await Order.get(id=sale.order.id)).status == sale.order.status


def test_whoever_can_hold_no_ground_pays_nothing_for_them(world: World):
    joined = {name for name, viewer in world.viewers.items() if "legal_ground" in Order.visible_to(viewer).scope.joins}

    partners = {PartnerType.RISK_CONTROL, PartnerType.IDENTITY_VERIFICATION}
    holders = {StaffRole.AGENT, StaffRole.OPERATOR, StaffRole.PRIVACY_OFFICER, *partners}
    able = {name: by for name, by in world.viewers.items() if by.is_trained or by.staff is None}
    assert joined == {name for name, by in able.items() if by.staff in holders or by.partner_type in holders}
