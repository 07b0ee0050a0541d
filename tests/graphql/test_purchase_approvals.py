"""A guardian sets a limit for orders; what costs more waits for their approval."""

from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest

from commerce import purchase_approvals, settlement
from commerce.purchase_approvals import LIFE, GuardianApprovalRequired, Purchase, Wanted
from commerce.stock import HELD_FOR
from models import clock
from models import database as db
from models.identity_verifications import IdentityVerification
from models.ids import new_id, public_id
from models.money import Money
from models.orders import Order, OrderStatus
from models.purchase_approvals import ApprovalState, PurchaseApproval
from policy.viewer import Viewer
from tests.commerce.goods import Goods, add_goods, filled_cart, levels
from tests.graphql.asking import Answer, ask
from tests.graphql.wards import Somebody, family, somebody, withdraw

pytestmark = pytest.mark.usefixtures("database")

ERRORS = """userErrors { code message ... on GuardianApprovalRequired {
  approval { id state total { amount } lines { title quantity } }
} }"""
CHECKOUT = f"""mutation ($input: CheckoutCompleteInput!) {{
  checkoutComplete(input: $input) {{ order {{ status }} {ERRORS} }}
}}"""
LIMIT = """mutation ($input: GuardianPurchaseLimitSetInput!) { guardianPurchaseLimitSet(input: $input) {
  ward { guardianship { purchaseLimit { amount currencyCode } } } userErrors { code }
} }"""
APPROVE = """mutation ($input: GuardianPurchaseApproveInput!) {
  guardianPurchaseApprove(input: $input) { approval { state decidedAt } userErrors { code } }
}"""
REFUSE = """mutation ($input: GuardianPurchaseRefuseInput!) {
  guardianPurchaseRefuse(input: $input) { approval { state decidedAt } userErrors { code } }
}"""
WAITING = """{ viewer { account { wards { purchaseApprovals(first: 5) { nodes {
  id state total { amount } lines { title quantity }
} } } } } }"""
QUEUED = "SELECT FROM avow_pgqueuer WHERE entrypoint = $1 AND convert_from(payload, 'UTF8') LIKE $2"
HOME = {
    "isSelf": True,
    "name": "Edda Holm",
    "phone": "+46701740601",
    "street": "Björkvägen 12",
    "city": "Uppsala",
    "postalCode": "75323",
    "country": "SE",
}
PRICE = 1_250


async def limited(years: int = 9, amount: str | None = "10.00", currency: str = "EUR") -> tuple[Somebody, Somebody]:
    """Write a minor whose guardian set a limit."""
    child, adult = await family(years)
    answer = await set_limit(adult.viewer, child.id, amount, currency)
    assert answer.codes == []
    return child, adult


async def set_limit(adult: Viewer, ward_id: str, amount: str | None, currency: str = "EUR") -> Answer:
    limit = None if amount is None else {"amount": amount, "currencyCode": currency}
    return await ask(LIMIT, as_=adult, input={"wardId": ward_id, "limit": limit})


async def filled(child: Somebody, pieces: int = 1, **other: Any) -> tuple[Goods, str]:
    goods = await add_goods(stock_at=(9,), price_minor=PRICE, **other)
    return goods, public_id("Cart", await filled_cart(child.viewer, (goods, pieces)))


async def check_out(child: Somebody, cart: str, pieces: int = 1, key: str = "key") -> Answer:
    wish = {
        "cartId": cart,
        "recipient": HOME,
        "expectedTotal": {"amount": f"{pieces * PRICE / 100:.2f}", "currencyCode": "EUR"},
        "payment": {"institution": "SANDBOX"},
        "confirmsSensitive": True,
        "idempotencyKey": key,
    }
    return await ask(CHECKOUT, as_=child.viewer, input=wish)


async def check_out_named(child: Somebody, goods: Goods, key: str) -> Answer:
    wish = {
        "lines": [{"variantId": public_id("ProductVariant", goods.variant_id), "quantity": 1}],
        "recipient": HOME,
        "expectedTotal": {"amount": f"{PRICE / 100:.2f}", "currencyCode": "EUR"},
        "payment": {"institution": "SANDBOX"},
        "confirmsSensitive": True,
        "idempotencyKey": key,
    }
    return await ask(CHECKOUT, as_=child.viewer, input=wish)


def asked(answer: Answer) -> Any:
    (error,) = answer.data["checkoutComplete"]["userErrors"]
    return error["approval"]


async def approve(adult: Viewer, approval_id: str) -> Answer:
    return await ask(APPROVE, as_=adult, input={"id": approval_id})


async def refuse(adult: Viewer, approval_id: str) -> Answer:
    return await ask(REFUSE, as_=adult, input={"id": approval_id})


@pytest.mark.parametrize("years", [9, 16])
@pytest.mark.clause("P7.4")
async def test_an_order_above_the_limit_waits_for_the_guardian_and_then_goes_on(years: int) -> None:
    child, adult = await limited(years)
    goods, cart = await filled(child)

    waits = await check_out(child, cart)
    seen = (await ask(WAITING, as_=adult.viewer)).data["viewer"]["account"]["wards"][0]["purchaseApprovals"]["nodes"]
    held = await levels(goods)
    approved = await approve(adult.viewer, asked(waits)["id"])
    ordered = await check_out(child, cart)
    again = await check_out(child, cart)

    assert waits.codes == ["GUARDIAN_APPROVAL_REQUIRED"]
    assert seen == [asked(waits)]
    assert (seen[0]["state"], seen[0]["total"]["amount"], seen[0]["lines"][0]["quantity"]) == ("PENDING", "12.50", 1)
    assert held == (9, 0)
    assert approved.data["guardianPurchaseApprove"]["approval"]["state"] == "APPROVED"
    assert (
        ordered.data["checkoutComplete"]
        == {"order": {"status": "PAID"}, "userErrors": []}
        == again.data["checkoutComplete"]
    )
    assert [row.state for row in await PurchaseApproval.filter(minor_id=child.account.id)] == [ApprovalState.USED]


@pytest.mark.clause("P7.4")
async def test_what_is_ordered_from_no_cart_waits_as_well_and_an_approval_counts_once() -> None:
    child, adult = await limited()
    goods = await add_goods(stock_at=(9,), price_minor=PRICE)

    waits = await check_out_named(child, goods, "one")
    await approve(adult.viewer, asked(waits)["id"])
    ordered = await check_out_named(child, goods, "one")
    once_more = await check_out_named(child, goods, "other")

    assert (waits.codes, ordered.codes, once_more.codes) == (
        ["GUARDIAN_APPROVAL_REQUIRED"],
        [],
        ["GUARDIAN_APPROVAL_REQUIRED"],
    )
    assert await levels(goods) == (8, 0)


async def test_an_order_up_to_the_limit_and_one_without_a_limit_need_no_approval() -> None:
    child, adult = await limited(amount="12.50")
    other, _ = await limited(amount=None)

    answers = [await check_out(each, (await filled(each))[1]) for each in (child, other)]
    await set_limit(adult.viewer, child.id, "12.49")
    above = await check_out(child, (await filled(child))[1], key="another")

    assert [answer.codes for answer in answers] == [[], []]
    assert above.codes == ["GUARDIAN_APPROVAL_REQUIRED"]


async def test_an_order_in_another_currency_than_the_limit_always_needs_approval() -> None:
    child, _ = await limited(amount="1000.00", currency="USD")

    answer = await check_out(child, (await filled(child))[1])

    assert answer.codes == ["GUARDIAN_APPROVAL_REQUIRED"]


async def test_what_was_refused_is_not_asked_for_again_until_it_is_something_else() -> None:
    child, adult = await limited()
    _, cart = await filled(child)
    question = asked(await check_out(child, cart))

    refused = await refuse(adult.viewer, question["id"])
    again = await check_out(child, cart)
    with clock.moved_to(clock.now() + LIFE + timedelta(seconds=1)):
        later = await check_out(child, cart)
        await filled_cart(child.viewer, (await add_goods(stock_at=(5,), price_minor=PRICE), 1))
        other = await check_out(child, cart, 2)

    assert refused.data["guardianPurchaseRefuse"]["approval"]["state"] == "REFUSED"
    assert again.codes == ["PURCHASE_REFUSED"]
    assert asked(other)["id"] != question["id"]
    assert (later.codes, asked(later)["id"] != question["id"]) == (["GUARDIAN_APPROVAL_REQUIRED"], True)


async def test_an_approval_is_for_these_goods_at_this_price_alone() -> None:
    child, adult = await limited()
    goods, cart = await filled(child)
    await approve(adult.viewer, asked(await check_out(child, cart))["id"])

    await db.execute("UPDATE cart_line SET quantity = 2 WHERE variant_id = $1", goods.variant_id)
    more = await check_out(child, cart, 2)
    await db.execute("UPDATE cart_line SET quantity = 1 WHERE variant_id = $1", goods.variant_id)
    as_approved = await check_out(child, cart)

    assert more.codes == ["GUARDIAN_APPROVAL_REQUIRED"]
    assert as_approved.codes == []


async def test_the_guardian_is_told_once_and_the_minor_of_the_answer() -> None:
    child, adult = await limited()
    _, cart = await filled(child)

    question = asked(await check_out(child, cart))
    for number in range(3):
        assert asked(await check_out(child, cart, key=f"again {number}"))["id"] == question["id"]
    answers = [await approve(adult.viewer, question["id"]) for _ in range(2)]

    row = await PurchaseApproval.get(minor_id=child.account.id)
    assert len(await db.fetch(QUEUED, "purchase.asked", f"%{adult.account.id}%")) == 1
    assert len(await db.fetch(QUEUED, "purchase.decided", f"%{row.id}%")) == 1
    assert answers[0].data == answers[1].data


async def test_questions_and_approvals_end_by_themselves() -> None:
    child, adult = await limited()
    _, cart = await filled(child)
    question = asked(await check_out(child, cart))

    with clock.moved_to(clock.now() + LIFE + timedelta(seconds=1)):
        late = await approve(adult.viewer, question["id"])
        await purchase_approvals.close_expired()
        fresh = asked(await check_out(child, cart))
        await approve(adult.viewer, fresh["id"])
        with clock.moved_to(clock.now() + LIFE):
            too_late = await check_out(child, cart)
            renewed = await approve(adult.viewer, asked(too_late)["id"])

    assert late.codes == ["APPROVAL_NOT_PENDING"]
    assert too_late.codes == ["GUARDIAN_APPROVAL_REQUIRED"]
    assert renewed.codes == []


async def test_an_approval_whose_order_was_never_paid_counts_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    child, adult = await limited()
    _, cart = await filled(child)
    await approve(adult.viewer, asked(await check_out(child, cart))["id"])

    async def crash(order_id: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(settlement, "pay", crash)
        await check_out(child, cart)
    with clock.moved_to(clock.now() + HELD_FOR):
        await settlement.sweep()
        again = await check_out(child, cart, key="another")

    statuses = [order.status for order in await Order.filter(buyer_id=child.account.id).order_by("id")]
    assert (again.codes, statuses) == ([], [OrderStatus.CANCELLED, OrderStatus.PAID])


@pytest.mark.clause("P7.4")
async def test_only_the_guardian_sets_the_limit_and_decides() -> None:
    child, _ = await limited()
    stranger = await somebody()
    question = asked(await check_out(child, (await filled(child))[1]))

    answers = [
        await act(by.viewer, question["id"]) for by in (child, stranger) for act in (approve, refuse)
    ]  # fmt: skip
    limits = [await set_limit(by.viewer, child.id, None) for by in (child, stranger)]

    assert {code for answer in answers for code in answer.codes} == {"APPROVAL_NOT_FOUND"}
    assert {code for answer in limits for code in answer.codes} == {"WARD_NOT_FOUND"}
    assert (await PurchaseApproval.get(minor_id=child.account.id)).state is ApprovalState.PENDING


async def test_a_guardian_who_is_not_verified_approves_nothing_and_may_refuse() -> None:
    child, adult = await limited()
    question = asked(await check_out(child, (await filled(child))[1]))
    await IdentityVerification.filter(account_id=adult.account.id).delete()

    approved, refused = await approve(adult.viewer, question["id"]), await refuse(adult.viewer, question["id"])

    assert (approved.codes, refused.codes) == (["VERIFICATION_REQUIRED"], [])


async def test_with_the_guardians_consent_ends_what_waits_for_them_and_what_they_approved() -> None:
    child, adult = await limited()
    _, cart = await filled(child)
    await approve(adult.viewer, asked(await check_out(child, cart))["id"])

    await withdraw(adult.viewer, child.id, "FULFILMENT")

    assert (await check_out(child, cart)).codes == ["GUARDIAN_CONSENT_REQUIRED"]
    assert (await PurchaseApproval.get(minor_id=child.account.id)).state is ApprovalState.EXPIRED


@pytest.mark.parametrize("is_bought", [True, False])
async def test_a_guardian_is_asked_for_nothing_that_was_bought_meanwhile(is_bought: bool) -> None:
    child, _ = await limited()
    price = Money(PRICE, "EUR")

    async def bought() -> bool:
        return is_bought

    with nullcontext() if is_bought else pytest.raises(GuardianApprovalRequired):
        await purchase_approvals.ask(
            Purchase(None, price, [Wanted(new_id(), "A lamp", 1, price)]), by=child.viewer, unless=bought
        )

    assert await PurchaseApproval.filter(minor_id=child.account.id).count() == int(not is_bought)
