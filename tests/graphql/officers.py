"""Privacy officers who have just proven who they are, and what they do with legal grounds."""

import itertools
import secrets
from datetime import timedelta
from typing import Any

from commerce import sessions, step_up
from models import clock
from models.ids import public_id
from permissions.context import Client
from policy.viewer import StaffRole, Viewer
from server.demo_rows import add_staff
from tests.graphql.asking import ask
from tests.graphql.world import Subject, person

PASSWORD = "a password of nobody 7731"
_numbers = itertools.count(secrets.randbelow(4_000_000) + 5_000_000)
_FIELDS = "id state classes openedBy approvedBy"


async def member(role: StaffRole, *, is_trained: bool = True, is_proven: bool = True) -> Viewer:
    """Employ somebody who has signed in and, if wanted, proven who they are."""
    account = await add_staff(person("staff", 35, next(_numbers)), role, password=PASSWORD, is_trained=is_trained)
    opened = await sessions.begin(account.id, client=Client(ip_hash=secrets.token_bytes(32)))
    viewer = await sessions.authenticate(opened.credential)
    if is_proven:
        await step_up.by_password(PASSWORD, by=viewer)
    return viewer


async def officer(**given: bool) -> Viewer:
    """Employ a privacy officer."""
    return await member(StaffRole.PRIVACY_OFFICER, **given)


def wanted(subject: Subject, to: Viewer, *classes: str, **other: Any) -> dict[str, Any]:
    """Write the input of `legalGroundOpen`."""
    until = clock.now() + timedelta(days=3)
    return {
        "kind": "JUSTICE",
        "caseReference": "4 Js 1107/26 canary",
        "about": {"accountId": public_id("User", subject.account.id)},
        "holder": {"staffId": public_id("Staff", to.account)} if to.account else {},
        "classes": list(classes),
        "validUntil": until.isoformat(),
    } | other


async def act(name: str, as_: Viewer, **given: Any) -> tuple[dict[str, Any] | None, list[str]]:
    """Act on a ground, and give it together with the codes of the refusal."""
    input_ = "LegalGroundOpenInput" if name == "legalGroundOpen" else "LegalGroundInput"
    document = f"""mutation Act($input: {input_}!) {{
        {name}(input: $input) {{ legalGround {{ {_FIELDS} }} userErrors {{ code field }} }} }}"""
    answer = await ask(document, as_=as_, input=given)
    assert answer.errors == []
    payload = answer.data[name]
    return payload["legalGround"], [error["code"] for error in payload["userErrors"]]


async def opened(by: Viewer, subject: Subject, to: Viewer, *classes: str, **other: Any) -> str:
    """Open a ground, and give its id."""
    ground, codes = await act("legalGroundOpen", by, **wanted(subject, to, *classes, **other))
    assert codes == []
    assert ground is not None
    return ground["id"]


async def in_force(subject: Subject, to: Viewer, *classes: str, **other: Any) -> str:
    """Have a ground opened by one officer and approved by another."""
    ground = await opened(await officer(), subject, to, *classes, **other)
    _, codes = await act("legalGroundApprove", await officer(), id=ground)
    assert codes == []
    return ground
