"""A device is about nobody until something beside it leads to a person (P2.2c)."""

import secrets
from typing import Any

import pytest
import pytest_asyncio

from commerce import sessions
from models import clock
from models.sessions import Session
from permissions.context import Client
from policy.viewer import StaffRole, Viewer
from tests.graphql.asking import Answer, ask
from tests.graphql.officers import in_force, member
from tests.graphql.world import World


@pytest_asyncio.fixture(autouse=True)
async def nobody_else(world: World) -> None:
    """What other tests left signed in would not leave room for all in one list."""
    await Session.filter(ended_at=None).update(ended_at=clock.now(), ended_reason="by a test")


async def sign_in(world: World, *names: str) -> str:
    """Sign people in with a program that nobody else has."""
    family = "Browser " + "".join(secrets.choice("abcdefghij") for _ in range(12))
    for name in names:
        client = Client(user_agent_family=family, ip_hash=secrets.token_bytes(32), kind="app")
        await sessions.begin(world.subjects[name].account.id, client=client)
    return family


async def look(as_: Viewer, selection: str, more: str = "") -> Answer:
    return await ask(f"{{ deviceSightings(first: 100) {{ {selection} }} }} {more}", as_=as_)


def families(answer: Answer, key: str = "userAgentFamily") -> set[Any]:
    return {node[key] for node in answer.data["deviceSightings"]["nodes"]}


@pytest.mark.clause("P2.2c")
@pytest.mark.matrix("DeviceSighting")
async def test_devices_alone_are_shown_to_operators_and_with_who_has_them_to_nobody(world: World):
    """Both ways: the same rows, and what is selected beside them decides."""
    family, operator = await sign_in(world, "adult", "other"), await member(StaffRole.OPERATOR)

    alone = await look(operator, "nodes { __typename clientKind userAgentFamily }")
    combined = await look(operator, "nodes { clientKind userAgentFamily lastSeenAt account { id } }")

    assert family in families(alone)
    assert alone.withheld == []
    assert families(combined) == {None}
    assert {(entry["path"][-1], entry["code"]) for entry in combined.withheld} == {
        ("clientKind", "NOT_SHARED"),
        ("userAgentFamily", "NOT_SHARED"),
        ("lastSeenAt", "PURPOSE_NOT_ALLOWED"),
    }


@pytest.mark.clause("P2.2c")
@pytest.mark.parametrize(
    ("selection", "more"),
    [
        ("nodes { userAgentFamily account { id } }", ""),
        ("nodes { userAgentFamily who: account { id } }", ""),
        ("nodes { userAgentFamily account { __typename } }", ""),
        ("nodes { userAgentFamily ... { account { id } } }", ""),
        ("nodes { userAgentFamily ...Who }", "fragment Who on DeviceSighting { account { id } }"),
        (
            "nodes { ...Both }",
            "fragment Both on DeviceSighting { userAgentFamily ... on DeviceSighting { ...Who } } "
            "fragment Who on DeviceSighting { person: account { email } }",
        ),
        ("nodes { userAgentFamily } nodes { account { id } }", ""),
        ("...Rows nodes { userAgentFamily }", "fragment Rows on DeviceSightings { nodes { account { id } } }"),
        ("nodes { userAgentFamily lastSeenAt }", ""),
        ("nodes { userAgentFamily seen: lastSeenAt }", ""),
        ("nodes { userAgentFamily account @skip(if: true) { id } }", ""),
    ],
)
async def test_no_alias_fragment_or_directive_hides_that_a_person_is_asked_for(world: World, selection: str, more: str):
    family, operator = await sign_in(world, "adult"), await member(StaffRole.OPERATOR)
    unlinked = "nodes { userAgentFamily }"
    assert family in families(await look(operator, unlinked))

    answer = await look(operator, selection, more)

    assert answer.errors == []
    assert families(answer) == {None}


@pytest.mark.clause("P2.2c")
async def test_aliases_and_fragments_that_lead_to_nobody_change_nothing(world: World):
    family, operator = await sign_in(world, "adult"), await member(StaffRole.OPERATOR)

    answer = await look(
        operator,
        "nodes { kind: clientKind ...What ... on DeviceSighting { __typename } }",
        "fragment What on DeviceSighting { what: userAgentFamily }",
    )

    assert family in families(answer, "what")


async def test_two_lists_of_one_operation_are_in_no_common_order(world: World):
    """A ground opens who somebody is; where they stand in that list must not tell which device is theirs."""
    adult, operator = world.subjects["adult"], await member(StaffRole.OPERATOR)
    await in_force(adult, operator, "ACCOUNT")
    family = await sign_in(world, "adult")
    await sign_in(world, *["other"] * 30)
    document = """{
        devices: deviceSightings(first: 100) { nodes { userAgentFamily } }
        people: deviceSightings(first: 100) { nodes { account { id } } } }"""

    distances: set[int] = set()
    for _ in range(6):
        data = (await ask(document, as_=operator)).data
        shown = [node["userAgentFamily"] for node in data["devices"]["nodes"]]
        accounts = [node["account"] is not None for node in data["people"]["nodes"]]
        assert None not in shown
        if family in shown and True in accounts:
            distances.add(shown.index(family) - accounts.index(True))

    assert len(distances) > 1


async def test_a_ground_that_names_the_device_ties_it_to_the_person(world: World):
    family, operator = await sign_in(world, "adult"), await member(StaffRole.OPERATOR)
    await in_force(world.subjects["adult"], operator, "ACCOUNT", "DEVICE")

    answer = await look(operator, "nodes { userAgentFamily account { id } }")

    tied = [node for node in answer.data["deviceSightings"]["nodes"] if node["userAgentFamily"] is not None]
    assert family in {node["userAgentFamily"] for node in tied}
    assert None not in [node["account"] for node in tied]


async def test_nobody_but_a_trained_operator_sees_a_device_of_others(world: World):
    await sign_in(world, "adult")
    others = [await member(StaffRole.OPERATOR, is_trained=False), Viewer(account=world.subjects["adult"].account.id)]
    others += [await member(role) for role in (StaffRole.AGENT, StaffRole.PRIVACY_OFFICER, StaffRole.AUDITOR)]
    others += [world.viewers["supplier_one"], Viewer()]

    for other in others:
        assert (await look(other, "nodes { userAgentFamily }")).data["deviceSightings"]["nodes"] == []


async def test_a_device_of_a_child_is_not_among_them(world: World):
    """Not even that there is one: a row without values would tell of a child."""
    family, operator = await sign_in(world, "child", "consented_child"), await member(StaffRole.OPERATOR)

    answer = await look(operator, "nodes { userAgentFamily }")

    shown = [node["userAgentFamily"] for node in answer.data["deviceSightings"]["nodes"]]
    assert None not in shown
    assert shown.count(family) == 1
    assert await Session.filter(user_agent_family=family).count() == 2


@pytest.mark.parametrize("first", [0, 101])
async def test_a_size_out_of_bounds_is_refused(world: World, first: int):
    answer = await ask(
        f"{{ deviceSightings(first: {first}) {{ nodes {{ clientKind }} }} }}", as_=world.viewers["operator"]
    )

    assert answer.data is None
    assert "1 to 100" in str(answer.errors[0])
