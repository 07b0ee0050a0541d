"""Checkout."""

# ruff: noqa: RUF012 -- Tortoise reads these lists from the class.

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from models.carts import CartState
from models.columns import DigestField
from models.fulfilments import FulfillmentStatus
from models.indexes import IndexWhere
from models.payments import InstitutionName, PaymentState
from models.stock import MovementKind, ReservationState


class Migration(migrations.Migration):
    dependencies = [("shop", "0004_catalogue")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Cart",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "shop.Account",
                        source_field="account_id",
                        null=True,
                        to_field="id",
                        related_name="carts",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("token_hash", DigestField(null=True, unique=True)),
                (
                    "order",
                    fields.ForeignKeyField(
                        "shop.Order",
                        source_field="order_id",
                        null=True,
                        to_field="id",
                        related_name="carts",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("state", fields.CharEnumField(enum_type=CartState, max_length=16)),
                ("version", fields.IntField(default=1, db_default=1)),
                ("created_at", fields.DatetimeField()),
                ("updated_at", fields.DatetimeField()),
            ],
            options={
                "table": "cart",
                "indexes": [
                    Index(fields=["account_id", "id"], name="cart_of_account"),
                    IndexWhere(fields=["order_id"], name="cart_that_was_ordered", where="order_id IS NOT NULL"),
                ],
                "pk_attr": "id",
            },
        ),
        ops.AddConstraint(
            model_name="Cart",
            constraint=CheckConstraint(
                check="(account_id IS NULL) <> (token_hash IS NULL)", name="cart_has_one_holder"
            ),
        ),
        ops.CreateModel(
            name="CartLine",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "cart",
                    fields.ForeignKeyField(
                        "shop.Cart",
                        source_field="cart_id",
                        to_field="id",
                        related_name="lines",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "variant",
                    fields.ForeignKeyField(
                        "shop.ProductVariant",
                        source_field="variant_id",
                        to_field="id",
                        related_name="cart_lines",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("quantity", fields.IntField()),
                ("currency", fields.CharField(max_length=3)),
                ("seen_price_minor", fields.BigIntField()),
            ],
            options={"table": "cart_line", "pk_attr": "id"},
        ),
        ops.AddConstraint(
            model_name="CartLine",
            constraint=CheckConstraint(check="quantity > 0", name="cart_line_quantity_is_positive"),
        ),
        ops.AddConstraint(
            model_name="CartLine",
            constraint=CheckConstraint(check="seen_price_minor >= 0", name="cart_line_price_is_not_negative"),
        ),
        ops.AddConstraint(
            model_name="CartLine",
            constraint=UniqueConstraint(fields=("cart_id", "variant_id"), name="cart_line_is_of_one_variant"),
        ),
        ops.CreateModel(
            name="FulfillmentOrder",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "order",
                    fields.ForeignKeyField(
                        "shop.Order",
                        source_field="order_id",
                        to_field="id",
                        related_name="fulfilments",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "supplier",
                    fields.ForeignKeyField(
                        "shop.Supplier",
                        source_field="supplier_id",
                        to_field="id",
                        related_name="fulfilments",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("status", fields.CharEnumField(enum_type=FulfillmentStatus, max_length=16)),
                ("created_at", fields.DatetimeField()),
            ],
            options={
                "table": "fulfillment_order",
                "unique_together": (("order_id", "supplier_id"),),
                "indexes": [Index(fields=["supplier_id", "id"], name="fulfillment_order_of_supplier")],
                "pk_attr": "id",
            },
        ),
        ops.CreateModel(
            name="Payment",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "order",
                    fields.OneToOneField(
                        "shop.Order",
                        source_field="order_id",
                        to_field="id",
                        related_name="payment",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("institution", fields.CharEnumField(enum_type=InstitutionName, max_length=16)),
                ("state", fields.CharEnumField(enum_type=PaymentState, max_length=16)),
                ("currency", fields.CharField(max_length=3)),
                ("amount_minor", fields.BigIntField()),
                ("reference", fields.CharField(null=True, max_length=64)),
                ("created_at", fields.DatetimeField()),
                ("settled_at", fields.DatetimeField(null=True)),
            ],
            options={
                "table": "payment",
                "indexes": [IndexWhere(fields=["id"], name="payment_refund_due", where="state = 'REFUND_DUE'")],
                "pk_attr": "id",
            },
        ),
        ops.AddConstraint(
            model_name="Payment",
            constraint=CheckConstraint(check="amount_minor >= 0", name="payment_amount_is_not_negative"),
        ),
        ops.CreateModel(
            name="RecipientAttestation",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "recipient",
                    fields.OneToOneField(
                        "shop.Recipient",
                        source_field="recipient_id",
                        to_field="id",
                        related_name="attestation",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "policy_version",
                    fields.ForeignKeyField(
                        "shop.PolicyVersion",
                        source_field="policy_version_id",
                        to_field="id",
                        related_name="attestations",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("is_for_child", fields.BooleanField()),
                ("attested_at", fields.DatetimeField()),
            ],
            options={"table": "recipient_attestation", "pk_attr": "id"},
        ),
        ops.CreateModel(
            name="StockLocation",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "supplier",
                    fields.ForeignKeyField(
                        "shop.Supplier",
                        source_field="supplier_id",
                        to_field="id",
                        related_name="stock_locations",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("name", fields.CharField(max_length=120)),
                ("created_at", fields.DatetimeField()),
            ],
            options={"table": "stock_location", "unique_together": (("supplier_id", "name"),), "pk_attr": "id"},
        ),
        ops.CreateModel(
            name="InventoryLevel",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "variant",
                    fields.ForeignKeyField(
                        "shop.ProductVariant",
                        source_field="variant_id",
                        to_field="id",
                        related_name="inventory_levels",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "location",
                    fields.ForeignKeyField(
                        "shop.StockLocation",
                        source_field="location_id",
                        to_field="id",
                        related_name="inventory_levels",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("on_hand", fields.IntField(default=0, db_default=0)),
                ("reserved", fields.IntField(default=0, db_default=0)),
            ],
            options={"table": "inventory_level", "unique_together": (("variant_id", "location_id"),), "pk_attr": "id"},
        ),
        ops.AddConstraint(
            model_name="InventoryLevel",
            constraint=CheckConstraint(check="reserved >= 0", name="inventory_level_reserved_is_not_negative"),
        ),
        ops.AddConstraint(
            model_name="InventoryLevel",
            constraint=CheckConstraint(check="reserved <= on_hand", name="inventory_level_is_not_oversold"),
        ),
        ops.CreateModel(
            name="StockMovement",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "level",
                    fields.ForeignKeyField(
                        "shop.InventoryLevel",
                        source_field="level_id",
                        to_field="id",
                        related_name="movements",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("kind", fields.CharEnumField(enum_type=MovementKind, max_length=16)),
                ("on_hand_change", fields.IntField()),
                ("reserved_change", fields.IntField()),
                ("order_id", fields.UUIDField(null=True)),
                ("happened_at", fields.DatetimeField()),
            ],
            options={
                "table": "stock_movement",
                "indexes": [Index(fields=["level_id"], name="stock_movement_of_level")],
                "pk_attr": "id",
            },
        ),
        ops.CreateModel(
            name="StockReservation",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "level",
                    fields.ForeignKeyField(
                        "shop.InventoryLevel",
                        source_field="level_id",
                        to_field="id",
                        related_name="reservations",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "order",
                    fields.ForeignKeyField(
                        "shop.Order",
                        source_field="order_id",
                        to_field="id",
                        related_name="reservations",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("quantity", fields.IntField()),
                ("state", fields.CharEnumField(enum_type=ReservationState, max_length=16)),
                ("expires_at", fields.DatetimeField()),
            ],
            options={
                "table": "stock_reservation",
                "unique_together": (("order_id", "level_id"),),
                "indexes": [IndexWhere(fields=["expires_at"], name="stock_reservation_held", where="state = 'HELD'")],
                "pk_attr": "id",
            },
        ),
        ops.AddConstraint(
            model_name="StockReservation",
            constraint=CheckConstraint(check="quantity > 0", name="stock_reservation_quantity_is_positive"),
        ),
    ]
