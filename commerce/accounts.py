"""Signing in and out of an account, and changing its password."""

from contextlib import suppress
from datetime import date, timedelta
from uuid import UUID

from commerce import addresses, login_attempts, outbox, passwords, sessions, throttling
from commerce.messages import LONGEST_ADDRESS
from commerce.outbox import Event, Topic
from commerce.passwords import ServerBusy, WeakPassword
from commerce.refusals import Refusal
from commerce.registrations import date_words
from commerce.sessions import Client, LogInNeeded, Opened
from commerce.throttling import Rate
from models import clock
from models.accounts import Account, AccountState, UserProfile
from models.database import transaction
from models.sealed import blind_index, open_cells
from policy.viewer import Viewer

# Counted apart from log-ins: only who is signed in uses it up, so strangers can not keep a person from a new password.
PER_CHANGER = Rate("password.account", burst=20, interval=timedelta(seconds=30))


class CredentialsNotValid(Refusal):
    """No account has this address and this password; which of the two is wrong is not said."""

    code = "CREDENTIALS_NOT_VALID"

    def __init__(self) -> None:
        super().__init__("The address or the password is wrong. Check both, or reset the password.")


class PasswordNotValid(Refusal):
    """The present password is another one."""

    code = "PASSWORD_NOT_VALID"

    def __init__(self) -> None:
        super().__init__("The present password is wrong. Check it and try again.", field=("currentPassword",))


async def log_in(address: str, password: str, *, country: str | None = None, client: Client) -> tuple[Account, Opened]:
    """
    Sign somebody in by address and password.

    An unknown address takes the same statements and one verification too, and counts as an attempt like any other.
    A child's locked account may be signed in to: what it shows and does is decided there.

    Args:
        address: An e-mail address or a telephone number.
        country: In whose own form a number may be written; None for the international form alone.

    Returns:
        The account and its new session.

    Raises:
        CredentialsNotValid: There is no such account, or the password is another one.
        TooManyAttempts: For this address, or from this client; see `login_attempts`.
    """
    column, index = _index(address, country)
    await login_attempts.count(index, client=client)
    matching = Account.filter(email_index=index) if column == "email" else Account.filter(phone_index=index)
    account = await matching.first()
    verification = await passwords.verified(password, account.password_hash if account else None)
    if account is None or not verification.matches or account.state is AccountState.CANCELLED:
        raise CredentialsNotValid
    if verification.is_outdated:
        await _renew_hash(account, password)
    async with transaction():
        opened = await sessions.begin(account.id, client=client)
        await login_attempts.succeed(index, client=client)
    return account, opened


async def log_out(*, by: Viewer) -> UUID:
    """
    End the session that the viewer came by, and tell its id.

    Raises:
        LogInNeeded: They did not come by one.
        SessionNotFound: It has ended already.
    """
    if by.session is None:
        raise LogInNeeded
    return await sessions.end(by.session, by=by)


async def change_password(*, current: str, new: str, by: Viewer) -> int:
    """
    Change the viewer's password, end all their other sessions, and tell them.

    Returns:
        How many other sessions there were.

    Raises:
        LogInNeeded: The viewer did not come by a session.
        PasswordNotValid: The present password is another one, or was changed at the same moment.
        WeakPassword: The new one could be guessed (P5.7).
        TooManyAttempts: The present password was tried too often.
    """
    if by.account is None or by.session is None:
        raise LogInNeeded
    account = await Account.get(id=by.account)
    await throttling.attempt(PER_CHANGER, account.id.bytes)
    if not (await passwords.verified(current, account.password_hash)).matches:
        raise PasswordNotValid
    try:
        await passwords.require_strong(new, personal=await _personal_words(account))
    except WeakPassword as weak:
        raise WeakPassword(weak.reasons, field=("newPassword",)) from None
    password_hash, now = await passwords.hashed(new), clock.now()
    async with transaction():
        # INVARIANT (compare and set): of two changes at once only one finds the hash that it verified.
        changed = await Account.filter(id=account.id, password_hash=account.password_hash).update(
            password_hash=password_hash, password_changed_at=now
        )
        if not changed:
            raise PasswordNotValid
        ended = await sessions.end_others(by=by, reason="PASSWORD_CHANGED")
        await outbox.enqueue(Event(Topic.PASSWORD_CHANGED, {"account": account.id, "at": now}))
    return ended


async def _renew_hash(account: Account, password: str) -> None:
    # Many new passwords that wait must not keep anybody from signing in; the next log-in renews it.
    with suppress(ServerBusy):
        renewed = await passwords.hashed(password)
        await Account.filter(id=account.id, password_hash=account.password_hash).update(password_hash=renewed)


async def _personal_words(account: Account) -> frozenset[str]:
    profile = await UserProfile.get_or_none(account_id=account.id)
    cells = [(Account, column, account.id, account.id, getattr(account, column)) for column in ("email", "phone")]
    if profile is not None:
        cells += [
            (UserProfile, column, profile.id, account.id, getattr(profile, column)) for column in ("name", "birth_date")
        ]
    known = [cell if isinstance(cell, str) else "" for cell in [*await open_cells(cells), "", ""]]
    email, phone, name, born = known[:4]
    words = [name]
    words += addresses.Address("email", email).words if email else ()
    words += addresses.Address("phone", phone).words if phone else ()
    words += date_words(date.fromisoformat(born)) if born else ()
    return passwords.personal_words(*words)


def _index(address: str, country: str | None) -> tuple[str, bytes]:
    try:
        read = addresses.read(address, region=country)
    except Refusal:
        # What can not be an address is counted and looked up all the same, so that it takes as long as one.
        text = address[:LONGEST_ADDRESS].encode(errors="replace").decode()
        return "email", blind_index("account.email", text)
    return read.column, read.index
