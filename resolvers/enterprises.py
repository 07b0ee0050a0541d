"""Reads and writes behind companies and the people who act for them."""

from collections.abc import Sequence
from typing import Any

from commerce import enterprises
from commerce.enterprises import Contact
from commerce.recipients import Attestation
from models.accounts import Account
from models.enterprises import Enterprise, EnterpriseContact
from models.ids import public_id
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
async def enterprise_contact_remove(viewer: Viewer, contact_id: str) -> str:
    """Remove somebody who acts for the company, and tell the id."""
    removed = await enterprises.remove_contact(row_id(contact_id, "EnterpriseContact", viewer), by=viewer)
    return public_id("EnterpriseContact", removed, audience_of(viewer))
