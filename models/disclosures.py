"""The ledger of disclosures: who was shown what of whom, for what and by which clauses, in chains of hashed rows."""

from typing import Any, ClassVar, cast
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

from models.accounts import Account
from models.columns import About, DigestField, identity, not_personal, personal
from models.legal_grounds import LegalGround
from models.orders import Order
from models.partners import Partner
from models.rows import Rows
from models.scoping import cleared_for, scope_for
from models.suppliers import Supplier
from policy.ages import AgeBand
from policy.classes import DISCLOSURE
from policy.purposes import Purpose
from policy.subjects import Subject
from policy.viewer import Viewer

# What was shown by a ground is told as soon as the ground is.
TOLD = """(t.ground_id IS NULL OR EXISTS (SELECT FROM legal_ground g WHERE g.id = t.ground_id AND (
    NOT g.is_kept_from_subject OR g.state = 'REVOKED' OR g.valid_until <= :now)))"""


class Disclosure(Model):
    """
    That personal data of somebody was shown to another: written before the answer left, never changed (P4.1).

    One row for each person, party, purpose, order and ground of an operation, however many fields and values it showed.
    `partition` and `position` say where it stands in the chain of the process that wrote it (`models/ledger.py`).
    """

    about = About(Subject.ACCOUNT_HOLDER, by="account_id")
    id = identity()
    account: fields.ForeignKeyRelation[Account] = personal(
        DISCLOSURE, fields.ForeignKeyField("shop.Account", on_delete=fields.RESTRICT, related_name="disclosures")
    )
    account_id: UUID
    party = personal(DISCLOSURE, fields.CharField(max_length=24))
    # Who was shown it: whichever of these the viewer has.
    viewer_account: fields.ForeignKeyNullableRelation[Account] = personal(
        DISCLOSURE,
        cast(Any, fields.ForeignKeyField("shop.Account", on_delete=fields.RESTRICT, related_name="shown", null=True)),
    )
    viewer_account_id: UUID | None
    supplier: fields.ForeignKeyNullableRelation[Supplier] = personal(
        DISCLOSURE,
        cast(Any, fields.ForeignKeyField("shop.Supplier", on_delete=fields.RESTRICT, related_name="shown", null=True)),
    )
    supplier_id: UUID | None
    partner: fields.ForeignKeyNullableRelation[Partner] = personal(
        DISCLOSURE,
        cast(Any, fields.ForeignKeyField("shop.Partner", on_delete=fields.RESTRICT, related_name="shown", null=True)),
    )
    partner_id: UUID | None
    # The session or token by which they came.
    credential_id = personal(DISCLOSURE, fields.UUIDField(null=True))
    classes = personal(DISCLOSURE, fields.JSONField[list[str]]())
    purpose = personal(DISCLOSURE, fields.CharField(max_length=40))
    clauses = personal(DISCLOSURE, fields.JSONField[list[str]]())
    # Of the eight (P4.1), by name; null where no company was shown anything, and in rows from before it was kept.
    sharing_grounds = personal(DISCLOSURE, fields.JSONField[list[str]](null=True))
    ground: fields.ForeignKeyNullableRelation[LegalGround] = personal(
        DISCLOSURE,
        cast(
            Any,
            fields.ForeignKeyField("shop.LegalGround", on_delete=fields.RESTRICT, related_name="shown", null=True),
        ),
    )
    ground_id: UUID | None
    order: fields.ForeignKeyNullableRelation[Order] = personal(
        DISCLOSURE,
        cast(Any, fields.ForeignKeyField("shop.Order", on_delete=fields.RESTRICT, related_name="shown", null=True)),
    )
    order_id: UUID | None
    operation = personal(DISCLOSURE, fields.CharField(max_length=64, null=True))
    rules = not_personal(fields.CharField(max_length=16))
    disclosed_at = personal(DISCLOSURE, fields.DatetimeField())
    partition = not_personal(fields.UUIDField())
    position = not_personal(fields.BigIntField())
    hash = not_personal(DigestField())

    class Meta(Model.Meta):
        table = "disclosure"
        constraints = (
            UniqueConstraint(fields=("partition", "position"), name="disclosure_has_one_place"),
            CheckConstraint(check="position > 0 AND octet_length(hash) = 32", name="disclosure_is_chained"),
        )
        indexes = (Index(fields=["account_id", "id"], name="disclosure_of_account"),)

    append_only = True
    # By an order many times faster than by the order's column, which no index of the ledger begins with.
    links: ClassVar = {
        "order": 't.order_id = p.key AND t.account_id = (SELECT b.buyer_id FROM "order" b WHERE b.id = p.key)'
    }

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[Disclosure]":
        """Scope disclosures to those of the viewer's own data or a child's of theirs, and for officers and auditors."""
        scope = scope_for(
            viewer,
            subject="t.account_id",
            person=f"{cleared_for(Purpose.ACCOUNT)} AND {TOLD}",
            # Guardians learn of no ground, so not of what was shown by one (docs/decisions/0029).
            guardian=f"s.age_band = '{AgeBand.CHILD.value}' AND t.ground_id IS NULL",
            officer=cleared_for(Purpose.PRIVACY),
            auditor=cleared_for(Purpose.AUDIT),
            core=DISCLOSURE,
        )
        return Rows(cls, viewer, scope)
