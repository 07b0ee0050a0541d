"""Stock as operators look after it: journalled, noted, never below what is promised, and shown to nobody else."""

from typing import Any

import pytest

from commerce import stock
from models.audit import AuditEvent
from models.database import execute, transaction
from models.ids import new_id, public_id, read_public_id
from models.stock import InventoryLevel, StockMovement, StockReason
from policy.viewer import Viewer
from tests.commerce.goods import Goods, add_goods, journal_differs
from tests.graphql.asking import ask
from tests.graphql.world import OPERATORS, World

_PAYLOAD = """inventoryLevel { id onHand reserved available location { name supplier { id } } }
  userErrors { __typename code field ... on StockMoved { onHand } }"""
ADJUST = f"mutation ($input: InventoryAdjustInput!) {{ inventoryAdjust(input: $input) {{ {_PAYLOAD} }} }}"
SET = f"mutation ($input: InventorySetInput!) {{ inventorySet(input: $input) {{ {_PAYLOAD} }} }}"
LEVELS = "query ($id: ID!) { productVariant(id: $id) { availableQuantity inventoryLevels { id onHand reserved } } }"


@pytest.fixture
def who(world: World) -> Viewer:
    return world.viewers["operator"]


def at(goods: Goods, place: int = 0) -> dict[str, str]:
    """Say which goods are meant, and where."""
    return {
        "variantId": public_id("ProductVariant", goods.variant_id),
        "locationId": public_id("StockLocation", goods.locations[place]),
    }


async def adjusted(as_: Viewer, goods: Goods, delta: int, key: str | None = None, **more: Any) -> dict[str, Any]:
    given = {**at(goods), "delta": delta, "reason": "RECEIVED", "idempotencyKey": key or str(new_id()), **more}
    answer = await ask(ADJUST, as_=as_, input=given)
    assert answer.errors == []
    return answer.data["inventoryAdjust"]


async def counted(as_: Viewer, goods: Goods, on_hand: int, expected: int, **more: Any) -> dict[str, Any]:
    answer = await ask(SET, as_=as_, input={**at(goods), "onHand": on_hand, "expectedOnHand": expected, **more})
    assert answer.errors == []
    return answer.data["inventorySet"]


async def promise(goods: Goods, quantity: int) -> None:
    async with transaction():
        await stock.reserve({goods.variant_id: quantity}, order_id=new_id())


async def test_goods_are_added_and_taken_with_a_reason_and_a_note(who: Viewer) -> None:
    goods = await add_goods(stock_at=(10,))

    more = await adjusted(who, goods, 5)
    fewer = await adjusted(who, goods, -3, reason="DAMAGED")

    assert more["inventoryLevel"]["onHand"] == 15
    assert (fewer["inventoryLevel"]["onHand"], fewer["inventoryLevel"]["available"]) == (12, 12)
    level = read_public_id(fewer["inventoryLevel"]["id"])[1]
    movements = await StockMovement.filter(level_id=level).order_by("id")
    assert [(each.on_hand_change, each.reason) for each in movements[1:]] == [
        (5, StockReason.RECEIVED),
        (-3, StockReason.DAMAGED),
    ]
    events = await AuditEvent.filter(object_id=level).order_by("id")
    assert [(event.action, event.changes["on_hand"]) for event in events] == [
        ("inventoryAdjust", {"before": 10, "after": 15}),
        ("inventoryAdjust", {"before": 15, "after": 12}),
    ]
    assert await journal_differs() == 0


async def test_an_adjustment_that_is_sent_again_is_done_once(who: Viewer) -> None:
    goods, key = await add_goods(stock_at=(10,)), str(new_id())

    one, again = await adjusted(who, goods, 5, key), await adjusted(who, goods, 5, key)
    other = await ask(ADJUST, as_=who, input={**at(goods), "delta": 6, "reason": "RECEIVED", "idempotencyKey": key})

    assert one == again
    assert one["inventoryLevel"]["onHand"] == 15
    assert [error.original_error.code for error in other.errors] == ["IDEMPOTENCY_CONFLICT"]


async def test_stock_is_never_below_what_is_promised(who: Viewer) -> None:
    goods = await add_goods(stock_at=(10,))
    await promise(goods, 4)

    taken = await adjusted(who, goods, -7)
    set_ = await counted(who, goods, 3, 10)
    least = await counted(who, goods, 4, 10)

    assert [error["code"] for error in taken["userErrors"] + set_["userErrors"]] == ["STOCK_NOT_ADJUSTABLE"] * 2
    assert (least["inventoryLevel"]["onHand"], least["inventoryLevel"]["available"]) == (4, 0)


async def test_a_count_is_refused_if_something_moved_meanwhile(who: Viewer) -> None:
    goods = await add_goods(stock_at=(10,))
    await adjusted(who, goods, 2)

    late = await counted(who, goods, 9, 10)
    right = await counted(who, goods, 9, 12)
    same = await counted(who, goods, 9, 9)

    assert late["userErrors"] == [
        {"__typename": "StockMoved", "code": "STOCK_MOVED", "field": ["expectedOnHand"], "onHand": 12}
    ]
    assert right["inventoryLevel"]["onHand"] == same["inventoryLevel"]["onHand"] == 9
    assert await journal_differs() == 0


async def test_a_place_that_has_none_yet_is_counted_from_zero(who: Viewer) -> None:
    goods = await add_goods(stock_at=(3,))
    other = await add_goods(stock_at=(1,), supplier=goods.supplier_id)
    place = {"locationId": public_id("StockLocation", other.locations[0])}

    made = await counted(who, goods, 7, 0, **place)

    assert made["inventoryLevel"]["onHand"] == 7
    answer = await ask(LEVELS, as_=who, id=at(goods)["variantId"])
    assert sorted(level["onHand"] for level in answer.data["productVariant"]["inventoryLevels"]) == [3, 7]
    assert answer.data["productVariant"]["availableQuantity"] == 10


@pytest.mark.parametrize("delta", [0, 1_000_000_001, -1_000_000_001])
async def test_a_number_out_of_bounds_is_refused(delta: int, who: Viewer) -> None:
    goods = await add_goods()

    assert (await adjusted(who, goods, delta))["userErrors"] == [
        {"__typename": "PlainUserError", "code": "NUMBER_NOT_VALID", "field": ["delta"]}
    ]


async def test_more_than_can_be_counted_is_refused(who: Viewer) -> None:
    goods = await add_goods(stock_at=(10,))
    await adjusted(who, goods, 1_000_000_000)
    await adjusted(who, goods, 1_000_000_000)

    too_many = await adjusted(who, goods, 1_000_000_000)

    assert [error["code"] for error in too_many["userErrors"]] == ["STOCK_NOT_ADJUSTABLE"]
    # What is not to be summed up with the goods of other tests.
    assert (await adjusted(who, goods, -1_000_000_000))["userErrors"] == []


async def test_another_suppliers_place_is_none(who: Viewer) -> None:
    goods, other = await add_goods(), await add_goods()

    for id_ in (public_id("StockLocation", other.locations[0]), "nothing"):
        answer = await adjusted(who, goods, 1, locationId=id_)
        assert [(error["code"], error["field"]) for error in answer["userErrors"]] == [
            ("LOCATION_NOT_FOUND", ["locationId"])
        ]


@pytest.mark.scope("InventoryLevel")
@pytest.mark.scope("StockLocation")
async def test_nobody_but_a_trained_operator_sees_or_moves_stock(world: World) -> None:
    goods = await add_goods(stock_at=(10,))
    level = await InventoryLevel.get(variant_id=goods.variant_id)
    ids = [public_id("InventoryLevel", level.id), at(goods)["locationId"]]
    supplier = public_id("Supplier", goods.supplier_id)
    places = "query ($id: ID) { stockLocations(first: 5, supplierId: $id) { totalCount nodes { name } } }"

    for name, viewer in world.viewers.items():
        nodes = (await ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", as_=viewer, ids=ids)).data["nodes"]
        found = (await ask(places, as_=viewer, id=supplier)).data["stockLocations"]["totalCount"]
        all_ = (await ask(places, as_=viewer)).data["stockLocations"]["nodes"]
        if not viewer.is_partner:
            shown = (await ask(LEVELS, as_=viewer, id=at(goods)["variantId"])).data["productVariant"]
            assert shown["availableQuantity"] == 10
            assert len(shown["inventoryLevels"]) == (name in OPERATORS)

        assert (None not in nodes, found, bool(all_)) == ((True, 1, True) if name in OPERATORS else (False, 0, False))
        if name not in OPERATORS:
            for payload in (await adjusted(viewer, goods, 1), await counted(viewer, goods, 1, 10)):
                assert [error["code"] for error in payload["userErrors"]] == ["NOT_OPERATOR"], name

    assert (await InventoryLevel.get(id=level.id)).on_hand == 10


async def test_the_journal_of_stock_is_not_changed() -> None:
    with pytest.raises(Exception, match="42501"):
        await execute("UPDATE stock_movement SET reason = 'LOST'")
