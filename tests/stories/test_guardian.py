"""A guardian's story over HTTP: verified, asked, approving a purchase, and withdrawing."""

import os
import re
from pathlib import Path

from models import clock
from models.ids import new_id
from tests.stories.steps import (
    APPROVE,
    ASKS,
    LIMIT,
    blanket,
    orders,
    registered,
    verified,
    wish_for,
)
from tests.stories.telling import Story

PAGE = Path(__file__).parents[2] / "docs" / "stories" / "guardian.md"
INVITE = """mutation ($input: GuardianInviteInput!) {
  guardianInvite(input: $input) { challenge { state } userErrors { code message } }
}"""
NOTICE = """query ($code: String!) {
  guardianChallenge(code: $code) { firstName purposes { purpose why who } }
}"""
RESPOND = """mutation ($input: GuardianChallengeRespondInput!) {
  guardianChallengeRespond(input: $input) { ward { id state guardianConsents } userErrors { code message } }
}"""
SET = """mutation ($input: GuardianConsentSetInput!) {
  guardianConsentSet(input: $input) { ward { guardianConsents } userErrors { code message } }
}"""
SHOWN = """{
  viewer {
    account { identityVerification { state closedAt } }
    disclosures(last: 1) { nodes { party purpose classes clauses operation } }
  }
}"""
WAITING = """{
  viewer { account { wards { purchaseApprovals(first: 5) { nodes {
    id state total { amount currencyCode } lines { title quantity } expiresAt
  } } } } }
}"""
REFUSE = """mutation ($input: GuardianPurchaseRefuseInput!) {
  guardianPurchaseRefuse(input: $input) { approval { state } userErrors { code message } }
}"""
ORDERS = """{
  viewer { account { wards { orders(first: 5) { nodes { id status total { amount } } } } } }
}"""
CANCEL = """mutation ($input: OrderCancelInput!) {
  orderCancel(input: $input) { order { status } userErrors { code message } }
}"""
INTRODUCTION = """# A guardian's story

Alex is asked by Robin, who is ten, to be the guardian. Everything below was asked of the application over HTTP and is
what it answered; only ids, tokens, codes and times are replaced. `tests/stories/test_guardian.py` tells it again at
every run, and fails when an answer changes. How it works in general is in [guardians](../guardians.md), and Robin's
side of it in [the child's story](child.md)."""


async def told(story: Story) -> str:
    """Tell the story, and look at every step that it took."""
    number = new_id().hex
    robin, alex = f"robin-{number}@example.com", f"alex-{number}@example.com"
    born = clock.today("AT").replace(year=clock.today("AT").year - 10, day=1).isoformat()
    story.replaced |= {robin: "robin@example.com", alex: "alex@example.com", born: "2016-06-01"}
    story.say(INTRODUCTION)
    child = await registered(story, robin, born, is_shown=False)
    await story.ask(INVITE, token=child, input={"contact": {"email": alex}, "firstName": "Robin"}, is_shown=False)
    letter = await story.letter(alex, "GUARDIAN_INVITATION", is_shown=False)
    code = re.findall(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b", letter)[0]
    story.replaced[code] = "4WZY-8T8R-K6XR"
    guardian = await registered(story, alex, "1984-02-11", is_shown=False)
    ward = await _accepts(story, guardian, code)
    await _consents_to_leaving(story, guardian, ward)
    await _decides(story, child, guardian, ward, robin, alex)
    return story.page()


async def _accepts(story: Story, guardian: str, code: str) -> str:
    story.say("## What is asked\n\nThe code from the message opens it, to the owner of the address alone:")
    notice = await story.ask(NOTICE, token=guardian, code=code)
    assert len(notice["data"]["guardianChallenge"]["purposes"]) == 8
    story.say("## Verified as an adult\n\nA birth date that Alex gave is not enough:")
    chosen = {"code": code, "accepts": True, "purposes": ["ACCOUNT", "FULFILMENT", "PAYMENT"], "guardianName": "Alex"}
    refused = await story.ask(RESPOND, token=guardian, input=chosen)
    assert refused["data"]["guardianChallengeRespond"]["userErrors"][0]["code"] == "VERIFICATION_REQUIRED"
    story.say(
        "Alex consents to the check, by itself, and has it made. Name, number and the age that has to be reached go to "
        "the provider; the number is stored nowhere."
    )
    await verified(story, guardian, is_shown=True)
    story.say("What was sent is on record, for Alex to read:")
    shown = await story.ask(SHOWN, token=guardian)
    (sent,) = shown["data"]["viewer"]["disclosures"]["nodes"]
    assert (sent["party"], sent["classes"]) == ("VERIFIER", ["IDENTITY_DOCUMENT", "PERSON_NAME"])
    story.say("## Accepting")
    accepted = await story.ask(RESPOND, token=guardian, input=chosen)
    assert accepted["data"]["guardianChallengeRespond"]["userErrors"] == []
    return accepted["data"]["guardianChallengeRespond"]["ward"]["id"]


async def _consents_to_leaving(story: Story, guardian: str, ward: str) -> None:
    story.say(
        "## Out of the region\n\nRobin lives in Austria and the shop's servers stand in Singapore, so Alex is asked "
        "for that as well. It is given by itself:"
    )
    given = {"wardId": ward, "purpose": "CROSS_BORDER", "isGiven": True}
    answer = await story.ask(SET, token=guardian, input=given)
    assert "CROSS_BORDER" in answer["data"]["guardianConsentSet"]["ward"]["guardianConsents"]


async def _decides(story: Story, child: str, guardian: str, ward: str, robin: str, alex: str) -> None:
    story.say("## A limit\n\nEach order of Robin's above 50 euros is to wait for Alex:")
    limit = {"wardId": ward, "limit": {"amount": "50.00", "currencyCode": "EUR"}}
    await story.ask(LIMIT, token=guardian, input=limit)
    variant, _ = await blanket()
    wish = await wish_for(story, child, variant, "the first blanket", is_shown=False)
    await story.ask(ASKS, token=child, input=wish, is_shown=False)
    story.say("Robin wants a blanket for 59.90. Alex is told that something waits, and nothing of what:")
    await story.letter(alex, "PURCHASE_ASKED")
    story.say("What it is, Alex sees after logging in:")
    waiting = await story.ask(WAITING, token=guardian)
    (asked,) = waiting["data"]["viewer"]["account"]["wards"][0]["purchaseApprovals"]["nodes"]
    assert (asked["state"], asked["total"]["amount"]) == ("PENDING", "59.90")
    approved = await story.ask(APPROVE, token=guardian, input={"id": asked["id"]})
    assert approved["data"]["guardianPurchaseApprove"]["userErrors"] == []
    await story.letter(robin, "PURCHASE_APPROVED", is_shown=False)
    first = await orders(story, child, wish, is_shown=False)
    story.say("Robin has ordered it, and wants another. That is one too many:")
    wish = await wish_for(story, child, variant, "the second blanket", is_shown=False)
    second = await story.ask(ASKS, token=child, input=wish, is_shown=False)
    (error,) = second["data"]["checkoutComplete"]["userErrors"]
    await story.ask(REFUSE, token=guardian, input={"id": error["approval"]["id"]})
    story.say("Robin is told, and the same checkout asks nobody again:")
    await story.letter(robin, "PURCHASE_REFUSED")
    again = await story.ask(ASKS, token=child, input=wish)
    assert again["data"]["checkoutComplete"]["userErrors"][0]["code"] == "PURCHASE_REFUSED"
    story.say("## Looking after it\n\nAlex sees what was ordered, and may still cancel what has not left:")
    seen = await story.ask(ORDERS, token=guardian)
    assert [each["status"] for each in seen["data"]["viewer"]["account"]["wards"][0]["orders"]["nodes"]] == ["PAID"]
    cancelled = await story.ask(CANCEL, token=guardian, input={"id": first})
    assert cancelled["data"]["orderCancel"]["order"]["status"] == "CANCELLED"


async def test_the_guardians_story_is_what_the_shop_answers(story: Story) -> None:
    page = await told(story)
    if os.environ.get("AVOW_WRITE_STORIES"):
        PAGE.write_text(page, encoding="utf-8")

    assert PAGE.read_text(encoding="utf-8") == page, (
        "Run `AVOW_WRITE_STORIES=1 python3 dev.py test tests/stories`, and review the difference."
    )
