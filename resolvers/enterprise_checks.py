"""Reads behind the checks of companies: what their providers were told, as long as it is theirs to know."""

from collections.abc import Sequence

from models import rounds
from models.arrays import of_keys
from models.enterprises import EnterpriseContact
from models.identity_verifications import EnterpriseVerification
from models.keys import ERASED
from models.sealed import open_cells
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.pages import Page, cursor_context, page_request

Checks = Sequence[Seen[EnterpriseVerification]]


async def visible_to(
    viewer: Viewer, *, first: int | None, after: str | None, last: int | None, before: str | None
) -> Page:
    """List all checks of companies that a viewer may know of, the newest first."""
    context = cursor_context("enterprise checks", viewer)
    wanted = page_request(context, first=first, after=after, last=last, before=before)
    rows = EnterpriseVerification.visible_to(viewer)
    return Page(await rows.page(wanted), context, rows)


async def company_names_of(parents: Checks, viewer: Viewer) -> list[str]:
    """Tell what the companies are called."""
    return await _of_companies("SELECT id, name FROM enterprise WHERE id = ANY($1)", parents)


async def registration_numbers_of(parents: Checks, viewer: Viewer) -> list[str]:
    """Tell by which number their register knows the companies."""
    return await _of_companies("SELECT id, registration_number FROM enterprise WHERE id = ANY($1)", parents)


async def names_of(parents: Checks, viewer: Viewer) -> list[str | None]:
    """Read the names of those who represent the companies."""
    return await _of_contacts("name", "SELECT id, name FROM enterprise_contact WHERE id = ANY($1)", parents)


async def phones_of(parents: Checks, viewer: Viewer) -> list[str | None]:
    """Read their phone numbers."""
    return await _of_contacts("phone", "SELECT id, phone FROM enterprise_contact WHERE id = ANY($1)", parents)


async def documents_of(parents: Checks, viewer: Viewer) -> list[str | None]:
    """Read the numbers of their documents; after the end of a check there is none."""
    sql = "SELECT id, identity_document FROM enterprise_contact WHERE id = ANY($1)"
    return await _of_contacts("identity_document", sql, parents)


async def _of_companies(sql: str, parents: Checks) -> list[str]:
    found = dict(await rounds.read(sql, of_keys(parent.row.enterprise_id for parent in parents)))
    return [found[parent.row.enterprise_id] for parent in parents]


async def _of_contacts(column: str, sql: str, parents: Checks) -> list[str | None]:
    keys = [parent.row.contact_id for parent in parents]
    found = dict(await rounds.read(sql, of_keys(keys)))
    texts = await open_cells([(EnterpriseContact, column, key, key, found.get(key)) for key in keys])
    return [None if text is ERASED else text for text in texts]
