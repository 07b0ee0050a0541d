"""
Writes by hand: the rows that the shop writes, in one transaction, with one statement for each table.

What the shop writes first and changes later, such as an order that is placed and then paid, is written here once, as it
is at the end. The sandbox of a payment institution is asked as the shop asks it, before the transaction.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson

from benchmarks.bare.rows import Answer
from benchmarks.bare.shop import PERSON, SEALED, SHOWN, Shop, euros
from commerce.payments import Charge, Sandbox
from models import clock
from models.ids import new_id, read_public_id
from models.money import Money
from models.order_numbers import new_order_number

HELD_FOR = timedelta(minutes=15)


class OutOfStock(Exception):
    """Fewer are in stock than are wanted, which the generated shop never comes to."""


# $2 is the present instant, as everywhere; `w` is what is wanted.
_SOLD = f"""
    JOIN product_variant v ON v.id = w.variant_id JOIN product p ON p.id = v.product_id AND {SHOWN}
    LEFT JOIN LATERAL (SELECT t.price_minor FROM price_tier t WHERE t.variant_id = v.id
        AND t.minimum_quantity <= w.quantity AND t.currency = v.currency ORDER BY t.minimum_quantity DESC LIMIT 1)
        tier ON TRUE
"""
_PRICE = "coalesce(tier.price_minor, v.price_minor)"
_GUEST_CART = """
    INSERT INTO cart (id, token_hash, state, created_at, updated_at) VALUES ($1, $2, 'OPEN', $3, $3)
"""
_GUEST_LINES = f"""
    INSERT INTO cart_line (id, cart_id, variant_id, quantity, currency, seen_price_minor)
    SELECT w.id, $1, v.id, w.quantity, v.currency, {_PRICE}
    FROM unnest($3::uuid[], $4::uuid[], $5::int[]) AS w(id, variant_id, quantity) {_SOLD}
    RETURNING quantity, seen_price_minor
"""
_BOUGHT = f"""
    WITH {PERSON}
    SELECT who.id AS buyer, v.id, p.supplier_id, v.sku, p.title, v.option_values, w.quantity, {_PRICE} AS price_minor
    FROM who, unnest($3::uuid[], $4::int[]) WITH ORDINALITY AS w(variant_id, quantity, place) {_SOLD} ORDER BY w.place
"""
_ONCE = """
    INSERT INTO idempotent_answer (id, fingerprint, created_at, answer) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING
"""
_TAKE = """
    WITH place AS (SELECT l.id, w.quantity FROM unnest($1::uuid[], $2::int[]) AS w(variant_id, quantity)
        JOIN inventory_level l USING (variant_id) ORDER BY l.id FOR UPDATE OF l)
    UPDATE inventory_level l SET on_hand = l.on_hand - place.quantity FROM place
    WHERE l.id = place.id AND l.on_hand - l.reserved >= place.quantity RETURNING l.id, place.quantity
"""
_RECIPIENT = f"""
    INSERT INTO recipient (id, is_account_holder, created_at, {", ".join(SEALED)})
    VALUES ($1, TRUE, $2, $3, $4, $5, $6, $7, $8)
"""
_ORDER = """
    INSERT INTO "order" (id, number, buyer_id, recipient_id, status, currency, total_minor, placed_at, paid_at)
    VALUES ($1, $2, $3, $4, 'PAID', 'EUR', $5, $6, $6)
"""
_LINES = """
    INSERT INTO order_line
        (id, order_id, supplier_id, variant_id, position, sku, title, quantity, currency, unit_price_minor)
    SELECT l.id, $1, l.supplier_id, l.variant_id, l.place, l.sku, l.title, l.quantity, 'EUR', l.price
    FROM unnest($2::uuid[], $3::uuid[], $4::int[], $5::bigint[], $6::uuid[], $7::text[], $8::text[])
        WITH ORDINALITY AS l(id, variant_id, quantity, price, supplier_id, sku, title, place)
"""
_PARTS = """
    INSERT INTO fulfillment_order (id, order_id, supplier_id, status, created_at)
    SELECT p.id, $1, p.supplier_id, 'OPEN', $2 FROM unnest($3::uuid[], $4::uuid[]) AS p(id, supplier_id)
"""
_PAYMENT = """
    INSERT INTO payment (id, order_id, institution, state, currency, amount_minor, reference, created_at, settled_at)
    VALUES ($1, $2, 'SANDBOX', 'PAID', 'EUR', $3, $4, $5, $5)
"""
_EVENTS = """
    INSERT INTO order_event (id, order_id, status, happened_at)
    VALUES ($1, $3, 'PLACED', $4), ($2, $3, 'PAID', $4)
"""
_RESERVATIONS = """
    INSERT INTO stock_reservation (id, level_id, order_id, quantity, state, expires_at)
    SELECT r.id, r.level_id, $1, r.quantity, 'COMMITTED', $2
    FROM unnest($3::uuid[], $4::uuid[], $5::int[]) AS r(id, level_id, quantity)
"""
_MOVEMENTS = """
    INSERT INTO stock_movement (id, level_id, kind, on_hand_change, reserved_change, order_id, happened_at)
    SELECT m.id, m.level_id, 'RESERVED', 0, m.quantity, $1::uuid, $2::timestamptz
    FROM unnest($3::uuid[], $5::uuid[], $6::int[]) AS m(id, level_id, quantity)
    UNION ALL SELECT m.id, m.level_id, 'COMMITTED', -m.quantity, -m.quantity, $1, $2
    FROM unnest($4::uuid[], $5::uuid[], $6::int[]) AS m(id, level_id, quantity)
"""


async def add_to_cart(shop: Shop, given: Mapping[str, Any], credential: str) -> bytes:
    """W4: a guest's cart and its lines."""
    cart, now = new_id(), clock.now()
    variants, quantities = _wanted(given)
    token = secrets.token_urlsafe(32)
    token_hash = hashlib.sha256(token.encode()).digest()
    async with shop.transaction():
        await shop.execute(_GUEST_CART, cart, token_hash, now)
        found = await shop.fetch_more(_GUEST_LINES, cart, now, _ids(variants), variants, quantities)
    lines = [
        {
            "quantity": row["quantity"],
            "unitPrice": euros(row["seen_price_minor"]),
            "total": euros(row["seen_price_minor"] * row["quantity"]),
        }
        for row in found
    ]
    total = euros(sum(row["seen_price_minor"] * row["quantity"] for row in found))
    begun: dict[str, Any] = {"cartToken": token, "guestCart": {"total": total, "lines": lines}, "userErrors": []}
    return orjson.dumps({"data": {"cartCreate": begun}})


async def checkout(shop: Shop, given: Mapping[str, Any], credential: str) -> bytes:
    """W5: from nothing to a paid order."""
    variants, quantities = _wanted(given)
    bought = await shop.fetch(credential, _BOUGHT, variants, quantities)
    buyer: UUID = bought[0]["buyer"]
    prices = [row["price_minor"] for row in bought]
    total = sum(row["price_minor"] * row["quantity"] for row in bought)
    order, recipient, number, now = new_id(), new_id(), new_order_number(), clock.now()
    cells = await shop.sealed(recipient, given["recipient"])
    reference = await Sandbox().take(Charge(number, Money(total, "EUR")))
    key = hashlib.sha256(buyer.bytes + given["idempotencyKey"].encode()).digest()
    fingerprint = hashlib.sha256(orjson.dumps(given)).digest()
    async with shop.transaction():
        await shop.execute(_ONCE, key, fingerprint, now, f'{{"order": "{order}"}}')
        taken = await shop.fetch_more(_TAKE, variants, quantities)
        if len(taken) < len(bought):
            raise OutOfStock
        levels, parts = [row["id"] for row in taken], [row["quantity"] for row in taken]
        await shop.execute(_RECIPIENT, recipient, now, *cells)
        await shop.execute(_ORDER, order, number, buyer, recipient, total, now)
        await shop.disclose_charge(buyer, order)
        await shop.execute(
            _LINES,
            order,
            _ids(bought),
            variants,
            quantities,
            prices,
            [row["supplier_id"] for row in bought],
            [row["sku"] for row in bought],
            [f"{row['title']}, {' / '.join(row['option_values'])}" for row in bought],
        )
        suppliers = list(dict.fromkeys(row["supplier_id"] for row in bought))
        await shop.execute(_PARTS, order, now, _ids(suppliers), suppliers)
        await shop.execute(_PAYMENT, new_id(), order, total, reference, now)
        await shop.execute(_EVENTS, new_id(), new_id(), order, now)
        await shop.execute(_RESERVATIONS, order, now + HELD_FOR, _ids(taken), levels, parts)
        await shop.execute(_MOVEMENTS, order, now, _ids(taken), _ids(taken), levels, parts)
    placed = {"number": number, "status": "PAID", "total": euros(total)}
    return orjson.dumps({"data": {"checkoutComplete": {"order": placed, "userErrors": []}}})


def _wanted(given: Mapping[str, Any]) -> tuple[list[UUID], list[int]]:
    lines: list[dict[str, Any]] = given["lines"]
    return [read_public_id(line["variantId"])[1] for line in lines], [line["quantity"] for line in lines]


def _ids(of: Sequence[object]) -> list[UUID]:
    return [new_id() for _ in of]


ANSWERS: dict[str, Answer] = {"W4": add_to_cart, "W5": checkout}
