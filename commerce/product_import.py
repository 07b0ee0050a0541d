"""Takes products into the catalogue, many at a time, and only what has changed."""

import asyncio
import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from commerce.import_links import IMPORT_LOCK, Place, categories_named, dropped, location_of, take_stock
from commerce.operators import slug_of
from commerce.product_csv import ParsedProduct, RefusedLine
from commerce.product_rows import Batch, digest_of
from models import clock
from models.database import detached, execute, fetch, transaction
from models.ids import new_id, new_ids

BATCH = 500
MOST_VENDORS = 10_000
LONGEST_REMARK = 120


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


_KNOWN = "SELECT id, handle, supplier_id, import_digest FROM product WHERE handle = ANY($1::text[]) FOR UPDATE"
_SEEN_BEFORE = "SELECT handle FROM seen WHERE handle IN (SELECT value FROM json_each(?))"
_INSERT_SUPPLIER = """
    INSERT INTO supplier (id, name, slug, region, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING
"""


_Read = list[tuple[ParsedProduct, str] | RefusedLine]


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
        self._seen = sqlite3.connect("", check_same_thread=False)
        self._seen.execute("CREATE TABLE seen (handle TEXT PRIMARY KEY) WITHOUT ROWID")

    async def take(self, found: Iterable[ParsedProduct | RefusedLine]) -> None:
        """
        Take the products of a file.

        A product is known by its handle. One that is as it was imported last is left alone, also where an operator has
        changed it since; one that is another supplier's, or that came before in the same run, is refused.

        The next products are read by a thread of their own while the database stores the ones before.
        """
        stream = iter(found)
        coming = self._coming(stream)
        try:
            while read := await coming:
                for each in read:
                    if isinstance(each, RefusedLine):
                        self._refused(each)
                products = [each for each in read if not isinstance(each, RefusedLine)]
                if products:
                    async with transaction():
                        batch = await self._composed(products)
                        # Not before: the thread would take turns with this one for the interpreter, and lose time.
                        coming = self._coming(stream)
                        await batch.store()
                        await self._link(batch)
                else:
                    coming = self._coming(stream)
        finally:
            # Whoever opened the file closes it next, so nothing may still read from it.
            await asyncio.gather(coming, return_exceptions=True)

    def _coming(self, stream: Iterator[ParsedProduct | RefusedLine]) -> asyncio.Task[_Read]:
        return detached(asyncio.to_thread(self._read, stream), name="read products")

    def _read(self, stream: Iterator[ParsedProduct | RefusedLine]) -> _Read:
        """Read some products, each with the digest of what the file says of it; nothing at the end of the file."""
        found = list(islice(stream, BATCH))
        fresh = self._fresh([each.handle for each in found if not isinstance(each, RefusedLine)])
        read: _Read = []
        for each in found:
            if isinstance(each, RefusedLine):
                read.append(each)
            elif each.handle in fresh:
                fresh.remove(each.handle)
                read.append((each, digest_of(each)))
            else:
                read.append(RefusedLine(each.line, "its handle has come before"))
        return read

    def _refused(self, refused: RefusedLine) -> None:
        self.report.refused += 1
        self._refuse(refused)

    def _fresh(self, handles: list[str]) -> set[str]:
        """Give the handles that have not come before, and keep in mind that they have now."""
        # All by two statements, because each lets another thread go first.
        by_key = {hashlib.blake2b(handle.encode(), digest_size=16).hexdigest(): handle for handle in handles}
        before = self._seen.execute(_SEEN_BEFORE, (json.dumps(list(by_key)),)).fetchall()
        for (key,) in before:
            del by_key[key]
        self._seen.executemany("INSERT INTO seen VALUES (?)", [(key,) for key in by_key])
        return set(by_key.values())

    async def _composed(self, read: Sequence[tuple[ParsedProduct, str]]) -> Batch:
        products = [product for product, _ in read]
        await execute("SELECT pg_advisory_xact_lock($1)", IMPORT_LOCK)
        await self._find_suppliers({product.vendor for product in products})
        # A product says where it belongs by its category or, where it has none, by its type.
        named = {product.handle: product.category or product.product_type for product in products}
        rows = await fetch(_KNOWN, [product.handle for product in products])
        known = {row["handle"]: row for row in rows}
        places = await categories_named(set(filter(None, named.values())))
        batch, keys = Batch(), iter(new_ids(len(products)))
        for product, digest in read:
            place = places.get(named[product.handle])
            row, supplier = known.get(product.handle), self._suppliers[product.vendor]
            if row is None:
                self.report.taken += 1
                await self._add(batch, batch.products, next(keys), supplier, product, digest, place)
            elif row["supplier_id"] != supplier:
                self._refused(RefusedLine(product.line, "its handle is that of another supplier's product"))
            elif row["import_digest"] is not None and bytes(row["import_digest"]).hex() == digest:
                self.report.unchanged += 1
            else:
                self.report.changed += 1
                await self._add(batch, batch.changed, row["id"], supplier, product, digest, place)
        return batch

    async def _add(
        self,
        batch: Batch,
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
        batch.add(rows, key, supplier, product, digest, place)
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

    async def _link(self, batch: Batch) -> None:
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
