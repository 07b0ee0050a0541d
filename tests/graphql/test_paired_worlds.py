"""Whoever may not know of something cannot tell a shop that has it from one that has not, whatever they ask."""

import json
import random

import pytest_asyncio

from commerce import consents
from execution.documents import Documents
from models import clock
from models.accounts import Account
from models.carts import Cart, CartLine, CartState
from models.guardianships import ChallengeState
from models.orders import OrderStatus
from models.products import Product, ProductStatus, ProductVariant
from models.suppliers import Supplier
from policy.purposes import Purpose
from policy.viewer import StaffRole, Viewer
from schema import schema
from server.demo_rows import (
    Line,
    Parcel,
    Purchase,
    add_guardian_challenge,
    add_order,
    add_person,
    add_shipment,
    add_supplier,
    add_ticket,
)
from tests.commerce.goods import add_goods
from tests.graphql.comparing import Ran, run
from tests.graphql.random_operations import Drawing, Drawn, arguments
from tests.graphql.shelves import Shelves
from tests.graphql.shelves import build as build_shelves
from tests.graphql.world import World, person
from tests.reporting import report

SEED, OPERATIONS, ASKING = 28_112_026, 40, 3
PRODUCTS = "{ totalCount nodes { id title } pageInfo { hasNextPage endCursor } }"
OF_TAG = f'{{ products(first: 100, filter: {{ tags: ["hidden"] }}) {PRODUCTS} }}'
WHOLE = (
    "{ orders(first: 100) { totalCount edges { cursor node { id number lines { sku } } } pageInfo { endCursor } } }",
    "{ fulfillmentOrders(last: 100) { totalCount nodes { id orderNumber } pageInfo { startCursor } } }",
    "{ payments(first: 100) { totalCount nodes { id } } transfers(first: 100) { totalCount nodes { id } } }",
    f"{{ products(first: 100, sortKey: PRICE) {PRODUCTS} }}",
    f"{{ products(first: 100, sortKey: TITLE, reverse: true) {PRODUCTS} }}",
    f"{{ products(last: 100, filter: {{ currencyCode: EUR, priceMin: 9.00, priceMax: 9.99 }}) {PRODUCTS} }}",
    f'{{ products(first: 100, filter: {{ tags: ["hidden"] }}) {PRODUCTS} }}',
    '{ search(query: "the mark", first: 100) { totalCount nodes { id } facets { categories { count }'
    " suppliers { count } prices { count priceFrom { amount } } } } }",
    "{ categories(first: 100) { totalCount nodes { slug productCount } } }",
)
"""What counts, sorts, narrows and pages over rows some of which the viewer may not know of."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shelves(world: World) -> Shelves:
    return await build_shelves()


async def answers(asked: list[tuple[Drawn, str]], viewers: dict[str, Viewer]) -> list[Ran | None]:
    documents = Documents(schema)
    return [await run(drawn, viewers[name], documents, is_planning=True) for drawn, name in asked]


async def hide(world: World, shelves: Shelves, elsewhere: Supplier) -> None:
    """Write what nobody who is asking may know of."""
    one = world.viewers["supplier_one"].supplier
    assert one is not None
    for offset, (name, years) in enumerate((("unseen", 40), ("unseen_child", 9)), start=500):
        number = offset + random.randrange(9_000) * 1_000
        account = await add_person(person(name, years, number), password="a word of nobody 7731")
        await add_guardian_challenge(account, "nobody@people.example", "First", ChallengeState.EXPIRED)
        agent = await Account.get(id=world.viewers["untrained_agent"].account)
        await add_ticket(account, agent, is_verified=True)
        parcel = Parcel(f"To {name}", f"+31620{number:06d}", "Road", "Town", "Z", "NL")
        await add_order(Purchase(account.id, parcel, (Line(one, "X", "X", 1, 900),), OrderStatus.PLACED))
        line = Line(elsewhere.id, "X", "X", 1, 900)
        sold = await add_order(Purchase(account.id, parcel, (line,), OrderStatus.SHIPPED))
        await add_shipment(sold, elsewhere.id, carrier="Postbode", tracking_number=f"TRACK {name} {number}")
        goods = await add_goods(stock_at=(3,), price_minor=950, supplier=shelves.suppliers[0].id)
        hidden = {"status": ProductStatus.DRAFT, "tags": ["hidden"], "search_words": shelves.mark}
        product = (await ProductVariant.get(id=goods.variant_id)).product_id  # pyright: ignore[reportAttributeAccessIssue]
        await Product.filter(id=product).update(**hidden, category_id=shelves.categories["tea"].id)
        cart = await Cart.create(
            account_id=account.id, state=CartState.OPEN, created_at=clock.now(), updated_at=clock.now()
        )
        await CartLine.create(
            cart_id=cart.id, variant_id=goods.variant_id, quantity=1, currency="EUR", seen_price_minor=950
        )
        if years > 18:
            await consents.give(frozenset({Purpose.AFFILIATE_ACCOUNT}), by=Viewer(account=account.id))


async def test_what_a_viewer_may_not_know_of_changes_nothing_in_any_answer(world: World, shelves: Shelves) -> None:
    elsewhere = await add_supplier(f"Elsewhere {shelves.mark}", f"elsewhere-{shelves.mark}", "DE")
    # Operators, officers and auditors may know of all of it.
    viewers = {name: who for name, who in world.viewers.items() if who.staff in (None, StaffRole.AGENT)}
    del viewers["untrained_agent"]
    draw, given = random.Random(SEED), arguments(world, shelves)
    asked = [(Drawn(text.replace("the mark", shelves.mark), {}), name) for text in WHOLE for name in sorted(viewers)]
    while len(asked) < len(WHOLE) * len(viewers) + OPERATIONS * ASKING:
        drawn = Drawing(draw, given).operation()
        if "deviceSightings" not in drawn.text and "searches(first: 10)" not in drawn.text:
            asked += [(drawn, name) for name in draw.sample(sorted(viewers), k=ASKING)]

    before = await answers(asked, viewers)
    await hide(world, shelves, elsewhere)
    after = await answers(asked, viewers)

    told = [ran for ran in before if ran is not None]
    to_operators = await answers([(Drawn(OF_TAG, {}), "operator")], world.viewers)
    report(f"paired worlds: {len(told):,} answers to {len(viewers)} viewers, the same beside what they may not know of")
    assert len(told) > len(asked) * 0.8
    for (drawn, name), one, other in zip(asked, before, after, strict=True):
        assert one == other, f"{name}: {drawn.text} {drawn.variables}"
    # Whoever may know of it is told of it: it is there.
    assert [ran and json.loads(ran.data)["products"]["totalCount"] for ran in to_operators] == [2]
