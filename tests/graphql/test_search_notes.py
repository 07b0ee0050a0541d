"""Searches are noted in memory and written soon after; a read stays a read, and what was cleared is not written."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from commerce import searches
from commerce.searches import MOST_NOTED, WRITTEN_AFTER_S
from models import clock
from models.database import DatabaseUnavailable, snapshot
from models.pool import counting_statements
from models.searches import Search, UnlinkedSearch
from policy.searches import KEPT_FOR
from policy.viewer import ANONYMOUS
from tests.commerce.goods import add_goods
from tests.graphql.asking import ask
from tests.graphql.seeking import (
    BROWSER,
    PERSONALISATION,
    SEARCH,
    WITHDRAW,
    Kept,
    consenting,
    keeping,
    own,
    search,
    seek,
    some_words,
)
from tests.graphql.viewing import view
from tests.graphql.world import World

CLEAR = "mutation { searchesClear { account { searches(first: 5) { totalCount } } userErrors { code } } }"


@pytest_asyncio.fixture(autouse=True)
async def kept(world: World) -> AsyncIterator[Kept]:
    """Note searches, with room for all of them in one list."""
    async with keeping() as kept:
        yield kept


async def test_only_the_first_page_is_a_search_and_what_is_shown_in_anothers_place_is_none(world: World, kept: Kept):
    document = """query ($words: String!, $after: String) {
        search(query: $words, first: 1, after: $after) { pageInfo { endCursor } } }"""
    for _ in range(2):
        await add_goods(stock_at=(1,))
    first = await ask(document, as_=ANONYMOUS, words="goods")
    cursor = first.data["search"]["pageInfo"]["endCursor"]
    assert cursor is not None
    officer = world.viewers["officer"]

    await ask(document, as_=ANONYMOUS, words="goods", after=cursor)
    told = await view('{ search(query: "goods", first: 3) { nodes { handle } } }', {"isAnonymous": True}, by=officer)
    await ask(document, as_=ANONYMOUS, words="  ")
    await kept.notes.write()

    assert told.outcomes("search") == ["SHOWN"]
    assert [row.words for row in await UnlinkedSearch.all()] == ["goods"]


async def test_a_search_sends_the_statements_that_it_did_and_is_written_by_itself_soon_after(world: World):
    words = some_words()
    with counting_statements() as counted:
        await ask(SEARCH, as_=ANONYMOUS, words=words)
    assert await UnlinkedSearch.all().count() == 0

    await asyncio.sleep(2 * WRITTEN_AFTER_S)

    assert len(counted.shop) == 1
    assert [row.words for row in await UnlinkedSearch.all()] == [words]


async def test_a_search_is_answered_where_nothing_can_be_written_and_written_when_it_can(world: World, kept: Kept):
    who = await consenting()
    async with snapshot():
        mine, theirs = some_words(), some_words()
        for viewer, words in ((who.viewer, mine), (ANONYMOUS, theirs)):
            await seek(viewer, words)
        with pytest.raises(DatabaseUnavailable):
            await kept.notes.write()

    await kept.notes.write()

    assert await own(who) == [mine]
    assert [row.words for row in await UnlinkedSearch.all()] == [theirs]
    assert sum(kept.dropped) == 0


async def test_what_there_is_no_room_for_is_counted_and_the_rest_is_written_at_the_end(world: World):
    dropped: list[int] = []
    async with searches.noting(dropped.append):
        for _ in range(MOST_NOTED + 7):
            searches.note("a lamp", by=ANONYMOUS, client=BROWSER)
        assert await UnlinkedSearch.all().count() == 0

    assert sum(dropped) == 7
    assert await UnlinkedSearch.all().count() == MOST_NOTED


async def test_searches_are_kept_no_longer_than_was_said(world: World, kept: Kept):
    who = await consenting()
    with clock.moved_to(clock.now() - KEPT_FOR - timedelta(days=1)):
        await search(who.viewer, kept)
        await search(ANONYMOUS, kept)
    mine, theirs = await search(who.viewer, kept), await search(ANONYMOUS, kept)

    await searches.forget_old()

    assert await own(who) == [mine]
    assert [row.words for row in await UnlinkedSearch.all()] == [theirs]


async def test_clearing_deletes_ones_own_and_also_what_is_not_written_yet(world: World, kept: Kept):
    who, other = await consenting(), await consenting()
    await search(who.viewer, kept)
    theirs = await search(other.viewer, kept)
    await seek(who.viewer, some_words())

    answer = await ask(CLEAR, as_=who.viewer)

    assert answer.data["searchesClear"] == {"account": {"searches": {"totalCount": 0}}, "userErrors": []}
    await kept.notes.write()
    assert await own(who) == []
    assert await own(other) == [theirs]
    assert (await ask(CLEAR, as_=ANONYMOUS)).codes == ["NOT_IN_PERSON"]


async def test_what_was_noted_before_a_withdrawal_is_linked_to_nobody(world: World, kept: Kept):
    who = await consenting()
    await seek(who.viewer, some_words())

    await ask(WITHDRAW, as_=who.viewer, input=PERSONALISATION)
    await search(ANONYMOUS, kept)

    assert await Search.filter(account_id=who.account.id).count() == 0
