"""Guardians of minors, how they were asked, and the history of what they consented to."""

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
from models.scoping import Scope, cleared_for, scope_for
from models.sealed import sealed
from policy.classes import CONSENT, CREDENTIAL, EMAIL, PERSON_NAME, PHONE
from policy.purposes import Purpose
from policy.subjects import Subject
from policy.viewer import Viewer


def consent_scope(viewer: Viewer, subject: str, *, guardian: str, through: str = "") -> Scope:
    """Scope a table of consents, or of what leads to one: the person always reads it, also a child that is locked."""
    return scope_for(
        viewer,
        subject=subject,
        person="TRUE",
        guardian=guardian,
        officer=cleared_for(Purpose.PRIVACY),
        through=through,
        core=CONSENT,
    )


class GuardianshipState(StrEnum):
    """How far a guardianship has come."""

    ACTIVE = "ACTIVE"
    ENDED = "ENDED"


class ChallengeState(StrEnum):
    """How far the invitation of a guardian has come."""

    PENDING = "PENDING"
    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"


class Guardianship(Model):
    """That one adult watches over one minor; a minor has at most one at a time (P7.2)."""

    about = About(Subject.WARD, by="minor_id")
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
    # As the guardian wants to be called by the minor; nothing else of the guardian is shown to them.
    guardian_name = sealed(
        PERSON_NAME, subject="guardian_id", about=About(Subject.GUARDIAN, by="guardian_id", case="minor_id")
    )
    # Above which the guardian approves each order of the minor (P7.4); null for no limit.
    purchase_limit_minor = personal(CONSENT, fields.BigIntField(null=True))
    purchase_limit_currency = personal(CONSENT, fields.CharField(max_length=3, null=True))
    created_at = personal(CONSENT, fields.DatetimeField())
    ended_at = personal(CONSENT, fields.DatetimeField(null=True))

    class Meta(Model.Meta):
        table = "guardianship"
        constraints = (
            CheckConstraint(check="guardian_id <> minor_id", name="guardianship_is_between_two"),
            CheckConstraint(
                check="(purchase_limit_minor IS NULL) = (purchase_limit_currency IS NULL)"
                " AND purchase_limit_minor >= 0",
                name="guardianship_limit_is_an_amount",
            ),
            UniqueConstraint(fields=("minor_id",), name="guardianship_one_active", condition="state = 'ACTIVE'"),
        )
        indexes = (Index(fields=["guardian_id"], name="guardianship_of_guardian"),)

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[Guardianship]":
        """Scope guardianships to the minor's own, and for a guardian to those of theirs that last (P7.4)."""
        mine = "t.guardian_id = :person AND t.state = 'ACTIVE'"
        return Rows(cls, viewer, consent_scope(viewer, "t.minor_id", guardian=mine))


class GuardianChallenge(Model):
    """
    That a minor has invited somebody to be their guardian, and what came of it (P7.2).

    The contact and the name are there to ask once; they are cleared as soon as the invitation is no longer pending.
    """

    about = About(Subject.WARD, by="minor_id")
    id = identity()
    minor: fields.ForeignKeyRelation[Account] = personal(
        CONSENT, fields.ForeignKeyField("shop.Account", on_delete=fields.RESTRICT, related_name="challenges")
    )
    minor_id: UUID
    state = personal(CONSENT, fields.CharEnumField(ChallengeState, max_length=16))
    code_index: Any = personal(CREDENTIAL, DigestField(unique=True))
    email = sealed(EMAIL, subject="minor_id")
    phone = sealed(PHONE, subject="minor_id")
    # The blind index of whichever of the two it is, as an account has it: only its owner can answer.
    contact_index: Any = personal(EMAIL, DigestField(null=True))
    first_name = sealed(PERSON_NAME, subject="minor_id")
    language = personal(CONSENT, fields.CharField(max_length=8))
    sends = personal(CONSENT, fields.SmallIntField(default=1, db_default=1))
    sent_at = personal(CONSENT, fields.DatetimeField())
    created_at = personal(CONSENT, fields.DatetimeField())
    expires_at = personal(CONSENT, fields.DatetimeField())
    closed_at = personal(CONSENT, fields.DatetimeField(null=True))

    class Meta(Model.Meta):
        table = "guardian_challenge"
        constraints = (
            UniqueConstraint(fields=("minor_id",), name="guardian_challenge_one_open", condition="state = 'PENDING'"),
            CheckConstraint(
                check="(state = 'PENDING') = (closed_at IS NULL)", name="guardian_challenge_is_closed_at_an_instant"
            ),
            CheckConstraint(
                check="(state = 'PENDING') = (contact_index IS NOT NULL)", name="guardian_challenge_knows_whom_it_asks"
            ),
            CheckConstraint(
                check="state = 'PENDING' OR (email IS NULL AND phone IS NULL AND first_name IS NULL)",
                name="guardian_challenge_forgets_when_closed",
            ),
        )
        indexes = (
            Index(fields=["minor_id", "id"], name="guardian_challenge_of_minor"),
            IndexWhere(fields=["expires_at"], name="guardian_challenge_open", where="state = 'PENDING'"),
        )

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[GuardianChallenge]":
        """Scope invitations to those of the minor, for them and their guardian (P7.4)."""
        return Rows(cls, viewer, consent_scope(viewer, "t.minor_id", guardian="TRUE"))

    hidden_from_reader = True


class GuardianConsent(Model):
    """One step of a guardian's consent to one purpose, given or withdrawn; steps are added and never changed."""

    about = About(Subject.WARD, by="guardianship__minor_id")
    id = identity()
    guardianship: fields.ForeignKeyRelation[Guardianship] = personal(
        CONSENT, fields.ForeignKeyField("shop.Guardianship", on_delete=fields.RESTRICT, related_name="consents")
    )
    guardianship_id: UUID
    purpose = personal(CONSENT, fields.CharField(max_length=40))
    is_given = personal(CONSENT, fields.BooleanField())
    # Null for steps from before it was kept.
    policy_version = personal(CONSENT, fields.IntField(null=True))
    recorded_at = personal(CONSENT, fields.DatetimeField())

    class Meta(Model.Meta):
        table = "guardian_consent"
        indexes = (Index(fields=["guardianship_id", "purpose"], name="guardian_consent_of_guardianship"),)

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[GuardianConsent]":
        """Scope steps to those about the viewer, and for a guardian to those that they took (P7.4)."""
        through = "JOIN guardianship g ON g.id = t.guardianship_id"
        mine = "g.guardian_id = :person AND g.state = 'ACTIVE'"
        scope = consent_scope(viewer, "g.minor_id", guardian=mine, through=through)
        return Rows(cls, viewer, scope)

    append_only = True

    @property
    def of(self) -> Purpose:
        """The purpose as the policy knows it."""
        return Purpose[self.purpose]
