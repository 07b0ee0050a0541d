"""Variants and their prices as operators make and change them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from asyncpg import Record
from tortoise.expressions import F

from commerce import audit, prices, products, texts
from commerce.cart_contents import MOST_OF_ONE
from commerce.operators import require_operator, require_supplier, whole
from commerce.products import OptionsNotValid
from commerce.profiles import NothingToChange
from commerce.refusals import Refusal, StaleObject
from models import clock
from models.bounds import PRICE_TIERS, PRODUCT_VARIANTS
from models.catalogue import summarise
from models.database import ConstraintViolated, execute, fetch, retrying, transaction
from models.ids import new_id
from models.products import PriceTier, Product, ProductVariant
from policy.viewer import Viewer

LONGEST_SKU = 64
LONGEST_VALUE = 80
MOST_GRAMS = 999_999_999

_LOCK = """
    SELECT id, product_id, sku, title, option_values, currency, price_minor, compare_at_minor, barcode, weight_grams,
        position, version
    FROM product_variant WHERE id = $1 FOR NO KEY UPDATE
"""
# The values of each option are those of the variants, in the variants' order.
_RELIST = """
    UPDATE product_option SET option_values = l.present FROM (
        SELECT o.id, coalesce(array_agg(v.value ORDER BY v.place) FILTER (WHERE v.value IS NOT NULL), '{}') AS present
        FROM product_option o LEFT JOIN LATERAL (
            SELECT w.option_values[o.position] AS value, min(w.position) AS place
            FROM product_variant w WHERE w.product_id = o.product_id GROUP BY 1) v ON TRUE
        WHERE o.product_id = $1 GROUP BY o.id) l
    WHERE product_option.id = l.id AND product_option.option_values IS DISTINCT FROM l.present
"""


class VariantNotFound(Refusal):
    """There is no such variant."""

    code = "VARIANT_NOT_FOUND"

    def __init__(self, field: str = "id") -> None:
        super().__init__("There is no such variant; take an id from the variants of a product.", field=(field,))


class VariantExists(Refusal):
    """The product has a variant in this combination of its options."""

    code = "VARIANT_EXISTS"

    def __init__(self) -> None:
        super().__init__(
            "The product has a variant with these option values; change that one.", field=("optionValues",)
        )


class SkuTaken(Refusal):
    """Another variant of the same supplier bears this SKU."""

    code = "SKU_TAKEN"

    def __init__(self) -> None:
        super().__init__(
            "Another variant of this supplier has this SKU; choose another one, or leave it empty.", field=("sku",)
        )


class VariantsTooMany(Refusal):
    """The product has as many variants as it may have."""

    code = "VARIANTS_TOO_MANY"

    def __init__(self) -> None:
        super().__init__(
            f"A product has at most {PRODUCT_VARIANTS} variants; make another product.", field=("productId",)
        )


class PriceTiersNotValid(Refusal):
    """There are too many prices by quantity, or two of them begin at the same quantity."""

    code = "PRICE_TIERS_NOT_VALID"

    def __init__(self) -> None:
        super().__init__(f"Give at most {PRICE_TIERS} tiers, each from another `minimumQuantity` on.", field=("tiers",))


async def create(product_id: UUID | None, given: Mapping[str, Any], *, by: Viewer) -> UUID:
    """
    Make a variant of a product, at the end of its variants.

    Args:
        product_id: None for an id that names none.
        given: By column, as clients gave them: `option_values`, one for each option of the product; `price` and
            `compare_at` as decimals in the product's currency; `sku`, `barcode`, `weight_grams`.

    Returns:
        The variant's id.

    Raises:
        NotOperator, ProductNotFound, VariantExists, VariantsTooMany, OptionsNotValid, SkuTaken, TextNotValid,
        AmountNotValid, AmountTooLarge, NumberNotValid: Nothing was made.
    """
    require_operator(by)

    async def write() -> UUID:
        variant_id = new_id()
        async with transaction():
            product = await _product(product_id, field="productId")
            columns = await _read({"sku": "", "barcode": "", "option_values": (), **given}, product)
            (held,) = await fetch(
                "SELECT count(*)::int AS n, coalesce(max(position), 0)::int AS last FROM product_variant"
                " WHERE product_id = $1",
                product["id"],
            )
            if held["n"] >= PRODUCT_VARIANTS:
                raise VariantsTooMany
            made = {**columns, "currency": product["currency"], "position": held["last"] + 1}
            await ProductVariant.create(id=variant_id, product_id=product["id"], **made)
            await _sum_up(product["id"])
            noted = {name: (None, value) for name, value in made.items()}
            noted["product_id"] = (None, product["id"])
            await audit.record("productVariantCreate", ProductVariant, variant_id, noted, by=by)
        return variant_id

    return await _unique(write)


async def update(variant_id: UUID | None, changes: Mapping[str, Any], *, expected_version: int, by: Viewer) -> UUID:
    """
    Change a variant; of two changes made to the same version one is refused.

    Orders keep what they were placed with; carts show the new price as a problem to agree to.

    Args:
        variant_id: None for an id that names none.
        changes: As of `create`; `compare_at` and `weight_grams` may be None to clear them.
        expected_version: The version that was read.

    Raises:
        VariantNotFound, StaleObject, NothingToChange: Nothing was changed; also as of `create`.
    """
    require_operator(by)
    if not changes:
        raise NothingToChange

    async def write() -> UUID:
        async with transaction():
            product = await _product(await _product_of(variant_id), field="id")
            before = await _locked(variant_id, expected_version)
            columns = await _read(changes, product, of=before["id"])
            await _change("productVariantUpdate", before, columns, by=by)
            await _sum_up(product["id"])
        return before["id"]

    return await _unique(write)


async def set_price_tiers(
    variant_id: UUID | None, tiers: Sequence[tuple[int, Decimal]], *, expected_version: int, by: Viewer
) -> UUID:
    """
    Set what one of a variant costs if more are bought at once, in place of all that was set before.

    Args:
        variant_id: None for an id that names none.
        tiers: From which quantity on, and the price in the variant's currency; none to have one price only.
        expected_version: The variant's version that was read.

    Raises:
        NotOperator, VariantNotFound, StaleObject, PriceTiersNotValid, NumberNotValid, AmountNotValid, AmountTooLarge:
            Nothing was changed.
    """
    require_operator(by)
    if len(tiers) > PRICE_TIERS or len({quantity for quantity, _ in tiers}) != len(tiers):
        raise PriceTiersNotValid

    async def write() -> UUID:
        async with transaction():
            product = await _product(await _product_of(variant_id), field="id")
            before = await _locked(variant_id, expected_version)
            wanted = sorted(
                (
                    whole(quantity, 2, MOST_OF_ONE, field=("tiers", "minimumQuantity")),
                    prices.price(price, before["currency"], field=("tiers", "price")),
                )
                for quantity, price in tiers
            )
            rows = await fetch(
                "SELECT minimum_quantity, price_minor FROM price_tier WHERE variant_id = $1 ORDER BY minimum_quantity",
                before["id"],
            )
            await execute("DELETE FROM price_tier WHERE variant_id = $1", before["id"])
            for quantity, price_minor in wanted:
                await PriceTier.create(
                    variant_id=before["id"],
                    minimum_quantity=quantity,
                    price_minor=price_minor,
                    currency=before["currency"],
                )
            held = [_tier(row["minimum_quantity"], row["price_minor"]) for row in rows]
            noted = {"price_tiers": (held, [_tier(*tier) for tier in wanted])}
            await _bump(before["id"], product["id"])
            await audit.record("priceTiersSet", ProductVariant, before["id"], noted, by=by)
        return before["id"]

    return await retrying(write)


def _tier(quantity: int, price_minor: int) -> dict[str, int]:
    return {"minimum_quantity": quantity, "price_minor": price_minor}


async def _product(product_id: UUID | None, *, field: str) -> Record:
    # INVARIANT (one order of locks): supplier, product, variant; so no two writers wait for each other.
    rows = await fetch("SELECT supplier_id FROM product WHERE id = $1", product_id)
    if not rows:
        raise products.ProductNotFound(field)
    await require_supplier(rows[0]["supplier_id"])
    return await products.locked(product_id, field=field)


async def _product_of(variant_id: UUID | None) -> UUID:
    rows = await fetch("SELECT product_id FROM product_variant WHERE id = $1", variant_id)
    if not rows:
        raise VariantNotFound
    return rows[0]["product_id"]


async def _locked(variant_id: UUID | None, expected_version: int) -> Record:
    (row,) = await fetch(_LOCK, variant_id)
    if row["version"] != expected_version:
        raise StaleObject(row["version"])
    return row


async def _change(action: str, before: Record, columns: Mapping[str, Any], *, by: Viewer) -> None:
    await ProductVariant.filter(id=before["id"]).update(**columns, version=F("version") + 1)
    noted = {name: (before[name], value) for name, value in columns.items()}
    await audit.record(action, ProductVariant, before["id"], noted, by=by)


async def _bump(variant_id: UUID, product_id: UUID) -> None:
    await ProductVariant.filter(id=variant_id).update(version=F("version") + 1)
    await Product.filter(id=product_id).update(updated_at=clock.now())


async def _sum_up(product_id: UUID) -> None:
    await execute(_RELIST, product_id)
    await Product.filter(id=product_id).update(updated_at=clock.now())
    await summarise([product_id])


async def _unique(write: Any) -> UUID:
    try:
        return await retrying(write)
    except ConstraintViolated as violated:
        if violated.constraint == "product_variant_is_one_combination":
            raise VariantExists from None
        raise


async def _read(given: Mapping[str, Any], product: Record, *, of: UUID | None = None) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for name, value in given.items():
        match name:
            case "sku":
                columns["sku"] = await _sku(value or "", product["supplier_id"], of)
            case "barcode":
                columns["barcode"] = texts.optional_line(value or "", field="barcode", longest=LONGEST_SKU)
            case "weight_grams":
                columns["weight_grams"] = (
                    whole(value, 0, MOST_GRAMS, field=("weightGrams",)) if value is not None else None
                )
            case "price":
                columns["price_minor"] = prices.price(value, product["currency"], field=("price",))
            case "compare_at":
                columns["compare_at_minor"] = (
                    prices.price(value, product["currency"], field=("compareAtPrice",)) if value is not None else None
                )
            case "option_values":
                values = await _values(value or (), product["id"])
                columns |= {"option_values": values, "title": " / ".join(values)[:255] or product["title"]}
            case _:
                raise ValueError(f"A variant has no `{name}` to change.")
    return columns


async def _values(given: Sequence[str], product_id: UUID) -> list[str]:
    rows = await fetch("SELECT name FROM product_option WHERE product_id = $1 ORDER BY position", product_id)
    if len(given) != len(rows):
        names = ", ".join(f"`{row['name']}`" for row in rows) or "none: leave them out"
        raise OptionsNotValid(f"Give one value for each option of the product, in this order: {names}.", "optionValues")
    return [texts.line(value, field="optionValues", longest=LONGEST_VALUE) for value in given]


async def _sku(given: str, supplier_id: UUID, of: UUID | None) -> str:
    sku = texts.optional_line(given, field="sku", longest=LONGEST_SKU)
    if sku and await fetch(
        "SELECT FROM product_variant v JOIN product p ON p.id = v.product_id"
        " WHERE v.sku = $1 AND p.supplier_id = $2 AND v.id IS DISTINCT FROM $3::uuid LIMIT 1",
        sku,
        supplier_id,
        of,
    ):
        raise SkuTaken
    return sku
