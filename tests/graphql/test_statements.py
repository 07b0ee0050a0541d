"""Every list of the schema takes a number of SQL statements that its length does not change."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import pytest
import pytest_asyncio
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
)

from commerce.audit import record
from models import keys
from models.audit import AuditEvent
from models.database import transaction
from models.fulfilments import FulfillmentOrder
from models.ids import public_id
from models.pool import Statements, counting_statements
from models.products import Product, ProductVariant
from permissions.fields import plan_of
from policy.viewer import Viewer
from schema import schema
from server.demo_partners import add_partner_token
from tests.commerce.goods import add_goods
from tests.graphql.asking import ask
from tests.graphql.policies import version_of_the_past
from tests.graphql.shelves import Shelves
from tests.graphql.shelves import build as build_shelves
from tests.graphql.world import World

# Root lists that are asked with arguments of their own: the newest product of another test may have no category, and
# then there is one statement less.
ARGUMENTS = {"search": 'query: "{mark}"', "products": 'filter: {{category: "{category}"}}'}
FOR_OFFICERS = ("users", "legalGrounds", "transfers", "disclosures", "accessTokens", "partners")
FOR_VERIFIERS = ("identityChecks", "enterpriseChecks")
# It finds what a client names one by one.
ALREADY_ONE = {"nodes"}
# As long as the history of the policy, and whole or of no use: it has no pages.
WITHOUT_PAGES = {"policyVersionImpact"}


@dataclass(frozen=True, slots=True)
class ListField:
    """A field that leads to several objects, and how to get there."""

    path: tuple[str, ...]
    is_connection: bool


def _lists() -> Iterator[ListField]:
    """Every list or connection at the root, and every one on what those lead to."""
    query = schema._schema.query_type
    assert query is not None
    for name, field in query.fields.items():
        if _is_several(field) and name not in ALREADY_ONE | WITHOUT_PAGES:
            yield ListField((name,), _is_connection(field))


_named: Any = get_named_type


def _is_connection(field: GraphQLField) -> bool:
    return _named(field.type).name.endswith("Connection")


def _is_several(field: Any) -> bool:
    return _is_connection(field) or str(field.type).startswith("[")


def _selection(type_: Any, depth: int, first: int) -> str:
    """Select every field of a type, and of what it leads to, so deep."""
    parts: list[str] = []
    if isinstance(type_, GraphQLInterfaceType):
        return "id"
    assert isinstance(type_, GraphQLObjectType)
    for name, field in type_.fields.items():
        named = _named(field.type)
        arguments = f"(first: {first})" if "first" in field.args else ""
        if is_leaf_type(named):
            parts.append(name)
        elif _is_connection(field):
            if depth > 0:
                node: Any = named
                inner = _selection(_named(node.fields["nodes"].type), depth - 1, first)
                parts.append(f"{name}{arguments} {{ totalCount nodes {{ {inner} }} edges {{ cursor }} }}")
        elif depth > 0 or not (plan := plan_of(field)) or plan.kind in ("part", "public"):
            parts.append(f"{name}{arguments} {{ {_selection(named, depth - 1, first)} }}")
    return " ".join(parts)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shelves(world: World) -> Shelves:
    await add_goods(stock_at=(1, 1, 1))
    # Lists at the root hold what was put there by all of them.
    await build_shelves()
    await build_shelves()
    shelves = await build_shelves()
    for name in ("carrier", "institution", "supplier"):
        await add_partner_token(world.partners[name], ("orders:read",))
    async with transaction():
        for product in shelves.products.values():
            change = {"title": ("Before", product.title)}
            await record("productUpdate", Product, product.id, change, by=world.viewers["operator"])
    for _ in range(3):
        await version_of_the_past()
    # What a version says never changes, so a process reads it once, and how two differ.
    await ask("{ policyVersions(first: 3) { nodes { changes { says } } } }", as_=world.viewers["operator"])
    return shelves


def _document(name: str, first: int, shelves: Shelves) -> str:
    query = schema._schema.query_type
    assert query is not None
    connection: Any = _named(query.fields[name].type)
    category = public_id("Category", shelves.categories["kitchen"].id)
    more = ", " + ARGUMENTS[name].format(mark=shelves.mark, category=category) if name in ARGUMENTS else ""
    inner = _selection(_named(connection.fields["nodes"].type), 1, first)
    extra = "facets { categories { count category { name } } suppliers { count supplier { name } } }"
    return (
        f"{{ {name}(first: {first}{more}) {{ totalCount nodes {{ {inner} }} "
        f"{extra if 'facets' in connection.fields else ''} }} }}"
    )


PLACES = 2
"""At how many places a document of these tests asks for sealed values at most."""


def _reads(statements: Statements) -> int:
    """
    Count statements but for the one that puts on record what was shown, where something was.

    Nor do those count that fetch keys: one for each place of the answer that has anything to decrypt at most, and none
    where a worker holds the keys already.
    """
    written = [sql for sql in statements.shop if sql.startswith("INSERT INTO disclosure")]
    assert len(written) <= 1
    assert len(statements.keys) <= PLACES
    return len(statements.shop) - len(written)


def test_the_lists_at_the_root_are_connections() -> None:
    assert [found.path for found in _lists() if not found.is_connection] == []
    assert {found.path[0] for found in _lists()} >= {
        "orders",
        "products",
        "categories",
        "collections",
        "suppliers",
        "search",
        "auditEvents",
        "stockLocations",
    }


@pytest.mark.parametrize("name", [found.path[0] for found in _lists()])
async def test_a_list_takes_the_same_number_of_statements_for_one_object_and_for_three(
    name: str, world: World, shelves: Shelves
) -> None:
    counted: dict[int, int] = {}
    found: dict[int, int] = {}
    for first in (1, 3):
        lists = {"officer": FOR_OFFICERS, "verifier": FOR_VERIFIERS}
        viewer = world.viewers[next((each for each, names in lists.items() if name in names), "operator")]
        # Keys are kept for seconds, which pass between the two on a busy machine.
        keys.current().forget()
        with counting_statements() as statements:
            answer = await ask(_document(name, first, shelves), as_=viewer)
        assert answer.errors == []
        counted[first], found[first] = _reads(statements), len(answer.data[name]["nodes"])

    assert counted[1] == counted[3]
    assert (found[1], found[3]) == (1, 3)


def _nested() -> list[tuple[str, str]]:
    """Every list on a type that has an id."""
    found: list[tuple[str, str]] = []
    for type_ in cast(list[Any], list(schema._schema.type_map.values())):
        if isinstance(type_, GraphQLObjectType) and any(each.name == "Node" for each in type_.interfaces):
            found += [(type_.name, name) for name, field in type_.fields.items() if _leads_to_several(field)]
    return found


def _leads_to_several(field: GraphQLField) -> bool:
    plan = plan_of(field)
    return _is_several(field) and plan is not None and plan.rows is not None


@pytest.mark.parametrize(("type_name", "name"), _nested(), ids=lambda value: value)
async def test_a_list_of_many_parents_takes_the_same_number_of_statements_as_of_one(
    type_name: str, name: str, world: World, shelves: Shelves
) -> None:
    type_: Any = schema._schema.type_map[type_name]
    field: GraphQLField = type_.fields[name]
    ids = await _ids(type_name, world, shelves)
    assert len(ids) >= 2, f"Put two of `{type_name}` into the shop."
    counted: list[int] = []
    for parents, first in ((ids[:1], 1), (ids, 3)):
        arguments = f"(first: {first})" if "first" in field.args else ""
        named: Any = _named(field.type)
        inner = (
            f"totalCount nodes {{ {_selection(_named(named.fields['nodes'].type), 0, first)} }}"
            if _is_connection(field)
            else ("" if is_leaf_type(named) else _selection(named, 0, first))
        )
        document = (
            f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {type_name} {{ {name}{arguments} "
            f"{'{ ' + inner + ' }' if inner else ''} }} }} }}"
        )
        keys.current().forget()
        with counting_statements() as statements:
            answer = await ask(document, as_=_who(type_name, world), ids=parents)
        assert answer.errors == []
        assert None not in answer.data["nodes"]
        counted.append(_reads(statements))

    assert counted[0] == counted[1]


def _who(type_name: str, world: World) -> Viewer:
    if type_name in ("Cart", "CartLine"):
        return world.viewers[world.carts[0].subject.name]
    if type_name == "Enterprise":
        return world.viewers["adult"]
    if type_name == "ThirdPartyRecord":
        return world.viewers["third_party"]
    if type_name in ("LegalGround", "Partner", "AccessToken"):
        return world.viewers["officer"]
    return world.viewers["guardian" if type_name in ("User", "Order") else "operator"]


async def _ids(type_name: str, world: World, shelves: Shelves) -> list[str]:
    wards = [world.subjects[name] for name in ("guardian", "consented_minor", "consented_child")]
    collection = shelves.collection
    assert collection is not None
    bought = [sale.order.id for sale in world.sales_of(world.subjects["adult"])]
    shown = [shelves.products[name].id for name in ("teapot", "cup", "kettle")]
    held: dict[str, list[Any]] = {
        "User": [ward.account.id for ward in wards],
        # The first of them was sent, so that its parcels have something to open as well.
        "Order": [sale.order.id for ward in wards for sale in reversed(world.sales_of(ward))],
        "Category": [shelves.categories[name].id for name in ("tea", "kitchen", "pots")],
        "Collection": [collection.id, collection.id],
        "Product": shown,
        # Nobody sees the carts of two people, so one is asked for twice.
        "Cart": [basket.cart.id for basket in world.carts[:1]] * 2,
        "CartLine": [basket.line.id for basket in world.carts[:1]] * 2,
        "Enterprise": [company.enterprise.id for company in world.companies if company.subject.name == "adult"] * 2,
        "ThirdPartyRecord": [sale.recipient.id for sale in world.sales if sale.parcel.phone == world.proven_phone],
        "LegalGround": [held.row.id for held in world.grounds[:2]],
        "Shipment": [sent.shipment.id for sent in world.shipments if sent.sale.subject.name == "adult"],
        "FulfillmentOrder": [row.id for row in await FulfillmentOrder.filter(order_id__in=bought).order_by("id")],
        "AuditEvent": await AuditEvent.filter(object_id__in=shown).order_by("id").values_list("id", flat=True),
        "Partner": [partner.id for partner in world.partners.values()],
        "ProductVariant": await ProductVariant.filter(product_id__in=shown).order_by("id").values_list("id", flat=True),
    }
    return [public_id(type_name, key) for key in held[type_name]]
