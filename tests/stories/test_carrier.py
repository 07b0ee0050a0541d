"""A carrier's story over HTTP: how it gets a token, what that shows while there is something to deliver, and after."""

import os
from datetime import timedelta
from pathlib import Path

from commerce.settlement import AFTER_SALES
from models import clock
from models.ids import new_id
from models.partners import today
from policy.parties import Party
from tests.stories.partnering import REGISTER, REVIEW, SIGN, TOKEN
from tests.stories.steps import PARTS, SHIP, blanket, buys, officer, registered, table
from tests.stories.telling import Story

PAGE = Path(__file__).parents[2] / "docs" / "stories" / "carrier.md"
DELEGATE = """mutation ($input: AccessTokenDelegateInput!) {
  accessTokenDelegate(input: $input) {
    accessToken { subcontractor scopes purposes } credential userErrors { code message }
  }
}"""
SUSPEND = """mutation ($input: PartnerInput!) {
  partnerSuspend(input: $input) { partner { status isInStanding } userErrors { code message } }
}"""
PUBLIC = """query ($id: ID!) {
  node(id: $id) { ... on Partner {
    name type policyUrl isInStanding receives { dataClass purposes clauses } agreements(first: 1) { totalCount }
  } }
}"""
PARCELS = """query Parcels @purpose(is: FULFILMENT) {
  orders(first: 5) { nodes {
    number status
    total { amount } lines { title } buyer { email }
    recipient { name phone street city }
    shipments(first: 5) { nodes { id carrier trackingNumber status createdAt } }
  } }
}"""
REPORT = """mutation Report($input: ShipmentTrackingReportInput!) {
  shipmentTrackingReport(input: $input) {
    shipment { status trackingEvents(first: 1) { totalCount nodes { status country } } }
    userErrors { code field message }
  }
}"""
FOLLOWED = """query ($number: String!) {
  order(number: $number) {
    status allowedActions
    shipments(first: 5) { nodes {
      carrier status
      trackingEvents(first: 9) { nodes { status country occurredAt reportedBy { name } } }
    } }
  }
}"""
OTHERWISE = "query @purpose(is: SECURITY) { orders(first: 5) { nodes { number } } }"
PARTS_OF_OTHERS = "{ fulfillmentOrders(first: 5) { nodes { orderNumber } } }"
SHOWN = """{
  viewer { disclosures(first: 10) { nodes { party partnerId purpose classes clauses operation } } }
}"""
INTRODUCTION = """# A carrier's story

Postbode delivers parcels. Everything below was asked of the application over HTTP and is what it answered; only ids,
tokens, codes and times are replaced. `tests/stories/test_carrier.py` tells it again at every run, and fails when an
answer changes. How partners are served in general is in [partners](../partners.md).

## What a carrier's token can read, and what not

Made from the rules. What is seen if nothing is said against it comes last; conditions under which less is seen come
before it.
"""


async def told(story: Story) -> str:
    """Tell the story, and look at every step that it took."""
    robin, name = f"robin-{new_id().hex}@example.com", f"Postbode {new_id().hex}"
    later = today() + timedelta(days=300)
    until = (clock.now() + timedelta(days=90)).isoformat()
    story.replaced |= {robin: "robin@example.com", name: "Postbode", later.isoformat(): "2027-04-01"}
    story.replaced[today().isoformat()] = "2026-06-01"
    buyer = await registered(story, robin, "1984-02-11", is_shown=False)
    variant, supplier = await blanket()
    privacy = await officer()

    story.say(INTRODUCTION + "\n" + table(Party.CARRIER))
    story.say("## Postbode is entered into the register\n\nBy a privacy officer. That alone opens nothing:")
    wanted = {"type": "LOGISTICS", "name": name, "region": "NL", "policyUrl": "https://postbode.example/privacy"}
    entered = await story.ask(REGISTER, token=privacy, input=wanted)
    partner = entered["data"]["partnerRegister"]["partner"]
    assert partner["isInStanding"] is False
    story.say("Postbode has signed an agreement, and its software was examined:")
    signed = {
        "partnerId": partner["id"],
        "textVersion": "2026-1",
        "signedOn": today().isoformat(),
        "expiresOn": later.isoformat(),
        "region": "NL",
        "purposes": ["FULFILMENT"],
    }
    await story.ask(SIGN, token=privacy, input=signed)
    reviewed = {
        "partnerId": partner["id"],
        "reviewedOn": today().isoformat(),
        "outcome": "PASSED",
        "expiresOn": later.isoformat(),
    }
    await story.ask(REVIEW, token=privacy, input=reviewed)
    story.say("What it can be shown, and where its own policy is, anybody can read; what it has signed, only itself:")
    public = await story.ask(PUBLIC, id=partner["id"])
    assert public["data"]["node"]["isInStanding"] is True
    assert public["data"]["node"]["agreements"] == {"totalCount": 0}
    story.say("Then it gets a token. What opens it is shown this once:")
    asked = {
        "partnerId": partner["id"],
        "scopes": ["orders:read", "shipments:write", "access_tokens:write"],
        "purposes": ["FULFILMENT"],
        "expiresAt": until,
        "idempotencyKey": "the token",
    }
    made = await story.ask(TOKEN, token=privacy, input=asked)
    carrier = made["data"]["accessTokenCreate"]["credential"]

    story.say("## A parcel is handed over\n\nRobin has bought a blanket, and the supplier hands it to Postbode:")
    await buys(story, buyer, variant, "the first blanket", is_shown=False)
    nothing = await story.ask(PARCELS, token=carrier, is_shown=False)
    assert nothing["data"]["orders"]["nodes"] == []
    parts = await story.ask(PARTS, token=supplier, is_shown=False)
    (part,) = parts["data"]["fulfillmentOrders"]["nodes"]
    # The supplier knows the carrier by an id of its own.
    listed = await story.ask("{ partners(first: 100) { nodes { id name } } }", token=supplier, is_shown=False)
    known = next(each["id"] for each in listed["data"]["partners"]["nodes"] if each["name"] == name)
    parcel = {
        "fulfillmentOrderId": part["id"],
        "carrier": "Postbode",
        "carrierId": known,
        "trackingNumber": "3S-7731",
        "expectedVersion": part["version"],
        "idempotencyKey": "the parcel",
    }
    await story.ask(SHIP, token=supplier, input=parcel)
    story.say("Now it sees the parcel and whom it goes to, and not what is in it, what it cost or who ordered it:")
    seen = await story.ask(PARCELS, token=carrier)
    (shown,) = seen["data"]["orders"]["nodes"]
    assert shown["recipient"]["phone"]
    assert (shown["total"], shown["lines"], shown["buyer"]) == (None, [], None)
    story.say("Its token is for delivering, and for nothing else:")
    refused = await story.ask(OTHERWISE, token=carrier)
    assert refused["errors"][0]["extensions"]["code"] == "PURPOSE_NOT_ALLOWED"
    scope = await story.ask(PARTS_OF_OTHERS, token=carrier)
    assert scope["errors"][0]["extensions"]["code"] == "INSUFFICIENT_SCOPE"

    story.say(
        "## Postbode reports\n\nWhat happened to the parcel, and when: a choice and no text. Sent again with its key "
        "it is recorded once:"
    )
    moved = {
        "id": shown["shipments"]["nodes"][0]["id"],
        "status": "IN_TRANSIT",
        "occurredAt": clock.now().isoformat(),
        "country": "DE",
        "idempotencyKey": "the first report",
    }
    reported = await story.ask(REPORT, token=carrier, input=moved)
    assert reported["data"]["shipmentTrackingReport"]["shipment"]["trackingEvents"]["totalCount"] == 1
    repeated = await story.ask(REPORT, token=carrier, input=moved, is_shown=False)
    assert repeated["data"] == reported["data"]
    story.say("What has not happened yet is not taken:")
    ahead = {**moved, "occurredAt": (clock.now() + timedelta(days=1)).isoformat(), "idempotencyKey": "too early"}
    early = await story.ask(REPORT, token=carrier, input=ahead)
    assert early["data"]["shipmentTrackingReport"]["userErrors"][0]["code"] == "TRACKING_EVENT_IN_FUTURE"

    story.say("## The last mile is passed on\n\nPostbode makes a token for a subcontractor: for no more than its own.")
    passed = {
        "subcontractor": "Last Mile",
        "scopes": ["orders:read", "shipments:write"],
        "purposes": ["FULFILMENT"],
        "expiresAt": until,
        "idempotencyKey": "the last mile",
    }
    delegated = await story.ask(DELEGATE, token=carrier, input=passed)
    courier = delegated["data"]["accessTokenDelegate"]["credential"]
    story.say(
        "It shows the same parcel, because Robin is of age; a child's it would not show, whoever consents. It passes "
        "nothing on itself:"
    )
    same = await story.ask(PARCELS, token=courier, is_shown=False)
    assert same["data"]["orders"]["nodes"][0]["recipient"]["phone"]
    further = await story.ask(DELEGATE, token=courier, input=passed)
    assert further["errors"][0]["extensions"]["code"] == "INSUFFICIENT_SCOPE"

    story.say("The courier hands the parcel over:")
    there = {**moved, "status": "DELIVERED", "country": "AT", "idempotencyKey": "at the door"}
    there["occurredAt"] = clock.now().isoformat()
    delivered = await story.ask(REPORT, token=courier, input=there)
    assert delivered["data"]["shipmentTrackingReport"]["shipment"]["status"] == "RECEIVED"
    story.say("That ended the delivery. Nothing is taken after it:")
    again = await story.ask(REPORT, token=carrier, input={**moved, "idempotencyKey": "the last report"})
    assert again["data"]["shipmentTrackingReport"]["userErrors"][0]["code"] == "SHIPMENT_DELIVERY_ENDED"
    story.say("Robin has followed it, and has nothing left to confirm:")
    followed = await story.ask(FOLLOWED, token=buyer, number=shown["number"])
    assert followed["data"]["order"]["status"] == "DELIVERED"
    assert followed["data"]["order"]["allowedActions"] == []

    story.say(
        "## The after-sales window ends\n\nFifteen days after the parcel came it is not there any more, neither for "
        "Postbode nor for its subcontractor:"
    )
    assert (await story.ask(PARCELS, token=carrier, is_shown=False))["data"]["orders"]["nodes"]
    with clock.moved_to(clock.now() + AFTER_SALES):
        over = await story.ask(PARCELS, token=carrier)
        late = await story.ask(
            REPORT, token=carrier, input={**moved, "status": "RETURNED", "idempotencyKey": "too late"}
        )
        assert (await story.ask(PARCELS, token=courier, is_shown=False))["data"]["orders"]["nodes"] == []
    assert over["data"]["orders"]["nodes"] == []
    assert late["data"]["shipmentTrackingReport"]["userErrors"][0]["code"] == "SHIPMENT_NOT_FOUND"

    story.say(
        "## Postbode is suspended\n\nFrom the next request on neither of the tokens shows anybody, also while the "
        "window lasts:"
    )
    await story.ask(SUSPEND, token=privacy, input={"id": partner["id"]})
    after = await story.ask(PARCELS, token=carrier)
    assert after["data"]["orders"]["nodes"] == []
    assert (await story.ask(PARCELS, token=courier, is_shown=False))["data"]["orders"]["nodes"] == []

    story.say(
        "## Robin reads what the carrier was shown\n\nThe newest first, what the subcontractor was shown among it:"
    )
    record = await story.ask(SHOWN, token=buyer)
    rows = [row for row in record["data"]["viewer"]["disclosures"]["nodes"] if row["party"] == "CARRIER"]
    assert len(rows) == 6
    assert sum("RECIPIENT_PHONE" in row["classes"] for row in rows) == 3
    return story.page()


async def test_the_carriers_story_is_what_the_shop_answers(story: Story) -> None:
    page = await told(story)
    if os.environ.get("AVOW_WRITE_STORIES"):
        PAGE.write_text(page, encoding="utf-8")

    assert PAGE.read_text(encoding="utf-8") == page, (
        "Run `AVOW_WRITE_STORIES=1 python3 dev.py test tests/stories`, and review the difference."
    )
