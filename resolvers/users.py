"""Reads behind the fields of people: their account, profile, addresses and wards."""

from collections.abc import Sequence

from models.accounts import Account, Address, UserProfile
from models.tickets import Ticket
from policy.ages import AgeBand
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.pages import NO_PARENT, Page, cursor_context, page_request


async def accounts_of(viewers: Sequence[Viewer], viewer: Viewer) -> list[Seen[Account] | None]:
    """Read the account that each viewer acts as in person."""
    persons = [asking.person for asking in viewers]
    found = await Account.visible_to(viewer).by("id", [person for person in persons if person is not None])
    return [next(iter(found[person]), None) if person is not None else None for person in persons]


async def users_visible_to(
    viewer: Viewer, *, first: int | None, after: str | None, last: int | None, before: str | None
) -> Page:
    """List all accounts that a viewer may know of, the newest first."""
    context = cursor_context("users", viewer)
    wanted = page_request(context, first=first, after=after, last=last, before=before)
    rows = Account.visible_to(viewer)
    return Page(await rows.page(wanted), context, rows)


async def age_bands_of(found: Sequence[Seen[Account]], viewer: Viewer) -> list[AgeBand]:
    """Tell the age band of each person as of today, as decisions about them have it (P7.5)."""
    return [user.case.age for user in found]


async def profiles_of(users: Sequence[Seen[Account]], viewer: Viewer) -> list[Seen[UserProfile] | None]:
    """Read the profile of each account."""
    found = await UserProfile.visible_to(viewer).by("account_id", [user.row.id for user in users])
    return [next(iter(found[user.row.id]), None) for user in users]


async def addresses_of(users: Sequence[Seen[Account]], viewer: Viewer) -> list[list[Seen[Address]]]:
    """Read the address book of each account."""
    found = await Address.visible_to(viewer).by("account_id", [user.row.id for user in users])
    return [found[user.row.id] for user in users]


async def wards_of(users: Sequence[Seen[Account]], viewer: Viewer) -> list[list[Seen[Account]]]:
    """Read the minors whom each account watches over."""
    found = await Account.visible_to(viewer).by("guardian_id", [user.row.id for user in users])
    return [found[user.row.id] for user in users]


async def buyers_of(orders: Sequence[Seen[object]], viewer: Viewer) -> list[Seen[Account] | None]:
    """Read the account that placed each order, or opened each ticket, as its case names it."""
    found = await Account.visible_to(viewer).by("id", [order.case.subject for order in orders])
    return [next(iter(found[order.case.subject]), None) for order in orders]


async def tickets_of(
    viewers: Sequence[Viewer],
    viewer: Viewer,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> list[Page]:
    """List the tickets assigned to each agent, or opened by each person, the newest first."""
    context = cursor_context("tickets of a viewer", viewer)
    wanted = page_request(context, first=first, after=after, last=last, before=before)
    rows = Ticket.visible_to(viewer)
    pages: list[Page] = []
    # An operation has one viewer.
    for asking in viewers:
        column, key = ("account_id", asking.person) if asking.staff is None else ("agent_id", asking.account)
        key = key or NO_PARENT
        pages.append(Page((await rows.pages(column, [key], wanted))[key], context, rows, (column, key)))
    return pages
