"""Writes the versions of the policy that a demonstration has besides the one in force: one to come, and a draft."""

from collections.abc import Mapping
from datetime import timedelta

from commerce.policy_versions import keep_snapshot
from models import clock
from models.accounts import Account, PolicyNotice, PolicyVersion, PolicyVersionState

SOON = timedelta(days=20)


async def fill(accounts: Mapping[str, Account]) -> None:
    """Write a version that was announced and comes into force soon, of which everybody was told, and a draft."""
    now, said = clock.now(), await keep_snapshot()
    coming = await PolicyVersion.create(
        version=2,
        state=PolicyVersionState.ANNOUNCED,
        effective_at=now + SOON,
        highlighted_terms=[
            {"id": "sharing", "title": "Suppliers and carriers of your order learn whom to deliver it to."},
            {"id": "changes", "title": "You are asked before more of your data is used."},
        ],
        snapshot_id=said,
        drafted_by_id=accounts["officer"].id,
        announced_by_id=accounts["other_officer"].id,
        announced_at=now - timedelta(days=1),
        told_at=now,
    )
    for account in accounts.values():
        await PolicyNotice.create(account_id=account.id, policy_version_id=coming.id, told_at=now)
    await PolicyVersion.create(
        version=3,
        state=PolicyVersionState.DRAFT,
        highlighted_terms=[{"id": "ledger", "title": "Whatever is shown of you to others is on record for you."}],
        snapshot_id=said,
        drafted_by_id=accounts["other_officer"].id,
    )
