"""Reads and writes behind companies and the people who act for them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from commerce import enterprise_verifications, enterprises
from commerce.enterprises import Contact
from commerce.recipients import Attestation
from models import rounds
from models.accounts import Account
from models.arrays import of_keys
from models.enterprises import Enterprise, EnterpriseContact
from models.identity_verifications import EnterpriseVerification
from models.ids import public_id
from models.rows import PageRequest
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.nodes import audience_of, row_id
from resolvers.outcomes import outcome
from resolvers.pages import Page, cursor_context, page_request

__all__ = ["Attestation", "Contact"]


async def enterprises_of(users: Sequence[Seen[Account]], viewer: Viewer) -> list[Seen[Enterprise] | None]:
    """Read the company that each account is of."""
    found = await Enterprise.visible_to(viewer).by("account_id", [user.row.id for user in users])
    return [next(iter(found[user.row.id]), None) for user in users]


async def contacts_of(parents: Sequence[Seen[Enterprise]], viewer: Viewer) -> list[list[Seen[EnterpriseContact]]]:
    """Read who acts for each company."""
    found = await EnterpriseContact.visible_to(viewer).by("enterprise_id", [parent.row.id for parent in parents])
    return [found[parent.row.id] for parent in parents]


async def verified_at(parents: Sequence[Seen[Enterprise]], viewer: Viewer) -> list[datetime | None]:
    """Tell since when each company is verified with somebody who represents it still."""
    found = dict(
        await rounds.read(
            """SELECT enterprise_id, max(closed_at) FROM enterprise_verification
            WHERE enterprise_id = ANY($1) AND state = 'VERIFIED' GROUP BY enterprise_id""",
            of_keys(parent.row.id for parent in parents),
        )
    )
    return [found.get(parent.row.id) for parent in parents]


async def verifications_of(
    parents: Sequence[Seen[Enterprise]], viewer: Viewer
) -> list[Seen[EnterpriseVerification] | None]:
    """Read the newest check of each company."""
    rows, keys = EnterpriseVerification.visible_to(viewer), [parent.row.id for parent in parents]
    found = await rows.pages("enterprise_id", keys, PageRequest(1))
    return [next(iter(found[key].rows), None) for key in keys]


async def given_of(
    proofs: Sequence[Any],
    viewer: Viewer,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> list[Page]:
    """List as whom companies gave whoever has the proof, the newest first."""
    context = cursor_context("enterprise contacts of a third party", viewer)
    wanted = page_request(context, first=first, after=after, last=last, before=before)
    rows = EnterpriseContact.visible_to(viewer)
    # An operation has one viewer, and so at most one proof.
    return [Page(await rows.page(wanted), context, rows) for _ in proofs]


@outcome
async def enterprise_register(viewer: Viewer, name: str, registration_number: str) -> Seen[Enterprise] | None:
    """Register the company that the viewer's account is of, and read it."""
    registered = await enterprises.register(name, registration_number, by=viewer)
    return await Enterprise.visible_to(viewer).where(id=registered).one()


@outcome
async def enterprise_contact_add(
    viewer: Viewer, contact: Contact, attestation: Attestation, *, is_confirmed: bool
) -> Seen[EnterpriseContact] | None:
    """Add somebody who acts for the company, and read them."""
    added = await enterprises.add_contact(contact, attestation, is_confirmed=is_confirmed, by=viewer)
    return await EnterpriseContact.visible_to(viewer).where(id=added).one()


@outcome
async def enterprise_verify(
    viewer: Viewer, contact_id: str, attestation: Attestation
) -> Seen[EnterpriseVerification] | None:
    """Have the viewer's company checked, and read the check."""
    contact = row_id(contact_id, "EnterpriseContact", viewer)
    check = await enterprise_verifications.verify(contact, attestation, by=viewer)
    return await EnterpriseVerification.visible_to(viewer).where(id=check).one()


@outcome
async def enterprise_contact_remove(viewer: Viewer, contact_id: str) -> str:
    """Remove somebody who acts for the company, and tell the id."""
    removed = await enterprises.remove_contact(row_id(contact_id, "EnterpriseContact", viewer), by=viewer)
    return public_id("EnterpriseContact", removed, audience_of(viewer))
