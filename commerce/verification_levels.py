"""How far somebody is verified, and the refusal of what takes more (P2.1)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from commerce.refusals import Refusal
from models import database
from policy.enforcement import keeps
from policy.verification import VerificationLevel

_REMEDIES = {
    VerificationLevel.ADDRESS: "prove an address or a phone number of yours: register with it",
    VerificationLevel.NAME: "have your name verified: consent to `IDENTITY_VERIFICATION` with `consentGive`, then call "
    "`identityVerify`",
    VerificationLevel.ADULT: "have it verified that you are of age: consent to `IDENTITY_VERIFICATION` with "
    "`consentGive`, then call `identityVerify` with `ofAge: true`",
}

# Whoever is of age by a document has shown a name as well.
_STANDINGS = """SELECT a.id, a.email_index IS NOT NULL OR a.phone_index IS NOT NULL AS is_reached,
        v.level, v.closed_at, v.provider
    FROM account a LEFT JOIN LATERAL (
        SELECT level, closed_at, provider FROM identity_verification
        WHERE account_id = a.id AND state = 'VERIFIED' ORDER BY level = 'ADULT' DESC LIMIT 1
    ) v ON TRUE WHERE a.id = ANY($1)"""


class VerificationRequired(Refusal):
    """
    It takes somebody who is verified further than the person who asks is.

    Args:
        needed: The level that it takes.
        held: The level that they have.
    """

    code = "VERIFICATION_REQUIRED"

    def __init__(self, needed: VerificationLevel, held: VerificationLevel) -> None:
        super().__init__(
            f"This takes the level of verification `{needed.value}`, and yours is `{held.value}`. First "
            f"{_REMEDIES[needed]}.",
            needed=needed,
            held=held,
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """
    How far somebody is verified.

    Args:
        level: The highest level that they have.
        closed_at: When a provider found it; None below `NAME`.
        provider: Who did.
    """

    level: VerificationLevel
    closed_at: datetime | None = None
    provider: str | None = None


async def standings(account_ids: Collection[UUID]) -> dict[UUID, Standing]:
    """Read how far the people of accounts are verified; an account that there is not is left out."""
    rows = await database.fetch(_STANDINGS, list(account_ids))
    return {
        row["id"]: Standing(VerificationLevel(row["level"]), row["closed_at"], row["provider"])
        if row["level"] is not None
        else Standing(VerificationLevel.ADDRESS if row["is_reached"] else VerificationLevel.NONE)
        for row in rows
    }


@keeps("P2.1", otherwise=None)
async def require_level(needed: VerificationLevel, *, of: UUID) -> None:
    """
    Refuse what takes a higher level of verification than the person of an account has (P2.1).

    Raises:
        VerificationRequired: Theirs is lower.
    """
    found = (await standings([of])).get(of, Standing(VerificationLevel.NONE))
    if not found.level.reaches(needed):
        raise VerificationRequired(needed, found.level)
