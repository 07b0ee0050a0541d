"""An affiliate's story over HTTP: whom it finds by their consent, for which task, and after they withdraw it."""

import os
from pathlib import Path

import pytest_asyncio

from models.database import execute
from models.ids import new_id
from policy.parties import Party
from tests.stories.partnering import entered, token_of
from tests.stories.steps import CONSENT, blanket, buys, officer, registered, table
from tests.stories.telling import Story

PAGE = Path(__file__).parents[2] / "docs" / "stories" / "affiliate.md"
ACCOUNTS = """query Accounts @purpose(is: AFFILIATE_ACCOUNT) {
  users(first: 5) { nodes {
    id state email phone profile { name } devices { userAgentFamily } orders(first: 5) { nodes { status } }
  } }
}"""
BOUGHT = """query Bought @purpose(is: AFFILIATE_RECOMMENDATION) {
  users(first: 5) { nodes {
    email orders(first: 5) { nodes { status number total { amount } lines { title quantity } recipient { name } } }
  } }
}"""
SAFETY = "query @purpose(is: AFFILIATE_SAFETY) { users(first: 5) { nodes { phone } } }"
ASKED = "{ privacyPolicy { consents { purpose what why who howLong } } }"
WITHDRAW = """mutation ($input: ConsentWithdrawInput!) {
  consentWithdraw(input: $input) { account { consents } userErrors { code message } }
}"""
SHOWN = """{
  viewer { disclosures(first: 10) { nodes { party purpose classes clauses sharingGrounds operation } } }
}"""
SCOPES = ["orders:read", "users:read"]
HOTELS = {"type": "AFFILIATE", "name": "Nordhof Hotels", "region": "DE", "policyUrl": "https://hotels.example/privacy"}
MAIL = {
    "type": "AFFILIATE_PROVIDER",
    "name": "Mailhaus",
    "region": "AT",
    "policyUrl": "https://mailhaus.example/privacy",
}
TASKS = ("AFFILIATE_ACCOUNT", "AFFILIATE_RECOMMENDATION")
INTRODUCTION = """# An affiliate's story

Nordhof Hotels belongs to the same group of companies as the shop. Everything below was asked of the application over
HTTP and is what it answered; only ids, tokens, codes and times are replaced. `tests/stories/test_affiliate.py` tells it
again at every run, and fails when an answer changes. How partners are served in general is in
[partners](../partners.md), how people consent in [consents](../consents.md).

## What an affiliate's token can read, and what not

Made from the rules. What is seen if nothing is said against it comes last; conditions under which less is seen come
before it.
"""


async def told(story: Story) -> str:
    """Tell the story, and look at every step that it took."""
    robin = f"robin-{new_id().hex}@example.com"
    story.replaced[robin] = "robin@example.com"
    buyer = await registered(story, robin, "1984-02-11", is_shown=False)
    variant, _ = await blanket()
    await buys(story, buyer, variant, "the first blanket", is_shown=False)
    privacy = await officer()

    story.say(INTRODUCTION + "\n" + table(Party.AFFILIATE))
    story.say(
        "## Nordhof Hotels is entered into the register\n\nIt has signed for two of the four tasks, and its software "
        "was examined. Its token is for both:"
    )
    partner = await entered(story, privacy, HOTELS, *TASKS)
    hotels = await token_of(story, privacy, partner, SCOPES, *TASKS)

    story.say(
        "## Nobody has consented\n\nRobin has an account and has bought a blanket. That is none of Nordhof Hotels' "
        "business:"
    )
    nobody = await story.ask(ACCOUNTS, token=hotels)
    assert nobody["data"]["users"]["nodes"] == []

    story.say("## Robin is asked\n\nBefore that Robin reads what each consent would allow. It is made from the rules:")
    asked = await story.ask(ASKED, token=buyer)
    listed = {each["purpose"]: each for each in asked["data"]["privacyPolicy"]["consents"]}
    assert listed["AFFILIATE_ACCOUNT"]["what"] == ["person name", "email", "account"]
    story.say("Robin consents to one task:")
    await story.ask(CONSENT, token=buyer, input={"purposes": ["AFFILIATE_ACCOUNT"]})
    story.say("Now Robin is found, with what that task takes, and nothing of what the others would:")
    seen = await story.ask(ACCOUNTS, token=hotels)
    (shown,) = seen["data"]["users"]["nodes"]
    assert (shown["email"], shown["profile"]) == (robin, {"name": None})
    assert (shown["phone"], shown["devices"], shown["orders"]) == (None, [], {"nodes": []})
    story.say("For the other task of the same token Robin is not there:")
    other = await story.ask(BOUGHT, token=hotels)
    assert other["data"]["users"]["nodes"] == []
    story.say("And for a task that the token was not made for nothing is asked at all:")
    refused = await story.ask(SAFETY, token=hotels)
    assert refused["errors"][0]["extensions"]["code"] == "PURPOSE_NOT_ALLOWED"

    story.say(
        "## Robin consents to recommendations as well\n\nBy what was bought, without what it cost or where it went:"
    )
    await story.ask(CONSENT, token=buyer, input={"purposes": ["AFFILIATE_RECOMMENDATION"]}, is_shown=False)
    bought = await story.ask(BOUGHT, token=hotels)
    (order,) = bought["data"]["users"]["nodes"][0]["orders"]["nodes"]
    assert (order["number"], order["total"], order["recipient"]) == (None, None, None)
    assert order["lines"] == [{"title": "Lambswool blanket, heather", "quantity": 1}]

    story.say(
        "## Mailhaus works for Nordhof Hotels\n\nIt is named by it, has signed and was examined itself, and has a "
        "token of its own, for one of the tasks. It finds the same people under other ids:"
    )
    provider = await entered(story, privacy, MAIL | {"namedById": partner}, "AFFILIATE_ACCOUNT", is_shown=False)
    mailhaus = await token_of(story, privacy, provider, ["users:read"], "AFFILIATE_ACCOUNT", is_shown=False)
    same = await story.ask("{ users(first: 5) { nodes { id email } } }", token=mailhaus)
    (known,) = same["data"]["users"]["nodes"]
    assert known["email"] == robin
    assert known["id"] != shown["id"]

    story.say("## Robin withdraws\n\nBoth consents. With the next request Robin is not there, for neither of them:")
    await story.ask(WITHDRAW, token=buyer, input={})
    after = await story.ask(ACCOUNTS, token=hotels)
    assert after["data"]["users"]["nodes"] == []
    left = await story.ask("{ users(first: 5) { nodes { email } } }", token=mailhaus, is_shown=False)
    assert left["data"]["users"]["nodes"] == []

    story.say("## Robin reads who was shown what\n\nThe newest first, each with the task that it was for:")
    record = await story.ask(SHOWN, token=buyer)
    rows = [row for row in record["data"]["viewer"]["disclosures"]["nodes"] if row["party"].startswith("AFFILIATE")]
    assert [(row["party"], row["purpose"]) for row in rows] == [
        ("AFFILIATE_PROVIDER", "AFFILIATE_ACCOUNT"),
        # Of the order, and of the account.
        *[("AFFILIATE", "AFFILIATE_RECOMMENDATION")] * 2,
        ("AFFILIATE", "AFFILIATE_ACCOUNT"),
    ]
    return story.page()


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def nobody_else(database: object) -> None:
    """Whoever other tests let consent would be found as well."""
    await execute("UPDATE account SET own_consents = 0 WHERE own_consents <> 0")


async def test_the_affiliates_story_is_what_the_shop_answers(story: Story) -> None:
    page = await told(story)
    if os.environ.get("AVOW_WRITE_STORIES"):
        PAGE.write_text(page, encoding="utf-8")

    assert PAGE.read_text(encoding="utf-8") == page, (
        "Run `AVOW_WRITE_STORIES=1 python3 dev.py test tests/stories`, and review the difference."
    )
