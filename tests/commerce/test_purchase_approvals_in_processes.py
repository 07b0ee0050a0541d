"""Purchases above a limit in several processes at once: one question, one answer, one order."""

import asyncio
from collections import Counter

import pytest

from commerce import purchase_approvals
from models.money import Money
from models.orders import Order, OrderStatus
from models.purchase_approvals import ApprovalState, PurchaseApproval
from server.embedded import Embedded
from tests.commerce.goods import Goods, add_goods, filled_cart, journal_differs, levels
from tests.commerce.test_guardianships import Order as Command
from tests.commerce.test_guardianships import programs
from tests.graphql.wards import Somebody, family
from tests.reporting import report

pytestmark = pytest.mark.usefixtures("database")

PRICE = 1_250


async def limited() -> tuple[Somebody, Somebody, Goods, Command]:
    """Write a child with a limit of ten euros and a cart above it."""
    child, adult = await family(9)
    await purchase_approvals.set_limit(child.account.id, Money(1_000, "EUR"), by=adult.viewer)
    goods = await add_goods(stock_at=(5,), price_minor=PRICE)
    cart = await filled_cart(child.viewer, (goods, 1))
    order: Command = {
        "do": "check out",
        "by": str(child.account.id),
        "cart": str(cart),
        "total": str(PRICE),
        "key": "k",
    }
    return child, adult, goods, order


async def test_twenty_checkouts_at_once_ask_the_guardian_once_and_take_no_stock(clusters: Embedded) -> None:
    child, _, goods, order = await limited()
    orders = [{**order, "key": str(number % 4)} for number in range(20)]

    async with programs(clusters, 2) as (one, two):
        ended = await asyncio.gather(one.do(*orders[:10]), two.do(*orders[10:]))

    assert Counter(code for part in ended for code in part) == {"GUARDIAN_APPROVAL_REQUIRED": 20}
    assert await PurchaseApproval.filter(minor_id=child.account.id).count() == 1
    assert await levels(goods) == (5, 0)


async def test_of_approvals_refusals_and_checkouts_at_once_one_answer_counts_and_one_order_is_made(
    clusters: Embedded,
) -> None:
    won: Counter[str] = Counter()

    async with programs(clusters, 3) as started:
        for _ in range(6):
            child, adult, goods, order = await limited()
            await started[0].do(order)
            asked = await PurchaseApproval.get(minor_id=child.account.id)
            yes: Command = {"do": "approve", "by": str(adult.account.id), "approval": str(asked.id)}
            no = {**yes, "do": "refuse"}

            await asyncio.gather(
                started[0].do(yes, order, no), started[1].do(no, yes, order), started[2].do(order, no, yes, order)
            )
            again = await asyncio.gather(*(program.do(order, {**order, "key": "other"}) for program in started))

            decided = await PurchaseApproval.filter(minor_id=child.account.id).order_by("id")
            made = await Order.filter(buyer_id=child.account.id)
            is_approved = decided[0].state is ApprovalState.USED
            assert [each.status for each in made] == [OrderStatus.PAID] * int(is_approved)
            assert await levels(goods) == (5 - int(is_approved), 0)
            codes = {code for part in again for code in part}
            assert codes == ({"DONE", "CART_NOT_FOUND"} if is_approved else {"PURCHASE_REFUSED"})
            assert len(decided) == 1
            won[decided[0].state.value] += 1

    assert await journal_differs() == 0
    report(
        f"purchases: 6 x 10 approvals, refusals and checkouts at once from 3 processes, one each counted: {dict(won)}"
    )
