"""Every list of the schema takes a number of SQL statements that its length does not change."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from commerce.acceptances import in_force
from commerce.audit import record
from models import keys
from models.database import transaction
from models.ids import public_id
from models.pool import counting_statements
from models.products import Product
from schema import schema
from server.demo_partners import add_partner_token
from tests.commerce.goods import add_goods
from tests.graphql.asking import ask
from tests.graphql.listing import is_connection, is_several, named, reads, selection
from tests.graphql.policies import agrees_to, version_of_the_past
from tests.graphql.shelves import Shelves
from tests.graphql.shelves import build as build_shelves
from tests.graphql.wards import somebody
from tests.graphql.world import World

# Root lists that are asked with arguments of their own: the newest product of another test may have no category, and
# then there is one statement less.
ARGUMENTS = {"search": 'query: "{mark}"', "products": 'filter: {{category: "{category}"}}'}
FOR_OFFICERS = ("users", "legalGrounds", "transfers", "disclosures", "accessTokens", "partners")
FOR_VERIFIERS = ("identityChecks", "enterpriseChecks")
# What a client names one by one, and what is as long as the history of the policy, and whole or of no use.
WITHOUT_PAGES = {"nodes", "policyVersionImpact"}


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
        if is_several(field) and name not in WITHOUT_PAGES:
            yield ListField((name,), is_connection(field))


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
    connection: Any = named(query.fields[name].type)
    category = public_id("Category", shelves.categories["kitchen"].id)
    more = ", " + ARGUMENTS[name].format(mark=shelves.mark, category=category) if name in ARGUMENTS else ""
    inner = selection(named(connection.fields["nodes"].type), 1, first)
    extra = "facets { categories { count category { name } } suppliers { count supplier { name } } }"
    return (
        f"{{ {name}(first: {first}{more}) {{ totalCount nodes {{ {inner} }} "
        f"{extra if 'facets' in connection.fields else ''} }} }}"
    )


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
        counted[first], found[first] = reads(statements), len(answer.data[name]["nodes"])

    assert counted[1] == counted[3]
    assert (found[1], found[3]) == (1, 3)


async def test_nodes_take_the_same_number_of_statements_for_one_id_and_for_three(
    world: World, shelves: Shelves
) -> None:
    inner = selection(schema._schema.type_map["Product"], 1, 3)
    ids = [public_id("Product", shelves.products[name].id) for name in ("cup", "teapot", "saucer")]
    counted: list[int] = []
    for some in (ids[:1], ids):
        with counting_statements() as statements:
            answer = await ask(
                f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Product {{ {inner} }} }} }}",
                as_=world.viewers["operator"],
                ids=some,
            )
        assert answer.errors == []
        assert len([node for node in answer.data["nodes"] if node]) == len(some)
        counted.append(reads(statements))

    assert counted[0] == counted[1]


async def test_what_a_version_means_takes_the_same_number_of_statements_however_many_were_accepted(
    world: World, shelves: Shelves
) -> None:
    document = "query ($v: Int!) { policyVersionImpact(version: $v) { agreedVersion people isAsked changes { says } } }"
    number = (await in_force()).version
    counted: list[int] = []
    found: list[int] = []
    for more in (1, 3):
        for _ in range(more):
            await agrees_to((await somebody()).account.id, await version_of_the_past())
        # The first time, what was never read of a version is.
        for is_first in (True, False):
            with counting_statements() as statements:
                answer = await ask(document, as_=world.viewers["officer"], v=number)
            assert answer.errors == []
            if not is_first:
                counted.append(reads(statements))
                found.append(len(answer.data["policyVersionImpact"]))

    assert found[1] == found[0] + 3
    assert found[0] > 0
    assert counted[0] == counted[1]
