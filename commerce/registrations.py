"""Registration: an account exists only once its address is proven, and nobody learns who has one."""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from commerce import acceptances, login_attempts, messages, outbox, passwords, sessions, texts, throttling, transfers
from commerce.acceptances import Acceptance
from commerce.addresses import Address
from commerce.messages import LANGUAGES
from commerce.outbox import Event, Topic
from commerce.refusals import Refusal
from commerce.sessions import Client, Opened
from commerce.throttling import Rate
from models import clock, database, keys
from models.accounts import Account, AccountState, Registration, UserProfile
from models.database import ConstraintViolated, transaction
from models.ids import new_id
from models.sealed import Opened as OpenedCell
from models.sealed import open_cells, seal
from models.secrets import derive
from policy.ages import AgeBand, age_band, band_ends
from policy.enforcement import keeps

CODE_DIGITS = 8
CODE_LIFE = timedelta(minutes=15)
MOST_GUESSES = 5
OLDEST_YEARS = 130

# A code is one of 10^8; a place that tries them all in turn needs centuries.
PER_ADDRESS = Rate("registration.address", burst=3, interval=timedelta(minutes=10))
PER_CLIENT = Rate("registration.client", burst=20, interval=timedelta(minutes=1))


class CodeNotValid(Refusal):
    """The code is wrong, spent, expired, or belongs to another registration."""

    code = "CODE_NOT_VALID"

    def __init__(self) -> None:
        super().__init__(
            f"This code is not valid. Use the newest one that you were sent, at most {MOST_GUESSES} times; "
            "after that, register again.",
            field=("code",),
        )


class BirthDateNotPossible(Refusal):
    """Nobody who registers can have been born on that day."""

    code = "BIRTH_DATE_NOT_POSSIBLE"

    def __init__(self) -> None:
        super().__init__("Give the day on which you were born, as YYYY-MM-DD.", field=("birthDate",))


class PhoneNotServed(Refusal):
    """This shop can not send text messages."""

    code = "PHONE_NOT_SERVED"

    def __init__(self) -> None:
        super().__init__("This shop sends no text messages. Register with an e-mail address.", field=("phone",))


@dataclass(frozen=True)
class Applicant:
    """
    Who wants an account: exactly what registration needs (P1.1).

    Args:
        region: The country where they live, as ISO 3166-1 alpha-2 in upper case.
        language: The language of messages to them.
    """

    address: Address
    password: str = field(repr=False)
    birth_date: date = field(repr=False)
    region: str
    language: str
    acceptance: Acceptance


async def register(applicant: Applicant, *, client: Client) -> UUID:
    """
    Take a registration, and have a code sent to its address.

    Whether the address has an account already is not even looked up here: the same statements run and the same answer
    is given. It is looked up when the message is made (`commerce.notices`): it holds a code, or for the owner of an
    account a notice of the attempt.

    Returns:
        The registration's id, which `confirm` wants together with the code.

    Raises:
        Refusal: The input can not be an account (see its kinds here), or there were too many attempts.
    """
    _require_possible(applicant)
    sessions.require_minimum(client)
    await throttling.attempt(PER_CLIENT, client.ip_hash)
    version = await acceptances.in_force()
    acceptances.require_acceptance(
        version=applicant.acceptance.version,
        highlighted_terms=applicant.acceptance.highlighted_terms,
        current=version,
    )
    await passwords.require_strong(
        applicant.password,
        personal=passwords.personal_words(*applicant.address.words, *date_words(applicant.birth_date)),
    )
    # Counted last: it bounds what an address is sent, and a password that is refused sends nothing.
    await throttling.attempt(PER_ADDRESS, applicant.address.index)
    registration_id, now = new_id(), clock.now()
    cells: dict[str, Any] = await seal(
        Registration,
        registration_id,
        registration_id,
        **{applicant.address.column: applicant.address.text, "birth_date": applicant.birth_date.isoformat()},
    )
    index: dict[str, Any] = {f"{applicant.address.column}_index": applicant.address.index}
    password_hash = await passwords.hashed(applicant.password)
    async with transaction():
        await Registration.create(
            id=registration_id,
            **cells,
            **index,
            password_hash=password_hash,
            region=applicant.region,
            language=applicant.language,
            policy_version_id=version.id,
            highlighted_terms=sorted(applicant.acceptance.highlighted_terms),
            client_kind=sessions.recorded_kind(client),
            expires_at=now + CODE_LIFE,
            created_at=now,
        )
        await outbox.enqueue(Event(Topic.REGISTRATION_BEGUN, {"registration": registration_id}))
    return registration_id


def code_for(registration_id: UUID) -> str:
    """Derive the code of a registration; it is stored nowhere."""
    drawn = hmac.digest(derive("registration codes"), registration_id.bytes, hashlib.sha256)
    return f"{int.from_bytes(drawn) % 10**CODE_DIGITS:0{CODE_DIGITS}}"


@keeps("P2.1", otherwise=None)
def require_code(registration_id: UUID, code: str) -> None:
    """
    Refuse to make a member of somebody who has not proven their address (P2.1).

    Raises:
        CodeNotValid: It is another code.
    """
    if not hmac.compare_digest(code_for(registration_id).encode(), code.strip().encode(errors="replace")):
        raise CodeNotValid


@keeps("P7.1", otherwise=AccountState.ACTIVE)
def first_state(band: AgeBand) -> AccountState:
    """Tell how an account starts: a child's is locked until a guardian consents (P7.1)."""
    return AccountState.LOCKED if band is AgeBand.CHILD else AccountState.ACTIVE


async def confirm(registration_id: UUID | None, code: str, *, client: Client) -> tuple[Account, Opened]:
    """
    Turn a registration into an account of the same id, and sign its owner in.

    Args:
        registration_id: From `register`; None, for an id that was never given out, is answered like a wrong code.
        code: What was sent to the address.

    Returns:
        The account and its first session.

    Raises:
        CodeNotValid: The code is wrong, was tried too often or has expired; or there is no such registration; or the
            address became another account's meanwhile.
        PolicyNotAccepted: A newer version of the policy came into force meanwhile.
    """
    if registration_id is None:
        raise CodeNotValid
    guess = await database.fetch(
        """
        UPDATE registration SET attempts = attempts + 1
        WHERE id = $1 AND attempts < $2 AND expires_at > $3 RETURNING id
        """,
        registration_id,
        MOST_GUESSES,
        clock.now(),
    )
    if not guess:
        raise CodeNotValid
    require_code(registration_id, code)
    found = await Registration.get_or_none(id=registration_id).select_related("policy_version")
    if found is None:
        raise CodeNotValid
    current = await acceptances.in_force()
    acceptances.require_acceptance(
        version=found.policy_version.version, highlighted_terms=found.highlighted_terms, current=current
    )
    email, phone, born = await open_cells(
        [
            (Registration, column, found.id, found.id, getattr(found, column))
            for column in ("email", "phone", "birth_date")
        ]
    )
    profile_id = new_id()
    cells = await seal(Account, found.id, found.id, email=_text(email), phone=_text(phone))
    profile: dict[str, Any] = await seal(UserProfile, profile_id, found.id, birth_date=_text(born))
    account = _account(found, born=date.fromisoformat(_text(born) or ""), cells=cells)
    try:
        async with transaction():
            # INVARIANT (once): of two confirmations at once only one deletes the row, and only that one goes on.
            if not await Registration.filter(id=found.id).delete():
                raise CodeNotValid
            await account.save(force_create=True)
            await UserProfile.create(id=profile_id, account_id=account.id, **profile, updated_at=clock.now())
            await acceptances.record(
                account_id=account.id,
                version=current,
                highlighted_terms=found.highlighted_terms,
                client_kind=found.client_kind,
            )
            await transfers.stored(account.id)
            opened = await sessions.begin(account.id, client=client)
            await login_attempts.succeed(account.email_index or account.phone_index, client=client)
    except ConstraintViolated as violation:
        if violation.table == "account" and violation.sqlstate == "23505":
            raise CodeNotValid from None
        raise
    return account, opened


async def discard_expired() -> int:
    """
    Delete the registrations that were never confirmed, and destroy the keys of their persons.

    The key goes first: broken off between the two, the next run finds the row again. A confirmation that began in time
    has ended long before.

    Returns:
        How many there were.
    """
    expired = await database.fetch("SELECT id FROM registration WHERE expires_at < $1", clock.now() - CODE_LIFE)
    for row in expired:
        await keys.destroy(row["id"])
        await Registration.filter(id=row["id"]).delete()
    return len(expired)


def date_words(born: date) -> tuple[str, ...]:
    """Write a birth date in the ways in which people put it into passwords."""
    return (
        born.isoformat(),
        *(born.strftime(form) for form in ("%Y%m%d", "%d%m%Y", "%m%d%Y", "%d%m%y", "%m%d%y", "%y%m%d", "%d%m", "%m%d")),
    )


def require_possible_birth(born: date, *, region: str) -> None:
    """
    Refuse a day on which nobody who lives was born.

    Raises:
        BirthDateNotPossible: It is one.
    """
    today = clock.today(region)
    if not today.year - OLDEST_YEARS <= born.year or born > today:
        raise BirthDateNotPossible


def _require_possible(applicant: Applicant) -> None:
    texts.country(applicant.region, field="region")
    require_possible_birth(applicant.birth_date, region=applicant.region)
    if applicant.address.channel not in messages.served():
        raise PhoneNotServed
    if applicant.language not in LANGUAGES:
        raise ValueError(f"Messages are written in {', '.join(LANGUAGES)}; the caller chooses one of these.")


def _account(found: Registration, *, born: date, cells: dict[str, bytes | None]) -> Account:
    today, now = clock.today(found.region), clock.now()
    band = age_band(born, on=today, region=found.region)
    return Account(
        id=found.id,
        **cells,
        email_index=found.email_index,
        phone_index=found.phone_index,
        password_hash=found.password_hash,
        password_changed_at=now,
        state=first_state(band),
        region=found.region,
        language=found.language,
        age_band=band,
        age_band_ends_on=band_ends(born, on=today, region=found.region),
        created_at=now,
    )


def _text(cell: OpenedCell) -> str | None:
    if cell is None or isinstance(cell, str):
        return cell
    # The key was destroyed between two statements: the registration expired.
    raise CodeNotValid
