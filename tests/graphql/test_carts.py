"""Carts over the schema: an account's, a guest's, and one become the other."""

from dataclasses import replace
from typing import Any

import pytest

from commerce.cart_contents import MOST_OF_ONE
from commerce.prices import LARGEST_PRICE
from models.bounds import CART_LINES
from models.database import counting_statements, execute
from models.ids import new_id, public_id
from models.money import LARGEST_MINOR, Money
from policy.viewer import ANONYMOUS, Viewer
from server.demo_rows import add_person
from tests.commerce.buyers import buyer, ward
from tests.commerce.goods import Goods, add_goods, add_tier
from tests.commerce.people import PASSWORD
from tests.graphql.asking import Answer, ask
from tests.graphql.world import person

pytestmark = pytest.mark.usefixtures("database")

_CART = """
  cart { id total { amount currencyCode } problems { code available lineId }
    lines { id quantity unitPrice { amount } total { amount } variant { sku availableQuantity isInStock } } }
  guestCart { total { amount currencyCode }
    lines { id quantity variantId unitPrice { amount } problems { code available } } }
  userErrors { code field }
"""
CREATE = f"mutation {{ cartCreate {{ {_CART} cartToken }} }}"
BEGIN = f"mutation ($input: CartCreateInput!) {{ cartCreate(input: $input) {{ {_CART} cartToken }} }}"
READ = """query ($token: String!) { guestCart(token: $token) { total { amount currencyCode }
    lines { id quantity variantId unitPrice { amount } problems { code available } } } }"""
ADD = f"mutation ($input: CartLinesAddInput!) {{ cartLinesAdd(input: $input) {{ {_CART} }} }}"
UPDATE = f"mutation ($input: CartLinesUpdateInput!) {{ cartLinesUpdate(input: $input) {{ {_CART} }} }}"
REMOVE = f"mutation ($input: CartLinesRemoveInput!) {{ cartLinesRemove(input: $input) {{ {_CART} }} }}"
MERGE = f"mutation ($input: CartMergeInput!) {{ cartMerge(input: $input) {{ {_CART} }} }}"


def variant(goods: Goods) -> str:
    return public_id("ProductVariant", goods.variant_id)


async def begun(viewer: Viewer) -> dict[str, str]:
    """Begin a cart, and say how it is called in inputs."""
    made = (await ask(CREATE, as_=viewer)).data["cartCreate"]
    return {"cartToken": made["cartToken"]} if made["cartToken"] else {"cartId": made["cart"]["id"]}


async def add(viewer: Viewer, cart: dict[str, str], *lines: tuple[Goods, int]) -> Answer:
    given = [{"variantId": variant(goods), "quantity": quantity} for goods, quantity in lines]
    return await ask(ADD, as_=viewer, input={**cart, "lines": given})


async def test_what_is_added_twice_rises_and_the_total_is_exact() -> None:
    by, goods, more = await buyer(), await add_goods(price_minor=333), await add_goods(price_minor=1_001)
    cart = await begun(by)

    await add(by, cart, (goods, 2), (more, 1))
    seen = (await add(by, cart, (goods, 1))).data["cartLinesAdd"]["cart"]

    assert [line["quantity"] for line in seen["lines"]] == [3, 1]
    assert seen["total"] == {"amount": "20.00", "currencyCode": "EUR"}
    assert seen["lines"][0]["variant"]["availableQuantity"] == 10
    assert seen["problems"] == []


async def test_a_line_costs_what_its_quantity_makes_it_cost() -> None:
    by, goods = await buyer(), await add_goods(price_minor=1_000)
    await add_tier(goods, from_quantity=5, price_minor=800)
    cart = await begun(by)

    few = (await add(by, cart, (goods, 4))).data["cartLinesAdd"]["cart"]
    line = {"id": few["lines"][0]["id"], "quantity": 5}
    many = (await ask(UPDATE, as_=by, input={**cart, "lines": [line]})).data["cartLinesUpdate"]["cart"]

    assert (few["total"]["amount"], many["total"]["amount"]) == ("40.00", "40.00")
    assert many["lines"][0]["unitPrice"]["amount"] == "8.00"
    assert many["problems"] == []


async def test_problems_say_what_is_out_of_stock_dearer_or_no_longer_sold() -> None:
    by = await buyer()
    few, dearer, gone = await add_goods(stock_at=(1,)), await add_goods(), await add_goods()
    cart = await begun(by)
    await add(by, cart, (few, 2), (dearer, 1), (gone, 1))
    await execute("UPDATE product_variant SET price_minor = price_minor + 1 WHERE id = $1", dearer.variant_id)
    await execute(
        "UPDATE product SET status = 'ARCHIVED' WHERE id = (SELECT product_id FROM product_variant WHERE id = $1)",
        gone.variant_id,
    )

    seen = (await ask("{ cart { problems { code available } lines { variant { sku } } } }", as_=by)).data["cart"]

    assert seen["problems"] == [
        {"code": "OUT_OF_STOCK", "available": 1},
        {"code": "PRICE_CHANGED", "available": None},
        {"code": "NOT_SOLD", "available": None},
    ]
    assert seen["lines"][2]["variant"] is None


async def test_lines_are_removed_and_a_line_of_another_cart_is_not_found() -> None:
    by, other, goods = await buyer(), await buyer(), await add_goods()
    mine, theirs = await begun(by), await begun(other)
    line = (await add(by, mine, (goods, 1))).data["cartLinesAdd"]["cart"]["lines"][0]["id"]
    foreign = (await add(other, theirs, (goods, 1))).data["cartLinesAdd"]["cart"]["lines"][0]["id"]

    refused = await ask(REMOVE, as_=by, input={**mine, "lineIds": [foreign]})
    removed = await ask(REMOVE, as_=by, input={**mine, "lineIds": [line]})

    assert refused.codes == ["CART_LINE_NOT_FOUND"]
    assert removed.data["cartLinesRemove"]["cart"]["lines"] == []
    assert len((await ask("{ cart { lines { id } } }", as_=other)).data["cart"]["lines"]) == 1


@pytest.mark.clause("P2.3")
async def test_a_cart_of_somebody_else_and_one_that_is_not_there_are_refused_alike() -> None:
    by, other, goods = await buyer(), await buyer(), await add_goods()
    theirs = await begun(other)

    foreign = await add(by, theirs, (goods, 1))
    missing = await add(by, {"cartId": "nothing"}, (goods, 1))

    assert foreign == missing
    assert missing.codes == ["CART_NOT_FOUND"]


@pytest.mark.parametrize(
    ("quantity", "code"), [(0, "QUANTITY_NOT_VALID"), (-1, "QUANTITY_NOT_VALID"), (10_001, "QUANTITY_NOT_VALID")]
)
async def test_impossible_quantities_are_refused(quantity: int, code: str) -> None:
    by, goods = await buyer(), await add_goods()

    assert (await add(by, await begun(by), (goods, quantity))).codes == [code]


async def test_a_cart_has_one_currency_and_what_is_not_sold_stays_out() -> None:
    by, euros, yen = await buyer(), await add_goods(), await add_goods(currency="JPY")
    cart = await begun(by)
    unknown = {**cart, "lines": [{"variantId": "nothing", "quantity": 1}]}

    assert (await add(by, cart, (euros, 1), (yen, 1))).codes == ["CURRENCIES_MIXED"]
    assert (await ask(ADD, as_=by, input=unknown)).codes == ["VARIANT_NOT_SOLD"]
    assert (await ask("{ cart { lines { id } } }", as_=by)).data["cart"]["lines"] == []


async def test_a_guest_fills_a_cart_that_its_token_alone_opens() -> None:
    goods = await add_goods(price_minor=500)
    cart = await begun(ANONYMOUS)

    added = (await add(ANONYMOUS, cart, (goods, 2))).data["cartLinesAdd"]
    query = "query ($token: String!) { guestCart(token: $token) { total { amount } } cart { id } }"
    seen = await ask(query, as_=ANONYMOUS, token=cart["cartToken"])
    wrong = await ask(query, as_=ANONYMOUS, token=cart["cartToken"][:-1] + "~")

    assert added["guestCart"]["lines"][0]["variantId"] == variant(goods)
    assert seen.data == {"guestCart": {"total": {"amount": "10.00"}}, "cart": None}
    assert wrong.data == {"guestCart": None, "cart": None}


async def test_a_guests_cart_becomes_part_of_the_accounts_once() -> None:
    by, both, new = await buyer(), await add_goods(), await add_goods()
    await add(by, await begun(by), (both, 3))
    guest = await begun(ANONYMOUS)
    await add(ANONYMOUS, guest, (both, 2), (new, 1))

    merged = (await ask(MERGE, as_=by, input=guest)).data["cartMerge"]
    again = await ask(MERGE, as_=by, input=guest)

    assert sorted(line["quantity"] for line in merged["cart"]["lines"]) == [1, 3]
    assert again.codes == ["CART_NOT_FOUND"]
    assert (await add(ANONYMOUS, guest, (new, 1))).codes == ["CART_NOT_FOUND"]


LOGIN = """mutation ($input: LoginInput!) {
  login(input: $input) { token cart { lines { quantity } } userErrors { code } }
}"""


async def test_logging_in_with_a_guests_cart_puts_it_into_the_accounts() -> None:
    goods = await add_goods()
    email, number = f"cart-{new_id().hex}@example.com", 7_345_212
    account = await add_person(replace(person("cart", 30, number), email=email), password=PASSWORD)
    guest = await begun(ANONYMOUS)
    await add(ANONYMOUS, guest, (goods, 2))
    given = {"address": email, "password": PASSWORD, "cartToken": guest["cartToken"]}

    first = (await ask(LOGIN, as_=ANONYMOUS, input=given)).data["login"]
    again = (await ask(LOGIN, as_=ANONYMOUS, input=given)).data["login"]
    wrong = (await ask(LOGIN, as_=ANONYMOUS, input={**given, "password": "another one 771"})).data["login"]

    assert (first["cart"], first["userErrors"]) == ({"lines": [{"quantity": 2}]}, [])
    assert (again["token"] is not None, again["cart"], again["userErrors"]) == (True, None, [])
    assert (wrong["cart"], len(wrong["userErrors"])) == (None, 1)
    assert (await ask("{ cart { lines { quantity } } }", as_=Viewer(account=account.id))).data == {
        "cart": {"lines": [{"quantity": 2}]}
    }


async def test_nobody_merges_into_a_cart_without_an_account() -> None:
    guest = await begun(ANONYMOUS)

    assert (await ask(MERGE, as_=ANONYMOUS, input=guest)).codes == ["NOT_IN_PERSON"]


@pytest.mark.clause("P7.3")
async def test_a_child_has_no_cart_until_the_guardian_consents() -> None:
    child = await ward(9)

    assert (await ask(CREATE, as_=child)).codes == ["GUARDIAN_CONSENT_REQUIRED"]


async def test_a_missing_consent_says_whom_to_ask() -> None:
    alone = Viewer(account=(await add_person(person("alone-child", 9, 7_345_211), password=PASSWORD)).id)
    document = """mutation { cartCreate { userErrors { __typename
        ... on GuardianConsentRequired { guardianship { id state guardianName } } } } }"""

    watched, unwatched = [await ask(document, as_=child) for child in (await ward(9), alone)]

    assert [answer.errors for answer in (watched, unwatched)] == [[], []]
    (said,) = watched.data["cartCreate"]["userErrors"]
    assert said["__typename"] == "GuardianConsentRequired"
    assert said["guardianship"]["state"] == "ACTIVE"
    assert unwatched.data["cartCreate"]["userErrors"][0]["guardianship"] is None


async def test_a_longer_cart_takes_no_more_statements() -> None:
    counted: list[int] = []
    for size in (1, 12):
        by = await buyer()
        await add(by, await begun(by), *[(await add_goods(), 1) for _ in range(size)])
        query = "{ cart { total { amount } problems { code } lines { total { amount } variant { isInStock } } } }"
        with counting_statements() as statements:
            seen: Any = await ask(query, as_=by)
        assert len(seen.data["cart"]["lines"]) == size
        counted.append(len(statements.shop))

    assert counted[0] == counted[1]


async def test_a_cart_is_begun_with_lines_and_a_guest_is_answered_from_what_was_written() -> None:
    by, goods, more = await buyer(), await add_goods(price_minor=500), await add_goods(price_minor=1_000)
    lines = [{"variantId": variant(goods), "quantity": 2}, {"variantId": variant(more), "quantity": 1}]

    with counting_statements() as statements:
        guest = (await ask(BEGIN, as_=ANONYMOUS, input={"lines": lines})).data["cartCreate"]
    own = (await ask(BEGIN, as_=by, input={"lines": lines})).data["cartCreate"]["cart"]
    again = (await ask(BEGIN, as_=by, input={"lines": lines[:1]})).data["cartCreate"]["cart"]
    read: Any = await ask(READ, as_=ANONYMOUS, token=guest["cartToken"])

    assert len(statements) == 2
    assert guest["guestCart"]["total"] == own["total"] == {"amount": "20.00", "currencyCode": "EUR"}
    assert read.data["guestCart"] == guest["guestCart"]
    assert (again["id"], [line["quantity"] for line in again["lines"]]) == (own["id"], [4, 1])


async def test_a_cart_that_cannot_hold_its_lines_is_not_begun() -> None:
    by, euros, yen = await buyer(), await add_goods(), await add_goods(currency="JPY")
    lines = [{"variantId": variant(goods), "quantity": 1} for goods in (euros, yen)]

    for viewer in (by, ANONYMOUS):
        refused = await ask(BEGIN, as_=viewer, input={"lines": lines})
        assert refused.codes == ["CURRENCIES_MIXED"]
        assert refused.data["cartCreate"]["cartToken"] is None

    assert (await ask("{ cart { id } }", as_=by)).data == {"cart": None}


async def test_what_costs_more_than_can_be_counted_is_refused_and_not_a_fault() -> None:
    by, dear = await buyer(), await add_goods(price_minor=LARGEST_MINOR // 2)
    cart = await begun(by)
    one = await add(by, cart, (dear, 1))
    line = one.data["cartLinesAdd"]["cart"]["lines"][0]

    too_many = await add(by, cart, (dear, 3))
    updated = await ask(UPDATE, as_=by, input={**cart, "lines": [{"id": line["id"], "quantity": 10_000}]})

    assert line["total"]["amount"] == str(Money(LARGEST_MINOR // 2, "EUR"))
    for answer in (too_many, updated):
        assert (answer.errors, answer.codes) == ([], ["AMOUNT_TOO_LARGE"])


async def test_a_cart_whose_prices_rose_beyond_counting_says_so() -> None:
    by, goods, other = await buyer(), await add_goods(), await add_goods()
    cart = await begun(by)
    await add(by, cart, (goods, 5), (other, 1))
    await execute("UPDATE product_variant SET price_minor = $2 WHERE id = $1", goods.variant_id, LARGEST_MINOR)

    answer = await ask(CREATE, as_=by)

    assert answer.errors == []
    seen = answer.data["cartCreate"]["cart"]
    assert seen["total"] is None
    assert seen["lines"][0]["total"] is None
    assert [problem["code"] for problem in seen["problems"]] == ["PRICE_CHANGED", "AMOUNT_TOO_LARGE"]


async def test_lines_that_can_be_counted_one_by_one_and_not_together_have_no_total() -> None:
    by = await buyer()
    cart = await begun(by)

    answer = await add(by, cart, *[(await add_goods(price_minor=LARGEST_MINOR - 1), 1) for _ in range(2)])

    assert (answer.errors, answer.codes) == ([], [])
    assert answer.data["cartLinesAdd"]["cart"]["total"] is None


def test_the_highest_price_leaves_every_cart_a_total() -> None:
    assert LARGEST_PRICE * CART_LINES * MOST_OF_ONE <= LARGEST_MINOR
