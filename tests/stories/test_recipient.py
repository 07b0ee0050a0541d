"""A recipient's story over HTTP: somebody without an account sees what was given of them, and objects."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from commerce import messages, objections
from commerce.acceptances import in_force
from commerce.messages import Channel
from models.ids import new_id
from tests.commerce.receivers import new_phone
from tests.stories.steps import CHECKOUT, PARTS, RECEIVED, SHIP, blanket, filled, orders, registered, wish
from tests.stories.telling import Story

PAGE = Path(__file__).parents[2] / "docs" / "stories" / "recipient.md"
CHALLENGE = """mutation ($input: ThirdPartyChallengeInput!) {
  thirdPartyChallenge(input: $input) { challenge { id expiresAt } userErrors { code message } }
}"""
PROVE = """mutation ($input: ThirdPartyProveInput!) {
  thirdPartyProve(input: $input) {
    token
    thirdParty {
      records(first: 5) {
        nodes {
          name phone street city postalCode country givenAt
          disclosures(first: 5) { nodes { party supplier { name } classes purpose disclosedAt } }
        }
      }
    }
    userErrors { code message }
  }
}"""
OBJECT = """mutation {
  thirdPartyObject(input: {}) { objection { erased cancelled waiting } userErrors { code message } }
}"""
STILL_HELD = "{ thirdParty { records(first: 5) { totalCount nodes { name objectedAt } } } }"
BOTH = "{ orders(first: 5) { nodes { status recipient { name phone erasedAt } } } }"
NOTICES = "{ objectionNotices(first: 5) { nodes { id orderNumber classes createdAt acknowledgedAt } } }"
ACKNOWLEDGE = """mutation ($input: ObjectionNoticeAcknowledgeInput!) {
  objectionNoticeAcknowledge(input: $input) { notice { acknowledgedAt } userErrors { code message } }
}"""
INTRODUCTION = """# A recipient's story

Noor has no account. Robin, who has one, has two blankets sent to Noor. Everything below was asked of the application
over HTTP and is what it answered; only ids, tokens, codes, phone numbers and times are replaced.
`tests/stories/test_recipient.py` tells it again at every run, and fails when an answer changes. How it works in general
is in [third parties](../third-parties.md).

## Robin gives Noor's name, phone and address

Without Robin's word that Noor allows it and knows of the privacy policy nothing is stored:"""


@pytest.fixture(autouse=True)
def texts() -> Iterator[None]:
    messages.serve(Channel)
    yield
    messages.serve({Channel.EMAIL})


async def proven(story: Story, phone: str, *, is_shown: bool) -> str:
    """Let Noor prove the phone; give the token."""
    begun = await story.ask(CHALLENGE, input={"contact": {"phone": phone}}, is_shown=is_shown)
    if is_shown:
        story.say(
            "The same answer comes for a phone of which nothing is held, and the same message goes there. What is "
            "held is looked up when the code comes back."
        )
    text = await story.letter(phone, "THIRD_PARTY_CODE", is_shown=is_shown)
    code = re.findall(r"\b\d{8}\b", text)[0]
    story.replaced[code] = "27182818"
    if is_shown:
        story.say("With the code Noor sees what is held, and to whom it was shown. Who gave it is not in it:")
    challenge = begun["data"]["thirdPartyChallenge"]["challenge"]["id"]
    done = await story.ask(PROVE, input={"challengeId": challenge, "code": code}, is_shown=is_shown)
    return done["data"]["thirdPartyProve"]["token"]


async def told(story: Story) -> str:
    """Tell the story, and look at every step that it took."""
    robin, phone = f"robin-{new_id().hex}@example.com", new_phone()
    story.replaced |= {robin: "robin@example.com", phone: "+31612345678"}
    buyer = await registered(story, robin, "1984-02-11", is_shown=False)
    variant, supplier = await blanket()
    noor = {
        "isSelf": False,
        "name": "Noor Visser",
        "phone": phone,
        "street": "Kade 7",
        "city": "Utrecht",
        "postalCode": "3511 AB",
        "country": "NL",
    }

    story.say(INTRODUCTION)
    version = (await in_force()).version
    story.replaced[f"`policyVersion: {version}`"] = "`policyVersion: 1`"
    word = {"isAuthorised": True, "policyVersion": version}
    cart = await filled(story, buyer, variant, is_shown=False)
    refused = await story.ask(CHECKOUT, token=buyer, input=wish(cart, "no word", noor))
    assert refused["data"]["checkoutComplete"]["userErrors"][0]["code"] == "ATTESTATION_REQUIRED"
    story.say("With it, two blankets are ordered. The supplier reads whom to send them to, and sends the first.")
    given = {"attestation": word}
    first = await orders(story, buyer, wish(cart, "the first blanket", noor) | given, is_shown=False)
    parts = await story.ask(PARTS, token=supplier, is_shown=False)
    (part,) = parts["data"]["fulfillmentOrders"]["nodes"]
    assert part["recipient"]["phone"] == phone
    parcel = {
        "fulfillmentOrderId": part["id"],
        "carrier": "Postbode",
        "expectedVersion": part["version"],
        "idempotencyKey": "the parcel",
    }
    await story.ask(SHIP, token=supplier, input=parcel, is_shown=False)
    cart = await filled(story, buyer, variant, is_shown=False)
    await orders(story, buyer, wish(cart, "the second blanket", noor) | given, is_shown=False)
    await story.ask(PARTS, token=supplier, is_shown=False)

    story.say("## Noor proves that the phone is Noor's\n\nNoor asks for a code, which comes as a text message:")
    token = await proven(story, phone, is_shown=True)

    story.say(
        "## Noor objects\n\nThe order that has not left is cancelled, and Robin has the money back. The parcel that is "
        "on its way comes to Noor first:"
    )
    objected = await story.ask(OBJECT, token=token)
    assert objected["data"]["thirdPartyObject"]["objection"] == {"erased": 1, "cancelled": 1, "waiting": 1}
    left = await story.ask(STILL_HELD, token=token)
    assert left["data"]["thirdParty"]["records"]["totalCount"] == 1

    story.say("## Robin is told\n\nThe message names nobody:")
    await story.letter(robin, "RECIPIENT_OBJECTED")
    seen = await story.ask(BOTH, token=buyer)
    newest, oldest = seen["data"]["orders"]["nodes"]
    assert (newest["status"], newest["recipient"]["name"]) == ("CANCELLED", None)
    assert (oldest["status"], oldest["recipient"]["name"]) == ("SHIPPED", "Noor Visser")

    story.say(
        "## The supplier is told\n\nThe ledger says what it was shown of Noor, so it gets a notice of the order that "
        "is erased, and says when it has deleted what it had:"
    )
    notices = await story.ask(NOTICES, token=supplier)
    (notice,) = notices["data"]["objectionNotices"]["nodes"]
    assert "RECIPIENT_PHONE" in notice["classes"]
    await story.ask(ACKNOWLEDGE, token=supplier, input={"id": notice["id"]})

    story.say("## The parcel has come\n\nRobin says so, and within a minute nothing is held of Noor any more:")
    await story.ask(RECEIVED, token=buyer, input={"id": first})
    # What a server does every minute.
    await objections.go_on()
    nothing = await story.ask(STILL_HELD, token=token)
    assert nothing["data"] == {"thirdParty": {"records": {"totalCount": 0, "nodes": []}}}
    after = await story.ask(BOTH, token=buyer)
    assert [order["recipient"]["name"] for order in after["data"]["orders"]["nodes"]] == [None, None]
    return story.page()


async def test_the_recipients_story_is_what_the_shop_answers(story: Story) -> None:
    page = await told(story)
    if os.environ.get("AVOW_WRITE_STORIES"):
        PAGE.write_text(page, encoding="utf-8")

    assert PAGE.read_text(encoding="utf-8") == page, (
        "Run `AVOW_WRITE_STORIES=1 python3 dev.py test tests/stories`, and review the difference."
    )
