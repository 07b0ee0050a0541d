"""What operators do with the catalogue."""

from decimal import Decimal
from typing import Annotated, Any

import strawberry

from permissions.fields import mutation, part
from permissions.may_see import Info
from resolvers import catalogue
from schema.categories import Category
from schema.enums import CurrencyCode
from schema.errors import UserError
from schema.products import Product, ProductVariant

_ERRORS = "Why it was refused; empty if it was done."
_VERSION = "The `version` that you have read; if it has another one by now, nothing is changed."
_INPUT = strawberry.argument(name="input", description="What is wanted.")


def _needed(description: str) -> Any:
    return strawberry.field(description=description)


def _given(description: str) -> Any:
    return strawberry.field(default=strawberry.UNSET, description=description)


def _changes(wanted: Any, *names: str) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(wanted, name)) is not strawberry.UNSET}


@strawberry.input(description="The product to make; it is not shown until it is published.")
class ProductCreateInput:
    """Input of `productCreate`."""

    supplier_id: strawberry.ID = _needed("Who sells it.")
    title: str = _needed("What it is called, in at most 255 characters.")
    currency_code: CurrencyCode = _needed("In which all of its prices are; it cannot be changed.")
    handle: str | None = strawberry.field(
        default=None,
        description="The name for addresses of pages: small letters, digits, hyphens; made of the title if left out.",
    )
    description: str = strawberry.field(default="", description="What there is to say about it.")
    vendor: str | None = strawberry.field(
        default=None, description="Under which name it is sold; the supplier's if left out."
    )
    product_type: str = strawberry.field(default="", description="What sort of thing it is.")
    tags: list[str] = strawberry.field(default_factory=list, description="Words to file it under, at most 250.")
    category_id: strawberry.ID | None = strawberry.field(default=None, description="The category to put it into.")
    options: list[str] = strawberry.field(
        default_factory=list, description="In what its variants will differ, such as `Size`; at most 3."
    )


@strawberry.input(description="What to change of a product: what is left out stays as it is.")
class ProductUpdateInput:
    """Input of `productUpdate`."""

    id: strawberry.ID = _needed("The product's id.")
    expected_version: int = _needed(_VERSION)
    title: str | None = _given("What it is called, in at most 255 characters; not null.")
    handle: str | None = _given("The name for addresses of pages: small letters, digits and hyphens; not null.")
    description: str | None = _given("What there is to say about it; null clears it.")
    vendor: str | None = _given("Under which name it is sold; null clears it.")
    product_type: str | None = _given("What sort of thing it is; null clears it.")
    tags: list[str] | None = _given("Words to file it under, in place of those there are; null clears them.")
    category_id: strawberry.ID | None = _given("The category to put it into; null takes it out of its category.")


@strawberry.input(description="Which product, as you have read it.")
class ProductStatusInput:
    """Input of `productPublish`, `productUnpublish` and `productArchive`."""

    id: strawberry.ID = _needed("The product's id.")
    expected_version: int = _needed(_VERSION)


@strawberry.input(description="The variant to make, at the end of the product's variants.")
class ProductVariantCreateInput:
    """Input of `productVariantCreate`."""

    product_id: strawberry.ID = _needed("The product.")
    price: Decimal = _needed("The price of one, in the product's currency.")
    option_values: list[str] = strawberry.field(
        default_factory=list, description="One value for each option of the product, in their order."
    )
    sku: str = strawberry.field(default="", description="The supplier's stock-keeping unit, theirs once; or empty.")
    compare_at_price: Decimal | None = strawberry.field(
        default=None, description="What one cost before, in the product's currency."
    )
    barcode: str = strawberry.field(default="", description="The number below the bars, such as an EAN.")
    weight_grams: int | None = strawberry.field(default=None, description="What one weighs, in grams.")


@strawberry.input(description="What to change of a variant: what is left out stays as it is.")
class ProductVariantUpdateInput:
    """Input of `productVariantUpdate`."""

    id: strawberry.ID = _needed("The variant's id.")
    expected_version: int = _needed(_VERSION)
    price: Decimal | None = _given("The price of one, in the variant's currency; not null.")
    option_values: list[str] | None = _given("One value for each option of the product, in their order; not null.")
    sku: str | None = _given("The supplier's stock-keeping unit, theirs once; null clears it.")
    compare_at_price: Decimal | None = _given("What one cost before; null clears it.")
    barcode: str | None = _given("The number below the bars, such as an EAN; null clears it.")
    weight_grams: int | None = _given("What one weighs, in grams; null clears it.")


@strawberry.input(description="What one costs if at least so many are bought at once.")
class PriceTierInput:
    """A tier to set."""

    minimum_quantity: int = _needed("From how many on, 2 to 10,000.")
    price: Decimal = _needed("The price of one, in the variant's currency.")


@strawberry.input(description="The prices by quantity that a variant is to have, in place of those it has.")
class PriceTiersSetInput:
    """Input of `priceTiersSet`."""

    variant_id: strawberry.ID = _needed("The variant's id.")
    expected_version: int = _needed(_VERSION)
    tiers: list[PriceTierInput] = _needed("The prices by quantity; none to have one price only. At most 20.")


@strawberry.input(description="The category to make.")
class CategoryCreateInput:
    """Input of `categoryCreate`."""

    name: str = _needed("What it is called, in at most 255 characters.")
    slug: str | None = strawberry.field(
        default=None,
        description="The name for addresses of pages: small letters, digits and hyphens; made of the name if left out.",
    )
    parent_id: strawberry.ID | None = strawberry.field(
        default=None, description="The category to put it into; left out, it is at the top of the tree."
    )
    position: int = strawberry.field(default=0, description="Its place among those beside it, the lowest first.")


@strawberry.input(description="What to change of a category: what is left out stays as it is.")
class CategoryUpdateInput:
    """Input of `categoryUpdate`."""

    id: strawberry.ID = _needed("The category's id.")
    expected_version: int = _needed(_VERSION)
    name: str | None = _given("What it is called, in at most 255 characters; not null.")
    slug: str | None = _given("The name for addresses of pages: small letters, digits and hyphens; not null.")
    parent_id: strawberry.ID | None = _given("The category to put it into; null puts it at the top of the tree.")
    position: int | None = _given("Its place among those beside it, the lowest first; null for 0.")


@strawberry.type(description="The product as it is now, or why nothing was done.")
class ProductPayload:
    """Payload of the actions on products."""

    product: Product | None = part("The product; null if nothing was done.", columns=("object",))
    user_errors: list[UserError] = part(_ERRORS)


@strawberry.type(description="The variant as it is now, or why nothing was done.")
class ProductVariantPayload:
    """Payload of the actions on variants."""

    product_variant: ProductVariant | None = part("The variant; null if nothing was done.", columns=("object",))
    user_errors: list[UserError] = part(_ERRORS)


@strawberry.type(description="The category as it is now, or why nothing was done.")
class CategoryPayload:
    """Payload of the actions on categories."""

    category: Category | None = part("The category; null if nothing was done.", columns=("object",))
    user_errors: list[UserError] = part(_ERRORS)


async def _product_create(info: Info, given: Annotated[ProductCreateInput, _INPUT]) -> ProductPayload:
    wanted = catalogue.NewProduct(
        supplier=given.supplier_id,
        title=given.title,
        currency=given.currency_code.value,
        handle=given.handle,
        description=given.description,
        vendor=given.vendor,
        product_type=given.product_type,
        tags=given.tags,
        category=given.category_id,
        options=given.options,
    )
    return await catalogue.product_create(info.context.viewer, wanted)  # pyright: ignore[reportReturnType]


async def _product_update(info: Info, given: Annotated[ProductUpdateInput, _INPUT]) -> ProductPayload:
    changes = _changes(given, "title", "handle", "description", "vendor", "product_type", "tags", "category_id")
    if "category_id" in changes:
        changes["category"] = changes.pop("category_id")
    return await catalogue.product_update(info.context.viewer, given.id, changes, given.expected_version)  # pyright: ignore[reportReturnType]


async def _product_publish(info: Info, given: Annotated[ProductStatusInput, _INPUT]) -> ProductPayload:
    return await catalogue.product_publish(info.context.viewer, given.id, given.expected_version)  # pyright: ignore[reportReturnType]


async def _product_unpublish(info: Info, given: Annotated[ProductStatusInput, _INPUT]) -> ProductPayload:
    return await catalogue.product_unpublish(info.context.viewer, given.id, given.expected_version)  # pyright: ignore[reportReturnType]


async def _product_archive(info: Info, given: Annotated[ProductStatusInput, _INPUT]) -> ProductPayload:
    return await catalogue.product_archive(info.context.viewer, given.id, given.expected_version)  # pyright: ignore[reportReturnType]


async def _variant_create(info: Info, given: Annotated[ProductVariantCreateInput, _INPUT]) -> ProductVariantPayload:
    columns = _changes(given, "price", "option_values", "sku", "barcode", "weight_grams")
    columns["compare_at"] = given.compare_at_price
    return await catalogue.variant_create(info.context.viewer, given.product_id, columns)  # pyright: ignore[reportReturnType]


async def _variant_update(info: Info, given: Annotated[ProductVariantUpdateInput, _INPUT]) -> ProductVariantPayload:
    columns = _changes(given, "price", "option_values", "sku", "compare_at_price", "barcode", "weight_grams")
    if "compare_at_price" in columns:
        columns["compare_at"] = columns.pop("compare_at_price")
    return await catalogue.variant_update(info.context.viewer, given.id, columns, given.expected_version)  # pyright: ignore[reportReturnType]


async def _price_tiers_set(info: Info, given: Annotated[PriceTiersSetInput, _INPUT]) -> ProductVariantPayload:
    tiers = [(tier.minimum_quantity, tier.price) for tier in given.tiers]
    return await catalogue.price_tiers_set(info.context.viewer, given.variant_id, tiers, given.expected_version)  # pyright: ignore[reportReturnType]


async def _category_create(info: Info, given: Annotated[CategoryCreateInput, _INPUT]) -> CategoryPayload:
    columns = {"name": given.name, "slug": given.slug, "parent": given.parent_id, "position": given.position}
    return await catalogue.category_create(info.context.viewer, columns)  # pyright: ignore[reportReturnType]


async def _category_update(info: Info, given: Annotated[CategoryUpdateInput, _INPUT]) -> CategoryPayload:
    columns = _changes(given, "name", "slug", "parent_id", "position")
    if "parent_id" in columns:
        columns["parent"] = columns.pop("parent_id")
    return await catalogue.category_update(info.context.viewer, given.id, columns, given.expected_version)  # pyright: ignore[reportReturnType]


@strawberry.type
class CatalogueMutations:
    """Mutations of the catalogue; each is for operators with valid training, and is noted in `auditEvents`."""

    product_create: ProductPayload = mutation(
        "Make a product that is not shown yet; for operators.", resolver=_product_create
    )
    product_update: ProductPayload = mutation("Change a product; for operators.", resolver=_product_update)
    product_publish: ProductPayload = mutation("Show a product to everybody; for operators.", resolver=_product_publish)
    product_unpublish: ProductPayload = mutation(
        "Take a product back to be worked on; for operators.", resolver=_product_unpublish
    )
    product_archive: ProductPayload = mutation(
        "Put a product away for good, without losing it for the orders that name it; for operators.",
        resolver=_product_archive,
    )
    product_variant_create: ProductVariantPayload = mutation(
        "Make a variant of a product; for operators.", resolver=_variant_create
    )
    product_variant_update: ProductVariantPayload = mutation(
        "Change a variant and its price; for operators.", resolver=_variant_update
    )
    price_tiers_set: ProductVariantPayload = mutation(
        "Set what one of a variant costs if more are bought at once; for operators.", resolver=_price_tiers_set
    )
    category_create: CategoryPayload = mutation("Make a category; for operators.", resolver=_category_create)
    category_update: CategoryPayload = mutation(
        "Rename or move a category, with all that is in it; for operators.", resolver=_category_update
    )
