"""Who may not look at the shop as others, and what cannot be looked at."""

from typing import Any

import pytest

from models.audit import AuditEvent
from models.ids import public_id
from policy.viewer import Viewer
from tests.graphql.viewing import account, view
from tests.graphql.world import World

KIND = "{ viewer { kind } }"
NOBODY = {"isAnonymous": True}


@pytest.fixture
def officer(world: World) -> Viewer:
    return world.viewers["officer"]


@pytest.mark.parametrize(
    "name", ["anonymous", "adult", "supplier_one", "carrier", "agent", "operator", "guardian", "operator_under_ground"]
)
async def test_nobody_but_officers_and_auditors_may_look(world: World, name: str) -> None:
    by = world.viewers[name]
    before = await AuditEvent.all().count()

    told = await view(KIND, NOBODY, by=by)

    assert told.told is None
    assert told.code == "ACCESS_DENIED"
    assert await AuditEvent.all().count() == before


@pytest.mark.clause("P5.1")
async def test_an_officer_without_valid_training_may_not_look(world: World) -> None:
    told = await view(KIND, NOBODY, by=world.viewers["untrained_officer"])

    assert told.told is None
    assert told.code == "ACCESS_DENIED"


@pytest.mark.parametrize(
    "document",
    [
        'mutation { orderCancel(input: { id: "x" }) { userErrors { code } } }',
        "{ __schema { types { name } } }",
        '{ __type(name: "Order") { name } }',
        '{ a: viewAs(document: "{ viewer { kind } }", caseReference: "A-1", as: []) { viewers { kind } } }',
        """{ ...Nested } fragment Nested on Query {
            viewAs(document: "{ viewer { kind } }", caseReference: "A-1", as: []) { viewers { kind } } }""",
    ],
)
async def test_only_queries_about_the_shop_are_run_as_others(world: World, officer: Viewer, document: str) -> None:
    before = await AuditEvent.all().count()

    told = await view(document, {"staffRole": "PRIVACY_OFFICER"}, by=officer)

    assert told.code == "VIEW_AS_NOT_VALID"
    assert await AuditEvent.all().count() == before


@pytest.mark.parametrize("field", ["{ nothing }", "{ viewer { ", "query ($a: Int!) { viewer { kind } }"])
async def test_a_document_that_does_not_fit_is_refused_as_it_is_when_it_is_sent(
    world: World, officer: Viewer, field: str
) -> None:
    told = await view(field, NOBODY, by=officer)

    assert told.code in {"GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED", "BAD_VARIABLES"}


@pytest.mark.parametrize(
    ("viewers", "code"),
    [
        ([], "VIEW_AS_NOT_VALID"),
        ([NOBODY] * 5, "VIEW_AS_NOT_VALID"),
        ([{"isAnonymous": False}], "VIEW_AS_NOT_VALID"),
        ([{"accountId": "nobody"}], "VIEWER_NOT_FOUND"),
        ([{"staffId": "nobody"}], "VIEWER_NOT_FOUND"),
        ([{"partner": {"id": "nobody"}}], "VIEWER_NOT_FOUND"),
    ],
)
async def test_viewers_that_cannot_be_are_refused(
    world: World, officer: Viewer, viewers: list[dict[str, Any]], code: str
) -> None:
    assert (await view(KIND, *viewers, by=officer)).code == code


async def test_a_cancelled_account_and_somebody_who_is_no_member_of_staff_are_nobody(
    world: World, officer: Viewer
) -> None:
    adult = public_id("Staff", world.subjects["adult"].account.id)

    cancelled = await view(KIND, account(world.subjects["cancelled"]), by=officer)
    no_member = await view(KIND, {"staffId": adult}, by=officer)

    assert (cancelled.code, no_member.code) == ("VIEWER_NOT_FOUND", "VIEWER_NOT_FOUND")


@pytest.mark.parametrize("case", ["", "A", "Anna Berg", "ANNA", "4 Js 1107/26", "A" * 40 + "1", "A-1\n"])
async def test_a_case_reference_that_could_name_somebody_is_refused(world: World, officer: Viewer, case: str) -> None:
    told = await view(KIND, NOBODY, by=officer, case=case)

    assert told.code == "CASE_REFERENCE_NOT_VALID"


async def test_what_asks_for_too_much_for_all_viewers_is_refused_before_it_runs(world: World, officer: Viewer) -> None:
    document = """{ orders(first: 100) { nodes { number status placedAt buyer { email phone }
      lines { title quantity sku supplier { name slug } } } } }"""
    before = await AuditEvent.all().count()

    one = await view(document, NOBODY, by=officer)
    four = await view(document, *[NOBODY] * 4, by=officer)

    assert one.errors == []
    assert four.code == "QUERY_TOO_COSTLY"
    assert await AuditEvent.all().count() == before + 1
