"""What people consent to for themselves: steps that are added and never changed."""

from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from models.accounts import Account
from models.columns import About, identity, personal
from models.guardianships import consent_scope
from models.rows import Rows
from policy.classes import CONSENT
from policy.purposes import Purpose
from policy.subjects import Subject
from policy.viewer import Viewer


class Consent(Model):
    """One step of a person's own consent to one purpose, given or withdrawn, under some version of the policy."""

    about = About(Subject.ACCOUNT_HOLDER, by="account_id")
    id = identity()
    account: fields.ForeignKeyRelation[Account] = personal(
        CONSENT, fields.ForeignKeyField("shop.Account", on_delete=fields.RESTRICT, related_name="consents")
    )
    account_id: UUID
    purpose = personal(CONSENT, fields.CharField(max_length=40))
    is_given = personal(CONSENT, fields.BooleanField())
    policy_version = personal(CONSENT, fields.IntField())
    recorded_at = personal(CONSENT, fields.DatetimeField())

    class Meta(Model.Meta):
        table = "consent"
        indexes = (Index(fields=["account_id", "id"], name="consent_of_account"),)

    append_only = True

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[Consent]":
        """Scope steps to those of the person, for them, their guardian and privacy officers (P7.4)."""
        return Rows(cls, viewer, consent_scope(viewer, "t.account_id", guardian="TRUE"))

    @property
    def of(self) -> Purpose:
        """The purpose as the policy knows it."""
        return Purpose[self.purpose]
