"""Products as operators make and change them; each action is noted in its own transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from asyncpg import Record
from tortoise.expressions import F

from commerce import audit, texts
from commerce.operators import HandleTaken, handle, hold_category, require_operator, require_supplier
from commerce.profiles import NothingToChange
from commerce.refusals import Refusal, StaleObject
from models import clock
from models.bounds import PRODUCT_OPTIONS
from models.catalogue import summarise
from models.database import ConstraintViolated, fetch, retrying, transaction
from models.ids import new_id
from models.products import Product, ProductOption, ProductStatus, ProductVariant
from policy.viewer import Viewer

LONGEST_TITLE = 255
LONGEST_NAME = 120
LONGEST_DESCRIPTION = 100_000
MOST_TAGS = 250

_LOCK = """
    SELECT id, supplier_id, category_id, handle, title, description, vendor, product_type, tags, status, currency,
        published_at, version
    FROM product WHERE id = $1 FOR NO KEY UPDATE
"""


class ProductNotFound(Refusal):
    """There is no such product."""

    code = "PRODUCT_NOT_FOUND"

    def __init__(self, field: str = "id") -> None:
        super().__init__("There is no such product; take an id from `products`.", field=(field,))


class TagsNotValid(Refusal):
    """There are too many tags, or one of them is empty or too long."""

    code = "TAGS_NOT_VALID"

    def __init__(self) -> None:
        super().__init__(
            f"Give at most {MOST_TAGS} `tags`, each one line of 1 to {LONGEST_NAME} characters.", field=("tags",)
        )


class OptionsNotValid(Refusal):
    """Options of a product, or a variant's values of them, do not fit."""

    code = "OPTIONS_NOT_VALID"

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message, field=(field,))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductDraft:
    """
    A product that is to be made.

    Args:
        supplier_id: Who sells it; None for an id that names nobody.
        handle: None to make one of the title.
        vendor: None for the supplier's name.
        currency: Of all its prices, for good.
        category_id: None for no category.
        options: In what its variants will differ.
    """

    supplier_id: UUID | None
    title: str
    currency: str
    handle: str | None = None
    description: str = ""
    vendor: str | None = None
    product_type: str = ""
    tags: Sequence[str] = ()
    category_id: UUID | None = None
    options: Sequence[str] = ()


async def create(draft: ProductDraft, *, by: Viewer) -> UUID:
    """
    Make a product that is not shown yet.

    Returns:
        Its id.

    Raises:
        NotOperator, SupplierNotFound, CategoryNotFound, TextNotValid, TagsNotValid, OptionsNotValid, HandleNotValid,
        HandleTaken: Nothing was made.
    """
    require_operator(by)
    title = texts.line(draft.title, field="title", longest=LONGEST_TITLE)
    columns: dict[str, Any] = {
        "handle": handle(draft.handle, name=title, field="handle"),
        "title": title,
        "description": _described(draft.description),
        "product_type": texts.optional_line(draft.product_type, field="productType", longest=LONGEST_NAME),
        "tags": _tags(draft.tags),
        "currency": draft.currency,
        "category_id": draft.category_id,
        "status": ProductStatus.DRAFT,
    }
    vendor = draft.vendor and texts.optional_line(draft.vendor, field="vendor", longest=LONGEST_NAME)
    options = _options(draft.options)

    async def write() -> UUID:
        product_id, now = new_id(), clock.now()
        async with transaction():
            name = await require_supplier(draft.supplier_id)
            if draft.category_id is not None:
                await hold_category(draft.category_id)
            made: dict[str, Any] = {
                **columns,
                "supplier_id": draft.supplier_id,
                "vendor": name if draft.vendor is None else vendor,
            }
            await Product.create(id=product_id, search_words="", created_at=now, updated_at=now, **made)
            for position, option in enumerate(options, start=1):
                await ProductOption.create(product_id=product_id, name=option, option_values=[], position=position)
            await summarise([product_id])
            noted = {name: (None, value) for name, value in made.items()}
            noted["options"] = (None, [{"name": option} for option in options])
            await audit.record("productCreate", Product, product_id, noted, by=by)
        return product_id

    return await _unique(write)


async def update(product_id: UUID | None, changes: Mapping[str, Any], *, expected_version: int, by: Viewer) -> UUID:
    """
    Change a product; of two changes made to the same version one is refused.

    Args:
        product_id: None for an id that names none.
        changes: New values by column, as clients gave them: `title`, `handle`, `description`, `vendor`, `product_type`,
            `tags`, `category_id` (None takes it out of its category).
        expected_version: The version that was read.

    Raises:
        NotOperator, ProductNotFound, StaleObject, NothingToChange, CategoryNotFound, TextNotValid, TagsNotValid,
        HandleNotValid, HandleTaken: Nothing was changed.
    """
    require_operator(by)
    if not changes:
        raise NothingToChange
    columns = {name: _read(name, value) for name, value in changes.items()}

    async def write() -> UUID:
        async with transaction():
            before = await locked(product_id, expected_version)
            if columns.get("category_id") is not None:
                await hold_category(columns["category_id"])
            await _change("productUpdate", before, columns, by=by)
            if "title" in columns:
                # A variant in no combination is called like its product.
                await ProductVariant.filter(product_id=before["id"], option_values=[]).update(title=columns["title"])
            if "category_id" in columns:
                await summarise([before["id"]])
        return before["id"]

    return await _unique(write)


async def set_status(
    product_id: UUID | None, status: ProductStatus, action: str, *, expected_version: int, by: Viewer
) -> UUID:
    """
    Show a product, take it back to be worked on, or put it away.

    What was shown before keeps the instant from which on it was; carts keep their lines, and say that it is not sold.

    Args:
        action: What it is called in the journal: `productPublish`, `productUnpublish` or `productArchive`.

    Raises:
        NotOperator, ProductNotFound, StaleObject: Nothing was changed.
    """
    require_operator(by)

    async def write() -> UUID:
        async with transaction():
            before = await locked(product_id, expected_version)
            columns: dict[str, Any] = {"status": status}
            if status is ProductStatus.ACTIVE:
                columns["published_at"] = min(before["published_at"] or clock.now(), clock.now())
            elif status is ProductStatus.DRAFT:
                columns["published_at"] = None
            await _change(action, before, columns, by=by)
        return before["id"]

    return await retrying(write)


async def locked(product_id: UUID | None, expected_version: int | None = None, *, field: str = "id") -> Record:
    """
    Read a product and keep it as it is until the transaction ends.

    Raises:
        ProductNotFound: There is none.
        StaleObject: It has another version than is expected.
    """
    rows = await fetch(_LOCK, product_id)
    if not rows:
        raise ProductNotFound(field)
    if expected_version is not None and rows[0]["version"] != expected_version:
        raise StaleObject(rows[0]["version"])
    return rows[0]


async def _change(action: str, before: Record, columns: Mapping[str, Any], *, by: Viewer) -> None:
    await Product.filter(id=before["id"]).update(**columns, version=F("version") + 1, updated_at=clock.now())
    noted = {name: (before[name], value) for name, value in columns.items()}
    await audit.record(action, Product, before["id"], noted, by=by)


async def _unique(write: Any) -> UUID:
    try:
        return await retrying(write)
    except ConstraintViolated as violated:
        if violated.sqlstate == "23505" and "handle" in violated.constraint:
            raise HandleTaken("handle") from None
        raise


def _read(name: str, value: Any) -> Any:
    match name:
        case "title":
            return texts.line(value or "", field="title", longest=LONGEST_TITLE)
        case "handle":
            return handle(value or "", name="", field="handle")
        case "description":
            return _described(value or "")
        case "vendor" | "product_type":
            field = "vendor" if name == "vendor" else "productType"
            return texts.optional_line(value or "", field=field, longest=LONGEST_NAME)
        case "tags":
            return _tags(value or ())
        case "category_id":
            return value
        case _:
            raise ValueError(f"A product has no `{name}` to change.")


def _described(text: str) -> str:
    return texts.block(text, field="description", longest=LONGEST_DESCRIPTION)


def _tags(given: Sequence[str]) -> list[str]:
    if len(given) > MOST_TAGS:
        raise TagsNotValid
    try:
        return list(dict.fromkeys(texts.line(tag, field="tags", longest=LONGEST_NAME) for tag in given))
    except texts.TextNotValid:
        raise TagsNotValid from None


def _options(given: Sequence[str]) -> list[str]:
    names = [texts.line(name, field="options", longest=LONGEST_NAME) for name in given[: PRODUCT_OPTIONS + 1]]
    if len(names) > PRODUCT_OPTIONS or len(set(names)) != len(names):
        raise OptionsNotValid(f"Give at most {PRODUCT_OPTIONS} options, and none of them twice.", "options")
    return names
