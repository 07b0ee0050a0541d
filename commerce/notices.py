"""What people are told of events: each event becomes at most one message, made when it is sent."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from uuid import UUID

from commerce import guardian_challenges, registrations, step_up, third_parties
from commerce.messages import Message, MessageKind, Outbound, SecurityEvent
from commerce.outbox import Event, Fact, Topic
from models import clock
from models.accounts import Account, AccountState, PolicyVersion, Registration
from models.guardianships import ChallengeState, GuardianChallenge
from models.purchase_approvals import ApprovalState, PurchaseApproval
from models.sealed import open_cells
from models.sessions import StepUpCode
from models.third_parties import ThirdPartyChallenge

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


async def _step_up_begun(event: Event) -> Message | None:
    found = await StepUpCode.get_or_none(id=event.facts["code"]).select_related("session__account")
    if found is None or found.expires_at <= clock.now() or found.session.ended_at is not None:
        return None
    owner = found.session.account
    to = await _address_of(owner)
    if owner.state is AccountState.CANCELLED or to is None:
        return None
    minutes = int(step_up.CODE_LIFE.total_seconds() // 60)
    return Message(
        id=event.id,
        kind=MessageKind.STEP_UP_CODE,
        to=to,
        language=owner.language,
        facts={"code": step_up.code_for(found.id), "minutes": str(minutes)},
    )


async def _guardian_invited(event: Event) -> Message | None:
    """Compose the invitation of a guardian: all it says of the minor is the first name that they chose (P7.2)."""
    found = await GuardianChallenge.get_or_none(id=event.facts["challenge"])
    if found is None or found.state is not ChallengeState.PENDING or found.expires_at <= clock.now():
        return None
    email, phone, first_name = await open_cells(
        [
            (GuardianChallenge, column, found.id, found.minor_id, getattr(found, column))
            for column in ("email", "phone", "first_name")
        ]
    )
    to = email or phone
    if not isinstance(to, str) or not isinstance(first_name, str):
        return None
    return Message(
        id=event.id,
        kind=MessageKind.GUARDIAN_INVITATION,
        to=to,
        language=found.language,
        facts={
            "code": guardian_challenges.code_for(found.id),
            "days": str(guardian_challenges.LIFE.days),
            "child": first_name,
        },
    )


async def _guardian_answered(event: Event) -> Message | None:
    found = await GuardianChallenge.get_or_none(id=event.facts["challenge"])
    kind = None if found is None else _ANSWERS.get(found.state)
    if found is None or kind is None or found.closed_at is None:
        return None
    return await _notice(kind, found.minor_id, event.id, at=found.closed_at)


async def _third_party_challenged(event: Event) -> Message | None:
    """Compose the code for somebody without an account; what is held of them, if anything, is not looked up."""
    found = await ThirdPartyChallenge.get_or_none(id=event.facts["challenge"])
    if found is None or found.expires_at <= clock.now():
        return None
    to = await _address_of(found)
    if to is None:
        return None
    minutes = int(third_parties.CODE_LIFE.total_seconds() // 60)
    return Message(
        id=event.id,
        kind=MessageKind.THIRD_PARTY_CODE,
        to=to,
        language=found.language,
        facts={"code": third_parties.code_for(found.id), "minutes": str(minutes)},
    )


async def _purchase_decided(event: Event) -> Message | None:
    found = await PurchaseApproval.get_or_none(id=event.facts["approval"])
    if found is None or found.decided_at is None:
        return None
    is_refused = found.state is ApprovalState.REFUSED
    kind = MessageKind.PURCHASE_REFUSED if is_refused else MessageKind.PURCHASE_APPROVED
    return await _notice(kind, found.minor_id, event.id, at=found.decided_at)


def _told(kind: MessageKind) -> Composer:
    """Compose notices of one kind to the account that the event names."""

    async def compose(event: Event) -> Message | None:
        return await _notice(kind, event.facts["account"], event.id, at=event.facts["at"])

    return compose


async def _notice(kind: MessageKind, account_id: Fact, message_id: UUID, *, at: Fact) -> Message | None:
    """Compose a notice that names nobody: whoever wants to know more logs in."""
    owner = await Account.get_or_none(id=account_id)
    if owner is None or owner.state is AccountState.CANCELLED or not isinstance(at, datetime):
        return None
    to = await _address_of(owner)
    if to is None:
        return None
    return Message(id=message_id, kind=kind, to=to, language=owner.language, facts={"at": _written(at)})


async def _policy_announced(event: Event) -> Message | None:
    """Compose the announcement of a version: its first day, and how many terms of it to read with care (P9.1)."""
    owner = await Account.get_or_none(id=event.facts["account"])
    version = await PolicyVersion.get_or_none(version=event.facts["version"])
    if owner is None or owner.state is AccountState.CANCELLED or version is None or version.effective_at is None:
        return None
    to = await _address_of(owner)
    if to is None:
        return None
    return Message(
        id=event.id,
        kind=MessageKind.POLICY_ANNOUNCED,
        to=to,
        language=owner.language,
        facts={
            "version": str(version.version),
            "at": _written(version.effective_at),
            "terms": str(len(version.highlighted_terms)),
        },
    )


def _written(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


_ANSWERS = {
    ChallengeState.ACCEPTED: MessageKind.GUARDIAN_ACCEPTED,
    ChallengeState.REFUSED: MessageKind.GUARDIAN_REFUSED,
}


async def _security_notice(owner: Account, what: SecurityEvent, message_id: UUID, *, at: datetime) -> Message | None:
    to = await _address_of(owner)
    if owner.state is AccountState.CANCELLED or to is None:
        return None
    return Message(
        id=message_id,
        kind=MessageKind.SECURITY_NOTICE,
        to=to,
        language=owner.language,
        facts={"event": what, "at": _written(at)},
    )


async def _address_of(row: Account | Registration | ThirdPartyChallenge) -> str | None:
    cells = await open_cells(
        [(type(row), column, row.id, row.id, getattr(row, column)) for column in ("email", "phone")]
    )
    return next((cell for cell in cells if isinstance(cell, str)), None)


COMPOSERS: Mapping[Topic, Composer] = {
    Topic.REGISTRATION_BEGUN: _registration_begun,
    Topic.PASSWORD_CHANGED: _password_changed,
    Topic.SESSION_REUSED: _session_reused,
    Topic.STEP_UP_BEGUN: _step_up_begun,
    Topic.GUARDIAN_INVITED: _guardian_invited,
    Topic.GUARDIAN_ANSWERED: _guardian_answered,
    Topic.GUARDIAN_CONSENT_CHANGED: _told(MessageKind.GUARDIAN_CONSENT_CHANGED),
    Topic.GUARDIANSHIP_ENDED: _told(MessageKind.GUARDIANSHIP_ENDED),
    Topic.IDENTITY_CHECKED: _told(MessageKind.IDENTITY_CHECKED),
    Topic.WARD_IS_CHILD: _told(MessageKind.WARD_IS_CHILD),
    Topic.PURCHASE_ASKED: _told(MessageKind.PURCHASE_ASKED),
    Topic.PURCHASE_DECIDED: _purchase_decided,
    Topic.AGE_CORRECTED: _told(MessageKind.AGE_CORRECTED),
    Topic.AGE_BAND_CHANGED: _told(MessageKind.AGE_BAND_CHANGED),
    Topic.CONSENTS_ASKED_ANEW: _told(MessageKind.CONSENTS_ASKED_ANEW),
    Topic.POLICY_ANNOUNCED: _policy_announced,
    Topic.THIRD_PARTY_CHALLENGED: _third_party_challenged,
    Topic.RECIPIENT_OBJECTED: _told(MessageKind.RECIPIENT_OBJECTED),
}
