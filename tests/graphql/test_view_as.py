"""Staff look at the shop as others would see it: what is told is what these see, and no value of it."""

import json
from functools import partial
from typing import Any

import pytest

from commerce import audit, sessions
from commerce.access_tokens import SCOPES
from models.accounts import Account
from models.audit import AuditEvent
from models.disclosures import Disclosure
from models.ids import public_id
from models.legal_grounds import LegalGroundUse
from models.pool import counting_statements
from permissions import OperationContext
from policy.partners import PartnerType
from policy.purposes import Purpose
from policy.viewer import Viewer
from resolvers.cells import open_cells
from schema.view_as import FIELDS
from server.demo_partners import add_partner_token
from tests.graphql.asking import DOCUMENTS, EXECUTOR, REHEARSALS, ask
from tests.graphql.viewing import CASE, VIEW_AS, View, account, objects_at, shown, texts_of, view
from tests.graphql.world import World

ORDER = """query Look($number: String!) { order(number: $number) {
  number status placedAt total { amount currencyCode } buyer { email phone profile { name birthDate } }
  recipient { name phone street city } lines { title quantity }
} }"""
OWN = """{ viewer { kind account { email state region addresses { street }
  profile { name birthDate gender } } } orders(first: 50) { nodes { number total { amount } recipient { name } } } }"""
USER = "query ($id: ID!) { node(id: $id) { ... on User { email profile { name } } } }"
SENT = "{ orders(first: 50) { nodes { number recipient { name phone city } shipments(first: 5) { nodes { id } } } } }"
PAID = "{ payments(first: 50) { nodes { id orderNumber amount { amount } } } }"


@pytest.fixture
def officer(world: World) -> Viewer:
    return world.viewers["officer"]


def number_of(world: World, name: str, part: int = 0) -> str:
    return world.sales_of(world.subjects[name])[part].order.number


def partner(world: World, name: str, **more: Any) -> dict[str, Any]:
    return {"partner": {"id": public_id("Partner", world.partners[name].id), **more}}


def staff(world: World, name: str) -> dict[str, Any]:
    member = world.viewers[name].account
    assert member is not None
    return {"staffId": public_id("Staff", member)}


async def token_of(world: World, name: str) -> Viewer:
    scopes = tuple(sorted(SCOPES[PartnerType[world.partners[name].kind]]))
    return await sessions.authenticate(await add_partner_token(world.partners[name], scopes))


async def journal(by: Viewer) -> list[AuditEvent]:
    return await AuditEvent.filter(actor_id=by.account, action="viewAs").order_by("id")


def is_same(told: View, viewer: int, answer: Any) -> None:
    """Hold what is told of a viewer against what they are shown when they ask themselves."""
    assert answer.errors == []
    assert told.fields(viewer) == shown(answer)
    for path, outcomes in told.objects(viewer).items():
        assert outcomes == ({"SHOWN"} if objects_at(answer.data, path) else {"NULL"}), path


async def test_an_order_is_seen_side_by_side_as_each_of_the_viewers_sees_it(world: World, officer: Viewer) -> None:
    number = number_of(world, "adult")
    viewers = {
        "adult": account(world.subjects["adult"]),
        "supplier": partner(world, "supplier"),
        "agent": staff(world, "agent"),
        "anonymous": {"isAnonymous": True},
    }
    asking = {name: world.viewers[name] for name in ("adult", "agent", "anonymous")}
    asking["supplier"] = await token_of(world, "supplier")

    told = await view(ORDER, *viewers.values(), by=officer, variables={"number": number})

    assert told.errors == []
    assert [each["kind"] for each in told.told["viewers"]] == ["PERSON", "SUPPLIER", "AGENT", "ANONYMOUS"]
    for place, name in enumerate(viewers):
        is_same(told, place, await ask(ORDER, as_=asking[name], explained=True, number=number))
    seen = {name: told.outcomes("order.recipient.phone", place) for place, name in enumerate(viewers)}
    assert seen == {"adult": ["SHOWN"], "supplier": ["SHOWN"], "agent": ["SHOWN"], "anonymous": ["NULL"]}


async def test_a_mask_is_told_as_one(world: World, officer: Viewer) -> None:
    # Membership of this one was not verified on the agent's ticket.
    given: dict[str, Any] = {"id": public_id("User", world.subjects["other"].account.id)}

    told = await view(USER, staff(world, "agent"), by=officer, variables=given)

    is_same(told, 0, await ask(USER, as_=world.viewers["agent"], explained=True, **given))
    (sight,) = told.sights("node.email")
    assert (sight["outcome"], sight["code"]) == ("MASKED", "MEMBERSHIP_NOT_VERIFIED")


@pytest.mark.parametrize(
    ("name", "document"),
    [("carrier", ORDER), ("carrier", SENT), ("risk_control", ORDER), ("affiliate", ORDER), ("institution", PAID)],
)
async def test_partners_of_all_kinds_are_seen_as_their_tokens_see(
    world: World, officer: Viewer, name: str, document: str
) -> None:
    variables: dict[str, Any] = {"number": number_of(world, "adult", 4)} if document is ORDER else {}

    told = await view(document, partner(world, name), by=officer, variables=variables)

    is_same(told, 0, await ask(document, as_=await token_of(world, name), explained=True, **variables))


async def test_roles_see_what_a_trained_member_without_tickets_sees(world: World, officer: Viewer) -> None:
    roles = ("AGENT", "OPERATOR", "PRIVACY_OFFICER", "AUDITOR")
    number = number_of(world, "adult")

    told = await view(ORDER, *({"staffRole": role} for role in roles), by=officer, variables={"number": number})

    assert [told.outcomes("order", place) for place in range(4)] == [["NULL"], ["SHOWN"], ["NULL"], ["NULL"]]
    is_same(told, 1, await ask(ORDER, as_=world.viewers["operator"], explained=True, number=number))


async def test_a_purpose_and_a_token_for_a_subcontractor_are_told_apart(world: World, officer: Viewer) -> None:
    document = "{ orders(first: 50) { nodes { number recipient { phone } } } }"

    told = await view(
        document,
        partner(world, "supplier"),
        partner(world, "supplier", isDelegated=True),
        partner(world, "supplier", purpose=Purpose.OPERATIONS.name),
        by=officer,
    )

    assert [told.outcomes("orders.nodes.number", place) for place in range(3)] == [["SHOWN"], ["SHOWN"], ["NULL"]]


async def test_a_purpose_that_a_viewer_may_not_name_is_their_refusal_and_nobody_elses(
    world: World, officer: Viewer
) -> None:
    document = "query @purpose(is: FULFILMENT) { orders(first: 5) { nodes { number } } }"

    told = await view(document, partner(world, "supplier"), account(world.subjects["adult"]), by=officer)

    assert [each["refused"] for each in told.told["viewers"]] == [None, "PURPOSE_NOT_ALLOWED"]
    (sight,) = told.sights("orders.nodes.number", 1)
    assert (sight["outcome"], sight["code"]) == ("ERROR", "PURPOSE_NOT_ALLOWED")
    assert told.outcomes("orders.nodes.number", 0) == ["SHOWN"]


async def test_a_field_that_a_token_has_no_scope_for_is_an_error_with_its_code(world: World, officer: Viewer) -> None:
    told = await view("{ orders(first: 5) { nodes { number } } }", partner(world, "verifier"), by=officer)

    (sight,) = told.sights("orders")
    assert (sight["outcome"], sight["code"]) == ("ERROR", "INSUFFICIENT_SCOPE")


async def test_the_clauses_and_what_is_missing_are_told_as_the_viewer_would_not_learn_them(
    world: World, officer: Viewer
) -> None:
    number = number_of(world, "adult", 1)

    told = await view(ORDER, partner(world, "supplier"), by=officer, variables={"number": number})

    (sight,) = told.sights("order.recipient.phone")
    assert (sight["outcome"], sight["code"], sight["party"]) == ("MASKED", "WINDOW_CLOSED", "SUPPLIER")
    assert sight["missing"] == ["window"]


async def test_a_child_whose_guardian_does_not_consent_to_it_is_as_if_they_were_not_there(
    world: World, officer: Viewer
) -> None:
    child = world.subjects["child"]

    told = await view(OWN, account(child), by=officer)
    made_up = await view(OWN, {"accountId": public_id("User", world.sales[0].order.id)}, by=officer)

    assert told.told is None
    assert told.code == "VIEWER_NOT_FOUND"
    assert (told.code, str(told.errors[0])) == (made_up.code, str(made_up.errors[0]))
    assert not await Disclosure.filter(account_id=child.account.id, party="PRIVACY_OFFICER")


async def test_what_others_see_of_such_a_child_is_not_told_either(world: World, officer: Viewer) -> None:
    # The guardian consents to deliveries, so the supplier sees the order, and not to what officers do.
    number, supplier = number_of(world, "consented_child"), await token_of(world, "supplier")
    seen = await ask(ORDER, as_=supplier, number=number)

    told = await view(ORDER, partner(world, "supplier"), by=officer, variables={"number": number})
    made_up = await view(ORDER, partner(world, "supplier"), by=officer, variables={"number": "there is none"})

    assert seen.data["order"]["number"] == number
    assert told.told == made_up.told
    assert told.outcomes("order") == ["NULL"]


async def test_of_a_list_only_those_objects_are_told_that_may_be(world: World, officer: Viewer) -> None:
    numbers = [number_of(world, name) for name in ("adult", "consented_child")]
    documents = [f'{{ order(number: "{number}") {{ lines {{ title }} buyer {{ id }} }} }}' for number in numbers]
    both = "{ orders(first: 100) { nodes { lines { title } } } }"

    adult, child = [await view(document, partner(world, "supplier"), by=officer) for document in documents]
    listed = await view(both, partner(world, "supplier"), by=officer)

    # Not even that the child's order has lines: their row is missing.
    assert [row["path"] for row in child.told["rows"]] == [["order"]]
    assert ["order", "lines"] in [row["path"] for row in adult.told["rows"]]
    assert listed.outcomes("orders.nodes.lines") == ["SHOWN"]


async def test_no_reason_tells_staff_of_an_age(world: World, officer: Viewer) -> None:
    minor = world.subjects["consented_child"]
    document = "{ viewer { account { addresses { street } profile { name birthDate } } } }"
    await Account.filter(id=minor.account.id).update(guardian_consents=Purpose.PRIVACY.bit)
    try:
        own = await ask(document, as_=world.viewers["consented_child"], explained=True)
        told = await view(document, account(minor), by=officer)
    finally:
        consents = sum(purpose.bit for purpose in minor.consents)
        await Account.filter(id=minor.account.id).update(guardian_consents=consents)

    assert {entry["code"] for entry in own.withheld} == {"GUARDIAN_CONSENT_REQUIRED"}
    (sight,) = told.sights("viewer.account.profile.birthDate")
    assert (sight["outcome"], sight["code"], sight["clauses"], sight["missing"]) == ("WITHHELD", "NOT_SHARED", [], [])
    assert "GUARDIAN" not in json.dumps(told.told)
    assert "P7" not in json.dumps(told.told)


async def test_an_auditor_may_look_at_people_of_age(world: World) -> None:
    told = await view(OWN, account(world.subjects["adult"]), by=world.viewers["auditor"])

    assert told.outcomes("viewer.account.email") == ["SHOWN"]


async def test_no_value_of_anybody_is_in_what_is_told(world: World, officer: Viewer) -> None:
    viewers = [account(world.subjects["adult"]), partner(world, "supplier"), partner(world, "carrier")]
    named = await view(ORDER, *viewers, by=officer, variables={"number": number_of(world, "adult")})
    told = [named, await view(OWN, *viewers, by=officer)]

    text = json.dumps([each.told for each in told])
    values = texts_of(world.subjects.values())
    values |= {value for sale in world.sales for value in (sale.order.number, sale.parcel.phone, sale.parcel.street)}
    assert len(values) > 50
    assert [value for value in values if value in text] == []
    assert all(each.fields(0) for each in told)


async def test_nothing_is_decrypted_and_only_the_notes_are_written(world: World, officer: Viewer) -> None:
    with counting_statements() as statements:
        told = await view(OWN, account(world.subjects["adult"]), partner(world, "supplier"), by=officer)

    assert told.errors == []
    assert statements.keys == []
    writes = [
        sql.split("(")[0].strip() for sql in statements.shop if sql.lstrip()[:6] in ("INSERT", "UPDATE", "DELETE")
    ]
    assert {write.replace('"', "") for write in writes} == {"INSERT INTO audit_event", "INSERT INTO disclosure"}
    assert "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY" in statements.shop


async def test_the_look_is_noted_with_its_case_for_each_viewer(world: World, officer: Viewer) -> None:
    adult = world.subjects["adult"]
    before = len(await journal(officer))

    with audit.request("the request"):
        await view(OWN, account(adult), partner(world, "supplier"), {"staffRole": "OPERATOR"}, by=officer)

    noted = (await journal(officer))[before:]
    assert [(event.object_type, event.object_id) for event in noted] == [
        ("Account", adult.account.id),
        ("Partner", world.partners["supplier"].id),
        ("Account", officer.account),
    ]
    assert all(event.changes == {"case_reference": {"before": None, "after": CASE}} for event in noted)
    assert {event.request_id for event in noted} == {"the request"}


async def test_the_person_learns_that_an_officer_was_told_and_of_no_disclosure_to_the_supplier(
    world: World, officer: Viewer
) -> None:
    adult = world.subjects["adult"]
    number = number_of(world, "adult")
    before = {row.id for row in await Disclosure.filter(account_id=adult.account.id)}

    await view(ORDER, partner(world, "supplier"), {"isAnonymous": True}, by=officer, variables={"number": number})

    new = [row for row in await Disclosure.filter(account_id=adult.account.id) if row.id not in before]
    assert [(row.party, row.classes, row.viewer_account_id) for row in new] == [
        ("PRIVACY_OFFICER", ["DISCLOSURE"], officer.account)
    ]
    assert new[0].clauses == ["P6.1"]


async def test_no_legal_ground_is_used_by_looking_as_its_holder(world: World, officer: Viewer) -> None:
    before = await LegalGroundUse.all().count()
    variables = {"id": public_id("User", world.subjects["adult"].account.id)}

    told = await view(USER, staff(world, "operator_under_ground"), by=officer, variables=variables)

    assert told.outcomes("node.profile.name") == ["SHOWN"]
    assert await LegalGroundUse.all().count() == before


async def test_a_look_costs_the_same_whatever_there_is(world: World, officer: Viewer) -> None:
    spent: set[int] = set()
    for name in ("adult", "consented_child"):
        variables = {"number": number_of(world, name)}
        given = {
            "document": ORDER,
            "as": [partner(world, "supplier")],
            "case": CASE,
            "variables": json.dumps(variables),
        }
        context = OperationContext(
            open_cells=open_cells,
            prepare=DOCUMENTS.parsed,
            rehearse=partial(REHEARSALS.prepare, request_id="of a test"),
            viewer=officer,
        )
        await EXECUTOR.execute(DOCUMENTS.prepare(VIEW_AS), None, given, context)
        spent.add(context.spent)

    (only,) = spent
    assert only > FIELDS
