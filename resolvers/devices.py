"""Reads behind the devices that are in use."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.accounts import Account
from models.bounds import DEVICE_SIGHTINGS
from models.sessions import Session, devices, sightings
from policy.refused import Refused
from policy.seen import Seen
from policy.viewer import Viewer


@dataclass(frozen=True, slots=True, eq=False)
class WantedSightings:
    """
    How many sightings are wanted.

    INVARIANT (no two alike): two fields that ask for as many are not the same, or the second would get the list of the
    first, in its order, and what one says of devices could be laid beside what the other says of people.
    """

    size: int


def wanted(first: int) -> WantedSightings:
    """
    Check what a client asks for.

    Raises:
        Refused: `BAD_PAGE` for a size out of bounds.
    """
    if not 1 <= first <= DEVICE_SIGHTINGS:
        raise Refused("BAD_PAGE", f"Ask for 1 to {DEVICE_SIGHTINGS} sightings.")
    return WantedSightings(first)


async def sightings_of(parents: Sequence[WantedSightings], viewer: Viewer) -> list[list[Seen[Session]]]:
    """Draw for each field a list of its own, in an order of its own."""
    return [await sightings(viewer).sample(parent.size) for parent in parents]


async def devices_of(users: Sequence[Seen[Account]], viewer: Viewer) -> list[list[Seen[Session]]]:
    """Read with what kinds of devices each account is used: each kind once, however often it is signed in with."""
    rows = devices(viewer).looking_at("client_kind", "user_agent_family")
    found = await rows.by("account_id", [user.row.id for user in users])
    return [
        list({(seen.row.client_kind, seen.row.user_agent_family): seen for seen in found[user.row.id]}.values())
        for user in users
    ]
