"""Step-up: who is signed in proves once more who they are, before what a borrowed session must not do."""

import hashlib
import hmac
from datetime import datetime, timedelta
from uuid import UUID

from commerce import messages, outbox, passwords, throttling
from commerce.messages import Channel
from commerce.outbox import Event, Topic
from commerce.refusals import Refusal
from commerce.sessions import LogInNeeded
from commerce.throttling import Rate
from models import clock, database
from models.accounts import Account
from models.database import transaction
from models.ids import new_id
from models.secrets import derive
from policy.viewer import Viewer

LASTS = timedelta(minutes=10)
CODE_DIGITS = 8
CODE_LIFE = timedelta(minutes=15)
MOST_GUESSES = 5

# Only who is signed in uses these up, so strangers can not keep a person from proving who they are.
PER_PROVER = Rate("step_up.account", burst=10, interval=timedelta(minutes=1))
PER_RECEIVER = Rate("step_up.code", burst=3, interval=timedelta(minutes=10))


class StepUpRequired(Refusal):
    """The action wants somebody who has just proven who they are."""

    code = "STEP_UP_REQUIRED"

    def __init__(self) -> None:
        super().__init__(
            f"Prove first that it is you: `stepUp` with your password, or with a code of `stepUpCodeSend`. It holds "
            f"for {LASTS.seconds // 60} minutes in this session."
        )


class ProofNotValid(Refusal):
    """The password is another one, or the code is wrong, spent or expired."""

    code = "PROOF_NOT_VALID"

    def __init__(self, *, field: str) -> None:
        super().__init__(
            f"This proves nothing. Check the password, or use the newest code, at most {MOST_GUESSES} times.",
            field=(field,),
        )


class CodeNotDelivered(Refusal):
    """The shop has no way to send this person a code."""

    code = "CODE_NOT_DELIVERED"

    def __init__(self) -> None:
        super().__init__("This shop can send you no code. Prove it with your password.")


async def by_password(password: str, *, by: Viewer) -> datetime:
    """
    Prove who is signed in by their password (P6.4).

    Returns:
        Until when it holds, in the session that they came by and in no other.

    Raises:
        LogInNeeded: The viewer did not come by a session.
        ProofNotValid: It is another password.
        TooManyAttempts: There were too many proofs of this account.
    """
    account_id, session_id = _own_session(by)
    await throttling.attempt(PER_PROVER, account_id.bytes)
    account = await Account.get(id=account_id)
    if not (await passwords.verified(password, account.password_hash)).matches:
        raise ProofNotValid(field="password")
    return await _note(session_id)


async def send_code(*, by: Viewer) -> datetime:
    """
    Send a code to the account's own address; a code that was sent before no longer holds.

    Returns:
        Until when the code can be used.

    Raises:
        LogInNeeded: The viewer did not come by a session.
        CodeNotDelivered: They are reached by phone alone, and this shop sends no texts.
        TooManyAttempts: Too many codes were asked for.
    """
    account_id, session_id = _own_session(by)
    account = await Account.get(id=account_id)
    if account.email_index is None and Channel.TEXT not in messages.served():
        raise CodeNotDelivered
    await throttling.attempt(PER_RECEIVER, account_id.bytes)
    code_id, expires_at = new_id(), clock.now() + CODE_LIFE
    async with transaction():
        await database.execute(
            """
            INSERT INTO step_up_code (id, session_id, attempts, expires_at) VALUES ($1, $2, 0, $3)
            ON CONFLICT (session_id) DO UPDATE SET id = excluded.id, attempts = 0, expires_at = excluded.expires_at
            """,
            code_id,
            session_id,
            expires_at,
        )
        await outbox.enqueue(Event(Topic.STEP_UP_BEGUN, {"code": code_id}))
    return expires_at


def code_for(code_id: UUID) -> str:
    """Derive a code that was sent; it is stored nowhere."""
    drawn = hmac.digest(derive("step-up codes"), code_id.bytes, hashlib.sha256)
    return f"{int.from_bytes(drawn) % 10**CODE_DIGITS:0{CODE_DIGITS}}"


async def by_code(code: str, *, by: Viewer) -> datetime:
    """
    Prove who is signed in by the code that was sent to their address; it proves once.

    Returns:
        Until when it holds, in the session that they came by and in no other.

    Raises:
        LogInNeeded: The viewer did not come by a session.
        ProofNotValid: The code is wrong, of another session, spent, expired, or was tried too often.
    """
    _, session_id = _own_session(by)
    # Counted before it is compared, by one statement: guesses made at once count one by one.
    guess = await database.fetch(
        """
        UPDATE step_up_code SET attempts = attempts + 1
        WHERE session_id = $1 AND attempts < $2 AND expires_at > $3 RETURNING id
        """,
        session_id,
        MOST_GUESSES,
        clock.now(),
    )
    if not guess or not hmac.compare_digest(code_for(guess[0]["id"]).encode(), code.strip().encode(errors="replace")):
        raise ProofNotValid(field="code")
    async with transaction():
        # INVARIANT (once): of two uses of a code only one deletes it, and only that one goes on.
        if not await database.fetch("DELETE FROM step_up_code WHERE id = $1 RETURNING id", guess[0]["id"]):
            raise ProofNotValid(field="code")
        return await _note(session_id)


async def require(*, by: Viewer) -> None:
    """
    Refuse what wants a proof that is not older than `LASTS` (P6.4).

    Raises:
        StepUpRequired: There is none in the session that the viewer came by, or they came by none.
    """
    if by.account is None or by.session is None:
        raise StepUpRequired
    proven = await database.fetch(
        "SELECT 1 FROM session WHERE id = $1 AND account_id = $2 AND ended_at IS NULL AND proven_until > $3",
        by.session,
        by.account,
        clock.now(),
    )
    if not proven:
        raise StepUpRequired


async def forget_expired() -> None:
    """Delete the codes that prove nothing any more."""
    await database.execute("DELETE FROM step_up_code WHERE expires_at < $1", clock.now())


async def _note(session_id: UUID) -> datetime:
    until = clock.now() + LASTS
    noted = await database.fetch(
        "UPDATE session SET proven_until = $2 WHERE id = $1 AND ended_at IS NULL RETURNING id", session_id, until
    )
    if not noted:
        raise LogInNeeded
    return until


def _own_session(viewer: Viewer) -> tuple[UUID, UUID]:
    if viewer.account is None or viewer.session is None:
        raise LogInNeeded
    return viewer.account, viewer.session
