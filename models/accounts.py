"""Accounts, the profiles and addresses of their people, and the policy versions they accepted."""

from enum import StrEnum
from typing import Any, cast
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

from models.account_scopes import account_scope
from models.columns import About, DigestField, identity, not_personal, personal
from models.indexes import IndexWhere
from models.rows import Rows
from models.scoping import EVERYTHING, IS_CANCELLED, Scope, cleared_for, cleared_for_service, scope_for
from models.sealed import sealed
from policy.ages import AgeBand
from policy.classes import (
    ACCOUNT,
    BIRTH_DATE,
    CONSENT,
    CONTACT_PERSON,
    CREDENTIAL,
    EMAIL,
    GENDER,
    IDENTITY_DOCUMENT,
    NATIONALITY,
    PAYMENT_ACCOUNT,
    PERSON_NAME,
    PHONE,
    POSTAL_ADDRESS,
)
from policy.purposes import Purpose
from policy.subjects import Subject
from policy.viewer import StaffRole, Viewer


class AccountState(StrEnum):
    """Whether an account may be used."""

    ACTIVE = "ACTIVE"
    LOCKED = "LOCKED"
    CANCELLED = "CANCELLED"


class PolicySnapshot(Model):
    """What a version of the policy says, as data (`policy.versions`); versions that say the same share one."""

    name = not_personal(fields.CharField(max_length=64, primary_key=True))
    said: Any = not_personal(fields.JSONField[dict[str, Any]]())

    class Meta(Model.Meta):
        table = "policy_snapshot"

    append_only = True


class PolicyVersionState(StrEnum):
    """How far a version of the policy has come; one that is announced is in force from its first day on."""

    DRAFT = "DRAFT"
    ANNOUNCED = "ANNOUNCED"
    WITHDRAWN = "WITHDRAWN"


def _staff(related_name: str, *, by: str) -> Any:
    field = cast(
        Any, fields.ForeignKeyField("shop.Account", on_delete=fields.RESTRICT, related_name=related_name, null=True)
    )
    return personal(ACCOUNT, field, about=About(Subject.STAFF, by=by))


class PolicyVersion(Model):
    """
    A version of the privacy policy, with the terms that are highlighted to whoever accepts it (P9.1).

    What it says is written once. Nobody accepts a draft, so once somebody has accepted a version it never changes.
    """

    id = identity()
    version = not_personal(fields.IntField(unique=True))
    state = not_personal(
        fields.CharEnumField(
            PolicyVersionState,
            max_length=16,
            default=PolicyVersionState.DRAFT,
            db_default=PolicyVersionState.DRAFT.value,
        )
    )
    effective_at = not_personal(fields.DatetimeField(null=True))
    highlighted_terms = not_personal(fields.JSONField[list[dict[str, str]]]())
    snapshot: fields.ForeignKeyNullableRelation[PolicySnapshot] = not_personal(
        cast(
            Any,
            fields.ForeignKeyField(
                "shop.PolicySnapshot", on_delete=fields.RESTRICT, related_name="versions", null=True
            ),
        )
    )
    snapshot_id: str | None
    drafted_by: fields.ForeignKeyNullableRelation["Account"] = _staff("drafted_policies", by="drafted_by_id")
    drafted_by_id: UUID | None
    announced_by: fields.ForeignKeyNullableRelation["Account"] = _staff("announced_policies", by="announced_by_id")
    announced_by_id: UUID | None
    announced_at = not_personal(fields.DatetimeField(null=True))
    # The account up to which everybody was told, in the order of their ids; and when nobody was left to be told.
    told_through = personal(
        ACCOUNT, fields.UUIDField(null=True), about=About(Subject.ACCOUNT_HOLDER, by="told_through")
    )
    told_at = not_personal(fields.DatetimeField(null=True))

    class Meta(Model.Meta):
        table = "policy_version"
        constraints = (
            # INVARIANT (two people): no statement announces what one person alone has looked at.
            CheckConstraint(
                check="announced_by_id IS NULL OR announced_by_id <> drafted_by_id",
                name="policy_version_is_announced_by_another",
            ),
            CheckConstraint(
                check="state <> 'ANNOUNCED' OR (effective_at IS NOT NULL AND snapshot_id IS NOT NULL)",
                name="policy_version_that_is_announced_is_whole",
            ),
        )

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[PolicyVersion]":
        """Scope versions to those that were announced, and for privacy officers to all (P9.1)."""
        sees_all = viewer.staff is StaffRole.PRIVACY_OFFICER and viewer.is_trained
        return Rows(cls, viewer, Scope("", EVERYTHING if sees_all else "t.state = 'ANNOUNCED'", {}))


class Account(Model):
    """
    A person who may sign in, and the facts about them that decisions depend on.

    The birth date itself is sealed in the profile. What is here in clear is the age band, and for minors the birthday
    on which it ends (docs/decisions/0007-age-bands-are-stored.md).
    """

    about = About(Subject.ACCOUNT_HOLDER, by="id")
    id = identity(ACCOUNT)
    email = sealed(EMAIL, subject="id")
    email_index: Any = personal(EMAIL, DigestField(null=True, unique=True))
    phone = sealed(PHONE, subject="id")
    phone_index: Any = personal(PHONE, DigestField(null=True, unique=True))
    password_hash = personal(CREDENTIAL, fields.TextField())
    password_changed_at = personal(CREDENTIAL, fields.DatetimeField())
    state = personal(ACCOUNT, fields.CharEnumField(AccountState, max_length=16))
    region = personal(ACCOUNT, fields.CharField(max_length=2))
    language = personal(ACCOUNT, fields.CharField(max_length=8))
    age_band = personal(BIRTH_DATE, fields.CharEnumField(AgeBand, max_length=8))
    age_band_ends_on = personal(BIRTH_DATE, fields.DateField(null=True))
    guardian: fields.ForeignKeyNullableRelation["Account"] = personal(
        CONSENT,
        cast(Any, fields.ForeignKeyField("shop.Account", related_name="wards", null=True, on_delete=fields.RESTRICT)),
    )
    guardian_id: UUID | None
    # The sum of Purpose.bit that the guardian consents to; guardian_consent is the history it is summed from.
    guardian_consents = personal(CONSENT, fields.IntField(db_default=0, default=0))
    # The sum of Purpose.bit that the person consents to, each separately.
    own_consents = personal(CONSENT, fields.IntField(db_default=0, default=0))
    # The number of the version that the person accepted last; null for who accepted none, such as imported buyers.
    agreed_version = personal(CONSENT, fields.IntField(null=True))
    # What they accepted before a guardian did so for them, 0 for none; it counts again once they are of age (P7.5).
    own_version = personal(CONSENT, fields.IntField(null=True))
    # The sum of Purpose.bit that a guardian consented to until they came of age, and of those without an answer (P7.5).
    asked_anew = personal(CONSENT, fields.IntField(db_default=0, default=0))
    unanswered = personal(CONSENT, fields.IntField(db_default=0, default=0))
    # A buyer of imported orders, whom nobody can sign in as: the file knows them by a number alone.
    external_source = personal(ACCOUNT, fields.CharField(max_length=32, null=True))
    external_reference = personal(ACCOUNT, fields.CharField(max_length=64, null=True))
    created_at = personal(ACCOUNT, fields.DatetimeField())
    cancelled_at = personal(ACCOUNT, fields.DatetimeField(null=True))

    class Meta(Model.Meta):
        table = "account"
        constraints = (
            UniqueConstraint(fields=("external_source", "external_reference"), name="account_is_imported_once"),
            CheckConstraint(check="guardian_id <> id", name="account_is_not_its_own_guardian"),
            CheckConstraint(
                check="(age_band = 'ADULT') = (age_band_ends_on IS NULL)", name="account_age_band_ends_unless_adult"
            ),
        )
        indexes = (IndexWhere(fields=["guardian_id"], name="account_wards", where="guardian_id IS NOT NULL"),)

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[Account]":
        """Scope accounts to those that the policy lets the viewer know of."""
        return Rows(cls, viewer, account_scope(viewer, "t.id"))

    hidden_from_reader = True


class Staff(Model):
    """What an account that works for the platform is there to do, and until when its privacy training holds (P5.1)."""

    about = About(Subject.STAFF, by="account_id")
    account: fields.OneToOneRelation[Account] = personal(
        ACCOUNT, fields.OneToOneField("shop.Account", primary_key=True, on_delete=fields.RESTRICT, related_name="staff")
    )
    account_id: UUID
    role = personal(ACCOUNT, fields.CharEnumField(StaffRole, max_length=16))
    trained_until = personal(ACCOUNT, fields.DatetimeField(null=True))

    class Meta(Model.Meta):
        table = "staff"


class UserProfile(Model):
    """The registration data that a person gave about themselves (P1.1)."""

    about = About(Subject.ACCOUNT_HOLDER, by="account_id")
    id = identity()
    account: fields.OneToOneRelation[Account] = personal(
        ACCOUNT, fields.OneToOneField("shop.Account", on_delete=fields.RESTRICT, related_name="profile")
    )
    account_id: UUID
    name = sealed(PERSON_NAME, subject="account_id")
    gender = sealed(GENDER, subject="account_id")
    birth_date = sealed(BIRTH_DATE, subject="account_id")
    nationality = sealed(NATIONALITY, subject="account_id")
    identity_document = sealed(IDENTITY_DOCUMENT, subject="account_id")
    payment_account = sealed(PAYMENT_ACCOUNT, subject="account_id")
    contact_person = sealed(CONTACT_PERSON, subject="account_id")
    version = personal(ACCOUNT, fields.IntField(default=1, db_default=1))
    updated_at = personal(ACCOUNT, fields.DatetimeField())

    class Meta(Model.Meta):
        table = "user_profile"

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[UserProfile]":
        """Scope rows to those of accounts that the policy lets the viewer know of."""
        return Rows(cls, viewer, account_scope(viewer, "t.account_id"))


class Address(Model):
    """A postal address in a person's address book."""

    about = About(Subject.ACCOUNT_HOLDER, by="account_id")
    id = identity()
    account: fields.ForeignKeyRelation[Account] = personal(
        ACCOUNT, fields.ForeignKeyField("shop.Account", on_delete=fields.RESTRICT, related_name="addresses")
    )
    account_id: UUID
    name = sealed(PERSON_NAME, subject="account_id")
    phone = sealed(PHONE, subject="account_id")
    street = sealed(POSTAL_ADDRESS, subject="account_id")
    city = sealed(POSTAL_ADDRESS, subject="account_id")
    postal_code = sealed(POSTAL_ADDRESS, subject="account_id")
    country = sealed(POSTAL_ADDRESS, subject="account_id")
    is_default = personal(ACCOUNT, fields.BooleanField(default=False, db_default=False))
    version = personal(ACCOUNT, fields.IntField(default=1, db_default=1))
    created_at = personal(ACCOUNT, fields.DatetimeField())

    class Meta(Model.Meta):
        table = "address"
        constraints = (
            UniqueConstraint(fields=("account_id",), name="address_one_default_per_account", condition="is_default"),
        )
        indexes = (Index(fields=["account_id"], name="address_of_account"),)

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[Address]":
        """
        Scope addresses to those that the policy shows the viewer in clear: how many there are says something too.

        The person sees their own, a guardian a child's (P7.4), an agent those of the person on an open ticket once
        membership is verified (P2.7), of somebody under age only with the guardian's consent (P7.1).
        """
        lives = f"NOT {IS_CANCELLED}"
        scope = scope_for(
            viewer,
            subject="t.account_id",
            person=f"{lives} AND {cleared_for(Purpose.ACCOUNT)}",
            guardian=f"{lives} AND s.age_band = '{AgeBand.CHILD.value}'",
            agent=f"{lives} AND k.is_verified AND {cleared_for_service()}",
            core=POSTAL_ADDRESS,
        )
        return Rows(cls, viewer, scope)


class Registration(Model):
    """A sign-up whose e-mail address or phone is not yet proven; it becomes an account of the same id, or expires."""

    about = About(Subject.APPLICANT, by="id")
    id = identity(ACCOUNT)
    email = sealed(EMAIL, subject="id")
    email_index: Any = personal(EMAIL, DigestField(null=True))
    phone = sealed(PHONE, subject="id")
    phone_index: Any = personal(PHONE, DigestField(null=True))
    password_hash = personal(CREDENTIAL, fields.TextField())
    birth_date = sealed(BIRTH_DATE, subject="id")
    region = personal(ACCOUNT, fields.CharField(max_length=2))
    language = personal(ACCOUNT, fields.CharField(max_length=8))
    policy_version: fields.ForeignKeyRelation[PolicyVersion] = personal(
        CONSENT, fields.ForeignKeyField("shop.PolicyVersion", on_delete=fields.RESTRICT, related_name="registrations")
    )
    policy_version_id: UUID
    highlighted_terms = personal(CONSENT, fields.JSONField[list[str]]())
    client_kind = personal(ACCOUNT, fields.CharField(max_length=16))
    attempts = personal(CREDENTIAL, fields.SmallIntField(default=0, db_default=0))
    expires_at = personal(ACCOUNT, fields.DatetimeField(db_index=True))
    created_at = personal(ACCOUNT, fields.DatetimeField())

    class Meta(Model.Meta):
        table = "registration"
        constraints = (
            CheckConstraint(
                check="(email_index IS NULL) <> (phone_index IS NULL)", name="registration_has_one_way_to_reach"
            ),
        )

    hidden_from_reader = True


class Manner(StrEnum):
    """How a version was accepted."""

    EXPLICIT = "EXPLICIT"
    CONTINUED_USE = "CONTINUED_USE"
    OF_AGE = "OF_AGE"  # A second time, by the person, of what was accepted before they were of age (P7.5).


_ONCE = ("account_id", "policy_version_id", "manner")


class PolicyAcceptance(Model):
    """That an account accepted a version of the policy, with the highlighted terms it was shown (P0.3, P9.1, P9.2)."""

    about = About(Subject.ACCOUNT_HOLDER, by="account_id")
    id = identity()
    account: fields.ForeignKeyRelation[Account] = personal(
        CONSENT, fields.ForeignKeyField("shop.Account", on_delete=fields.RESTRICT, related_name="acceptances")
    )
    account_id: UUID
    policy_version: fields.ForeignKeyRelation[PolicyVersion] = personal(
        CONSENT, fields.ForeignKeyField("shop.PolicyVersion", on_delete=fields.RESTRICT, related_name="acceptances")
    )
    policy_version_id: UUID
    manner = personal(
        CONSENT, fields.CharEnumField(Manner, max_length=16, default=Manner.EXPLICIT, db_default=Manner.EXPLICIT.value)
    )
    # The guardian, where one accepted it for a minor; null for the person.
    accepted_by: fields.ForeignKeyNullableRelation[Account] = personal(
        CONSENT,
        cast(
            Any,
            fields.ForeignKeyField(
                "shop.Account", on_delete=fields.RESTRICT, related_name="acceptances_for_wards", null=True
            ),
        ),
    )
    accepted_by_id: UUID | None
    highlighted_terms = personal(CONSENT, fields.JSONField[list[str]]())
    client_kind = personal(ACCOUNT, fields.CharField(max_length=16))
    accepted_at = personal(CONSENT, fields.DatetimeField())

    class Meta(Model.Meta):
        table = "policy_acceptance"
        constraints = (UniqueConstraint(fields=_ONCE, name="policy_acceptance_is_once_in_a_manner"),)

    append_only = True


class PolicyNotice(Model):
    """That somebody was told of a version of the policy; written with the message, in one transaction (P9.1)."""

    about = About(Subject.ACCOUNT_HOLDER, by="account_id")
    id = identity()
    account: fields.ForeignKeyRelation[Account] = personal(
        CONSENT, fields.ForeignKeyField("shop.Account", on_delete=fields.RESTRICT, related_name="policy_notices")
    )
    account_id: UUID
    policy_version: fields.ForeignKeyRelation[PolicyVersion] = personal(
        CONSENT, fields.ForeignKeyField("shop.PolicyVersion", on_delete=fields.RESTRICT, related_name="notices")
    )
    policy_version_id: UUID
    told_at = personal(CONSENT, fields.DatetimeField())

    class Meta(Model.Meta):
        table = "policy_notice"
        unique_together = (("account_id", "policy_version_id"),)

    append_only = True
