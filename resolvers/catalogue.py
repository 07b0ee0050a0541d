"""Writes of operators behind the catalogue's mutations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from commerce import categories, products, variants
from commerce.operators import CategoryNotFound
from commerce.products import ProductDraft
from models.categories import Category
from models.products import Product, ProductStatus, ProductVariant
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.nodes import row_id
from resolvers.outcomes import outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProduct:
    """A product as a client describes it."""

    supplier: str
    title: str
    currency: str
    handle: str | None = None
    description: str = ""
    vendor: str | None = None
    product_type: str = ""
    tags: Sequence[str] = ()
    category: str | None = None
    options: Sequence[str] = ()


@outcome
async def product_create(viewer: Viewer, given: NewProduct) -> Seen[Product] | None:
    """Make a product, and read it."""
    draft = ProductDraft(
        supplier_id=row_id(given.supplier, "Supplier", viewer),
        title=given.title,
        currency=given.currency,
        handle=given.handle,
        description=given.description,
        vendor=given.vendor,
        product_type=given.product_type,
        tags=given.tags,
        category_id=_category(given.category, viewer),
        options=given.options,
    )
    return await _product(viewer, await products.create(draft, by=viewer))


@outcome
async def product_update(
    viewer: Viewer, product: str, changes: Mapping[str, Any], expected_version: int
) -> Seen[Product] | None:
    """Change a product, and read it; a category in the changes is an id as clients have it."""
    columns = dict(changes)
    if "category" in columns:
        columns["category_id"] = _category(columns.pop("category"), viewer)
    key = row_id(product, "Product", viewer)
    return await _product(viewer, await products.update(key, columns, expected_version=expected_version, by=viewer))


@outcome
async def product_publish(viewer: Viewer, product: str, expected_version: int) -> Seen[Product] | None:
    """Show a product, and read it."""
    return await _with_status(viewer, product, ProductStatus.ACTIVE, "productPublish", expected_version)


@outcome
async def product_unpublish(viewer: Viewer, product: str, expected_version: int) -> Seen[Product] | None:
    """Take a product back to be worked on, and read it."""
    return await _with_status(viewer, product, ProductStatus.DRAFT, "productUnpublish", expected_version)


@outcome
async def product_archive(viewer: Viewer, product: str, expected_version: int) -> Seen[Product] | None:
    """Put a product away, and read it."""
    return await _with_status(viewer, product, ProductStatus.ARCHIVED, "productArchive", expected_version)


@outcome
async def variant_create(viewer: Viewer, product: str, given: Mapping[str, Any]) -> Seen[ProductVariant] | None:
    """Make a variant, and read it."""
    key = row_id(product, "Product", viewer)
    return await _variant(viewer, await variants.create(key, given, by=viewer))


@outcome
async def variant_update(
    viewer: Viewer, variant: str, changes: Mapping[str, Any], expected_version: int
) -> Seen[ProductVariant] | None:
    """Change a variant, and read it."""
    key = row_id(variant, "ProductVariant", viewer)
    return await _variant(viewer, await variants.update(key, changes, expected_version=expected_version, by=viewer))


@outcome
async def price_tiers_set(
    viewer: Viewer, variant: str, tiers: Sequence[tuple[int, Decimal]], expected_version: int
) -> Seen[ProductVariant] | None:
    """Set the prices by quantity of a variant, and read it."""
    key = row_id(variant, "ProductVariant", viewer)
    done = await variants.set_price_tiers(key, tiers, expected_version=expected_version, by=viewer)
    return await _variant(viewer, done)


@outcome
async def category_create(viewer: Viewer, given: Mapping[str, Any]) -> Seen[Category] | None:
    """Make a category, and read it; the parent is an id as clients have it."""
    done = await categories.create(_with_parent(given, viewer), by=viewer)
    return await Category.rows(viewer).where(id=done).one()


@outcome
async def category_update(
    viewer: Viewer, category: str, changes: Mapping[str, Any], expected_version: int
) -> Seen[Category] | None:
    """Rename or move a category, and read it; the parent is an id as clients have it."""
    key, columns = row_id(category, "Category", viewer), _with_parent(changes, viewer)
    done = await categories.update(key, columns, expected_version=expected_version, by=viewer)
    return await Category.rows(viewer).where(id=done).one()


async def _with_status(
    viewer: Viewer, product: str, status: ProductStatus, action: str, expected_version: int
) -> Seen[Product] | None:
    key = row_id(product, "Product", viewer)
    done = await products.set_status(key, status, action, expected_version=expected_version, by=viewer)
    return await _product(viewer, done)


async def _product(viewer: Viewer, key: UUID) -> Seen[Product] | None:
    return await Product.visible_to(viewer).where(id=key).one()


async def _variant(viewer: Viewer, key: UUID) -> Seen[ProductVariant] | None:
    return await ProductVariant.visible_to(viewer).where(id=key).one()


def _with_parent(given: Mapping[str, Any], viewer: Viewer) -> dict[str, Any]:
    columns = dict(given)
    if "parent" in columns:
        columns["parent_id"] = _category(columns.pop("parent"), viewer, field="parentId")
    return columns


def _category(given: str | None, viewer: Viewer, *, field: str = "categoryId") -> UUID | None:
    if given is None:
        return None
    key = row_id(given, "Category", viewer)
    if key is None:
        raise CategoryNotFound(field)
    return key
