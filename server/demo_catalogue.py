"""The catalogue of the demonstration: what its two suppliers sell."""

from dataclasses import dataclass, field
from itertools import product as combinations
from uuid import UUID

from models import clock
from models.catalogue import relate, summarise
from models.categories import Category, Collection, CollectionMembership
from models.database import transaction
from models.ids import new_id
from models.products import (
    PriceTier,
    Product,
    ProductAttribute,
    ProductMedia,
    ProductOption,
    ProductStatus,
    ProductVariant,
)
from models.suppliers import Supplier


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """
    A product to write.

    Args:
        handle: Also the name of its picture.
        price_minor: What each variant costs; the next ones cost `step_minor` more each.
        options: Option names and their values; there is one variant for each combination.
        tiers: Quantities and what one costs from there on, for each variant.
    """

    handle: str
    title: str
    description: str
    sku: str
    price_minor: int
    step_minor: int = 0
    compare_at_minor: int | None = None
    currency: str = "EUR"
    weight_grams: int = 500
    options: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    tiers: tuple[tuple[int, int], ...] = ()
    tags: tuple[str, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict[str, str])
    status: ProductStatus = ProductStatus.ACTIVE


async def add_category(name: str, slug: str, parent: Category | None = None, *, position: int = 0) -> Category:
    """Write a category."""
    category_id = new_id()
    async with transaction():
        category = await Category.create(
            id=category_id,
            parent_id=parent.id if parent else None,
            name=name,
            slug=slug,
            lineage=[*(parent.lineage if parent else ()), category_id],
            position=position,
        )
        await relate()
    return category


async def add_product(goods: Goods, supplier: Supplier, category: Category | None = None) -> Product:
    """Write a product with all that belongs to it."""
    now = clock.now()
    async with transaction():
        product = await Product.create(
            supplier_id=supplier.id,
            category_id=category.id if category else None,
            handle=goods.handle,
            title=goods.title,
            description=goods.description,
            vendor=supplier.name,
            product_type=category.name if category else "",
            tags=list(goods.tags),
            status=goods.status,
            currency=goods.currency,
            search_words="",
            published_at=None if goods.status is ProductStatus.DRAFT else now,
            created_at=now,
            updated_at=now,
        )
        for position, (name, values) in enumerate(goods.options.items(), start=1):
            await ProductOption.create(product_id=product.id, name=name, option_values=list(values), position=position)
        for position, values in enumerate(combinations(*goods.options.values()), start=1):
            await _add_variant(goods, product.id, list(values), position)
        for position, (name, value) in enumerate(goods.attributes.items(), start=1):
            await ProductAttribute.create(product_id=product.id, name=name, value=value, position=position)
        await ProductMedia.create(product_id=product.id, url=f"/media/{goods.handle}.svg", alt=goods.title, position=1)
        await summarise([product.id])
    return product


async def _add_variant(goods: Goods, product_id: UUID, values: list[str], position: int) -> None:
    more = goods.step_minor * (position - 1)
    variant = await ProductVariant.create(
        product_id=product_id,
        sku=goods.sku if not values else f"{goods.sku}-{position}",
        title=" / ".join(values) or goods.title,
        option_values=values,
        currency=goods.currency,
        price_minor=goods.price_minor + more,
        compare_at_minor=goods.compare_at_minor + more if goods.compare_at_minor is not None else None,
        barcode="",
        weight_grams=goods.weight_grams,
        position=position,
    )
    for quantity, price_minor in goods.tiers:
        await PriceTier.create(
            variant_id=variant.id, minimum_quantity=quantity, price_minor=price_minor + more, currency=goods.currency
        )


async def fill(textiles: Supplier, lamps: Supplier) -> None:
    """Write the catalogue of the demonstration."""
    home = await add_category("Home", "home", position=1)
    bath = await add_category("Bath", "bath", home, position=1)
    blankets = await add_category("Blankets & throws", "blankets", home, position=2)
    lights = await add_category("Lighting", "lighting", position=2)
    desk = await add_category("Desk lamps", "desk-lamps", lights, position=1)
    pendant = await add_category("Pendant lamps", "pendant-lamps", lights, position=2)
    written: dict[str, Product] = {}
    for supplier, category, goods in (
        *((textiles, blankets, goods) for goods in _BLANKETS),
        *((textiles, bath, goods) for goods in _BATH),
        *((lamps, desk, goods) for goods in _DESK_LAMPS),
        *((lamps, pendant, goods) for goods in _PENDANTS),
    ):
        written[goods.handle] = await add_product(goods, supplier, category)
    for position, (name, slug, description, handles) in enumerate(_COLLECTIONS, start=1):
        collection = await Collection.create(name=name, slug=slug, description=description, position=position)
        for handle in handles:
            await CollectionMembership.create(collection_id=collection.id, product_id=written[handle].id)


_BLANKETS = (
    Goods(
        handle="lambswool-blanket",
        title="Lambswool blanket",
        description="Woven from the first shearing, brushed on both sides, and warm without being heavy.",
        sku="NT-1042",
        price_minor=5_990,
        compare_at_minor=7_490,
        weight_grams=900,
        options={"Colour": ("Heather", "Oat", "Slate")},
        tiers=((3, 5_490), (10, 4_990)),
        tags=("wool", "winter"),
        attributes={"Material": "100% lambswool", "Size": "130 x 190 cm"},
    ),
    Goods(
        handle="cotton-throw",
        title="Cotton throw",
        description="A light throw with a waffle weave, for the sofa or the foot of the bed.",
        sku="NT-1107",
        price_minor=3_900,
        weight_grams=650,
        options={"Colour": ("Sand", "Moss")},
        tags=("cotton",),
        attributes={"Material": "100% organic cotton"},
    ),
    Goods(
        handle="baby-blanket",
        title="Baby blanket",
        description="Knitted merino in a size for cots and prams; washes at 30 degrees.",
        sku="NT-1200",
        price_minor=4_450,
        weight_grams=300,
        options={"Colour": ("Cream", "Sky")},
        tags=("wool", "children"),
    ),
    Goods(
        handle="picnic-rug",
        title="Picnic rug",
        description="Wool above, waxed cotton below, with a leather strap to carry it.",
        sku="NT-1310",
        price_minor=8_200,
        weight_grams=1_600,
        tags=("wool", "outdoors"),
    ),
)
_BATH = (
    Goods(
        handle="linen-towels",
        title="Linen towels, set of four",
        description="Pre-washed linen that dries fast and grows softer with every wash.",
        sku="NT-2210",
        price_minor=3_450,
        weight_grams=700,
        tiers=((5, 3_150),),
        tags=("linen",),
        attributes={"Material": "100% linen", "Size": "50 x 90 cm"},
    ),
    Goods(
        handle="bath-robe",
        title="Bath robe",
        description="Terry inside, smooth outside, with deep pockets.",
        sku="NT-2304",
        price_minor=7_900,
        step_minor=300,
        weight_grams=1_200,
        options={"Size": ("S", "M", "L"), "Colour": ("White", "Slate")},
        tags=("cotton",),
    ),
    Goods(
        handle="bath-mat",
        title="Bath mat",
        description="A heavy mat of twisted cotton.",
        sku="NT-2401",
        price_minor=2_450,
        weight_grams=800,
        status=ProductStatus.DRAFT,
    ),
)
_DESK_LAMPS = (
    Goods(
        handle="brass-desk-lamp",
        title="Desk lamp, brass",
        description="A jointed arm of solid brass, with a shade that turns all the way round.",
        sku="LD-0077",
        price_minor=8_900,
        weight_grams=2_300,
        tags=("brass",),
        attributes={"Socket": "E14", "Cable": "2 m"},
    ),
    Goods(
        handle="clamp-lamp",
        title="Clamp lamp",
        description="Holds on to any edge up to 6 cm; the light follows a touch.",
        sku="LD-0081",
        price_minor=5_400,
        weight_grams=900,
        options={"Colour": ("Black", "White", "Red")},
        attributes={"Socket": "built-in LED"},
    ),
    Goods(
        handle="reading-light",
        title="Reading light",
        description="A small light for a book or a bed, which charges by USB-C.",
        sku="LD-0090",
        price_minor=2_900,
        compare_at_minor=3_400,
        weight_grams=180,
        tiers=((10, 2_500),),
        tags=("travel",),
    ),
)
_PENDANTS = (
    Goods(
        handle="paper-pendant",
        title="Paper pendant",
        description="Folded from one sheet of washi paper; it comes flat.",
        sku="LD-0210",
        price_minor=4_900,
        step_minor=1_500,
        weight_grams=400,
        options={"Diameter": ("40 cm", "60 cm")},
        tags=("paper",),
    ),
    Goods(
        handle="glass-pendant",
        title="Glass pendant",
        description="Mouth-blown smoked glass on a textile cable.",
        sku="LD-0222",
        price_minor=12_900,
        weight_grams=1_900,
        attributes={"Socket": "E27"},
    ),
    Goods(
        handle="oil-lamp",
        title="Oil lamp",
        description="No longer made.",
        sku="LD-0300",
        price_minor=6_900,
        status=ProductStatus.ARCHIVED,
    ),
)
_COLLECTIONS = (
    (
        "Long evenings",
        "long-evenings",
        "Light to read by, and something warm to read under.",
        ("lambswool-blanket", "reading-light", "brass-desk-lamp"),
    ),
    ("Small presents", "small-presents", "", ("reading-light", "linen-towels", "baby-blanket")),
)
