"""Finds as whom staff look at the shop, and lets them."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from commerce import viewpoints
from commerce.viewpoints import Viewpoint
from models.database import snapshot
from models.ids import BadId, read_public_id
from policy.purposes import Purpose
from policy.refused import Refused
from policy.view_as import may_view_as
from policy.viewer import StaffRole, Viewer
from resolvers.nodes import row_id

MOST_VIEWERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """As whom somebody looks, as a client writes it: exactly one of these."""

    account: str | None = None
    staff: str | None = None
    role: StaffRole | None = None
    partner: str | None = None
    purpose: Purpose | None = None
    is_delegated: bool = False
    is_anonymous: bool = False


async def found(wanted: Sequence[Given], *, case_reference: str, by: Viewer) -> list[Viewpoint]:
    """
    Find the viewpoints that a member of staff wants to look from.

    Raises:
        Refused: They may not look from any, or not from one of these.
    """
    if not may_view_as(by):
        raise Refused(
            "ACCESS_DENIED",
            "Log in as a privacy officer or an auditor whose privacy training is valid; nobody else can do this.",
        )
    if not 0 < len(wanted) <= MOST_VIEWERS:
        raise Refused("VIEW_AS_NOT_VALID", f"Name 1 to {MOST_VIEWERS} viewers.")
    if not viewpoints.is_case_reference(case_reference):
        raise Refused(
            "CASE_REFERENCE_NOT_VALID",
            "`caseReference` is the number of a file: 3 to 40 capital letters, digits, dots, slashes and hyphens, and "
            "at least one digit.",
        )
    return [await _one(given, by) for given in wanted]


async def _one(given: Given, by: Viewer) -> Viewpoint:
    viewpoint = None
    if given.is_anonymous:
        viewpoint = viewpoints.of_anybody()
    elif given.role is not None:
        viewpoint = viewpoints.of_role(given.role)
    elif given.account is not None:
        key = row_id(given.account, "User", by)
        viewpoint = await viewpoints.of_account(key, by=by) if key is not None else None
    elif given.staff is not None:
        viewpoint = await _member(given.staff)
    elif given.partner is not None:
        key = row_id(given.partner, "Partner", by)
        if key is not None:
            viewpoint = await viewpoints.of_partner(key, purpose=given.purpose, is_delegated=given.is_delegated)
    else:
        raise Refused("VIEW_AS_NOT_VALID", "Leave `isAnonymous` out where it is false, and name somebody.")
    if viewpoint is None:
        raise Refused(
            "VIEWER_NOT_FOUND",
            "There is nobody with one of these ids who may come, or you may not be told what they see: take the id "
            "from an earlier answer.",
        )
    return viewpoint


async def _member(text: str) -> Viewpoint | None:
    try:
        type_name, key = read_public_id(text)
    except BadId:
        return None
    return await viewpoints.of_staff(key) if type_name == "Staff" else None


async def note(wanted: Sequence[Viewpoint], *, case_reference: str, by: Viewer) -> None:
    """Put into the journal that a member of staff looks from these viewpoints."""
    await viewpoints.note(wanted, case_reference=case_reference, by=by)


def reading() -> AbstractAsyncContextManager[None]:
    """Let all viewers look at the shop as it is at one instant, and nobody write to it."""
    return snapshot()
