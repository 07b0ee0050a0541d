"""The register of partners: what everybody reads there, what officers record, and what standing does to tokens."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from models import clock
from models.audit import AuditEvent
from models.database import ConstraintViolated, execute
from models.fulfilments import FulfillmentOrder
from models.ids import new_id, public_id, read_public_id
from models.partners import DataProcessingAgreement, Partner, ReviewOutcome, SecurityReview, today
from models.shipments import Shipment
from policy.classes import CLASSES
from policy.matrix import cell
from policy.partner_notice import received_by
from policy.partners import PartnerType
from policy.viewer import ANONYMOUS, StaffRole, Viewer
from server.demo_partners import Company, add_agreement, add_partner, add_review
from server.demo_rows import SUPPLIER_SCOPES
from tests.graphql.asking import ask
from tests.graphql.officers import member, officer
from tests.graphql.officers import wanted as wanted_ground
from tests.graphql.registry import (
    act,
    agreement,
    carrier,
    comes_by,
    examination,
    id_of,
    is_in_standing,
    registered,
    supplier,
    wanted,
)
from tests.graphql.world import World

REGISTER = """query ($after: String) { partners(first: 100, after: $after) { pageInfo { hasNextPage endCursor } nodes {
    name type region policyUrl status isInStanding receives { dataClass purposes sight clauses } supplier { name }
    agreements(first: 9) { totalCount } securityReviews(first: 9) { totalCount } } } }"""
SIGNED = """query ($id: ID!) { node(id: $id) { ... on Partner {
    agreements(first: 9) { nodes { textVersion region purposes } }
    securityReviews(first: 9) { nodes { outcome } } } } }"""


@pytest.mark.parametrize("kind", PartnerType)
def test_what_a_kind_of_partner_gets_is_what_the_rules_open_to_it(kind: PartnerType) -> None:
    received = {each.data_class: each for each in received_by(kind)}

    assert received
    for data_class in CLASSES:
        sight = cell(kind.party, data_class)
        assert (data_class in received) == ("CLEAR" in sight), data_class
        if data_class in received:
            assert received[data_class].sight == sight
            assert received[data_class].purposes


async def _whole_register() -> dict[str, Any]:
    """Read the register as anybody can, by the names of the partners; other tests enter more than a page of them."""
    found: dict[str, Any] = {}
    after: str | None = None
    while True:
        answer = await ask(REGISTER, as_=ANONYMOUS, after=after)
        assert answer.errors == []
        page: Any = answer.data["partners"]
        found |= {node["name"]: node for node in page["nodes"]}
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found


async def test_anybody_reads_who_gets_what_and_why_and_where_that_companys_own_policy_is(world: World) -> None:
    found = await _whole_register()

    told = found["The carrier"]
    assert (told["type"], told["policyUrl"]) == ("LOGISTICS", "https://partner.example/privacy")
    assert {each["dataClass"] for each in told["receives"]} == {
        *("ORDER", "ORDER_NUMBER", "RECIPIENT_NAME", "RECIPIENT_PHONE", "RECIPIENT_ADDRESS")
    }
    assert {tuple(each["purposes"]) for each in told["receives"]} == {("FULFILMENT",)}
    assert told["isInStanding"] is True
    assert told["agreements"]["totalCount"] == told["securityReviews"]["totalCount"] == 0


@pytest.mark.scope("DataProcessingAgreement")
@pytest.mark.scope("SecurityReview")
async def test_what_was_signed_and_examined_is_for_the_partner_and_for_officers(world: World) -> None:
    partner, other = await carrier(), await carrier()
    own, foreign = await comes_by(partner), await comes_by(other)
    untrained = await member(StaffRole.PRIVACY_OFFICER, is_trained=False)
    audience = f"partner {partner.id}"

    async def seen(as_: Viewer, audience: str | None = None) -> Any:
        return (await ask(SIGNED, as_=as_, id=public_id("Partner", partner.id, audience))).data["node"]

    shown = {
        "agreements": {"nodes": [{"textVersion": "2026-1", "region": "NL", "purposes": ["FULFILMENT"]}]},
        "securityReviews": {"nodes": [{"outcome": "PASSED"}]},
    }
    nothing: dict[str, Any] = {"agreements": {"nodes": []}, "securityReviews": {"nodes": []}}
    assert await seen(await officer()) == await seen(own, audience) == shown
    assert await seen(foreign, f"partner {other.id}") == nothing
    assert [await seen(as_) for as_ in (untrained, world.viewers["operator"], world.viewers["adult"], ANONYMOUS)] == [
        nothing
    ] * 4


async def test_a_partner_is_entered_with_what_its_kind_needs(world: World) -> None:
    by, sold = await officer(), await supplier()
    affiliate = await registered(by, PartnerType.AFFILIATE)
    of_supplier = {"supplierId": public_id("Supplier", sold.id)}

    entered = await registered(by, PartnerType.SUPPLIER, **of_supplier)

    shown = (
        await ask("query ($id: ID!) { node(id: $id) { ... on Partner { supplier { slug } } } }", as_=by, id=entered)
    ).data
    assert shown["node"]["supplier"]["slug"] == sold.slug
    provider = await registered(by, PartnerType.AFFILIATE_PROVIDER, namedById=affiliate)
    named = "query ($id: ID!) { node(id: $id) { ... on Partner { namedBy { id } } } }"
    assert (await ask(named, as_=by, id=provider)).data["node"] == {"namedBy": {"id": affiliate}}
    for kind, given in (
        (PartnerType.SUPPLIER, of_supplier),
        (PartnerType.SUPPLIER, {}),
        (PartnerType.SUPPLIER, {"supplierId": public_id("Supplier", new_id())}),
        (PartnerType.LOGISTICS, of_supplier),
        (PartnerType.LOGISTICS, {"institution": "SANDBOX"}),
        (PartnerType.AFFILIATE_PROVIDER, {}),
        (PartnerType.AFFILIATE_PROVIDER, {"namedById": entered}),
    ):
        payload, codes = await act("partnerRegister", by, "partner { id }", **wanted(kind, **given))
        assert (payload["partner"], codes) == (None, ["PARTNER_NOT_VALID"]), (kind, given)


@pytest.mark.clause("P0.2")
@pytest.mark.parametrize("url", ["http://postbode.example/privacy", "javascript:alert(1)", "https://", ""])
async def test_a_partner_is_entered_with_the_page_of_its_own_policy(url: str) -> None:
    payload, codes = await act("partnerRegister", await officer(), "partner { id }", **wanted(policyUrl=url))

    assert (payload["partner"], codes) == (None, ["PARTNER_NOT_VALID"])


@pytest.mark.clause("P0.2")
async def test_a_partner_of_whom_no_policy_is_known_stands_when_it_is(world: World) -> None:
    by, partner = await officer(), await carrier()
    # As the migration has entered the suppliers from before the register.
    await Partner.filter(id=partner.id).update(policy_url=None)

    stands = [await is_in_standing(id_of(partner)), (await comes_by(partner)).is_in_standing]
    told = {"id": id_of(partner), "name": "Postbode", "policyUrl": "https://postbode.example/p", "expectedVersion": 1}
    await act("partnerUpdate", by, "__typename", **told)
    stands.append(await is_in_standing(id_of(partner)))

    assert stands == [False, False, True]


async def test_only_officers_who_have_proven_themselves_keep_the_register(world: World) -> None:
    partner = id_of(await carrier())
    unproven = await member(StaffRole.PRIVACY_OFFICER, is_proven=False)
    operator = await member(StaffRole.OPERATOR)
    before = await Partner.all().count()
    given = {
        "partnerRegister": wanted(),
        "agreementSign": agreement(partner),
        "securityReviewRecord": examination(partner),
        "partnerResume": {"id": partner},
        "partnerSuspend": {"id": partner},
        "partnerUpdate": {
            "id": partner,
            "name": "X",
            "policyUrl": "https://x.example",
            "expectedVersion": 1,
        },
    }

    codes = {name: (await act(name, operator, "__typename", **each))[1] for name, each in given.items()}

    assert codes == {name: ["NOT_PRIVACY_OFFICER"] for name in given}
    for name in ("partnerRegister", "agreementSign", "securityReviewRecord", "partnerResume"):
        assert (await act(name, unproven, "__typename", **given[name]))[1] == ["STEP_UP_REQUIRED"]
    assert await Partner.all().count() == before


@pytest.mark.clause("P4.5")
async def test_a_partner_stands_with_both_an_agreement_and_an_examination_in_force(world: World) -> None:
    by = await officer()
    partner = await registered(by)
    stands = [await is_in_standing(partner)]

    await act("agreementSign", by, "__typename", **agreement(partner))
    stands.append(await is_in_standing(partner))
    await act("securityReviewRecord", by, "__typename", **examination(partner))
    stands.append(await is_in_standing(partner))
    await act("securityReviewRecord", by, "__typename", **examination(partner, "FAILED"))
    stands.append(await is_in_standing(partner))

    assert stands == [False, False, True, False]


@pytest.mark.clause("P4.5")
@pytest.mark.parametrize("what", ["agreement", "review"])
async def test_a_partner_stands_until_the_day_on_which_one_of_them_ends(what: str) -> None:
    partner = await carrier(is_agreed=what != "agreement", is_reviewed=what != "review")
    ends_in = timedelta(days=3)
    if what == "agreement":
        await add_agreement(partner, ends_in=ends_in)
    else:
        await add_review(partner, ends_in=ends_in)

    stands: list[bool] = []
    for days in (2, 3):
        with clock.moved_to(clock.now() + timedelta(days=days)):
            stands.append(await is_in_standing(id_of(partner)))

    assert stands == [True, False]


@pytest.mark.clause("P4.5")
async def test_who_works_for_an_affiliate_stands_no_longer_than_it(world: World) -> None:
    affiliate = await add_partner(Company(PartnerType.AFFILIATE, "Sister", "DE"))
    provider = await add_partner(Company(PartnerType.AFFILIATE_PROVIDER, "Helper", "DE", named_by=affiliate))
    before = await is_in_standing(id_of(provider))

    await act("partnerSuspend", await officer(), "__typename", id=id_of(affiliate))

    assert (before, await is_in_standing(id_of(provider))) == (True, False)


async def test_a_suspension_ends_when_the_partner_is_worked_with_again(world: World) -> None:
    by, partner = await officer(), id_of(await carrier())

    suspended, _ = await act("partnerSuspend", by, "partner { status isInStanding version }", id=partner)
    resumed, _ = await act("partnerResume", by, "partner { status isInStanding version }", id=partner)

    assert suspended["partner"] == {"status": "SUSPENDED", "isInStanding": False, "version": 2}
    assert resumed["partner"] == {"status": "ACTIVE", "isInStanding": True, "version": 3}


async def test_what_officers_do_with_the_register_is_in_the_journal(world: World) -> None:
    by = await officer()
    partner = await registered(by)
    await act("agreementSign", by, "__typename", **agreement(partner))
    await act("securityReviewRecord", by, "__typename", **examination(partner))
    await act("partnerSuspend", by, "__typename", id=partner)
    await act("partnerSuspend", by, "__typename", id=partner)

    events = await AuditEvent.filter(actor_id=by.account).order_by("id")

    assert [event.action for event in events] == [
        *("partnerRegister", "agreementSign", "securityReviewRecord", "partnerSuspend")
    ]
    assert events[-1].changes == {"status": {"before": "ACTIVE", "after": "SUSPENDED"}}
    assert events[1].changes["region"] == {"before": None, "after": "NL"}
    listed = await ask(
        "query ($id: ID!) { auditEvents(first: 9, filter: {objectId: $id}) { nodes { action } } }",
        as_=world.viewers["operator"],
        id=partner,
    )
    assert [node["action"] for node in listed.data["auditEvents"]["nodes"]] == ["partnerSuspend", "partnerRegister"]


async def test_an_agreement_says_no_more_than_a_kind_of_partner_may_do_and_ends(world: World) -> None:
    by = await officer()
    partner = await registered(by)
    tomorrow = (today() + timedelta(days=1)).isoformat()
    changes: tuple[dict[str, Any], ...] = (
        {"purposes": ["FULFILMENT", "SECURITY"]},
        {"purposes": []},
        {"signedOn": tomorrow},
        {"expiresOn": today().isoformat()},
        {"expiresOn": (today() + timedelta(days=6 * 366)).isoformat()},
    )
    for given in changes:
        _, codes = await act("agreementSign", by, "__typename", **(agreement(partner) | given))
        assert codes == ["PARTNER_NOT_VALID"], given
    assert (await act("agreementSign", by, "__typename", **agreement(partner, region="ZZ")))[1] == ["COUNTRY_NOT_KNOWN"]
    assert (await act("agreementSign", by, "__typename", **agreement("nobody")))[1] == ["PARTNER_NOT_FOUND"]
    _, codes = await act("securityReviewRecord", by, "__typename", **examination(partner, reviewedOn=tomorrow))
    assert codes == ["PARTNER_NOT_VALID"]
    assert not await DataProcessingAgreement.exists(partner_id=read_public_id(partner)[1])
    assert not await SecurityReview.exists(partner_id=read_public_id(partner)[1])


async def test_of_two_who_change_a_partner_the_second_is_told(world: World) -> None:
    by, partner = await officer(), id_of(await carrier())
    given = {"id": partner, "name": "Postbode BV", "policyUrl": "https://postbode.example/p", "expectedVersion": 1}

    changed, _ = await act("partnerUpdate", by, "partner { name policyUrl version }", **given)
    _, codes = await act("partnerUpdate", by, "partner { name }", **given)

    assert changed["partner"] == {"name": "Postbode BV", "policyUrl": "https://postbode.example/p", "version": 2}
    assert codes == ["STALE_OBJECT"]


async def test_what_was_signed_is_never_changed(world: World) -> None:
    for table in ("data_processing_agreement", "security_review"):
        with pytest.raises(Exception, match="permission denied"):
            await execute(f"UPDATE {table} SET recorded_at = now()")  # noqa: S608 -- of this test alone


@pytest.mark.parametrize(
    "change",
    [
        "kind = 'MANAGER'",
        "kind = 'SUPPLIER'",
        "institution = 'SANDBOX'",
        "kind = 'AFFILIATE_PROVIDER'",
        "policy_url = 'http://x.example'",
    ],
)
async def test_the_table_holds_no_partner_that_cannot_be(change: str) -> None:
    partner = await carrier()

    with pytest.raises(ConstraintViolated):
        await execute(f"UPDATE partner SET {change} WHERE id = $1", partner.id)  # noqa: S608 -- of this test alone


@pytest.mark.clause("P4.5")
@pytest.mark.parametrize("missing", ["agreement", "review", "standing"])
async def test_a_token_without_standing_is_shown_nobody(missing: str, world: World) -> None:
    sent = next(each for each in world.shipments if each.carrier is not None and each.sale.subject.name == "adult")
    partner = await carrier(is_agreed=missing != "agreement", is_reviewed=missing != "review")
    if missing == "standing":
        await add_review(partner, ReviewOutcome.FAILED)
    await execute("UPDATE shipment SET carrier_partner_id = $2 WHERE id = $1", sent.shipment.id, partner.id)
    token = await comes_by(partner)
    answer = await ask("{ orders(first: 5) { nodes { number recipient { name } } } }", as_=token)

    await execute("UPDATE shipment SET carrier_partner_id = $2 WHERE id = $1", sent.shipment.id, sent.carrier)

    assert token.is_in_standing is False
    assert answer.data["orders"]["nodes"] == []


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("risk_control", []),
        ("verifier", []),
        ("carrier", ["LEGAL_GROUND_NOT_VALID"]),
        ("affiliate", ["LEGAL_GROUND_NOT_VALID"]),
        (None, ["LEGAL_GROUND_NOT_VALID"]),
    ],
)
async def test_a_legal_ground_is_opened_for_a_partner_that_can_act_under_one(
    name: str | None, codes: list[str], world: World
) -> None:
    by = await officer()
    holder = {"partnerId": id_of(world.partners[name]) if name is not None else "nobody"}
    given = wanted_ground(world.subjects["adult"], by, "PERSON_NAME", holder=holder)
    document = """mutation ($input: LegalGroundOpenInput!) { legalGroundOpen(input: $input) {
        legalGround { holder holderPartnerId } userErrors { code } } }"""

    opened = (await ask(document, as_=by, input=given)).data["legalGroundOpen"]

    assert [error["code"] for error in opened["userErrors"]] == codes
    assert opened["legalGround"] == (None if codes else {"holder": None, "holderPartnerId": holder["partnerId"]})


@pytest.mark.parametrize("given", ["nobody", "supplier", "suspended"])
async def test_a_parcel_is_handed_to_an_active_carrier_or_to_none_of_the_register(given: str, world: World) -> None:
    supplier = replace(world.viewers["supplier_one"], scopes=frozenset(SUPPLIER_SCOPES))
    audience = f"supplier {supplier.supplier}"
    suspended = await carrier()
    await act("partnerSuspend", await officer(), "__typename", id=id_of(suspended))
    ids = {
        "nobody": "nobody",
        "supplier": public_id("Partner", world.partners["supplier"].id, audience),
        "suspended": public_id("Partner", suspended.id, audience),
    }
    part = await FulfillmentOrder.get(order_id=world.sales[0].order.id, supplier_id=supplier.supplier)
    wish = {
        "fulfillmentOrderId": public_id("FulfillmentOrder", part.id, audience),
        "carrier": "Postbode",
        "carrierId": ids[given],
        "expectedVersion": 1,
        "idempotencyKey": new_id().hex,
    }

    _, codes = await act("shipmentCreate", supplier, "__typename", **wish)

    assert codes == ["CARRIER_NOT_FOUND"]
    assert not await Shipment.exists(fulfilment_id=part.id)
