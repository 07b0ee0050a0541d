"""What operators cannot do with the catalogue: stale, taken, out of bounds, or not theirs to do."""

import json
import secrets
from typing import Any

import pytest

from models.audit import AuditEvent
from models.ids import public_id, read_public_id
from models.products import PriceTier, Product, ProductVariant
from policy.viewer import Viewer
from server.demo_rows import add_supplier
from tests.commerce.goods import add_goods
from tests.graphql.operating import BODIES, do, done, events, product, refused
from tests.graphql.world import OPERATORS, World


@pytest.fixture
def who(world: World) -> Viewer:
    return world.viewers["operator"]


async def test_a_stale_version_is_refused_with_the_present_one(who: Viewer) -> None:
    made = await product(who)
    variant = await done("productVariantCreate", who, productId=made["id"], price="7")
    category = await done("categoryCreate", who, name=f"Stale {secrets.token_hex(4)}")

    attempts: list[tuple[str, dict[str, Any]]] = [
        ("productUpdate", {"id": made["id"], "title": "X"}),
        ("productPublish", {"id": made["id"]}),
        ("productArchive", {"id": made["id"]}),
        ("productVariantUpdate", {"id": variant["id"], "sku": "X"}),
        ("priceTiersSet", {"variantId": variant["id"], "tiers": []}),
        ("categoryUpdate", {"id": category["id"], "name": "X"}),
    ]
    for action, given in attempts:
        payload = await do(action, who, **given, expectedVersion=7)
        (error,) = payload["userErrors"]
        assert (error["__typename"], error["code"], error["field"], error["currentVersion"]) == (
            "StaleObject",
            "STALE_OBJECT",
            ["expectedVersion"],
            1,
        ), action


async def test_handles_slugs_and_skus_are_there_once(who: Viewer) -> None:
    mark = secrets.token_hex(4)
    supplier = await add_supplier(f"Mill {mark}", f"mill-{mark}", "DE")
    of = {"supplierId": public_id("Supplier", supplier.id), "currencyCode": "EUR"}
    one = await done("productCreate", who, **of, title=f"One {mark}")
    two = await done("productCreate", who, **of, title=f"Two {mark}")
    stranger = await product(who)
    first = await done("productVariantCreate", who, productId=one["id"], price="1", sku="SAME")
    await done("categoryCreate", who, name=f"Cat {mark}")

    assert await refused("productCreate", who, **of, title="Three", handle=one["handle"]) == (
        "HANDLE_TAKEN",
        ["handle"],
    )
    given = {"id": two["id"], "expectedVersion": 1, "handle": one["handle"]}
    assert await refused("productUpdate", who, **given) == ("HANDLE_TAKEN", ["handle"])
    assert await refused("productVariantCreate", who, productId=two["id"], price="1", sku="SAME") == (
        "SKU_TAKEN",
        ["sku"],
    )
    assert await refused("categoryCreate", who, name="Other", slug=f"cat-{mark}") == ("HANDLE_TAKEN", ["slug"])
    assert await refused("productVariantCreate", who, productId=one["id"], price="1") == (
        "VARIANT_EXISTS",
        ["optionValues"],
    )
    await done("productVariantCreate", who, productId=stranger["id"], price="1", sku="SAME")
    await done("productVariantUpdate", who, id=first["id"], expectedVersion=1, sku="SAME")
    await done("productVariantCreate", who, productId=two["id"], price="1", sku="")


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"title": " "}, "TEXT_NOT_VALID", "title"),
        ({"title": "x" * 256}, "TEXT_NOT_VALID", "title"),
        ({"title": "a\u202eb"}, "TEXT_NOT_VALID", "title"),
        ({"title": "杯"}, "HANDLE_NOT_VALID", "handle"),
        ({"handle": "Not A Handle"}, "HANDLE_NOT_VALID", "handle"),
        ({"handle": "x" * 256}, "HANDLE_NOT_VALID", "handle"),
        ({"description": "x" * 100_001}, "TEXT_NOT_VALID", "description"),
        ({"description": "a\0b"}, "TEXT_NOT_VALID", "description"),
        ({"tags": [""]}, "TAGS_NOT_VALID", "tags"),
        ({"tags": ["x"] * 251}, "TAGS_NOT_VALID", "tags"),
        ({"options": ["A", "B", "C", "D"]}, "OPTIONS_NOT_VALID", "options"),
        ({"options": ["A", "A"]}, "OPTIONS_NOT_VALID", "options"),
        ({"supplierId": "nobody"}, "SUPPLIER_NOT_FOUND", "supplierId"),
        ({"categoryId": "nothing"}, "CATEGORY_NOT_FOUND", "categoryId"),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_a_product_that_cannot_be_is_refused_by_the_field_at_fault(
    given: dict[str, Any], code: str, field: str, who: Viewer
) -> None:
    mark = secrets.token_hex(4)
    supplier = await add_supplier(f"Mill {mark}", f"mill-{mark}", "DE")
    draft = {"supplierId": public_id("Supplier", supplier.id), "title": f"Cup {mark}", "currencyCode": "EUR"}

    assert await refused("productCreate", who, **{**draft, **given}) == (code, [field])

    assert not await Product.exists(supplier_id=supplier.id)


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"price": "-1"}, "AMOUNT_NOT_VALID", ["price"]),
        ({"price": "1.005"}, "AMOUNT_NOT_VALID", ["price"]),
        ({"price": "NaN"}, "AMOUNT_NOT_VALID", ["price"]),
        ({"price": "1E+999999"}, "AMOUNT_NOT_VALID", ["price"]),
        ({"price": "99999999999999999"}, "AMOUNT_NOT_VALID", ["price"]),
        ({"price": "999999999999"}, "AMOUNT_TOO_LARGE", ["price"]),
        ({"compareAtPrice": "999999999999"}, "AMOUNT_TOO_LARGE", ["compareAtPrice"]),
        ({"weightGrams": -1}, "NUMBER_NOT_VALID", ["weightGrams"]),
        ({"sku": "x" * 65}, "TEXT_NOT_VALID", ["sku"]),
        ({"optionValues": []}, "OPTIONS_NOT_VALID", ["optionValues"]),
        ({"optionValues": ["S", "M"]}, "OPTIONS_NOT_VALID", ["optionValues"]),
        ({"optionValues": [""]}, "TEXT_NOT_VALID", ["optionValues"]),
        ({"productId": "nothing"}, "PRODUCT_NOT_FOUND", ["productId"]),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_a_variant_that_cannot_be_is_refused_by_the_field_at_fault(
    given: dict[str, Any], code: str, field: list[str], who: Viewer
) -> None:
    made = await product(who, options=["Size"])
    draft = {"productId": made["id"], "price": "7", "optionValues": ["S"]}

    assert await refused("productVariantCreate", who, **{**draft, **given}) == (code, field)

    assert not await ProductVariant.exists(product_id=read_public_id(made["id"])[1])


@pytest.mark.parametrize(
    ("tiers", "code", "field"),
    [
        ([(1, "5")], "NUMBER_NOT_VALID", ["tiers", "minimumQuantity"]),
        ([(10_001, "5")], "NUMBER_NOT_VALID", ["tiers", "minimumQuantity"]),
        ([(2, "-5")], "AMOUNT_NOT_VALID", ["tiers", "price"]),
        ([(2, "999999999999")], "AMOUNT_TOO_LARGE", ["tiers", "price"]),
        ([(2, "5"), (2, "4")], "PRICE_TIERS_NOT_VALID", ["tiers"]),
        ([(n, "5") for n in range(2, 23)], "PRICE_TIERS_NOT_VALID", ["tiers"]),
    ],
)
async def test_tiers_that_cannot_be_are_refused(
    tiers: list[tuple[int, str]], code: str, field: list[str], who: Viewer
) -> None:
    made = await product(who)
    variant = await done("productVariantCreate", who, productId=made["id"], price="7")
    kept = [{"minimumQuantity": 3, "price": "6"}]
    await done("priceTiersSet", who, variantId=variant["id"], expectedVersion=1, tiers=kept)
    given = [{"minimumQuantity": quantity, "price": price} for quantity, price in tiers]

    said = await refused("priceTiersSet", who, variantId=variant["id"], expectedVersion=2, tiers=given)

    assert said == (code, field)
    assert await PriceTier.filter(variant_id=read_public_id(variant["id"])[1]).values_list(
        "minimum_quantity", "price_minor"
    ) == [(3, 600)]


async def test_nothing_to_change_is_said(who: Viewer) -> None:
    made = await product(who)

    assert await refused("productUpdate", who, id=made["id"], expectedVersion=1) == ("NOTHING_TO_CHANGE", [])


async def test_nobody_but_a_trained_operator_changes_anything(world: World) -> None:
    who, goods = world.viewers["operator"], await add_goods()
    made = await product(who)
    category = await done("categoryCreate", who, name=f"Own {secrets.token_hex(4)}")
    variant = public_id("ProductVariant", goods.variant_id)
    attempts: dict[str, dict[str, Any]] = {
        "productCreate": {"supplierId": "x", "title": "X", "currencyCode": "EUR"},
        "productUpdate": {"id": made["id"], "expectedVersion": 1, "title": "Taken over"},
        "productPublish": {"id": made["id"], "expectedVersion": 1},
        "productUnpublish": {"id": made["id"], "expectedVersion": 1},
        "productArchive": {"id": made["id"], "expectedVersion": 1},
        "productVariantCreate": {"productId": made["id"], "price": "0"},
        "productVariantUpdate": {"id": variant, "expectedVersion": 1, "price": "0"},
        "priceTiersSet": {"variantId": variant, "expectedVersion": 1, "tiers": []},
        "categoryCreate": {"name": "X"},
        "categoryUpdate": {"id": category["id"], "expectedVersion": 1, "name": "X"},
    }
    assert attempts.keys() == BODIES.keys()
    count = await AuditEvent.all().count()

    for name, viewer in world.viewers.items():
        if name not in OPERATORS:
            for action, given in attempts.items():
                assert await refused(action, viewer, **given) == ("NOT_OPERATOR", []), (name, action)

    assert await AuditEvent.all().count() == count
    assert (await Product.get(handle=made["handle"])).title == made["title"]
    assert (await ProductVariant.get(id=goods.variant_id)).price_minor == 1_250
    assert "Taken over" not in json.dumps([event.changes for event in await events(made["id"])])
