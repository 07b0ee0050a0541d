"""Reads and writes behind guardians: who watches over whom, how they were asked, and what they consent to."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from commerce import addresses, consent_receipts, guardian_challenges, guardianships, persons, throttling
from commerce.guardian_challenges import Invitation
from commerce.guardianships import Answer
from commerce.sessions import Client
from models import clock, deployment
from models.accounts import Account
from models.guardianships import ChallengeState, GuardianChallenge, GuardianConsent, Guardianship, GuardianshipState
from models.rows import PageRequest
from models.sealed import open_cells
from policy.ages import AgeBand
from policy.guardian_notice import PurposeNotice, asked_for, notices
from policy.purposes import Purpose
from policy.refused import Refused
from policy.regions import is_abroad
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.nodes import row_id
from resolvers.outcomes import outcome
from resolvers.pages import NO_PARENT, Page, cursor_context, page_request


@dataclass(frozen=True, slots=True)
class ChallengeNotice:
    """What an invited adult reads before they answer."""

    first_name: str | None = field(repr=False)
    expires_at: datetime
    purposes: list[PurposeNotice]


@dataclass(frozen=True, slots=True)
class Asked:
    """
    Whom a minor invites, as a client writes it.

    Args:
        country: That in which a phone number without a country code is read; None for international forms alone.
    """

    email: str | None = field(repr=False)
    phone: str | None = field(repr=False)
    first_name: str = field(repr=False)
    language: str
    country: str | None = None


async def guardianships_of(minors: Sequence[Seen[Account]], viewer: Viewer) -> list[Seen[Guardianship] | None]:
    """Read the guardianship of each account that lasts."""
    lasting = Guardianship.visible_to(viewer).where(state=GuardianshipState.ACTIVE.value)
    found = await lasting.by("minor_id", [minor.row.id for minor in minors])
    return [next(iter(found[minor.row.id]), None) for minor in minors]


async def own_guardianships(parents: Sequence[object], viewer: Viewer) -> list[Seen[Guardianship] | None]:
    """Read who watches over the viewer, for answers that say that their consent is missing."""
    rows = Guardianship.visible_to(viewer).where(minor_id=viewer.person or NO_PARENT, state=GuardianshipState.ACTIVE)
    return [await rows.one()] * len(parents)


async def challenges_of(minors: Sequence[Seen[Account]], viewer: Viewer) -> list[Seen[GuardianChallenge] | None]:
    """Read the newest invitation of each account."""
    rows, keys = GuardianChallenge.visible_to(viewer), [minor.row.id for minor in minors]
    found = await rows.pages("minor_id", keys, PageRequest(1))
    return [next(iter(found[key].rows), None) for key in keys]


async def consents_of(
    minors: Sequence[Seen[Account]],
    viewer: Viewer,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> list[Page]:
    """List the steps of the guardian's consent for each account, the newest first."""
    context = cursor_context("consents of a guardian", viewer)
    wanted = page_request(context, first=first, after=after, last=last, before=before)
    rows = GuardianConsent.visible_to(viewer)
    keys = [seen.row.id if seen is not None else NO_PARENT for seen in await guardianships_of(minors, viewer)]
    found = await rows.pages("guardianship_id", keys, wanted)
    return [Page(found[key], context, rows, ("guardianship_id", key)) for key in keys]


async def receipts_of(steps: Sequence[Seen[GuardianConsent]], viewer: Viewer) -> list[str | None]:
    """Write the receipt of each step."""
    return [consent_receipts.issue_to_guardian(step.row, of=step.case.subject) for step in steps]


def state_at(state: ChallengeState, expires_at: datetime) -> ChallengeState:
    """Tell the state of an invitation now: one that nobody answered in time is expired before it is tidied up."""
    is_over = state is ChallengeState.PENDING and expires_at <= clock.now()
    return ChallengeState.EXPIRED if is_over else state


def closed_at(closed: datetime | None, expires_at: datetime) -> datetime | None:
    """Tell since when an invitation is no longer pending."""
    return closed if closed is not None else (expires_at if expires_at <= clock.now() else None)


async def challenge_notice(viewer: Viewer, code: str) -> ChallengeNotice | None:
    """
    Read what an invited adult is asked, by the code that they were sent.

    A code that is wrong, spent or somebody else's gives None, and so does one that was sent to a person under age.

    Raises:
        Refused: Too many codes were tried.
    """
    try:
        found = await guardian_challenges.find(code, by=viewer)
    except (persons.NotInPerson, persons.AccountCancelled):
        return None
    except throttling.TooManyAttempts as refusal:
        raise Refused(refusal.code, refusal.message) from None
    if found is None or found[1].case.age is not AgeBand.ADULT:
        return None
    challenge = found[0]
    (name,) = await open_cells(
        [(GuardianChallenge, "first_name", challenge.id, challenge.minor_id, challenge.first_name)]
    )
    minor = await Account.get(id=challenge.minor_id).only("region")
    asked = asked_for(is_abroad=is_abroad(deployment.region(), of=minor.region))
    return ChallengeNotice(name if isinstance(name, str) else None, challenge.expires_at, notices(asked))


@outcome
async def guardian_invite(viewer: Viewer, asked: Asked, *, client: Client) -> Seen[GuardianChallenge] | None:
    """Invite a guardian, and read the invitation."""
    contact = (
        addresses.email(asked.email)
        if asked.email is not None
        else addresses.phone(asked.phone or "", region=asked.country)
    )
    invited = await guardian_challenges.invite(
        Invitation(contact, asked.first_name, asked.language), by=viewer, client=client
    )
    return await _challenge(viewer, invited)


@outcome
async def invitation_resend(viewer: Viewer, challenge_id: str) -> Seen[GuardianChallenge] | None:
    """Have an invitation sent again."""
    key = row_id(challenge_id, "GuardianChallenge", viewer)
    return await _challenge(viewer, await guardian_challenges.resend(key, by=viewer))


@outcome
async def invitation_withdraw(viewer: Viewer, challenge_id: str) -> Seen[GuardianChallenge] | None:
    """Withdraw an invitation."""
    key = row_id(challenge_id, "GuardianChallenge", viewer)
    return await _challenge(viewer, await guardian_challenges.withdraw(key, by=viewer))


@outcome
async def challenge_respond(
    viewer: Viewer, code: str, *, accepts: bool, purposes: Sequence[Purpose], guardian_name: str | None
) -> Seen[Account] | None:
    """Answer an invitation, and read the ward if there is one."""
    answer = Answer(code, accepts, frozenset(purposes), guardian_name)
    ward = await guardianships.respond(answer, by=viewer)
    return None if ward is None else await Account.visible_to(viewer).where(id=ward).one()


@outcome
async def consent_set(viewer: Viewer, ward_id: str, purpose: Purpose, *, is_given: bool) -> Seen[Account] | None:
    """Give or withdraw consent to one purpose, and read the ward."""
    return await _ward(viewer, ward_id, lambda key: guardianships.set_consent(key, {purpose: is_given}, by=viewer))


@outcome
async def consent_withdraw(viewer: Viewer, ward_id: str, purposes: Sequence[Purpose] | None) -> Seen[Account] | None:
    """Withdraw consent to some purposes or to all, and read the ward."""
    return await _ward(viewer, ward_id, lambda key: guardianships.withdraw_consent(key, purposes, by=viewer))


async def _ward(viewer: Viewer, ward_id: str, change: Callable[[UUID | None], Awaitable[UUID]]) -> Seen[Account] | None:
    ward = await change(row_id(ward_id, "User", viewer))
    return await Account.visible_to(viewer).where(id=ward).one()


async def _challenge(viewer: Viewer, challenge_id: UUID) -> Seen[GuardianChallenge] | None:
    return await GuardianChallenge.visible_to(viewer).where(id=challenge_id).one()
