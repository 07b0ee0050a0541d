"""People without an account prove an address, see what was given of them, and object; companies and their contacts."""

# ruff: noqa: RUF012 -- Tortoise reads these lists from the class.

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from models.columns import DigestField
from models.enterprises import ContactRole
from models.indexes import IndexWhere
from models.sealed import SealedField


class Migration(migrations.Migration):
    dependencies = [("shop", "0020_policy_versions")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Enterprise",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "account",
                    fields.OneToOneField(
                        "shop.Account",
                        source_field="account_id",
                        to_field="id",
                        related_name="enterprise",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("name", fields.CharField(max_length=200)),
                ("registration_number", fields.CharField(max_length=64)),
                ("created_at", fields.DatetimeField()),
            ],
            options={"table": "enterprise", "pk_attr": "id"},
        ),
        ops.CreateModel(
            name="EnterpriseContact",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "enterprise",
                    fields.ForeignKeyField(
                        "shop.Enterprise",
                        source_field="enterprise_id",
                        to_field="id",
                        related_name="contacts",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("role", fields.CharEnumField(enum_type=ContactRole, max_length=24)),
                ("name", SealedField(null=True)),
                ("email", SealedField(null=True)),
                ("phone", SealedField(null=True)),
                ("identity_document", SealedField(null=True)),
                ("email_index", DigestField(null=True)),
                ("phone_index", DigestField(null=True)),
                ("is_account_holder", fields.BooleanField()),
                (
                    "policy_version",
                    fields.ForeignKeyField(
                        "shop.PolicyVersion",
                        source_field="policy_version_id",
                        to_field="id",
                        related_name="enterprise_contacts",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("is_child", fields.BooleanField()),
                ("created_at", fields.DatetimeField()),
                ("objected_at", fields.DatetimeField(null=True)),
            ],
            options={
                "table": "enterprise_contact",
                "indexes": [
                    Index(fields=["enterprise_id", "id"], name="enterprise_contact_of_enterprise"),
                    IndexWhere(
                        fields=["email_index"], name="enterprise_contact_by_email", where="email_index IS NOT NULL"
                    ),
                    IndexWhere(
                        fields=["phone_index"], name="enterprise_contact_by_phone", where="phone_index IS NOT NULL"
                    ),
                    IndexWhere(fields=["id"], name="enterprise_contact_to_erase", where="objected_at IS NOT NULL"),
                ],
                "pk_attr": "id",
            },
        ),
        ops.CreateModel(
            name="ObjectionNotice",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "order",
                    fields.ForeignKeyField(
                        "shop.Order",
                        source_field="order_id",
                        to_field="id",
                        related_name="objection_notices",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "supplier",
                    fields.ForeignKeyField(
                        "shop.Supplier",
                        source_field="supplier_id",
                        null=True,
                        to_field="id",
                        related_name="objection_notices",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("partner_id", fields.UUIDField(null=True)),
                ("classes", fields.JSONField()),
                ("created_at", fields.DatetimeField()),
                ("acknowledged_at", fields.DatetimeField(null=True)),
            ],
            options={
                "table": "objection_notice",
                "indexes": [Index(fields=["supplier_id", "id"], name="objection_notice_of_supplier")],
                "pk_attr": "id",
            },
        ),
        ops.AddConstraint(
            model_name="ObjectionNotice",
            constraint=UniqueConstraint(fields=("order_id", "supplier_id"), name="objection_notice_is_given_once"),
        ),
        ops.AddConstraint(
            model_name="ObjectionNotice",
            constraint=UniqueConstraint(
                fields=("order_id", "partner_id"), name="objection_notice_is_given_once_to_a_partner"
            ),
        ),
        ops.AddConstraint(
            model_name="ObjectionNotice",
            constraint=CheckConstraint(
                check="(supplier_id IS NULL) <> (partner_id IS NULL)", name="objection_notice_is_to_one_partner"
            ),
        ),
        ops.CreateModel(
            name="ThirdPartyChallenge",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                ("email", SealedField(null=True)),
                ("phone", SealedField(null=True)),
                ("contact_index", DigestField()),
                ("language", fields.CharField(max_length=8)),
                ("attempts", fields.SmallIntField(default=0, db_default=0)),
                ("created_at", fields.DatetimeField()),
                ("expires_at", fields.DatetimeField(db_index=True)),
            ],
            options={"table": "third_party_challenge", "pk_attr": "id"},
        ),
        ops.AddConstraint(
            model_name="ThirdPartyChallenge",
            constraint=CheckConstraint(
                check="(email IS NULL) <> (phone IS NULL)", name="third_party_challenge_has_one_way_to_reach"
            ),
        ),
        ops.CreateModel(
            name="ThirdPartyProof",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                ("token_hash", DigestField(unique=True)),
                ("contact_index", DigestField()),
                ("created_at", fields.DatetimeField()),
                ("expires_at", fields.DatetimeField(db_index=True)),
            ],
            options={"table": "third_party_proof", "pk_attr": "id"},
        ),
        ops.AddField(
            model_name="Recipient",
            name="erased_at",
            field=fields.DatetimeField(null=True),
        ),
        ops.AddField(
            model_name="Recipient",
            name="forgotten_at",
            field=fields.DatetimeField(null=True),
        ),
        ops.AddField(
            model_name="Recipient",
            name="objected_at",
            field=fields.DatetimeField(null=True),
        ),
        ops.AddField(
            model_name="Recipient",
            name="phone_index",
            field=DigestField(null=True),
        ),
        ops.AddIndex(
            model_name="Recipient",
            index=IndexWhere(fields=["phone_index"], name="recipient_by_phone", where="phone_index IS NOT NULL"),
        ),
        ops.AddIndex(
            model_name="Recipient",
            index=IndexWhere(
                fields=["id"], name="recipient_to_forget", where="objected_at IS NOT NULL AND forgotten_at IS NULL"
            ),
        ),
        ops.AddIndex(
            model_name="Recipient",
            index=IndexWhere(
                fields=["id"],
                name="recipient_to_index",
                where="phone IS NOT NULL AND phone_index IS NULL AND NOT is_account_holder AND NOT is_synthesised",
            ),
        ),
        ops.AddConstraint(
            model_name="Recipient",
            constraint=CheckConstraint(
                check="erased_at IS NULL OR (objected_at IS NOT NULL AND num_nonnulls(name, phone, street, city, "
                "postal_code, country, phone_index) = 0)",
                name="recipient_is_erased_whole",
            ),
        ),
        ops.AddConstraint(
            model_name="Recipient",
            constraint=CheckConstraint(
                check="forgotten_at IS NULL OR erased_at IS NOT NULL", name="recipient_is_forgotten_once_erased"
            ),
        ),
    ]
