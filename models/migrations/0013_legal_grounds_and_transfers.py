"""Legal grounds and transfers."""

# ruff: noqa: RUF012 -- Tortoise reads these lists from the class.

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from models.indexes import IndexWhere
from models.legal_grounds import GroundState
from models.sealed import SealedField
from models.transfers import Receiver
from policy.legal_grounds import GroundKind
from policy.regions import TransferGround
from policy.viewer import StaffRole


class Migration(migrations.Migration):
    dependencies = [("shop", "0012_own_consents")]

    initial = False

    operations = [
        ops.CreateModel(
            name="LegalGround",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                ("kind", fields.CharEnumField(enum_type=GroundKind, max_length=24)),
                ("case_reference", SealedField(null=True)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "shop.Account",
                        source_field="account_id",
                        to_field="id",
                        related_name="legal_grounds",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "order",
                    fields.ForeignKeyField(
                        "shop.Order",
                        source_field="order_id",
                        null=True,
                        to_field="id",
                        related_name="legal_grounds",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "viewer_account",
                    fields.ForeignKeyField(
                        "shop.Account",
                        source_field="viewer_account_id",
                        null=True,
                        to_field="id",
                        related_name="held_grounds",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("viewer_role", fields.CharEnumField(null=True, enum_type=StaffRole, max_length=16)),
                ("viewer_partner_id", fields.UUIDField(null=True)),
                ("classes", fields.JSONField()),
                ("covers_child", fields.BooleanField()),
                ("carries_abroad", fields.BooleanField()),
                ("is_kept_from_subject", fields.BooleanField()),
                ("valid_from", fields.DatetimeField()),
                ("valid_until", fields.DatetimeField()),
                ("state", fields.CharEnumField(enum_type=GroundState, max_length=8)),
                (
                    "opened_by",
                    fields.ForeignKeyField(
                        "shop.Account",
                        source_field="opened_by_id",
                        to_field="id",
                        related_name="opened_grounds",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("opened_at", fields.DatetimeField()),
                (
                    "approved_by",
                    fields.ForeignKeyField(
                        "shop.Account",
                        source_field="approved_by_id",
                        null=True,
                        to_field="id",
                        related_name="approved_grounds",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("approved_at", fields.DatetimeField(null=True)),
                ("closed_at", fields.DatetimeField(null=True)),
            ],
            options={
                "table": "legal_ground",
                "indexes": [
                    IndexWhere(fields=["account_id"], name="legal_ground_in_force_of", where="state = 'APPROVED'"),
                    IndexWhere(fields=["viewer_account_id"], name="legal_ground_of_staff", where="state = 'APPROVED'"),
                    IndexWhere(
                        fields=["viewer_partner_id"], name="legal_ground_of_partner", where="state = 'APPROVED'"
                    ),
                    Index(fields=["account_id", "id"], name="legal_ground_of_account"),
                    IndexWhere(fields=["order_id"], name="legal_ground_of_order", where="order_id IS NOT NULL"),
                ],
                "pk_attr": "id",
            },
        ),
        ops.AddConstraint(
            model_name="LegalGround",
            constraint=CheckConstraint(
                check="approved_by_id IS NULL OR approved_by_id NOT IN (opened_by_id, account_id)",
                name="legal_ground_is_approved_by_another",
            ),
        ),
        ops.AddConstraint(
            model_name="LegalGround",
            constraint=CheckConstraint(
                check="approved_by_id IS NULL OR viewer_account_id IS NULL OR approved_by_id <> viewer_account_id",
                name="legal_ground_is_approved_for_another",
            ),
        ),
        ops.AddConstraint(
            model_name="LegalGround",
            constraint=CheckConstraint(
                check="(approved_by_id IS NULL) = (approved_at IS NULL)", name="legal_ground_is_approved_at_an_instant"
            ),
        ),
        ops.AddConstraint(
            model_name="LegalGround",
            constraint=CheckConstraint(
                check="(state IN ('APPROVED', 'REVOKED')) = (approved_at IS NOT NULL)",
                name="legal_ground_is_approved_by_somebody",
            ),
        ),
        ops.AddConstraint(
            model_name="LegalGround",
            constraint=CheckConstraint(
                check="(state IN ('REJECTED', 'REVOKED')) = (closed_at IS NOT NULL)",
                name="legal_ground_is_closed_at_an_instant",
            ),
        ),
        ops.AddConstraint(
            model_name="LegalGround",
            constraint=CheckConstraint(
                check="num_nonnulls(viewer_account_id, viewer_role, viewer_partner_id) = 1",
                name="legal_ground_is_for_one_viewer",
            ),
        ),
        ops.AddConstraint(
            model_name="LegalGround",
            constraint=CheckConstraint(
                check="valid_until > valid_from AND valid_until <= valid_from + interval '30 days'",
                name="legal_ground_ends",
            ),
        ),
        ops.AddConstraint(
            model_name="LegalGround",
            constraint=CheckConstraint(
                check="jsonb_typeof(classes) = 'array' AND classes <> '[]'::jsonb", name="legal_ground_names_something"
            ),
        ),
        ops.CreateModel(
            name="LegalGroundUse",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "ground",
                    fields.ForeignKeyField(
                        "shop.LegalGround",
                        source_field="ground_id",
                        to_field="id",
                        related_name="uses",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("viewer_id", fields.UUIDField()),
                ("classes", fields.JSONField()),
                ("operation", fields.CharField(null=True, max_length=64)),
                ("used_at", fields.DatetimeField()),
            ],
            options={
                "table": "legal_ground_use",
                "indexes": [Index(fields=["ground_id", "id"], name="legal_ground_use_of_ground")],
                "pk_attr": "id",
            },
        ),
        ops.CreateModel(
            name="Transfer",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "shop.Account",
                        source_field="account_id",
                        to_field="id",
                        related_name="transfers",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("from_region", fields.CharField(max_length=2)),
                ("to_region", fields.CharField(max_length=2)),
                ("receiver", fields.CharEnumField(enum_type=Receiver, max_length=16)),
                (
                    "supplier",
                    fields.ForeignKeyField(
                        "shop.Supplier",
                        source_field="supplier_id",
                        null=True,
                        to_field="id",
                        related_name="transfers",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("partner_id", fields.UUIDField(null=True)),
                ("ground", fields.CharEnumField(enum_type=TransferGround, max_length=16)),
                ("classes", fields.JSONField()),
                (
                    "order",
                    fields.ForeignKeyField(
                        "shop.Order",
                        source_field="order_id",
                        null=True,
                        to_field="id",
                        related_name="transfers",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("first_at", fields.DatetimeField()),
                ("last_at", fields.DatetimeField()),
            ],
            options={
                "table": "transfer",
                "indexes": [Index(fields=["account_id", "id"], name="transfer_of_account")],
                "pk_attr": "id",
            },
        ),
        ops.AddConstraint(
            model_name="Transfer",
            constraint=CheckConstraint(
                check="(receiver = 'SUPPLIER') = (supplier_id IS NOT NULL)", name="transfer_names_its_supplier"
            ),
        ),
        ops.AddConstraint(
            model_name="Transfer",
            constraint=CheckConstraint(
                check="(receiver = 'PARTNER') = (partner_id IS NOT NULL)", name="transfer_names_its_partner"
            ),
        ),
        ops.AddConstraint(
            model_name="Transfer",
            constraint=CheckConstraint(check="from_region <> to_region", name="transfer_leaves_the_region"),
        ),
        ops.AddConstraint(
            model_name="Transfer",
            constraint=CheckConstraint(check="last_at >= first_at", name="transfer_ends_after_it_began"),
        ),
        ops.AddConstraint(
            model_name="Transfer",
            constraint=UniqueConstraint(
                fields=("order_id", "supplier_id"), name="transfer_once_of_order", condition="order_id IS NOT NULL"
            ),
        ),
        ops.AddConstraint(
            model_name="Transfer",
            constraint=UniqueConstraint(
                fields=("account_id", "to_region", "ground"),
                name="transfer_once_of_deployment",
                condition="receiver = 'DEPLOYMENT'",
            ),
        ),
    ]
