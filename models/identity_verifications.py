"""That somebody was found to be who they say they are, and how the checks of it ended (P1.4, P2.1)."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

from models.accounts import Account
from models.columns import About, DigestField, identity, personal
from models.indexes import IndexWhere
from models.rows import Rows
from models.scoping import cleared_for, scope_for
from policy.classes import VERIFICATION
from policy.purposes import Purpose
from policy.subjects import Subject
from policy.verification import VerificationLevel
from policy.viewer import Viewer


class VerificationState(StrEnum):
    """How far a check has come."""

    PENDING = "PENDING"
    VERIFIED = "VERIFIED"
    REFUSED = "REFUSED"
    EXPIRED = "EXPIRED"


class IdentityVerification(Model):
    """
    One check of whether somebody is who they say they are, and of age where that was asked (P1.4, P2.1, P7.2).

    Holds what was asked, when it was, who made it and how it ended. What was sent is not stored; a keyed hash of the
    document's number tells a repeated request from another one while the check is pending, and is cleared with its end.
    """

    about = About(Subject.ACCOUNT_HOLDER, by="account_id")
    id = identity()
    account: fields.ForeignKeyRelation[Account] = personal(
        VERIFICATION,
        fields.ForeignKeyField("shop.Account", on_delete=fields.RESTRICT, related_name="identity_verifications"),
    )
    account_id: UUID
    # What is found if it ends well.
    level = personal(VERIFICATION, fields.CharEnumField(VerificationLevel, max_length=8))
    state = personal(VERIFICATION, fields.CharEnumField(VerificationState, max_length=16))
    provider = personal(VERIFICATION, fields.CharField(max_length=64))
    document_index: Any = personal(VERIFICATION, DigestField(null=True))
    attempts = personal(VERIFICATION, fields.SmallIntField(default=0, db_default=0))
    look_at = personal(VERIFICATION, fields.DatetimeField())
    created_at = personal(VERIFICATION, fields.DatetimeField())
    expires_at = personal(VERIFICATION, fields.DatetimeField())
    closed_at = personal(VERIFICATION, fields.DatetimeField(null=True))

    class Meta(Model.Meta):
        table = "identity_verification"
        constraints = (
            UniqueConstraint(
                fields=("account_id",), name="identity_verification_one_open", condition="state = 'PENDING'"
            ),
            UniqueConstraint(
                fields=("account_id", "level"), name="identity_verification_once", condition="state = 'VERIFIED'"
            ),
            CheckConstraint(check="level IN ('NAME', 'ADULT')", name="identity_verification_finds_a_level"),
            CheckConstraint(
                check="(state = 'PENDING') = (closed_at IS NULL)", name="identity_verification_is_closed_at_an_instant"
            ),
            CheckConstraint(
                check="(state = 'PENDING') = (document_index IS NOT NULL)",
                name="identity_verification_forgets_when_closed",
            ),
        )
        indexes = (
            Index(fields=["account_id", "id"], name="identity_verification_of_account"),
            IndexWhere(fields=["look_at"], name="identity_verification_to_look_at", where="state = 'PENDING'"),
        )

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[IdentityVerification]":
        """
        Scope checks to the person's own, and for an agent to those of whose membership is verified (P2.7).

        Whoever watches over them, or is watched over by them, sees none.
        """
        scope = scope_for(
            viewer,
            subject="t.account_id",
            person=cleared_for(Purpose.ACCOUNT),
            agent=f"k.is_verified AND {cleared_for(Purpose.CUSTOMER_SERVICE)}",
            core=VERIFICATION,
        )
        return Rows(cls, viewer, scope)

    hidden_from_reader = True
