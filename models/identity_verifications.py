"""That people, and companies, were found to be who they say they are, and how the checks of it ended (P1.4, P2.1)."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, cast
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

from models import clock
from models.accounts import Account, PolicyVersion
from models.columns import About, DigestField, identity, personal
from models.database import fetch
from models.enterprises import Enterprise, EnterpriseContact
from models.indexes import IndexWhere
from models.partners import Partner
from models.rows import Rows
from models.scoping import IS_CANCELLED, cleared_for, scope_for
from policy.ages import AgeBand
from policy.classes import CONSENT, VERIFICATION
from policy.enforcement import keeps
from policy.partners import PartnerType
from policy.purposes import Purpose
from policy.subjects import Subject
from policy.verification import VerificationLevel
from policy.viewer import Viewer

IDENTITY_CHECKS_READ = "identity_checks:read"
# A check that its provider works on: from when it was put to it, and until there is an end.
_RUNS = "(t.partner_id = :partner AND t.state = 'PENDING' AND t.expires_at > :now)"


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
    # Its entry in the register; checks of before name it alone.
    partner: fields.ForeignKeyNullableRelation[Partner] = personal(
        VERIFICATION,
        cast(
            Any,
            fields.ForeignKeyField(
                "shop.Partner", on_delete=fields.RESTRICT, related_name="identity_verifications", null=True
            ),
        ),
    )
    partner_id: UUID | None
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
            IndexWhere(fields=["partner_id", "id"], name="identity_verification_of_partner", where="state = 'PENDING'"),
        )

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[IdentityVerification]":
        """
        Scope checks to the person's own, for an agent to those of whose membership is verified (P2.7).

        Whoever watches over them, or is watched over by them, sees none. A provider's are those that it works on.
        """
        scope = scope_for(
            viewer,
            subject="t.account_id",
            person=cleared_for(Purpose.ACCOUNT),
            partners={PartnerType.IDENTITY_VERIFICATION: f"{_RUNS} AND {consented()} AND NOT {IS_CANCELLED}"},
            agent=f"k.is_verified AND {cleared_for(Purpose.CUSTOMER_SERVICE)}",
            facts=_window(viewer),
            token_scopes=frozenset({IDENTITY_CHECKS_READ}),
            core=VERIFICATION,
        )
        return Rows(cls, viewer, scope)

    hidden_from_reader = True


class EnterpriseVerification(Model):
    """
    One check of a company's licence, and of whether somebody is its legal representative (P1.4).

    The subject is the representative, who need have no account, so it goes with what was given of them. Holds how it
    ended, and the account's word that they agree; the document's number is the contact's, sealed, and goes with the
    end.
    """

    about = About(Subject.CONTACT, by="contact_id", case="enterprise__account_id")
    id = identity()
    enterprise: fields.ForeignKeyRelation[Enterprise] = personal(
        VERIFICATION,
        fields.ForeignKeyField("shop.Enterprise", on_delete=fields.RESTRICT, related_name="verifications"),
    )
    enterprise_id: UUID
    contact: fields.ForeignKeyRelation[EnterpriseContact] = personal(
        VERIFICATION,
        fields.ForeignKeyField("shop.EnterpriseContact", on_delete=fields.RESTRICT, related_name="verifications"),
    )
    contact_id: UUID
    partner: fields.ForeignKeyRelation[Partner] = personal(
        VERIFICATION,
        fields.ForeignKeyField("shop.Partner", on_delete=fields.RESTRICT, related_name="enterprise_verifications"),
    )
    partner_id: UUID
    # Of which version of the policy the representative was told who agrees to it; nobody's where it is the holder.
    policy_version: fields.ForeignKeyNullableRelation[PolicyVersion] = personal(
        CONSENT,
        cast(
            Any,
            fields.ForeignKeyField(
                "shop.PolicyVersion",
                on_delete=fields.RESTRICT,
                related_name="enterprise_verifications",
                null=True,
            ),
        ),
    )
    policy_version_id: UUID | None
    state = personal(VERIFICATION, fields.CharEnumField(VerificationState, max_length=16))
    provider = personal(VERIFICATION, fields.CharField(max_length=64))
    attempts = personal(VERIFICATION, fields.SmallIntField(default=0, db_default=0))
    look_at = personal(VERIFICATION, fields.DatetimeField())
    created_at = personal(VERIFICATION, fields.DatetimeField())
    expires_at = personal(VERIFICATION, fields.DatetimeField())
    closed_at = personal(VERIFICATION, fields.DatetimeField(null=True))

    class Meta(Model.Meta):
        table = "enterprise_verification"
        constraints = (
            UniqueConstraint(
                fields=("enterprise_id",), name="enterprise_verification_one_open", condition="state = 'PENDING'"
            ),
            UniqueConstraint(
                fields=("contact_id",), name="enterprise_verification_once", condition="state = 'VERIFIED'"
            ),
            CheckConstraint(
                check="(state = 'PENDING') = (closed_at IS NULL)",
                name="enterprise_verification_is_closed_at_an_instant",
            ),
        )
        indexes = (
            Index(fields=["enterprise_id", "id"], name="enterprise_verification_of_enterprise"),
            Index(fields=["contact_id"], name="enterprise_verification_of_contact"),
            IndexWhere(fields=["look_at"], name="enterprise_verification_to_look_at", where="state = 'PENDING'"),
            IndexWhere(
                fields=["partner_id", "id"], name="enterprise_verification_of_partner", where="state = 'PENDING'"
            ),
        )

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[EnterpriseVerification]":
        """
        Scope checks to the company's account, and for an agent to those of whose membership is verified (P2.7).

        A provider's are those that it works on, of nobody who has objected.
        """
        allowed = f"{_RUNS} AND {consented()} AND NOT {IS_CANCELLED} AND c.objected_at IS NULL"
        scope = scope_for(
            viewer,
            subject="e.account_id",
            person=f"c.objected_at IS NULL AND {cleared_for(Purpose.ACCOUNT)}",
            partners={PartnerType.IDENTITY_VERIFICATION: allowed},
            agent=f"k.is_verified AND c.objected_at IS NULL AND {cleared_for(Purpose.CUSTOMER_SERVICE)}",
            facts={"has_objected": "c.objected_at IS NOT NULL", **_window(viewer)},
            through="JOIN enterprise e ON e.id = t.enterprise_id JOIN enterprise_contact c ON c.id = t.contact_id",
            token_scopes=frozenset({IDENTITY_CHECKS_READ}),
            core=VERIFICATION,
        )
        return Rows(cls, viewer, scope)

    hidden_from_reader = True


@keeps("P1.4", otherwise="TRUE")
def consented() -> str:
    """Say in SQL that the subject `s` consents to checks, or by their guardian if they are under age (P1.4, P7.1)."""
    whose = f"CASE WHEN s.age_band = '{AgeBand.ADULT.value}' THEN s.own_consents ELSE s.guardian_consents END"
    return f"(({whose}) & {Purpose.IDENTITY_VERIFICATION.bit} <> 0)"


def _window(viewer: Viewer) -> dict[str, str]:
    """Name the fact that a provider is at work, which a ground does not replace; nobody else has a window here."""
    return {"is_window_open": _RUNS} if viewer.partner_type is PartnerType.IDENTITY_VERIFICATION else {}


async def take_due(
    model: type[IdentityVerification | EnterpriseVerification], *, longest_minutes: int, at_once: int
) -> Sequence[Any]:
    """
    Take pending checks that are to be asked about, and put their next look off, each time for longer.

    Args:
        longest_minutes: How long a pause gets at most.
        at_once: How many to take.

    Returns:
        Their rows.
    """
    table = model._meta.db_table  # pyright: ignore[reportPrivateUsage]
    # INVARIANT (one asks): whoever takes a check moves its next look away, so others find it later or not at all.
    return await fetch(
        f"""UPDATE {table} SET attempts = attempts + 1,
            look_at = $1 + make_interval(mins => least(2 ^ least(attempts, 10), $2)::int)
        WHERE id IN (SELECT id FROM {table} WHERE state = 'PENDING' AND look_at <= $1
            ORDER BY look_at LIMIT $3 FOR UPDATE SKIP LOCKED) RETURNING *""",  # noqa: S608 -- of this code alone
        clock.now(),
        longest_minutes,
        at_once,
    )
