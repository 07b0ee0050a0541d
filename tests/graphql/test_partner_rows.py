"""What the token of each kind of partner finds: the rows of its own duty, while it lasts, and no others."""

from dataclasses import replace
from typing import Any

import pytest

from commerce import sessions
from models.access_tokens import AccessToken
from models.database import execute
from models.disclosures import Disclosure
from models.ids import public_id
from models.orders import OrderStatus
from models.partners import Partner
from models.payments import PaymentState
from policy.partners import PartnerType
from policy.purposes import Purpose
from policy.viewer import Viewer
from server.demo_partners import Company, add_partner, add_partner_token, sandbox
from server.demo_rows import Line, Parcel, Purchase, add_order, add_payment, add_shipment
from tests.graphql.asking import Answer, ask
from tests.graphql.registry import carrier, comes_by
from tests.graphql.world import World

ORDERS = """query Parcels { orders(first: 50) { totalCount nodes {
    number total { amount } lines { title } buyer { email }
    recipient { name phone street } shipments(first: 5) { nodes { trackingNumber lines { quantity } } } } } }"""
PAYMENTS = "{ payments(first: 50) { nodes { orderNumber amount { amount } state institution } } }"
EVERYTHING = """{ orders(first: 50) { nodes { id } } fulfillmentOrders(first: 50) { nodes { id } }
    payments(first: 50) { nodes { id } } legalGrounds(first: 50) { nodes { id } }
    identityChecks(first: 50) { nodes { id } } enterpriseChecks(first: 50) { nodes { id } }
    transfers(first: 50) { nodes { id } } disclosures(first: 50) { nodes { id } }
    viewer { account { email } } }"""
SCOPES = ("orders:read", "fulfillment_orders:read", "payments:read", "identity_checks:read")
HOME = Parcel("Edda Holm", "+46701239876", "Storgatan 77", "Lund", "22100", "SE")


async def sent_by(
    partner: Partner, world: World, buyer: str = "adult", supplier: str = "supplier", **order: Any
) -> str:
    """Have a parcel handed to a carrier, and give the order's number."""
    supplied = world.partners[supplier].supplier_id
    assert supplied is not None
    line = Line(supplied, "SKU-1", "Lamp", 1, 1_000)
    made = await add_order(Purchase(world.subjects[buyer].account.id, HOME, (line,), OrderStatus.SHIPPED, **order))
    await add_shipment(
        made, supplied, carrier="Postbode", tracking_number=f"3S-{made.number}", carrier_partner=partner.id
    )
    return made.number


def numbers(answer: Answer) -> list[str]:
    assert answer.errors == []
    return [node["number"] for node in answer.data["orders"]["nodes"]]


@pytest.mark.clause("P2.6")
async def test_a_carrier_finds_the_parcels_handed_to_it_and_whom_they_go_to(world: World) -> None:
    mine, other = await carrier(), await carrier()
    number = await sent_by(mine, world)
    await sent_by(other, world)

    answer = await ask(ORDERS, as_=await comes_by(mine))

    assert numbers(answer) == [number]
    (order,) = answer.data["orders"]["nodes"]
    assert order["recipient"] == {"name": HOME.name, "phone": HOME.phone, "street": HOME.street}
    assert [each["trackingNumber"] for each in order["shipments"]["nodes"]] == [f"3S-{number}"]


async def test_a_carrier_is_shown_neither_goods_nor_prices_nor_the_buyer(world: World) -> None:
    partner = await carrier()
    await sent_by(partner, world)

    answer = await ask(ORDERS, as_=await comes_by(partner))

    (order,) = answer.data["orders"]["nodes"]
    assert (order["total"], order["buyer"], order["lines"]) == (None, None, [])
    assert order["shipments"]["nodes"][0]["lines"] == []
    assert {tuple(entry["path"][-1:]) for entry in answer.withheld} == {("total",), ("buyer",)}


@pytest.mark.clause("P2.6")
async def test_a_carriers_sight_ends_with_the_window(world: World) -> None:
    partner = await carrier()
    number = await sent_by(partner, world)
    by = await comes_by(partner)
    before = await ask(ORDERS, as_=by)

    await execute("UPDATE \"order\" SET window_closes_at = now() - interval '1 second' WHERE number = $1", number)

    after = await ask(ORDERS, as_=by)
    assert (numbers(before), numbers(after)) == ([number], [])
    assert after.data["orders"]["totalCount"] == 0


@pytest.mark.parametrize("buyer", ["child", "minor"])
async def test_a_parcel_of_somebody_under_age_is_not_there_without_consent(buyer: str, world: World) -> None:
    partner = await carrier()
    await sent_by(partner, world, buyer)
    consented = await sent_by(partner, world, f"consented_{buyer}")

    assert numbers(await ask(ORDERS, as_=await comes_by(partner))) == [consented]


@pytest.mark.clause("P4.4")
async def test_a_subcontractor_finds_no_parcel_of_a_child_whoever_consents(world: World) -> None:
    partner = await carrier()
    by = await comes_by(partner)
    adults, childs = await sent_by(partner, world), await sent_by(partner, world, "consented_child")
    parent = await AccessToken.get(id=by.session)
    made = await comes_by(partner, "orders:read", parent=parent, subcontractor="Last Mile")

    own, passed_on = await ask(ORDERS, as_=by), await ask(ORDERS, as_=made)

    assert sorted(numbers(own)) == sorted([adults, childs])
    assert numbers(passed_on) == [adults]
    assert passed_on.data["orders"]["totalCount"] == 1


@pytest.mark.clause("P8.1")
async def test_a_carrier_whose_agreement_says_abroad_finds_no_parcel_that_did_not_go_there(world: World) -> None:
    at_home = await carrier()
    abroad = await add_partner(Company(PartnerType.LOGISTICS, "Postbode", "NL", works_in="CN"))
    numbers_ = [await sent_by(partner, world) for partner in (at_home, abroad)]

    found = [numbers(await ask(ORDERS, as_=await comes_by(partner))) for partner in (at_home, abroad)]

    assert found == [[numbers_[0]], []]


@pytest.mark.clause("P2.10")
async def test_a_token_that_is_for_another_purpose_finds_nothing(world: World) -> None:
    partner = await carrier()
    number = await sent_by(partner, world)
    by = await comes_by(partner)

    narrowed = replace(by, purpose=Purpose.PAYMENT, purposes=frozenset({Purpose.PAYMENT}))

    assert numbers(await ask(ORDERS, as_=by)) == [number]
    assert numbers(await ask(ORDERS, as_=narrowed)) == []


@pytest.mark.clause("P4.1")
async def test_what_a_carrier_is_shown_is_on_record_with_its_entry_in_the_register(world: World) -> None:
    partner = await carrier()
    await sent_by(partner, world)
    by = await comes_by(partner)

    await ask(ORDERS, as_=by)

    (row,) = await Disclosure.filter(partner_id=partner.id)
    assert (row.party, row.purpose, row.credential_id, row.operation) == (
        *("CARRIER", "FULFILMENT"),
        by.session,
        "Parcels",
    )
    assert {"RECIPIENT_PHONE", "RECIPIENT_ADDRESS", "ORDER_NUMBER"} <= set(row.classes)
    listed = await ask(
        "{ viewer { disclosures(first: 50) { nodes { party partnerId } } } }", as_=world.viewers["adult"]
    )
    assert {"party": "CARRIER", "partnerId": public_id("Partner", partner.id)} in listed.data["viewer"]["disclosures"][
        "nodes"
    ]


async def paid(world: World, buyer: str, state: PaymentState, status: OrderStatus = OrderStatus.PAID) -> str:
    """Have an order paid at the sandbox, and give its number."""
    supplied = world.partners["supplier"].supplier_id
    assert supplied is not None
    line = Line(supplied, "SKU-1", "Lamp", 1, 1_234)
    order = await add_order(Purchase(world.subjects[buyer].account.id, HOME, (line,), status))
    await add_payment(order, state)
    return order.number


async def institution(world: World) -> Viewer:
    return await sessions.authenticate(await add_partner_token(await sandbox(), ("payments:read",)))


@pytest.mark.clause("P2.5")
async def test_an_institution_is_told_number_and_amount_of_its_payments_and_nothing_else(world: World) -> None:
    number = await paid(world, "adult", PaymentState.PENDING, OrderStatus.PLACED)
    by = await institution(world)

    answer = await ask(PAYMENTS, as_=by)
    others = await ask(ORDERS, as_=replace(by, scopes=frozenset(SCOPES)))

    assert answer.errors == []
    (own,) = [node for node in answer.data["payments"]["nodes"] if node["orderNumber"] == number]
    assert own == {"orderNumber": number, "amount": {"amount": "12.34"}, "state": None, "institution": None}
    assert numbers(others) == []


@pytest.mark.parametrize(
    ("state", "status", "is_there"),
    [
        (PaymentState.PENDING, OrderStatus.PLACED, True),
        (PaymentState.PAID, OrderStatus.PAID, True),
        (PaymentState.REFUND_DUE, OrderStatus.CANCELLED, True),
        (PaymentState.REFUNDED, OrderStatus.CANCELLED, False),
        (PaymentState.DECLINED, OrderStatus.PLACED, False),
    ],
)
async def test_an_institution_finds_a_payment_as_long_as_there_is_something_to_do(
    state: PaymentState, status: OrderStatus, is_there: bool, world: World
) -> None:
    number = await paid(world, "adult", state, status)

    answer = await ask(PAYMENTS, as_=await institution(world))

    assert (number in str(answer.data)) is is_there


@pytest.mark.parametrize(
    ("buyer", "is_there"),
    [("child", False), ("minor", False), ("consented_child", True), ("consented_minor", True)],
)
async def test_an_institution_finds_no_payment_of_somebody_under_age_without_consent_to_that(
    buyer: str, is_there: bool, world: World
) -> None:
    number = await paid(world, buyer, PaymentState.PENDING, OrderStatus.PLACED)

    answer = await ask(PAYMENTS, as_=await institution(world))

    assert (number in str(answer.data)) is is_there


async def test_another_institution_finds_none_of_them(world: World) -> None:
    await paid(world, "adult", PaymentState.PENDING, OrderStatus.PLACED)
    other = await add_partner(Company(PartnerType.PAYMENT, "Other Payments", "IE"))

    answer = await ask(PAYMENTS, as_=await comes_by(other, "payments:read"))

    assert answer.data["payments"]["nodes"] == []


@pytest.mark.parametrize("kind", [PartnerType.IDENTITY_VERIFICATION])
@pytest.mark.parametrize("purpose", list(Purpose))
async def test_a_partner_who_has_nothing_to_do_finds_nobody(kind: PartnerType, purpose: Purpose, world: World) -> None:
    partner = await add_partner(Company(kind, "Somebody", "SE"))
    by = replace(await comes_by(partner, *SCOPES), purpose=purpose, purposes=frozenset({purpose}))

    answer = await ask(EVERYTHING, as_=by)

    assert answer.errors == []
    assert answer.data["viewer"]["account"] is None
    assert [found for name, found in answer.data.items() if name != "viewer" and found["nodes"]] == []


async def test_an_id_that_one_partner_was_given_says_nothing_to_another(world: World) -> None:
    mine, other = await carrier(), await carrier()
    await sent_by(mine, world)
    by = await comes_by(mine)
    found = await ask("{ orders(first: 1) { nodes { id } } }", as_=by)
    key = found.data["orders"]["nodes"][0]["id"]
    document = "query ($id: ID!) { node(id: $id) { id } }"

    seen = [(await ask(document, as_=as_, id=key)).data["node"] for as_ in (by, await comes_by(other))]

    assert seen == [{"id": key}, None]
