"""Versions of the policy are drafted by one officer and announced by another, who know before what they change."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from commerce import acceptances
from models import clock
from models.accounts import PolicyVersion, PolicyVersionState
from models.audit import AuditEvent
from models.database import ConstraintViolated, execute
from policy.classes import EMAIL, RECIPIENT_PHONE
from policy.parties import Party
from policy.versions import Snapshot
from policy.viewer import ANONYMOUS, StaffRole, Viewer
from tests.graphql.asking import ask
from tests.graphql.officers import member, officer
from tests.graphql.policies import agrees_to, version_in_force, version_of_the_past, without
from tests.graphql.wards import somebody


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def none_to_come(database: object) -> AsyncIterator[None]:
    """Find and leave no version that was announced for later: a first day is compared with that of the last one."""
    await version_in_force()
    await _withdraw_all_to_come()
    yield
    await _withdraw_all_to_come()


async def _withdraw_all_to_come() -> None:
    coming = PolicyVersion.filter(state=PolicyVersionState.ANNOUNCED, effective_at__gt=clock.now())
    await coming.update(state=PolicyVersionState.WITHDRAWN)


VERSION = "policyVersion { version status isMaterial effectiveAt changes { kind party } highlightedTerms { id title } }"


async def act(name: str, as_: Viewer, **given: Any) -> tuple[dict[str, Any] | None, list[str]]:
    """Draft, announce or withdraw a version."""
    kind = f"{name[0].upper()}{name[1:]}Input"
    document = f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ {VERSION} userErrors {{ code message }} }} }}"
    answer = await ask(document, as_=as_, input=given)
    assert answer.errors == []
    payload = answer.data[name]
    return payload["policyVersion"], [error["code"] for error in payload["userErrors"]]


async def drafted(by: Viewer) -> int:
    terms = [{"id": "sharing", "title": "Suppliers learn more."}]
    version, codes = await act("policyVersionDraft", by, highlightedTerms=terms)
    assert codes == []
    assert version is not None
    return version["version"]


def in_days(days: float) -> str:
    return (clock.now() + timedelta(days=days)).isoformat()


async def test_one_officer_drafts_and_another_announces_and_both_are_in_the_journal() -> None:
    one, two = await officer(), await officer()
    number = await drafted(one)
    listed = "{ policyVersions(first: 5) { nodes { version status } } }"
    hidden = (await ask(listed, as_=ANONYMOUS)).data["policyVersions"]["nodes"]
    shown = (await ask(listed, as_=two)).data["policyVersions"]["nodes"]

    version, codes = await act("policyVersionAnnounce", two, version=number, effectiveAt=in_days(8))

    assert codes == []
    assert version is not None
    assert (version["status"], version["isMaterial"], version["changes"]) == ("ANNOUNCED", False, [])
    assert version["highlightedTerms"] == [{"id": "sharing", "title": "Suppliers learn more."}]
    assert number not in {each["version"] for each in hidden}
    assert {"version": number, "status": "DRAFT"} in shown
    row = await PolicyVersion.get(version=number)
    events = await AuditEvent.filter(object_id=row.id).order_by("id")
    assert [(event.action, event.actor_id) for event in events] == [
        ("policyVersionDraft", one.account),
        ("policyVersionAnnounce", two.account),
    ]
    public = (await ask(listed, as_=ANONYMOUS)).data["policyVersions"]["nodes"]
    assert {"version": number, "status": "ANNOUNCED"} in public
    assert (await acceptances.in_force()).version != number
    with clock.moved_to(clock.now() + timedelta(days=9)):
        assert (await acceptances.in_force()).version == number


@pytest.mark.clause("P2.9")
async def test_nobody_announces_what_they_drafted() -> None:
    one = await officer()
    number = await drafted(one)

    assert await act("policyVersionAnnounce", one, version=number, effectiveAt=in_days(100)) == (
        None,
        ["SECOND_PERSON_NEEDED"],
    )


async def test_not_even_a_statement_announces_what_one_person_drafted() -> None:
    number = await drafted(await officer())

    with pytest.raises(ConstraintViolated):
        await execute(
            """UPDATE policy_version SET state = 'ANNOUNCED', announced_by_id = drafted_by_id, effective_at = now()
            WHERE version = $1""",
            number,
        )


@pytest.mark.clause("P9.1")
@pytest.mark.parametrize("days", [0.1, 6.9, 367])
async def test_a_version_is_announced_so_early_that_people_can_learn_of_it(days: float) -> None:
    number = await drafted(await officer())

    _, codes = await act("policyVersionAnnounce", await officer(), version=number, effectiveAt=in_days(days))

    assert codes == ["POLICY_VERSION_NOT_VALID"]


async def announced_before(said: Snapshot | None, *, days: int = 200) -> None:
    """Write the version that was announced last of all."""
    version = await version_of_the_past(said)
    await PolicyVersion.filter(id=version.id).update(effective_at=clock.now() + timedelta(days=days))


@pytest.mark.clause("P9.3")
async def test_whoever_has_to_be_asked_is_given_more_time() -> None:
    await announced_before(without(Party.SUPPLIER, RECIPIENT_PHONE), days=9)
    number = await drafted(await officer())

    _, soon = await act("policyVersionAnnounce", await officer(), version=number, effectiveAt=in_days(29))

    assert soon == ["POLICY_VERSION_NOT_VALID"]


@pytest.mark.clause("P9.1")
async def test_a_version_that_takes_from_people_what_they_see_of_their_own_is_not_announced() -> None:
    number = await drafted(await officer())
    await announced_before(None)
    # As the rules would say it that the draft was made from.
    less = await version_of_the_past(without(Party.SELF, EMAIL))
    await PolicyVersion.filter(version=number).update(snapshot_id=less.snapshot_id)

    _, codes = await act("policyVersionAnnounce", await officer(), version=number, effectiveAt=in_days(300))

    assert codes == ["POLICY_RIGHTS_REDUCED"]


async def test_a_draft_is_withdrawn_and_what_was_announced_stays() -> None:
    one, two = await officer(), await officer()
    number, other = await drafted(one), await drafted(one)
    await act("policyVersionAnnounce", two, version=other, effectiveAt=in_days(20))

    version, codes = await act("policyVersionWithdraw", two, version=number)
    _, again = await act("policyVersionWithdraw", two, version=number)
    _, late = await act("policyVersionAnnounce", two, version=number, effectiveAt=in_days(20))
    _, announced = await act("policyVersionWithdraw", two, version=other)
    _, nothing = await act("policyVersionWithdraw", two, version=0)

    assert (version or {})["status"] == "WITHDRAWN"
    assert codes == []
    assert again == late == announced == ["POLICY_VERSION_NOT_DRAFT"]
    assert nothing == ["POLICY_VERSION_NOT_FOUND"]


async def test_of_many_officers_who_announce_and_withdraw_at_once_one_decides() -> None:
    number = await drafted(await officer())
    officers = [await officer() for _ in range(4)]

    ended = await asyncio.gather(
        *(
            act("policyVersionAnnounce", who, version=number, effectiveAt=in_days(30))
            if place % 2
            else act("policyVersionWithdraw", who, version=number)
            for place, who in enumerate(officers)
        )
    )

    assert Counter(tuple(codes) for _, codes in ended) == {(): 1, ("POLICY_VERSION_NOT_DRAFT",): 3}


@pytest.mark.parametrize("ids", [[], ["a", "a"], [f"term {number}" for number in range(31)]])
async def test_terms_are_few_and_each_has_an_id(ids: list[str]) -> None:
    terms = [{"id": each, "title": "A."} for each in ids]

    _, codes = await act("policyVersionDraft", await officer(), highlightedTerms=terms)

    assert codes == ["POLICY_VERSION_NOT_VALID"]


async def test_only_officers_who_have_just_proven_who_they_are_make_versions() -> None:
    number = await drafted(await officer())
    terms = [{"id": "a", "title": "A."}]
    others = [await member(role) for role in (StaffRole.AGENT, StaffRole.OPERATOR, StaffRole.AUDITOR)]
    others += [await officer(is_trained=False), (await somebody()).viewer, ANONYMOUS]
    unproven = await officer(is_proven=False)

    codes: set[str] = set()
    for other in others:
        codes |= {str((await act("policyVersionDraft", other, highlightedTerms=terms))[1])}
        codes |= {str((await act("policyVersionAnnounce", other, version=number, effectiveAt=in_days(8)))[1])}
        codes |= {str((await act("policyVersionWithdraw", other, version=number))[1])}

    assert codes == {"['NOT_PRIVACY_OFFICER']"}
    assert (await act("policyVersionDraft", unproven, highlightedTerms=terms))[1] == ["STEP_UP_REQUIRED"]
    assert (await act("policyVersionAnnounce", unproven, version=number, effectiveAt=in_days(8)))[1] == [
        "STEP_UP_REQUIRED"
    ]


IMPACT = """query ($version: Int!) { policyVersionImpact(version: $version) {
    agreedVersion people isAsked changes { kind dataClass party needsConsent } } }"""


async def test_officers_learn_before_how_many_have_to_be_asked_and_what_goes_dark_for_whom() -> None:
    past, same = await version_of_the_past(without(Party.SUPPLIER, RECIPIENT_PHONE)), await version_of_the_past()
    for version, count in ((past, 2), (same, 1)):
        for _ in range(count):
            await agrees_to((await somebody()).account.id, version)
    who = await officer()
    number = await drafted(who)

    answer = await ask(IMPACT, as_=who, version=number)

    told = {each["agreedVersion"]: each for each in answer.data["policyVersionImpact"]}
    assert told[past.version] == {
        "agreedVersion": past.version,
        "people": 2,
        "isAsked": True,
        "changes": [
            {"kind": "RECIPIENT_ADDED", "dataClass": "RECIPIENT_PHONE", "party": "SUPPLIER", "needsConsent": True}
        ],
    }
    assert told[same.version] == {"agreedVersion": same.version, "people": 1, "isAsked": False, "changes": []}
    for other in (ANONYMOUS, await member(StaffRole.OPERATOR), await officer(is_trained=False)):
        assert (await ask(IMPACT, as_=other, version=number)).data == {"policyVersionImpact": None}
    assert (await ask(IMPACT, as_=who, version=0)).data == {"policyVersionImpact": None}


@pytest.mark.scope("PolicyVersion")
async def test_drafts_and_what_was_withdrawn_are_for_officers_alone() -> None:
    one = await officer()
    number = await drafted(one)

    for viewer in (ANONYMOUS, await member(StaffRole.OPERATOR), await officer(is_trained=False)):
        assert await PolicyVersion.visible_to(viewer).where(version=number).one() is None
    assert await PolicyVersion.visible_to(one).where(version=number).one() is not None
