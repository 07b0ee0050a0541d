"""What people change about themselves: their profile and their address book."""

from collections.abc import Mapping

from commerce import address_book, profiles
from models.accounts import Address, UserProfile
from models.ids import public_id
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.nodes import audience_of, row_id
from resolvers.outcomes import outcome


@outcome
async def profile_update(
    viewer: Viewer, changes: Mapping[str, str | None], *, expected_version: int, is_confirmed: bool
) -> Seen[UserProfile] | None:
    """Change the viewer's profile, and read it again."""
    account_id = await profiles.update(changes, expected_version=expected_version, is_confirmed=is_confirmed, by=viewer)
    return await UserProfile.visible_to(viewer).where(account_id=account_id).one()


@outcome
async def address_create(
    viewer: Viewer, given: Mapping[str, str | None], *, is_confirmed: bool
) -> Seen[Address] | None:
    """Add an address, and read it."""
    added = await address_book.create(given, is_confirmed=is_confirmed, by=viewer)
    return await Address.visible_to(viewer).where(id=added).one()


@outcome
async def address_update(
    viewer: Viewer, address_id: str, changes: Mapping[str, str | None], *, expected_version: int, is_confirmed: bool
) -> Seen[Address] | None:
    """Change an address, and read it again."""
    changed = await address_book.update(
        row_id(address_id, "Address", viewer),
        changes,
        expected_version=expected_version,
        is_confirmed=is_confirmed,
        by=viewer,
    )
    return await Address.visible_to(viewer).where(id=changed).one()


@outcome
async def address_delete(viewer: Viewer, address_id: str) -> str:
    """Delete an address, and tell its id."""
    deleted = await address_book.delete(row_id(address_id, "Address", viewer), by=viewer)
    return public_id("Address", deleted, audience_of(viewer))


@outcome
async def address_default_set(viewer: Viewer, address_id: str) -> Seen[Address] | None:
    """Make an address the default, and read it again."""
    chosen = await address_book.set_default(row_id(address_id, "Address", viewer), by=viewer)
    return await Address.visible_to(viewer).where(id=chosen).one()
