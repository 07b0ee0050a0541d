"""The catalogue: what everybody sees of it, narrowed, sorted, in pages and in trees."""

from typing import Any

import pytest
import pytest_asyncio

from models.bounds import PRODUCT_OPTIONS
from models.ids import new_id, public_id
from models.products import PriceTier, Product, ProductAttribute, ProductMedia, ProductOption, ProductVariant
from policy.viewer import ANONYMOUS, StaffRole, Viewer
from resolvers.nodes import audience_of
from tests.graphql.asking import ask
from tests.graphql.shelves import GOODS, Shelves, build

OPERATOR = Viewer(account=new_id(), staff=StaffRole.OPERATOR, is_trained=True)
OTHERS = {
    "anonymous": ANONYMOUS,
    "person": Viewer(account=new_id()),
    "supplier": Viewer(supplier=new_id(), scopes=frozenset({"orders:read"})),
    "agent": Viewer(account=new_id(), staff=StaffRole.AGENT, is_trained=True),
    "untrained operator": Viewer(account=new_id(), staff=StaffRole.OPERATOR),
}
SHOWN = {name for name, *_, status in GOODS if status == "ACTIVE"}
PRODUCTS = """
  query ($first: Int, $after: String, $last: Int, $before: String, $filter: ProductFilter,
         $sort: ProductSortKey! = NEWEST, $reverse: Boolean! = false) {
    products(first: $first, after: $after, last: $last, before: $before, filter: $filter, sortKey: $sort,
             reverse: $reverse) {
      nodes { handle } edges { cursor } totalCount
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
"""
WHOLE = """
  query ($handle: String!) { product(handle: $handle) {
    id handle title description vendor productType tags status version publishedAt createdAt updatedAt
    supplier { name } category { name } priceRange { minimum { amount currencyCode } maximum { amount } }
    options { name values } media { url alt } attributes { name value }
    variants { id sku title position weightGrams barcode version price { amount } compareAtPrice { amount }
               priceTiers { minimumQuantity price { amount } } selectedOptions { name value } product { handle } }
  } }
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shelves(database: object) -> Shelves:
    return await build()


async def names(shelves: Shelves, as_: Viewer = ANONYMOUS, **variables: Any) -> list[str]:
    """The short names of the products on a page of these shelves."""
    kitchen = public_id("Category", shelves.categories["kitchen"].id, audience_of(as_))
    wanted: dict[str, Any] = {"category": kitchen, **variables.pop("filter", {})}
    given: dict[str, Any] = {"first": 100, "filter": wanted, **variables}
    answer = await ask(PRODUCTS, as_=as_, **given)
    assert answer.errors == []
    return [node["handle"].removesuffix(f"-{shelves.mark}") for node in answer.data["products"]["nodes"]]


async def test_a_product_is_shown_with_all_that_belongs_to_it(shelves: Shelves) -> None:
    answer = await ask(WHOLE, as_=ANONYMOUS, handle=f"teapot-{shelves.mark}")

    assert answer.errors == []
    assert answer.withheld == []
    product = answer.data["product"]
    assert product["title"] == f"Teapot {shelves.mark}"
    assert product["supplier"] == {"name": f"Maker 1 {shelves.mark}"}
    assert product["category"] == {"name": f"Pots {shelves.mark}"}
    assert product["priceRange"] == {
        "minimum": {"amount": "30.00", "currencyCode": "EUR"},
        "maximum": {"amount": "31.50"},
    }
    assert product["options"] == [
        {"name": "Size", "values": ["S", "L"]},
        {"name": "Colour", "values": ["Red", "Blue"]},
    ]
    assert product["media"] == [{"url": f"/media/teapot-{shelves.mark}.svg", "alt": f"Teapot {shelves.mark}"}]
    assert product["attributes"][1] == {"name": "Origin", "value": "Here"}
    assert [variant["title"] for variant in product["variants"]] == ["S / Red", "S / Blue", "L / Red", "L / Blue"]
    last = product["variants"][3]
    assert last["price"] == {"amount": "31.50"}
    assert last["compareAtPrice"] is None
    assert last["selectedOptions"] == [{"name": "Size", "value": "L"}, {"name": "Colour", "value": "Blue"}]
    assert [(tier["minimumQuantity"], tier["price"]["amount"]) for tier in last["priceTiers"]] == [
        (2, "31.45"),
        (5, "31.40"),
    ]
    assert last["product"] == {"handle": f"teapot-{shelves.mark}"}


async def test_a_list_shows_no_more_than_its_bound_says(shelves: Shelves) -> None:
    product = shelves.products["teapot"]
    for position in range(10, 10 + PRODUCT_OPTIONS):
        await ProductOption.create(product_id=product.id, name=f"more {position}", option_values=[], position=position)

    document = "query ($id: ID!) { product(id: $id) { options { name } } }"
    answer = await ask(document, as_=ANONYMOUS, id=public_id("Product", product.id))

    assert len(answer.data["product"]["options"]) == PRODUCT_OPTIONS


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.scope("Product")
async def test_only_what_is_active_and_published_is_listed(name: str, shelves: Shelves) -> None:
    assert set(await names(shelves, OTHERS[name])) == SHOWN - {"chair"}


async def test_an_operator_sees_drafts_and_what_is_archived(shelves: Shelves) -> None:
    assert set(await names(shelves, OPERATOR)) == {name for name, *_ in GOODS} - {"chair"}


@pytest.mark.scope("Product")
@pytest.mark.parametrize("hidden", ["drafted", "archived"])
async def test_a_hidden_product_looks_like_none(hidden: str, shelves: Shelves) -> None:
    product = shelves.products[hidden]
    variant = await ProductVariant.get(product_id=product.id)
    document = """query ($handle: String, $id: ID!, $variant: ID!) {
        product(handle: $handle) { id } byId: product(id: $id) { id } productVariant(id: $variant) { id }
        node(id: $id) { id } nodes(ids: [$id, $variant]) { id } }"""
    nothing = {"product": None, "byId": None, "productVariant": None, "node": None, "nodes": [None, None]}

    known = await ask(
        document,
        as_=ANONYMOUS,
        handle=product.handle,
        id=public_id("Product", product.id),
        variant=public_id("ProductVariant", variant.id),
    )
    unknown = await ask(
        document,
        as_=ANONYMOUS,
        handle="no-such",
        id=public_id("Product", new_id()),
        variant=public_id("ProductVariant", new_id()),
    )

    assert (known.data, known.errors) == (unknown.data, unknown.errors) == (nothing, [])


PARTS: dict[Any, str] = {
    ProductVariant: "product_id",
    ProductOption: "product_id",
    ProductMedia: "product_id",
    ProductAttribute: "product_id",
}


@pytest.mark.parametrize(
    "model", [pytest.param(model, id=model.__name__, marks=pytest.mark.scope(model.__name__)) for model in PARTS]
)
async def test_what_belongs_to_a_hidden_product_is_hidden_too(model: Any, shelves: Shelves) -> None:
    shown, hidden = shelves.products["teapot"].id, shelves.products["drafted"].id
    if model is ProductOption:
        await ProductOption.get_or_create({"option_values": ["S"], "position": 1}, product_id=hidden, name="Size")

    for viewer in OTHERS.values():
        found = await model.visible_to(viewer).by("product_id", [shown, hidden])
        assert found[shown]
        assert not found[hidden]
    found = await model.visible_to(OPERATOR).by("product_id", [shown, hidden])
    assert found[shown]
    assert found[hidden]


@pytest.mark.scope("PriceTier")
async def test_price_tiers_of_a_hidden_product_are_hidden_too(shelves: Shelves) -> None:
    hidden = await ProductVariant.get(product_id=shelves.products["drafted"].id)
    shown = await ProductVariant.get(product_id=shelves.products["cup"].id)
    await PriceTier.get_or_create({"price_minor": 1, "currency": "EUR"}, variant_id=hidden.id, minimum_quantity=3)

    for viewer in OTHERS.values():
        found = await PriceTier.visible_to(viewer).by("variant_id", [shown.id, hidden.id])
        assert (len(found[shown.id]), len(found[hidden.id])) == (2, 0)
    assert (await PriceTier.visible_to(OPERATOR).by("variant_id", [hidden.id]))[hidden.id]


async def test_filters_hold_all_at_once(shelves: Shelves) -> None:
    pots = public_id("Category", shelves.categories["pots"].id)
    second = public_id("Supplier", shelves.suppliers[1].id)

    assert set(await names(shelves, filter={"category": pots})) == {"teapot", "kettle"}
    assert set(await names(shelves, filter={"supplier": second})) == {"kettle", "saucer"}
    assert set(await names(shelves, filter={"tags": ["clay"]})) == {"teapot", "cup", "saucer"}
    assert set(await names(shelves, filter={"tags": ["clay", "blue"]})) == {"teapot", "saucer"}
    prices = {"currencyCode": "EUR", "priceMin": "7.00", "priceMax": "30"}
    assert set(await names(shelves, filter=prices)) == {"teapot", "cup", "saucer"}
    assert await names(shelves, filter={**prices, "currencyCode": "USD"}) == []
    assert await names(shelves, filter={"category": "nonsense"}) == []


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"priceMin": "1"}, "currencyCode"),
        ({"priceMin": "1.005", "currencyCode": "EUR"}, "no more digits"),
        ({"tags": ["x"] * 26}, "at most 25 tags"),
    ],
)
async def test_a_filter_that_cannot_be_is_refused_with_the_remedy(wanted: dict[str, Any], message: str) -> None:
    answer = await ask(PRODUCTS, as_=ANONYMOUS, first=1, filter=wanted)

    (error,) = answer.errors
    assert error.original_error.code == "BAD_ARGUMENT"
    assert message in error.message


@pytest.mark.parametrize("sort", ["NEWEST", "UPDATED_AT", "TITLE", "PRICE"])
@pytest.mark.parametrize("reverse", [False, True])
async def test_pages_put_together_are_the_whole_list_by_every_sort(sort: str, reverse: bool, shelves: Shelves) -> None:
    whole = await names(shelves, sort=sort, reverse=reverse)
    expected = {
        "NEWEST": ["table", "saucer", "cup", "kettle", "teapot"],
        "UPDATED_AT": ["table", "saucer", "cup", "kettle", "teapot"],
        "TITLE": ["cup", "kettle", "saucer", "table", "teapot"],
        "PRICE": ["cup", "saucer", "teapot", "kettle", "table"],
    }[sort]
    assert whole == (expected[::-1] if reverse else expected)

    for size in (1, 2, 3):
        assert await _walked(shelves, "first", "after", size, sort, reverse) == whole
        backwards = await _walked(shelves, "last", "before", size, sort, reverse)
        assert backwards == whole


async def _walked(shelves: Shelves, size_name: str, place: str, size: int, sort: str, reverse: bool) -> list[str]:
    kitchen = {"category": public_id("Category", shelves.categories["kitchen"].id)}
    walked: list[str] = []
    cursor = None
    for _ in range(10):
        given: dict[str, Any] = {size_name: size, place: cursor, "sort": sort, "reverse": reverse, "filter": kitchen}
        found = (await ask(PRODUCTS, as_=ANONYMOUS, **given)).data["products"]
        page = [node["handle"].removesuffix(f"-{shelves.mark}") for node in found["nodes"]]
        walked = walked + page if place == "after" else page + walked
        cursor = found["pageInfo"]["endCursor" if place == "after" else "startCursor"]
        assert found["totalCount"] == 5
        if not found["pageInfo"]["hasNextPage" if place == "after" else "hasPreviousPage"]:
            return walked
    raise AssertionError("the list does not end")


async def test_a_row_that_is_added_while_a_list_is_read_moves_no_other(shelves: Shelves) -> None:
    first = (await ask(PRODUCTS, as_=ANONYMOUS, first=2, sort="TITLE")).data["products"]
    cursor = first["pageInfo"]["endCursor"]
    rest = (await ask(PRODUCTS, as_=ANONYMOUS, first=3, after=cursor, sort="TITLE")).data["products"]["nodes"]
    one = shelves.products["table"]
    await Product.filter(id=one.id).update(title="0 comes first")
    try:
        again = (await ask(PRODUCTS, as_=ANONYMOUS, first=3, after=cursor, sort="TITLE")).data["products"]["nodes"]
    finally:
        await Product.filter(id=one.id).update(title=one.title)

    assert [node for node in rest if node["handle"] != one.handle] == [node for node in again if node in rest]


async def test_cursors_of_the_catalogue_are_the_same_for_everybody(shelves: Shelves) -> None:
    cursors = {
        str((await ask(PRODUCTS, as_=viewer, first=3, sort="TITLE")).data["products"]["edges"])
        for name, viewer in OTHERS.items()
        if name != "supplier"
    }

    assert len(cursors) == 1


async def test_a_cursor_of_another_order_is_refused(shelves: Shelves) -> None:
    cursor = (await ask(PRODUCTS, as_=ANONYMOUS, first=1, sort="TITLE")).data["products"]["edges"][0]["cursor"]

    others: list[dict[str, Any]] = [{"sort": "PRICE"}, {"sort": "TITLE", "reverse": True}]
    for other in others:
        answer = await ask(PRODUCTS, as_=ANONYMOUS, first=1, after=cursor, **other)
        assert [error.original_error.code for error in answer.errors] == ["BAD_CURSOR"]


async def test_the_tree_is_walked_down_up_and_across(shelves: Shelves) -> None:
    document = """query ($slug: String!) { category(slug: $slug) {
        name parent { name } ancestors { name } productCount
        children(first: 5) { totalCount nodes { name productCount parent { slug } } }
        products(first: 2) { totalCount nodes { handle } } } }"""
    mark = shelves.mark

    kitchen = (await ask(document, as_=ANONYMOUS, slug=f"kitchen-{mark}")).data["category"]
    pots = (await ask(document, as_=ANONYMOUS, slug=f"pots-{mark}")).data["category"]

    assert kitchen["parent"] is None
    assert kitchen["ancestors"] == []
    assert kitchen["productCount"] == kitchen["products"]["totalCount"] == 5
    assert kitchen["children"]["totalCount"] == 2
    assert [(child["name"], child["productCount"]) for child in kitchen["children"]["nodes"]] == [
        (f"Pans {mark}", 0),
        (f"Tea {mark}", 4),
    ]
    assert pots["parent"] == {"name": f"Tea {mark}"}
    assert [above["name"] for above in pots["ancestors"]] == [f"Kitchen {mark}", f"Tea {mark}"]
    assert [node["handle"] for node in pots["products"]["nodes"]] == [f"kettle-{mark}", f"teapot-{mark}"]
    assert (await ask(document, as_=ANONYMOUS, slug="no-such")).data == {"category": None}


async def test_suppliers_are_listed_by_name_and_found_by_slug(shelves: Shelves) -> None:
    document = (
        "query ($slug: String!) { supplier(slug: $slug) { name region } suppliers(first: 100) { nodes { name slug } } }"
    )
    wanted = shelves.suppliers[0]

    data = (await ask(document, as_=ANONYMOUS, slug=wanted.slug)).data

    assert data["supplier"] == {"name": wanted.name, "region": wanted.region}
    names = [each["name"] for each in data["suppliers"]["nodes"]]
    assert names == sorted(names, key=str.lower)
    assert len(names) >= 2
    assert (await ask('{ supplier(slug: "none") { name } }', as_=ANONYMOUS)).data == {"supplier": None}


async def test_the_roots_and_the_collections_are_listed_in_the_shops_order(shelves: Shelves) -> None:
    document = """{ categories(first: 100) { nodes { slug parent { id } } }
        collections(first: 100) { nodes { slug products(first: 5) { totalCount nodes { handle } } } } }"""

    data = (await ask(document, as_=ANONYMOUS)).data

    roots = data["categories"]["nodes"]
    assert {"slug": f"kitchen-{shelves.mark}", "parent": None} in roots
    assert all(root["parent"] is None for root in roots)
    (mine,) = [found for found in data["collections"]["nodes"] if found["slug"] == f"blue-{shelves.mark}"]
    assert mine["products"]["totalCount"] == 2
    assert [node["handle"] for node in mine["products"]["nodes"]] == [
        f"saucer-{shelves.mark}",
        f"teapot-{shelves.mark}",
    ]


async def test_everything_with_an_id_is_found_again_by_it(shelves: Shelves) -> None:
    assert shelves.collection is not None
    teapot = shelves.products["teapot"]
    variant = (await ProductVariant.filter(product_id=teapot.id))[0]
    ids = [
        public_id("Product", teapot.id),
        public_id("ProductVariant", variant.id),
        public_id("Category", shelves.categories["tea"].id),
        public_id("Collection", shelves.collection.id),
    ]

    answer = await ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }", as_=ANONYMOUS, ids=ids)

    assert [node["id"] for node in answer.data["nodes"]] == ids
    assert [node["__typename"] for node in answer.data["nodes"]] == [
        "Product",
        "ProductVariant",
        "Category",
        "Collection",
    ]


async def test_a_product_is_asked_for_in_exactly_one_way() -> None:
    for arguments in ("", '(id: "a", handle: "b")'):
        answer = await ask(f"{{ product{arguments} {{ id }} }}", as_=ANONYMOUS)
        assert [error.original_error.code for error in answer.errors] == ["BAD_ARGUMENT"]
