"""What a person is told of the legal grounds on them, and when."""

from datetime import datetime
from typing import Any

import pytest

from models import clock
from models.ids import public_id, read_public_id
from models.legal_grounds import LegalGround
from policy.viewer import StaffRole, Viewer
from tests.graphql.asking import ask
from tests.graphql.officers import act, in_force, member, officer
from tests.graphql.test_legal_grounds import look
from tests.graphql.world import Subject, World

OWN = """{ viewer { legalGrounds(first: 50) { nodes {
    id kind state caseReference validUntil uses(first: 5) { nodes { classes operation usedAt } } } } } }"""


async def own(subject: Subject) -> dict[str, dict[str, Any]]:
    answer = await ask(OWN, as_=Viewer(account=subject.account.id))
    return {node["id"]: node for node in answer.data["viewer"]["legalGrounds"]["nodes"]}


@pytest.mark.clause("P6.1")
async def test_the_person_sees_the_ground_and_each_use_of_it(world: World):
    adult, agent = world.subjects["adult"], await member(StaffRole.AGENT)
    ground = await in_force(adult, agent, "ACCOUNT", "EMAIL")
    await look(agent, adult)

    seen = (await own(adult))[ground]

    assert (seen["kind"], seen["state"], seen["caseReference"]) == ("JUSTICE", "APPROVED", "4 Js 1107/26 canary")
    (use,) = seen["uses"]["nodes"]
    assert (use["classes"], use["operation"]) == (["ACCOUNT", "EMAIL"], "Look")
    assert datetime.fromisoformat(use["usedAt"]) <= clock.now()
    assert ground not in await own(world.subjects["other"])


async def test_what_the_law_forbids_to_tell_is_told_when_it_has_ended(world: World):
    adult, agent = world.subjects["adult"], await member(StaffRole.AGENT)
    kept = await in_force(adult, agent, "ACCOUNT", "EMAIL", isKeptFromSubject=True)
    revoked = await in_force(adult, agent, "ACCOUNT", "PHONE", isKeptFromSubject=True)
    await look(agent, adult)
    before = await own(adult)

    await act("legalGroundRevoke", await officer(), id=revoked)

    assert not {kept, revoked} & set(before)
    assert set(await own(adult)) - set(before) == {revoked}
    with clock.moved_to((await LegalGround.get(id=read_public_id(kept)[1])).valid_until):
        assert (await own(adult))[kept]["uses"]["nodes"] != []


async def test_a_ground_that_is_kept_from_a_person_changes_nothing_in_what_they_see(world: World):
    """Paired worlds: the answers before and after differ in nothing."""
    adult, agent = world.subjects["guardian"], await member(StaffRole.AGENT)
    everything = """{ viewer { legalGrounds(first: 50) { totalCount nodes { id } pageInfo { hasNextPage } }
        account { legalGrounds(first: 50) { totalCount nodes { id } } } } legalGrounds(first: 50) { totalCount } }"""
    person = Viewer(account=adult.account.id)
    before = await ask(everything, as_=person)

    ground = await in_force(adult, agent, "ACCOUNT", "EMAIL", isKeptFromSubject=True)
    await look(agent, adult)

    assert await ask(everything, as_=person) == before
    by_id = "query ($id: ID!) { node(id: $id) { id } }"
    missing = await ask(by_id, as_=person, id=public_id("LegalGround", adult.account.id))
    assert await ask(by_id, as_=person, id=ground) == missing
