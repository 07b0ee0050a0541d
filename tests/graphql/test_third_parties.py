"""What people without an account see and do through the schema, and what partners are told (P1.2e)."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from commerce import messages, third_parties
from commerce.messages import Channel
from models.fulfilments import FulfillmentOrder
from models.ids import public_id
from models.orders import Order
from models.third_parties import ThirdPartyChallenge, given_of, shown_of
from permissions.context import Client
from policy.viewer import ANONYMOUS, Viewer
from resolvers import nodes
from resolvers import third_parties as resolved
from server.demo_rows import SUPPLIER_SCOPES
from tests.commerce.buyers import buyer
from tests.commerce.receivers import new_phone, proven, recipient_of, sent_to
from tests.graphql.asking import Answer, ask

pytestmark = pytest.mark.usefixtures("database")

CHALLENGE = """mutation ($input: ThirdPartyChallengeInput!) {
  thirdPartyChallenge(input: $input) { challenge { id expiresAt } userErrors { code field } }
}"""
PROVE = """mutation ($input: ThirdPartyProveInput!) {
  thirdPartyProve(input: $input) {
    token thirdParty { expiresAt records(first: 5) { totalCount nodes { name } } } userErrors { code field }
  }
}"""
HELD = """{
  viewer { kind account { id } }
  thirdParty {
    records(first: 5) {
      totalCount
      nodes {
        id name phone street city postalCode country givenAt objectedAt
        disclosures(first: 5) { totalCount nodes { party supplier { slug } classes purpose disclosedAt } }
      }
    }
  }
}"""
OBJECT = """mutation ($input: ThirdPartyObjectInput!) {
  thirdPartyObject(input: $input) { objection { recordedAt erased cancelled waiting } userErrors { code field } }
}"""
PARTS = "{ fulfillmentOrders(first: 5) { nodes { orderNumber recipient { name phone erasedAt } } } }"
NOTICES = """{
  objectionNotices(first: 5) { nodes { id orderNumber classes createdAt acknowledgedAt supplier { slug } } }
}"""
ACKNOWLEDGE = """mutation ($input: ObjectionNoticeAcknowledgeInput!) {
  objectionNoticeAcknowledge(input: $input) { notice { acknowledgedAt } userErrors { code field } }
}"""


@pytest.fixture(autouse=True)
def texts() -> Iterator[None]:
    messages.serve(Channel)
    yield
    messages.serve({Channel.EMAIL})


def place() -> Client:
    """A client program at a network address of its own."""
    return Client("Firefox", os.urandom(32), "web")


async def token_of(order: Any) -> Viewer:
    part = await FulfillmentOrder.get(order_id=order)
    return Viewer(supplier=part.supplier_id, scopes=frozenset(SUPPLIER_SCOPES))


async def held_of(viewer: Viewer) -> list[dict[str, Any]]:
    seen = await ask(HELD, as_=viewer)
    assert seen.errors == []
    return seen.data["thirdParty"]["records"]["nodes"]


async def test_whoever_proves_a_phone_sees_in_the_same_operation_what_is_held_of_it():
    phone = new_phone()
    await sent_to(phone)

    begun = await ask(CHALLENGE, as_=ANONYMOUS, client=place(), input={"contact": {"phone": phone}})
    challenge = begun.data["thirdPartyChallenge"]["challenge"]
    row = await ThirdPartyChallenge.all().order_by("-id").first()
    assert row is not None
    given = {"challengeId": challenge["id"], "code": third_parties.code_for(row.id)}
    done = await ask(PROVE, as_=ANONYMOUS, client=place(), input=given)

    proof = done.data["thirdPartyProve"]
    assert proof["userErrors"] == []
    assert proof["token"].startswith("avow_proof_")
    assert proof["thirdParty"]["records"] == {"totalCount": 1, "nodes": [{"name": "Noor Visser"}]}


@pytest.mark.parametrize("given", [{"challengeId": "nonsense", "code": "1"}, None])
async def test_a_wrong_code_proves_nothing_and_does_not_say_why(given: dict[str, str] | None):
    begun = await ask(CHALLENGE, as_=ANONYMOUS, client=place(), input={"contact": {"phone": new_phone()}})
    wrong = given or {"challengeId": begun.data["thirdPartyChallenge"]["challenge"]["id"], "code": "no"}

    done = await ask(PROVE, as_=ANONYMOUS, client=place(), input=wrong)

    refused = [{"code": "THIRD_PARTY_CODE_NOT_VALID", "field": ["code"]}]
    assert done.data["thirdPartyProve"] == {"token": None, "thirdParty": None, "userErrors": refused}


@pytest.mark.clause("P1.2e")
async def test_a_recipient_sees_what_was_given_of_them_and_nothing_of_who_gave_it():
    phone = new_phone()
    order = await sent_to(phone)
    await sent_to(new_phone())

    seen = await ask(HELD, as_=await proven(phone))

    assert seen.data["viewer"] == {"kind": "THIRD_PARTY", "account": None}
    records = seen.data["thirdParty"]["records"]
    (record,) = records["nodes"]
    assert records["totalCount"] == 1
    given = {name: record[name] for name in ("name", "phone", "street", "city", "postalCode", "country")}
    assert given == {
        "name": "Noor Visser",
        "phone": phone,
        "street": "Kade 7",
        "city": "Utrecht",
        "postalCode": "3511 AB",
        "country": "NL",
    }
    assert (record["objectedAt"], seen.withheld) == (None, [])
    row = await Order.get(id=order)
    assert row.number not in str(seen.data)


async def test_to_everybody_else_there_is_no_third_party():
    phone, by = new_phone(), await buyer()
    order = await sent_to(phone, by=by)

    for viewer in (ANONYMOUS, by, await token_of(order)):
        assert (await ask(HELD, as_=viewer)).data["thirdParty"] is None


async def test_a_proof_opens_neither_the_order_nor_a_record_of_somebody_else():
    phone, other = new_phone(), new_phone()
    order, foreign = await sent_to(phone), await sent_to(other)
    ids = [
        public_id("Order", order),
        public_id("ThirdPartyRecord", (await recipient_of(order)).id),
        public_id("ThirdPartyRecord", (await recipient_of(foreign)).id),
    ]

    seen = await ask(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename } orders(first: 5) { totalCount } }",
        as_=await proven(phone),
        ids=ids,
    )

    assert seen.data == {"nodes": [None, {"__typename": "ThirdPartyRecord"}, None], "orders": {"totalCount": 0}}


@pytest.mark.clause("P1.2e")
async def test_a_recipient_sees_to_whom_the_ledger_says_they_were_shown_and_not_what_was_shown_of_the_buyer():
    phone = new_phone()
    order = await sent_to(phone)
    await noted(await ask(PARTS, as_=await token_of(order)), order)

    (record,) = await held_of(await proven(phone))

    (shown,) = record["disclosures"]["nodes"]
    assert (shown["party"], shown["purpose"]) == ("SUPPLIER", "FULFILMENT")
    assert shown["classes"] == ["RECIPIENT_NAME", "RECIPIENT_PHONE"]
    assert shown["supplier"]["slug"]


async def noted(seen: Answer, order: Any) -> None:
    """Make sure that something was shown."""
    (part,) = seen.data["fulfillmentOrders"]["nodes"]
    assert part["orderNumber"] == (await Order.get(id=order)).number
    assert part["recipient"]["name"] == "Noor Visser"


@pytest.mark.clause("P1.2e")
async def test_after_an_objection_nobody_sees_whom_the_order_was_for_and_the_partner_acknowledges_the_notice():
    phone, by = new_phone(), await buyer()
    order = await sent_to(phone, by=by)
    token = await token_of(order)
    await noted(await ask(PARTS, as_=token), order)
    viewer = await proven(phone)

    done = await ask(OBJECT, as_=viewer, input={})
    after = await ask(PARTS, as_=token)
    own = await ask(
        "query ($id: ID!) { node(id: $id) { ... on Order { status recipient { name phone erasedAt } } } }",
        as_=by,
        id=public_id("Order", order),
    )
    told = await ask(NOTICES, as_=token)
    (notice,) = told.data["objectionNotices"]["nodes"]
    answered = await ask(ACKNOWLEDGE, as_=token, input={"id": notice["id"]})

    objection = done.data["thirdPartyObject"]["objection"]
    assert (objection["erased"], objection["cancelled"], objection["waiting"]) == (1, 1, 0)
    (part,) = after.data["fulfillmentOrders"]["nodes"]
    assert (part["recipient"]["name"], part["recipient"]["phone"]) == ("•••", "+•• ••• •••••")
    assert own.data["node"]["status"] == "CANCELLED"
    assert (own.data["node"]["recipient"]["name"], own.data["node"]["recipient"]["phone"]) == (None, None)
    assert own.data["node"]["recipient"]["erasedAt"] is not None
    assert await held_of(viewer) == []
    assert notice["classes"] == ["RECIPIENT_NAME", "RECIPIENT_PHONE"]
    assert notice["acknowledgedAt"] is None
    assert answered.data["objectionNoticeAcknowledge"]["notice"]["acknowledgedAt"] is not None


@pytest.mark.clause("P1.2e")
async def test_while_a_parcel_is_on_its_way_the_recipient_still_sees_it_and_that_they_objected():
    phone = new_phone()
    order = await sent_to(phone)
    token = await token_of(order)
    part = await FulfillmentOrder.get(order_id=order)
    sent = await ask(
        "mutation ($input: ShipmentCreateInput!) { shipmentCreate(input: $input) { userErrors { code } } }",
        as_=token,
        input={
            "fulfillmentOrderId": public_id("FulfillmentOrder", part.id, f"supplier {token.supplier}"),
            "carrier": "Postbode",
            "trackingNumber": "3S-7731",
            "expectedVersion": part.version,
            "idempotencyKey": "one",
        },
    )
    assert sent.codes == []
    viewer = await proven(phone)

    done = await ask(OBJECT, as_=viewer, input={})

    assert done.data["thirdPartyObject"]["objection"]["waiting"] == 1
    (record,) = await held_of(viewer)
    assert record["objectedAt"] is not None
    await noted(await ask(PARTS, as_=token), order)


@pytest.mark.parametrize("who", ["nobody", "buyer", "supplier"])
async def test_only_a_proof_objects(who: str):
    by = await buyer()
    order = await sent_to(new_phone(), by=by)
    viewer = {"nobody": ANONYMOUS, "buyer": by, "supplier": await token_of(order)}[who]

    done = await ask(OBJECT, as_=viewer, input={})

    assert (done.data["thirdPartyObject"]["objection"], done.codes) == (None, ["THIRD_PARTY_PROOF_NEEDED"])


async def test_a_notice_is_acknowledged_by_nobody_but_whom_it_tells():
    phone, by = new_phone(), await buyer()
    order = await sent_to(phone, by=by)
    token = await token_of(order)
    await ask(PARTS, as_=token)
    await ask(OBJECT, as_=await proven(phone), input={})
    notice = (await ask(NOTICES, as_=by)).data["objectionNotices"]["nodes"][0]
    other = await token_of(await sent_to(new_phone()))

    for viewer in (by, other, ANONYMOUS):
        done = await ask(ACKNOWLEDGE, as_=viewer, input={"id": notice["id"]})
        assert done.codes == ["OBJECTION_NOTICE_NOT_FOUND"]
    assert (await ask(NOTICES, as_=other)).data["objectionNotices"]["nodes"] == []


async def test_a_record_that_is_none_of_theirs_is_refused():
    phone = new_phone()
    await sent_to(phone)
    foreign = await recipient_of(await sent_to(new_phone()))

    done = await ask(OBJECT, as_=await proven(phone), input={"recordIds": [public_id("ThirdPartyRecord", foreign.id)]})

    assert done.codes == ["THIRD_PARTY_RECORD_NOT_FOUND"]


@pytest.mark.matrix("ThirdPartyRecord")
@pytest.mark.matrix("ThirdPartyDisclosure")
async def test_a_stranger_who_gets_hold_of_a_record_is_shown_nothing_of_it(monkeypatch: pytest.MonkeyPatch):
    order = await sent_to(new_phone())
    await noted(await ask(PARTS, as_=await token_of(order)), order)

    def opened(scoped: Callable[[Viewer], Any]) -> Callable[[Viewer], Any]:
        def everything(viewer: Viewer) -> Any:
            rows = scoped(viewer)
            return replace(rows, scope=replace(rows.scope, where="TRUE"))

        return everything

    monkeypatch.setattr(nodes, "given_of", opened(given_of))
    monkeypatch.setattr(resolved, "shown_of", opened(shown_of))
    fields = "name phone street city postalCode country givenAt objectedAt"
    document = f"""query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on ThirdPartyRecord {{
        {fields} disclosures(first: 5) {{ nodes {{ party classes purpose disclosedAt }} }} }} }} }}"""
    ids = [public_id("ThirdPartyRecord", (await recipient_of(order)).id)]

    seen = await ask(document, as_=await buyer(), ids=ids)

    (record,) = seen.data["nodes"]
    shown = record.pop("disclosures")["nodes"]
    assert set(record.values()) == {None}
    assert {value for one in shown for value in one.values()} == {None}
    withheld = {entry["path"][-1] for entry in seen.withheld}
    assert withheld == {*fields.split(), "party", "classes", "purpose", "disclosedAt"}
