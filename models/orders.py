"""Orders, their lines by supplier, and the recipients they go to."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

from models.accounts import Account
from models.affiliates import consenting
from models.borders import area_in
from models.columns import About, DigestField, identity, not_personal, personal
from models.indexes import IndexWhere
from models.products import ProductVariant
from models.risk_control import is_risk_control, looking_into, order_looked_into
from models.rows import Rows
from models.scoping import EVERYTHING, NOTHING, Scope, cleared_for, cleared_under_age_for, scope_for
from models.sealed import sealed
from models.suppliers import Supplier
from policy.classes import (
    ACCOUNT,
    DISCLOSURE,
    ORDER,
    ORDER_AMOUNT,
    ORDER_NUMBER,
    RECIPIENT_ADDRESS,
    RECIPIENT_NAME,
    RECIPIENT_PHONE,
)
from policy.partners import PartnerType
from policy.purposes import Purpose
from policy.subjects import Subject
from policy.viewer import Viewer


class OrderStatus(StrEnum):
    """How far an order has come."""

    PLACED = "PLACED"
    PAID = "PAID"
    PARTLY_SHIPPED = "PARTLY_SHIPPED"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"
    CANCELLED = "CANCELLED"


ORDERS_READ = "orders:read"
FULFILLMENT_ORDERS_READ = "fulfillment_orders:read"
FULFILLMENT_ORDERS_WRITE = "fulfillment_orders:write"
# Lines and recipients are parts of orders and of fulfilment orders alike.
_OF_PARTS = (ORDERS_READ, FULFILLMENT_ORDERS_READ)
# What became of a recipient belongs to the history of the order, which is its buyer's.
_BUYER = About(Subject.ACCOUNT_HOLDER, by="order__buyer_id")


def window_of(order: str) -> str:
    """Say in SQL that an order is being delivered, or its after-sales window lasts."""
    return f"""({order}.status IN ('PAID', 'PARTLY_SHIPPED', 'SHIPPED', 'DELIVERED')
        AND ({order}.window_closes_at IS NULL OR {order}.window_closes_at > :now))"""


def order_scope(
    viewer: Viewer,
    order: str,
    supplier: str,
    through: str = "",
    *,
    carrier: str = NOTHING,
    is_bought: bool = False,
    is_watched: bool = False,
    scopes: tuple[str, ...] = (ORDERS_READ,),
    objected: str = NOTHING,
) -> Scope:
    """
    Scope a table whose rows belong to orders.

    Args:
        order: The alias of the order's table in the SQL.
        supplier: The predicate by which a supplier's token has a part in the order.
        through: SQL that joins the order.
        carrier: The predicate by which a carrier's token has a part in the order.
        is_bought: Whether the row says what somebody has bought, by which affiliates recommend (P4.3).
        is_watched: Whether risk control may know of the row, as long as something noticed of the order is open (P4.4).
        scopes: Of which a token needs one.
        objected: Whether the recipient objected; for tables that hold something about the recipient (P1.2e).
    """
    is_open = window_of(order)
    if viewer.supplier is not None:
        # A supplier that sends nothing needs nobody's address, whatever others still send of the order (P2.6).
        is_open = f"""({is_open} AND NOT EXISTS (SELECT FROM fulfillment_order n WHERE n.order_id = {order}.id
            AND n.supplier_id = :supplier AND n.status IN ('REJECTED', 'CANCELLED')))"""
    elif is_risk_control(viewer):
        is_open = order_looked_into(order)
    # A supplier learns of an order when it is paid (P2.6). One that waits to be delivered, with a mask for whom, would
    # tell that the buyer is under age, so it is not there (docs/decisions/0006).
    is_cleared = cleared_under_age_for(Purpose.FULFILMENT)
    learns = f"{order}.paid_at IS NOT NULL AND (NOT {is_open} OR {is_cleared})"
    # A carrier knows of an order while it delivers it, and of none of somebody under age without consent (P2.6, 0006).
    carries = f"{carrier} AND {order}.paid_at IS NOT NULL AND {is_open} AND {is_cleared}"
    bought = f"{order}.paid_at IS NOT NULL AND {order}.status <> 'CANCELLED'" if is_bought else NOTHING
    return scope_for(
        viewer,
        subject=f"{order}.buyer_id",
        person=cleared_for(Purpose.ACCOUNT),
        guardian="TRUE",
        supplier=f"{supplier} AND {learns}",
        partners={
            PartnerType.LOGISTICS: carries,
            **consenting(viewer, bought),
            **looking_into(viewer, is_open if is_watched else NOTHING),
        },
        agent=f"k.is_verified AND {cleared_for(Purpose.CUSTOMER_SERVICE)}",
        operator=cleared_for(Purpose.OPERATIONS),
        facts={
            "is_of_supplier": "TRUE" if viewer.supplier is not None else "FALSE",
            "is_window_open": is_open,
            "has_objected": objected,
        },
        through=through,
        token_scopes=frozenset(scopes),
        core=ORDER,
        order=f"{order}.id",
        dealing=dealing_of(viewer, order),
    )


def carried(order: str) -> str:
    """Say in SQL that a parcel of an order was handed to the carrier whose token asks."""
    return f"EXISTS (SELECT FROM shipment h WHERE h.order_id = {order}.id AND h.carrier_partner_id = :partner)"


def dealing_of(viewer: Viewer, order: str) -> str:
    """Say whether an order, as a dealing of its buyer's own, reaches into the region of whoever has a part in it."""
    if viewer.supplier is not None:
        # A token without an agreement works where its supplier is, and that is whom the buyer deals with.
        if viewer.region is None:
            return EVERYTHING
        return f"EXISTS (SELECT FROM supplier p WHERE p.id = :supplier AND {area_in('p.region')} = :area)"
    if viewer.partner_type in (PartnerType.LOGISTICS, PartnerType.PAYMENT):
        return f"""EXISTS (SELECT FROM order_line d JOIN supplier p ON p.id = d.supplier_id
            WHERE d.order_id = {order}.id AND {area_in("p.region")} = :area)"""
    return NOTHING


class Recipient(Model):
    """
    Whom one order goes to: a subject of their own, not the account that ordered (P1.2b).

    Every order has its own row, so that erasing a person from one order touches no other.
    """

    about = About(Subject.RECIPIENT, by="id", case="order__buyer_id")
    id = identity()
    name = sealed(RECIPIENT_NAME, subject="id")
    phone = sealed(RECIPIENT_PHONE, subject="id")
    street = sealed(RECIPIENT_ADDRESS, subject="id")
    city = sealed(RECIPIENT_ADDRESS, subject="id")
    postal_code = sealed(RECIPIENT_ADDRESS, subject="id")
    country = sealed(RECIPIENT_ADDRESS, subject="id")
    is_account_holder = personal(RECIPIENT_NAME, fields.BooleanField())
    # Made up by an import whose file names nobody (docs/decisions/0063); such a row is about no person.
    is_synthesised = personal(ORDER, fields.BooleanField(default=False, db_default=False), about=_BUYER)
    created_at = personal(DISCLOSURE, fields.DatetimeField())
    # By which somebody who proves that the phone is theirs finds what was given of them; an account's own has none.
    phone_index: Any = personal(RECIPIENT_PHONE, DigestField(null=True))
    objected_at = personal(DISCLOSURE, fields.DatetimeField(null=True))
    # When all of it was cleared after an objection, and when the key was destroyed and everybody told besides.
    erased_at = personal(ORDER, fields.DatetimeField(null=True), about=_BUYER)
    forgotten_at = personal(ORDER, fields.DatetimeField(null=True), about=_BUYER)

    class Meta(Model.Meta):
        table = "recipient"
        constraints = (
            CheckConstraint(
                check="erased_at IS NULL OR (objected_at IS NOT NULL AND num_nonnulls(name, phone, street, city, "
                "postal_code, country, phone_index) = 0)",
                name="recipient_is_erased_whole",
            ),
            CheckConstraint(
                check="forgotten_at IS NULL OR erased_at IS NOT NULL", name="recipient_is_forgotten_once_erased"
            ),
        )
        indexes = (
            IndexWhere(fields=["phone_index"], name="recipient_by_phone", where="phone_index IS NOT NULL"),
            IndexWhere(
                fields=["id"], name="recipient_to_forget", where="objected_at IS NOT NULL AND forgotten_at IS NULL"
            ),
            IndexWhere(
                fields=["id"],
                name="recipient_to_index",
                where="phone IS NOT NULL AND phone_index IS NULL AND NOT is_account_holder AND NOT is_synthesised",
            ),
        )

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[Recipient]":
        """Scope recipients to those of orders that the viewer may know of; each field is decided besides."""
        through = 'JOIN "order" o ON o.recipient_id = t.id'
        supplied = "EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.supplier_id = :supplier)"
        objected = "t.objected_at IS NOT NULL"
        return Rows(
            cls,
            viewer,
            order_scope(viewer, "o", supplied, through, carrier=carried("o"), scopes=_OF_PARTS, objected=objected),
        )


class Order(Model):
    """A purchase that a buyer has confirmed."""

    about = About(Subject.ACCOUNT_HOLDER, by="buyer_id")
    id = identity()
    number = personal(ORDER_NUMBER, fields.CharField(max_length=24, unique=True))
    buyer: fields.ForeignKeyRelation[Account] = personal(
        ACCOUNT, fields.ForeignKeyField("shop.Account", on_delete=fields.RESTRICT, related_name="orders")
    )
    buyer_id: UUID
    recipient: fields.OneToOneRelation[Recipient] = personal(
        ORDER, fields.OneToOneField("shop.Recipient", on_delete=fields.RESTRICT, related_name="order")
    )
    recipient_id: UUID
    status = personal(ORDER, fields.CharEnumField(OrderStatus, max_length=16))
    currency = personal(ORDER_AMOUNT, fields.CharField(max_length=3))
    total_minor = personal(ORDER_AMOUNT, fields.BigIntField())
    placed_at = personal(ORDER, fields.DatetimeField())
    paid_at = personal(ORDER, fields.DatetimeField(null=True))
    # When what the supplier may see of the recipient closes: the end of delivery and after-sales, or the cancellation.
    window_closes_at = personal(ORDER, fields.DatetimeField(null=True))
    cancelled_at = personal(ORDER, fields.DatetimeField(null=True))
    # Where an imported order comes from, and what it was called there.
    external_source = personal(ORDER, fields.CharField(max_length=32, null=True))
    external_reference = personal(ORDER, fields.CharField(max_length=64, null=True))
    external_digest: Any = personal(ORDER, DigestField(null=True))
    external_attributes = personal(ORDER, fields.JSONField[dict[str, str]](null=True))
    version = not_personal(fields.IntField(default=1, db_default=1))

    class Meta(Model.Meta):
        table = "order"
        constraints = (
            CheckConstraint(check="total_minor >= 0", name="order_total_is_not_negative"),
            CheckConstraint(
                check="paid_at IS NOT NULL OR status IN ('PLACED', 'CANCELLED')", name="order_goes_on_when_it_is_paid"
            ),
            UniqueConstraint(fields=("external_source", "external_reference"), name="order_is_imported_once"),
            CheckConstraint(
                check="(external_source IS NULL) = (external_reference IS NULL)", name="order_reference_has_a_source"
            ),
            CheckConstraint(
                check="(status = 'CANCELLED') = (cancelled_at IS NOT NULL)", name="order_is_cancelled_at_an_instant"
            ),
        )
        indexes = (Index(fields=["buyer_id", "id"], name="order_of_buyer"),)

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[Order]":
        """
        Scope orders to those whose core the policy shows the viewer.

        A buyer sees their own and a guardian a minor's (P7.4), a supplier those with lines it supplies (P4.2), a
        carrier those of which it has a parcel, while it delivers them (P2.6), an affiliate what people have bought who
        consent to its recommending by that (P4.3), risk control those of which something noticed is open (P4.4), an
        agent those of the person on an open ticket once membership is verified (P2.7), an operator all (P2.4); a
        child's only with the guardian's consent (P7.3).
        """
        supplied = "EXISTS (SELECT FROM order_line l WHERE l.order_id = t.id AND l.supplier_id = :supplier)"
        return Rows(
            cls, viewer, order_scope(viewer, "t", supplied, carrier=carried("t"), is_bought=True, is_watched=True)
        )


class OrderLine(Model):
    """One product of an order, as it was called and priced on that day, and the supplier who provides it."""

    about = About(Subject.ACCOUNT_HOLDER, by="order__buyer_id")
    id = identity()
    order: fields.ForeignKeyRelation[Order] = personal(
        ORDER, fields.ForeignKeyField("shop.Order", on_delete=fields.RESTRICT, related_name="lines")
    )
    order_id: UUID
    supplier: fields.ForeignKeyRelation[Supplier] = personal(
        ORDER, fields.ForeignKeyField("shop.Supplier", on_delete=fields.RESTRICT, related_name="order_lines")
    )
    supplier_id: UUID
    # What it is in the catalogue; null where the catalogue has, or had, none of this SKU from this supplier.
    variant: fields.ForeignKeyNullableRelation[ProductVariant] = personal(
        ORDER,
        fields.ForeignKeyField("shop.ProductVariant", on_delete=fields.RESTRICT, related_name="order_lines", null=True),
    )
    variant_id: UUID | None
    position = personal(ORDER, fields.IntField())
    sku = personal(ORDER, fields.CharField(max_length=64))
    title = personal(ORDER, fields.CharField(max_length=255))
    quantity = personal(ORDER, fields.IntField())
    cancelled_quantity = personal(ORDER, fields.IntField(default=0, db_default=0))
    currency = personal(ORDER_AMOUNT, fields.CharField(max_length=3))
    unit_price_minor = personal(ORDER_AMOUNT, fields.BigIntField())
    # INVARIANT (nothing is sent twice): the table refuses more than was bought, whatever is done at once.
    shipped = personal(ORDER, fields.IntField(default=0, db_default=0))

    class Meta(Model.Meta):
        table = "order_line"
        unique_together = (("order_id", "position"),)
        constraints = (
            CheckConstraint(check="quantity > 0", name="order_line_quantity_is_positive"),
            CheckConstraint(check="unit_price_minor >= 0", name="order_line_price_is_not_negative"),
            CheckConstraint(
                check="shipped >= 0 AND shipped + cancelled_quantity <= quantity",
                name="order_line_is_shipped_at_most_once",
            ),
            CheckConstraint(
                check="cancelled_quantity BETWEEN 0 AND quantity", name="order_line_cancels_what_was_ordered"
            ),
        )
        indexes = (
            Index(fields=["supplier_id", "order_id"], name="order_line_of_supplier"),
            IndexWhere(fields=["variant_id"], name="order_line_of_variant", where="variant_id IS NOT NULL"),
        )

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[OrderLine]":
        """Scope lines to those of orders that the viewer may know of; a supplier's to its own (P4.2)."""
        through = 'JOIN "order" o ON o.id = t.order_id'
        supplied = "t.supplier_id = :supplier"
        return Rows(cls, viewer, order_scope(viewer, "o", supplied, through, scopes=_OF_PARTS, is_bought=True))


class OrderLineCancellation(Model):
    """That some of an imported line were cancelled again, as another line of its source says: added, never changed."""

    about = About(Subject.ACCOUNT_HOLDER, by="line__order__buyer_id")
    id = identity()
    line: fields.ForeignKeyRelation[OrderLine] = personal(
        ORDER, fields.ForeignKeyField("shop.OrderLine", on_delete=fields.RESTRICT, related_name="cancellations")
    )
    line_id: UUID
    quantity = personal(ORDER, fields.IntField())
    external_source = personal(ORDER, fields.CharField(max_length=32))
    external_reference = personal(ORDER, fields.CharField(max_length=64))
    position = personal(ORDER, fields.IntField())
    cancelled_at = personal(ORDER, fields.DatetimeField())

    class Meta(Model.Meta):
        table = "order_line_cancellation"
        unique_together = (("external_source", "external_reference", "position"),)
        constraints = (CheckConstraint(check="quantity > 0", name="order_line_cancellation_is_of_something"),)
        indexes = (Index(fields=["line_id"], name="order_line_cancellation_of_line"),)

    append_only = True


class OrderEvent(Model):
    """Something that happened to an order: added, never changed."""

    about = About(Subject.ACCOUNT_HOLDER, by="order__buyer_id")
    id = identity()
    order: fields.ForeignKeyRelation[Order] = personal(
        ORDER, fields.ForeignKeyField("shop.Order", on_delete=fields.RESTRICT, related_name="events")
    )
    order_id: UUID
    status = personal(ORDER, fields.CharEnumField(OrderStatus, max_length=16))
    happened_at = personal(ORDER, fields.DatetimeField())

    class Meta(Model.Meta):
        table = "order_event"
        indexes = (Index(fields=["order_id"], name="order_event_of_order"),)

    append_only = True
