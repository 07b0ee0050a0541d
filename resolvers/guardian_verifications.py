"""Reads and writes behind checks of whether a guardian is an adult."""

from collections.abc import Sequence
from datetime import datetime

from commerce import guardian_verifications
from models import clock
from models.accounts import Account
from models.guardian_verifications import GuardianVerification, VerificationState
from models.rows import PageRequest
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.outcomes import outcome


async def verifications_of(users: Sequence[Seen[Account]], viewer: Viewer) -> list[Seen[GuardianVerification] | None]:
    """Read the newest check of each account."""
    rows, keys = GuardianVerification.visible_to(viewer), [user.row.id for user in users]
    found = await rows.pages("account_id", keys, PageRequest(1))
    return [next(iter(found[key].rows), None) for key in keys]


def state_at(state: VerificationState, expires_at: datetime) -> VerificationState:
    """Tell the state of a check now: one that nobody answered in time is expired before it is tidied up."""
    is_over = state is VerificationState.PENDING and expires_at <= clock.now()
    return VerificationState.EXPIRED if is_over else state


@outcome
async def verify(
    viewer: Viewer, name: str, identity_number: str, *, is_confirmed: bool
) -> Seen[GuardianVerification] | None:
    """Have the viewer checked, and read the check."""
    check = await guardian_verifications.verify(name, identity_number, is_confirmed=is_confirmed, by=viewer)
    return await GuardianVerification.visible_to(viewer).where(id=check).one()
