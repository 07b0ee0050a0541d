"""Versions of the policy as tests need them: of the past, wider or narrower than the rules, and who accepted them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson

from commerce import acceptances
from commerce.policy_versions import keep_snapshot
from models import clock, database
from models.accounts import Account, PolicyNotice, PolicyVersion, PolicyVersionState
from policy.classes import DataClass
from policy.parties import Party
from policy.versions import NOWHERE, Snapshot, snapshot, written
from policy.viewer import Viewer
from tests.commerce.people import policy
from tests.graphql.asking import ask

ACCEPT = """mutation ($input: PolicyAcceptInput!) {
    policyAccept(input: $input) { account { policyVersion } userErrors { code field } } }"""
STANDING = """{ viewer { policy {
    inForce { version status isMaterial highlightedTerms { id } } accepted { version } announced { version }
    needsAcceptance changes { kind dataClass party says needsConsent } pending { kind dataClass party } } } }"""


def without(party: Party, *classes: DataClass) -> Snapshot:
    """Say what the rules say, but for what a party sees of some classes."""
    whole = snapshot()
    cells = {key: cell for key, cell in whole.cells.items() if key not in {(party.name, each.name) for each in classes}}
    assert whole.cell(party.name, classes[0].name) != NOWHERE
    return replace(whole, name=f"{uuid4().hex}{uuid4().hex}", cells=cells)


async def version_of_the_past(said: Snapshot | None = None) -> PolicyVersion:
    """Write a version that was in force once, and is neither the first nor one of the latest."""
    await policy()
    name = await keep_snapshot()
    if said is not None:
        name = said.name
        await database.execute(
            "INSERT INTO policy_snapshot (name, said) VALUES ($1, $2::text::jsonb)",
            name,
            orjson.dumps(written(said)).decode(),
        )
    number = 1_000_000 + uuid4().int % 10**9
    return await PolicyVersion.create(
        version=number,
        state=PolicyVersionState.ANNOUNCED,
        effective_at=clock.now() - timedelta(days=1_000),
        announced_at=clock.now() - timedelta(days=1_030),
        told_at=clock.now() - timedelta(days=1_000),
        highlighted_terms=[{"id": "past", "title": "What was."}],
        snapshot_id=name,
    )


async def version_in_force() -> PolicyVersion:
    """Put a version into force that says what the rules say."""
    return await PolicyVersion.create(
        version=1_000_000 + uuid4().int % 10**9,
        state=PolicyVersionState.ANNOUNCED,
        effective_at=clock.now(),
        announced_at=clock.now() - timedelta(days=30),
        told_at=clock.now(),
        highlighted_terms=[{"id": "sharing", "title": "Who gets what."}, {"id": "minors", "title": "Ages."}],
        snapshot_id=await keep_snapshot(),
    )


async def agrees_to(account: UUID, version: PolicyVersion) -> None:
    """Let somebody have accepted a version last, and not the one in force."""
    await Account.filter(id=account).update(agreed_version=version.version)


async def is_told(account: UUID) -> PolicyVersion:
    """Tell somebody of the version in force."""
    current = await acceptances.in_force()
    await PolicyNotice.create(account_id=account, policy_version_id=current.id, told_at=clock.now())
    return current


async def accept(viewer: Viewer, **other: Any) -> tuple[dict[str, Any] | None, list[str]]:
    """Accept the version in force, and give the account with the codes of the refusal."""
    current = await acceptances.in_force()
    wanted = {"version": current.version, "highlightedTerms": sorted(acceptances.term_ids(current))} | other
    answer = await ask(ACCEPT, as_=viewer, input=wanted)
    assert answer.errors == []
    payload = answer.data["policyAccept"]
    return payload["account"], [error["code"] for error in payload["userErrors"]]


async def standing(viewer: Viewer) -> dict[str, Any]:
    """Read how somebody stands to the policy."""
    answer = await ask(STANDING, as_=viewer)
    assert answer.errors == []
    return answer.data["viewer"]["policy"]
