"""Reads and writes behind purchases of minors that their guardian approves."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from commerce import prices, purchase_approvals
from models import clock
from models.accounts import Account
from models.purchase_approvals import ApprovalState, PurchaseApproval
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.nodes import row_id
from resolvers.outcomes import UserFault, outcome
from resolvers.pages import Page, cursor_context, page_request


async def approvals_of(
    minors: Sequence[Seen[Account]],
    viewer: Viewer,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> list[Page]:
    """List what each account's guardian was asked, the newest first."""
    context = cursor_context("purchase approvals", viewer)
    wanted = page_request(context, first=first, after=after, last=last, before=before)
    rows, keys = PurchaseApproval.visible_to(viewer), [minor.row.id for minor in minors]
    found = await rows.pages("minor_id", keys, wanted)
    return [Page(found[key], context, rows, ("minor_id", key)) for key in keys]


async def asked(faults: Sequence[UserFault], viewer: Viewer) -> list[Seen[PurchaseApproval] | None]:
    """Read what the guardian was asked, for an answer that says so."""
    keys: list[UUID] = [fault.details["approval"] for fault in faults]
    found = await PurchaseApproval.visible_to(viewer).by("id", keys)
    return [next(iter(found[key]), None) for key in keys]


def state_at(state: ApprovalState, expires_at: datetime) -> ApprovalState:
    """Tell the state now: what nobody answered or used in time is expired before it is tidied up."""
    is_over = state in (ApprovalState.PENDING, ApprovalState.APPROVED) and expires_at <= clock.now()
    return ApprovalState.EXPIRED if is_over else state


@outcome
async def limit_set(viewer: Viewer, ward_id: str, limit: tuple[Decimal, str] | None) -> Seen[Account] | None:
    """Set the limit of a ward, and read the ward."""
    total = None if limit is None else prices.amount(*limit, field=("limit",))
    ward = await purchase_approvals.set_limit(row_id(ward_id, "User", viewer), total, by=viewer)
    return await Account.visible_to(viewer).where(id=ward).one()


@outcome
async def decide(viewer: Viewer, approval_id: str, *, is_approved: bool) -> Seen[PurchaseApproval] | None:
    """Approve or refuse a purchase, and read what became of it."""
    key = row_id(approval_id, "PurchaseApproval", viewer)
    decided = await purchase_approvals.decide(key, is_approved=is_approved, by=viewer)
    return await PurchaseApproval.visible_to(viewer).where(id=decided).one()
