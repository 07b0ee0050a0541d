"""The search: what it finds, in which order, and what it counts."""

from typing import Any

import pytest
import pytest_asyncio

from models.ids import public_id
from models.pool import counting_statements
from policy.viewer import ANONYMOUS
from tests.graphql.asking import ask
from tests.graphql.shelves import Shelves, build

SEARCH = """
  query ($words: String!, $first: Int, $after: String, $filter: ProductFilter, $sort: ProductSortKey! = RELEVANCE) {
    search(query: $words, first: $first, after: $after, filter: $filter, sortKey: $sort) {
      nodes { handle } totalCount pageInfo { endCursor hasNextPage }
      facets { categories { count category { name } } suppliers { count supplier { name } }
               prices { count priceFrom { amount currencyCode } priceBelow { amount } } }
    }
  }
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shelves(database: object) -> Shelves:
    return await build()


async def search(words: str, **variables: Any) -> Any:
    given: dict[str, Any] = {"first": 10, **variables}
    answer = await ask(SEARCH, as_=ANONYMOUS, words=words, **given)
    assert answer.errors == []
    return answer.data["search"]


def handles(found: Any, shelves: Shelves) -> list[str]:
    return [node["handle"].removesuffix(f"-{shelves.mark}") for node in found["nodes"]]


async def test_words_are_found_in_title_description_sku_and_the_names_of_categories(shelves: Shelves) -> None:
    mark = shelves.mark

    cases: list[tuple[str, set[str]]] = [
        (f"teapot {mark}", {"teapot"}),
        (f"looked chair {mark}", {"chair"}),
        (f"SKU-cup-{mark}", {"cup"}),
        (f'"pots {mark}"', {"teapot", "kettle"}),
        (f'"kitchen {mark}" -cup -table', {"teapot", "kettle", "saucer"}),
        (f"{mark} cup or {mark} chair", {"cup", "chair"}),
        (f"nowhere {mark}", set()),
        ("", set()),
        ("!&|'():*\\", set()),
    ]
    for words, expected in cases:
        found = await search(words)
        assert set(handles(found, shelves)) == expected, words
        assert found["totalCount"] == len(expected)


async def test_what_is_hidden_is_neither_found_nor_counted(shelves: Shelves) -> None:
    found = await search(f"drafted {shelves.mark}")

    assert found == {
        "nodes": [],
        "totalCount": 0,
        "pageInfo": {"endCursor": None, "hasNextPage": False},
        "facets": {"categories": [], "suppliers": [], "prices": []},
    }


async def test_a_word_in_the_title_outweighs_one_in_the_description(shelves: Shelves) -> None:
    found = await search(f"{shelves.mark} tea or {shelves.mark} teapot")

    assert handles(found, shelves)[0] == "teapot"


async def test_facets_count_the_whole_of_what_was_found(shelves: Shelves) -> None:
    mark = shelves.mark

    found = await search(mark, first=1)

    assert found["totalCount"] == 6
    facets = found["facets"]
    assert sorted((facet["category"]["name"], facet["count"]) for facet in facets["categories"]) == [
        (f"Kitchen {mark}", 1),
        (f"Pots {mark}", 2),
        (f"Tea {mark}", 2),
    ]
    assert [(facet["supplier"]["name"], facet["count"]) for facet in facets["suppliers"]] in (
        [(f"Maker 1 {mark}", 3), (f"Maker 2 {mark}", 3)],
        [(f"Maker 2 {mark}", 3), (f"Maker 1 {mark}", 3)],
    )
    assert [
        (facet["priceFrom"]["amount"], (facet["priceBelow"] or {}).get("amount"), facet["count"])
        for facet in facets["prices"]
    ] == [("0.00", "10.00", 2), ("25.00", "50.00", 2), ("100.00", "250.00", 1), ("500.00", None, 1)]


async def test_a_search_is_narrowed_and_sorted_like_any_list(shelves: Shelves) -> None:
    tea = public_id("Category", shelves.categories["tea"].id)

    found = await search(shelves.mark, filter={"category": tea}, sort="TITLE")

    assert handles(found, shelves) == ["cup", "kettle", "saucer", "teapot"]
    assert sum(facet["count"] for facet in found["facets"]["prices"]) == 4


async def test_pages_of_a_search_put_together_are_the_whole(shelves: Shelves) -> None:
    whole = handles(await search(shelves.mark), shelves)
    walked: list[str] = []
    after = None
    while True:
        found = await search(shelves.mark, first=2, after=after)
        walked += handles(found, shelves)
        after = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            break

    assert walked == whole
    assert len(whole) == 6
    answer = await ask(SEARCH, as_=ANONYMOUS, words="other words", first=2, after=after)
    assert [error.original_error.code for error in answer.errors] == ["BAD_CURSOR"]


@pytest.mark.parametrize(("words", "code"), [("x" * 201, "BAD_ARGUMENT"), ("a\0b", "BAD_ARGUMENT")])
async def test_words_out_of_bounds_are_refused(words: str, code: str) -> None:
    answer = await ask(SEARCH, as_=ANONYMOUS, words=words, first=1)

    assert [error.original_error.code for error in answer.errors] == [code]


async def test_only_a_search_has_a_relevance() -> None:
    answer = await ask("{ products(first: 1, sortKey: RELEVANCE) { nodes { id } } }", as_=ANONYMOUS)

    assert [error.original_error.code for error in answer.errors] == ["BAD_ARGUMENT"]


async def test_a_search_takes_the_same_number_of_statements_whatever_it_finds(shelves: Shelves) -> None:
    counts: set[int] = set()
    for first in (1, 3, 6):
        with counting_statements() as statements:
            await search(shelves.mark, first=first)
        counts.add(len(statements))

    assert counts == {3}
