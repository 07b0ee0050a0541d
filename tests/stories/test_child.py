"""A child's story over HTTP: locked, opened by a guardian's consent, an order that comes, and closed when it ends."""

import os
import re
from pathlib import Path

from models import clock
from models.ids import new_id
from tests.commerce.people import PASSWORD
from tests.stories.steps import (
    APPROVE,
    ASKS,
    LIMIT,
    PARTS,
    RECEIVED,
    SHIP,
    STEP_UP,
    blanket,
    buys,
    orders,
    registered,
    verified,
    wish_for,
)
from tests.stories.telling import Story

PAGE = Path(__file__).parents[2] / "docs" / "stories" / "child.md"
LOGIN = """mutation ($input: LoginInput!) {
  login(input: $input) { token userErrors { code message } }
}"""
OWN = """{
  viewer { account {
    state
    email
    profile { name birthDate }
    orders(first: 5) { nodes { number status } }
    guardianConsents
    guardianChallenge { state expiresAt }
    guardianship { state guardianName }
  } }
}"""
NAME = """mutation ($input: ProfileUpdateInput!) {
  profileUpdate(input: $input) { profile { name } userErrors { code message } }
}"""
INVITE = """mutation ($input: GuardianInviteInput!) {
  guardianInvite(input: $input) { challenge { id state sends expiresAt } userErrors { code message } }
}"""
NOTICE = """query ($code: String!) {
  guardianChallenge(code: $code) { firstName expiresAt purposes { purpose what why who howLong } }
}"""
RESPOND = """mutation ($input: GuardianChallengeRespondInput!) {
  guardianChallengeRespond(input: $input) { ward { id state guardianConsents } userErrors { code message } }
}"""
WARDS = """{
  viewer { account { wards {
    state
    email
    profile { name }
    orders(first: 5) { nodes { number status recipient { name } } }
    guardianConsents
    guardianConsentHistory(first: 10) { nodes { purpose isGiven recordedAt } }
    disclosures(last: 1) { nodes { party purpose classes clauses disclosedAt } }
  } } }
}"""
WITHDRAW = """mutation ($input: GuardianConsentWithdrawInput!) {
  guardianConsentWithdraw(input: $input) {
    ward { state guardianConsents orders(first: 5) { nodes { status } } } userErrors { code message }
  }
}"""
CORRECT = """mutation ($input: BirthDateCorrectInput!) {
  birthDateCorrect(input: $input) {
    account { state profile { birthDate } orders(first: 5) { nodes { status } } guardianChallenge { state } }
    userErrors { code message }
  }
}"""
INTRODUCTION = """# A child's story

Robin is ten and opens an account. Everything below was asked of the application over HTTP and is what it answered; only
ids, tokens, codes and times are replaced. `tests/stories/test_child.py` tells it again at every run, and fails when an
answer changes. How it works in general is in [guardians](../guardians.md)."""


async def told(story: Story) -> str:
    """Tell the story, and look at every step that it took."""
    number = new_id().hex
    robin, alex = f"robin-{number}@example.com", f"alex-{number}@example.com"
    story.replaced |= {robin: "robin@example.com", alex: "alex@example.com"}
    born = clock.today("AT").replace(year=clock.today("AT").year - 10, day=1).isoformat()
    story.replaced[born] = "2016-06-01"

    story.say(INTRODUCTION)
    story.say(
        "## Robin registers\n\nThe question for the day of birth is the same for everybody, and so is the answer to "
        "`accountRegister` (see [accounts](../accounts.md)). With the code from the message the account is "
        "made, locked:"
    )
    child = await registered(story, robin, born, is_shown=True)
    story.say("Robin sees what is needed to ask for consent, and no more:")
    locked = await story.ask(OWN, token=child)
    assert locked["data"]["viewer"]["account"]["state"] == "LOCKED"
    assert locked["data"]["viewer"]["account"]["profile"]["birthDate"] is None
    story.say("Nothing is taken from Robin either:")
    given = {"name": "Robin Amsel", "expectedVersion": 1, "confirmsSensitive": True}
    refused = await story.ask(NAME, token=child, input=given)
    assert refused["data"]["profileUpdate"]["userErrors"][0]["code"] == "GUARDIAN_CONSENT_REQUIRED"

    story.say("## Robin invites a guardian")
    await story.ask(INVITE, token=child, input={"contact": {"email": alex}, "firstName": "Robin"})
    story.say("Alex gets this message; it says no more of Robin than the name that Robin chose:")
    letter = await story.letter(alex, "GUARDIAN_INVITATION")
    code = re.findall(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b", letter)[0]
    story.replaced[code] = "4WZY-8T8R-K6XR"

    story.say(
        "## The guardian reads what is asked\n\nAlex has no account yet, and registers with the address that was "
        "invited. Then the code opens the notice; to anybody else it is a wrong code."
    )
    guardian = await registered(story, alex, "1984-02-11", is_shown=False)
    nobody = await story.ask(NOTICE, code=code, is_shown=False)
    assert nobody["data"] == {"guardianChallenge": None}
    notice = await story.ask(NOTICE, token=guardian, code=code)
    assert len(notice["data"]["guardianChallenge"]["purposes"]) == 8

    story.say(
        "## The guardian accepts\n\nAlex was verified as an adult first, as [the guardian's story](guardian.md) tells. "
        "Alex consents to the account, to deliveries and to payments, and to nothing else."
    )
    await verified(story, guardian, is_shown=False)
    chosen = {"code": code, "accepts": True, "purposes": ["ACCOUNT", "FULFILMENT", "PAYMENT"], "guardianName": "Alex"}
    accepted = await story.ask(RESPOND, token=guardian, input=chosen)
    ward = accepted["data"]["guardianChallengeRespond"]["ward"]
    assert (ward["state"], ward["guardianConsents"]) == ("ACTIVE", ["ACCOUNT", "FULFILMENT", "PAYMENT"])
    await story.letter(robin, "GUARDIAN_ACCEPTED")

    story.say("## Robin's account is open\n\nWith the same session as before. Robin gives a name:")
    await story.ask(NAME, token=child, input=given)
    opened = await story.ask(OWN, token=child, is_shown=False)
    assert opened["data"]["viewer"]["account"]["profile"]["name"] == "Robin Amsel"
    story.say("And orders a blanket:")
    variant, supplier = await blanket()
    first = await buys(story, child, variant, "the first blanket", is_shown=True)

    story.say(
        "## The supplier sends it\n\nIts token shows what to send and whom to send it to, as for any order; nothing "
        "says how old Robin is, or who consented."
    )
    parts = await story.ask(PARTS, token=supplier)
    (part,) = parts["data"]["fulfillmentOrders"]["nodes"]
    assert part["recipient"]["name"] == "Robin Amsel"
    parcel = {
        "fulfillmentOrderId": part["id"],
        "carrier": "Postbode",
        "trackingNumber": "3S-7731",
        "expectedVersion": part["version"],
        "idempotencyKey": "the parcel",
    }
    await story.ask(SHIP, token=supplier, input=parcel)
    story.say("It comes, and Robin says so:")
    came = await story.ask(RECEIVED, token=child, input={"id": first})
    assert came["data"]["orderReceiptConfirm"]["order"]["status"] == "DELIVERED"

    await wants_more_than_the_limit(story, child, guardian, ward["id"], variant, (robin, alex))
    story.say("## The guardian watches over it")
    await story.ask(WARDS, token=guardian)

    story.say(
        "## The guardian withdraws\n\nEverything that Alex consented to. The second order has not left yet and is "
        "cancelled in the same moment; the first one came, and stays what it is."
    )
    closed = await story.ask(WITHDRAW, token=guardian, input={"wardId": ward["id"]})
    left = closed["data"]["guardianConsentWithdraw"]["ward"]["orders"]["nodes"]
    assert left == [{"status": "CANCELLED"}, {"status": "DELIVERED"}]
    story.say(
        "The supplier meets a cancelled order like any other, and sees no longer to whom either of them went or was to "
        "go. The reason that it gets is that of a window that has closed:"
    )
    after = await story.ask(PARTS, token=supplier)
    assert "Robin" not in str(after)
    withheld = after["extensions"]["privacy"]["withheld"]
    assert {each["code"] for each in withheld} == {"WINDOW_CLOSED"}
    story.say("Both are told, Robin too:")
    await story.letter(robin, "GUARDIAN_CONSENT_CHANGED")

    story.say("## Robin's account is closed again\n\nRobin was signed out:")
    out = await story.ask(OWN, token=child)
    assert out["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    story.say("After signing in again, Robin sees what there was to see before anybody consented:")
    again = await story.ask(LOGIN, input={"address": robin, "password": PASSWORD}, is_shown=False)
    last = await story.ask(OWN, token=again["data"]["login"]["token"])
    assert last["data"]["viewer"]["account"]["state"] == "LOCKED"
    assert last["data"]["viewer"]["account"]["orders"]["nodes"] == []
    await turns_out_to_be_a_child(story)
    return story.page()


async def wants_more_than_the_limit(
    story: Story, child: str, guardian: str, ward: str, variant: str, addresses: tuple[str, str]
) -> None:
    """Let the child buy above a limit, with the guardian's approval."""
    limit = {"wardId": ward, "limit": {"amount": "50.00", "currencyCode": "EUR"}}
    await story.ask(LIMIT, token=guardian, input=limit, is_shown=False)
    story.say(
        "## Robin wants more than the limit\n\nMeanwhile Alex has set a limit of 50 euros for each order. Robin's "
        "second blanket costs more: nothing is ordered, and nothing is kept back for it."
    )
    wish = await wish_for(story, child, variant, "the second blanket", is_shown=False)
    waits = await story.ask(ASKS, token=child, input=wish)
    (error,) = waits["data"]["checkoutComplete"]["userErrors"]
    assert error["code"] == "GUARDIAN_APPROVAL_REQUIRED"
    await story.letter(addresses[1], "PURCHASE_ASKED", is_shown=False)
    story.say("Alex was told, looks at it and approves it:")
    approved = await story.ask(APPROVE, token=guardian, input={"id": error["approval"]["id"]})
    assert approved["data"]["guardianPurchaseApprove"]["approval"]["state"] == "APPROVED"
    await story.letter(addresses[0], "PURCHASE_APPROVED")
    story.say("Robin sends the same checkout again, and it goes on:")
    await orders(story, child, wish, is_shown=True)


async def turns_out_to_be_a_child(story: Story) -> None:
    """Let somebody who gave the wrong day of birth correct it."""
    number = new_id().hex
    kim, chris = f"kim-{number}@example.com", f"chris-{number}@example.com"
    born = clock.today("AT").replace(year=clock.today("AT").year - 12, day=1).isoformat()
    story.replaced |= {kim: "kim@example.com", chris: "chris@example.com", born: "2014-06-01"}
    story.say(
        "## Somebody turns out to be a child\n\nKim registered with a wrong day of birth, was taken for an adult, and "
        "has ordered a blanket, which the supplier is about to send."
    )
    token = await registered(story, kim, "1990-05-02", is_shown=False)
    variant, supplier = await blanket()
    await buys(story, token, variant, "the third blanket", is_shown=False)
    open_part = await story.ask(PARTS, token=supplier, is_shown=False)
    assert open_part["data"]["fulfillmentOrders"]["nodes"][0]["recipient"]["name"] == "Robin Amsel"
    await story.ask(STEP_UP, token=token, input={"password": PASSWORD}, is_shown=False)
    story.say("Kim puts it right after proving with the password who it is, and names a guardian with it:")
    named = {"contact": {"email": chris}, "firstName": "Kim"}
    corrected = await story.ask(CORRECT, token=token, input={"birthDate": born, "guardian": named})
    account = corrected["data"]["birthDateCorrect"]["account"]
    assert (account["state"], account["orders"]["nodes"]) == ("LOCKED", [])
    assert account["guardianChallenge"]["state"] == "PENDING"
    story.say("The order that had not left is cancelled, and the supplier meets a window that has closed:")
    after = await story.ask(PARTS, token=supplier)
    assert {each["code"] for each in after["extensions"]["privacy"]["withheld"]} == {"WINDOW_CLOSED"}
    await story.letter(chris, "GUARDIAN_INVITATION", is_shown=False)
    story.say("Chris was invited as Alex was. Kim is told:")
    await story.letter(kim, "AGE_CORRECTED")
    story.say("There is no way back by a word alone:")
    await story.ask(STEP_UP, token=token, input={"password": PASSWORD}, is_shown=False)
    back = await story.ask(CORRECT, token=token, input={"birthDate": "1990-05-02"})
    assert back["data"]["birthDateCorrect"]["account"] is None


async def test_the_childs_story_is_what_the_shop_answers(story: Story) -> None:
    page = await told(story)
    if os.environ.get("AVOW_WRITE_STORIES"):
        PAGE.write_text(page, encoding="utf-8")

    assert PAGE.read_text(encoding="utf-8") == page, (
        "Run `AVOW_WRITE_STORIES=1 python3 dev.py test tests/stories`, and review the difference."
    )
