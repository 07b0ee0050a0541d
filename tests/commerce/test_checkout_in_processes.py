"""Checkout by several programs at once, and by programs that are killed: nothing is oversold, lost or doubled."""

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from commerce import settlement
from commerce.checkout import complete
from commerce.stock import HELD_FOR
from models import clock
from models.orders import Order, OrderStatus
from models.payments import Payment, PaymentState
from policy.viewer import Viewer
from server.embedded import Embedded
from tests.commerce.buyers import buyer
from tests.commerce.checkout_worker import POINTS
from tests.commerce.goods import Goods, add_goods, filled_cart, journal_differs, levels, wish
from tests.conftest import SECRETS
from tests.reporting import report

ROOT = Path(__file__).parents[2]
PRICE = 1_250


@contextmanager
def worker(
    database: Embedded, orders: list[dict[str, Any]], *, die_at: str | None = None
) -> Iterator["subprocess.Popen[str]"]:
    """Start a program that is about to check out."""
    given = {
        "shop_url": database.shop.app_url,
        "keys_url": database.keys.app_url,
        "master": SECRETS.master.hex(),
        "key": SECRETS.key_encryption_keys["test"].hex(),
        "orders": orders,
        "die_at": die_at,
    }
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.commerce.checkout_worker"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        tell(program, json.dumps(given))
        yield program
    finally:
        program.kill()
        program.wait(timeout=10)
        for stream in (program.stdin, program.stdout):
            if stream is not None:
                stream.close()


def tell(program: "subprocess.Popen[str]", line: str) -> None:
    assert program.stdin is not None
    program.stdin.write(line + "\n")
    program.stdin.flush()


async def heard(program: "subprocess.Popen[str]") -> str:
    assert program.stdout is not None
    return await asyncio.to_thread(program.stdout.readline)


async def run_all(database: Embedded, parts: list[list[dict[str, Any]]]) -> tuple[list[dict[str, Any]], float]:
    """Let programs check out at the same moment, and collect how each checkout ended."""
    with ExitStack() as stack:
        programs = [stack.enter_context(worker(database, part)) for part in parts]
        assert [await heard(program) for program in programs] == ["ready\n"] * len(programs)
        began = time.monotonic()
        for program in programs:
            tell(program, "go")
        answers = [json.loads(await heard(program)) for program in programs]
        took = time.monotonic() - began
    return [ended for answer in answers for ended in answer], took


def order(by: Viewer, cart: UUID, quantity: int, key: str = "key") -> dict[str, Any]:
    return {"account": str(by.account), "cart": str(cart), "total_minor": quantity * PRICE, "key": key}


async def test_two_hundred_buyers_of_fifty_pieces_get_fifty(database: Embedded) -> None:
    goods = await add_goods(stock_at=(30, 20), price_minor=PRICE)
    buyers = [await buyer() for _ in range(200)]
    orders = [order(by, await filled_cart(by, (goods, 1)), 1) for by in buyers]

    ended, took = await run_all(database, [orders[part::4] for part in range(4)])

    counted = Counter("ORDERED" if len(end["ended"]) == 36 else end["ended"] for end in ended)
    assert counted == {"ORDERED": 50, "INSUFFICIENT_STOCK": 150}
    assert await levels(goods) == (0, 0)
    assert await journal_differs() == 0
    assert await Order.filter(buyer_id__in=[by.account for by in buyers]).count() == 50
    again = sum(end["attempts"] > 1 for end in ended)
    report(f"overselling: 200 checkouts of 50 pieces by 4 processes in {took:.1f} s, {again} of them asked again")


async def test_a_hundred_repetitions_at_once_make_one_order(database: Embedded) -> None:
    by, goods = await buyer(), await add_goods(stock_at=(50,), price_minor=PRICE)
    wanted = order(by, await filled_cart(by, (goods, 2)), 2)

    ended, took = await run_all(database, [[wanted] * 25] * 4)

    assert len({end["ended"] for end in ended}) == 1
    assert await Order.filter(buyer_id=by.account).count() == 1
    assert await levels(goods) == (48, 0)
    assert await journal_differs() == 0
    report(f"idempotency: 100 repetitions of a checkout by 4 processes in {took:.1f} s made one order")


async def killed(database: Embedded, point: str) -> tuple[Viewer, UUID, Goods]:
    """Have a program killed at a point of a checkout of three pieces of ten."""
    by, goods = await buyer(), await add_goods(stock_at=(10,), price_minor=PRICE)
    cart = await filled_cart(by, (goods, 3))
    with worker(database, [order(by, cart, 3)], die_at=point) as program:
        assert await heard(program) == "ready\n"
        tell(program, "go")
        assert await asyncio.to_thread(program.wait, 20) == -9
    return by, cart, goods


@pytest.mark.parametrize("point", POINTS)
async def test_a_checkout_that_was_killed_is_gone_on_with_by_the_same_key(database: Embedded, point: str) -> None:
    by, cart, goods = await killed(database, point)

    done = await complete(wish(cart, 3 * PRICE), key="key", by=by)

    assert [order.id for order in await Order.filter(buyer_id=by.account, status=OrderStatus.PAID)] == [done]
    assert (await Payment.get(order_id=done)).state is PaymentState.PAID
    assert await levels(goods) == (7, 0)
    assert await journal_differs() == 0


@pytest.mark.parametrize("point", POINTS)
async def test_a_checkout_that_was_killed_and_left_is_whole_or_gone(database: Embedded, point: str) -> None:
    by, _, goods = await killed(database, point)

    with clock.moved_to(clock.now() + HELD_FOR):
        await settlement.sweep()

    made = await Order.filter(buyer_id=by.account)
    if made and made[0].status is OrderStatus.PAID:
        assert await levels(goods) == (7, 0)
    else:
        assert [order.status for order in made] == [OrderStatus.CANCELLED] * len(made)
        assert await levels(goods) == (10, 0)
        payments = await Payment.filter(order_id__in=[order.id for order in made])
        assert {payment.state for payment in payments} <= {PaymentState.REFUNDED}
    assert await journal_differs() == 0
