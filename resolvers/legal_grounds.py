"""Reads and writes behind legal grounds."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from commerce import legal_grounds
from commerce.legal_grounds import GroundFor, LegalGroundNotValid, WantedGround
from models.accounts import Account
from models.ids import BadId, public_id, read_public_id
from models.legal_grounds import LegalGround, LegalGroundUse
from policy.classes import BY_NAME
from policy.legal_grounds import GroundKind
from policy.seen import Seen
from policy.viewer import StaffRole, Viewer
from resolvers.nodes import audience_of, row_id
from resolvers.outcomes import outcome
from resolvers.pages import NO_PARENT, Page, cursor_context, page_request

_STAFF = "Staff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A ground as a client writes it; of account and order, and of staff, role and partner, exactly one is given."""

    kind: GroundKind
    case_reference: str = field(repr=False)
    account: str | None
    order: str | None
    staff: str | None
    role: StaffRole | None
    partner: str | None
    classes: Sequence[str]
    valid_from: datetime | None
    valid_until: datetime
    protects_subject: bool
    is_kept_from_subject: bool


async def grounds_visible_to(
    viewer: Viewer,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> Page:
    """List all grounds that a viewer may know of, the newest first."""
    context = cursor_context("legal grounds", viewer)
    wanted = page_request(context, first=first, after=after, last=last, before=before)
    rows = LegalGround.visible_to(viewer)
    return Page(await rows.page(wanted), context, rows)


async def grounds_of(
    users: Sequence[Seen[Account]],
    viewer: Viewer,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> list[Page]:
    """List the grounds about each account."""
    keys = [user.row.id for user in users]
    return await _pages("account_id", keys, viewer, first=first, after=after, last=last, before=before)


async def own_grounds(
    viewers: Sequence[Viewer],
    viewer: Viewer,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> list[Page]:
    """List the grounds about each viewer in person."""
    keys = [asking.person or NO_PARENT for asking in viewers]
    return await _pages("account_id", keys, viewer, first=first, after=after, last=last, before=before)


async def _pages(column: str, keys: Sequence[UUID], viewer: Viewer, **asked: Any) -> list[Page]:
    context = cursor_context("legal grounds of an account", viewer)
    rows = LegalGround.visible_to(viewer)
    found = await rows.pages(column, keys, page_request(context, **asked))
    return [Page(found[key], context, rows, (column, key)) for key in keys]


async def uses_of(
    grounds: Sequence[Seen[LegalGround]],
    viewer: Viewer,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> list[Page]:
    """List the uses of each ground, the newest first."""
    context = cursor_context("uses of a legal ground", viewer)
    rows = LegalGroundUse.visible_to(viewer)
    wanted = page_request(context, first=first, after=after, last=last, before=before)
    keys = [ground.row.id for ground in grounds]
    found = await rows.pages("ground_id", keys, wanted)
    return [Page(found[key], context, rows, ("ground_id", key)) for key in keys]


def _staff_ids(column: str) -> Any:
    async def ids(rows: Sequence[Seen[Any]], viewer: Viewer) -> list[str | None]:
        keys = [getattr(seen.row, column) for seen in rows]
        return [public_id(_STAFF, key, audience_of(viewer)) if key is not None else None for key in keys]

    return ids


# Who is who among the staff is told without a name, as in the journal of what they do.
holders_of = _staff_ids("viewer_account_id")
openers_of = _staff_ids("opened_by_id")
approvers_of = _staff_ids("approved_by_id")
users_of = _staff_ids("viewer_id")


async def staff_ids(viewers: Sequence[Viewer], viewer: Viewer) -> list[str | None]:
    """Tell members of staff by which id an officer names them."""
    return [
        public_id(_STAFF, asking.account) if asking.staff is not None and asking.account is not None else None
        for asking in viewers
    ]


async def partners_of(grounds: Sequence[Seen[LegalGround]], viewer: Viewer) -> list[str | None]:
    """Tell the id of the partner whom a ground is for, as `node` takes it."""
    keys = [ground.row.viewer_partner_id for ground in grounds]
    return [public_id("Partner", key, audience_of(viewer)) if key is not None else None for key in keys]


async def orders_of(grounds: Sequence[Seen[LegalGround]], viewer: Viewer) -> list[str | None]:
    """Tell the id of the order that a ground is about, as `node` takes it."""
    keys = [ground.row.order_id for ground in grounds]
    return [public_id("Order", key, audience_of(viewer)) if key is not None else None for key in keys]


async def note_uses(context: Any, operation: str | None) -> None:
    """Note by which grounds an operation was answered."""
    await legal_grounds.note_uses(context.grounds.classes, by=context.viewer, operation=operation)


@outcome
async def legal_ground_open(viewer: Viewer, given: Given) -> Seen[LegalGround] | None:
    """Put a ground before a second officer."""
    wanted = WantedGround(
        kind=given.kind,
        case_reference=given.case_reference,
        account=row_id(given.account, "User", viewer) if given.account is not None else None,
        order=row_id(given.order, "Order", viewer) if given.order is not None else None,
        holder=GroundFor(
            staff=_staff(given.staff) if given.staff is not None else None,
            role=given.role,
            partner=_partner(given.partner, viewer) if given.partner is not None else None,
        ),
        classes=frozenset(BY_NAME[name] for name in given.classes),
        valid_from=given.valid_from,
        valid_until=given.valid_until,
        protects_subject=given.protects_subject,
        is_kept_from_subject=given.is_kept_from_subject,
    )
    return await _read(await legal_grounds.open_ground(wanted, by=viewer), viewer)


@outcome
async def legal_ground_approve(viewer: Viewer, ground: str) -> Seen[LegalGround] | None:
    """Put a ground into force."""
    return await _read(await legal_grounds.approve(row_id(ground, "LegalGround", viewer), by=viewer), viewer)


@outcome
async def legal_ground_reject(viewer: Viewer, ground: str) -> Seen[LegalGround] | None:
    """Close a ground that waits."""
    return await _read(await legal_grounds.reject(row_id(ground, "LegalGround", viewer), by=viewer), viewer)


@outcome
async def legal_ground_revoke(viewer: Viewer, ground: str) -> Seen[LegalGround] | None:
    """End a ground before its time."""
    return await _read(await legal_grounds.revoke(row_id(ground, "LegalGround", viewer), by=viewer), viewer)


async def _read(ground_id: UUID, viewer: Viewer) -> Seen[LegalGround] | None:
    return await LegalGround.visible_to(viewer).where(id=ground_id).one()


def _staff(text: str) -> UUID:
    try:
        type_name, key = read_public_id(text)
    except BadId:
        type_name, key = "", NO_PARENT
    if type_name != _STAFF:
        raise LegalGroundNotValid("holder", "Give the `viewer.staffId` of the member of staff whom it is for.")
    return key


def _partner(text: str, viewer: Viewer) -> UUID:
    key = row_id(text, "Partner", viewer)
    if key is None:
        raise LegalGroundNotValid("holder", "Give the id of the partner whom it is for; take it from `partners`.")
    return key
