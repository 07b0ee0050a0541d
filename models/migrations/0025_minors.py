"""Guardians who are verified, purchases that they approve, and ages that were corrected."""

# ruff: noqa: RUF012 -- Tortoise reads these lists from the class.

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from models.columns import DigestField
from models.identity_verifications import VerificationState
from models.indexes import IndexWhere
from models.purchase_approvals import ApprovalState
from models.sealed import SealedField
from policy.ages import AgeBand


class Migration(migrations.Migration):
    dependencies = [("shop", "0022_third_parties")]

    initial = False

    operations = [
        ops.CreateModel(
            name="AgeCorrection",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "shop.Account",
                        source_field="account_id",
                        to_field="id",
                        related_name="age_corrections",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("band_before", fields.CharEnumField(enum_type=AgeBand, max_length=8)),
                ("band_after", fields.CharEnumField(enum_type=AgeBand, max_length=8)),
                ("is_proven", fields.BooleanField()),
                (
                    "staff",
                    fields.ForeignKeyField(
                        "shop.Account",
                        source_field="staff_id",
                        null=True,
                        to_field="id",
                        related_name="ages_corrected",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("reason", SealedField(null=True)),
                ("recorded_at", fields.DatetimeField()),
            ],
            options={
                "table": "age_correction",
                "indexes": [Index(fields=["account_id", "id"], name="age_correction_of_account")],
                "pk_attr": "id",
            },
        ),
        ops.CreateModel(
            name="GuardianVerification",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "shop.Account",
                        source_field="account_id",
                        to_field="id",
                        related_name="guardian_verifications",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("state", fields.CharEnumField(enum_type=VerificationState, max_length=16)),
                ("provider", fields.CharField(max_length=64)),
                ("document_index", DigestField(null=True)),
                ("attempts", fields.SmallIntField(default=0, db_default=0)),
                ("look_at", fields.DatetimeField()),
                ("created_at", fields.DatetimeField()),
                ("expires_at", fields.DatetimeField()),
                ("closed_at", fields.DatetimeField(null=True)),
            ],
            options={
                "table": "guardian_verification",
                "indexes": [
                    Index(fields=["account_id", "id"], name="guardian_verification_of_account"),
                    IndexWhere(fields=["look_at"], name="guardian_verification_to_look_at", where="state = 'PENDING'"),
                ],
                "pk_attr": "id",
            },
        ),
        ops.AddConstraint(
            model_name="GuardianVerification",
            constraint=UniqueConstraint(
                fields=("account_id",), name="guardian_verification_one_open", condition="state = 'PENDING'"
            ),
        ),
        ops.AddConstraint(
            model_name="GuardianVerification",
            constraint=UniqueConstraint(
                fields=("account_id", "state"), name="guardian_verification_once", condition="state = 'VERIFIED'"
            ),
        ),
        ops.AddConstraint(
            model_name="GuardianVerification",
            constraint=CheckConstraint(
                check="(state = 'PENDING') = (closed_at IS NULL)", name="guardian_verification_is_closed_at_an_instant"
            ),
        ),
        ops.AddConstraint(
            model_name="GuardianVerification",
            constraint=CheckConstraint(
                check="(state = 'PENDING') = (document_index IS NOT NULL)",
                name="guardian_verification_forgets_when_closed",
            ),
        ),
        ops.CreateModel(
            name="PurchaseApproval",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "minor",
                    fields.ForeignKeyField(
                        "shop.Account",
                        source_field="minor_id",
                        to_field="id",
                        related_name="purchase_approvals",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("state", fields.CharEnumField(enum_type=ApprovalState, max_length=16)),
                ("contents_index", DigestField()),
                ("lines", fields.JSONField()),
                ("currency", fields.CharField(max_length=3)),
                ("total_minor", fields.BigIntField()),
                (
                    "order",
                    fields.ForeignKeyField(
                        "shop.Order",
                        source_field="order_id",
                        null=True,
                        to_field="id",
                        related_name="approvals",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("created_at", fields.DatetimeField()),
                ("expires_at", fields.DatetimeField()),
                ("decided_at", fields.DatetimeField(null=True)),
            ],
            options={
                "table": "purchase_approval",
                "indexes": [
                    Index(fields=["minor_id", "id"], name="purchase_approval_of_minor"),
                    IndexWhere(
                        fields=["expires_at"], name="purchase_approval_to_end", where="state IN ('PENDING', 'APPROVED')"
                    ),
                ],
                "pk_attr": "id",
            },
        ),
        ops.AddConstraint(
            model_name="PurchaseApproval",
            constraint=UniqueConstraint(
                fields=("minor_id",), name="purchase_approval_one_open", condition="state = 'PENDING'"
            ),
        ),
        ops.AddConstraint(
            model_name="PurchaseApproval",
            constraint=UniqueConstraint(
                fields=("minor_id", "contents_index"), name="purchase_approval_once", condition="state = 'APPROVED'"
            ),
        ),
        ops.AddConstraint(
            model_name="PurchaseApproval",
            constraint=CheckConstraint(check="total_minor >= 0", name="purchase_approval_total_is_not_negative"),
        ),
        ops.AddConstraint(
            model_name="PurchaseApproval",
            constraint=CheckConstraint(
                check="(state = 'USED') = (order_id IS NOT NULL)", name="purchase_approval_is_used_for_an_order"
            ),
        ),
        ops.AddConstraint(
            model_name="PurchaseApproval",
            constraint=CheckConstraint(
                check="state IN ('PENDING', 'EXPIRED') OR decided_at IS NOT NULL",
                name="purchase_approval_is_decided_at_an_instant",
            ),
        ),
        ops.AddField(
            model_name="Guardianship",
            name="purchase_limit_currency",
            field=fields.CharField(null=True, max_length=3),
        ),
        ops.AddField(
            model_name="Guardianship",
            name="purchase_limit_minor",
            field=fields.BigIntField(null=True),
        ),
        ops.AddConstraint(
            model_name="Guardianship",
            constraint=CheckConstraint(
                check="(purchase_limit_minor IS NULL) = (purchase_limit_currency IS NULL)"
                " AND purchase_limit_minor >= 0",
                name="guardianship_limit_is_an_amount",
            ),
        ),
    ]
