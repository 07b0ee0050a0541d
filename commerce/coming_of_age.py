"""Birthdays that end childhood or minority: the person takes over from the guardian (P7.5)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from asyncpg import Record

from commerce import guardian_challenges, outbox, purchase_approvals
from commerce.acceptances import in_force
from commerce.outbox import Event, Topic
from models import clock, database
from models.accounts import Account, AccountState, UserProfile
from models.database import retrying, transaction
from models.guardianships import ChallengeState, GuardianChallenge, GuardianConsent, Guardianship, GuardianshipState
from models.sealed import open_cells
from policy.ages import AgeBand, age_band, band_ends
from policy.enforcement import keeps
from policy.purposes import Purpose, purposes_in

AT_ONCE = 100
_DUE = """SELECT id, region, age_band_ends_on FROM account
    WHERE age_band_ends_on <= $1 AND id > $2 ORDER BY id LIMIT $3"""
_LOCK = """SELECT id, region, age_band, age_band_ends_on, guardian_id, guardian_consents, own_version, asked_anew, state
    FROM account WHERE id = $1 FOR NO KEY UPDATE"""


@keeps("P7.5", otherwise=False)
def is_due(ends_on: date | None, *, region: str) -> bool:
    """Tell whether the day on which an age band ends has come in the person's region (P7.5)."""
    return ends_on is not None and ends_on <= clock.today(region)


async def grow() -> int:
    """
    Move everybody on whose age band has ended; any number of programs may do so at once.

    A child who is a minor now keeps the guardian, and the account is open. Whoever is of age has no guardian any more:
    consents that the guardian gave end and are asked of the person, nothing that is under way is cancelled, and both
    are told. Decisions do not wait for it: they go by the day itself (`models.bands`).

    Returns:
        How many there were.
    """
    # A day begins on earth fourteen hours before it does in UTC; whose day it is not yet is left for later.
    soonest, grown, after = clock.now().date() + timedelta(days=1), 0, UUID(int=0)
    while rows := await database.fetch(_DUE, soonest, after, AT_ONCE):
        for row in rows:
            if is_due(row["age_band_ends_on"], region=row["region"]):
                grown += await _grow(row["id"])
        after = rows[-1]["id"]
    return grown


async def grow_one(account_id: UUID) -> bool:
    """
    Move one person on if their age band has ended, as `grow` does, so that what they do is done at the age they are.

    Returns:
        Whether it had.
    """
    rows = await database.fetch("SELECT region, age_band_ends_on FROM account WHERE id = $1", account_id)
    if not rows or not is_due(rows[0]["age_band_ends_on"], region=rows[0]["region"]):
        return False
    return await _grow(account_id)


async def _grow(account_id: UUID) -> bool:
    born = await birth_date(account_id)
    if born is None:
        return False

    async def write() -> bool:
        async with transaction():
            (row,) = await database.fetch(_LOCK, account_id)
            # INVARIANT (once): of several programs only the first finds the old day in the row.
            if not is_due(row["age_band_ends_on"], region=row["region"]):
                return False
            await _move_on(row, born)
            return True

    return await retrying(write)


async def _move_on(row: Record, born: date) -> None:
    today, now = clock.today(row["region"]), clock.now()
    band = age_band(born, on=today, region=row["region"])
    state = AccountState(row["state"])
    await Account.filter(id=row["id"]).update(
        age_band=band,
        age_band_ends_on=band_ends(born, on=today, region=row["region"]),
        state=AccountState.ACTIVE if state is AccountState.LOCKED and band is not AgeBand.CHILD else state,
    )
    if band is AgeBand.ADULT:
        await ask_anew(row)
        await end_guardianship(row)
    await outbox.enqueue(Event(Topic.AGE_BAND_CHANGED, {"account": row["id"], "at": now}))


@keeps("P7.5", otherwise=None)
async def ask_anew(row: Record) -> None:
    """
    Have in the current transaction whoever comes of age asked for what a guardian had decided for them (P7.5).

    What the guardian consented to waits for their own answer, by `commerce.consents`, and is closed until they consent.
    So does what they were asked when they came of age before, if they turned out to be under age since.
    A version of the policy that the guardian accepted no longer counts: what it added to the one that they accepted
    themselves waits as any version does that somebody has not accepted (P9.3).

    Args:
        row: The locked row of their account, before the guardianship ends.
    """
    asked, own = row["guardian_consents"] | row["asked_anew"], row["own_version"]
    if own is not None:
        await Account.filter(id=row["id"]).update(agreed_version=own or None, own_version=None)
    await Account.filter(id=row["id"]).update(asked_anew=asked, unanswered=asked)
    if asked or own is not None:
        await outbox.enqueue(Event(Topic.CONSENTS_ASKED_ANEW, {"account": row["id"], "at": clock.now()}))


async def end_guardianship(row: Record) -> None:
    """
    End in the current transaction that somebody has a guardian, and take each consent back as a step.

    Nothing that is under way is cancelled.

    Args:
        row: The locked row of their account: `id`, `guardian_id` and `guardian_consents`.
    """
    for challenge in await GuardianChallenge.filter(minor_id=row["id"], state=ChallengeState.PENDING):
        await guardian_challenges.close(challenge.id, ChallengeState.WITHDRAWN)
    if row["guardian_id"] is None:
        return
    now = clock.now()
    await purchase_approvals.close_of(row["id"])
    ended = await Guardianship.get(minor_id=row["id"], state=GuardianshipState.ACTIVE)
    version = await in_force()
    for purpose in sorted(purposes_in(row["guardian_consents"]), key=lambda purpose: purpose.bit):
        await GuardianConsent.create(
            guardianship_id=ended.id,
            purpose=purpose.name,
            is_given=False,
            policy_version=version.version,
            recorded_at=now,
        )
    await Guardianship.filter(id=ended.id).update(state=GuardianshipState.ENDED, ended_at=now)
    await Account.filter(id=row["id"]).update(guardian_id=None, guardian_consents=0)
    await outbox.enqueue(Event(Topic.GUARDIANSHIP_ENDED, {"account": row["guardian_id"], "at": now}))


@dataclass(frozen=True, slots=True)
class Decided:
    """When a guardian consented to something, and under which version of the policy; None from before it was kept."""

    at: datetime
    policy_version: int | None


async def decisions_before(accounts: Collection[UUID]) -> dict[tuple[UUID, Purpose], Decided]:
    """Tell by account and purpose the last step by which a guardian consented: the one that ended with the birthday."""
    if not accounts:
        return {}
    rows = await database.fetch(
        """SELECT DISTINCT ON (g.minor_id, c.purpose) g.minor_id, c.purpose, c.recorded_at, c.policy_version
        FROM guardian_consent c JOIN guardianship g ON g.id = c.guardianship_id
        WHERE g.minor_id = ANY($1) AND c.is_given ORDER BY g.minor_id, c.purpose, c.recorded_at DESC""",
        list(accounts),
    )
    return {
        (row["minor_id"], Purpose[row["purpose"]]): Decided(row["recorded_at"], row["policy_version"]) for row in rows
    }


async def birth_date(account_id: UUID) -> date | None:
    """Open somebody's day of birth; None where it was erased."""
    profile = await UserProfile.get_or_none(account_id=account_id)
    if profile is None:
        return None
    (born,) = await open_cells([(UserProfile, "birth_date", profile.id, account_id, profile.birth_date)])
    return date.fromisoformat(born) if isinstance(born, str) else None
