"""Writes behind the step-up fields: proving once more who is signed in."""

from dataclasses import dataclass
from datetime import datetime

from commerce import step_up
from models.sessions import Session
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.outcomes import outcome


@dataclass(frozen=True, slots=True)
class SentCode:
    """A code that is on its way to the person."""

    expires_at: datetime


@outcome
async def step_up_with(viewer: Viewer, *, password: str | None, code: str | None) -> Seen[Session] | None:
    """Prove who is signed in, by exactly one of the two, and read the session."""
    if password is not None:
        await step_up.by_password(password, by=viewer)
    else:
        await step_up.by_code(code or "", by=viewer)
    return await Session.visible_to(viewer).where(id=viewer.session).one()


@outcome
async def step_up_code_send(viewer: Viewer) -> SentCode:
    """Send the person a code."""
    return SentCode(await step_up.send_code(by=viewer))
