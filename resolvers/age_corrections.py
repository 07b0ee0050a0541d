"""Writes behind corrections of the day of birth."""

from datetime import date

from commerce import addresses, age_corrections
from commerce.age_corrections import Correction
from commerce.guardian_challenges import Invitation
from models.accounts import Account
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.guardianships import Asked
from resolvers.nodes import row_id
from resolvers.outcomes import outcome


@outcome
async def correct_own(viewer: Viewer, born: date, guardian: Asked | None) -> Seen[Account] | None:
    """Correct one's own day of birth, and read the account."""
    corrected = await age_corrections.correct_own(Correction(born, _invitation(guardian)), by=viewer)
    return await Account.visible_to(viewer).where(id=corrected).one()


@outcome
async def correct(
    viewer: Viewer, user_id: str, born: date, reason: str, *, is_proven: bool, guardian: Asked | None
) -> Seen[Account] | None:
    """Correct somebody's day of birth, and read the account as far as the viewer still may."""
    key, correction = row_id(user_id, "User", viewer), Correction(born, _invitation(guardian))
    corrected = await age_corrections.correct(key, correction, reason, is_proven=is_proven, by=viewer)
    return await Account.visible_to(viewer).where(id=corrected).one()


def _invitation(asked: Asked | None) -> Invitation | None:
    if asked is None:
        return None
    contact = (
        addresses.email(asked.email)
        if asked.email is not None
        else addresses.phone(asked.phone or "", region=asked.country)
    )
    return Invitation(contact, asked.first_name, asked.language)
