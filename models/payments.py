"""What was paid for orders, by which institution, and what is due back."""

from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model

from models.columns import About, identity, personal
from models.fulfilments import FulfillmentOrder
from models.indexes import IndexWhere
from models.orders import Order, dealing_of, window_of
from models.rows import Rows
from models.scoping import cleared_for, cleared_under_age_for, scope_for
from policy.classes import ORDER, ORDER_AMOUNT, ORDER_NUMBER
from policy.partners import PartnerType
from policy.purposes import Purpose
from policy.subjects import Subject
from policy.viewer import Viewer

PAYMENTS_READ = "payments:read"


class InstitutionName(StrEnum):
    """Who takes the money."""

    SANDBOX = "SANDBOX"


class PaymentState(StrEnum):
    """How far a payment has come."""

    PENDING = "PENDING"
    PAID = "PAID"
    DECLINED = "DECLINED"
    REFUND_DUE = "REFUND_DUE"
    REFUNDED = "REFUNDED"


class Payment(Model):
    """
    The one payment of an order.

    A payment whose order was cancelled is due back, also if nobody knows whether it was taken: the institution is then
    told to give back whatever it took under the order's number.
    """

    about = About(Subject.ACCOUNT_HOLDER, by="order__buyer_id")
    id = identity()
    order: fields.OneToOneRelation[Order] = personal(
        ORDER, fields.OneToOneField("shop.Order", on_delete=fields.RESTRICT, related_name="payment")
    )
    order_id: UUID
    institution = personal(ORDER, fields.CharEnumField(InstitutionName, max_length=16))
    state = personal(ORDER, fields.CharEnumField(PaymentState, max_length=16))
    currency = personal(ORDER_AMOUNT, fields.CharField(max_length=3))
    amount_minor = personal(ORDER_AMOUNT, fields.BigIntField())
    reference = personal(ORDER, fields.CharField(max_length=64, null=True))
    created_at = personal(ORDER, fields.DatetimeField())
    settled_at = personal(ORDER, fields.DatetimeField(null=True))

    class Meta(Model.Meta):
        table = "payment"
        constraints = (CheckConstraint(check="amount_minor >= 0", name="payment_amount_is_not_negative"),)
        indexes = (
            IndexWhere(fields=["id"], name="payment_refund_due", where="state = 'REFUND_DUE'"),
            Index(fields=["institution", "id"], name="payment_of_institution"),
        )

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[Payment]":
        """
        Scope payments to those of orders that the viewer may know of; an institution's to what it has to do (P2.5).

        It takes what is pending and gives back what is due; what it took may have to be given back as long as the
        order is under way, and after that the payment is not there for it any more.
        """
        due = "EXISTS (SELECT FROM refund d WHERE d.order_id = t.order_id AND d.state = 'DUE')"
        under_way = f"""(t.state IN ('PENDING', 'REFUND_DUE') OR {due} OR (t.state = 'PAID' AND {window_of("o")}))"""
        own = "t.institution = (SELECT i.institution FROM partner i WHERE i.id = :partner)"
        is_institution = viewer.partner_type is PartnerType.PAYMENT
        scope = scope_for(
            viewer,
            subject="o.buyer_id",
            person=cleared_for(Purpose.ACCOUNT),
            guardian="TRUE",
            partners={PartnerType.PAYMENT: f"{own} AND {under_way} AND {cleared_under_age_for(Purpose.PAYMENT)}"},
            agent=f"k.is_verified AND {cleared_for(Purpose.CUSTOMER_SERVICE)}",
            operator=cleared_for(Purpose.OPERATIONS),
            facts={"is_window_open": under_way if is_institution else window_of("o")},
            through='JOIN "order" o ON o.id = t.order_id',
            token_scopes=frozenset({PAYMENTS_READ}),
            core=ORDER_NUMBER,
            order="o.id",
            dealing=dealing_of(viewer, "o"),
        )
        return Rows(cls, viewer, scope)


class RefundState(StrEnum):
    """How far the return of a part of the money has come."""

    DUE = "DUE"
    GIVEN = "GIVEN"


class Refund(Model):
    """What is given back for a supplier's part that is not sent, while the rest of the order is."""

    about = About(Subject.ACCOUNT_HOLDER, by="order__buyer_id")
    id = identity()
    order: fields.ForeignKeyRelation[Order] = personal(
        ORDER, fields.ForeignKeyField("shop.Order", on_delete=fields.RESTRICT, related_name="refunds")
    )
    order_id: UUID
    fulfilment: fields.OneToOneRelation[FulfillmentOrder] = personal(
        ORDER, fields.OneToOneField("shop.FulfillmentOrder", on_delete=fields.RESTRICT, related_name="refund")
    )
    fulfilment_id: UUID
    state = personal(ORDER, fields.CharEnumField(RefundState, max_length=16))
    currency = personal(ORDER_AMOUNT, fields.CharField(max_length=3))
    amount_minor = personal(ORDER_AMOUNT, fields.BigIntField())
    created_at = personal(ORDER, fields.DatetimeField())
    settled_at = personal(ORDER, fields.DatetimeField(null=True))

    class Meta(Model.Meta):
        table = "refund"
        constraints = (CheckConstraint(check="amount_minor >= 0", name="refund_amount_is_not_negative"),)
        indexes = (
            Index(fields=["order_id"], name="refund_of_order"),
            IndexWhere(fields=["id"], name="refund_due", where="state = 'DUE'"),
        )
