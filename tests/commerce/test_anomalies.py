"""Orders that are out of the ordinary are noticed after they were placed, once each, whoever looks how often."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
import pytest_asyncio

from commerce import anomalies
from commerce.anomalies import BOUNDS, OPEN_FOR
from models import clock
from models.anomalies import AnomalyKind, OrderAnomaly
from models.database import BadStatement, execute
from models.orders import Order, OrderStatus
from server.demo_rows import Line, Parcel, Purchase, add_order
from server.embedded import Embedded
from tests.commerce.buyers import buyer
from tests.commerce.goods import add_goods
from tests.commerce.programs import Program, at_once, staying

HOME = Parcel("Edda Holm", "+46701239876", "Storgatan 77", "Lund", "22100", "SE")
PROGRAMS = 3


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def programs(database: Embedded) -> AsyncIterator[list[Program]]:
    async with staying("anomaly_worker", database, PROGRAMS) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def account(database: Embedded) -> UUID:
    by = (await buyer()).account
    assert by is not None
    return by


async def placed(
    by: UUID, minor: int, *, ago: timedelta = timedelta(), status: OrderStatus = OrderStatus.PAID, currency: str = "EUR"
) -> Order:
    """Write an order of one article at a price."""
    goods = await add_goods()
    line = Line(goods.supplier_id, "SKU-1", "Lamp", 1, minor)
    return await add_order(Purchase(by, HOME, (line,), status, currency, clock.now() - ago))


async def looked(*orders: Order, since: timedelta = timedelta(days=2)) -> list[list[AnomalyKind]]:
    """Look at what was placed of late, and give what was noticed of each of some orders."""
    await anomalies.notice(clock.now() - since)
    return [[row.kind for row in await OrderAnomaly.filter(order_id=order.id).order_by("kind")] for order in orders]


@pytest.mark.clause("P2.4")
async def test_from_the_fifth_order_within_an_hour_on_orders_are_noticed(account: UUID) -> None:
    long_ago = [await placed(account, 1_000, ago=timedelta(hours=2)) for _ in range(2)]
    rest = [
        await placed(account, 1_000, ago=timedelta(minutes=50 - 10 * number), status=status)
        for number, status in enumerate((OrderStatus.PAID, OrderStatus.PLACED, OrderStatus.CANCELLED, OrderStatus.PAID))
    ]
    before = await looked(*long_ago, *rest)

    fifth = await placed(account, 1_000, status=OrderStatus.PLACED)

    assert before == [[]] * 6
    assert await looked(*long_ago, *rest, fifth) == [[]] * 6 + [[AnomalyKind.VELOCITY]]


@pytest.mark.clause("P2.4")
async def test_an_amount_far_above_the_earlier_orders_is_noticed_once_it_is_known_what_is_usual(account: UUID) -> None:
    day = timedelta(days=1)
    earlier = [await placed(account, 2_000, ago=day * (9 - number)) for number in range(2)]
    too_early = await placed(account, 20_000, ago=day * 2)
    await Order.filter(id=too_early.id).update(total_minor=2_000)

    usual = await placed(account, 2_000 * BOUNDS.times_the_most)
    of_another_currency = await placed(account, 90_000, currency="CHF")
    far_above = await placed(account, 10_000 * BOUNDS.times_the_most + 1)

    assert await looked(*earlier, too_early, usual, of_another_currency, far_above, since=day * 20) == [
        *([[]] * 5),
        [AnomalyKind.AMOUNT],
    ]


@pytest.mark.clause("P2.4")
async def test_an_amount_above_the_bound_of_its_currency_is_noticed_of_a_first_order_too(account: UUID) -> None:
    bound = BOUNDS.amounts["EUR"]

    orders = await placed(account, bound), await placed(account, bound + 1, status=OrderStatus.PLACED)

    assert await looked(*orders) == [[], [AnomalyKind.AMOUNT]]


async def test_what_came_from_elsewhere_is_not_looked_at(account: UUID) -> None:
    order = await placed(account, BOUNDS.amounts["EUR"] + 1)
    await Order.filter(id=order.id).update(external_source="past", external_reference=str(order.id))

    assert await looked(order) == [[]]


async def test_what_was_noticed_closes_by_itself_and_is_never_changed(account: UUID) -> None:
    order = await placed(account, BOUNDS.amounts["EUR"] + 1)
    await looked(order)

    row = await OrderAnomaly.get(order_id=order.id)

    assert isinstance(row.closes_at, datetime)
    assert row.closes_at - row.noticed_at == OPEN_FOR
    with pytest.raises(BadStatement):
        await execute("UPDATE order_anomaly SET closes_at = closes_at + interval '1 day' WHERE id = $1", row.id)


@pytest.mark.clause("P2.4")
async def test_the_job_goes_on_from_where_it_looked_last(account: UUID) -> None:
    await anomalies.look()
    order = await placed(account, BOUNDS.amounts["EUR"] + 1)

    await anomalies.look()
    await anomalies.look()

    assert await OrderAnomaly.filter(order_id=order.id).count() == 1


async def test_several_programs_that_look_at_once_notice_each_order_once(
    programs: list[Program], account: UUID
) -> None:
    bound = BOUNDS.amounts["EUR"]
    orders = [await placed(account, bound + number, ago=timedelta(minutes=20 - number)) for number in range(1, 8)]

    added = await at_once(programs, [[{}, {}, {}]] * PROGRAMS)

    kinds = [[row.kind for row in await OrderAnomaly.filter(order_id=order.id).order_by("kind")] for order in orders]
    assert kinds == [[AnomalyKind.AMOUNT]] * 4 + [[AnomalyKind.AMOUNT, AnomalyKind.VELOCITY]] * 3
    assert sum(map(int, added)) >= 10
    assert await looked(*orders) == kinds
