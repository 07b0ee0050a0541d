"""Carts: what somebody thinks of buying."""

from enum import StrEnum
from typing import Any, cast
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

from models.accounts import Account
from models.columns import About, DigestField, identity, personal
from models.indexes import IndexWhere
from models.orders import Order
from models.products import ProductVariant
from models.rows import Rows
from models.scoping import cleared_for, scope_for
from policy.classes import CART, CREDENTIAL, ORDER
from policy.purposes import Purpose
from policy.subjects import Subject
from policy.viewer import Viewer


class CartState(StrEnum):
    """What became of a cart."""

    OPEN = "OPEN"
    ORDERED = "ORDERED"
    MERGED = "MERGED"


class CartProblemCode(StrEnum):
    """Why a line cannot be bought as it stands."""

    NOT_SOLD = "NOT_SOLD"
    OUT_OF_STOCK = "OUT_OF_STOCK"
    PRICE_CHANGED = "PRICE_CHANGED"
    AMOUNT_TOO_LARGE = "AMOUNT_TOO_LARGE"


class Cart(Model):
    """
    A cart of an account, or of a guest.

    A guest's cart is about nobody: who holds its token may use it, and no viewer finds it otherwise.
    """

    about = About(Subject.ACCOUNT_HOLDER, by="account_id")
    id = identity()
    account: fields.ForeignKeyNullableRelation[Account] = personal(
        CART,
        cast(Any, fields.ForeignKeyField("shop.Account", null=True, on_delete=fields.RESTRICT, related_name="carts")),
    )
    account_id: UUID | None
    token_hash: Any = personal(CREDENTIAL, DigestField(null=True, unique=True), about=About(Subject.VISITOR))
    # What it became: the cart opens again if that is not paid.
    order: fields.ForeignKeyNullableRelation[Order] = personal(
        ORDER,
        cast(Any, fields.ForeignKeyField("shop.Order", null=True, on_delete=fields.RESTRICT, related_name="carts")),
    )
    order_id: UUID | None
    state = personal(CART, fields.CharEnumField(CartState, max_length=16))
    version = personal(CART, fields.IntField(default=1, db_default=1))
    created_at = personal(CART, fields.DatetimeField())
    updated_at = personal(CART, fields.DatetimeField())

    class Meta(Model.Meta):
        table = "cart"
        constraints = (
            CheckConstraint(check="(account_id IS NULL) <> (token_hash IS NULL)", name="cart_has_one_holder"),
        )
        indexes = (
            Index(fields=["account_id", "id"], name="cart_of_account"),
            IndexWhere(fields=["order_id"], name="cart_that_was_ordered", where="order_id IS NOT NULL"),
        )

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[Cart]":
        """Scope carts to the viewer's own that are open (P2.3); a child's to one whose guardian consents (P7.3)."""
        person = f"t.state = 'OPEN' AND {cleared_for(Purpose.ACCOUNT)}"
        return Rows(cls, viewer, scope_for(viewer, subject="t.account_id", person=person, core=CART))

    hidden_from_reader = True


class CartLine(Model):
    """One variant in a cart, and what one of it cost when it was put there."""

    about = About(Subject.ACCOUNT_HOLDER, by="cart__account_id")
    id = identity()
    cart: fields.ForeignKeyRelation[Cart] = personal(
        CART, fields.ForeignKeyField("shop.Cart", on_delete=fields.RESTRICT, related_name="lines")
    )
    cart_id: UUID
    variant: fields.ForeignKeyRelation[ProductVariant] = personal(
        CART, fields.ForeignKeyField("shop.ProductVariant", on_delete=fields.RESTRICT, related_name="cart_lines")
    )
    variant_id: UUID
    quantity = personal(CART, fields.IntField())
    currency = personal(CART, fields.CharField(max_length=3))
    seen_price_minor = personal(CART, fields.BigIntField())

    class Meta(Model.Meta):
        table = "cart_line"
        constraints = (
            CheckConstraint(check="quantity > 0", name="cart_line_quantity_is_positive"),
            CheckConstraint(check="seen_price_minor >= 0", name="cart_line_price_is_not_negative"),
            UniqueConstraint(fields=("cart_id", "variant_id"), name="cart_line_is_of_one_variant"),
        )

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[CartLine]":
        """Scope lines to those of carts that the viewer may know of."""
        person = f"c.state = 'OPEN' AND {cleared_for(Purpose.ACCOUNT)}"
        through = "JOIN cart c ON c.id = t.cart_id"
        return Rows(cls, viewer, scope_for(viewer, subject="c.account_id", person=person, through=through, core=CART))
