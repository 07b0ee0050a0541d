"""What people are told of events: each event becomes at most one message, made when it is sent."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from uuid import UUID

from commerce import registrations
from commerce.messages import Message, MessageKind, Outbound, SecurityEvent
from commerce.outbox import Event, Topic
from models import clock
from models.accounts import Account, AccountState, Registration
from models.sealed import open_cells

Composer = Callable[[Event], Awaitable[Message | None]]


async def tell(event: Event, *, through: Outbound) -> None:
    """
    Tell whoever an event concerns.

    Nothing is sent where there is nobody to tell any more: an expired registration, a cancelled or erased account.

    Raises:
        NotSent: The message was not accepted.
    """
    message = await COMPOSERS[event.topic](event)
    if message is not None:
        await through.send(message)


async def _registration_begun(event: Event) -> Message | None:
    """
    Compose the answer to a registration: a code, or for the owner of an account with that address a notice.

    Only here is it looked up whether the address has an account, where nobody who registers can notice.
    """
    found = await Registration.get_or_none(id=event.facts["registration"])
    if found is None or found.expires_at <= clock.now():
        return None
    if found.email_index is not None:
        owner = await Account.get_or_none(email_index=found.email_index)
    else:
        owner = await Account.get_or_none(phone_index=found.phone_index)
    if owner is not None:
        return await _security_notice(owner, SecurityEvent.REGISTRATION_REPEATED, event.id, at=found.created_at)
    to = await _address_of(found)
    if to is None:
        return None
    minutes = int(registrations.CODE_LIFE.total_seconds() // 60)
    return Message(
        id=event.id,
        kind=MessageKind.REGISTRATION_CODE,
        to=to,
        language=found.language,
        facts={"code": registrations.code_for(found.id), "minutes": str(minutes)},
    )


async def _password_changed(event: Event) -> Message | None:
    return await _about_account(event, SecurityEvent.PASSWORD_CHANGED)


async def _session_reused(event: Event) -> Message | None:
    return await _about_account(event, SecurityEvent.SESSION_REUSED)


async def _about_account(event: Event, what: SecurityEvent) -> Message | None:
    owner = await Account.get_or_none(id=event.facts["account"])
    at = event.facts["at"]
    if owner is None or not isinstance(at, datetime):
        return None
    return await _security_notice(owner, what, event.id, at=at)


async def _security_notice(owner: Account, what: SecurityEvent, message_id: UUID, *, at: datetime) -> Message | None:
    to = await _address_of(owner)
    if owner.state is AccountState.CANCELLED or to is None:
        return None
    return Message(
        id=message_id,
        kind=MessageKind.SECURITY_NOTICE,
        to=to,
        language=owner.language,
        facts={"event": what, "at": at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")},
    )


async def _address_of(row: Account | Registration) -> str | None:
    cells = await open_cells(
        [(type(row), column, row.id, row.id, getattr(row, column)) for column in ("email", "phone")]
    )
    return next((cell for cell in cells if isinstance(cell, str)), None)


COMPOSERS: Mapping[Topic, Composer] = {
    Topic.REGISTRATION_BEGUN: _registration_begun,
    Topic.PASSWORD_CHANGED: _password_changed,
    Topic.SESSION_REUSED: _session_reused,
}
