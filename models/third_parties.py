"""People without an account, about whom an account gave something: how they prove it, and what they see (P1.2e)."""

from typing import Any, cast
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

from models.columns import About, DigestField, identity, personal
from models.disclosures import TOLD, Disclosure
from models.orders import FULFILLMENT_ORDERS_READ, ORDERS_READ, Order, Recipient, order_scope, window_of
from models.rows import Rows
from models.scoping import scope_for
from models.sealed import sealed
from models.suppliers import Supplier
from policy.classes import CREDENTIAL, EMAIL, ORDER, PHONE, RECIPIENT
from policy.subjects import Subject
from policy.viewer import Viewer

# What the proof is of that the viewer came by, as long as it holds.
PROVEN = "(SELECT p.contact_index FROM third_party_proof p WHERE p.id = :proof AND p.expires_at > :now)"
_ABOUT_THEM = ", ".join(f"'{name}'" for name in sorted(each.name for each in RECIPIENT))


class ThirdPartyChallenge(Model):
    """A code on its way to an address, whoever that belongs to and whether or not anything is held of them."""

    about = About(Subject.CLAIMANT, by="id")
    id = identity(CREDENTIAL)
    email = sealed(EMAIL, subject="id")
    phone = sealed(PHONE, subject="id")
    contact_index: Any = personal(CREDENTIAL, DigestField())
    language = personal(CREDENTIAL, fields.CharField(max_length=8))
    attempts = personal(CREDENTIAL, fields.SmallIntField(default=0, db_default=0))
    created_at = personal(CREDENTIAL, fields.DatetimeField())
    expires_at = personal(CREDENTIAL, fields.DatetimeField(db_index=True))

    class Meta(Model.Meta):
        table = "third_party_challenge"
        constraints = (
            CheckConstraint(
                check="(email IS NULL) <> (phone IS NULL)", name="third_party_challenge_has_one_way_to_reach"
            ),
        )

    hidden_from_reader = True


class ThirdPartyProof(Model):
    """That somebody proved a moment ago that a phone or an e-mail address is theirs; it opens what was given of it."""

    about = About(Subject.CLAIMANT, by="id")
    id = identity(CREDENTIAL)
    token_hash: Any = personal(CREDENTIAL, DigestField(unique=True))
    contact_index: Any = personal(CREDENTIAL, DigestField())
    created_at = personal(CREDENTIAL, fields.DatetimeField())
    expires_at = personal(CREDENTIAL, fields.DatetimeField(db_index=True))

    class Meta(Model.Meta):
        table = "third_party_proof"

    hidden_from_reader = True


class ObjectionNotice(Model):
    """That a partner who was shown somebody is told that they objected, and is asked to delete what it has of them."""

    about = About(Subject.ACCOUNT_HOLDER, by="order__buyer_id")
    id = identity()
    order: fields.ForeignKeyRelation[Order] = personal(
        ORDER, fields.ForeignKeyField("shop.Order", on_delete=fields.RESTRICT, related_name="objection_notices")
    )
    order_id: UUID
    supplier: fields.ForeignKeyNullableRelation[Supplier] = personal(
        ORDER,
        cast(
            Any,
            fields.ForeignKeyField(
                "shop.Supplier", on_delete=fields.RESTRICT, related_name="objection_notices", null=True
            ),
        ),
    )
    supplier_id: UUID | None
    partner_id = personal(ORDER, fields.UUIDField(null=True))
    # What it was shown, by the ledger.
    classes = personal(ORDER, fields.JSONField[list[str]]())
    created_at = personal(ORDER, fields.DatetimeField())
    acknowledged_at = personal(ORDER, fields.DatetimeField(null=True))

    class Meta(Model.Meta):
        table = "objection_notice"
        constraints = (
            UniqueConstraint(fields=("order_id", "supplier_id"), name="objection_notice_is_given_once"),
            UniqueConstraint(fields=("order_id", "partner_id"), name="objection_notice_is_given_once_to_a_partner"),
            CheckConstraint(
                check="(supplier_id IS NULL) <> (partner_id IS NULL)", name="objection_notice_is_to_one_partner"
            ),
        )
        indexes = (Index(fields=["supplier_id", "id"], name="objection_notice_of_supplier"),)

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[ObjectionNotice]":
        """Scope to those of orders that the viewer may know of; a supplier's to its own."""
        through = 'JOIN "order" o ON o.id = t.order_id'
        scopes = (FULFILLMENT_ORDERS_READ, ORDERS_READ)
        return Rows(cls, viewer, order_scope(viewer, "o", "t.supplier_id = :supplier", through, scopes=scopes))


def given_of(viewer: Viewer) -> Rows[Recipient]:
    """Scope recipients to what was given of the person who proved that the phone is theirs; nobody else sees any."""
    scope = scope_for(
        viewer,
        subject="o.buyer_id",
        third_party=f"t.phone_index = {PROVEN}",
        facts={"is_window_open": window_of("o"), "has_objected": "t.objected_at IS NOT NULL"},
        through='JOIN "order" o ON o.recipient_id = t.id',
        order="o.id",
    )
    return Rows(Recipient, viewer, scope)


def shown_of(viewer: Viewer) -> Rows[Disclosure]:
    """Scope the ledger to where something about the person who proved that the phone is theirs was shown."""
    scope = scope_for(
        viewer,
        subject="t.account_id",
        third_party=f"""r.phone_index = {PROVEN} AND t.classes ?| ARRAY[{_ABOUT_THEM}] AND {TOLD}""",
        through='JOIN "order" o ON o.id = t.order_id JOIN recipient r ON r.id = o.recipient_id',
        order="o.id",
    )
    return Rows(Disclosure, viewer, scope)
