"""People consent for themselves, purpose by purpose, and withdraw it again (P2.10, P4.3, P7.5, P8.1)."""

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from uuid import UUID

from commerce import coming_of_age, persons, searches, throttling
from commerce.acceptances import in_force
from commerce.refusals import Refusal
from commerce.throttling import Rate
from models import clock, database
from models.accounts import Account
from models.consents import Consent
from models.database import retrying, transaction
from policy.ages import AgeBand
from policy.enforcement import keeps
from policy.own_consents import OFFERED, SEPARATE
from policy.purposes import Purpose, bits_of, purposes_in
from policy.seen import Seen
from policy.viewer import Case, Viewer

# Withdrawing is never refused.
PER_PERSON = Rate("consent", burst=40, interval=timedelta(minutes=1))


class PurposeNotOffered(Refusal):
    """A purpose that nobody is asked for, or none at all."""

    code = "PURPOSE_NOT_OFFERED"

    def __init__(self) -> None:
        super().__init__("Give purposes that `privacyPolicy { consents }` lists, one at least.", field=("purposes",))


class ConsentsBundled(Refusal):
    """A consent that is separate by law came together with others."""

    code = "CONSENTS_BUNDLED"

    def __init__(self, separate: Iterable[Purpose]) -> None:
        names = ", ".join(sorted(purpose.name for purpose in separate))
        super().__init__(f"Ask for each of these by itself, and send it by itself: {names}.", field=("purposes",))


class ConsentNeedsAdult(Refusal):
    """Somebody under age consented where the guardian has to."""

    code = "CONSENT_NEEDS_ADULT"

    def __init__(self) -> None:
        super().__init__("Only somebody of age consents to this; ask again when you are.")


@keeps("P7.1", otherwise=None)
def require_of_age(case: Case) -> None:
    """
    Refuse the consent of somebody under age (P7.1).

    Raises:
        ConsentNeedsAdult: They are.
    """
    if case.age is not AgeBand.ADULT:
        raise ConsentNeedsAdult


@keeps("P8.1", otherwise=None)
def require_unbundled(purposes: Collection[Purpose]) -> None:
    """
    Refuse consents that the law wants separate when they come together with others (P8.1).

    Raises:
        ConsentsBundled: They do.
    """
    if len(purposes) > 1 and (separate := SEPARATE.intersection(purposes)):
        raise ConsentsBundled(separate)


async def give(purposes: frozenset[Purpose], *, by: Viewer) -> UUID:
    """
    Record that somebody consents to purposes for themselves.

    What stands already is not recorded again. Beside what everybody is offered this is how somebody who came of age
    answers what a guardian had consented to before (P7.5); nothing else that the shop does waits for any of these.

    Returns:
        Their account.

    Raises:
        PurposeNotOffered: A purpose is none that people are asked for, or there is none.
        ConsentsBundled: One that is separate came together with others.
        ConsentNeedsAdult: They are under age.
        TooManyAttempts: Too many changes.
        Refusal: See `commerce.persons`.
    """
    person = persons.person_of(by)
    own = await _own(by)
    _require_offered(purposes, purposes_in(own.row.asked_anew))
    require_unbundled(purposes)
    persons.require_living(own.case)
    require_of_age(own.case)
    await throttling.attempt(PER_PERSON, person.bytes)
    await _record(person, dict.fromkeys(purposes, True))
    return person


async def withdraw(purposes: Iterable[Purpose] | None, *, by: Viewer) -> UUID:
    """
    Record that somebody withdraws their consent; what it opened is closed from the next field on that is decided.

    Args:
        purposes: Which; None for all.

    Returns:
        Their account.

    Raises:
        PurposeNotOffered: A purpose is none that people are asked for.
        NotInPerson: It is nobody in person who asks.
    """
    person = persons.person_of(by)
    asked = purposes_in((await _own(by)).row.asked_anew)
    wanted = OFFERED | asked if purposes is None else frozenset(purposes)
    _require_offered(wanted, asked)
    await _record(person, dict.fromkeys(wanted, False))
    return person


async def _own(by: Viewer) -> Seen[Account]:
    await coming_of_age.grow_one(persons.person_of(by))
    own = await Account.visible_to(by).where(id=by.person).one()
    if own is None:
        raise persons.NotInPerson
    return own


async def _record(account_id: UUID, wanted: Mapping[Purpose, bool]) -> None:
    """
    Add the steps that change something, and bring the account to their sum.

    INVARIANT (bits are the sum): as with guardians' consents, steps are added under the lock of the account's row.
    """
    version = await in_force()

    async def write() -> None:
        async with transaction():
            (row,) = await database.fetch(
                "SELECT own_consents, unanswered FROM account WHERE id = $1 FOR NO KEY UPDATE", account_id
            )
            held, waiting, now = purposes_in(row["own_consents"]), purposes_in(row["unanswered"]), clock.now()
            # To say no to what waits for an answer is a step although it changes no consent (P7.5).
            changes = {
                purpose: is_given
                for purpose, is_given in wanted.items()
                if (purpose in held) is not is_given or purpose in waiting
            }
            for purpose in sorted(changes, key=lambda purpose: purpose.bit):
                await Consent.create(
                    account_id=account_id,
                    purpose=purpose.name,
                    is_given=changes[purpose],
                    policy_version=version.version,
                    recorded_at=now,
                )
            if changes.get(Purpose.PERSONALISATION) is False:
                await searches.forget(account_id)
            after = frozenset(purpose for purpose in held | wanted.keys() if wanted.get(purpose, True))
            await Account.filter(id=account_id).update(
                own_consents=bits_of(after), unanswered=bits_of(waiting - wanted.keys())
            )

    await retrying(write)


def _require_offered(purposes: Collection[Purpose], asked_anew: frozenset[Purpose]) -> None:
    if not purposes or not (OFFERED | asked_anew).issuperset(purposes):
        raise PurposeNotOffered
