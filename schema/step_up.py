"""Step-up: who is signed in proves once more who they are."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from permissions.fields import mutation, part
from permissions.may_see import Info
from resolvers import step_up
from resolvers.step_up import SentCode
from schema.errors import UserError
from schema.sessions import ERRORS, INPUT, Session


@strawberry.input(one_of=True, description="By what to prove who you are: exactly one of these.")
class StepUpInput:
    """Input of `stepUp`."""

    password: str | None = strawberry.field(default=strawberry.UNSET, description="Your password.")
    code: str | None = strawberry.field(default=strawberry.UNSET, description="The code that you were sent.")


@strawberry.type(description="Your session with the proof in it, or why nothing was proven.")
class StepUpPayload:
    """Payload of `stepUp`."""

    session: Session | None = part("The session that you came by; null if nothing was proven.", columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


def _expiry(sent: SentCode | None) -> datetime | None:
    return sent and sent.expires_at


@strawberry.type(description="Until when the code can be used, or why none was sent.")
class StepUpCodeSendPayload:
    """Payload of `stepUpCodeSend`."""

    expires_at: datetime | None = part("Until when the code can be used.", columns=("object",), value=_expiry)
    user_errors: list[UserError] = part(ERRORS)


async def _step_up(info: Info, wanted: Annotated[StepUpInput, INPUT]) -> Any:
    password, code = (None if text is strawberry.UNSET else text for text in (wanted.password, wanted.code))
    return await step_up.step_up_with(info.context.viewer, password=password, code=code)


async def _step_up_code_send(info: Info) -> Any:
    return await step_up.step_up_code_send(info.context.viewer)


@strawberry.type
class StepUpMutations:
    """Mutations by which people prove once more who they are."""

    step_up: StepUpPayload = mutation(
        "Prove once more that it is you, for actions that want it: it holds for ten minutes, in this session alone.",
        resolver=_step_up,
    )
    step_up_code_send: StepUpCodeSendPayload = mutation(
        "Have a code for `stepUp` sent to your own address; a code that was sent before is no longer valid.",
        resolver=_step_up_code_send,
    )
