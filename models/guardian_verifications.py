"""That an adult who watches over minors was verified as one, and how the checks of it ended."""

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
from models.scoping import scope_for
from policy.classes import VERIFICATION
from policy.subjects import Subject
from policy.viewer import Viewer


class VerificationState(StrEnum):
    """How far a check has come."""

    PENDING = "PENDING"
    VERIFIED = "VERIFIED"
    REFUSED = "REFUSED"
    EXPIRED = "EXPIRED"


class GuardianVerification(Model):
    """
    One check of whether somebody is the adult who they say they are (P1.4, P7.2).

    Holds when it was, who made it and how it ended. What was sent is not stored; a keyed hash of the document's number
    tells a repeated request from another one while the check is pending, and is cleared with its end.
    """

    about = About(Subject.GUARDIAN, by="account_id")
    id = identity()
    account: fields.ForeignKeyRelation[Account] = personal(
        VERIFICATION,
        fields.ForeignKeyField("shop.Account", on_delete=fields.RESTRICT, related_name="guardian_verifications"),
    )
    account_id: UUID
    state = personal(VERIFICATION, fields.CharEnumField(VerificationState, max_length=16))
    provider = personal(VERIFICATION, fields.CharField(max_length=64))
    document_index: Any = personal(VERIFICATION, DigestField(null=True))
    attempts = personal(VERIFICATION, fields.SmallIntField(default=0, db_default=0))
    look_at = personal(VERIFICATION, fields.DatetimeField())
    created_at = personal(VERIFICATION, fields.DatetimeField())
    expires_at = personal(VERIFICATION, fields.DatetimeField())
    closed_at = personal(VERIFICATION, fields.DatetimeField(null=True))

    class Meta(Model.Meta):
        table = "guardian_verification"
        constraints = (
            UniqueConstraint(
                fields=("account_id",), name="guardian_verification_one_open", condition="state = 'PENDING'"
            ),
            UniqueConstraint(
                fields=("account_id", "state"), name="guardian_verification_once", condition="state = 'VERIFIED'"
            ),
            CheckConstraint(
                check="(state = 'PENDING') = (closed_at IS NULL)", name="guardian_verification_is_closed_at_an_instant"
            ),
            CheckConstraint(
                check="(state = 'PENDING') = (document_index IS NOT NULL)",
                name="guardian_verification_forgets_when_closed",
            ),
        )
        indexes = (
            Index(fields=["account_id", "id"], name="guardian_verification_of_account"),
            IndexWhere(fields=["look_at"], name="guardian_verification_to_look_at", where="state = 'PENDING'"),
        )

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[GuardianVerification]":
        """Scope checks to the person's own; whoever watches over them, or is watched over by them, sees none."""
        return Rows(cls, viewer, scope_for(viewer, subject="t.account_id", person="TRUE", core=VERIFICATION))

    hidden_from_reader = True
