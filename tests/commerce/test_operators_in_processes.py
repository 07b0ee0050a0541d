"""Several programs that change the catalogue at once: one wins where only one may, and what is summed up is right."""

import asyncio
import json
import secrets as random
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from commerce import categories, products, variants
from models import secrets
from models.audit import AuditEvent
from models.categories import Category
from models.products import Product, ProductVariant
from models.stock import InventoryLevel
from policy.viewer import Viewer
from server.embedded import Embedded
from tests.commerce.goods import add_goods, journal_differs
from tests.commerce.test_audit import operator

ROOT = Path(__file__).parents[2]


async def _started(clusters: Embedded, by: Viewer, orders: list[dict[str, str]]) -> asyncio.subprocess.Process:
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.commerce.operator_worker",
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    shared = secrets.current()
    configuration = {
        "shop_url": clusters.shop.app_url,
        "keys_url": clusters.keys.app_url,
        "master": shared.master.hex(),
        "key": shared.key_encryption_keys["test"].hex(),
        "account": str(by.account),
        "orders": orders,
    }
    await _tell(program, json.dumps(configuration))
    return program


async def _tell(program: asyncio.subprocess.Process, text: str) -> None:
    assert program.stdin is not None
    program.stdin.write(f"{text}\n".encode())
    await program.stdin.drain()


async def _hear(program: asyncio.subprocess.Process) -> str:
    assert program.stdout is not None
    async with asyncio.timeout(60):
        return (await program.stdout.readline()).decode().strip()


async def at_once(clusters: Embedded, by: Viewer, *shares: list[dict[str, str]]) -> Counter[str]:
    """Let a program for each share begin at one sign, and count how all their actions ended."""
    programs = [await _started(clusters, by, orders) for orders in shares]
    try:
        assert [await _hear(program) for program in programs] == ["ready"] * len(programs)
        for program in programs:
            await _tell(program, "go")
        answers: list[list[str]] = [json.loads(await _hear(program)) for program in programs]
        return Counter(code for answer in answers for code in answer)
    finally:
        for program in programs:
            if program.returncode is None:
                program.kill()
            await program.wait()


async def test_of_two_programs_that_change_the_same_version_one_wins(database: Embedded) -> None:
    by, goods = await operator(), await add_goods()
    variant = await ProductVariant.get(id=goods.variant_id)
    product = str(variant.product_id)
    shares = [
        [
            {"do": "rename", "id": product, "title": f"Program {n}"},
            {"do": "price", "id": str(variant.id), "price": str(n)},
        ]
        for n in (1, 2)
    ]

    codes = await at_once(database, by, *shares)

    assert codes == {"DONE": 2, "STALE_OBJECT": 2}
    row, changed = await Product.get(id=product), await ProductVariant.get(id=variant.id)
    assert (row.version, changed.version) == (2, 2)
    assert row.price_from_minor == row.price_to_minor == changed.price_minor
    assert await AuditEvent.filter(object_id__in=[row.id, changed.id]).count() == 2


async def test_of_programs_that_give_the_same_sku_to_one_suppliers_variants_one_wins(database: Embedded) -> None:
    by, first = await operator(), await add_goods()
    kept = [await _made(by, first.supplier_id) for _ in range(6)]
    orders = [{"do": "sku", "id": str(product), "sku": "THE-ONE"} for product in kept]

    codes = await at_once(database, by, orders[:3], orders[3:])

    assert codes == {"DONE": 1, "SKU_TAKEN": 5}
    assert await ProductVariant.filter(product_id__in=kept, sku="THE-ONE").count() == 1


async def test_two_moves_at_once_make_no_ring(database: Embedded) -> None:
    by, mark = await operator(), random.token_hex(4)
    one, two = [await categories.create({"name": f"Side {mark} {n}"}, by=by) for n in "12"]

    codes = await at_once(
        database,
        by,
        [{"do": "move", "id": str(one), "into": str(two)}],
        [{"do": "move", "id": str(two), "into": str(one)}],
    )

    assert codes == {"DONE": 1, "CATEGORY_NOT_PLACEABLE": 1}
    assert sorted(len(row.lineage) for row in await Category.filter(id__in=[one, two])) == [1, 2]


async def test_prices_and_names_that_change_at_once_are_summed_up_as_they_are_then(database: Embedded) -> None:
    by, mark = await operator(), random.token_hex(4)
    category = await categories.create({"name": f"Old {mark}"}, by=by)
    # Of a supplier each, because variants of one are written one after the other.
    kept = [await _made(by, (await add_goods()).supplier_id, category) for _ in range(6)]
    skus = [f"{mark}-{n}" for n in range(6)]
    pairs = zip(kept, skus, strict=True)
    sold = [await variants.create(product, {"price": Decimal(1), "sku": sku}, by=by) for product, sku in pairs]
    prices = [{"do": "price", "id": str(variant), "price": "77"} for variant in sold]

    codes = await at_once(
        database,
        by,
        prices[:3],
        prices[3:],
        [{"do": "relabel", "id": str(category), "name": f"New {mark}"}],
    )

    assert codes == {"DONE": 7}
    rows = await Product.filter(id__in=kept).order_by("id")
    assert {(row.price_from_minor, row.price_to_minor) for row in rows} == {(7_700, 7_700)}
    assert [row.search_words for row in rows] == [f"{sku} New {mark}" for sku in skus]


async def test_stock_that_programs_take_at_once_is_never_below_zero(database: Embedded) -> None:
    by, goods = await operator(), await add_goods(stock_at=(10,))
    order = {"do": "take", "id": str(goods.variant_id), "place": str(goods.locations[0]), "delta": "-3"}
    keyed: list[dict[str, str]] = [{**order, "key": f"{goods.variant_id} {n}"} for n in range(6)]

    # Each program is told the same, so each key comes twice.
    codes = await at_once(database, by, keyed, keyed)

    level = await InventoryLevel.get(variant_id=goods.variant_id)
    assert level.on_hand == 1
    assert codes == {"DONE": 6, "STOCK_NOT_ADJUSTABLE": 6}
    assert await AuditEvent.filter(object_id=level.id, action="inventoryAdjust").count() == 3
    assert await journal_differs() == 0


async def _made(by: Viewer, supplier: UUID, category: UUID | None = None) -> UUID:
    mark = random.token_hex(6)
    given: dict[str, Any] = {"supplier_id": supplier, "title": f"Made {mark}", "currency": "EUR"}
    return await products.create(products.ProductDraft(**given, category_id=category), by=by)
