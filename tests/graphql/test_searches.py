"""What is searched for is about nobody, until a person who consents is behind it; then it is theirs alone (P2.2c)."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio

from models import clock
from models.database import fetch
from models.ids import public_id
from models.searches import Search, UnlinkedSearch
from policy.searches import MOST_CHARACTERS
from policy.viewer import ANONYMOUS, StaffRole, Viewer
from tests.clauses.mutants import rows_open
from tests.commerce.goods import add_goods
from tests.graphql.asking import ask
from tests.graphql.officers import in_force, member
from tests.graphql.seeking import (
    BROWSER,
    WITHDRAW,
    Kept,
    consenting,
    give,
    keeping,
    look,
    own,
    search,
    seen_by,
)
from tests.graphql.wards import ALL, PASSWORD, Somebody, family, set_consent, somebody
from tests.graphql.world import World


@pytest_asyncio.fixture(autouse=True)
async def kept(world: World) -> AsyncIterator[Kept]:
    """Note searches, with room for all of them in one list."""
    async with keeping() as kept:
        yield kept


@pytest.mark.clause("P2.2c")
@pytest.mark.matrix("UnlinkedSearch")
async def test_what_nobody_searched_for_is_for_operators_and_what_a_person_did_for_them(world: World, kept: Kept):
    """Both ways: the same words, with an account and without one."""
    who, operator = await consenting(), await member(StaffRole.OPERATOR)

    unlinked, linked = await search(ANONYMOUS, kept), await search(who.viewer, kept)

    answer = await look(operator, "searches(first: 100) { nodes { words searchedOn clientKind userAgentFamily } }")
    assert answer.withheld == []
    assert answer.data["searches"]["nodes"] == [
        {
            "words": unlinked,
            "searchedOn": clock.now().date().isoformat(),
            "clientKind": "web",
            "userAgentFamily": "Firefox",
        }
    ]
    assert await own(who) == [linked]


@pytest.mark.clause("P2.2c")
@pytest.mark.parametrize(
    ("selection", "more"),
    [
        ("searches(first: 9) { nodes { words } } viewer { kind }", ""),
        ("searches(first: 9) { nodes { words } } orders(first: 1) { nodes { number } }", ""),
        ("viewer { account { email } } searches(first: 9) { nodes { words } }", ""),
        ("searches(first: 9) { nodes { words } } deviceSightings(first: 9) { nodes { account { id } } }", ""),
        ("searches(first: 9) { nodes { words } } deviceSightings(first: 9) { nodes { lastSeenAt } }", ""),
        ("searches(first: 9) { nodes { words } } ...Who", "fragment Who on Query { orders(first: 1) { totalCount } }"),
        ("searches(first: 9) { nodes { words } } ... { orders(first: 1) @skip(if: true) { totalCount } }", ""),
        ("searches(first: 9) { nodes { words } } product(handle: null, id: null) @include(if: false) { title }", ""),
    ],
)
async def test_words_are_withheld_beside_what_leads_to_a_person(world: World, kept: Kept, selection: str, more: str):
    words, operator = await search(ANONYMOUS, kept), await member(StaffRole.OPERATOR)
    assert await seen_by(operator) == {words}

    answer = await look(operator, selection, more)

    assert answer.errors == []
    assert {node["words"] for node in answer.data["searches"]["nodes"]} == {None}
    assert ("words", "NOT_SHARED") in {(entry["path"][-1], entry["code"]) for entry in answer.withheld}


async def test_devices_aliases_and_fragments_that_lead_to_nobody_change_nothing(world: World, kept: Kept):
    words, operator = await search(ANONYMOUS, kept), await member(StaffRole.OPERATOR)

    answer = await look(
        operator,
        "__typename found: searches(first: 9) { nodes { what: words ...How } } "
        "deviceSightings(first: 9) { nodes { clientKind } }",
        "fragment How on UnlinkedSearch { __typename clientKind }",
    )

    assert answer.errors == []
    assert [node["what"] for node in answer.data["found"]["nodes"]] == [words]


@pytest.mark.clause("P2.2c")
async def test_a_person_who_does_not_consent_is_in_nothing_that_is_kept(world: World, kept: Kept):
    who = await somebody()

    words = await search(who.viewer, kept)

    rows = await fetch("SELECT * FROM unlinked_search")
    assert [dict(row, id=None) for row in rows] == [
        {
            "id": None,
            "words": words,
            "searched_on": clock.now().date(),
            "client_kind": "web",
            "user_agent_family": "Firefox",
        }
    ]
    # The instant in an id of version 7, in milliseconds.
    assert datetime.fromtimestamp((rows[0]["id"].int >> 80) / 1_000, UTC).time().isoformat() == "00:00:00"
    assert await Search.filter(account_id=who.account.id).count() == 0


@pytest.mark.clause("P2.2c")
async def test_what_was_unlinked_stays_so_and_what_was_linked_never_joins_it(world: World, kept: Kept):
    who, operator = await somebody(), await member(StaffRole.OPERATOR)

    before = await search(who.viewer, kept)
    await give(who)
    after = await search(who.viewer, kept)

    assert await own(who) == [after]
    assert await seen_by(operator) == {before}


@pytest.mark.clause("P2.2c")
async def test_a_guest_who_logs_in_with_a_cart_brings_no_search_along(world: World, kept: Kept):
    """The cart holds what names the guest, and a search holds nothing of the cart."""
    who, goods = await consenting(), await add_goods(stock_at=(3,))
    begin = """mutation ($input: CartCreateInput!) { cartCreate(input: $input) { cartToken userErrors { code } } }"""
    lines = [{"variantId": public_id("ProductVariant", goods.variant_id), "quantity": 1}]
    token = (await ask(begin, as_=ANONYMOUS, client=BROWSER, input={"lines": lines})).data["cartCreate"]["cartToken"]
    words = await search(ANONYMOUS, kept)

    login = """mutation ($input: LoginInput!) { login(input: $input) { cart { id } userErrors { code } } }"""
    given = {"address": who.person.email, "password": PASSWORD, "cartToken": token}
    merged = await ask(login, as_=ANONYMOUS, client=BROWSER, input=given)
    later = await search(who.viewer, kept)

    assert merged.data["login"]["cart"] is not None
    assert await own(who) == [later]
    assert await seen_by(await member(StaffRole.OPERATOR)) == {words}


@pytest.mark.clause("P2.2c")
@pytest.mark.parametrize(
    "words",
    [
        "call +46 70 123 45 67",
        "0701234567",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "０７０１２３４５６７",  # noqa: RUF001
        "070\u200b123\u200b4567",
        "somebody@people.example",
        "where is what I ordered @ work",
        "x" * (MOST_CHARACTERS + 1),
    ],
)
async def test_words_that_look_like_somebody_are_kept_with_consent_or_not_at_all(world: World, kept: Kept, words: str):
    who = await consenting()

    await search(ANONYMOUS, kept, words)
    await search(who.viewer, kept, words)

    assert await UnlinkedSearch.all().count() == 0
    assert await own(who) == [words]


async def test_words_are_sealed_under_the_key_of_the_person(world: World, kept: Kept):
    who = await consenting()

    words = await search(who.viewer, kept)

    (row,) = await Search.filter(account_id=who.account.id)
    assert words.encode() not in row.words
    assert await own(who) == [words]


async def test_a_list_runs_from_the_newest_search_and_in_pages(world: World, kept: Kept):
    who = await consenting()
    asked = [await search(who.viewer, kept) for _ in range(3)]

    document = """query ($after: String) { viewer { account { searches(first: 2, after: $after) {
        nodes { words } pageInfo { endCursor hasNextPage } totalCount } } } }"""
    first = (await ask(document, as_=who.viewer)).data["viewer"]["account"]["searches"]
    rest = await ask(document, as_=who.viewer, after=first["pageInfo"]["endCursor"])

    assert [node["words"] for node in first["nodes"]] == asked[:0:-1]
    assert first["totalCount"] == 3
    assert rest.data["viewer"]["account"]["searches"]["nodes"] == [{"words": asked[0]}]


@pytest.mark.clause("P2.2c")
async def test_withdrawing_the_consent_deletes_what_it_had_linked(world: World, kept: Kept):
    who, other = await consenting(), await consenting()
    await search(who.viewer, kept)
    theirs = await search(other.viewer, kept)

    assert (await ask(WITHDRAW, as_=who.viewer, input={})).codes == []
    after = await search(who.viewer, kept)

    assert await Search.filter(account_id=who.account.id).count() == 0
    assert await own(other) == [theirs]
    assert await seen_by(await member(StaffRole.OPERATOR)) == {after}


@pytest.mark.clause("P2.2c")
@pytest.mark.parametrize("years", [9, 16])
async def test_of_somebody_under_age_the_guardian_decides(world: World, kept: Kept, years: int):
    purposes = [purpose for purpose in ALL if purpose != "PERSONALISATION"]
    ward, guardian = await family(years, purposes)

    await search(ward.viewer, kept)
    assert (await set_consent(guardian.viewer, ward.id, "PERSONALISATION", is_given=True)).codes == []
    linked = await search(ward.viewer, kept)

    assert await own(ward) == [linked]
    document = "query ($id: ID!) { node(id: $id) { ... on User { searches(first: 5) { totalCount } } } }"
    assert (await ask(document, as_=guardian.viewer, id=ward.id)).data["node"]["searches"] == {"totalCount": 0}
    assert (await set_consent(guardian.viewer, ward.id, "PERSONALISATION", is_given=False)).codes == []
    assert await Search.filter(account_id=ward.account.id).count() == 0


@pytest.mark.clause("P7.3")
async def test_without_the_guardians_consent_nothing_of_a_childs_search_is_kept(world: World, kept: Kept):
    child, _ = await family(9, ["ACCOUNT"])

    await search(child.viewer, kept)

    assert await UnlinkedSearch.all().count() == 0
    assert await Search.filter(account_id=child.account.id).count() == 0


@pytest.mark.scope("UnlinkedSearch")
async def test_nobody_but_a_trained_operator_knows_of_unlinked_searches(world: World, kept: Kept):
    await search(ANONYMOUS, kept)
    others = [await member(StaffRole.OPERATOR, is_trained=False), Viewer(account=world.subjects["adult"].account.id)]
    others += [await member(role) for role in (StaffRole.AGENT, StaffRole.PRIVACY_OFFICER, StaffRole.AUDITOR)]
    others += [world.viewers["supplier_one"], ANONYMOUS]

    for other in others:
        assert (await look(other)).data["searches"]["nodes"] == []


@pytest.mark.matrix("UnlinkedSearch")
async def test_whoever_gets_hold_of_an_unlinked_search_is_shown_nothing_of_it(world: World, kept: Kept):
    await search(ANONYMOUS, kept)
    fields = ("words", "searchedOn", "clientKind", "userAgentFamily")

    with rows_open(UnlinkedSearch):
        answer = await look(ANONYMOUS, f"searches(first: 100) {{ nodes {{ {' '.join(fields)} }} }}")

    assert answer.data["searches"]["nodes"]
    assert {value for node in answer.data["searches"]["nodes"] for value in node.values()} == {None}
    assert {entry["path"][-1] for entry in answer.withheld} == set(fields)


async def test_a_ground_that_names_searches_opens_those_of_the_person(world: World, kept: Kept):
    operator, adult = await member(StaffRole.OPERATOR), world.subjects["adult"]
    who = Somebody(adult.person, adult.account)
    await give(who)
    words = await search(who.viewer, kept)
    document = "query ($id: ID!) { node(id: $id) { ... on User { searches(first: 50) { nodes { words } } } } }"

    before = await ask(document, as_=operator, id=who.id)
    await in_force(adult, operator, "ACCOUNT", "SEARCH")
    opened = await ask(document, as_=operator, id=who.id)

    assert before.data["node"] is None
    assert words in [node["words"] for node in opened.data["node"]["searches"]["nodes"]]
    assert words not in await seen_by(operator)


@pytest.mark.parametrize("first", [0, 101])
async def test_a_size_out_of_bounds_is_refused(world: World, first: int):
    answer: Any = await look(world.viewers["operator"], f"searches(first: {first}) {{ nodes {{ words }} }}")

    assert answer.data is None
    assert "1 to 100" in str(answer.errors[0])
