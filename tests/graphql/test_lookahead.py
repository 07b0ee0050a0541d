"""Rows have the columns that are looked at: each field asked for by itself answers as when everything was read."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
import pytest_asyncio
from graphql import GraphQLObjectType, get_named_type, is_leaf_type

from execution.documents import Documents
from models.pool import counting_statements
from policy.ages import AgeBand
from policy.parties import Party
from policy.viewer import ANONYMOUS, NOBODY, Case
from schema import schema
from tests.commerce.goods import add_goods
from tests.graphql.asking import ask
from tests.graphql.comparing import compared
from tests.graphql.random_operations import CORE, Drawn, arguments
from tests.graphql.shelves import Shelves
from tests.graphql.shelves import build as build_shelves
from tests.graphql.world import World
from tests.reporting import report

ASKING = ("adult",)
"""Who asks for every field; each of the others asks for some."""
LEFT_OUT = ("Query.policyMatrix", "Query.privacySchema", "Query.deviceSightings", "Query.searches")
"""What leads to no row, and devices and unlinked searches, which come in an order of chance (P2.2c)."""

HERE = "<here>"

_named: Any = get_named_type


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shelves(world: World) -> Shelves:
    await add_goods(stock_at=(1, 1, 1))
    return await build_shelves()


def alone(given: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Write an operation for each field, by the shortest way to its type."""
    query = CORE.query_type
    assert query is not None
    ways: dict[str, str] = {query.name: f"{{ {HERE} }}"}
    pending: list[GraphQLObjectType] = [query]
    while pending:
        type_ = pending.pop(0)
        for name, found in type_.fields.items():
            key = f"{type_.name}.{name}"
            needed = [each for each, said in found.args.items() if str(said.type).endswith("!")]
            if key in LEFT_OUT or (needed and key not in given):
                continue
            paged = "first: 20" if "first" in found.args and key not in given else given.get(key, "")
            head = f"{name}({paged})" if paged else name
            named = _named(found.type)
            yield key, ways[type_.name].replace(HERE, head if is_leaf_type(named) else f"{head} {{ __typename }}")
            if isinstance(named, GraphQLObjectType) and named.name not in ways:
                ways[named.name] = ways[type_.name].replace(HERE, f"{head} {{ {HERE} }}")
                pending.append(named)


async def test_each_field_alone_answers_as_when_every_column_was_read(world: World, shelves: Shelves) -> None:
    documents = Documents(schema)
    viewers = {**world.viewers, "nobody": ANONYMOUS}
    others = sorted(set(viewers) - set(ASKING))
    asked = fit = 0
    for place, (key, text) in enumerate(alone(arguments(world, shelves))):
        by = (*ASKING, others[place % len(others)])
        for name, viewer in ((name, viewers[name]) for name in by):
            asked += 1
            came = await compared(Drawn(text, {}), viewer, documents, f"{key} as {name}")
            fit += came is not None and came.reason is None

    report(f"lookahead: {fit:,} of {asked:,} questions for one field: as stock execution")
    assert fit > asked * 0.9


async def test_what_no_rule_shows_a_supplier_is_not_read_for_it(world: World) -> None:
    document = "{ orders(first: 5) { nodes { status total { amount } } } }"

    with counting_statements() as by_supplier:
        answer = await ask(document, as_=world.viewers["supplier_one"])
    with counting_statements() as by_buyer:
        await ask(document, as_=world.viewers["adult"])

    assert {node["total"] for node in answer.data["orders"]["nodes"]} == {None}
    assert not any('t."total_minor"' in text for text in by_supplier.shop)
    assert any('t."total_minor"' in text for text in by_buyer.shop)
    assert not any('t."placed_at"' in text for text in by_buyer.shop)


@pytest.mark.parametrize(
    "document",
    [
        "query ($id: ID!) { node(id: $id) { ... on Order { status total { amount } } } }",
        "query ($id: ID!) { nodes(ids: [$id]) { __typename ... on Order { ...O } } }"
        " fragment O on Order { status total { amount } }",
    ],
)
async def test_what_is_asked_of_an_interface_is_looked_ahead_for_the_type_that_it_turns_out_to_be(
    world: World, document: str
) -> None:
    viewers = {name: world.viewers[name] for name in ("supplier_one", "adult")}
    read: dict[str, str] = {}
    for name, viewer in viewers.items():
        (order,) = (await ask("{ orders(first: 1) { nodes { id } } }", as_=viewer)).data["orders"]["nodes"]
        with counting_statements() as statements:
            answer = await ask(document, as_=viewer, id=order["id"])
        (found,) = [answer.data["node"]] if "node" in answer.data else answer.data["nodes"]
        assert found["status"] is not None
        assert (found["total"] is None) is (name == "supplier_one")
        read[name] = " ".join(statements.shop)

    assert 't."total_minor"' not in read["supplier_one"]
    assert 't."total_minor"' in read["adult"]
    assert not any('t."placed_at"' in text for text in read.values())


async def test_a_viewer_is_to_nobody_what_it_cannot_be(world: World) -> None:
    met: set[Party] = set()
    for viewer in (*world.viewers.values(), ANONYMOUS):
        for subject, guardian in product((NOBODY, viewer.account or NOBODY), (None, viewer.account)):
            for is_theirs in (False, True):
                case = Case(
                    subject,
                    AgeBand.ADULT,
                    guardian=guardian,
                    suppliers=frozenset({viewer.supplier} if is_theirs and viewer.supplier else ()),
                    partners=frozenset({viewer.partner} if is_theirs and viewer.partner else ()),
                    is_third_party=is_theirs,
                )
                met.add(viewer.party_to(case))
                assert viewer.party_to(case) in viewer.parties

    assert {Party.SELF, Party.GUARDIAN, Party.SUPPLIER, Party.THIRD_PARTY, Party.STRANGER, Party.AGENT} <= met
