"""Corrections of the day of birth, by the person or by a member of staff."""

from datetime import date
from typing import Annotated, Any

import strawberry

from permissions.fields import mutation, part
from permissions.may_see import Info
from resolvers import age_corrections
from schema.errors import UserError
from schema.guardian_actions import GuardianInviteInput, asked_of
from schema.sessions import ERRORS, INPUT
from schema.users import User

_GUARDIAN = "Whom to invite, if the person needs a guardian by this and has none; otherwise it is not used."


@strawberry.input(description="Your right day of birth.")
class BirthDateCorrectInput:
    """Input of `birthDateCorrect`."""

    birth_date: date = strawberry.field(description="The day of your birth.")
    guardian: GuardianInviteInput | None = strawberry.field(default=None, description=_GUARDIAN)


@strawberry.type(description="Your account, or why nothing was corrected.")
class BirthDateCorrectPayload:
    """Payload of `birthDateCorrect`."""

    account: User | None = part("Your account as it is now; null if nothing was done.", columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


@strawberry.input(description="Somebody's right day of birth, and how it was found.")
class AccountAgeCorrectInput:
    """Input of `accountAgeCorrect`."""

    user_id: strawberry.ID = strawberry.field(description="The person's id.")
    birth_date: date = strawberry.field(description="The day of their birth.")
    reason: str = strawberry.field(description="How it was found, of at most 200 characters; it is sealed.")
    is_proven: bool = strawberry.field(
        default=False,
        description="That you were shown a document. An earlier day than before needs it, and a privacy officer.",
    )
    guardian: GuardianInviteInput | None = strawberry.field(default=None, description=_GUARDIAN)


@strawberry.type(description="The account, or why nothing was corrected.")
class AccountAgeCorrectPayload:
    """Payload of `accountAgeCorrect`."""

    account: User | None = part(
        "The account as far as you may still know of it, which of a child's you may not before the guardian consents; "
        "null also if nothing was done.",
        columns=("object",),
    )
    user_errors: list[UserError] = part(ERRORS)


async def _correct_own(info: Info, wanted: Annotated[BirthDateCorrectInput, INPUT]) -> Any:
    guardian = None if wanted.guardian is None else asked_of(wanted.guardian, info)
    return await age_corrections.correct_own(info.context.viewer, wanted.birth_date, guardian)


async def _correct(info: Info, wanted: Annotated[AccountAgeCorrectInput, INPUT]) -> Any:
    return await age_corrections.correct(
        info.context.viewer,
        wanted.user_id,
        wanted.birth_date,
        wanted.reason,
        is_proven=wanted.is_proven,
        guardian=None if wanted.guardian is None else asked_of(wanted.guardian, info),
    )


@strawberry.type
class AgeCorrectionMutations:
    """Mutations of days of birth."""

    birth_date_correct: BirthDateCorrectPayload = mutation(
        "Correct your day of birth to a later one; an earlier one needs proof. Prove first that it is you: `stepUp`.",
        resolver=_correct_own,
    )
    account_age_correct: AccountAgeCorrectPayload = mutation(
        "Correct somebody's day of birth, for privacy officers, and for agents on an open ticket. Whoever turns out to "
        "be a child is locked at once.",
        resolver=_correct,
    )
