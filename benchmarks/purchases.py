"""Generated people and the orders that they placed, sealed as real ones are."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from commerce import sessions
from models import clock
from models.accounts import Account
from models.database import fetch
from models.ids import new_id, public_id
from models.order_numbers import new_order_number
from models.orders import Recipient
from models.sealed import seal_rows
from models.suppliers import Supplier
from permissions.context import Client
from server.demo_partners import sandbox
from server.demo_rows import Person, add_person, add_policy_version, add_supplier_token

PASSWORD = "quartz-meadow-ladder-58"  # noqa: S105  # of invented people in a database that is removed at the end
CUSTOMERS = 20
BUYERS = 8
"""Whose carts are filled and ordered while it is measured, so that nobody else's orders change."""

VARIANTS_ORDERED = 100
WRITTEN_AT_ONCE = 1_000
SEALED = ("name", "phone", "street", "city", "postal_code", "country")
COLUMNS = {
    "recipient": "id is_account_holder created_at name phone street city postal_code country",
    "order": "id number buyer_id recipient_id status currency total_minor placed_at paid_at",
    "order_line": "id order_id supplier_id position sku title quantity currency unit_price_minor",
    "fulfillment_order": "id order_id supplier_id status created_at",
    "order_event": "id order_id status happened_at",
}
"""The tables that an order is written to, in an order that foreign keys allow."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Credentials of those who ask, and what they ask about."""

    customer: str = field(repr=False)
    """A session of the one whose orders are read."""
    buyers: list[str] = field(repr=False)
    """Sessions of those who order."""
    supplier: str = field(repr=False)
    """A supplier's token."""
    variants: list[str]
    """Public ids of variants to order."""
    prices: list[int]
    """What one of each costs, in cents."""


async def people(*, orders: int, owner: asyncpg.Connection) -> Cast:
    """
    Write people and their orders into a shop that has a catalogue.

    Args:
        orders: How many there are in all; the first customer placed a fortieth of them, and 20 at least.
        owner: A connection as the owner of the tables.
    """
    await add_policy_version()
    await sandbox()
    customers = [await _person(number) for number in range(min(CUSTOMERS, max(1, orders // 20)))]
    buyers = [await _person(100 + number) for number in range(BUYERS)]
    variants = await fetch(
        """SELECT v.sku, p.title, p.supplier_id, v.price_minor FROM product_variant v
        JOIN product p ON p.id = v.product_id ORDER BY p.id, v.position LIMIT 3000"""
    )
    own = max(20, orders // 40)
    begun = clock.now() - timedelta(days=60)
    for start in range(0, orders, WRITTEN_AT_ONCE):
        numbers = range(start, min(start + WRITTEN_AT_ONCE, orders))
        # The first customer's orders are spread over all the time, so that pages of them are no neighbours.
        every = max(1, orders // own)
        placed = [
            (customers[0] if number % every == 0 else customers[number % len(customers)], begun + number * _PAUSE)
            for number in numbers
        ]
        await _write(owner, [(account.id, at) for account, at in placed], variants, first=start)
    supplier = await Supplier.all().order_by("id").first()
    if supplier is None:
        raise ValueError("There is no catalogue: fill it before people order from it.")
    wanted = await fetch("SELECT id, price_minor FROM product_variant ORDER BY id LIMIT $1", VARIANTS_ORDERED)
    return Cast(
        customer=await _session(customers[0].id),
        buyers=[await _session(account.id) for account in buyers],
        supplier=await add_supplier_token(supplier),
        variants=[public_id("ProductVariant", row["id"]) for row in wanted],
        prices=[row["price_minor"] for row in wanted],
    )


_PAUSE = timedelta(minutes=10)


async def _person(number: int) -> Account:
    person = Person(
        f"person-{number}@example.com",
        f"Robin Example {number}",
        date(1980, 5, 17),
        "NL",
        f"+3161234{number:04d}",
        f"Long Street {number}",
        "Utrecht",
        "3511 AB",
    )
    return await add_person(person, password=PASSWORD)


async def _session(account_id: UUID) -> str:
    client = Client(user_agent_family="Bench", ip_hash=bytes(32), kind="api")
    return (await sessions.begin(account_id, client=client)).credential


async def _write(
    owner: asyncpg.Connection, placed: list[tuple[UUID, datetime]], variants: list[Any], *, first: int
) -> None:
    recipients = [new_id(at=at) for _, at in placed]
    cells = await seal_rows(
        [
            (
                Recipient,
                recipient,
                recipient,
                {
                    "name": f"Kim Example {first + number}",
                    "phone": f"+3165{first + number:07d}",
                    "street": f"Canal {first + number}",
                    "city": "Amsterdam",
                    "postal_code": "1017 JG",
                    "country": "NL",
                },
            )
            for number, recipient in enumerate(recipients)
        ]
    )
    rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in COLUMNS}
    for number, ((buyer, at), recipient) in enumerate(zip(placed, recipients, strict=True), start=first):
        order = new_id(at=at)
        bought = [variants[(number * 7 + place * 31) % len(variants)] for place in range(3)]
        total = sum(row["price_minor"] * (place + 1) for place, row in enumerate(bought))
        rows["order"].append((order, new_order_number(), buyer, recipient, "PAID", "EUR", total, at, at))
        for place, row in enumerate(bought, start=1):
            named = (row["supplier_id"], place, row["sku"], row["title"])
            rows["order_line"].append((new_id(at=at), order, *named, place, "EUR", row["price_minor"]))
        suppliers = dict.fromkeys(row["supplier_id"] for row in bought)
        rows["fulfillment_order"] += [(new_id(at=at), order, supplier, "OPEN", at) for supplier in suppliers]
        rows["order_event"].append((new_id(at=at), order, "PAID", at))
    rows["recipient"] = [
        (recipient, False, at, *(row[column] for column in SEALED))
        for recipient, (_, at), row in zip(recipients, placed, cells, strict=True)
    ]
    async with owner.transaction():
        for table, columns in COLUMNS.items():
            await owner.copy_records_to_table(table, records=rows[table], columns=columns.split())
