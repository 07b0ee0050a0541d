"""What arguments lead somewhere in the shop of the tests, for operations that are drawn by chance."""

from typing import Any

from models.fulfilments import FulfillmentOrder
from models.ids import public_id
from models.products import ProductVariant
from models.stock import StockLocation
from policy.parties import Party
from policy.viewer import ANONYMOUS
from resolvers.nodes import audience_of
from tests.graphql.asking import ask
from tests.graphql.shelves import Shelves
from tests.graphql.world import World

GUEST_CART = "mutation ($lines: [CartLineInput!]!) { cartCreate(input: {lines: $lines}) { cartToken } }"


async def pools(world: World, shelves: Shelves) -> dict[str, list[Any]]:
    """Collect values of arguments and inputs, by their names."""
    collection = shelves.collection
    assert collection is not None
    products = [public_id("Product", shelves.products[name].id) for name in ("teapot", "cup", "table", "drafted")]
    teapot = shelves.products["teapot"]
    variants = await ProductVariant.filter(product_id=teapot.id).order_by("id")
    parts = await FulfillmentOrder.filter(order_id=world.sales[0].order.id).order_by("id")
    places = await StockLocation.all().order_by("-id").limit(2)
    users = [public_id("User", subject.account.id) for subject in world.subjects.values()]
    orders = [public_id("Order", sale.order.id) for sale in world.sales[:12]]
    suppliers = [public_id("Supplier", supplier.id) for supplier in shelves.suppliers]
    categories = [public_id("Category", category.id) for category in shelves.categories.values()]
    locations = [public_id("StockLocation", place.id) for place in places]
    ids = [
        *users,
        *orders,
        *products,
        *suppliers,
        *categories,
        *locations,
        public_id("Collection", collection.id),
        *(public_id("ProductVariant", variant.id) for variant in variants),
        *(public_id("FulfillmentOrder", part.id) for part in parts),
        *(public_id("Shipment", sent.shipment.id) for sent in world.shipments[:4]),
        *(public_id("Cart", basket.cart.id) for basket in world.carts[:3]),
        *(public_id("LegalGround", held.row.id) for held in world.grounds[:4]),
        *(public_id("Partner", partner.id) for partner in world.partners.values()),
        *(public_id("Enterprise", company.enterprise.id) for company in world.companies),
        # What partners know of orders by ids of their own.
        *(
            public_id("Order", sale.order.id, audience_of(world.viewers[name]))
            for name in ("carrier", "supplier_one", "delegated_supplier")
            for sale in world.sales[:3]
        ),
    ]
    guests = await ask(
        GUEST_CART, as_=ANONYMOUS, lines=[{"variantId": public_id("ProductVariant", variants[0].id), "quantity": 1}]
    )
    return {
        "id": ids,
        "ids": [ids[start::7] for start in range(7)] + [users, orders, products],
        "number": [sale.order.number for sale in world.sales[:8]],
        "handle": [product.handle for product in shelves.products.values()],
        "Query.product.id": products,
        "Query.productVariant.id": [public_id("ProductVariant", variant.id) for variant in variants],
        "Query.category.slug": [category.slug for category in shelves.categories.values()],
        "Query.supplier.slug": [supplier.slug for supplier in shelves.suppliers],
        "Query.search.query": [shelves.mark, f"teapot {shelves.mark}", "clay", "teapto", ""],
        "Query.policyVersionImpact.version": [1, 2, 3, 4],
        "Query.guestCart.token": [guests.data["cartCreate"]["cartToken"]],
        "path": ["Order.number", "User.email", "Order.total", "Query.viewer", "nothing"],
        "supplierId": suppliers,
        "objectId": products,
        "action": ["productUpdate", "legalGroundOpen"],
        "document": ["{ viewer { account { email name } } }", "query A { orders(first: 2) { nodes { number } } }", "{"],
        "variables": ["{}", "[", '{"first": 2}'],
        "operationName": ["A", "B"],
        "as": [Party.SELF.name, Party.SUPPLIER.name, Party.OPERATOR.name],
        "ProductFilter.category": categories,
        "ProductFilter.supplier": suppliers,
        "ProductFilter.currencyCode": ["EUR", "EUR", "USD"],
        "ProductFilter.priceMin": ["1.00", "30"],
        "ProductFilter.priceMax": ["50", "7.00"],
        "ProductFilter.tags": [["clay"], ["clay", "blue"], "steel", []],
        "AuditEventFilter.since": ["2026-01-01T00:00:00Z"],
        "AuditEventFilter.until": ["2040-01-01T00:00:00Z"],
    }
