"""Legal grounds, by which somebody is shown data of a person whom nobody asked, and each use that was made of one."""

from enum import StrEnum
from typing import Any, cast
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model

from models.accounts import Account
from models.columns import About, identity, personal
from models.indexes import IndexWhere
from models.orders import Order
from models.partners import Partner
from models.rows import Rows
from models.scoping import Scope, cleared_for, scope_for
from models.sealed import sealed
from policy.classes import LEGAL_CASE
from policy.legal_grounds import GroundKind
from policy.purposes import Purpose
from policy.subjects import Subject
from policy.viewer import StaffRole, Viewer


class GroundState(StrEnum):
    """How far a ground has come; one that is approved is in force between its two instants."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    REVOKED = "REVOKED"


# That officers read what is kept of a ground on a child is itself what the law demands (docs/decisions/0151).
_OVERSIGHT = f"""jsonb_build_array(jsonb_build_array(NULL, '{LEGAL_CASE.name}', TRUE, FALSE))::text"""


def _ground_scope(viewer: Viewer, ground: str, through: str = "") -> Scope:
    """
    Scope a table whose rows belong to grounds.

    A ground that waits, or was rejected, has opened nothing and is for officers and auditors. The person learns of it
    once it is approved or, where the law forbids to tell them, when it has ended (P2.9). A guardian learns of none:
    what protects a child may be directed against them (docs/decisions/0029).
    """
    told = f"""{ground}.approved_at IS NOT NULL AND (NOT {ground}.is_kept_from_subject
        OR {ground}.state = 'REVOKED' OR {ground}.valid_until <= :now)"""
    is_officer = viewer.staff is StaffRole.PRIVACY_OFFICER
    return scope_for(
        viewer,
        subject=f"{ground}.account_id",
        person=f"{cleared_for(Purpose.ACCOUNT)} AND {told}",
        officer="TRUE",
        auditor=cleared_for(Purpose.AUDIT),
        through=through,
        core=None if is_officer else LEGAL_CASE,
        order=f"{ground}.order_id",
        own_grounds=_OVERSIGHT if is_officer else None,
    )


class LegalGround(Model):
    """
    That the law lets one viewer see named classes of one person for a time, as two people have looked at it (P2.9).

    What it names, whom it is for and how long it holds is written once; only its state goes on.
    """

    about = About(Subject.ACCOUNT_HOLDER, by="account_id")
    id = identity()
    kind = personal(LEGAL_CASE, fields.CharEnumField(GroundKind, max_length=24))
    # Such as the file number of a court: words of somebody about a case, in which a name may be.
    case_reference = sealed(LEGAL_CASE, subject="account_id")
    account: fields.ForeignKeyRelation[Account] = personal(
        LEGAL_CASE, fields.ForeignKeyField("shop.Account", on_delete=fields.RESTRICT, related_name="legal_grounds")
    )
    account_id: UUID
    # Of the person's data only that of one order, and of whom it goes to; null for all of it.
    order: fields.ForeignKeyNullableRelation[Order] = personal(
        LEGAL_CASE,
        cast(
            Any,
            fields.ForeignKeyField("shop.Order", on_delete=fields.RESTRICT, related_name="legal_grounds", null=True),
        ),
    )
    order_id: UUID | None
    # Whom it is for: exactly one of these.
    viewer_account: fields.ForeignKeyNullableRelation[Account] = personal(
        LEGAL_CASE,
        cast(
            Any,
            fields.ForeignKeyField("shop.Account", on_delete=fields.RESTRICT, related_name="held_grounds", null=True),
        ),
    )
    viewer_account_id: UUID | None
    viewer_role = personal(LEGAL_CASE, fields.CharEnumField(StaffRole, max_length=16, null=True))
    viewer_partner: fields.ForeignKeyNullableRelation[Partner] = personal(
        LEGAL_CASE,
        cast(Any, fields.ForeignKeyField("shop.Partner", on_delete=fields.RESTRICT, related_name="grounds", null=True)),
    )
    viewer_partner_id: UUID | None
    classes = personal(LEGAL_CASE, fields.JSONField[list[str]]())
    covers_child = personal(LEGAL_CASE, fields.BooleanField())
    carries_abroad = personal(LEGAL_CASE, fields.BooleanField())
    is_kept_from_subject = personal(LEGAL_CASE, fields.BooleanField())
    valid_from = personal(LEGAL_CASE, fields.DatetimeField())
    valid_until = personal(LEGAL_CASE, fields.DatetimeField())
    state = personal(LEGAL_CASE, fields.CharEnumField(GroundState, max_length=8))
    opened_by: fields.ForeignKeyRelation[Account] = personal(
        LEGAL_CASE, fields.ForeignKeyField("shop.Account", on_delete=fields.RESTRICT, related_name="opened_grounds")
    )
    opened_by_id: UUID
    opened_at = personal(LEGAL_CASE, fields.DatetimeField())
    approved_by: fields.ForeignKeyNullableRelation[Account] = personal(
        LEGAL_CASE,
        cast(
            Any,
            fields.ForeignKeyField(
                "shop.Account", on_delete=fields.RESTRICT, related_name="approved_grounds", null=True
            ),
        ),
    )
    approved_by_id: UUID | None
    approved_at = personal(LEGAL_CASE, fields.DatetimeField(null=True))
    closed_at = personal(LEGAL_CASE, fields.DatetimeField(null=True))

    class Meta(Model.Meta):
        table = "legal_ground"
        constraints = (
            # INVARIANT (two people): no statement makes a ground of what one person alone has looked at.
            CheckConstraint(
                check="approved_by_id IS NULL OR approved_by_id NOT IN (opened_by_id, account_id)",
                name="legal_ground_is_approved_by_another",
            ),
            CheckConstraint(
                check="approved_by_id IS NULL OR viewer_account_id IS NULL OR approved_by_id <> viewer_account_id",
                name="legal_ground_is_approved_for_another",
            ),
            CheckConstraint(
                check="(approved_by_id IS NULL) = (approved_at IS NULL)", name="legal_ground_is_approved_at_an_instant"
            ),
            CheckConstraint(
                check="(state IN ('APPROVED', 'REVOKED')) = (approved_at IS NOT NULL)",
                name="legal_ground_is_approved_by_somebody",
            ),
            CheckConstraint(
                check="(state IN ('REJECTED', 'REVOKED')) = (closed_at IS NOT NULL)",
                name="legal_ground_is_closed_at_an_instant",
            ),
            CheckConstraint(
                check="num_nonnulls(viewer_account_id, viewer_role, viewer_partner_id) = 1",
                name="legal_ground_is_for_one_viewer",
            ),
            CheckConstraint(
                check="valid_until > valid_from AND valid_until <= valid_from + interval '30 days'",
                name="legal_ground_ends",
            ),
            CheckConstraint(
                check="jsonb_typeof(classes) = 'array' AND classes <> '[]'::jsonb", name="legal_ground_names_something"
            ),
        )
        indexes = (
            IndexWhere(fields=["account_id"], name="legal_ground_in_force_of", where="state = 'APPROVED'"),
            IndexWhere(fields=["viewer_account_id"], name="legal_ground_of_staff", where="state = 'APPROVED'"),
            IndexWhere(fields=["viewer_partner_id"], name="legal_ground_of_partner", where="state = 'APPROVED'"),
            Index(fields=["account_id", "id"], name="legal_ground_of_account"),
            IndexWhere(fields=["order_id"], name="legal_ground_of_order", where="order_id IS NOT NULL"),
        )

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[LegalGround]":
        """Scope grounds to those about the viewer that may be told, and to all for officers."""
        return Rows(cls, viewer, _ground_scope(viewer, "t"))


class LegalGroundUse(Model):
    """That somebody was shown data which a ground alone opened: written before the answer left, never changed."""

    about = About(Subject.ACCOUNT_HOLDER, by="ground__account_id")
    id = identity()
    ground: fields.ForeignKeyRelation[LegalGround] = personal(
        LEGAL_CASE, fields.ForeignKeyField("shop.LegalGround", on_delete=fields.RESTRICT, related_name="uses")
    )
    ground_id: UUID
    # A member of staff, or a partner's entry in the register.
    viewer_id = personal(LEGAL_CASE, fields.UUIDField())
    classes = personal(LEGAL_CASE, fields.JSONField[list[str]]())
    operation = personal(LEGAL_CASE, fields.CharField(max_length=64, null=True))
    used_at = personal(LEGAL_CASE, fields.DatetimeField())

    class Meta(Model.Meta):
        table = "legal_ground_use"
        indexes = (Index(fields=["ground_id", "id"], name="legal_ground_use_of_ground"),)

    append_only = True

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[LegalGroundUse]":
        """Scope uses to those of grounds that the viewer may know of."""
        return Rows(cls, viewer, _ground_scope(viewer, "u", "JOIN legal_ground u ON u.id = t.ground_id"))
