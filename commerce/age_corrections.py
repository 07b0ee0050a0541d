"""A day of birth is corrected: whoever turns out to be a child is protected as one from that moment on (P7.2)."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from asyncpg import Record
from tortoise.expressions import F

from commerce import (
    acceptances,
    audit,
    coming_of_age,
    guardian_challenges,
    guardianships,
    orders,
    outbox,
    persons,
    purchase_approvals,
    registrations,
    step_up,
    texts,
    throttling,
)
from commerce.guardian_challenges import Invitation, Prepared
from commerce.outbox import Event, Topic
from commerce.refusals import Refusal
from commerce.throttling import Rate
from models import clock, database
from models.accounts import Account, AccountState, UserProfile
from models.age_corrections import AgeCorrection
from models.bands import is_under_age
from models.consents import Consent
from models.database import retrying, transaction
from models.identity_verifications import IdentityVerification, VerificationState
from models.ids import new_id
from models.sealed import seal
from models.sessions import Session
from policy.ages import AgeBand, age_band, band_ends
from policy.enforcement import keeps
from policy.purposes import Purpose, purposes_in
from policy.viewer import Case, StaffRole, Viewer

LONGEST_REASON = 200
PER_PERSON = Rate("age.correction", burst=3, interval=timedelta(hours=8))
_YOUNGEST_FIRST = list(AgeBand)
_LOCK = """SELECT id, region, age_band, age_band_ends_on, guardian_id, guardian_consents, own_consents, own_version,
    asked_anew, state
    FROM account WHERE id = $1 FOR NO KEY UPDATE"""
_WARDS = "SELECT id FROM account WHERE guardian_id = $1 ORDER BY id FOR NO KEY UPDATE"


class AgeProofRequired(Refusal):
    """Somebody is said to be older than the shop takes them for, and nothing proves it."""

    code = "AGE_PROOF_REQUIRED"

    def __init__(self) -> None:
        super().__init__(
            "An earlier day of birth needs proof. Show a document to a privacy officer, who corrects it.",
            field=("birthDate",),
        )


class PersonNotFound(Refusal):
    """There is no such person, or none whose age this member of staff corrects."""

    code = "PERSON_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__(
            "There is no such person for you. An agent corrects ages on an open ticket once membership is verified, a "
            "privacy officer those of accounts that they see.",
            field=("userId",),
        )


@dataclass(frozen=True, slots=True)
class Correction:
    """
    What is put right.

    Args:
        born: The right day of birth.
        guardian: Whom to invite if the person needs a guardian by it; None if they invite somebody themselves.
    """

    born: date = field(repr=False)
    guardian: Invitation | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Ready:
    born: date
    cell: bytes | None
    reason: bytes | None
    correction_id: UUID
    is_proven: bool
    invitation: Prepared | None


@keeps("P7.2", otherwise=False)
def is_discovered(before: AgeBand, after: AgeBand) -> bool:
    """Tell whether somebody turns out to be more in need of protection than they were taken for (P7.2)."""
    return _YOUNGEST_FIRST.index(after) < _YOUNGEST_FIRST.index(before)


@keeps("P7.1", otherwise=None)
def require_proof(before: date | None, after: date, *, is_proven: bool) -> None:
    """
    Refuse an earlier day of birth without proof, whatever it would change: so the answer tells no age (P7.1).

    Raises:
        AgeProofRequired: It is one.
    """
    if not is_proven and (before is None or after < before):
        raise AgeProofRequired


async def correct_own(correction: Correction, *, by: Viewer) -> UUID:
    """
    Correct one's own day of birth to a later one.

    A child is locked in the same transaction: every other session ends, what has not left is cancelled, partners lose
    sight of the rest, consents that the person gave as an adult end, and so does watching over others.

    Returns:
        The account's id.

    Raises:
        StepUpRequired: They have not just proven who they are.
        BirthDateNotPossible: Nobody was born on that day.
        AgeProofRequired: It is earlier than what is stored.
        GuardianConsentRequired: They are a child, and their guardian does not consent to the account.
        TooManyAttempts: Too many corrections.
        Refusal: See `commerce.persons` and, for who is invited, `commerce.guardian_challenges`.
    """
    await step_up.require(by=by)
    account = await persons.own_account(by)
    persons.require_guardian_consent(account.case)
    registrations.require_possible_birth(correction.born, region=account.row.region)
    await throttling.attempt(PER_PERSON, account.row.id.bytes)
    require_proof(await coming_of_age.birth_date(account.row.id), correction.born, is_proven=False)
    ready = await _prepare(account.row, correction, reason=None, is_proven=False)
    await retrying(lambda: _apply(account.row.id, ready, by=by))
    return account.row.id


async def correct(account_id: UUID | None, correction: Correction, reason: str, *, is_proven: bool, by: Viewer) -> UUID:
    """
    Correct the day of birth of somebody else, as a member of staff who was told or shown it.

    To a later day an agent does so on the person's open ticket, and a privacy officer of every account that they see;
    to an earlier one a privacy officer who was shown proof. What follows is as with one's own, in all sessions.

    Args:
        account_id: The person's account; None for an id that names none.
        reason: How it was found; sealed under the person's key.
        is_proven: Whether a document was shown.

    Returns:
        The account's id.

    Raises:
        StepUpRequired: The member of staff has not just proven who they are.
        PersonNotFound: There is no such person, or it is not theirs to correct.
        AgeProofRequired: It is earlier than what is stored, and no officer has seen proof.
        BirthDateNotPossible: Nobody was born on that day.
        TextNotValid: There is no reason.
    """
    reason = texts.line(reason, field="reason", longest=LONGEST_REASON)
    if by.staff is None or account_id is None or account_id == by.account:
        raise PersonNotFound
    await step_up.require(by=by)
    seen = await Account.visible_to(by).where(id=account_id).one()
    if seen is None or not _is_theirs(seen.case, by):
        raise PersonNotFound
    persons.require_living(seen.case)
    registrations.require_possible_birth(correction.born, region=seen.row.region)
    is_proven = is_proven and by.staff is StaffRole.PRIVACY_OFFICER
    require_proof(await coming_of_age.birth_date(account_id), correction.born, is_proven=is_proven)
    ready = await _prepare(seen.row, correction, reason=reason, is_proven=is_proven)
    await retrying(lambda: _apply(account_id, ready, by=by))
    return account_id


def _is_theirs(case: Case, by: Viewer) -> bool:
    if by.staff is StaffRole.PRIVACY_OFFICER:
        return True
    return by.staff is StaffRole.AGENT and case.has_open_ticket and case.is_membership_verified


async def _prepare(account: Account, correction: Correction, *, reason: str | None, is_proven: bool) -> _Ready:
    """Seal what is written, before the transaction; whoever is of age by it invites nobody."""
    profile, correction_id = await UserProfile.get(account_id=account.id), new_id()
    cells = await seal(UserProfile, profile.id, account.id, birth_date=correction.born.isoformat())
    written = await seal(AgeCorrection, correction_id, account.id, reason=reason)
    band = age_band(correction.born, on=clock.today(account.region), region=account.region)
    invitation = None
    if correction.guardian is not None and band is not AgeBand.ADULT and account.guardian_id is None:
        await throttling.attempt(guardian_challenges.PER_CONTACT, correction.guardian.contact.index)
        invitation = await guardian_challenges.prepare(correction.guardian, account)
    return _Ready(correction.born, cells["birth_date"], written["reason"], correction_id, is_proven, invitation)


async def _apply(account_id: UUID, ready: _Ready, *, by: Viewer) -> None:
    now = clock.now()
    async with transaction():
        # Wards before their guardian, as everywhere; those who came meanwhile are there once the guardian is locked.
        await database.fetch(_WARDS, account_id)
        (row,) = await database.fetch(_LOCK, account_id)
        before, today = AgeBand(row["age_band"]), clock.today(row["region"])
        band = age_band(ready.born, on=today, region=row["region"])
        await UserProfile.filter(account_id=account_id).update(
            birth_date=ready.cell, version=F("version") + 1, updated_at=now
        )
        await Account.filter(id=account_id).update(
            age_band=band,
            age_band_ends_on=band_ends(ready.born, on=today, region=row["region"]),
            state=_state(row, band),
        )
        await AgeCorrection.create(
            id=ready.correction_id,
            account_id=account_id,
            band_before=before,
            band_after=band,
            is_proven=ready.is_proven,
            staff_id=by.account if by.staff is not None else None,
            reason=ready.reason,
            recorded_at=now,
        )
        if by.staff is not None:
            change = {"age_band": (before.value, band.value)}
            await audit.record("accountAgeCorrect", Account, account_id, change, by=by)
        if band is not AgeBand.ADULT:
            # Whoever is under age again is asked nothing: their guardian is. What they were asked stays in the account
            # for the next time that they come of age, with a guardian in between or without one (P7.5).
            await Account.filter(id=account_id).update(unanswered=0)
        if is_discovered(before, band):
            await _protect(row, by=by)
        elif band is AgeBand.ADULT and before is not AgeBand.ADULT:
            await coming_of_age.ask_anew(row)
            await coming_of_age.end_guardianship(row)
        if ready.invitation is not None:
            await guardian_challenges.begin(ready.invitation, account_id)
        if band is not before:
            await outbox.enqueue(Event(Topic.AGE_CORRECTED, {"account": account_id, "at": now}))


def _state(row: Record, band: AgeBand) -> AccountState:
    state = AccountState(row["state"])
    if band is AgeBand.CHILD:
        return guardianships.state_with(purposes_in(row["guardian_consents"]), band=band, now=state)
    return AccountState.ACTIVE if state is AccountState.LOCKED else state


async def _protect(row: Record, *, by: Viewer) -> None:
    """Close in the current transaction what was open to and about somebody who was taken for older."""
    now = clock.now()
    for ward in await database.fetch(_WARDS, row["id"]):
        await _release(ward["id"])
    await tell_guardian(row["guardian_id"])
    await _withdraw_own_consents(row)
    await IdentityVerification.filter(
        account_id=row["id"], state__in=(VerificationState.PENDING, VerificationState.VERIFIED)
    ).update(state=VerificationState.EXPIRED, closed_at=now, document_index=None)
    if Purpose.FULFILMENT not in purposes_in(row["guardian_consents"]):
        await purchase_approvals.close_of(row["id"])
        await orders.cancel_unshipped(row["id"])
        await orders.close_windows(row["id"])
    await (
        Session.filter(account_id=row["id"], ended_at=None)
        .exclude(id=by.session)
        .update(ended_at=now, ended_reason="AGE_CORRECTED")
    )


@keeps("P7.2", otherwise=None)
async def tell_guardian(guardian_id: UUID | None) -> None:
    """Have whoever watches over somebody told, in the current transaction, that the ward is a child (P7.2)."""
    if guardian_id is not None:
        await outbox.enqueue(Event(Topic.WARD_IS_CHILD, {"account": guardian_id, "at": clock.now()}))


async def _release(ward: UUID) -> None:
    """End that somebody who is no adult watches over a ward: what they consented to counts no more (P7.2)."""
    (row,) = await database.fetch(_LOCK, ward)
    if not is_under_age(row):
        # Of age by today: the job of birthdays ends it, and asks them for what the guardian had decided (P7.5).
        return
    await coming_of_age.end_guardianship(row)
    state = guardianships.state_with(frozenset(), band=AgeBand(row["age_band"]), now=AccountState(row["state"]))
    await Account.filter(id=ward).update(state=state)
    await purchase_approvals.close_of(ward)
    await orders.cancel_unshipped(ward)
    await orders.close_windows(ward)
    await Session.filter(account_id=ward, ended_at=None).update(ended_at=clock.now(), ended_reason="GUARDIAN_WITHDREW")
    await outbox.enqueue(Event(Topic.GUARDIAN_CONSENT_CHANGED, {"account": ward, "at": clock.now()}))


async def _withdraw_own_consents(row: Record) -> None:
    """What somebody consented to as an adult they could not consent to; each step is taken back (P7.1)."""
    held = purposes_in(row["own_consents"])
    if not held:
        return
    version = (await acceptances.in_force()).version
    for purpose in sorted(held, key=lambda purpose: purpose.bit):
        await Consent.create(
            account_id=row["id"],
            purpose=purpose.name,
            is_given=False,
            policy_version=version,
            recorded_at=clock.now(),
        )
    await Account.filter(id=row["id"]).update(own_consents=0)
