"""Devices that are in use, which are about nobody as long as nobody asks whose they are."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from models.bounds import DEVICE_SIGHTINGS
from permissions.fields import classified, root, to_many, to_one
from permissions.may_see import Info
from policy.classes import DEVICE, SESSION
from policy.subjects import Subject
from resolvers import devices, users
from schema.users import User


@strawberry.type(
    description="A device that somebody is signed in with. Operators are shown what it is as long as nothing selected "
    "beside it leads to a person; with `account` or `lastSeenAt` beside it, it is null."
)
class DeviceSighting:
    """It has no id, no cursor and no place in a list: none of these may lead from one answer to another (P2.2c)."""

    about = Subject.ACCOUNT_HOLDER

    client_kind: str | None = classified(DEVICE, "`web`, `app`, `mini-program` or `api`.")
    user_agent_family: str | None = classified(DEVICE, "The family of the browser or program, such as `Firefox`.")
    last_seen_at: datetime | None = classified(SESSION, "When it was last used, to the minute.")
    account: User | None = to_one("Who is signed in with it.", by="account_id", rows=users.buyers_of)


@strawberry.type(description="Devices that are in use, drawn and ordered by chance anew each time.")
class DeviceSightings:
    """What leads to the devices, and says nothing of a person."""

    nodes: list[DeviceSighting] = to_many(
        "The devices.", at_most=DEVICE_SIGHTINGS, rows=devices.sightings_of, is_about_nobody=True
    )


First = Annotated[int, strawberry.argument(description=f"How many, 1 to {DEVICE_SIGHTINGS}.")]


async def _device_sightings(info: Info, first: First) -> Any:
    return devices.wanted(first)


@strawberry.type
class DeviceQueries:
    """Reads of the devices in use."""

    device_sightings: DeviceSightings = root(
        "With what kinds of devices people are signed in; for operators, and empty for everybody else.",
        resolver=_device_sightings,
        is_about_nobody=True,
    )
