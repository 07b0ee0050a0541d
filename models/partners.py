"""The register of partners: who they are, what they have signed, and how their software was examined (P1.4, P4.5)."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Any, cast
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model

from models import clock, rounds
from models.columns import identity, not_personal
from models.database import fetch
from models.payments import InstitutionName
from models.rows import Rows
from models.scoping import EVERYTHING, NOTHING, Scope, numbered, public_scope
from models.suppliers import Supplier
from policy.enforcement import keeps
from policy.partners import PartnerType
from policy.viewer import StaffRole, Viewer


class PartnerStatus(StrEnum):
    """Whether a partner is worked with."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"


class ReviewOutcome(StrEnum):
    """How an examination of a partner's software ended."""

    PASSED = "PASSED"
    FAILED = "FAILED"


_KINDS = ", ".join(f"'{kind.name}'" for kind in PartnerType)


class Partner(Model):
    """
    A company that gets personal data for a duty of its own; a company, not a person, and no person is named here.

    It is public: whoever uses the shop can read who gets what, and where that company's own policy is (P0.2, P1.4).
    """

    id = identity()
    kind = not_personal(fields.CharField(max_length=24))
    name = not_personal(fields.CharField(max_length=120))
    region = not_personal(fields.CharField(max_length=2))
    policy_url = not_personal(fields.CharField(max_length=500, null=True))
    status = not_personal(fields.CharEnumField(PartnerStatus, max_length=16))
    # Which supplier of the catalogue it is, which institution of the checkout, and which affiliate has named it.
    supplier: fields.OneToOneNullableRelation[Supplier] = not_personal(
        cast(Any, fields.OneToOneField("shop.Supplier", on_delete=fields.RESTRICT, related_name="partner", null=True))
    )
    supplier_id: UUID | None
    institution = not_personal(fields.CharEnumField(InstitutionName, max_length=16, null=True, unique=True))
    named_by: fields.ForeignKeyNullableRelation["Partner"] = not_personal(
        cast(Any, fields.ForeignKeyField("shop.Partner", on_delete=fields.RESTRICT, related_name="named", null=True))
    )
    named_by_id: UUID | None
    version = not_personal(fields.IntField(default=1, db_default=1))
    created_at = not_personal(fields.DatetimeField())

    class Meta(Model.Meta):
        table = "partner"
        constraints = (
            CheckConstraint(check=f"kind IN ({_KINDS})", name="partner_is_of_a_kind"),
            CheckConstraint(check="(kind = 'SUPPLIER') = (supplier_id IS NOT NULL)", name="partner_names_its_supplier"),
            CheckConstraint(check="institution IS NULL OR kind = 'PAYMENT'", name="partner_names_its_institution"),
            CheckConstraint(
                check="(kind = 'AFFILIATE_PROVIDER') = (named_by_id IS NOT NULL)",
                name="partner_is_named_by_an_affiliate",
            ),
            CheckConstraint(check="policy_url LIKE 'https://%'", name="partner_policy_is_a_page"),
        )

    @classmethod
    def rows(cls, viewer: Viewer) -> "Rows[Partner]":
        """Read partners; they are about nobody, and everybody sees all of them."""
        return Rows(cls, viewer, public_scope(viewer, public=EVERYTHING))


class DataProcessingAgreement(Model):
    """What a partner has signed: for which purposes, in which region and until when it may have data; never changed."""

    id = identity()
    partner: fields.ForeignKeyRelation[Partner] = not_personal(
        fields.ForeignKeyField("shop.Partner", on_delete=fields.RESTRICT, related_name="agreements")
    )
    partner_id: UUID
    # Which text was signed, as the contract's own file calls it.
    text_version = not_personal(fields.CharField(max_length=40))
    signed_on = not_personal(fields.DateField())
    # The first day on which it does not hold any more.
    expires_on = not_personal(fields.DateField())
    region = not_personal(fields.CharField(max_length=2))
    purposes = not_personal(fields.JSONField[list[str]]())
    recorded_at = not_personal(fields.DatetimeField())

    class Meta(Model.Meta):
        table = "data_processing_agreement"
        constraints = (
            CheckConstraint(check="expires_on > signed_on", name="agreement_ends_after_it_began"),
            CheckConstraint(
                check="jsonb_typeof(purposes) = 'array' AND purposes <> '[]'::jsonb", name="agreement_names_a_purpose"
            ),
        )
        indexes = (Index(fields=["partner_id", "id"], name="agreement_of_partner"),)

    append_only = True

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[DataProcessingAgreement]":
        """Scope agreements to a partner's own, and to all for privacy officers with valid training."""
        return Rows(cls, viewer, partners_own(viewer))


class SecurityReview(Model):
    """That a partner's software was examined, and how that ended; never changed."""

    id = identity()
    partner: fields.ForeignKeyRelation[Partner] = not_personal(
        fields.ForeignKeyField("shop.Partner", on_delete=fields.RESTRICT, related_name="reviews")
    )
    partner_id: UUID
    reviewed_on = not_personal(fields.DateField())
    outcome = not_personal(fields.CharEnumField(ReviewOutcome, max_length=8))
    expires_on = not_personal(fields.DateField())
    recorded_at = not_personal(fields.DatetimeField())

    class Meta(Model.Meta):
        table = "security_review"
        constraints = (CheckConstraint(check="expires_on > reviewed_on", name="review_ends_after_it_was_made"),)
        indexes = (Index(fields=["partner_id", "id"], name="review_of_partner"),)

    append_only = True

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[SecurityReview]":
        """Scope reviews to a partner's own, and to all for privacy officers with valid training."""
        return Rows(cls, viewer, partners_own(viewer))


def partners_own(viewer: Viewer, own: str = "t.partner_id = :partner") -> Scope:
    """
    Make the scope of a table that is about partners and no person: their own rows, and all for privacy officers.

    Args:
        viewer: Who asks.
        own: The predicate for a partner's token; `:partner` is its entry, `:token` the token itself.
    """
    if viewer.staff is StaffRole.PRIVACY_OFFICER and viewer.is_trained:
        return Scope("", EVERYTHING, {})
    if viewer.is_partner and viewer.partner is not None:
        return Scope("", own, {}, {"partner": viewer.partner, "token": viewer.session})
    return Scope("", NOTHING, {})


def _newest(partner: str, table: str, day: str, shown: str) -> str:
    return f"""(SELECT {shown} FROM {table} x WHERE x.partner_id = {partner}.id AND x.{day} <= :today
        ORDER BY x.{day} DESC, x.id DESC LIMIT 1)"""


def agreed(partner: str, shown: str) -> str:
    """
    Say in SQL what the agreement says that a partner signed last.

    Args:
        partner: The alias of the partner's table.
        shown: SQL over the agreement `x`.
    """
    return _newest(partner, "data_processing_agreement", "signed_on", shown)


def _stands(partner: str) -> str:
    agreement = agreed(partner, "x.expires_on > :today")
    review = _newest(partner, "security_review", "reviewed_on", "x.outcome = 'PASSED' AND x.expires_on > :today")
    agreed_and_reviewed = f"coalesce({agreement}, FALSE) AND coalesce({review}, FALSE)"
    return f"({partner}.status = 'ACTIVE' AND {agreed_and_reviewed} AND {leads_to_policy(partner)})"


@keeps("P0.2", otherwise="TRUE")
def leads_to_policy(partner: str) -> str:
    """
    Say in SQL that a partner has told where its own privacy policy is (P0.2); who has not is not in standing.

    Args:
        partner: The alias of the partner's table.
    """
    return f"{partner}.policy_url IS NOT NULL"


@keeps("P4.5", otherwise="TRUE")
def standing(partner: str) -> str:
    """
    Say in SQL that a partner is active, names its policy, and has a newest agreement and review in force (P4.5).

    What is newest counts, so an examination that failed outweighs an earlier one that passed. Who works for an
    affiliate stands no longer than the affiliate that named it.

    Args:
        partner: The alias of the partner's table; `:today` is the date.
    """
    named = f"""({partner}.named_by_id IS NULL OR EXISTS (
        SELECT FROM partner named WHERE named.id = {partner}.named_by_id AND {_stands("named")}))"""
    return f"({_stands(partner)} AND {named})"


async def agreed_purposes(partner_id: UUID) -> frozenset[str]:
    """List the names of the purposes of the agreement that is in force with a partner; none without one."""
    named = agreed("p", "CASE WHEN x.expires_on > :today THEN x.purposes END")
    text, values = numbered(
        f"SELECT jsonb_array_elements_text({named}) AS name FROM partner p WHERE p.id = :id",
        {"id": partner_id, "today": today()},
    )
    return frozenset(row["name"] for row in await fetch(text, *values))


async def in_standing(partner_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Find which of some partners are in standing."""
    text, values = numbered(
        f"SELECT p.id FROM partner p WHERE p.id = ANY(:ids) AND {standing('p')}",
        {"ids": list(partner_ids), "today": today()},
    )
    return frozenset(row["id"] for row in await fetch(text, *values))


async def acting(
    kind: PartnerType,
    *,
    name: str | None = None,
    institution: InstitutionName | None = None,
    is_ending: bool = False,
) -> Viewer | None:
    """
    Find the partner whom the shop itself sends data for a duty, as the viewer that it is then (P4.5).

    Of several entries that are called alike the one made last counts, whether or not it is in standing. Nothing is
    kept: whoever is suspended now is not found from now on, on every worker.

    Args:
        kind: What the duty is.
        name: How the configuration calls it.
        institution: Which institution of the checkout it is.
        is_ending: Whether what it is sent for was begun before, so that one out of standing is found as well.

    Returns:
        None where the register has no such entry, or one without an agreement and an examination in force.
    """
    text, values = numbered(
        f"""SELECT p.id, {agreed("p", "x.region")} AS region, p.region AS company_region, {standing("p")} AS stands
        FROM partner p
        WHERE p.kind = :kind AND (p.name = :name OR p.institution = :institution)
        ORDER BY p.created_at DESC, p.id DESC LIMIT 1""",
        {"kind": kind.name, "name": name, "institution": institution and institution.value, "today": today()},
    )
    found = await rounds.read(text, *values)
    if not found:
        return None
    partner_id, region, company_region, stands = found[0]
    if not (stands or is_ending):
        return None
    return Viewer(
        partner=partner_id,
        partner_type=kind,
        purposes=kind.purposes,
        region=region or (company_region if is_ending else None),
        is_in_standing=stands,
    )


def today() -> date:
    """Tell the date by which agreements and reviews begin and end: that of UTC."""
    return clock.now().date()
