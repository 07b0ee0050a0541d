"""Lists in pages: cursors, bounds, counts, and a constant number of statements."""

from typing import Any

import pytest

from models.pool import counting_statements
from tests.graphql.asking import ask
from tests.graphql.world import World

PAGE = """
  query ($first: Int, $after: String, $last: Int, $before: String) {
    orders(first: $first, after: $after, last: $last, before: $before) {
      nodes { number } edges { cursor }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      totalCount
    }
  }
"""
NESTED = """
  query ($first: Int) {
    viewer { account { wards {
      orders(first: $first) { totalCount nodes { number total { amount } recipient { name } lines { title } } }
    } } }
  }
"""


async def page(world: World, viewer: str = "guardian", **variables: Any) -> Any:
    answer = await ask(PAGE, as_=world.viewers[viewer], **variables)
    assert answer.errors == []
    return answer.data["orders"]


def numbers(found: Any) -> list[str]:
    return [node["number"] for node in found["nodes"]]


async def test_pages_put_together_are_the_whole_list(world: World) -> None:
    whole = await page(world, first=100)
    walked: list[str] = []
    after = None
    while True:
        found = await page(world, first=5, after=after)
        walked += numbers(found)
        after = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            break

    assert walked == numbers(whole)
    assert whole["totalCount"] == len(walked) == 25
    assert whole["pageInfo"]["hasNextPage"] is False


async def test_a_list_is_read_backwards_the_same(world: World) -> None:
    whole = numbers(await page(world, first=100))
    end = await page(world, last=5)
    before = await page(world, last=5, before=end["pageInfo"]["startCursor"])

    assert numbers(end) == whole[-5:]
    assert numbers(before) == whole[-10:-5]
    assert end["pageInfo"]["hasPreviousPage"] is True
    assert end["pageInfo"]["hasNextPage"] is False


async def test_each_edge_has_the_cursor_that_goes_on_after_it(world: World) -> None:
    whole = await page(world, first=100)

    rest = await page(world, first=100, after=whole["edges"][3]["cursor"])

    assert numbers(rest) == numbers(whole)[4:]


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({}, "BAD_PAGE"),
        ({"first": 0}, "BAD_PAGE"),
        ({"first": 101}, "BAD_PAGE"),
        ({"first": -1}, "BAD_PAGE"),
        ({"first": 5, "last": 5}, "BAD_PAGE"),
        ({"first": 5, "after": "nonsense"}, "BAD_CURSOR"),
        ({"last": 5, "before": "A" * 2_000}, "BAD_CURSOR"),
    ],
)
async def test_a_page_that_cannot_be_given_is_refused_with_a_code(
    world: World, variables: dict[str, Any], code: str
) -> None:
    answer = await ask(PAGE, as_=world.viewers["guardian"], **variables)

    assert [error.original_error.code for error in answer.errors] == [code]
    assert answer.data is None


async def test_a_cursor_of_another_viewer_or_another_list_is_refused(world: World) -> None:
    own = (await page(world, "adult", first=1))["pageInfo"]["endCursor"]
    nested = """query ($after: String) { viewer { account { orders(first: 1, after: $after) { nodes { id } } } } }"""

    by_other = await ask(PAGE, as_=world.viewers["other"], first=1, after=own)
    elsewhere = await ask(nested, as_=world.viewers["adult"], after=own)

    assert [error.original_error.code for error in by_other.errors + elsewhere.errors] == ["BAD_CURSOR"] * 2


async def test_the_number_of_statements_does_not_grow_with_the_page(world: World) -> None:
    counted: list[int] = []
    for first in (1, 3):
        with counting_statements() as statements:
            answer = await ask(NESTED, as_=world.viewers["guardian"], first=first)
        assert answer.errors == []
        counted.append(len(statements))

    assert counted[0] == counted[1]
    assert counted[0] <= 8
