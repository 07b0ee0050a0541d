"""Guardianships: an adult accepts one, and gives and withdraws consent, purpose by purpose (P7.1-P7.4)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from asyncpg import Record

from commerce import (
    consents,
    guardian_challenges,
    orders,
    outbox,
    persons,
    purchase_approvals,
    searches,
    texts,
    throttling,
    transfers,
)
from commerce.acceptances import in_force
from commerce.identity_verifications import require_adult, require_verified
from commerce.outbox import Event, Topic
from commerce.refusals import Refusal
from commerce.throttling import Rate
from models import clock, database, deployment
from models.accounts import Account, AccountState
from models.bands import is_under_age
from models.bounds import WARDS
from models.database import retrying, transaction
from models.guardianships import ChallengeState, GuardianConsent, Guardianship, GuardianshipState
from models.ids import new_id
from models.sealed import seal
from models.sessions import Session
from policy.ages import AgeBand
from policy.enforcement import keeps
from policy.guardian_notice import ABROAD, GIVABLE, asked_for
from policy.parties import Party
from policy.purposes import Purpose, bits_of, purposes_in
from policy.regions import is_abroad
from policy.viewer import Viewer

LONGEST_NAME = 100
# Each change is told to two people by a message. Withdrawing is never refused.
PER_GUARDIAN = Rate("guardian.consent", burst=40, interval=timedelta(minutes=1))


class GuardianCodeNotValid(Refusal):
    """The code is wrong, answered, withdrawn or expired, or was sent to somebody else."""

    code = "GUARDIAN_CODE_NOT_VALID"

    def __init__(self) -> None:
        super().__init__(
            "This code is not valid. Log in with the address that it was sent to, and use the newest code.",
            field=("code",),
        )


class WardsTooMany(Refusal):
    """One person watches over so many, and no more."""

    code = "WARDS_TOO_MANY"

    def __init__(self) -> None:
        super().__init__(f"You watch over {WARDS} people already. Ask another guardian to accept.")


class PurposeNotAsked(Refusal):
    """A purpose that no guardian is asked for, or purposes together with a refusal."""

    code = "PURPOSE_NOT_ASKED"

    def __init__(self) -> None:
        super().__init__(
            "Give purposes that `guardianChallenge` lists, each once; and none if you refuse.", field=("purposes",)
        )


@dataclass(frozen=True)
class Answer:
    """
    What an invited adult answers.

    Args:
        accepts: Whether they are the guardian.
        purposes: What they consent to from the start; none is an answer too.
        guardian_name: How the minor is to see them; None shows no name.
    """

    code: str = field(repr=False)
    accepts: bool
    purposes: frozenset[Purpose]
    guardian_name: str | None = field(default=None, repr=False)


@keeps("P7.1", otherwise=AccountState.ACTIVE)
def state_with(consents: frozenset[Purpose], *, band: AgeBand, now: AccountState) -> AccountState:
    """Tell the state of an account after a change of consent to it: a child's is open while there is one (P7.1)."""
    if band is not AgeBand.CHILD or now is AccountState.CANCELLED:
        return now
    return AccountState.ACTIVE if Purpose.ACCOUNT in consents else AccountState.LOCKED


@keeps("P7.3", otherwise=False)
def ends_deliveries(withdrawn: frozenset[Purpose]) -> bool:
    """Tell whether orders that have not left are cancelled with a withdrawal (P7.3)."""
    return not withdrawn.isdisjoint({Purpose.ACCOUNT, Purpose.FULFILMENT})


async def respond(answer: Answer, *, by: Viewer) -> UUID | None:
    """
    Accept or refuse to be somebody's guardian (P7.2).

    Accepting makes the guardianship, records each consent and opens a child's account in one transaction.

    Returns:
        The ward's account; None for a refusal.

    Raises:
        GuardianCodeNotValid: There is no such open invitation to them.
        GuardianNotAdult: They are under age.
        VerificationRequired: They accept, and nobody has verified that they are an adult.
        WardsTooMany: They have as many wards as one may have.
        PurposeNotAsked: A purpose is none that guardians of this minor consent to, or came with a refusal.
        ConsentsBundled: That data may leave the region came together with others (P8.1).
        Refusal: See `commerce.persons` and `commerce.throttling`.
    """
    _require_asked(answer.purposes)
    consents.require_unbundled(answer.purposes)
    if answer.purposes and not answer.accepts:
        raise PurposeNotAsked
    name = None
    if answer.guardian_name is not None:
        name = texts.line(answer.guardian_name, field="guardianName", longest=LONGEST_NAME)
    found = await guardian_challenges.find(answer.code, by=by)
    if found is None:
        raise GuardianCodeNotValid
    challenge, account = found
    require_adult(account.case.age)
    if answer.accepts:
        await require_verified(account.row.id)
    guardianship_id = new_id()
    cells: dict[str, Any] = await seal(Guardianship, guardianship_id, account.row.id, guardian_name=name)

    async def write() -> None:
        async with transaction():
            minor = await _locked(challenge.minor_id)
            state = ChallengeState.ACCEPTED if answer.accepts else ChallengeState.REFUSED
            # INVARIANT (once): of two answers at once only one closes the invitation, and only that one goes on.
            if not await guardian_challenges.close(challenge.id, state):
                raise GuardianCodeNotValid
            await outbox.enqueue(Event(Topic.GUARDIAN_ANSWERED, {"challenge": challenge.id}))
            if not answer.accepts:
                return
            if not _is_unguarded_minor(minor):
                raise GuardianCodeNotValid
            # Locked after the minor's, always: nobody is a minor to one and a guardian to another.
            await _lock_guardian(account.row.id)
            await Guardianship.create(
                id=guardianship_id,
                minor_id=challenge.minor_id,
                guardian_id=account.row.id,
                state=GuardianshipState.ACTIVE,
                **cells,
                created_at=clock.now(),
            )
            await Account.filter(id=challenge.minor_id, guardian_id=None).update(guardian_id=account.row.id)
            await _record(minor, dict.fromkeys(answer.purposes, True), guardianship_id, tell=(account.row.id,))

    await retrying(write)
    return challenge.minor_id if answer.accepts else None


async def set_consent(ward_id: UUID | None, wanted: Mapping[Purpose, bool], *, by: Viewer) -> UUID:
    """
    Give or withdraw consent to purposes for a ward (P7.4).

    What stands already is not recorded again. Withdrawing the account or deliveries cancels, in the same transaction,
    what was ordered and has not left; withdrawing the account signs the ward out everywhere.

    Args:
        ward_id: The ward's account; None for an id that names none.
        wanted: By purpose, whether there is to be consent.
        by: The guardian.

    Returns:
        The ward's account.

    Raises:
        WardNotFound: There is no such account, or they are not its guardian.
        PurposeNotAsked: A purpose is none that guardians of this ward consent to.
        ConsentsBundled: That data may leave the region came together with others (P8.1).
        AccountCancelled: The ward's account was cancelled, so nothing is given for it any more.
        VerificationRequired: Consent is given, and nobody has verified that the guardian is an adult.
        TooManyAttempts: Consent was given too often.
    """
    person = persons.person_of(by)
    _require_asked(wanted)
    ward = await Account.visible_to(by).where(id=ward_id).one() if ward_id is not None else None
    if ward is None or by.party_to(ward.case) is not Party.GUARDIAN:
        raise persons.WardNotFound
    consents.require_unbundled([purpose for purpose, is_given in wanted.items() if is_given])
    if any(wanted.values()):
        persons.require_living(ward.case)
        await require_verified(person)
        await throttling.attempt(PER_GUARDIAN, person.bytes)

    async def write() -> None:
        async with transaction():
            row = await _locked(ward.row.id)
            if row["guardian_id"] != person or not is_under_age(row):
                raise persons.WardNotFound
            guardianship = await Guardianship.get(
                minor_id=ward.row.id, guardian_id=person, state=GuardianshipState.ACTIVE
            )
            await _record(row, wanted, guardianship.id, tell=(person, ward.row.id))

    await retrying(write)
    return ward.row.id


async def withdraw_consent(ward_id: UUID | None, purposes: Iterable[Purpose] | None = None, *, by: Viewer) -> UUID:
    """Withdraw consent to some purposes, or to all; see `set_consent`."""
    return await set_consent(ward_id, dict.fromkeys(GIVABLE if purposes is None else purposes, False), by=by)


def _is_unguarded_minor(minor: Record) -> bool:
    return is_under_age(minor) and minor["guardian_id"] is None and minor["state"] != AccountState.CANCELLED.value


async def _locked(account_id: UUID) -> Record:
    found = await database.fetch(
        """SELECT id, guardian_id, guardian_consents, age_band, age_band_ends_on, state, region FROM account
        WHERE id = $1 FOR NO KEY UPDATE""",
        account_id,
    )
    return found[0]


async def _lock_guardian(account_id: UUID) -> None:
    """Lock the account of whoever accepts, and look again at what may have changed since."""
    guardian = await _locked(account_id)
    require_adult(AgeBand(guardian["age_band"]))
    await require_verified(account_id)
    if await Account.filter(guardian_id=account_id).count() >= WARDS:
        raise WardsTooMany


async def _record(
    ward: Record, wanted: Mapping[Purpose, bool], guardianship_id: UUID, *, tell: tuple[UUID, ...]
) -> None:
    """
    Add the steps that change something, and bring the account to their sum.

    INVARIANT (bits are the sum): a step is added only where it changes the purpose's bit, under the lock of the
    account's row, so that for each purpose the steps given less those withdrawn are its bit.
    """
    _require_asked_of(ward, [purpose for purpose, is_given in wanted.items() if is_given])
    held, now = purposes_in(ward["guardian_consents"]), clock.now()
    changes = {purpose: is_given for purpose, is_given in wanted.items() if (purpose in held) is not is_given}
    if not changes:
        return
    version = await in_force()
    for purpose in sorted(changes, key=lambda purpose: purpose.bit):
        await GuardianConsent.create(
            guardianship_id=guardianship_id,
            purpose=purpose.name,
            is_given=changes[purpose],
            policy_version=version.version,
            recorded_at=now,
        )
    withdrawn = frozenset(purpose for purpose, is_given in changes.items() if not is_given)
    after = (held | changes.keys()) - withdrawn
    state = AccountState(ward["state"])
    if Purpose.ACCOUNT in changes:
        state = state_with(after, band=AgeBand(ward["age_band"]), now=state)
    await Account.filter(id=ward["id"]).update(guardian_consents=bits_of(after), state=state)
    if ABROAD in changes:
        await transfers.stored(ward["id"])
    if ends_deliveries(withdrawn):
        await purchase_approvals.close_of(ward["id"])
        await orders.cancel_unshipped(ward["id"])
    if Purpose.FULFILMENT in withdrawn:
        await orders.close_windows(ward["id"])
    if Purpose.PERSONALISATION in withdrawn:
        await searches.forget(ward["id"])
    if Purpose.ACCOUNT in withdrawn:
        ending = Session.filter(account_id=ward["id"], ended_at=None)
        await ending.update(ended_at=now, ended_reason="GUARDIAN_WITHDREW")
    await outbox.enqueue(
        *(Event(Topic.GUARDIAN_CONSENT_CHANGED, {"account": account_id, "at": now}) for account_id in tell)
    )


def _require_asked(purposes: Iterable[Purpose]) -> None:
    if not GIVABLE.issuperset(purposes):
        raise PurposeNotAsked


def _require_asked_of(ward: Record, given: Iterable[Purpose]) -> None:
    if not asked_for(is_abroad=is_abroad(deployment.region(), of=ward["region"])).issuperset(given):
        raise PurposeNotAsked
