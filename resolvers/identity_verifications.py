"""Reads and writes behind how far people are verified, and the checks of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from commerce import identity_verifications, verification_levels
from commerce.identity_verifications import Claim
from commerce.verification_levels import Standing
from models import clock, rounds
from models.accounts import Account
from models.arrays import of_keys
from models.identity_verifications import IdentityVerification, VerificationState
from models.keys import ERASED
from models.rows import PageRequest
from models.sealed import open_cells
from policy.classes import VERIFICATION
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.outcomes import outcome
from resolvers.pages import Page, cursor_context, page_request


async def standings_of(users: Sequence[Seen[Account]], viewer: Viewer) -> list[Seen[Standing] | None]:
    """Read how far the person of each account is verified, in the case through which the account was reached."""
    keys = [user.row.id for user in users]
    found = await verification_levels.standings(keys)
    return [
        Seen(found[key], user.case, VERIFICATION) if key in found else None
        for key, user in zip(keys, users, strict=True)
    ]


async def verifications_of(users: Sequence[Seen[Account]], viewer: Viewer) -> list[Seen[IdentityVerification] | None]:
    """Read the newest check of each account."""
    rows, keys = IdentityVerification.visible_to(viewer), [user.row.id for user in users]
    found = await rows.pages("account_id", keys, PageRequest(1))
    return [next(iter(found[key].rows), None) for key in keys]


async def visible_to(
    viewer: Viewer, *, first: int | None, after: str | None, last: int | None, before: str | None
) -> Page:
    """List all checks that a viewer may know of, the newest first."""
    context = cursor_context("identity checks", viewer)
    wanted = page_request(context, first=first, after=after, last=last, before=before)
    rows = IdentityVerification.visible_to(viewer)
    return Page(await rows.page(wanted), context, rows)


async def references_of(parents: Sequence[Seen[Any]], viewer: Viewer) -> list[str]:
    """Tell by what providers know checks."""
    return [str(parent.row.id) for parent in parents]


async def phones_of(parents: Sequence[Seen[IdentityVerification]], viewer: Viewer) -> list[str | None]:
    """Read the phone numbers that the people sign in with."""
    keys = [parent.row.account_id for parent in parents]
    found = dict(await rounds.read("SELECT id, phone FROM account WHERE id = ANY($1)", of_keys(keys)))
    phones = await open_cells([(Account, "phone", key, key, found.get(key)) for key in keys])
    return [None if phone is ERASED else phone for phone in phones]


def state_at(state: VerificationState, expires_at: datetime) -> VerificationState:
    """Tell the state of a check now: one that nobody answered in time is expired before it is tidied up."""
    is_over = state is VerificationState.PENDING and expires_at <= clock.now()
    return VerificationState.EXPIRED if is_over else state


@outcome
async def verify(
    viewer: Viewer, name: str, identity_number: str, *, is_of_age: bool, is_confirmed: bool
) -> Seen[IdentityVerification] | None:
    """Have the viewer checked, and read the check."""
    claim = Claim(name, identity_number, is_of_age)
    check = await identity_verifications.verify(claim, is_confirmed=is_confirmed, by=viewer)
    return await IdentityVerification.visible_to(viewer).where(id=check).one()
