"""Every list on an object takes a number of SQL statements that neither its length nor that of its parents changes."""

from collections.abc import Iterator
from typing import Any, cast

import pytest
import pytest_asyncio
from graphql import GraphQLObjectType, is_leaf_type

from models import keys
from models.pool import counting_statements
from permissions.fields import plan_of
from schema import schema
from tests.commerce.goods import add_goods
from tests.graphql.asking import ask
from tests.graphql.crowds import Asked, Crowd, gather
from tests.graphql.listing import is_connection, is_several, named, reads, selection
from tests.graphql.shelves import Shelves
from tests.graphql.shelves import build as build_shelves
from tests.graphql.world import World

WAYS = {
    "Viewer": ("{{ viewer {{ {0} }} }}", ("viewer",)),
    "ThirdParty": ("{{ thirdParty {{ {0} }} }}", ("thirdParty",)),
    "ThirdPartyDisclosure": (
        "{{ thirdParty {{ records(first: {1}) {{ nodes {{ disclosures(first: {1}) {{ nodes {{ {0} }} }} }} }} }} }}",
        ("thirdParty", "records", "nodes", "disclosures", "nodes"),
    ),
    "PrivacyPolicyVersion": ("{{ policyVersions(first: {1}) {{ nodes {{ {0} }} }} }}", ("policyVersions", "nodes")),
    "DeviceSightings": ("{{ deviceSightings(first: {1}) {{ {0} }} }}", ("deviceSightings",)),
    "UnlinkedSearches": ("{{ searches(first: {1}) {{ {0} }} }}", ("searches",)),
}
"""How objects are reached that have no id."""
BY_ID = "query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {2} {{ {0} }} }} }}"

ALONE: dict[str, str] = {
    "Viewer": "Whoever asks is one.",
    "ThirdParty": "Whoever asks is one.",
    "DeviceSightings": "It is the list, asked at the root.",
    "UnlinkedSearches": "It is the list, asked at the root.",
    "Cart": "Nobody sees the carts of two people.",
    "Enterprise": "Nobody sees the contacts of two companies.",
    "User.consentsAskedAnew": "Everybody sees what waits for an answer of their own.",
    "User.consentHistory": "Who is a ward has no consents of their own, and nobody else sees those of two people.",
    "User.legalGrounds": "Who is a guardian sees those about a ward once the law lets them be told; others see theirs.",
    "User.searches": "Without a legal ground on each, nobody sees what two people searched for.",
    "User.wards": "Who is watched over watches over nobody, and nobody else sees whom two people watch over.",
}
"""What nobody sees two of at once, by type or by `Type.field`; two people are compared then, or two sizes of a page."""
SHORT = {
    "Order.allowedActions": "What can still be cancelled was not sent, and only what was is received.",
}
"""Lists of which none has more than one item, by `Type.field`."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shelves(world: World) -> Shelves:
    await add_goods(stock_at=(1, 1, 1))
    return await build_shelves()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def crowds(world: World, shelves: Shelves) -> dict[str, Crowd]:
    return await gather(world, shelves)


def _lists() -> Iterator[tuple[str, str]]:
    """Every list that a batch function reads; all others are in the row or the value that has them."""
    for type_ in cast(list[Any], list(schema._schema.type_map.values())):
        if not isinstance(type_, GraphQLObjectType) or type_.name.endswith(("Connection", "Edge")):
            continue
        for name, field in type_.fields.items():
            plan = plan_of(field)
            if is_several(field) and plan is not None and plan.rows is not None:
                yield type_.name, name


def _document(type_name: str, name: str, first: int) -> str:
    field = cast(Any, schema._schema.type_map[type_name]).fields[name]
    of = named(field.type)
    arguments = f"(first: {first})" if "first" in field.args else ""
    if is_connection(field):
        inner = f"{{ totalCount nodes {{ {selection(named(of.fields['nodes'].type), 0, first)} }} }}"
    else:
        inner = "" if is_leaf_type(of) else f"{{ {selection(of, 0, first)} }}"
    way = WAYS[type_name][0] if type_name in WAYS else BY_ID
    return way.format(f"{name}{arguments} {inner}", first, type_name)


def _objects(data: Any, path: tuple[str, ...]) -> list[Any]:
    """Find the objects at a place of an answer."""
    found = [data]
    for key in path:
        found = [each[key] for each in found if each is not None]
        found = [item for each in found for item in (cast(list[Any], each) if isinstance(each, list) else [each])]
    return found


async def _sizes(type_name: str, name: str, asked: Asked) -> tuple[int, list[int]]:
    """Ask for a list: how many statements that took, and how long it is for each object that is seen."""
    variables: dict[str, Any] = {} if type_name in WAYS else {"ids": list(asked.ids)}
    # Keys are kept for seconds, which pass between two questions on a busy machine.
    keys.current().forget()
    with counting_statements() as statements:
        answer = await ask(_document(type_name, name, asked.first), as_=asked.by, **variables)
    assert answer.errors == []
    objects = _objects(answer.data, WAYS[type_name][1] if type_name in WAYS else ("nodes",))
    lists = [each and (each[name]["nodes"] if isinstance(each[name], dict) else each[name]) for each in objects]
    return reads(statements), [len(each or ()) for each in lists]


def _shortest(many: Asked, sizes: list[int]) -> Asked:
    """Ask for the one of many whose list is shortest, and for one of its items if it has pages."""
    _, id_ = min((size, id_) for size, id_ in zip(sizes, many.ids, strict=True) if size)
    return Asked(many.by, [id_], 1)


@pytest.mark.parametrize(("type_name", "name"), list(_lists()), ids=lambda value: value)
async def test_a_list_takes_the_same_number_of_statements_for_few_and_for_many(
    type_name: str, name: str, crowds: dict[str, Crowd]
) -> None:
    key = f"{type_name}.{name}"
    crowd = crowds.get(key) or crowds[type_name]

    many, long = await _sizes(type_name, name, crowd.many)
    few, short = await _sizes(type_name, name, crowd.few or _shortest(crowd.many, long))

    # Not for want of anything to count.
    assert sum(short) > 0
    assert sum(long) > sum(short)
    assert key in SHORT or max(long) > 1
    assert key in ALONE or type_name in ALONE or sum(size > 0 for size in long) > 1
    assert few == many


def test_nothing_is_excused_that_is_no_list() -> None:
    found = {f"{type_name}.{name}" for type_name, name in _lists()} | {type_name for type_name, _ in _lists()}

    assert set(ALONE) | set(SHORT) | set(WAYS) <= found
