"""What an import writes of a product: the rows of each table, and one statement for many of them."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any
from uuid import UUID

import orjson

from commerce.import_links import Place
from commerce.product_csv import ParsedProduct, ParsedVariant
from models import clock
from models.catalogue import summarise
from models.database import execute
from models.ids import new_ids

_UPDATE_PRODUCTS = """
    UPDATE product SET title = x.title, description = x.description, vendor = x.vendor, product_type = x.product_type,
        category_id = coalesce(x.category_id, product.category_id), tags = x.tags, status = x.status,
        currency = x.currency, import_digest = decode(x.digest, 'hex'),
        published_at = CASE WHEN x.is_published THEN coalesce(product.published_at, $2::timestamptz) END,
        updated_at = $2, version = product.version + 1
    FROM json_to_recordset($1::text::json) AS x(id uuid, category_id uuid, title text, description text,
        vendor text, product_type text, tags text[], status text, currency text, digest text, is_published boolean)
    WHERE product.id = x.id
"""
# What a file no longer says of options, pictures and attributes is gone; variants stay, because carts and orders may
# name them.
_CLEARED = (
    "DELETE FROM product_option WHERE product_id = ANY($1::uuid[])",
    "DELETE FROM product_media WHERE product_id = ANY($1::uuid[])",
    "DELETE FROM product_attribute WHERE product_id = ANY($1::uuid[])",
)
# All tables by one statement: PostgreSQL works through it at one go, and the next products are read meanwhile.
_INSERT = """
    WITH products AS (
        INSERT INTO product (id, supplier_id, category_id, handle, title, description, vendor, product_type, tags,
            status, currency, price_from_minor, price_to_minor, search_words, import_digest, published_at, created_at,
            updated_at)
        SELECT id, supplier_id, category_id, handle, title, description, vendor, product_type, tags, status, currency,
            price_from_minor, price_to_minor, search_words, decode(digest, 'hex'),
            CASE WHEN is_published THEN $1::timestamptz END, $1, $1
        FROM json_to_recordset($2::text::json) AS x(id uuid, supplier_id uuid, category_id uuid, handle text,
            title text, description text, vendor text, product_type text, tags text[], status text, currency text,
            price_from_minor bigint, price_to_minor bigint, search_words text, digest text, is_published boolean)),
    variants AS (
        INSERT INTO product_variant AS v (id, product_id, sku, title, option_values, currency, price_minor,
            compare_at_minor, barcode, weight_grams, position)
        SELECT id, product_id, sku, title, option_values, currency, price_minor, compare_at_minor, barcode,
            weight_grams, position
        FROM json_to_recordset($3::text::json) AS x(id uuid, product_id uuid, sku text, title text,
            option_values text[], currency text, price_minor bigint, compare_at_minor bigint, barcode text,
            weight_grams integer, position integer)
        ON CONFLICT (product_id, option_values) DO UPDATE SET sku = excluded.sku, title = excluded.title,
            currency = excluded.currency, price_minor = excluded.price_minor,
            compare_at_minor = excluded.compare_at_minor, barcode = excluded.barcode,
            weight_grams = excluded.weight_grams, position = excluded.position, version = v.version + 1
        WHERE (v.sku, v.title, v.currency, v.price_minor, v.compare_at_minor, v.barcode, v.weight_grams, v.position)
            IS DISTINCT FROM (excluded.sku, excluded.title, excluded.currency, excluded.price_minor,
                excluded.compare_at_minor, excluded.barcode, excluded.weight_grams, excluded.position)),
    options AS (
        INSERT INTO product_option (id, product_id, name, option_values, position)
        SELECT id, product_id, name, option_values, position FROM json_to_recordset($4::text::json)
            AS x(id uuid, product_id uuid, name text, option_values text[], position integer)),
    media AS (
        INSERT INTO product_media (id, product_id, url, alt, position)
        SELECT id, product_id, url, alt, position FROM json_to_recordset($5::text::json)
            AS x(id uuid, product_id uuid, url text, alt text, position integer))
    INSERT INTO product_attribute (id, product_id, name, value, position)
    SELECT id, product_id, name, value, position FROM json_to_recordset($6::text::json)
        AS x(id uuid, product_id uuid, name text, value text, position integer)
"""


IDS_AT_ONCE = 500

_WRITE = json.JSONEncoder(separators=(",", ":")).encode
_PRODUCT = tuple(each.name for each in fields(ParsedProduct) if each.name not in {"line", "variants"})
_VARIANT = tuple(each.name for each in fields(ParsedVariant))
_PRODUCT_CELLS, _VARIANT_CELLS = attrgetter(*_PRODUCT), attrgetter(*_VARIANT)


def digest_of(product: ParsedProduct) -> str:
    """Tell what a file says of a product in 32 hexadecimal digits; two that say the same have the same."""
    # By name and in the order of the class, so that a digest which is in the database stays what it is.
    variants = [dict(zip(_VARIANT, _VARIANT_CELLS(variant), strict=True)) for variant in product.variants]
    content = dict(zip(_PRODUCT, _PRODUCT_CELLS(product), strict=True))
    media = content.pop("media")
    whole = {**content, "variants": variants, "media": media}
    text = orjson.dumps(whole)
    # Both write the same of what is printable in ASCII, and the first is much faster.
    if not text.isascii() or b"\x7f" in text:
        text = _WRITE(whole).encode()
    return hashlib.blake2b(text, digest_size=16).hexdigest()


def _ids() -> Iterator[str]:
    while True:
        yield from map(str, new_ids(IDS_AT_ONCE))


@dataclass(slots=True)
class Batch:
    """Rows for each table, as one statement inserts them."""

    products: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    changed: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    variants: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    options: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    media: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    attributes: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    stock: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    lines: dict[UUID, int] = field(default_factory=dict[UUID, int])
    ids: Iterator[str] = field(default_factory=_ids)

    def add(
        self,
        rows: list[dict[str, Any]],
        key: UUID,
        supplier: UUID,
        product: ParsedProduct,
        digest: str,
        place: Place | None,
    ) -> None:
        """
        Add a product with all that belongs to it.

        Args:
            rows: Those of new products, or of changed ones.
            key: Its primary key.
            digest: What the file says of it, by `digest_of`.
            place: Its category, if it has one.
        """
        own, ids = str(key), self.ids
        prices = [variant.price_minor for variant in product.variants]
        words = [variant.sku for variant in product.variants if variant.sku]
        rows.append(
            {
                "id": own,
                "supplier_id": str(supplier),
                "category_id": str(place.id) if place is not None else None,
                "handle": product.handle,
                "title": product.title,
                "description": product.description,
                "vendor": product.vendor,
                "product_type": product.product_type,
                "tags": product.tags,
                "status": product.status,
                "currency": product.currency,
                "price_from_minor": min(prices),
                "price_to_minor": max(prices),
                "search_words": " ".join([*words, *(place.path if place is not None else ())]),
                "digest": digest,
                "is_published": product.is_published,
            }
        )
        for position, variant in enumerate(product.variants, start=1):
            self.variants.append(
                {
                    "id": next(ids),
                    "product_id": own,
                    "sku": variant.sku,
                    "title": " / ".join(variant.option_values) or product.title,
                    "option_values": variant.option_values,
                    "currency": product.currency,
                    "price_minor": variant.price_minor,
                    "compare_at_minor": variant.compare_at_minor,
                    "barcode": variant.barcode,
                    "weight_grams": variant.weight_grams,
                    "position": position,
                }
            )
        for rank, name in enumerate(product.options):
            values = list(dict.fromkeys(variant.option_values[rank] for variant in product.variants))
            self.options.append(
                {"id": next(ids), "product_id": own, "name": name, "option_values": values, "position": rank + 1}
            )
        for position, (url, alt) in enumerate(product.media.items(), start=1):
            self.media.append({"id": next(ids), "product_id": own, "url": url, "alt": alt, "position": position})
        for position, (name, value) in enumerate(product.attributes.items(), start=1):
            self.attributes.append(
                {"id": next(ids), "product_id": own, "name": name, "value": value, "position": position}
            )

    async def store(self) -> None:
        """Write all of it, in the present transaction."""
        now = clock.now()
        changed = [UUID(row["id"]) for row in self.changed]
        if changed:
            await execute(_UPDATE_PRODUCTS, orjson.dumps(self.changed).decode(), now)
            for statement in _CLEARED:
                await execute(statement, changed)
        if self.products or changed:
            tables = (self.products, self.variants, self.options, self.media, self.attributes)
            await execute(_INSERT, now, *(orjson.dumps(rows).decode() for rows in tables))
        if changed:
            await summarise(changed)
