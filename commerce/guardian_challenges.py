"""Invitations of guardians: a minor names an adult, who is asked by a message with a code (P7.2)."""

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from commerce import messages, outbox, persons, sessions, texts, throttling
from commerce.addresses import Address
from commerce.messages import LANGUAGES
from commerce.outbox import Event, Topic
from commerce.refusals import Refusal
from commerce.registrations import PhoneNotServed
from commerce.sessions import Client
from commerce.throttling import Rate
from models import clock, database
from models.accounts import Account
from models.database import retrying, transaction
from models.guardianships import ChallengeState, GuardianChallenge
from models.ids import new_id
from models.order_numbers import ALPHABET
from models.sealed import seal
from models.secrets import derive
from policy.ages import AgeBand
from policy.seen import Seen
from policy.viewer import Viewer

LIFE = timedelta(days=7)
MOST_RESENDS = 3
RESEND_PAUSE = timedelta(minutes=10)
LONGEST_FIRST_NAME = 40
CODE_CHARACTERS = 12
CODE_GROUP = 4

# What one minor sends, what one address is sent, and what comes from one place.
PER_MINOR = Rate("guardian.minor", burst=5, interval=timedelta(hours=6))
PER_CONTACT = Rate("guardian.contact", burst=3, interval=timedelta(hours=6))
PER_CLIENT = Rate("guardian.client", burst=20, interval=timedelta(minutes=1))
# A code is one of 31^12, and counts only for the owner of the address that it was sent to.
PER_GUESSER = Rate("guardian.code", burst=20, interval=timedelta(minutes=1))

# Letters with their marks, and what joins them: no digit, dot, slash or `@`, so that no message says where to go.
_FIRST_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f '\u2019-])*")
_READ_AS = str.maketrans({"O": "0", "-": "", " ": ""})


class GuardianNotNeeded(Refusal):
    """The person needs no guardian."""

    code = "GUARDIAN_NOT_NEEDED"

    def __init__(self) -> None:
        super().__init__("Your account needs no guardian. Go on without one.")


class GuardianPresent(Refusal):
    """The person has a guardian already."""

    code = "GUARDIAN_PRESENT"

    def __init__(self) -> None:
        super().__init__("You have a guardian already. Ask them for what you need.")


class GuardianIsSelf(Refusal):
    """Nobody is their own guardian."""

    code = "GUARDIAN_IS_SELF"

    def __init__(self) -> None:
        super().__init__("Give the address of your guardian, not your own.", field=("contact",))


class InvitationOpen(Refusal):
    """An earlier invitation still waits for its answer."""

    code = "INVITATION_OPEN"

    def __init__(self) -> None:
        super().__init__("You have invited somebody already. Have it sent again, or withdraw it first.")


class InvitationNotFound(Refusal):
    """There is no such open invitation, or it is somebody else's."""

    code = "INVITATION_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("You have no such open invitation. See `viewer.account.guardianChallenge`.", field=("id",))


class InvitationJustSent(Refusal):
    """The invitation was sent a moment ago, or as often as it may be."""

    code = "INVITATION_JUST_SENT"

    def __init__(self) -> None:
        minutes = int(RESEND_PAUSE.total_seconds() // 60)
        super().__init__(
            f"An invitation is sent again at most {MOST_RESENDS} times, {minutes} minutes apart. Wait, or withdraw it "
            "and invite anew.",
            field=("id",),
        )


@dataclass(frozen=True)
class Invitation:
    """
    Whom a minor invites: exactly what first contact needs.

    Args:
        first_name: As the invited adult knows the minor; no more of them is in the message.
        language: The language of the message.
    """

    contact: Address
    first_name: str = field(repr=False)
    language: str


async def invite(invitation: Invitation, *, by: Viewer, client: Client) -> UUID:
    """
    Invite an adult to be the guardian of the person who asks.

    Whether the address has an account is never looked up, so nobody learns it. A child may do this before anybody has
    consented, because it is how consent is asked for (docs/decisions/0005-a-child-without-consent.md).

    Returns:
        The invitation's id.

    Raises:
        GuardianNotNeeded: They are of age.
        GuardianPresent: They have a guardian.
        GuardianIsSelf: The address is their own.
        InvitationOpen: An earlier one waits for its answer.
        Refusal: The name or address can not be used, or there were too many invitations.
    """
    account = await persons.own_account(by)
    _require_needed(account)
    _require_possible(invitation, account.row)
    sessions.require_minimum(client)
    if await GuardianChallenge.exists(
        minor_id=account.row.id, state=ChallengeState.PENDING, expires_at__gt=clock.now()
    ):
        raise InvitationOpen
    await throttling.attempt(PER_CLIENT, client.ip_hash)
    await throttling.attempt(PER_MINOR, account.row.id.bytes)
    await throttling.attempt(PER_CONTACT, invitation.contact.index)
    prepared = await prepare(invitation, account.row)

    async def write() -> None:
        async with transaction():
            # INVARIANT (one at a time): a minor's invitations, answers and consents take turns at the minor's account.
            _require_needed(await persons.own_account(by, is_locked=True))
            await begin(prepared, account.row.id)

    await retrying(write)
    return prepared.challenge_id


@dataclass(frozen=True, slots=True)
class Prepared:
    """An invitation that was looked at and sealed, to be written in a transaction."""

    challenge_id: UUID
    invitation: Invitation
    cells: dict[str, Any] = field(repr=False)


async def prepare(invitation: Invitation, minor: Account) -> Prepared:
    """
    Look at an invitation and seal it, before the transaction that begins it.

    Raises:
        GuardianIsSelf: The address is the minor's own.
        PhoneNotServed: This shop can not send there.
        TextNotValid: The first name can not be one.
    """
    first_name = _require_possible(invitation, minor)
    challenge_id = new_id()
    cells: dict[str, Any] = await seal(
        GuardianChallenge,
        challenge_id,
        minor.id,
        **{invitation.contact.column: invitation.contact.text, "first_name": first_name},
    )
    return Prepared(challenge_id, invitation, cells)


def _require_possible(invitation: Invitation, minor: Account) -> str:
    """Refuse an invitation that can reach nobody or carries more than a name; give the name in its normal form."""
    if invitation.contact.index in (minor.email_index, minor.phone_index):
        raise GuardianIsSelf
    if invitation.contact.channel not in messages.served():
        raise PhoneNotServed
    if invitation.language not in LANGUAGES:
        raise ValueError(f"Messages are written in {', '.join(LANGUAGES)}; the caller chooses one of these.")
    first_name = texts.line(invitation.first_name, field="firstName", longest=LONGEST_FIRST_NAME)
    if not _FIRST_NAME.fullmatch(first_name):
        raise texts.TextNotValid("firstName", LONGEST_FIRST_NAME)
    return first_name


async def begin(prepared: Prepared, minor_id: UUID) -> None:
    """
    Begin an invitation in the current transaction, which has locked the minor's account.

    Raises:
        InvitationOpen: An earlier one waits for its answer.
    """
    now = clock.now()
    await _close_expired_of(minor_id)
    if await GuardianChallenge.exists(minor_id=minor_id, state=ChallengeState.PENDING):
        raise InvitationOpen
    await GuardianChallenge.create(
        id=prepared.challenge_id,
        minor_id=minor_id,
        state=ChallengeState.PENDING,
        code_index=code_index(code_for(prepared.challenge_id)),
        contact_index=prepared.invitation.contact.index,
        **prepared.cells,
        language=prepared.invitation.language,
        sent_at=now,
        created_at=now,
        expires_at=now + LIFE,
    )
    await outbox.enqueue(Event(Topic.GUARDIAN_INVITED, {"challenge": prepared.challenge_id}))


async def resend(challenge_id: UUID | None, *, by: Viewer) -> UUID:
    """
    Have the message of an open invitation sent again, with the same code and end.

    Raises:
        InvitationNotFound: There is no such open invitation of theirs.
        InvitationJustSent: It was sent a moment ago, or as often as it may be.
    """
    person = persons.person_of(by)
    now = clock.now()
    async with transaction():
        changed = await database.execute(
            """
            UPDATE guardian_challenge SET sends = sends + 1, sent_at = $3
            WHERE id = $1 AND minor_id = $2 AND state = 'PENDING' AND expires_at > $3 AND sends <= $4 AND sent_at <= $5
            """,
            challenge_id,
            person,
            now,
            MOST_RESENDS,
            now - RESEND_PAUSE,
        )
        if not changed:
            is_open = GuardianChallenge.exists(
                id=challenge_id, minor_id=person, state=ChallengeState.PENDING, expires_at__gt=now
            )
            raise InvitationJustSent if challenge_id is not None and await is_open else InvitationNotFound
        assert challenge_id is not None, "a row was found by it"
        await outbox.enqueue(Event(Topic.GUARDIAN_INVITED, {"challenge": challenge_id}))
    return challenge_id


async def withdraw(challenge_id: UUID | None, *, by: Viewer) -> UUID:
    """
    Withdraw an open invitation; its code is worth nothing from this moment on.

    Raises:
        InvitationNotFound: There is no such open invitation of theirs.
    """
    person = persons.person_of(by)
    if challenge_id is None or not await GuardianChallenge.exists(id=challenge_id, minor_id=person):
        raise InvitationNotFound
    if not await close(challenge_id, ChallengeState.WITHDRAWN):
        raise InvitationNotFound
    return challenge_id


async def close(challenge_id: UUID, state: ChallengeState) -> bool:
    """
    Close an open invitation, and forget whom it asked; of several at once only one does.

    Returns:
        Whether it was open until now.
    """
    closed = await database.execute(
        """
        UPDATE guardian_challenge SET state = $2, closed_at = $3,
            contact_index = NULL, email = NULL, phone = NULL, first_name = NULL
        WHERE id = $1 AND state = 'PENDING' AND expires_at > $3
        """,
        challenge_id,
        state.value,
        clock.now(),
    )
    return bool(closed)


async def find(code: str, *, by: Viewer) -> tuple[GuardianChallenge, Seen[Account]] | None:
    """
    Find the open invitation that a code belongs to, for the owner of the address that it was sent to.

    A wrong code, a closed or expired invitation and one to somebody else are one and the same: None, after the same
    statement.

    Returns:
        The invitation, and the account of the person who asks.

    Raises:
        NotInPerson: They do not act in person.
        TooManyAttempts: They tried too many codes.
    """
    account = await persons.own_account(by)
    await throttling.attempt(PER_GUESSER, account.row.id.bytes)
    own = [index for index in (account.row.email_index, account.row.phone_index) if index is not None]
    found = await GuardianChallenge.filter(
        code_index=code_index(code), contact_index__in=own, state=ChallengeState.PENDING, expires_at__gt=clock.now()
    ).first()
    return None if found is None or found.minor_id == account.row.id else (found, account)


def code_for(challenge_id: UUID) -> str:
    """Derive the code of an invitation, in groups of four; only a keyed hash of it is stored."""
    rest = int.from_bytes(hmac.digest(derive("guardian codes"), challenge_id.bytes, hashlib.sha256))
    characters = ""
    for _ in range(CODE_CHARACTERS):
        rest, character = divmod(rest, len(ALPHABET))
        characters += ALPHABET[character]
    return "-".join(characters[start : start + CODE_GROUP] for start in range(0, CODE_CHARACTERS, CODE_GROUP))


def code_index(code: str) -> bytes:
    """Hash a code, as a person typed it, for looking it up: small letters and hyphens make no difference."""
    read = code.strip()[:64].upper().translate(_READ_AS)
    return hmac.digest(derive("guardian code index"), read.encode(errors="replace"), hashlib.sha256)


async def close_expired() -> int:
    """Close the invitations that nobody answered in time, and forget whom they asked; returns how many there were."""
    return await database.execute(
        """
        UPDATE guardian_challenge SET state = 'EXPIRED', closed_at = $1,
            contact_index = NULL, email = NULL, phone = NULL, first_name = NULL
        WHERE state = 'PENDING' AND expires_at <= $1
        """,
        clock.now(),
    )


async def _close_expired_of(minor_id: UUID) -> None:
    await database.execute(
        """
        UPDATE guardian_challenge SET state = 'EXPIRED', closed_at = $2,
            contact_index = NULL, email = NULL, phone = NULL, first_name = NULL
        WHERE minor_id = $1 AND state = 'PENDING' AND expires_at <= $2
        """,
        minor_id,
        clock.now(),
    )


def _require_needed(account: Seen[Account]) -> None:
    if account.case.age is AgeBand.ADULT:
        raise GuardianNotNeeded
    if account.case.guardian is not None:
        raise GuardianPresent
