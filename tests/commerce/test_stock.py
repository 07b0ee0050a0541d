"""Stock: never oversold, and the journal is always what the levels are."""

import random
from uuid import UUID

import pytest

from commerce import stock
from commerce.stock import InsufficientStock, StockNotAdjustable
from models.database import ConstraintViolated, execute, transaction
from models.ids import new_id
from tests.commerce.goods import add_goods, journal_differs, levels

pytestmark = pytest.mark.usefixtures("database")


async def reserve(wanted: dict[UUID, int]) -> list[tuple[UUID, int]]:
    async with transaction():
        return await stock.reserve(wanted, order_id=new_id())


async def test_what_is_promised_is_no_longer_available_but_still_on_hand() -> None:
    goods = await add_goods(stock_at=(10,))

    await reserve({goods.variant_id: 4})

    assert await stock.available([goods.variant_id]) == {goods.variant_id: 6}
    assert await levels(goods) == (10, 4)


async def test_an_order_is_served_from_as_many_places_as_it_takes() -> None:
    goods = await add_goods(stock_at=(3, 0, 5))

    taken = await reserve({goods.variant_id: 7})

    assert sorted(quantity for _, quantity in taken) == [3, 4]
    assert await levels(goods) == (8, 7)


async def test_all_is_promised_or_nothing_and_the_refusal_says_how_many_there_are() -> None:
    plenty, few = await add_goods(stock_at=(10,)), await add_goods(stock_at=(2, 1))

    with pytest.raises(InsufficientStock) as refused:
        await reserve({plenty.variant_id: 5, few.variant_id: 4})

    assert refused.value.details == {"available": 3, "variant_id": few.variant_id}
    assert (await levels(plenty), await levels(few)) == ((10, 0), (3, 0))


async def test_what_is_kept_nowhere_cannot_be_promised() -> None:
    with pytest.raises(InsufficientStock) as refused:
        await reserve({new_id(): 1})

    assert refused.value.details["available"] == 0


async def test_no_more_can_be_taken_away_than_is_not_promised() -> None:
    goods = await add_goods(stock_at=(5,))
    await reserve({goods.variant_id: 4})

    with pytest.raises(StockNotAdjustable):
        await stock.adjust(goods.variant_id, goods.locations[0], by=-2)

    assert await stock.adjust(goods.variant_id, goods.locations[0], by=-1) == 4


async def test_the_table_itself_refuses_to_be_oversold() -> None:
    goods = await add_goods(stock_at=(5,))

    with pytest.raises(ConstraintViolated):
        await execute("UPDATE inventory_level SET reserved = 6 WHERE variant_id = $1", goods.variant_id)


@pytest.mark.parametrize("seed", range(4))
async def test_after_any_sequence_of_changes_the_journal_is_what_the_levels_are(seed: int) -> None:
    chance = random.Random(seed)
    goods = [await add_goods(stock_at=(chance.randrange(20), chance.randrange(20))) for _ in range(3)]

    for _ in range(40):
        some = chance.choice(goods)
        try:
            if chance.random() < 0.5:
                await stock.adjust(some.variant_id, chance.choice(some.locations), by=chance.randrange(-9, 10))
            else:
                wanted = chance.sample(goods, chance.randrange(1, 4))
                await reserve({each.variant_id: chance.randrange(1, 9) for each in wanted})
        except (InsufficientStock, StockNotAdjustable):
            continue

    assert await journal_differs() == 0
    for each in goods:
        on_hand, reserved = await levels(each)
        assert 0 <= reserved <= on_hand
