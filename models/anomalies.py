"""Signs of abuse that were noticed of orders, for operators and for risk control (P2.4, P4.4)."""

from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model

from models.columns import About, identity, personal
from models.orders import ORDERS_READ, Order, window_of
from models.risk_control import is_risk_control, looking_into
from models.rows import Rows
from models.scoping import cleared_for, scope_for
from policy.classes import ORDER
from policy.purposes import Purpose
from policy.subjects import Subject
from policy.viewer import Viewer


class AnomalyKind(StrEnum):
    """What was noticed."""

    VELOCITY = "VELOCITY"
    AMOUNT = "AMOUNT"


class OrderAnomaly(Model):
    """
    That an order is out of the ordinary: a sign, and no judgement; added, never changed.

    It opens the order to risk control until it closes by itself.
    """

    about = About(Subject.ACCOUNT_HOLDER, by="order__buyer_id")
    id = identity()
    order: fields.ForeignKeyRelation[Order] = personal(
        ORDER, fields.ForeignKeyField("shop.Order", on_delete=fields.RESTRICT, related_name="anomalies")
    )
    order_id: UUID
    kind = personal(ORDER, fields.CharEnumField(AnomalyKind, max_length=16))
    noticed_at = personal(ORDER, fields.DatetimeField())
    closes_at = personal(ORDER, fields.DatetimeField())

    class Meta(Model.Meta):
        table = "order_anomaly"
        # INVARIANT (noticed once): whoever looks at the same order again, in whatever process, adds nothing.
        unique_together = (("order_id", "kind"),)
        constraints = (
            CheckConstraint(check="closes_at > noticed_at", name="order_anomaly_closes_after_it_was_noticed"),
        )
        indexes = (Index(fields=["closes_at"], name="order_anomaly_closing"),)

    append_only = True

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[OrderAnomaly]":
        """
        Scope them to those of orders that the viewer may know of, and for risk control to those that are open.

        The buyer reads them like all that is held about them (P6.1); nobody whose work is to deliver does.
        """
        is_open = "t.closes_at > :now"
        scope = scope_for(
            viewer,
            subject="o.buyer_id",
            person=cleared_for(Purpose.ACCOUNT),
            guardian="TRUE",
            partners=looking_into(viewer, is_open),
            agent=f"k.is_verified AND {cleared_for(Purpose.CUSTOMER_SERVICE)}",
            operator=cleared_for(Purpose.OPERATIONS),
            facts={"is_window_open": is_open if is_risk_control(viewer) else window_of("o")},
            through='JOIN "order" o ON o.id = t.order_id',
            token_scopes=frozenset({ORDERS_READ}),
            core=ORDER,
            order="o.id",
        )
        return Rows(cls, viewer, scope)
