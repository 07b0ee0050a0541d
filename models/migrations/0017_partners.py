"""The register of partners, and tokens of all of them."""

# ruff: noqa: RUF012 -- Tortoise reads these lists from the class.

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

from models.indexes import IndexWhere
from models.partners import PartnerStatus, ReviewOutcome
from models.payments import InstitutionName
from models.referring import ReferTo


class Migration(migrations.Migration):
    dependencies = [("shop", "0016_consents")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Partner",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                ("kind", fields.CharField(max_length=24)),
                ("name", fields.CharField(max_length=120)),
                ("region", fields.CharField(max_length=2)),
                ("policy_url", fields.CharField(null=True, max_length=500)),
                ("status", fields.CharEnumField(enum_type=PartnerStatus, max_length=16)),
                (
                    "supplier",
                    fields.OneToOneField(
                        "shop.Supplier",
                        source_field="supplier_id",
                        null=True,
                        to_field="id",
                        related_name="partner",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("institution", fields.CharEnumField(null=True, unique=True, enum_type=InstitutionName, max_length=16)),
                (
                    "named_by",
                    fields.ForeignKeyField(
                        "shop.Partner",
                        source_field="named_by_id",
                        null=True,
                        to_field="id",
                        related_name="named",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("version", fields.IntField(default=1, db_default=1)),
                ("created_at", fields.DatetimeField()),
            ],
            options={"table": "partner", "pk_attr": "id"},
        ),
        ops.AddConstraint(
            model_name="Partner",
            constraint=CheckConstraint(
                check="kind IN ('SUPPLIER', 'LOGISTICS', 'PAYMENT', 'RISK_CONTROL', 'IDENTITY_VERIFICATION', "
                "'AFFILIATE', 'AFFILIATE_PROVIDER')",
                name="partner_is_of_a_kind",
            ),
        ),
        ops.AddConstraint(
            model_name="Partner",
            constraint=CheckConstraint(
                check="(kind = 'SUPPLIER') = (supplier_id IS NOT NULL)", name="partner_names_its_supplier"
            ),
        ),
        ops.AddConstraint(
            model_name="Partner",
            constraint=CheckConstraint(
                check="institution IS NULL OR kind = 'PAYMENT'", name="partner_names_its_institution"
            ),
        ),
        ops.AddConstraint(
            model_name="Partner",
            constraint=CheckConstraint(
                check="(kind = 'AFFILIATE_PROVIDER') = (named_by_id IS NOT NULL)",
                name="partner_is_named_by_an_affiliate",
            ),
        ),
        ops.AddConstraint(
            model_name="Partner",
            constraint=CheckConstraint(check="policy_url LIKE 'https://%'", name="partner_policy_is_a_page"),
        ),
        ops.CreateModel(
            name="DataProcessingAgreement",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "partner",
                    fields.ForeignKeyField(
                        "shop.Partner",
                        source_field="partner_id",
                        to_field="id",
                        related_name="agreements",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("text_version", fields.CharField(max_length=40)),
                ("signed_on", fields.DateField()),
                ("expires_on", fields.DateField()),
                ("region", fields.CharField(max_length=2)),
                ("purposes", fields.JSONField()),
                ("recorded_at", fields.DatetimeField()),
            ],
            options={
                "table": "data_processing_agreement",
                "indexes": [Index(fields=["partner_id", "id"], name="agreement_of_partner")],
                "pk_attr": "id",
            },
        ),
        ops.AddConstraint(
            model_name="DataProcessingAgreement",
            constraint=CheckConstraint(check="expires_on > signed_on", name="agreement_ends_after_it_began"),
        ),
        ops.AddConstraint(
            model_name="DataProcessingAgreement",
            constraint=CheckConstraint(
                check="jsonb_typeof(purposes) = 'array' AND purposes <> '[]'::jsonb", name="agreement_names_a_purpose"
            ),
        ),
        ops.CreateModel(
            name="SecurityReview",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "partner",
                    fields.ForeignKeyField(
                        "shop.Partner",
                        source_field="partner_id",
                        to_field="id",
                        related_name="reviews",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("reviewed_on", fields.DateField()),
                ("outcome", fields.CharEnumField(enum_type=ReviewOutcome, max_length=8)),
                ("expires_on", fields.DateField()),
                ("recorded_at", fields.DatetimeField()),
            ],
            options={
                "table": "security_review",
                "indexes": [Index(fields=["partner_id", "id"], name="review_of_partner")],
                "pk_attr": "id",
            },
        ),
        ops.AddConstraint(
            model_name="SecurityReview",
            constraint=CheckConstraint(check="expires_on > reviewed_on", name="review_ends_after_it_was_made"),
        ),
        ops.AddField(
            model_name="AccessToken",
            name="parent",
            field=fields.ForeignKeyField(  # pyright: ignore[reportUnknownArgumentType]  # Tortoise types it partially
                "shop.AccessToken",
                source_field="parent_id",
                null=True,
                to_field="id",
                related_name="made",
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            model_name="AccessToken",
            name="partner",
            field=fields.ForeignKeyField(  # pyright: ignore[reportUnknownArgumentType]  # Tortoise types it partially
                "shop.Partner",
                source_field="partner_id",
                null=True,
                to_field="id",
                related_name="access_tokens",
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(model_name="AccessToken", name="purposes", field=fields.JSONField(null=True)),
        # What they had signed is not known here, so their tokens see nobody until it is recorded (P4.5).
        ops.RunSQL(
            [
                """INSERT INTO partner (id, kind, name, region, status, supplier_id, created_at)
                SELECT gen_random_uuid(), 'SUPPLIER', name, region, 'ACTIVE', id, created_at FROM supplier""",
                """UPDATE access_token t SET partner_id = p.id, purposes = '["FULFILMENT"]'
                FROM partner p WHERE p.supplier_id = t.supplier_id""",
            ]
        ),
        ops.AlterField(
            model_name="AccessToken",
            name="partner",
            field=fields.ForeignKeyField(
                "shop.Partner",
                source_field="partner_id",
                to_field="id",
                related_name="access_tokens",
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AlterField(model_name="AccessToken", name="purposes", field=fields.JSONField()),
        ops.AddField(
            model_name="AccessToken",
            name="subcontractor",
            field=fields.CharField(null=True, max_length=120),
        ),
        ops.RemoveField(model_name="AccessToken", name="supplier"),
        ops.AddIndex(
            model_name="AccessToken",
            index=Index(fields=["partner_id", "id"], name="access_token_of_partner"),
        ),
        ops.AddIndex(
            model_name="AccessToken",
            index=Index(fields=["parent_id"], name="access_token_of_parent"),
        ),
        ops.AddConstraint(
            model_name="AccessToken",
            constraint=CheckConstraint(
                check="(parent_id IS NULL) = (subcontractor IS NULL)", name="access_token_is_made_for_a_subcontractor"
            ),
        ),
        ReferTo(
            model_name="Disclosure",
            column="partner_id",
            name="partner",
            field=fields.ForeignKeyField(  # pyright: ignore[reportUnknownArgumentType]  # Tortoise types it partially
                "shop.Partner",
                source_field="partner_id",
                null=True,
                to_field="id",
                related_name="shown",
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ReferTo(
            model_name="LegalGround",
            column="viewer_partner_id",
            name="viewer_partner",
            field=fields.ForeignKeyField(  # pyright: ignore[reportUnknownArgumentType]  # Tortoise types it partially
                "shop.Partner",
                source_field="viewer_partner_id",
                null=True,
                to_field="id",
                related_name="grounds",
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddIndex(
            model_name="Payment",
            index=Index(fields=["institution", "id"], name="payment_of_institution"),
        ),
        ops.AddField(
            model_name="Shipment",
            name="carrier_partner",
            field=fields.ForeignKeyField(  # pyright: ignore[reportUnknownArgumentType]  # Tortoise types it partially
                "shop.Partner",
                source_field="carrier_partner_id",
                null=True,
                to_field="id",
                related_name="carried",
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddIndex(
            model_name="Shipment",
            index=IndexWhere(
                fields=["carrier_partner_id", "order_id"],
                name="shipment_of_carrier",
                where="carrier_partner_id IS NOT NULL",
            ),
        ),
        ReferTo(
            model_name="Transfer",
            column="partner_id",
            name="partner",
            field=fields.ForeignKeyField(  # pyright: ignore[reportUnknownArgumentType]  # Tortoise types it partially
                "shop.Partner",
                source_field="partner_id",
                null=True,
                to_field="id",
                related_name="transfers",
                on_delete=OnDelete.RESTRICT,
            ),
        ),
    ]
