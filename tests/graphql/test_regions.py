"""Regions: what may cross a border, what is noted of it, and that a decision does not depend on where it is made."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from commerce import settlement
from commerce.checkout import complete
from commerce.legal_grounds import GroundFor, LegalGroundNotValid, WantedGround, open_ground
from models import clock, deployment
from models.accounts import Account
from models.ids import new_id, public_id
from models.partners import Partner
from models.rows import Rows
from models.scoping import scope_for
from models.suppliers import Supplier
from models.transfers import Receiver, Transfer
from policy.classes import EMAIL, PERSON_NAME, PHONE, DataClass
from policy.decide import decide
from policy.legal_grounds import GroundKind
from policy.partners import PartnerType
from policy.purposes import Purpose
from policy.regions import EUROPEAN_ECONOMIC_AREA, area_of, is_abroad
from policy.seen import Seen
from policy.viewer import StaffRole, Viewer
from server.demo_grounds import Opening, add_legal_ground
from server.demo_partners import Company, add_partner
from server.demo_rows import add_supplier
from tests.commerce.buyers import buyer, ward
from tests.commerce.goods import add_goods, filled_cart, wish
from tests.commerce.people import member as registered
from tests.graphql.asking import ask
from tests.graphql.officers import act, member, officer
from tests.graphql.world import Sale, Subject, World
from tests.graphql.world_partners import SCOPES


@contextmanager
def standing_in(region: str) -> Iterator[None]:
    before = deployment.region()
    deployment.stand_in(region)
    try:
        yield
    finally:
        deployment.stand_in(before)


async def consents_of(account: UUID, own: int = 0, guardian: int | None = None) -> None:
    """Write what somebody, or their guardian, consents to."""
    values: dict[str, Any] = {"own_consents": own} | ({"guardian_consents": guardian} if guardian is not None else {})
    await Account.filter(id=account).update(**values)


def test_countries_under_one_law_are_one_region() -> None:
    assert {area_of(country) for country in EUROPEAN_ECONOMIC_AREA} == {"EEA"}
    assert not is_abroad("NO", of="SE")
    assert is_abroad("GB", of="SE")
    assert is_abroad("CH", of="DE")
    assert is_abroad("HK", of="CN")
    assert not is_abroad("CN", of="CN")


async def foreign_supplier() -> UUID:
    mark = new_id().hex
    return (await add_supplier(mark, mark, "US")).id


async def order_from(by: Viewer, supplier: UUID | None) -> UUID:
    goods = await add_goods(supplier=supplier)
    return await complete(wish(await filled_cart(by, (goods, 1)), 1_250), key=new_id().hex, by=by)


@pytest.mark.clause("P8.1")
async def test_an_order_that_goes_to_a_supplier_abroad_is_in_the_register_once(world: World):
    by, supplier = await buyer(), await foreign_supplier()

    order = await order_from(by, supplier)
    await settlement.pay(order)

    (row,) = await Transfer.filter(order_id=order)
    assert (row.account_id, row.supplier_id, row.receiver) == (by.account, supplier, Receiver.SUPPLIER)
    assert (row.from_region, row.to_region, row.ground.value) == ("SE", "US", "OWN_DEALING")
    assert "RECIPIENT_ADDRESS" in row.classes
    assert not {"EMAIL", "PERSON_NAME", "ORDER_AMOUNT"} & set(row.classes)
    assert row.first_at <= row.last_at


async def test_an_order_within_a_region_is_no_transfer(world: World):
    order = await order_from(await buyer(), None)

    assert await Transfer.filter(order_id=order).count() == 0


@pytest.mark.clause("P8.1")
async def test_whoever_signs_up_with_a_shop_abroad_sees_that_their_data_is_there(world: World):
    settled, _ = await registered(region="CN")
    with standing_in("CN"):
        account, _ = await registered(region="CN")

    answer = await ask(
        "{ viewer { transfers(first: 5) { nodes { fromRegion toRegion receiver ground classes } } } }",
        as_=Viewer(account=settled.id),
    )

    (row,) = answer.data["viewer"]["transfers"]["nodes"]
    assert (row["fromRegion"], row["toRegion"], row["receiver"]) == ("CN", "SG", "DEPLOYMENT")
    assert row["ground"] == "OWN_DEALING"
    assert {"BIRTH_DATE", "EMAIL", "CONSENT"} <= set(row["classes"])
    assert await Transfer.filter(account_id=account.id).count() == 0


ORDER = "query ($id: ID!) { node(id: $id) { ... on Order { number recipient { name phone } lines { sku } } } }"
LISTS = "{ orders(first: 100) { totalCount nodes { number } } fulfillmentOrders(first: 100) { totalCount } }"


def sold(world: World) -> Sale:
    """An adult's order that is paid and open, from both suppliers, who are in Germany."""
    return world.sales_of(world.subjects["adult"])[0]


async def seen_by(token: Viewer, sale: Sale) -> Any:
    key = public_id("Order", sale.order.id, f"supplier {token.supplier}")
    return (await ask(ORDER, as_=token, id=key)).data["node"]


@pytest.mark.clause("P8.1")
async def test_a_supplier_whose_agreement_says_abroad_sees_no_order_that_did_not_go_there(world: World):
    sale, at_home = sold(world), world.viewers["supplier_one"]
    abroad = replace(at_home, region="US")
    missing = await ask(ORDER, as_=abroad, id=public_id("Order", new_id(), f"supplier {abroad.supplier}"))
    stranger = Viewer(
        supplier=(
            await Supplier.create(name="Nobody", slug=new_id().hex, region="US", created_at=sale.order.placed_at)
        ).id,
        scopes=SCOPES,
    )

    hidden = await ask(ORDER, as_=abroad, id=public_id("Order", sale.order.id, f"supplier {abroad.supplier}"))

    assert (await seen_by(at_home, sale))["recipient"]["name"] == sale.parcel.name
    assert (await seen_by(replace(at_home, region="NO"), sale))["recipient"]["name"] == sale.parcel.name
    assert hidden == missing
    assert await ask(LISTS, as_=abroad) == await ask(LISTS, as_=stranger)


@pytest.mark.clause("P8.1")
async def test_consent_to_leave_the_region_opens_it_and_its_withdrawal_closes_it(world: World):
    sale, token = sold(world), replace(world.viewers["supplier_one"], region="US")
    account = sale.subject.account.id
    await consents_of(account, Purpose.CROSS_BORDER.bit)
    consented = await seen_by(token, sale)

    await consents_of(account)

    assert consented["recipient"]["name"] == sale.parcel.name
    assert await seen_by(token, sale) is None


@pytest.mark.clause("P8.1")
async def test_for_somebody_under_age_their_guardian_consents_to_it(world: World):
    by = await ward(12, Purpose.ACCOUNT, Purpose.FULFILMENT, Purpose.PAYMENT)
    supplier = await add_supplier(new_id().hex, new_id().hex, "DE")
    order = await order_from(by, supplier.id)
    token = Viewer(supplier=supplier.id, scopes=SCOPES, region="US")
    key = public_id("Order", order, f"supplier {supplier.id}")
    assert by.account is not None
    guardian = (await Account.get(id=by.account)).guardian_consents
    shown: list[bool] = []

    for own, theirs in ((Purpose.CROSS_BORDER.bit, guardian), (0, guardian | Purpose.CROSS_BORDER.bit)):
        await consents_of(by.account, own, theirs)
        shown.append((await ask(ORDER, as_=token, id=key)).data["node"] is not None)

    assert shown == [False, True]


async def test_an_order_from_abroad_is_seen_where_it_was_ordered_from(world: World):
    by, supplier = await buyer(), await foreign_supplier()
    order = await order_from(by, supplier)
    key = public_id("Order", order, f"supplier {supplier}")

    seen = [
        (await ask(ORDER, as_=Viewer(supplier=supplier, scopes=SCOPES, region=region), id=key)).data["node"]
        for region in (None, "US", "SE", "CN")
    ]

    assert [node is not None for node in seen] == [True, True, True, False]


RISK = Viewer(partner=new_id(), partner_type=PartnerType.RISK_CONTROL, scopes=frozenset({"risk:read"}))


async def risk(region: str, **given: Any) -> Viewer:
    """Put a risk-control partner into the register."""
    partner = await add_partner(Company(PartnerType.RISK_CONTROL, "Weigh", region), **given)
    return replace(RISK, partner=partner.id, region=region)


async def known_to(
    viewer: Viewer, subject: Subject, core: DataClass = PERSON_NAME, *, is_under_way: str = "TRUE", duty: str = "TRUE"
) -> Seen[Account] | None:
    """Read a person through a table of their names, as a partner with a duty to everybody would."""
    scope = scope_for(
        viewer,
        subject="t.id",
        partners=dict.fromkeys(PartnerType, duty),
        facts={"is_window_open": is_under_way},
        token_scopes=frozenset({"risk:read"}),
        core=core,
    )
    return await Rows(Account, viewer, scope).where(id=subject.account.id).one()


@pytest.mark.clause("P8.1")
async def test_a_partner_of_whom_nobody_knows_a_region_is_abroad(world: World):
    adult = world.subjects["adult"]

    assert await known_to(RISK, adult) is None
    assert await known_to(replace(RISK, region="US"), adult) is None
    at_home = await known_to(replace(RISK, region="NL"), adult)
    assert at_home is not None
    assert at_home.case.crosses_border is False


async def ground_for(partner: Viewer, subject: Subject, world: World, *classes: DataClass, **given: Any) -> None:
    one, two = world.viewers["officer"].account, world.viewers["other_officer"].account
    assert one is not None
    opening = Opening(subject.account.id, frozenset(classes), one, two, partner=partner.partner, **given)
    await add_legal_ground(opening)


async def test_the_law_takes_abroad_what_a_ground_names_and_nothing_else(world: World):
    adult, abroad = world.subjects["adult"], await risk("US")
    await ground_for(abroad, adult, world, PERSON_NAME, PHONE)
    without = await known_to(abroad, adult)

    await ground_for(abroad, adult, world, PERSON_NAME, carries_abroad=True)

    assert without is None
    seen = await known_to(abroad, adult)
    assert seen is not None
    decisions = {each.name: decide(abroad.asks(each, of=seen.case)).is_clear for each in (PERSON_NAME, PHONE, EMAIL)}
    assert decisions == {"PERSON_NAME": True, "PHONE": False, "EMAIL": False}
    assert await known_to(abroad, adult, PHONE) is None


@pytest.mark.clause("P4.8")
async def test_risk_control_learns_who_is_behind_an_account_under_a_ground_for_sharing(world: World):
    adult, partner = world.subjects["adult"], await risk("SE")
    before = await known_to(partner, adult)
    assert before is not None

    await ground_for(partner, adult, world, PERSON_NAME)

    after = await known_to(partner, adult)
    assert after is not None
    clear = [decide(partner.asks(PERSON_NAME, of=seen.case)).is_clear for seen in (before, after)]
    assert clear == [False, True]
    assert decide(replace(partner, partner=new_id()).asks(PERSON_NAME, of=after.case)).is_clear is False


@pytest.mark.clause("P4.8")
async def test_a_ground_for_sharing_opens_nothing_to_a_partner_whose_work_is_over(world: World):
    adult, partner = world.subjects["adult"], await risk("SE")
    await ground_for(partner, adult, world, PERSON_NAME)

    during = await known_to(partner, adult, duty="FALSE")
    after = await known_to(partner, adult, is_under_way="FALSE")

    assert during is not None
    assert after is not None
    assert [decide(partner.asks(PERSON_NAME, of=seen.case)).is_clear for seen in (during, after)] == [True, False]
    assert await known_to(partner, adult, is_under_way="FALSE", duty="FALSE") is None


@pytest.mark.clause("P4.8")
async def test_six_of_the_ten_situations_hold_for_giving_data_to_a_partner(world: World):
    one, taken = await officer(), set[GroundKind]()
    partner = (await risk("SE")).partner
    for kind in GroundKind:
        wanted = WantedGround(
            kind=kind,
            case_reference="17 K 4/26",
            account=world.subjects["adult"].account.id,
            order=None,
            holder=GroundFor(partner=partner),
            classes=frozenset({PERSON_NAME}),
            valid_until=clock.now() + timedelta(days=1),
        )
        with suppress(LegalGroundNotValid):
            await open_ground(wanted, by=one)
            taken.add(kind)

    refused = {GroundKind.CONTRACT, GroundKind.SAFE_OPERATION, GroundKind.RESEARCH, GroundKind.LAW}
    assert taken == set(GroundKind) - refused


EVERYTHING = """{
  viewer { kind account { email region state legalGrounds(first: 9) { nodes { kind } }
    transfers(first: 9) { nodes { toRegion } } profile { name birthDate } } }
  orders(first: 20) { nodes { number status total { amount } buyer { email } recipient { name phone } } }
  fulfillmentOrders(first: 20) { nodes { orderNumber recipient { street } } }
  legalGrounds(first: 20) { nodes { kind classes } }
  transfers(first: 20) { nodes { toRegion } } }"""


@pytest.mark.clause("P8.2")
async def test_wherever_the_program_stands_it_decides_alike_and_says_where_that_is(world: World):
    storage = "{ viewer { account { storageRegion } } }"
    viewers = {**world.viewers, "abroad": replace(world.viewers["supplier_one"], region="US")}
    answers: dict[str, Any] = {}
    told: dict[str, Any] = {}
    for region in ("SG", "SE", "US"):
        with standing_in(region):
            answers[region] = {name: await ask(EVERYTHING, as_=viewer) for name, viewer in viewers.items()}
            told[region] = (await ask(storage, as_=viewers["adult"])).data["viewer"]["account"]["storageRegion"]

    assert answers["SG"] == answers["SE"] == answers["US"]
    assert told == {region: region for region in ("SG", "SE", "US")}


async def test_where_data_is_stored_is_shown_to_the_person_and_their_guardian(world: World):
    child = world.subjects["consented_child"]
    document = "query ($id: ID!) { node(id: $id) { ... on User { storageRegion transfers(first: 5) { totalCount } } } }"

    seen = [
        (await ask(document, as_=world.viewers[name], id=public_id("User", child.account.id))).data["node"]
        for name in ("consented_child", "guardian", "other")
    ]

    assert seen == [{"storageRegion": "SG", "transfers": {"totalCount": 1}}] * 2 + [None]


async def test_an_agent_gets_no_partners_ground(world: World):
    adult, agent = world.subjects["adult"], await member(StaffRole.AGENT)
    assert agent.account is not None
    like_an_agent = await Partner.get(id=(await risk("SE")).partner)
    like_an_agent.id = agent.account
    await like_an_agent.save(force_create=True)
    await ground_for(replace(RISK, partner=agent.account), adult, world, PERSON_NAME)
    key = public_id("User", adult.account.id)

    answer = await ask("query ($id: ID!) { node(id: $id) { id } }", as_=agent, id=key)

    assert answer.data == {"node": None}
    assert (await act("legalGroundApprove", await officer(), id=key))[1] == ["LEGAL_GROUND_NOT_FOUND"]
