"""What minors and guardians do: invite, answer, consent and withdraw."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from permissions.fields import mutation, part, root
from permissions.may_see import Info
from policy.purposes import Purpose
from resolvers import guardianships
from resolvers.guardianships import Asked
from schema.accounts import ContactInput, Language, language_of
from schema.errors import UserError
from schema.guardianships import GuardianChallenge
from schema.sessions import ERRORS, INPUT
from schema.users import User

Code = Annotated[str, strawberry.argument(description="The code from the message, with or without hyphens.")]
_INVITATION = "The invitation; null if nothing was done."
_WARD = "The ward as they are now; null if nothing was done."


@strawberry.type(description="What consent to one purpose would allow.")
class GuardianPurposeNotice:
    """From the policy itself (P7.2)."""

    purpose: Purpose = part("What is consented to.")
    what: list[str] = part("The kinds of data that would be used.")
    why: str = part("What for.")
    who: list[str] = part("Who would use them.")
    how_long: str = part("How long they are kept.")


@strawberry.type(description="What somebody who was invited as a guardian is asked; read it before you answer.")
class GuardianChallengeNotice:
    """Shown on account of the code, to the owner of the address that it was sent to, and to nobody else."""

    first_name: str | None = part("The first name that the minor chose for the invitation; all that is told of them.")
    expires_at: datetime = part("Until when you can answer.")
    purposes: list[GuardianPurposeNotice] = part("What you are asked to consent to; you may choose any of them.")


@strawberry.input(description="Whom you invite to be your guardian.")
class GuardianInviteInput:
    """Input of `guardianInvite`: what first contact needs."""

    contact: ContactInput = strawberry.field(description="Where your guardian is reached.")
    first_name: str = strawberry.field(
        description="Your first name, as your guardian knows it: letters alone, at most 40."
    )
    language: Language | None = strawberry.field(
        default=None, description="The language of the message; left out, that of `@inContext`, or English."
    )


@strawberry.type(description="The invitation, or why it was refused.")
class GuardianInvitePayload:
    """Payload of `guardianInvite`."""

    challenge: GuardianChallenge | None = part(_INVITATION, columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


@strawberry.input(description="Which invitation to send again.")
class GuardianInvitationResendInput:
    """Input of `guardianInvitationResend`."""

    id: strawberry.ID = strawberry.field(description="The invitation's id.")


@strawberry.type(description="The invitation, or why it was not sent again.")
class GuardianInvitationResendPayload:
    """Payload of `guardianInvitationResend`."""

    challenge: GuardianChallenge | None = part(_INVITATION, columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


@strawberry.input(description="Which invitation to take back.")
class GuardianInvitationWithdrawInput:
    """Input of `guardianInvitationWithdraw`."""

    id: strawberry.ID = strawberry.field(description="The invitation's id.")


@strawberry.type(description="The invitation, or why it was not withdrawn.")
class GuardianInvitationWithdrawPayload:
    """Payload of `guardianInvitationWithdraw`."""

    challenge: GuardianChallenge | None = part(_INVITATION, columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


@strawberry.input(description="Your answer to a minor who invited you as guardian.")
class GuardianChallengeRespondInput:
    """Input of `guardianChallengeRespond`."""

    code: str = strawberry.field(description="The code from the message, with or without hyphens.")
    accepts: bool = strawberry.field(description="Whether you are the guardian.")
    purposes: list[Purpose] = strawberry.field(
        default_factory=list[Purpose],
        description="What you consent to, of what `guardianChallenge` lists; you may change it later.",
    )
    guardian_name: str | None = strawberry.field(
        default=None, description="How the minor is to see you; without it they see no name."
    )


@strawberry.type(description="Your ward, or why the answer was not taken.")
class GuardianChallengeRespondPayload:
    """Payload of `guardianChallengeRespond`."""

    ward: User | None = part("Whom you now watch over; null if you refused.", columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


@strawberry.input(description="Consent to one purpose for a ward, or its withdrawal.")
class GuardianConsentSetInput:
    """Input of `guardianConsentSet`."""

    ward_id: strawberry.ID = strawberry.field(description="The ward's id.")
    purpose: Purpose = strawberry.field(description="What it is about.")
    is_given: bool = strawberry.field(description="True consents, false withdraws.")


@strawberry.type(description="The ward, or why nothing was changed.")
class GuardianConsentSetPayload:
    """Payload of `guardianConsentSet`."""

    ward: User | None = part(_WARD, columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


@strawberry.input(description="What to withdraw for a ward.")
class GuardianConsentWithdrawInput:
    """Input of `guardianConsentWithdraw`."""

    ward_id: strawberry.ID = strawberry.field(description="The ward's id.")
    purposes: list[Purpose] | None = strawberry.field(default=None, description="Left out, everything is withdrawn.")


@strawberry.type(description="The ward, or why nothing was changed.")
class GuardianConsentWithdrawPayload:
    """Payload of `guardianConsentWithdraw`."""

    ward: User | None = part(_WARD, columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


async def _guardian_challenge(info: Info, code: Code) -> Any:
    return await guardianships.challenge_notice(info.context.viewer, code)


def asked_of(wanted: GuardianInviteInput, info: Info) -> Asked:
    """Read whom somebody invites, with what the operation says of language and country."""
    return Asked(
        email=wanted.contact.email or None,
        phone=wanted.contact.phone or None,
        first_name=wanted.first_name,
        language=language_of(wanted.language, info),
        country=info.context.asked_in.country,
    )


async def _invite(info: Info, wanted: Annotated[GuardianInviteInput, INPUT]) -> Any:
    return await guardianships.guardian_invite(info.context.viewer, asked_of(wanted, info), client=info.context.client)


async def _resend(info: Info, wanted: Annotated[GuardianInvitationResendInput, INPUT]) -> Any:
    return await guardianships.invitation_resend(info.context.viewer, wanted.id)


async def _withdraw_invitation(info: Info, wanted: Annotated[GuardianInvitationWithdrawInput, INPUT]) -> Any:
    return await guardianships.invitation_withdraw(info.context.viewer, wanted.id)


async def _respond(info: Info, wanted: Annotated[GuardianChallengeRespondInput, INPUT]) -> Any:
    return await guardianships.challenge_respond(
        info.context.viewer,
        wanted.code,
        accepts=wanted.accepts,
        purposes=wanted.purposes,
        guardian_name=wanted.guardian_name,
    )


async def _set(info: Info, wanted: Annotated[GuardianConsentSetInput, INPUT]) -> Any:
    return await guardianships.consent_set(
        info.context.viewer, wanted.ward_id, wanted.purpose, is_given=wanted.is_given
    )


async def _withdraw(info: Info, wanted: Annotated[GuardianConsentWithdrawInput, INPUT]) -> Any:
    return await guardianships.consent_withdraw(info.context.viewer, wanted.ward_id, wanted.purposes)


@strawberry.type
class GuardianQueries:
    """What an invited adult reads."""

    guardian_challenge: GuardianChallengeNotice | None = root(
        "What you are asked as a guardian, by the code that you were sent; null if the code is not valid for you.",
        resolver=_guardian_challenge,
    )


@strawberry.type
class GuardianMutations:
    """Mutations of minors and guardians."""

    guardian_invite: GuardianInvitePayload = mutation(
        "Invite an adult to be your guardian. The answer is the same whether or not the address has an account.",
        resolver=_invite,
    )
    guardian_invitation_resend: GuardianInvitationResendPayload = mutation(
        "Have your open invitation sent again: at most three times, ten minutes apart.", resolver=_resend
    )
    guardian_invitation_withdraw: GuardianInvitationWithdrawPayload = mutation(
        "Take your open invitation back; its code is worth nothing from this moment on.", resolver=_withdraw_invitation
    )
    guardian_challenge_respond: GuardianChallengeRespondPayload = mutation(
        "Accept or refuse to be the guardian of the minor who invited you.", resolver=_respond
    )
    guardian_consent_set: GuardianConsentSetPayload = mutation(
        "Consent to one purpose for your ward, or withdraw it.", resolver=_set
    )
    guardian_consent_withdraw: GuardianConsentWithdrawPayload = mutation(
        "Withdraw what you consent to for your ward. Withdrawing the account or deliveries cancels what was ordered "
        "and has not left; withdrawing the account also ends the ward's sessions.",
        resolver=_withdraw,
    )
