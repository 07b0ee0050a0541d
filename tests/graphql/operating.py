"""Does what operators do with the catalogue, and tells how it ended."""

import secrets
from typing import Any

from models.audit import AuditEvent
from models.ids import public_id, read_public_id
from policy.viewer import Viewer
from server.demo_rows import add_supplier
from tests.graphql.asking import ask

_ERRORS = "userErrors { __typename code field message ... on StaleObject { currentVersion } }"
_PRODUCT = f"""product {{
  id handle title description vendor productType tags status publishedAt version
  options {{ name values }} category {{ slug }} priceRange {{ minimum {{ amount }} maximum {{ amount }} }}
  variants {{ id title sku }} }} {_ERRORS}"""
_VARIANT = f"""productVariant {{
  id title sku barcode weightGrams position version price {{ amount currencyCode }} compareAtPrice {{ amount }}
  selectedOptions {{ name value }} priceTiers {{ minimumQuantity price {{ amount }} }} }} {_ERRORS}"""
_CATEGORY = f"category {{ id name slug version parent {{ slug }} ancestors {{ slug }} }} {_ERRORS}"
BODIES = {
    "productCreate": ("ProductCreateInput", _PRODUCT),
    "productUpdate": ("ProductUpdateInput", _PRODUCT),
    "productPublish": ("ProductStatusInput", _PRODUCT),
    "productUnpublish": ("ProductStatusInput", _PRODUCT),
    "productArchive": ("ProductStatusInput", _PRODUCT),
    "productVariantCreate": ("ProductVariantCreateInput", _VARIANT),
    "productVariantUpdate": ("ProductVariantUpdateInput", _VARIANT),
    "priceTiersSet": ("PriceTiersSetInput", _VARIANT),
    "categoryCreate": ("CategoryCreateInput", _CATEGORY),
    "categoryUpdate": ("CategoryUpdateInput", _CATEGORY),
}


async def do(action: str, as_: Viewer, **given: Any) -> dict[str, Any]:
    """Act, and give the payload."""
    input_, body = BODIES[action]
    document = f"mutation ($input: {input_}!) {{ {action}(input: $input) {{ {body} }} }}"
    answer = await ask(document, as_=as_, input=given)
    assert answer.errors == []
    return answer.data[action]


async def done(action: str, as_: Viewer, **given: Any) -> dict[str, Any]:
    """Act, and give the object."""
    payload = await do(action, as_, **given)
    assert payload["userErrors"] == []
    return next(value for name, value in payload.items() if name != "userErrors")


async def refused(action: str, as_: Viewer, **given: Any) -> tuple[str, list[str]]:
    """Act, and give the code and field of the refusal."""
    payload = await do(action, as_, **given)
    assert [value for name, value in payload.items() if name != "userErrors"] == [None]
    (error,) = payload["userErrors"]
    return error["code"], error["field"]


async def product(as_: Viewer, **given: Any) -> dict[str, Any]:
    """Make a product of a supplier of its own."""
    mark = secrets.token_hex(4)
    supplier = await add_supplier(f"Mill {mark}", f"mill-{mark}", "DE")
    draft = {"supplierId": public_id("Supplier", supplier.id), "title": f"Cup {mark}", "currencyCode": "EUR"}
    return await done("productCreate", as_, **{**draft, **given})


async def events(id_: str) -> list[AuditEvent]:
    """Read what was noted of an object."""
    return await AuditEvent.filter(object_id=read_public_id(id_)[1]).order_by("id")
