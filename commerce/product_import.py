"""Takes products into the catalogue, many at a time, and only what has changed."""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields
from itertools import islice
from operator import attrgetter
from typing import Any
from uuid import UUID

import orjson

from commerce.import_links import Place, categories_named, dropped, location_of, take_stock
from commerce.operators import slug_of
from commerce.product_csv import ParsedProduct, ParsedVariant, RefusedLine
from models import clock
from models.catalogue import summarise
from models.database import execute, fetch, transaction
from models.ids import new_id

BATCH = 500
MOST_VENDORS = 10_000
LONGEST_REMARK = 120
# One import writes at a time, so that two of the same file do not meet: the bytes of "catalog".
IMPORT_LOCK = 0x636174616C6F67


@dataclass(slots=True)
class Report:
    """
    How many products an import took, changed, found as they were, and how many lines it refused.

    Args:
        kept: Variants that a changed product has, and the file no longer.
        uncategorised: Products whose category, as the file names it, is none or several of the shop's.
        promised: Variants whose stock was not lowered as far as the file says, because orders wait for it.
    """

    taken: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    kept: int = 0
    uncategorised: int = 0
    promised: int = 0


@dataclass(slots=True)
class _Batch:
    """Rows for each table, as one statement inserts them."""

    products: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    changed: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    variants: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    options: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    media: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    attributes: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    stock: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    lines: dict[UUID, int] = field(default_factory=dict[UUID, int])


_KNOWN = "SELECT id, handle, supplier_id, import_digest FROM product WHERE handle = ANY($1::text[]) FOR UPDATE"
_INSERT_PRODUCTS = """
    INSERT INTO product (id, supplier_id, category_id, handle, title, description, vendor, product_type, tags, status,
        currency, price_from_minor, price_to_minor, search_words, import_digest, published_at, created_at, updated_at)
    SELECT id, supplier_id, category_id, handle, title, description, vendor, product_type, tags, status, currency,
        price_from_minor, price_to_minor, search_words, decode(digest, 'hex'),
        CASE WHEN is_published THEN $2::timestamptz END, $2, $2
    FROM jsonb_to_recordset($1::text::jsonb) AS x(id uuid, supplier_id uuid, category_id uuid, handle text, title text,
        description text, vendor text, product_type text, tags text[], status text, currency text,
        price_from_minor bigint, price_to_minor bigint, search_words text, digest text, is_published boolean)
"""
_UPDATE_PRODUCTS = """
    UPDATE product SET title = x.title, description = x.description, vendor = x.vendor, product_type = x.product_type,
        category_id = coalesce(x.category_id, product.category_id), tags = x.tags, status = x.status,
        currency = x.currency, import_digest = decode(x.digest, 'hex'),
        published_at = CASE WHEN x.is_published THEN coalesce(product.published_at, $2::timestamptz) END,
        updated_at = $2, version = product.version + 1
    FROM jsonb_to_recordset($1::text::jsonb) AS x(id uuid, category_id uuid, title text, description text,
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
_UPSERT_VARIANTS = """
    INSERT INTO product_variant AS v (id, product_id, sku, title, option_values, currency, price_minor,
        compare_at_minor, barcode, weight_grams, position)
    SELECT id, product_id, sku, title, option_values, currency, price_minor, compare_at_minor, barcode, weight_grams,
        position
    FROM jsonb_to_recordset($1::text::jsonb) AS x(id uuid, product_id uuid, sku text, title text, option_values text[],
        currency text, price_minor bigint, compare_at_minor bigint, barcode text, weight_grams integer,
        position integer)
    ON CONFLICT (product_id, option_values) DO UPDATE SET sku = excluded.sku, title = excluded.title,
        currency = excluded.currency, price_minor = excluded.price_minor,
        compare_at_minor = excluded.compare_at_minor, barcode = excluded.barcode,
        weight_grams = excluded.weight_grams, position = excluded.position, version = v.version + 1
    WHERE (v.sku, v.title, v.currency, v.price_minor, v.compare_at_minor, v.barcode, v.weight_grams, v.position)
        IS DISTINCT FROM (excluded.sku, excluded.title, excluded.currency, excluded.price_minor,
            excluded.compare_at_minor, excluded.barcode, excluded.weight_grams, excluded.position)
"""
_INSERT_OPTIONS = """
    INSERT INTO product_option (id, product_id, name, option_values, position)
    SELECT id, product_id, name, option_values, position FROM jsonb_to_recordset($1::text::jsonb)
        AS x(id uuid, product_id uuid, name text, option_values text[], position integer)
"""
_INSERT_MEDIA = """
    INSERT INTO product_media (id, product_id, url, alt, position)
    SELECT id, product_id, url, alt, position FROM jsonb_to_recordset($1::text::jsonb)
        AS x(id uuid, product_id uuid, url text, alt text, position integer)
"""
_INSERT_ATTRIBUTES = """
    INSERT INTO product_attribute (id, product_id, name, value, position)
    SELECT id, product_id, name, value, position FROM jsonb_to_recordset($1::text::jsonb)
        AS x(id uuid, product_id uuid, name text, value text, position integer)
"""
_INSERT_SUPPLIER = """
    INSERT INTO supplier (id, name, slug, region, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING
"""


class ProductImport:
    """
    One run over one or several files.

    Args:
        region: Where a supplier is taken to be that the shop meets for the first time.
        refuse: Told of each line that was not taken.
        remark: Told of what was taken and is not all as the file says, with the line where the product begins.
    """

    def __init__(
        self,
        *,
        region: str,
        refuse: Callable[[RefusedLine], None],
        remark: Callable[[RefusedLine], None] = lambda line: None,
    ) -> None:
        self.report = Report()
        self._region, self._refuse, self._remark = region, refuse, remark
        self._suppliers: dict[str, UUID] = {}
        self._locations: dict[UUID, UUID] = {}
        # Which handles there were: on disk once they are many, so that memory does not grow with the file.
        self._seen = sqlite3.connect("")
        self._seen.execute("CREATE TABLE seen (handle BLOB PRIMARY KEY) WITHOUT ROWID")

    async def take(self, found: Iterable[ParsedProduct | RefusedLine]) -> None:
        """
        Take the products of a file.

        A product is known by its handle. One that is as it was imported last is left alone, also where an operator has
        changed it since; one that is another supplier's, or that came before in the same run, is refused.
        """
        stream = iter(found)
        while batch := list(islice(stream, BATCH)):
            products: list[ParsedProduct] = []
            for each in batch:
                if isinstance(each, RefusedLine):
                    self._refused(each)
                elif self._is_first(each.handle):
                    products.append(each)
                else:
                    self._refused(RefusedLine(each.line, "its handle has come before"))
            if products:
                async with transaction():
                    await self._write(products)

    def _refused(self, refused: RefusedLine) -> None:
        self.report.refused += 1
        self._refuse(refused)

    def _is_first(self, handle: str) -> bool:
        key = hashlib.blake2b(handle.encode(), digest_size=16).digest()
        return self._seen.execute("INSERT OR IGNORE INTO seen VALUES (?)", (key,)).rowcount == 1

    async def _write(self, products: Sequence[ParsedProduct]) -> None:
        await execute("SELECT pg_advisory_xact_lock($1)", IMPORT_LOCK)
        await self._find_suppliers({product.vendor for product in products})
        # A product says where it belongs by its category or, where it has none, by its type.
        named = {product.handle: product.category or product.product_type for product in products}
        rows = await fetch(_KNOWN, [product.handle for product in products])
        known = {row["handle"]: row for row in rows}
        places = await categories_named(set(filter(None, named.values())))
        batch = _Batch()
        for product in products:
            place = places.get(named[product.handle])
            row, supplier = known.get(product.handle), self._suppliers[product.vendor]
            digest = _digest(product)
            if row is None:
                self.report.taken += 1
                await self._add(batch, batch.products, new_id(), supplier, product, digest, place)
            elif row["supplier_id"] != supplier:
                self._refused(RefusedLine(product.line, "its handle is that of another supplier's product"))
            elif row["import_digest"] is not None and bytes(row["import_digest"]).hex() == digest:
                self.report.unchanged += 1
            else:
                self.report.changed += 1
                await self._add(batch, batch.changed, row["id"], supplier, product, digest, place)
        await _store(batch)
        await self._link(batch)

    async def _add(
        self,
        batch: _Batch,
        rows: list[dict[str, Any]],
        key: UUID,
        supplier: UUID,
        product: ParsedProduct,
        digest: str,
        place: Place | None,
    ) -> None:
        batch.lines[key] = product.line
        named = product.category or product.product_type
        if named and place is None:
            self.report.uncategorised += 1
            said = named if len(named) <= LONGEST_REMARK else f"{named[: LONGEST_REMARK - 1]}…"
            self._remark(RefusedLine(product.line, f"`{said}` is none or several of the shop's categories"))
        _add(batch, rows, key, supplier, product, digest, place)
        for variant in product.variants:
            if variant.quantity is not None:
                batch.stock.append(
                    {
                        "product_id": str(key),
                        "option_values": variant.option_values,
                        "location_id": str(await self._location(supplier)),
                        "quantity": variant.quantity,
                    }
                )

    async def _location(self, supplier: UUID) -> UUID:
        if supplier not in self._locations:
            if len(self._locations) > MOST_VENDORS:
                self._locations.clear()
            self._locations[supplier] = await location_of(supplier)
        return self._locations[supplier]

    async def _link(self, batch: _Batch) -> None:
        changed = [UUID(row["id"]) for row in batch.changed]
        for key, title in await take_stock(batch.stock, has_changed=bool(changed)):
            self.report.promised += 1
            said = f"more of the variant `{title}` are promised to orders than the file leaves; these stay"
            self._remark(RefusedLine(batch.lines[key], said))
        for key, title in await dropped(changed, batch.variants) if changed else ():
            self.report.kept += 1
            said = f"the variant `{title}` is no longer in the file; it was kept, because orders may name it"
            self._remark(RefusedLine(batch.lines[key], said))

    async def _find_suppliers(self, vendors: set[str]) -> None:
        if len(self._suppliers) > MOST_VENDORS:
            self._suppliers.clear()
        missing = vendors - self._suppliers.keys()
        if not missing:
            return
        await self._read_suppliers(missing)
        for vendor in sorted(missing - self._suppliers.keys()):
            slug = slug_of(vendor)
            mark = hashlib.blake2b(vendor.encode(), digest_size=4).hexdigest()
            taken = await fetch("SELECT FROM supplier WHERE slug = $1", slug)
            unique = slug[:60] if slug and not taken else f"{slug[:50]}-{mark}".lstrip("-")
            await execute(_INSERT_SUPPLIER, new_id(), vendor, unique, self._region, clock.now())
        await self._read_suppliers(missing)

    async def _read_suppliers(self, vendors: set[str]) -> None:
        rows = await fetch("SELECT id, name FROM supplier WHERE name = ANY($1::text[]) ORDER BY id DESC", list(vendors))
        self._suppliers |= {row["name"]: row["id"] for row in rows}


_WRITE = json.JSONEncoder(separators=(",", ":")).encode
_PRODUCT = tuple(each.name for each in fields(ParsedProduct) if each.name not in {"line", "variants"})
_VARIANT = tuple(each.name for each in fields(ParsedVariant))
_PRODUCT_CELLS, _VARIANT_CELLS = attrgetter(*_PRODUCT), attrgetter(*_VARIANT)


def _digest(product: ParsedProduct) -> str:
    # By name and in the order of the class, so that a digest which is in the database stays what it is.
    variants = [dict(zip(_VARIANT, _VARIANT_CELLS(variant), strict=True)) for variant in product.variants]
    content = dict(zip(_PRODUCT, _PRODUCT_CELLS(product), strict=True))
    media = content.pop("media")
    text = _WRITE({**content, "variants": variants, "media": media})
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _add(
    batch: _Batch,
    rows: list[dict[str, Any]],
    key: UUID,
    supplier: UUID,
    product: ParsedProduct,
    digest: str,
    place: Place | None,
) -> None:
    own = str(key)
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
        batch.variants.append(
            {
                "id": str(new_id()),
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
        batch.options.append(
            {"id": str(new_id()), "product_id": own, "name": name, "option_values": values, "position": rank + 1}
        )
    for position, (url, alt) in enumerate(product.media.items(), start=1):
        batch.media.append({"id": str(new_id()), "product_id": own, "url": url, "alt": alt, "position": position})
    for position, (name, value) in enumerate(product.attributes.items(), start=1):
        batch.attributes.append(
            {"id": str(new_id()), "product_id": own, "name": name, "value": value, "position": position}
        )


async def _store(batch: _Batch) -> None:
    now = clock.now()
    if batch.products:
        await execute(_INSERT_PRODUCTS, orjson.dumps(batch.products).decode(), now)
    changed = [UUID(row["id"]) for row in batch.changed]
    if changed:
        await execute(_UPDATE_PRODUCTS, orjson.dumps(batch.changed).decode(), now)
        for statement in _CLEARED:
            await execute(statement, changed)
    for statement, rows in (
        (_UPSERT_VARIANTS, batch.variants),
        (_INSERT_OPTIONS, batch.options),
        (_INSERT_MEDIA, batch.media),
        (_INSERT_ATTRIBUTES, batch.attributes),
    ):
        if rows:
            await execute(statement, orjson.dumps(rows).decode())
    if changed:
        await summarise(changed)
