"""Risk control's story over HTTP: an order is noticed, looked into, and its buyer reads of both."""

import os
from datetime import timedelta
from pathlib import Path

import pytest_asyncio

from commerce import anomalies
from models import clock
from models.ids import new_id, public_id
from models.products import Product, ProductVariant
from policy.parties import Party
from tests.commerce.goods import add_goods
from tests.stories.partnering import entered, token_of
from tests.stories.steps import AT_HOME, blanket, buys, filled, officer, orders, registered, table, wish
from tests.stories.telling import Story

PAGE = Path(__file__).parents[2] / "docs" / "stories" / "risk-control.md"
ORDER = """query Look($number: String!) {
  order(number: $number) {
    number status total { amount currencyCode } placedAt
    lines { title } recipient { name } buyer { id state email profile { name } devices { userAgentFamily } }
  }
}"""
NOTICED = "{ orderAnomalies(first: 1) { nodes { kind orderNumber noticedAt closesAt } } }"
PAID = "{ payments(first: 1) { nodes { amount { amount } } } }"
OWN = """{
  viewer { account { orders(first: 2) { nodes { number anomalies { kind noticedAt closesAt } } } } }
}"""
SHOWN = """{
  viewer { disclosures(first: 10) { nodes { party purpose classes clauses sharingGrounds operation } } }
}"""
WATCH = {"type": "RISK_CONTROL", "name": "Weigh & Watch", "region": "DE", "policyUrl": "https://weigh.example/privacy"}
INTRODUCTION = """# Risk control's story

Weigh & Watch looks at orders for signs of fraud. Everything below was asked of the application over HTTP and is what it
answered; only ids, tokens, codes and times are replaced. `tests/stories/test_risk_control.py` tells it again at every
run, and fails when an answer changes. How partners are served in general is in [partners](../partners.md).

## What its token can read, and what not

Made from the rules. What is seen if nothing is said against it comes last; conditions under which less is seen come
before it.
"""


async def chandelier() -> str:
    """Put into the shop what costs more than any order is left unlooked at for; give the id of what is bought."""
    variant = await ProductVariant.get(id=(await add_goods(price_minor=1_290_000)).variant_id)
    await Product.filter(id=variant.product_id).update(title="Chandelier, forty lamps")
    return public_id("ProductVariant", variant.id)


async def told(story: Story) -> str:
    """Tell the story, and look at every step that it took."""
    robin = f"robin-{new_id().hex}@example.com"
    story.replaced[robin] = "robin@example.com"
    buyer = await registered(story, robin, "1984-02-11", is_shown=False)
    privacy = await officer()
    partner = await entered(story, privacy, WATCH, "SECURITY", is_shown=False)
    watch = await token_of(story, privacy, partner, ["orders:read", "users:read"], "SECURITY", is_shown=False)
    variant, _ = await blanket()

    story.say(INTRODUCTION + "\n" + table(Party.RISK_CONTROL))
    story.say(
        "## An order like any other\n\nWeigh & Watch is in the register, has signed for `SECURITY` and was examined. "
        "Robin buys a blanket. Nothing is noticed of that order, so it is not there:"
    )
    await buys(story, buyer, variant, "the first blanket", is_shown=False)
    await anomalies.look()
    listed = await story.ask(OWN, token=buyer, is_shown=False)
    (first,) = listed["data"]["viewer"]["account"]["orders"]["nodes"]
    assert first["anomalies"] == []
    nothing = await story.ask(ORDER, token=watch, number=first["number"])
    assert nothing["data"] == {"order": None}

    story.say(
        "## An order that is out of the ordinary\n\nThen Robin buys a chandelier, for 200 times as much. The checkout "
        "does not look at that and takes no longer for it. A job looks at new orders each minute, and notices this one:"
    )
    cart = await filled(story, buyer, await chandelier(), is_shown=False)
    wanted = wish(cart, "the chandelier", AT_HOME)
    wanted["expectedTotal"] = {"amount": "12900.00", "currencyCode": "EUR"}
    await orders(story, buyer, wanted, is_shown=False)
    await anomalies.look()
    noticed = await story.ask(NOTICED, token=watch)
    (sign,) = noticed["data"]["orderAnomalies"]["nodes"]
    assert sign["kind"] == "AMOUNT"
    story.say(
        "That opens the order until then, and the account that placed it: number, amount, state and time, with what "
        "kinds of devices, and not what was bought, where it goes or who is behind it:"
    )
    shown = (await story.ask(ORDER, token=watch, number=sign["orderNumber"]))["data"]["order"]
    assert shown["total"] == {"amount": "12900.00", "currencyCode": "EUR"}
    assert (shown["lines"], shown["recipient"], shown["buyer"]["email"]) == ([], None, None)
    story.say("The blanket is still not there, and payments are none of its business:")
    same = await story.ask(ORDER, token=watch, is_shown=False, number=first["number"])
    assert same["data"] == {"order": None}
    refused = await story.ask(PAID, token=watch)
    assert refused["errors"][0]["extensions"]["code"] == "INSUFFICIENT_SCOPE"

    story.say("## Robin reads what was noticed\n\nOf the newer of the two orders:")
    own = await story.ask(OWN, token=buyer)
    newest, older = own["data"]["viewer"]["account"]["orders"]["nodes"]
    assert ([each["kind"] for each in newest["anomalies"]], older["anomalies"]) == (["AMOUNT"], [])
    story.say("And to whom what was shown because of it:")
    record = await story.ask(SHOWN, token=buyer)
    rows = [row for row in record["data"]["viewer"]["disclosures"]["nodes"] if row["party"] == "RISK_CONTROL"]
    assert {name for row in rows for name in row["classes"]} <= {
        *("ACCOUNT", "DEVICE", "ORDER", "ORDER_NUMBER", "ORDER_AMOUNT")
    }
    assert {tuple(row["sharingGrounds"]) for row in rows} == {("PROTECTION",)}
    return story.page()


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def nobody_else(database: object) -> None:
    """What other tests have put into the shop is noticed before, so that the newest sign is of this story."""
    await anomalies.notice(clock.now() - timedelta(days=2))


async def test_the_story_of_risk_control_is_what_the_shop_answers(story: Story) -> None:
    page = await told(story)
    if os.environ.get("AVOW_WRITE_STORIES"):
        PAGE.write_text(page, encoding="utf-8")

    assert PAGE.read_text(encoding="utf-8") == page, (
        "Run `AVOW_WRITE_STORIES=1 python3 dev.py test tests/stories`, and review the difference."
    )
