"""Stands where others stand: as whom staff look at the shop, with a note of it before they do."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from tortoise.models import Model

from commerce import audit
from commerce.access_tokens import ACCESS_TOKENS_WRITE, SCOPES
from commerce.sessions import in_person, with_token
from models import clock
from models.access_tokens import bearer_of
from models.accounts import Account, AccountState
from models.audit import LOOKED_AS
from models.database import fetch, transaction
from models.partners import Partner
from policy.partners import PartnerType
from policy.purposes import Purpose
from policy.view_as import told
from policy.viewer import ANONYMOUS, Case, StaffRole, Viewer

_REFERENCE = re.compile(r"(?=[^0-9]*[0-9])[A-Z0-9][A-Z0-9./-]{2,39}")


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """
    As whom somebody looks at the shop.

    Args:
        viewer: The capacity, as a credential would open it.
        about: Whose viewpoint it is, for the journal; None where it is nobody's in particular.
        case: The facts of the person whose it is; None where it is a partner's or that of somebody at work.
    """

    viewer: Viewer
    about: tuple[type[Model], UUID] | None = None
    case: Case | None = None


def is_case_reference(text: str) -> bool:
    """Tell whether a text can be the number of a file; names and sentences cannot, because the journal keeps it."""
    return _REFERENCE.fullmatch(text) is not None


def of_anybody() -> Viewpoint:
    """Stand where everybody stands who has no credential."""
    return Viewpoint(ANONYMOUS)


def of_role(role: StaffRole) -> Viewpoint:
    """Stand where a trained member of staff stands who has no tickets and holds no legal ground."""
    return Viewpoint(Viewer(staff=role, is_trained=True))


async def of_account(account_id: UUID, *, by: Viewer) -> Viewpoint | None:
    """
    Stand where somebody with an account stands.

    Returns:
        None where nobody can come with the account, and where `by` may not be told what its person is shown: of a
        child only with the guardian's consent (P7.3).
    """
    found = await _viewer_of(account_id)
    if found is None:
        return None
    seen = await Account.visible_to(Viewer(account=account_id)).where(id=account_id).one()
    if seen is None or not told(seen.case, to=by)[1].is_clear:
        return None
    return Viewpoint(found, (Account, account_id), seen.case)


async def of_staff(account_id: UUID) -> Viewpoint | None:
    """Stand where a member of staff stands; None where there is none."""
    found = await _viewer_of(account_id)
    return Viewpoint(found, (Account, account_id)) if found is not None and found.staff is not None else None


async def of_partner(partner_id: UUID, *, purpose: Purpose | None, is_delegated: bool) -> Viewpoint | None:
    """
    Stand where a partner stands that comes with a token for all that its kind may do and its agreement says.

    Args:
        purpose: For what alone the token is; None for everything.
        is_delegated: Whether it is one that the partner made for a subcontractor.

    Returns:
        None where there is no such partner.
    """
    bearer = await bearer_of(partner_id)
    if bearer is None:
        return None
    scopes = SCOPES[PartnerType[bearer.kind]] - ({ACCESS_TOKENS_WRITE} if is_delegated else set())
    viewer = with_token(bearer, scopes, bearer.agreed, is_delegated=is_delegated)
    if purpose is not None:
        viewer = replace(viewer, purpose=purpose, purposes=(viewer.purposes or frozenset()) & {purpose})
    return Viewpoint(viewer, (Partner, partner_id))


async def note(viewpoints: Sequence[Viewpoint], *, case_reference: str, by: Viewer) -> None:
    """
    Put into the journal of staff where a member of staff is about to stand; with nobody's eyes it is themselves.

    Args:
        case_reference: What the case is called for which they do.
    """
    assert by.account is not None, "staff have accounts"
    async with transaction():
        for model, key in dict.fromkeys(each.about or (Account, by.account) for each in viewpoints):
            await audit.record(LOOKED_AS, model, key, {}, by=by, case_reference=case_reference)


async def _viewer_of(account_id: UUID) -> Viewer | None:
    found = await fetch(
        """SELECT f.role, f.trained_until > $2 AS is_trained
        FROM account a LEFT JOIN staff f ON f.account_id = a.id
        WHERE a.id = $1 AND a.state <> $3""",
        account_id,
        clock.now(),
        AccountState.CANCELLED.value,
    )
    return in_person(account_id, found[0]["role"], is_trained=bool(found[0]["is_trained"])) if found else None
