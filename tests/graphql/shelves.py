"""A catalogue to ask for, apart from everybody else's by a mark of its own in every word."""

import secrets
from dataclasses import dataclass, field

from models.categories import Category, Collection, CollectionMembership
from models.products import Product, ProductStatus
from models.suppliers import Supplier
from server.demo_catalogue import Goods, add_category, add_product
from server.demo_rows import add_supplier


@dataclass(slots=True)
class Shelves:
    """What was put into the shop."""

    mark: str
    suppliers: list[Supplier] = field(default_factory=list[Supplier])
    categories: dict[str, Category] = field(default_factory=dict[str, Category])
    products: dict[str, Product] = field(default_factory=dict[str, Product])
    collection: Collection | None = None


GOODS: tuple[tuple[str, str | None, int, tuple[str, ...], ProductStatus], ...] = (
    ("teapot", "pots", 3_000, ("clay", "blue"), ProductStatus.ACTIVE),
    ("kettle", "pots", 4_500, ("steel",), ProductStatus.ACTIVE),
    ("cup", "tea", 700, ("clay",), ProductStatus.ACTIVE),
    ("saucer", "tea", 700, ("clay", "blue"), ProductStatus.ACTIVE),
    ("table", "kitchen", 60_000, (), ProductStatus.ACTIVE),
    ("chair", None, 12_000, (), ProductStatus.ACTIVE),
    ("drafted", "tea", 100, (), ProductStatus.DRAFT),
    ("archived", "tea", 100, (), ProductStatus.ARCHIVED),
)


async def build() -> Shelves:
    """Write two suppliers, a tree of three categories, eight products and a collection."""
    mark = secrets.token_hex(4)
    shelves = Shelves(mark)
    shelves.suppliers = [await add_supplier(f"Maker {n} {mark}", f"maker-{n}-{mark}", "DE") for n in "12"]
    kitchen = await add_category(f"Kitchen {mark}", f"kitchen-{mark}", position=-1)
    tea = await add_category(f"Tea {mark}", f"tea-{mark}", kitchen, position=2)
    pots = await add_category(f"Pots {mark}", f"pots-{mark}", tea)
    pans = await add_category(f"Pans {mark}", f"pans-{mark}", kitchen, position=1)
    shelves.categories = {"kitchen": kitchen, "tea": tea, "pots": pots, "pans": pans}
    for number, (name, category, price, tags, status) in enumerate(GOODS):
        goods = Goods(
            handle=f"{name}-{mark}",
            title=f"{name.title()} {mark}",
            description=f"A {name} to be looked at.",
            sku=f"SKU-{name}-{mark}",
            price_minor=price,
            step_minor=50,
            options={"Size": ("S", "L"), "Colour": ("Red", "Blue")} if name == "teapot" else {},
            tiers=((5, price - 10), (2, price - 5)) if name in ("teapot", "cup") else (),
            tags=tags,
            attributes={"Material": "clay", "Origin": "Here"},
            status=status,
        )
        shelves.products[name] = await add_product(
            goods, shelves.suppliers[number % 2], shelves.categories[category] if category else None
        )
    shelves.collection = await Collection.create(
        name=f"Blue things {mark}", slug=f"blue-{mark}", description="", position=-1
    )
    for name in ("teapot", "saucer", "drafted"):
        await CollectionMembership.create(collection_id=shelves.collection.id, product_id=shelves.products[name].id)
    return shelves
