"""Initial."""

# ruff: noqa: RUF012 -- Tortoise reads these lists from the class.

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from models.accounts import AccountState
from models.columns import DigestField
from models.guardianships import GuardianshipState
from models.indexes import IndexWhere
from models.orders import OrderStatus
from models.sealed import SealedField
from models.tickets import TicketState
from policy.ages import AgeBand
from policy.viewer import StaffRole


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="Account",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                ("email", SealedField(null=True)),
                ("email_index", DigestField(null=True, unique=True)),
                ("phone", SealedField(null=True)),
                ("phone_index", DigestField(null=True, unique=True)),
                ("password_hash", fields.TextField()),
                ("password_changed_at", fields.DatetimeField()),
                ("state", fields.CharEnumField(enum_type=AccountState, max_length=16)),
                ("region", fields.CharField(max_length=2)),
                ("language", fields.CharField(max_length=8)),
                ("age_band", fields.CharEnumField(enum_type=AgeBand, max_length=8)),
                ("age_band_ends_on", fields.DateField(null=True)),
                (
                    "guardian",
                    fields.ForeignKeyField(
                        "shop.Account",
                        source_field="guardian_id",
                        null=True,
                        to_field="id",
                        related_name="wards",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("guardian_consents", fields.IntField(default=0, db_default=0)),
                ("created_at", fields.DatetimeField()),
                ("cancelled_at", fields.DatetimeField(null=True)),
            ],
            options={
                "table": "account",
                "indexes": [IndexWhere(fields=["guardian_id"], name="account_wards", where="guardian_id IS NOT NULL")],
                "pk_attr": "id",
            },
        ),
        ops.AddConstraint(
            model_name="Account",
            constraint=CheckConstraint(check="guardian_id <> id", name="account_is_not_its_own_guardian"),
        ),
        ops.AddConstraint(
            model_name="Account",
            constraint=CheckConstraint(
                check="(age_band = 'ADULT') = (age_band_ends_on IS NULL)", name="account_age_band_ends_unless_adult"
            ),
        ),
        ops.CreateModel(
            name="Address",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "shop.Account",
                        source_field="account_id",
                        to_field="id",
                        related_name="addresses",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("name", SealedField(null=True)),
                ("phone", SealedField(null=True)),
                ("street", SealedField(null=True)),
                ("city", SealedField(null=True)),
                ("postal_code", SealedField(null=True)),
                ("country", SealedField(null=True)),
                ("is_default", fields.BooleanField(default=False, db_default=False)),
                ("version", fields.IntField(default=1, db_default=1)),
                ("created_at", fields.DatetimeField()),
            ],
            options={
                "table": "address",
                "indexes": [Index(fields=["account_id"], name="address_of_account")],
                "pk_attr": "id",
            },
        ),
        ops.AddConstraint(
            model_name="Address",
            constraint=UniqueConstraint(
                fields=("account_id",), name="address_one_default_per_account", condition="is_default"
            ),
        ),
        ops.CreateModel(
            name="Guardianship",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "minor",
                    fields.ForeignKeyField(
                        "shop.Account",
                        source_field="minor_id",
                        to_field="id",
                        related_name="guardianships",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "guardian",
                    fields.ForeignKeyField(
                        "shop.Account",
                        source_field="guardian_id",
                        to_field="id",
                        related_name="guarded",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("state", fields.CharEnumField(enum_type=GuardianshipState, max_length=16)),
                ("created_at", fields.DatetimeField()),
                ("ended_at", fields.DatetimeField(null=True)),
            ],
            options={
                "table": "guardianship",
                "indexes": [Index(fields=["guardian_id"], name="guardianship_of_guardian")],
                "pk_attr": "id",
            },
        ),
        ops.AddConstraint(
            model_name="Guardianship",
            constraint=CheckConstraint(check="guardian_id <> minor_id", name="guardianship_is_between_two"),
        ),
        ops.AddConstraint(
            model_name="Guardianship",
            constraint=UniqueConstraint(
                fields=("minor_id",), name="guardianship_one_active", condition="state = 'ACTIVE'"
            ),
        ),
        ops.CreateModel(
            name="GuardianConsent",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "guardianship",
                    fields.ForeignKeyField(
                        "shop.Guardianship",
                        source_field="guardianship_id",
                        to_field="id",
                        related_name="consents",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("purpose", fields.CharField(max_length=24)),
                ("is_given", fields.BooleanField()),
                ("recorded_at", fields.DatetimeField()),
            ],
            options={
                "table": "guardian_consent",
                "indexes": [Index(fields=["guardianship_id", "purpose"], name="guardian_consent_of_guardianship")],
                "pk_attr": "id",
            },
        ),
        ops.CreateModel(
            name="IdempotentAnswer",
            fields=[
                ("id", DigestField(primary_key=True, unique=True, db_index=True)),
                ("fingerprint", DigestField()),
                ("answer", fields.JSONField(null=True)),
                ("created_at", fields.DatetimeField(db_index=True)),
            ],
            options={"table": "idempotent_answer", "pk_attr": "id"},
        ),
        ops.CreateModel(
            name="PolicyVersion",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                ("version", fields.IntField(unique=True)),
                ("effective_at", fields.DatetimeField()),
                ("highlighted_terms", fields.JSONField()),
            ],
            options={"table": "policy_version", "pk_attr": "id"},
        ),
        ops.CreateModel(
            name="PolicyAcceptance",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "shop.Account",
                        source_field="account_id",
                        to_field="id",
                        related_name="acceptances",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "policy_version",
                    fields.ForeignKeyField(
                        "shop.PolicyVersion",
                        source_field="policy_version_id",
                        to_field="id",
                        related_name="acceptances",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("highlighted_terms", fields.JSONField()),
                ("client_kind", fields.CharField(max_length=16)),
                ("accepted_at", fields.DatetimeField()),
            ],
            options={
                "table": "policy_acceptance",
                "unique_together": (("account_id", "policy_version_id"),),
                "pk_attr": "id",
            },
        ),
        ops.CreateModel(
            name="Recipient",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                ("name", SealedField(null=True)),
                ("phone", SealedField(null=True)),
                ("street", SealedField(null=True)),
                ("city", SealedField(null=True)),
                ("postal_code", SealedField(null=True)),
                ("country", SealedField(null=True)),
                ("is_account_holder", fields.BooleanField()),
                ("created_at", fields.DatetimeField()),
            ],
            options={"table": "recipient", "pk_attr": "id"},
        ),
        ops.CreateModel(
            name="Order",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                ("number", fields.CharField(unique=True, max_length=24)),
                (
                    "buyer",
                    fields.ForeignKeyField(
                        "shop.Account",
                        source_field="buyer_id",
                        to_field="id",
                        related_name="orders",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "recipient",
                    fields.OneToOneField(
                        "shop.Recipient",
                        source_field="recipient_id",
                        to_field="id",
                        related_name="order",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("status", fields.CharEnumField(enum_type=OrderStatus, max_length=16)),
                ("currency", fields.CharField(max_length=3)),
                ("total_minor", fields.BigIntField()),
                ("placed_at", fields.DatetimeField()),
                ("paid_at", fields.DatetimeField(null=True)),
                ("window_closes_at", fields.DatetimeField(null=True)),
                ("cancelled_at", fields.DatetimeField(null=True)),
                ("version", fields.IntField(default=1, db_default=1)),
            ],
            options={
                "table": "order",
                "indexes": [Index(fields=["buyer_id", "id"], name="order_of_buyer")],
                "pk_attr": "id",
            },
        ),
        ops.AddConstraint(
            model_name="Order",
            constraint=CheckConstraint(check="total_minor >= 0", name="order_total_is_not_negative"),
        ),
        ops.AddConstraint(
            model_name="Order",
            constraint=CheckConstraint(
                check="paid_at IS NOT NULL OR status IN ('PLACED', 'CANCELLED')", name="order_goes_on_when_it_is_paid"
            ),
        ),
        ops.AddConstraint(
            model_name="Order",
            constraint=CheckConstraint(
                check="(status = 'CANCELLED') = (cancelled_at IS NOT NULL)", name="order_is_cancelled_at_an_instant"
            ),
        ),
        ops.CreateModel(
            name="OrderEvent",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "order",
                    fields.ForeignKeyField(
                        "shop.Order",
                        source_field="order_id",
                        to_field="id",
                        related_name="events",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("status", fields.CharEnumField(enum_type=OrderStatus, max_length=16)),
                ("happened_at", fields.DatetimeField()),
            ],
            options={
                "table": "order_event",
                "indexes": [Index(fields=["order_id"], name="order_event_of_order")],
                "pk_attr": "id",
            },
        ),
        ops.CreateModel(
            name="Registration",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                ("email", SealedField(null=True)),
                ("email_index", DigestField(null=True)),
                ("phone", SealedField(null=True)),
                ("phone_index", DigestField(null=True)),
                ("password_hash", fields.TextField()),
                ("birth_date", SealedField(null=True)),
                ("region", fields.CharField(max_length=2)),
                ("language", fields.CharField(max_length=8)),
                (
                    "policy_version",
                    fields.ForeignKeyField(
                        "shop.PolicyVersion",
                        source_field="policy_version_id",
                        to_field="id",
                        related_name="registrations",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("highlighted_terms", fields.JSONField()),
                ("client_kind", fields.CharField(max_length=16)),
                ("attempts", fields.SmallIntField(default=0, db_default=0)),
                ("expires_at", fields.DatetimeField(db_index=True)),
                ("created_at", fields.DatetimeField()),
            ],
            options={"table": "registration", "pk_attr": "id"},
        ),
        ops.AddConstraint(
            model_name="Registration",
            constraint=CheckConstraint(
                check="(email_index IS NULL) <> (phone_index IS NULL)", name="registration_has_one_way_to_reach"
            ),
        ),
        ops.CreateModel(
            name="Session",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "shop.Account",
                        source_field="account_id",
                        to_field="id",
                        related_name="sessions",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("client_kind", fields.CharField(max_length=16)),
                ("user_agent_family", fields.CharField(max_length=32)),
                ("ip_hash", DigestField()),
                ("created_at", fields.DatetimeField()),
                ("last_seen_at", fields.DatetimeField()),
                ("expires_at", fields.DatetimeField()),
                ("ended_at", fields.DatetimeField(null=True)),
                ("ended_reason", fields.CharField(null=True, max_length=32)),
            ],
            options={
                "table": "session",
                "indexes": [
                    IndexWhere(fields=["account_id"], name="session_open_of_account", where="ended_at IS NULL")
                ],
                "pk_attr": "id",
            },
        ),
        ops.CreateModel(
            name="SessionToken",
            fields=[
                ("token_hash", DigestField(primary_key=True, unique=True, db_index=True)),
                (
                    "session",
                    fields.ForeignKeyField(
                        "shop.Session",
                        source_field="session_id",
                        to_field="id",
                        related_name="tokens",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("created_at", fields.DatetimeField()),
                ("rotated_at", fields.DatetimeField(null=True)),
            ],
            options={
                "table": "session_token",
                "indexes": [Index(fields=["session_id"], name="session_token_of_session")],
                "pk_attr": "token_hash",
            },
        ),
        ops.CreateModel(
            name="Staff",
            fields=[
                (
                    "account",
                    fields.OneToOneField(
                        "shop.Account",
                        source_field="account_id",
                        primary_key=True,
                        db_index=True,
                        to_field="id",
                        related_name="staff",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("role", fields.CharEnumField(enum_type=StaffRole, max_length=16)),
                ("trained_until", fields.DatetimeField(null=True)),
            ],
            options={"table": "staff", "pk_attr": "account_id"},
        ),
        ops.CreateModel(
            name="Supplier",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                ("name", fields.CharField(max_length=120)),
                ("slug", fields.CharField(unique=True, max_length=80)),
                ("region", fields.CharField(max_length=2)),
                ("created_at", fields.DatetimeField()),
            ],
            options={"table": "supplier", "pk_attr": "id"},
        ),
        ops.CreateModel(
            name="AccessToken",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                ("token_hash", DigestField(unique=True)),
                (
                    "supplier",
                    fields.ForeignKeyField(
                        "shop.Supplier",
                        source_field="supplier_id",
                        to_field="id",
                        related_name="access_tokens",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("scopes", fields.JSONField()),
                ("created_at", fields.DatetimeField()),
                ("expires_at", fields.DatetimeField()),
                ("revoked_at", fields.DatetimeField(null=True)),
                ("last_used_at", fields.DatetimeField(null=True)),
            ],
            options={"table": "access_token", "pk_attr": "id"},
        ),
        ops.CreateModel(
            name="OrderLine",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "order",
                    fields.ForeignKeyField(
                        "shop.Order",
                        source_field="order_id",
                        to_field="id",
                        related_name="lines",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "supplier",
                    fields.ForeignKeyField(
                        "shop.Supplier",
                        source_field="supplier_id",
                        to_field="id",
                        related_name="order_lines",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("position", fields.IntField()),
                ("sku", fields.CharField(max_length=64)),
                ("title", fields.CharField(max_length=255)),
                ("quantity", fields.IntField()),
                ("currency", fields.CharField(max_length=3)),
                ("unit_price_minor", fields.BigIntField()),
            ],
            options={
                "table": "order_line",
                "unique_together": (("order_id", "position"),),
                "indexes": [Index(fields=["supplier_id", "order_id"], name="order_line_of_supplier")],
                "pk_attr": "id",
            },
        ),
        ops.AddConstraint(
            model_name="OrderLine",
            constraint=CheckConstraint(check="quantity > 0", name="order_line_quantity_is_positive"),
        ),
        ops.AddConstraint(
            model_name="OrderLine",
            constraint=CheckConstraint(check="unit_price_minor >= 0", name="order_line_price_is_not_negative"),
        ),
        ops.CreateModel(
            name="Throttle",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                ("scope", fields.CharField(max_length=32)),
                ("key", DigestField()),
                ("full_until", fields.DatetimeField(db_index=True)),
            ],
            options={"table": "throttle", "unique_together": (("scope", "key"),), "pk_attr": "id"},
        ),
        ops.CreateModel(
            name="Ticket",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "shop.Account",
                        source_field="account_id",
                        to_field="id",
                        related_name="tickets",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "agent",
                    fields.ForeignKeyField(
                        "shop.Account",
                        source_field="agent_id",
                        to_field="id",
                        related_name="assigned_tickets",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("state", fields.CharEnumField(enum_type=TicketState, max_length=8)),
                ("membership_verified_at", fields.DatetimeField(null=True)),
                ("opened_at", fields.DatetimeField()),
                ("closed_at", fields.DatetimeField(null=True)),
            ],
            options={
                "table": "ticket",
                "indexes": [
                    IndexWhere(fields=["agent_id", "account_id"], name="ticket_open_of_agent", where="state = 'OPEN'"),
                    Index(fields=["account_id"], name="ticket_of_account"),
                ],
                "pk_attr": "id",
            },
        ),
        ops.AddConstraint(
            model_name="Ticket",
            constraint=CheckConstraint(
                check="(state = 'OPEN') = (closed_at IS NULL)", name="ticket_is_closed_at_an_instant"
            ),
        ),
        ops.CreateModel(
            name="UserProfile",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "account",
                    fields.OneToOneField(
                        "shop.Account",
                        source_field="account_id",
                        to_field="id",
                        related_name="profile",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("name", SealedField(null=True)),
                ("gender", SealedField(null=True)),
                ("birth_date", SealedField(null=True)),
                ("nationality", SealedField(null=True)),
                ("identity_document", SealedField(null=True)),
                ("payment_account", SealedField(null=True)),
                ("contact_person", SealedField(null=True)),
                ("version", fields.IntField(default=1, db_default=1)),
                ("updated_at", fields.DatetimeField()),
            ],
            options={"table": "user_profile", "pk_attr": "id"},
        ),
    ]
