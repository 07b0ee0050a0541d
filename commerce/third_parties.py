"""People without an account prove that a phone or an e-mail is theirs, to see what was given of them (P1.2e)."""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from commerce import addresses, messages, outbox, sessions, throttling
from commerce.addresses import Address, PhoneNotValid
from commerce.credentials import CredentialKind, fingerprint, mint
from commerce.messages import LANGUAGES
from commerce.outbox import Event, Topic
from commerce.refusals import Refusal
from commerce.registrations import PhoneNotServed
from commerce.sessions import Client
from commerce.throttling import Rate
from models import clock, database, keys
from models.database import transaction
from models.ids import new_id
from models.orders import Recipient
from models.sealed import open_cells, seal
from models.secrets import derive
from models.third_parties import ThirdPartyChallenge, ThirdPartyProof
from policy.enforcement import keeps

CODE_DIGITS = 8
CODE_LIFE = timedelta(minutes=15)
MOST_GUESSES = 5
# Long enough to read what is held and to object; nothing prolongs it.
PROOF_LIFE = timedelta(minutes=30)
INDEXED_AT_ONCE = 200

# What one address is sent, and what comes from one place. A code is one of 10^8, and each is tried five times.
PER_CONTACT = Rate("third_party.contact", burst=3, interval=timedelta(minutes=10))
PER_CLIENT = Rate("third_party.client", burst=20, interval=timedelta(minutes=1))
PER_GUESSER = Rate("third_party.code", burst=20, interval=timedelta(minutes=1))


class ThirdPartyCodeNotValid(Refusal):
    """The code is wrong, spent, expired, or belongs to another challenge."""

    code = "THIRD_PARTY_CODE_NOT_VALID"

    def __init__(self) -> None:
        super().__init__(
            f"This code is not valid. Use the newest one that you were sent, at most {MOST_GUESSES} times; after that, "
            "ask for another one.",
            field=("code",),
        )


@dataclass(frozen=True, slots=True)
class Challenge:
    """A code that is on its way to an address."""

    id: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Proven:
    """
    That an address is somebody's, and what shows it.

    Args:
        credential: Shown to its holder this once.
    """

    id: UUID
    expires_at: datetime
    credential: str = field(repr=False)


async def challenge(contact: Address, *, language: str, client: Client) -> Challenge:
    """
    Have a code sent to an address, so that whoever it belongs to can prove that it is theirs.

    Whether anything is held of it is not looked up, neither here nor when the message is made: the same statements run,
    the same answer is given and the same message is sent, whoever asks for whatever address.

    Raises:
        PhoneNotServed: It is a phone, and this shop sends no text messages.
        TooManyAttempts: Too many codes were asked for, for this address or from this place.
    """
    if contact.channel not in messages.served():
        raise PhoneNotServed
    if language not in LANGUAGES:
        raise ValueError(f"Messages are written in {', '.join(LANGUAGES)}; the caller chooses one of these.")
    sessions.require_minimum(client)
    await throttling.attempt(PER_CLIENT, client.ip_hash)
    await throttling.attempt(PER_CONTACT, contact.index_of_given)
    challenge_id, now = new_id(), clock.now()
    cells: dict[str, Any] = await seal(
        ThirdPartyChallenge, challenge_id, challenge_id, **{contact.column: contact.text}
    )
    async with transaction():
        await ThirdPartyChallenge.create(
            id=challenge_id,
            **cells,
            contact_index=contact.index_of_given,
            language=language,
            created_at=now,
            expires_at=now + CODE_LIFE,
        )
        await outbox.enqueue(Event(Topic.THIRD_PARTY_CHALLENGED, {"challenge": challenge_id}))
    return Challenge(challenge_id, now + CODE_LIFE)


def code_for(challenge_id: UUID) -> str:
    """Derive the code of a challenge; it is stored nowhere."""
    drawn = hmac.digest(derive("third party codes"), challenge_id.bytes, hashlib.sha256)
    return f"{int.from_bytes(drawn) % 10**CODE_DIGITS:0{CODE_DIGITS}}"


@keeps("P1.2e", otherwise=None)
def require_control(challenge_id: UUID, code: str) -> None:
    """
    Refuse whoever has not shown that the address is theirs (P1.2e).

    Raises:
        ThirdPartyCodeNotValid: It is another code.
    """
    if not hmac.compare_digest(code_for(challenge_id).encode(), code.strip().encode(errors="replace")):
        raise ThirdPartyCodeNotValid


async def prove(challenge_id: UUID | None, code: str, *, client: Client) -> Proven:
    """
    Turn the code of a challenge into a credential, which opens what was given of the address for half an hour.

    Args:
        challenge_id: From `challenge`; None, for an id that was never given out, is answered like a wrong code.

    Raises:
        ThirdPartyCodeNotValid: The code is wrong, was tried too often, was used or has expired; or there is no such
            challenge.
        TooManyAttempts: Too many codes came from this place.
    """
    await throttling.attempt(PER_GUESSER, client.ip_hash)
    if challenge_id is None:
        raise ThirdPartyCodeNotValid
    # Counted before it is compared, by one statement: guesses made at once count one by one.
    guess = await database.fetch(
        """
        UPDATE third_party_challenge SET attempts = attempts + 1
        WHERE id = $1 AND attempts < $2 AND expires_at > $3 RETURNING contact_index
        """,
        challenge_id,
        MOST_GUESSES,
        clock.now(),
    )
    if not guess:
        raise ThirdPartyCodeNotValid
    require_control(challenge_id, code)
    credential, now = mint(CredentialKind.PROOF), clock.now()
    async with transaction():
        # INVARIANT (once): of two uses of a code only one closes it, and only that one goes on.
        spent = await database.execute(
            "UPDATE third_party_challenge SET attempts = $2, expires_at = $3 WHERE id = $1 AND expires_at > $3",
            challenge_id,
            MOST_GUESSES,
            now,
        )
        if not spent:
            raise ThirdPartyCodeNotValid
        proof = await ThirdPartyProof.create(
            token_hash=fingerprint(credential),
            contact_index=guess[0]["contact_index"],
            created_at=now,
            expires_at=now + PROOF_LIFE,
        )
    return Proven(proof.id, proof.expires_at, credential)


async def discard_expired() -> int:
    """
    Delete challenges and proofs that have ended, and destroy the keys under which addresses were sealed.

    The key goes first: broken off between the two, the next run finds the row again.

    Returns:
        How many challenges there were.
    """
    now = clock.now()
    await database.execute("DELETE FROM third_party_proof WHERE expires_at < $1", now)
    expired = await database.fetch("SELECT id FROM third_party_challenge WHERE expires_at <= $1", now)
    for row in expired:
        await keys.destroy(row["id"])
        await ThirdPartyChallenge.filter(id=row["id"]).delete()
    return len(expired)


async def index_given() -> int:
    """
    Give recipients the index by which they find themselves, where a row was written without it.

    Any number of programs may do so at once.

    Returns:
        How many there were.
    """
    rows = await database.fetch(
        """SELECT id, phone FROM recipient WHERE phone IS NOT NULL AND phone_index IS NULL AND NOT is_account_holder
            AND NOT is_synthesised ORDER BY id LIMIT $1""",
        INDEXED_AT_ONCE,
    )
    phones = await open_cells([(Recipient, "phone", row["id"], row["id"], row["phone"]) for row in rows])
    written = 0
    for row, phone in zip(rows, phones, strict=True):
        index = _index_of(phone if isinstance(phone, str) else "")
        written += await database.execute(
            "UPDATE recipient SET phone_index = $2 WHERE id = $1 AND phone IS NOT NULL AND phone_index IS NULL",
            row["id"],
            index,
        )
    return written


def _index_of(phone: str) -> bytes:
    try:
        return addresses.phone(phone).index_of_given
    except PhoneNotValid:
        # What is no phone belongs to nobody who could prove it.
        return b""
