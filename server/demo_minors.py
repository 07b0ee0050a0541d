"""Writes what a demonstration has of guardians beyond their wards: checks that ended, and purchases they decide on."""

import os
from datetime import timedelta

from commerce import consents
from commerce.identity_verifications import LIFE as CHECK_LIFE
from commerce.purchase_approvals import LIFE as APPROVAL_LIFE
from models import clock
from models.accounts import Account
from models.guardianships import Guardianship
from models.identity_verifications import IdentityVerification, VerificationState
from models.partners import Partner
from models.purchase_approvals import ApprovalState, PurchaseApproval
from policy.purposes import Purpose
from policy.verification import VerificationLevel
from policy.viewer import Viewer
from server.demo_rows import Line


async def verify(guardian: Account) -> None:
    """Write that an adult has consented to a check of who they are, and that it ended well."""
    await consents.give(frozenset({Purpose.IDENTITY_VERIFICATION}), by=Viewer(account=guardian.id))
    await add_verification(guardian)


async def ask_for_approval(child: Account, lines: tuple[Line, ...]) -> None:
    """Write that a guardian set a limit of 50 euros, refused a purchase above it, and is asked for another."""
    await Guardianship.filter(minor_id=child.id).update(purchase_limit_minor=5_000, purchase_limit_currency="EUR")
    for state in (ApprovalState.REFUSED, ApprovalState.PENDING):
        await add_purchase_approval(child, lines, state)


async def add_verification(
    person: Account,
    state: VerificationState = VerificationState.VERIFIED,
    level: VerificationLevel = VerificationLevel.ADULT,
    *,
    by: Partner | None = None,
    life: timedelta = CHECK_LIFE,
) -> IdentityVerification:
    """Write that a check of who somebody is has ended; or that a provider works on it, if it is pending."""
    now, is_open = clock.now(), state is VerificationState.PENDING
    return await IdentityVerification.create(
        account_id=person.id,
        level=level,
        state=state,
        provider=by.name if by is not None else "sandbox",
        partner_id=by and by.id,
        document_index=os.urandom(32) if is_open else None,
        look_at=now + life if is_open else now,
        created_at=now,
        expires_at=now + life,
        closed_at=None if is_open else now,
    )


async def add_purchase_approval(
    minor: Account, lines: tuple[Line, ...], state: ApprovalState = ApprovalState.PENDING
) -> PurchaseApproval:
    """Write that a minor wants to buy something above the limit, and what the guardian said."""
    now, total = clock.now(), sum(line.quantity * line.unit_price_minor for line in lines)
    is_decided = state not in (ApprovalState.PENDING, ApprovalState.EXPIRED)
    return await PurchaseApproval.create(
        minor_id=minor.id,
        state=state,
        contents_index=os.urandom(32),
        lines=[{"title": line.title, "quantity": line.quantity} for line in lines],
        currency="EUR",
        total_minor=total,
        created_at=now,
        expires_at=now + APPROVAL_LIFE,
        decided_at=now if is_decided else None,
    )
