"""Purchases of minors above the limit that their guardian set, and what the guardian said to each."""

from enum import StrEnum
from typing import Any, cast
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

from models.accounts import Account
from models.columns import About, DigestField, identity, personal
from models.guardianships import consent_scope
from models.indexes import IndexWhere
from models.orders import Order
from models.rows import Rows
from policy.classes import CONSENT, ORDER, ORDER_AMOUNT
from policy.subjects import Subject
from policy.viewer import Viewer


class ApprovalState(StrEnum):
    """How far the question to a guardian has come."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    EXPIRED = "EXPIRED"
    USED = "USED"


class PurchaseApproval(Model):
    """
    That a minor wants to buy something above the limit, and what the guardian said (P7.4).

    It is about exactly these goods at this total: `contents_index` is a keyed hash of the cart and what is in it.
    """

    about = About(Subject.WARD, by="minor_id")
    id = identity()
    minor: fields.ForeignKeyRelation[Account] = personal(
        CONSENT, fields.ForeignKeyField("shop.Account", on_delete=fields.RESTRICT, related_name="purchase_approvals")
    )
    minor_id: UUID
    state = personal(CONSENT, fields.CharEnumField(ApprovalState, max_length=16))
    contents_index: Any = personal(ORDER, DigestField())
    lines = personal(ORDER, fields.JSONField[list[dict[str, Any]]]())
    currency = personal(ORDER_AMOUNT, fields.CharField(max_length=3))
    total_minor = personal(ORDER_AMOUNT, fields.BigIntField())
    # The order that it was used for, once there is one.
    order: fields.ForeignKeyNullableRelation[Order] = personal(
        ORDER,
        cast(Any, fields.ForeignKeyField("shop.Order", on_delete=fields.RESTRICT, related_name="approvals", null=True)),
    )
    order_id: UUID | None
    created_at = personal(CONSENT, fields.DatetimeField())
    expires_at = personal(CONSENT, fields.DatetimeField())
    decided_at = personal(CONSENT, fields.DatetimeField(null=True))

    class Meta(Model.Meta):
        table = "purchase_approval"
        constraints = (
            UniqueConstraint(fields=("minor_id",), name="purchase_approval_one_open", condition="state = 'PENDING'"),
            UniqueConstraint(
                fields=("minor_id", "contents_index"), name="purchase_approval_once", condition="state = 'APPROVED'"
            ),
            CheckConstraint(check="total_minor >= 0", name="purchase_approval_total_is_not_negative"),
            CheckConstraint(
                check="(state = 'USED') = (order_id IS NOT NULL)", name="purchase_approval_is_used_for_an_order"
            ),
            CheckConstraint(
                check="state IN ('PENDING', 'EXPIRED') OR decided_at IS NOT NULL",
                name="purchase_approval_is_decided_at_an_instant",
            ),
        )
        indexes = (
            Index(fields=["minor_id", "id"], name="purchase_approval_of_minor"),
            IndexWhere(
                fields=["expires_at"], name="purchase_approval_to_end", where="state IN ('PENDING', 'APPROVED')"
            ),
        )

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[PurchaseApproval]":
        """Scope approvals to those of the minor, for them, their guardian and, without what was bought, officers."""
        return Rows(cls, viewer, consent_scope(viewer, "t.minor_id", guardian="TRUE"))
