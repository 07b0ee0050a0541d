"""What operators do with the catalogue: exact, noted, summed up, and refused to everybody else."""

import secrets

import pytest
import pytest_asyncio

from models.categories import Category
from models.ids import public_id, read_public_id
from models.products import PriceTier, Product, ProductOption
from policy.viewer import Viewer
from tests.graphql.asking import ask
from tests.graphql.operating import done, events, product, refused
from tests.graphql.shelves import Shelves, build
from tests.graphql.world import World


@pytest.fixture
def who(world: World) -> Viewer:
    return world.viewers["operator"]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shelves(database: object) -> Shelves:
    return await build()


async def found(words: str) -> list[str]:
    """Search as anybody."""
    answer = await ask(
        "query ($q: String!) { search(query: $q, first: 10) { nodes { handle } } }", as_=Viewer(), q=words
    )
    return [node["handle"] for node in answer.data["search"]["nodes"]]


async def test_a_product_is_made_filled_shown_and_put_away(who: Viewer, shelves: Shelves) -> None:
    mark = shelves.mark
    category = public_id("Category", shelves.categories["pots"].id)
    made = await product(who, title=f"Jug {mark}", categoryId=category, options=["Size"], tags=["clay", "clay"])
    small = await done("productVariantCreate", who, productId=made["id"], price="7", optionValues=["S"], sku=f"S{mark}")
    large = await done("productVariantCreate", who, productId=made["id"], price="9.5", optionValues=["L"])
    assert await found(f"S{mark}") == []

    shown = await done("productPublish", who, id=made["id"], expectedVersion=1)

    assert (made["status"], made["publishedAt"], made["handle"], made["tags"]) == (
        "DRAFT",
        None,
        f"jug-{mark}",
        ["clay"],
    )
    assert made["vendor"].startswith("Mill")
    assert (small["title"], small["position"], large["position"]) == ("S", 1, 2)
    assert large["price"] == {"amount": "9.50", "currencyCode": "EUR"}
    assert shown["status"] == "ACTIVE"
    assert shown["options"] == [{"name": "Size", "values": ["S", "L"]}]
    assert shown["priceRange"] == {"minimum": {"amount": "7.00"}, "maximum": {"amount": "9.50"}}
    assert await found(f"S{mark}") == await found(f"jug kitchen {mark}") == [f"jug-{mark}"]
    gone = await done("productArchive", who, id=made["id"], expectedVersion=2)
    assert (gone["status"], gone["publishedAt"]) == ("ARCHIVED", shown["publishedAt"])
    assert await found(f"S{mark}") == []
    back = await done("productUnpublish", who, id=made["id"], expectedVersion=3)
    assert (back["status"], back["publishedAt"], back["version"]) == ("DRAFT", None, 4)
    noted = [(event.action, sorted(event.changes)) for event in await events(made["id"])]
    assert [action for action, _ in noted] == ["productCreate", "productPublish", "productArchive", "productUnpublish"]
    assert noted[2] == ("productArchive", ["status"])


async def test_what_is_changed_of_a_product_is_what_is_given_and_what_it_is_found_by(
    who: Viewer, shelves: Shelves
) -> None:
    mark = secrets.token_hex(4)
    made = await product(who, description="Old\nwords", tags=["old"], productType="Cups")
    await done("productVariantCreate", who, productId=made["id"], price="7")
    shown = await done("productPublish", who, id=made["id"], expectedVersion=1)

    changed = await done(
        "productUpdate",
        who,
        id=made["id"],
        expectedVersion=shown["version"],
        title=f"Beaker {mark}",
        description="First line\r\nsecond",
        tags=None,
        categoryId=public_id("Category", shelves.categories["tea"].id),
    )

    assert (changed["title"], changed["description"]) == (f"Beaker {mark}", "First line\nsecond")
    assert (changed["tags"], changed["productType"], changed["version"]) == ([], "Cups", 3)
    assert changed["category"] == {"slug": shelves.categories["tea"].slug}
    assert [variant["title"] for variant in changed["variants"]] == [f"Beaker {mark}"]
    assert await found(f"beaker {mark} tea {shelves.mark}") == [made["handle"]]
    out = await done("productUpdate", who, id=made["id"], expectedVersion=3, categoryId=None)
    assert out["category"] is None
    assert await found(f"beaker {mark} tea {shelves.mark}") == []
    event = (await events(made["id"]))[2]
    assert event.changes["title"] == {"before": made["title"], "after": f"Beaker {mark}"}
    assert event.changes["tags"] == {"before": ["old"], "after": []}


async def test_a_search_counts_what_was_moved_and_repriced(who: Viewer, shelves: Shelves) -> None:
    mark, facets = secrets.token_hex(4), "facets { categories { count category { slug } } prices { count } }"
    made = await product(who, title=f"Tin {mark}", categoryId=public_id("Category", shelves.categories["tea"].id))
    variant = await done("productVariantCreate", who, productId=made["id"], price="7")
    await done("productPublish", who, id=made["id"], expectedVersion=1)
    nodes = "nodes { priceRange { minimum { amount } } }"
    document = f'{{ search(query: "{mark}", first: 1) {{ {facets} {nodes} }} }}'
    counted = (await ask(document, as_=Viewer())).data["search"]

    await done("productVariantUpdate", who, id=variant["id"], expectedVersion=1, price="700")
    pots = public_id("Category", shelves.categories["pots"].id)
    await done("productUpdate", who, id=made["id"], expectedVersion=2, categoryId=pots)
    after = (await ask(document, as_=Viewer())).data["search"]

    slug = {name: category.slug for name, category in shelves.categories.items()}
    assert counted["facets"]["categories"] == [{"count": 1, "category": {"slug": slug["tea"]}}]
    assert after["facets"]["categories"] == [{"count": 1, "category": {"slug": slug["pots"]}}]
    assert (counted["nodes"][0]["priceRange"]["minimum"], after["nodes"][0]["priceRange"]["minimum"]) == (
        {"amount": "7.00"},
        {"amount": "700.00"},
    )
    assert [facet["count"] for facet in after["facets"]["prices"]] == [1]


async def test_a_variant_is_changed_and_its_product_summed_up(who: Viewer) -> None:
    made = await product(who, options=["Size", "Colour"])
    one = await done("productVariantCreate", who, productId=made["id"], price="7", optionValues=["S", "Red"])
    await done("productVariantCreate", who, productId=made["id"], price="8", optionValues=["S", "Blue"])

    changed = await done(
        "productVariantUpdate",
        who,
        id=one["id"],
        expectedVersion=1,
        price="12.34",
        compareAtPrice="15",
        optionValues=["M", "Red"],
        sku="M-RED",
        barcode="4006381333931",
        weightGrams=120,
    )

    assert (changed["title"], changed["sku"], changed["weightGrams"], changed["version"]) == (
        "M / Red",
        "M-RED",
        120,
        2,
    )
    assert (changed["price"]["amount"], changed["compareAtPrice"]) == ("12.34", {"amount": "15.00"})
    assert changed["selectedOptions"] == [{"name": "Size", "value": "M"}, {"name": "Colour", "value": "Red"}]
    row = await Product.get(id=read_public_id(made["id"])[1])
    assert (row.price_from_minor, row.price_to_minor, row.search_words) == (800, 1_234, "M-RED")
    options = await ProductOption.filter(product_id=row.id).order_by("position")
    assert [option.option_values for option in options] == [["M", "S"], ["Red", "Blue"]]
    cleared = await done("productVariantUpdate", who, id=one["id"], expectedVersion=2, sku=None, compareAtPrice=None)
    assert (cleared["sku"], cleared["compareAtPrice"], cleared["weightGrams"]) == ("", None, 120)
    assert [event.action for event in await events(one["id"])] == [
        "productVariantCreate",
        *["productVariantUpdate"] * 2,
    ]


async def test_prices_by_quantity_are_set_all_at_once(who: Viewer) -> None:
    made = await product(who)
    variant = await done("productVariantCreate", who, productId=made["id"], price="7")
    tiers = [{"minimumQuantity": 100, "price": "5"}, {"minimumQuantity": 10, "price": "6.5"}]

    changed = await done("priceTiersSet", who, variantId=variant["id"], expectedVersion=1, tiers=tiers)
    none = await done("priceTiersSet", who, variantId=variant["id"], expectedVersion=2, tiers=[])

    assert changed["priceTiers"] == [
        {"minimumQuantity": 10, "price": {"amount": "6.50"}},
        {"minimumQuantity": 100, "price": {"amount": "5.00"}},
    ]
    assert (changed["version"], none["version"], none["priceTiers"]) == (2, 3, [])
    assert not await PriceTier.exists(variant_id=read_public_id(variant["id"])[1])
    event = (await events(variant["id"]))[-1]
    assert event.changes["price_tiers"]["before"][0] == {"minimum_quantity": 10, "price_minor": 650}


async def test_a_category_is_made_renamed_and_moved_with_what_is_in_it(who: Viewer) -> None:
    mark = secrets.token_hex(4)
    root = await done("categoryCreate", who, name=f"Garden {mark}")
    other = await done("categoryCreate", who, name=f"Balcony {mark}", position=3)
    below = await done("categoryCreate", who, name=f"Pots {mark}", parentId=root["id"])
    made = await product(who, categoryId=below["id"])
    await done("productVariantCreate", who, productId=made["id"], price="7")
    await done("productPublish", who, id=made["id"], expectedVersion=1)
    assert await found(f"garden {mark}") == [made["handle"]]

    moved = await done("categoryUpdate", who, id=below["id"], expectedVersion=1, parentId=other["id"])
    renamed = await done("categoryUpdate", who, id=other["id"], expectedVersion=1, name=f"Terrace {mark}")

    assert below["ancestors"] == [{"slug": f"garden-{mark}"}]
    assert (moved["parent"], moved["version"]) == ({"slug": f"balcony-{mark}"}, 2)
    assert moved["ancestors"] == [{"slug": f"balcony-{mark}"}]
    assert (renamed["name"], renamed["slug"]) == (f"Terrace {mark}", f"balcony-{mark}")
    assert await found(f"garden {mark}") == await found(f"balcony {mark}") == []
    assert await found(f"terrace {mark}") == [made["handle"]]
    up = await done("categoryUpdate", who, id=below["id"], expectedVersion=2, parentId=None)
    assert (up["parent"], up["ancestors"]) == (None, [])
    assert [event.action for event in await events(below["id"])] == ["categoryCreate", *["categoryUpdate"] * 2]


async def test_a_category_is_not_put_into_itself_or_too_deep(who: Viewer) -> None:
    mark = secrets.token_hex(4)
    chain = [await done("categoryCreate", who, name=f"Level {mark} 0")]
    for depth in range(1, 20):
        chain.append(await done("categoryCreate", who, name=f"Level {mark} {depth}", parentId=chain[-1]["id"]))
    top = await done("categoryCreate", who, name=f"Top {mark}")
    said = ("CATEGORY_NOT_PLACEABLE", ["parentId"])

    assert await refused("categoryCreate", who, name="Deeper", parentId=chain[-1]["id"]) == said
    for parent in (chain[0], chain[1], chain[-1]):
        given = {"id": chain[0]["id"], "expectedVersion": 1, "parentId": parent["id"]}
        assert await refused("categoryUpdate", who, **given) == said
    assert await refused("categoryUpdate", who, id=chain[0]["id"], expectedVersion=1, parentId=top["id"]) == said
    rows = await Category.filter(name__startswith=f"Level {mark}").order_by("id")
    assert [len(row.lineage) for row in rows] == list(range(1, 21))
