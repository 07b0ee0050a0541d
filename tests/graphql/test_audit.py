"""The journal as operators read it, and auditors of who looked as somebody else; nobody else reads it."""

import json
from datetime import UTC, timedelta
from typing import Any
from uuid import UUID

import pytest

from commerce import audit, viewpoints
from models.accounts import Account
from models.audit import AuditEvent
from models.database import transaction
from models.ids import new_id, public_id
from models.products import Product
from models.tickets import Ticket
from policy.viewer import StaffRole, Viewer
from tests.graphql.asking import ask
from tests.graphql.world import OPERATORS, World

EVENTS = """
  query ($filter: AuditEventFilter, $first: Int, $after: String) {
    auditEvents(first: $first, after: $after, filter: $filter) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes { id action objectType objectId actor role requestId happenedAt changes { field before after } }
    }
  }
"""


async def note(by: Viewer, *, action: str = "productUpdate", of: Any = Product, times: int = 1) -> UUID:
    """Note actions on an object of their own."""
    key = new_id()
    for number in range(times):
        async with transaction():
            changes = {} if of is not Product else {"price_from_minor": (number, number + 1), "vendor": ("", "Mill")}
            await audit.record(action, of, key, changes, by=by)
    return key


async def seen(as_: Viewer, first: int = 50, after: str | None = None, **filter_: Any) -> dict[str, Any]:
    """Ask for events."""
    answer = await ask(EVENTS, as_=as_, first=first, after=after, filter=filter_)
    assert answer.errors == []
    return answer.data["auditEvents"]


async def test_an_operator_reads_what_was_done_to_a_product(world: World):
    who = world.viewers["operator"]
    key = await note(who)

    found = await seen(who, objectId=public_id("Product", key))

    (event,) = found["nodes"]
    assert (event["action"], event["objectType"], event["role"]) == ("productUpdate", "Product", "OPERATOR")
    assert event["objectId"] == public_id("Product", key)
    assert event["requestId"] is None
    values = {each["field"]: (json.loads(each["before"]), json.loads(each["after"])) for each in event["changes"]}
    assert values == {"priceFromMinor": (0, 1), "vendor": ("", "Mill")}


async def test_who_did_it_is_told_apart_and_not_named(world: World):
    one, other = (
        world.viewers["operator"],
        Viewer(account=world.viewers["untrained_operator"].account, staff=StaffRole.OPERATOR, is_trained=True),
    )
    keys = [await note(one), await note(one), await note(other)]

    events = [(await seen(one, objectId=public_id("Product", key)))["nodes"][0] for key in keys]

    first, second, third = (event["actor"] for event in events)
    assert first == second != third
    assert str(one.account) not in json.dumps(events)
    answer = await ask("query ($id: ID!) { node(id: $id) { id } }", as_=one, id=first)
    assert answer.data == {"node": None}


@pytest.mark.scope("AuditEvent")
async def test_nobody_but_a_trained_operator_sees_what_was_done_to_a_product(world: World):
    key = await note(world.viewers["operator"])
    row = await AuditEvent.get(object_id=key)
    id_ = public_id("AuditEvent", row.id)

    for name, viewer in world.viewers.items():
        found = await seen(viewer, objectId=public_id("Product", key))
        answer = await ask("query ($id: ID!) { node(id: $id) { __typename } }", as_=viewer, id=id_)

        is_shown = name in OPERATORS
        assert bool(found["nodes"]) is is_shown, name
        assert (answer.data["node"] is not None) is (is_shown and viewer.supplier is None), name


@pytest.mark.scope("AuditEvent")
async def test_what_was_done_to_a_ticket_is_not_shown_to_operators(world: World):
    key = await note(world.viewers["operator"], action="ticketClose", of=Ticket)

    assert (await seen(world.viewers["operator"], objectId=public_id("Ticket", key)))["nodes"] == []
    assert (await seen(world.viewers["operator"], action="ticketClose"))["nodes"] == []


async def test_events_are_narrowed_by_action_and_time(world: World):
    who = world.viewers["operator"]
    key = await note(who, action="productArchive")
    row = await AuditEvent.get(object_id=key)
    at, moment = row.happened_at.astimezone(UTC), timedelta(microseconds=1)
    wanted = {"objectId": public_id("Product", key)}

    for narrower, count in (
        ({"action": "productArchive"}, 1),
        ({"action": "productCreate"}, 0),
        ({"since": at.isoformat()}, 1),
        ({"since": (at + moment).isoformat()}, 0),
        ({"until": at.isoformat()}, 0),
        ({"until": (at + moment).isoformat()}, 1),
    ):
        assert (await seen(who, 50, None, **wanted, **narrower))["totalCount"] == count, narrower


@pytest.mark.parametrize("filter_", [{"action": "no action"}, {"since": "2026-01-31T12:00:00"}])
async def test_a_filter_that_cannot_be_is_refused(filter_: dict[str, str], world: World):
    answer = await ask(EVENTS, as_=world.viewers["operator"], first=1, filter=filter_)

    assert [error.original_error.code for error in answer.errors] == ["BAD_ARGUMENT"]


async def test_events_come_in_pages_the_latest_first(world: World):
    who = world.viewers["operator"]
    key = await note(who, times=5)
    wanted = {"objectId": public_id("Product", key)}

    pages: list[dict[str, Any]] = [await seen(who, 2, **wanted)]
    while pages[-1]["pageInfo"]["hasNextPage"]:
        pages.append(await seen(who, 2, pages[-1]["pageInfo"]["endCursor"], **wanted))

    events = [event for page in pages for event in page["nodes"]]
    assert [len(page["nodes"]) for page in pages] == [2, 2, 1]
    rows = await AuditEvent.filter(object_id=key).order_by("-id")
    assert [event["id"] for event in events] == [public_id("AuditEvent", row.id) for row in rows]
    assert pages[0]["totalCount"] == 5


@pytest.mark.scope("AuditEvent")
async def test_an_auditor_reads_with_whose_eyes_others_looked_and_for_which_case(world: World):
    officer, looked_at = world.viewers["officer"], world.subjects["adult"].account
    await viewpoints.note(
        [viewpoints.Viewpoint(Viewer(account=looked_at.id), (Account, looked_at.id))],
        case_reference="2026-0117",
        by=officer,
    )
    auditor = world.viewers["auditor"]

    event = (await seen(auditor, action="viewAs"))["nodes"][0]
    same = (await seen(auditor, action="viewAs", objectId=event["objectId"]))["nodes"]
    others = {
        name: (await seen(world.viewers[name], action="viewAs"))["nodes"] for name in ("operator", "agent", "officer")
    }
    untrained = await seen(Viewer(account=auditor.account, staff=StaffRole.AUDITOR, is_trained=False))
    leads_to = await ask("query ($id: ID!) { node(id: $id) { id } }", as_=auditor, id=event["objectId"])

    assert (event["objectType"], event["role"]) == ("User", "PRIVACY_OFFICER")
    assert event["changes"] == [{"field": "caseReference", "before": "null", "after": '"2026-0117"'}]
    assert str(looked_at.id) not in json.dumps(event)
    assert event in same
    assert {node["objectId"] for node in same} == {event["objectId"]}
    assert leads_to.data == {"node": None}
    assert not any(others.values())
    assert untrained["nodes"] == []


async def test_an_auditor_reads_nothing_of_what_was_done_to_the_shop(world: World):
    await note(world.viewers["operator"])

    nodes = (await seen(world.viewers["auditor"]))["nodes"]

    assert {node["action"] for node in nodes} <= {"viewAs"}
