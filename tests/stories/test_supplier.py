"""A supplier's story over HTTP: what its token shows while there is something to deliver, and after."""

import os
from pathlib import Path

from models.ids import new_id
from policy.parties import Party
from tests.stories.steps import PARTS, SHIP, blanket, buys, registered, table
from tests.stories.telling import Story

PAGE = Path(__file__).parents[2] / "docs" / "stories" / "supplier.md"
ORDER = """query ($number: String!) {
  order(number: $number) {
    status
    lines { title quantity unitPrice { amount } }
    total { amount }
    buyer { email }
    recipient { name phone }
  }
}"""
CANCEL = """mutation ($input: OrderCancelInput!) {
  orderCancel(input: $input) { order { status } userErrors { code message } }
}"""
PREVIEW = """query ($document: String!) {
  disclosurePreview(document: $document, as: SUPPLIER) {
    purposes
    consents
    disclosures { field { typeName fieldName } explanation { dataClass { name } } }
  }
}"""
SHOWN = """{
  viewer { disclosures(first: 10) { nodes { party purpose classes clauses operation disclosedAt } } }
}"""
INTRODUCTION = """# A supplier's story

Nordhof Textil delivers blankets. Everything below was asked of the application over HTTP and is what it answered; only
ids, tokens, codes and times are replaced. `tests/stories/test_supplier.py` tells it again at every run, and fails when
an answer changes.

## What a supplier's token can read, and what not

Made from the rules. What is seen if nothing is said against it comes last; conditions under which less is seen come
before it.
"""


async def told(story: Story) -> str:
    """Tell the story, and look at every step that it took."""
    robin = f"robin-{new_id().hex}@example.com"
    story.replaced[robin] = "robin@example.com"
    buyer = await registered(story, robin, "1984-02-11", is_shown=False)
    variant, supplier = await blanket()
    _, other = await blanket()

    story.say(INTRODUCTION + "\n" + table(Party.SUPPLIER))
    story.say("## Before anything is bought\n\nWhat an operation would touch is told without running it:")
    document = "{ fulfillmentOrders(first: 5) { nodes { lines { title } recipient { name phone } } } }"
    preview = await story.ask(PREVIEW, token=supplier, document=document)
    fields = {each["field"]["fieldName"] for each in preview["data"]["disclosurePreview"]["disclosures"]}
    assert {"title", "name", "phone"} <= fields

    story.say("## An order is paid\n\nIts token shows what to send, and whom to send it to:")
    first = await buys(story, buyer, variant, "the first blanket", is_shown=False)
    parts = await story.ask(PARTS, token=supplier)
    (part,) = parts["data"]["fulfillmentOrders"]["nodes"]
    assert part["recipient"]["phone"]
    story.say(
        "The order itself it sees as far as that: not who bought it, nor what was paid. The answer says that these "
        "were withheld, and not why:"
    )
    order = await story.ask(ORDER, token=supplier, number=part["orderNumber"])
    shown = order["data"]["order"]
    assert (shown["total"], shown["buyer"]) == (None, None)
    assert {each["code"] for each in order["extensions"]["privacy"]["withheld"]} == {"NOT_SHARED"}
    story.say("To another supplier's token the order is not there, exactly as one that does not exist:")
    nothing = await story.ask(ORDER, token=other, number=part["orderNumber"])
    assert nothing["data"] == {"order": None}
    story.say("It changes nothing but its own part:")
    refused = await story.ask(CANCEL, token=supplier, input={"id": first})
    assert refused["data"]["orderCancel"]["userErrors"]
    parcel = {
        "fulfillmentOrderId": part["id"],
        "carrier": "Postbode",
        "trackingNumber": "3S-7731",
        "expectedVersion": part["version"],
        "idempotencyKey": "the parcel",
    }
    await story.ask(SHIP, token=supplier, input=parcel)

    story.say("## An order is cancelled\n\nRobin orders a second blanket, and thinks better of it.")
    second = await buys(story, buyer, variant, "the second blanket", is_shown=False)
    await story.ask(CANCEL, token=buyer, input={"id": second}, is_shown=False)
    story.say("With that there is nothing to deliver any more, and whom it was for is masked in the same moment:")
    after = await story.ask(PARTS, token=supplier)
    cancelled = next(node for node in after["data"]["fulfillmentOrders"]["nodes"] if node["status"] == "CANCELLED")
    assert cancelled["recipient"]["phone"].startswith("+••")

    story.say(
        "## Robin reads what the supplier was shown\n\nEach answer above that showed something about Robin is on "
        "record, and was before it left (see [the ledger](../ledger.md)); the newest first:"
    )
    record = await story.ask(SHOWN, token=buyer)
    rows = record["data"]["viewer"]["disclosures"]["nodes"]
    assert {row["party"] for row in rows} == {"SUPPLIER", "PAYMENT_INSTITUTION"}
    assert any("RECIPIENT_PHONE" in row["classes"] for row in rows)
    return story.page()


async def test_the_suppliers_story_is_what_the_shop_answers(story: Story) -> None:
    page = await told(story)
    if os.environ.get("AVOW_WRITE_STORIES"):
        PAGE.write_text(page, encoding="utf-8")

    assert PAGE.read_text(encoding="utf-8") == page, (
        "Run `AVOW_WRITE_STORIES=1 python3 dev.py test tests/stories`, and review the difference."
    )
