"""Invented people who register, for tests of accounts and sessions."""

import itertools
import os
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from commerce import addresses, registrations
from commerce.acceptances import Acceptance, in_force, term_ids
from commerce.addresses import Address
from commerce.policy_versions import keep_snapshot
from commerce.registrations import Applicant
from commerce.sessions import Opened
from models.accounts import Account, PolicyVersion, PolicyVersionState

PASSWORD = "plum tractor umbrella 14"
_numbers = itertools.count()


@dataclass(frozen=True)
class Browser:
    """A client program at a network address of its own."""

    kind: str = "web"
    user_agent_family: str = "Firefox"
    ip_hash: bytes = field(default_factory=lambda: os.urandom(32))


async def policy() -> PolicyVersion:
    """Find the policy that is in force, or put one into force."""
    version, _ = await PolicyVersion.get_or_create(
        version=900_000,
        defaults={
            "state": PolicyVersionState.ANNOUNCED,
            "effective_at": datetime(2020, 1, 1, tzinfo=UTC),
            "snapshot_id": await keep_snapshot(),
            "told_at": datetime(2020, 1, 1, tzinfo=UTC),
            "highlighted_terms": [{"id": "sharing", "title": "Who gets what."}, {"id": "minors", "title": "Ages."}],
        },
    )
    return version


def somebody() -> Address:
    """Make up an address that nobody has yet."""
    return addresses.email(f"ada.{os.getpid()}.{next(_numbers)}.canary@mail.example")


async def applicant(address: Address | None = None, **other: Any) -> Applicant:
    """Make up somebody who wants an account: an adult who accepts the policy in force."""
    await policy()
    current = await in_force()
    given: dict[str, Any] = {
        "address": address or somebody(),
        "password": PASSWORD,
        "birth_date": date(1990, 4, 12),
        "region": "CN",
        "language": "en",
        "acceptance": Acceptance(current.version, tuple(sorted(term_ids(current)))),
    }
    return Applicant(**(given | other))


async def member(
    address: Address | None = None, *, client: Browser | None = None, **other: Any
) -> tuple[Account, Opened]:
    """Register somebody and confirm it, as they would."""
    client = client or Browser()
    registration_id = await registrations.register(await applicant(address, **other), client=client)
    return await registrations.confirm(registration_id, registrations.code_for(registration_id), client=client)
