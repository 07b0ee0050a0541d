"""Companies are checked with their legal representatives, and providers find the checks that they work on (P1.4)."""

# ruff: noqa: RUF012 -- Tortoise reads these lists from the class.

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from models.identity_verifications import VerificationState
from models.indexes import IndexWhere


class Migration(migrations.Migration):
    dependencies = [("shop", "0034_tracking")]

    initial = False

    operations = [
        ops.AddField(
            model_name="IdentityVerification",
            name="partner",
            field=fields.ForeignKeyField(  # pyright: ignore[reportUnknownArgumentType]  # Tortoise types it partially
                "shop.Partner",
                source_field="partner_id",
                to_field="id",
                related_name="identity_verifications",
                on_delete=OnDelete.RESTRICT,
                null=True,
            ),
        ),
        ops.AddIndex(
            model_name="IdentityVerification",
            index=IndexWhere(
                fields=["partner_id", "id"], name="identity_verification_of_partner", where="state = 'PENDING'"
            ),
        ),
        ops.CreateModel(
            name="EnterpriseVerification",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "enterprise",
                    fields.ForeignKeyField(
                        "shop.Enterprise",
                        source_field="enterprise_id",
                        to_field="id",
                        related_name="verifications",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "contact",
                    fields.ForeignKeyField(
                        "shop.EnterpriseContact",
                        source_field="contact_id",
                        to_field="id",
                        related_name="verifications",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "partner",
                    fields.ForeignKeyField(
                        "shop.Partner",
                        source_field="partner_id",
                        to_field="id",
                        related_name="enterprise_verifications",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "policy_version",
                    fields.ForeignKeyField(
                        "shop.PolicyVersion",
                        source_field="policy_version_id",
                        to_field="id",
                        related_name="enterprise_verifications",
                        on_delete=OnDelete.RESTRICT,
                        null=True,
                    ),
                ),
                ("state", fields.CharEnumField(enum_type=VerificationState, max_length=16)),
                ("provider", fields.CharField(max_length=64)),
                ("attempts", fields.SmallIntField(default=0, db_default=0)),
                ("look_at", fields.DatetimeField()),
                ("created_at", fields.DatetimeField()),
                ("expires_at", fields.DatetimeField()),
                ("closed_at", fields.DatetimeField(null=True)),
            ],
            options={
                "table": "enterprise_verification",
                "indexes": [
                    Index(fields=["enterprise_id", "id"], name="enterprise_verification_of_enterprise"),
                    Index(fields=["contact_id"], name="enterprise_verification_of_contact"),
                    IndexWhere(
                        fields=["look_at"], name="enterprise_verification_to_look_at", where="state = 'PENDING'"
                    ),
                    IndexWhere(
                        fields=["partner_id", "id"],
                        name="enterprise_verification_of_partner",
                        where="state = 'PENDING'",
                    ),
                ],
                "pk_attr": "id",
            },
        ),
        ops.AddConstraint(
            model_name="EnterpriseVerification",
            constraint=UniqueConstraint(
                fields=("enterprise_id",), name="enterprise_verification_one_open", condition="state = 'PENDING'"
            ),
        ),
        ops.AddConstraint(
            model_name="EnterpriseVerification",
            constraint=UniqueConstraint(
                fields=("contact_id",), name="enterprise_verification_once", condition="state = 'VERIFIED'"
            ),
        ),
        ops.AddConstraint(
            model_name="EnterpriseVerification",
            constraint=CheckConstraint(
                check="(state = 'PENDING') = (closed_at IS NULL)",
                name="enterprise_verification_is_closed_at_an_instant",
            ),
        ),
    ]
