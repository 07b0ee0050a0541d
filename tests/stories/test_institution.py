"""A payment institution's story over HTTP: what its token shows while there is money to take or to give back."""

import os
from pathlib import Path

from models.ids import new_id
from policy.parties import Party
from server.demo_partners import add_partner_token, sandbox
from tests.stories.steps import blanket, buys, registered, table
from tests.stories.telling import Story

PAGE = Path(__file__).parents[2] / "docs" / "stories" / "institution.md"
PAYMENTS = """query Payments {
  payments(first: 1) { nodes { id orderNumber amount { amount currencyCode } state institution } }
}"""
PAYMENT = "query ($id: ID!) { node(id: $id) { ... on Payment { orderNumber amount { amount } } } }"
OWN = "{ payments(first: 5) { nodes { orderNumber amount { amount } state institution } } }"
ORDER = "query ($number: String!) { order(number: $number) { recipient { name } } }"
PREVIEW = """query ($document: String!) {
  disclosurePreview(document: $document, as: PAYMENT_INSTITUTION) {
    purposes
    disclosures { field { typeName fieldName } explanation { sight } }
  }
}"""
CANCEL = """mutation ($input: OrderCancelInput!) {
  orderCancel(input: $input) { order { status } userErrors { code message } }
}"""
SHOWN = """{
  viewer { disclosures(first: 10) { nodes { party purpose classes clauses operation } } }
}"""
INTRODUCTION = """# A payment institution's story

The sandbox plays the institution that takes the money. Everything below was asked of the application over HTTP and is
what it answered; only ids, tokens, codes and times are replaced. `tests/stories/test_institution.py` tells it again at
every run, and fails when an answer changes. How partners are served in general is in [partners](../partners.md).

## What an institution's token can read, and what not

Made from the rules. What is seen if nothing is said against it comes last; conditions under which less is seen come
before it.
"""


async def told(story: Story) -> str:
    """Tell the story, and look at every step that it took."""
    robin = f"robin-{new_id().hex}@example.com"
    story.replaced[robin] = "robin@example.com"
    buyer = await registered(story, robin, "1984-02-11", is_shown=False)
    variant, _ = await blanket()
    institution = await add_partner_token(await sandbox(), ("payments:read",))

    story.say(INTRODUCTION + "\n" + table(Party.PAYMENT_INSTITUTION))
    story.say("## Before anything is paid\n\nWhat an operation would touch is told without running it:")
    document = "{ payments(first: 1) { nodes { orderNumber amount { amount } state } } }"
    preview = await story.ask(PREVIEW, token=institution, document=document)
    assert preview["data"]["disclosurePreview"]["purposes"]

    story.say("## Robin pays\n\nFor a blanket. The institution is shown the order's number and the amount:")
    order = await buys(story, buyer, variant, "the first blanket", is_shown=False)
    seen = await story.ask(PAYMENTS, token=institution)
    (payment,) = seen["data"]["payments"]["nodes"]
    assert payment["amount"] == {"amount": "59.90", "currencyCode": "EUR"}
    assert (payment["state"], payment["institution"]) == (None, None)
    story.say("The order itself is not among what its token is for:")
    refused = await story.ask(ORDER, token=institution, number=payment["orderNumber"])
    assert refused["errors"][0]["extensions"]["code"] == "INSUFFICIENT_SCOPE"
    story.say("Robin sees the whole of the same payment:")
    own = await story.ask(OWN, token=buyer)
    assert own["data"]["payments"]["nodes"][0]["state"] == "PAID"

    story.say(
        "## Robin thinks better of it\n\nThe order is cancelled and the money given back. With that the "
        "institution has nothing to do any more, and the payment is not there for it:"
    )
    await story.ask(CANCEL, token=buyer, input={"id": order}, is_shown=False)
    after = await story.ask(PAYMENT, token=institution, id=payment["id"])
    assert after["data"] == {"node": None}
    state = await story.ask(OWN, token=buyer, is_shown=False)
    assert state["data"]["payments"]["nodes"][0]["state"] == "REFUNDED"

    story.say(
        "## Robin reads what the institution was shown\n\nBy its token, with the charge before that, and with the "
        "money that went back: what the shop itself tells a partner is on record as well."
    )
    record = await story.ask(SHOWN, token=buyer)
    rows = record["data"]["viewer"]["disclosures"]["nodes"]
    assert [(row["party"], row["classes"]) for row in rows] == [
        ("PAYMENT_INSTITUTION", ["ORDER_AMOUNT", "ORDER_NUMBER"])
    ] * 3
    return story.page()


async def test_the_institutions_story_is_what_the_shop_answers(story: Story) -> None:
    page = await told(story)
    if os.environ.get("AVOW_WRITE_STORIES"):
        PAGE.write_text(page, encoding="utf-8")

    assert PAGE.read_text(encoding="utf-8") == page, (
        "Run `AVOW_WRITE_STORIES=1 python3 dev.py test tests/stories`, and review the difference."
    )
