"""Guardians of minors, and the history of what they consented to."""

from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

from models.accounts import Account
from models.columns import identity, personal
from policy.classes import CONSENT
from policy.purposes import Purpose


class GuardianshipState(StrEnum):
    """How far a guardianship has come."""

    ACTIVE = "ACTIVE"
    ENDED = "ENDED"


class Guardianship(Model):
    """That one adult watches over one minor; a minor has at most one at a time (P7.2)."""

    id = identity()
    minor: fields.ForeignKeyRelation[Account] = personal(
        CONSENT, fields.ForeignKeyField("shop.Account", on_delete=fields.RESTRICT, related_name="guardianships")
    )
    minor_id: UUID
    guardian: fields.ForeignKeyRelation[Account] = personal(
        CONSENT, fields.ForeignKeyField("shop.Account", on_delete=fields.RESTRICT, related_name="guarded")
    )
    guardian_id: UUID
    state = personal(CONSENT, fields.CharEnumField(GuardianshipState, max_length=16))
    created_at = personal(CONSENT, fields.DatetimeField())
    ended_at = personal(CONSENT, fields.DatetimeField(null=True))

    class Meta(Model.Meta):
        table = "guardianship"
        constraints = (
            CheckConstraint(check="guardian_id <> minor_id", name="guardianship_is_between_two"),
            UniqueConstraint(fields=("minor_id",), name="guardianship_one_active", condition="state = 'ACTIVE'"),
        )
        indexes = (Index(fields=["guardian_id"], name="guardianship_of_guardian"),)


class GuardianConsent(Model):
    """One step of a guardian's consent to one purpose, given or withdrawn; steps are added and never changed."""

    id = identity()
    guardianship: fields.ForeignKeyRelation[Guardianship] = personal(
        CONSENT, fields.ForeignKeyField("shop.Guardianship", on_delete=fields.RESTRICT, related_name="consents")
    )
    guardianship_id: UUID
    purpose = personal(CONSENT, fields.CharField(max_length=24))
    is_given = personal(CONSENT, fields.BooleanField())
    recorded_at = personal(CONSENT, fields.DatetimeField())

    class Meta(Model.Meta):
        table = "guardian_consent"
        indexes = (Index(fields=["guardianship_id", "purpose"], name="guardian_consent_of_guardianship"),)

    append_only = True

    @property
    def of(self) -> Purpose:
        """The purpose as the policy knows it."""
        return Purpose[self.purpose]
