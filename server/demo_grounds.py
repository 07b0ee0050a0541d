"""Writes the legal grounds of a demonstration, each with all that a real one has."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from models import clock
from models.accounts import Account
from models.ids import new_id
from models.legal_grounds import GroundState, LegalGround, LegalGroundUse
from models.sealed import seal
from policy.classes import ACCOUNT, PERSON_NAME, PHONE, DataClass
from policy.legal_grounds import GroundKind

LASTS = timedelta(days=20)


@dataclass(frozen=True, slots=True)
class Opening:
    """An invented legal ground: for one member of staff or one partner, on one person or one order of theirs."""

    account: UUID
    classes: frozenset[DataClass]
    opened_by: UUID
    approved_by: UUID | None
    staff: UUID | None = None
    partner: UUID | None = None
    order: UUID | None = None
    kind: GroundKind = GroundKind.JUSTICE
    covers_child: bool = False
    carries_abroad: bool = False
    is_kept_from_subject: bool = False
    state: GroundState = GroundState.APPROVED
    begins: datetime | None = None
    case_reference: str = "4 Js 1107/26"


async def add_legal_ground(opening: Opening) -> LegalGround:
    """Write a legal ground."""
    ground_id, now = new_id(), clock.now()
    begins = opening.begins or now - timedelta(hours=1)
    cells: dict[str, Any] = await seal(LegalGround, ground_id, opening.account, case_reference=opening.case_reference)
    is_approved = opening.state in (GroundState.APPROVED, GroundState.REVOKED)
    return await LegalGround.create(
        id=ground_id,
        kind=opening.kind,
        **cells,
        account_id=opening.account,
        order_id=opening.order,
        viewer_account_id=opening.staff,
        viewer_partner_id=opening.partner,
        classes=sorted(each.name for each in opening.classes),
        covers_child=opening.covers_child,
        carries_abroad=opening.carries_abroad,
        is_kept_from_subject=opening.is_kept_from_subject,
        valid_from=begins,
        valid_until=begins + LASTS,
        state=opening.state,
        opened_by_id=opening.opened_by,
        opened_at=begins,
        approved_by_id=opening.approved_by if is_approved else None,
        approved_at=begins if is_approved else None,
        closed_at=now if opening.state in (GroundState.REJECTED, GroundState.REVOKED) else None,
    )


async def add_use(ground: LegalGround, viewer: UUID, classes: frozenset[DataClass], operation: str) -> LegalGroundUse:
    """Write that a ground was used."""
    return await LegalGroundUse.create(
        ground_id=ground.id,
        viewer_id=viewer,
        classes=sorted(each.name for each in classes),
        operation=operation,
        used_at=clock.now(),
    )


async def fill(accounts: Mapping[str, Account]) -> None:
    """Write a ground that is in force and was used, and one that waits for a second officer."""
    one, two = accounts["officer"].id, accounts["other_officer"].id
    subject, operator, agent = accounts["other_customer"].id, accounts["operator"].id, accounts["agent"].id
    named = frozenset({ACCOUNT, PERSON_NAME})
    ground = await add_legal_ground(Opening(subject, named, one, two, staff=operator))
    await add_use(ground, operator, frozenset({PERSON_NAME}), "WhoOrdered")
    waiting = Opening(
        accounts["child"].id,
        frozenset({ACCOUNT, PHONE}),
        two,
        None,
        staff=agent,
        kind=GroundKind.VITAL_INTERESTS,
        covers_child=True,
        state=GroundState.PENDING,
        case_reference="Call of a teacher, 14:20",
    )
    await add_legal_ground(waiting)
