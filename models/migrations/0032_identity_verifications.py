"""Whoever wants to has their name verified (P2.1); institutions abroad are in the register of transfers (P8.1)."""

# ruff: noqa: RUF012 -- Tortoise reads these lists from the class.

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from models.columns import DigestField
from models.identity_verifications import VerificationState
from models.indexes import IndexWhere
from policy.verification import VerificationLevel


class Migration(migrations.Migration):
    dependencies = [("shop", "0030_of_age")]

    initial = False

    operations = [
        ops.CreateModel(
            name="IdentityVerification",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "shop.Account",
                        source_field="account_id",
                        to_field="id",
                        related_name="identity_verifications",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("level", fields.CharEnumField(enum_type=VerificationLevel, max_length=8)),
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
                "table": "identity_verification",
                "indexes": [
                    Index(fields=["account_id", "id"], name="identity_verification_of_account"),
                    IndexWhere(fields=["look_at"], name="identity_verification_to_look_at", where="state = 'PENDING'"),
                ],
                "pk_attr": "id",
            },
        ),
        ops.AddConstraint(
            model_name="IdentityVerification",
            constraint=UniqueConstraint(
                fields=("account_id",), name="identity_verification_one_open", condition="state = 'PENDING'"
            ),
        ),
        ops.AddConstraint(
            model_name="IdentityVerification",
            constraint=UniqueConstraint(
                fields=("account_id", "level"), name="identity_verification_once", condition="state = 'VERIFIED'"
            ),
        ),
        ops.AddConstraint(
            model_name="IdentityVerification",
            constraint=CheckConstraint(check="level IN ('NAME', 'ADULT')", name="identity_verification_finds_a_level"),
        ),
        ops.AddConstraint(
            model_name="IdentityVerification",
            constraint=CheckConstraint(
                check="(state = 'PENDING') = (closed_at IS NULL)", name="identity_verification_is_closed_at_an_instant"
            ),
        ),
        ops.AddConstraint(
            model_name="IdentityVerification",
            constraint=CheckConstraint(
                check="(state = 'PENDING') = (document_index IS NOT NULL)",
                name="identity_verification_forgets_when_closed",
            ),
        ),
        # Until now a check was always of whether somebody is of age.
        ops.RunSQL(
            """INSERT INTO identity_verification (id, account_id, level, state, provider, document_index, attempts,
                look_at, created_at, expires_at, closed_at)
            SELECT id, account_id, 'ADULT', state, provider, document_index, attempts, look_at, created_at, expires_at,
                closed_at
            FROM guardian_verification"""
        ),
        ops.RunSQL("UPDATE avow_pgqueuer SET entrypoint = 'identity.checked' WHERE entrypoint = 'guardian.checked'"),
        ops.DeleteModel(name="GuardianVerification"),
        ops.AddConstraint(
            model_name="Transfer",
            constraint=UniqueConstraint(
                fields=("order_id", "partner_id", "to_region"),
                name="transfer_once_of_charge",
                condition="receiver = 'PARTNER'",
            ),
        ),
    ]
