"""What suppliers have in stock, what of it is promised to orders, and a journal of every change."""

from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model

from models.columns import About, identity, not_personal, personal
from models.indexes import IndexWhere
from models.orders import Order
from models.products import ProductVariant
from models.rows import Rows
from models.scoping import NOTHING, public_scope
from models.suppliers import Supplier
from policy.classes import ORDER
from policy.subjects import Subject
from policy.viewer import Viewer


class StockLocation(Model):
    """A place where a supplier keeps goods."""

    id = identity()
    supplier: fields.ForeignKeyRelation[Supplier] = not_personal(
        fields.ForeignKeyField("shop.Supplier", on_delete=fields.RESTRICT, related_name="stock_locations")
    )
    supplier_id: UUID
    name = not_personal(fields.CharField(max_length=120))
    created_at = not_personal(fields.DatetimeField())

    class Meta(Model.Meta):
        table = "stock_location"
        unique_together = (("supplier_id", "name"),)

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[StockLocation]":
        """Scope places to operators, who see all of them; where suppliers keep goods is nobody else's concern."""
        return Rows(cls, viewer, public_scope(viewer, public=NOTHING))


class InventoryLevel(Model):
    """
    How many of one variant are at one place, and how many of these are promised.

    INVARIANT (nothing is sold twice): 0 <= reserved <= on_hand, whatever is done at once; the table refuses the rest.
    """

    id = identity()
    variant: fields.ForeignKeyRelation[ProductVariant] = not_personal(
        fields.ForeignKeyField("shop.ProductVariant", on_delete=fields.RESTRICT, related_name="inventory_levels")
    )
    variant_id: UUID
    location: fields.ForeignKeyRelation[StockLocation] = not_personal(
        fields.ForeignKeyField("shop.StockLocation", on_delete=fields.RESTRICT, related_name="inventory_levels")
    )
    location_id: UUID
    on_hand = not_personal(fields.IntField(default=0, db_default=0))
    reserved = not_personal(fields.IntField(default=0, db_default=0))
    # What an import said last that there is; the next one adds or takes the difference to that.
    imported = not_personal(fields.IntField(null=True))

    class Meta(Model.Meta):
        table = "inventory_level"
        unique_together = (("variant_id", "location_id"),)
        indexes = (Index(fields=["location_id", "id"], name="inventory_level_of_location"),)
        constraints = (
            CheckConstraint(check="reserved >= 0", name="inventory_level_reserved_is_not_negative"),
            CheckConstraint(check="reserved <= on_hand", name="inventory_level_is_not_oversold"),
        )

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[InventoryLevel]":
        """Scope levels to operators, who see all of them; everybody else sees only how many can be bought."""
        return Rows(cls, viewer, public_scope(viewer, public=NOTHING))


class ReservationState(StrEnum):
    """What became of goods that were promised to an order."""

    HELD = "HELD"
    COMMITTED = "COMMITTED"
    RELEASED = "RELEASED"
    RETURNED = "RETURNED"


class StockReservation(Model):
    """Goods of one place that are promised to an order; held until it is paid, and no longer than `expires_at`."""

    about = About(Subject.ACCOUNT_HOLDER, by="order__buyer_id")
    id = identity()
    level: fields.ForeignKeyRelation[InventoryLevel] = personal(
        ORDER, fields.ForeignKeyField("shop.InventoryLevel", on_delete=fields.RESTRICT, related_name="reservations")
    )
    level_id: UUID
    order: fields.ForeignKeyRelation[Order] = personal(
        ORDER, fields.ForeignKeyField("shop.Order", on_delete=fields.RESTRICT, related_name="reservations")
    )
    order_id: UUID
    quantity = personal(ORDER, fields.IntField())
    state = personal(ORDER, fields.CharEnumField(ReservationState, max_length=16))
    expires_at = personal(ORDER, fields.DatetimeField())

    class Meta(Model.Meta):
        table = "stock_reservation"
        unique_together = (("order_id", "level_id"),)
        constraints = (CheckConstraint(check="quantity > 0", name="stock_reservation_quantity_is_positive"),)
        indexes = (IndexWhere(fields=["expires_at"], name="stock_reservation_held", where="state = 'HELD'"),)


class MovementKind(StrEnum):
    """Why stock changed."""

    ADJUSTED = "ADJUSTED"
    RESERVED = "RESERVED"
    COMMITTED = "COMMITTED"
    RELEASED = "RELEASED"
    RETURNED = "RETURNED"


class StockReason(StrEnum):
    """Why somebody said that there is more or less of something."""

    RECEIVED = "RECEIVED"
    COUNTED = "COUNTED"
    DAMAGED = "DAMAGED"
    LOST = "LOST"
    SENT_BACK = "SENT_BACK"
    CORRECTED = "CORRECTED"
    IMPORTED = "IMPORTED"


class StockMovement(Model):
    """One change of a level: added, never changed; the sum of a level's movements is the level."""

    about = About(Subject.ACCOUNT_HOLDER)
    id = identity()
    level: fields.ForeignKeyRelation[InventoryLevel] = not_personal(
        fields.ForeignKeyField("shop.InventoryLevel", on_delete=fields.RESTRICT, related_name="movements")
    )
    level_id: UUID
    kind = not_personal(fields.CharEnumField(MovementKind, max_length=16))
    on_hand_change = not_personal(fields.IntField())
    reserved_change = not_personal(fields.IntField())
    order_id = personal(ORDER, fields.UUIDField(null=True))
    # Of what was adjusted; null for what orders did.
    reason = not_personal(fields.CharEnumField(StockReason, max_length=16, null=True))
    happened_at = not_personal(fields.DatetimeField())

    class Meta(Model.Meta):
        table = "stock_movement"
        indexes = (Index(fields=["level_id"], name="stock_movement_of_level"),)

    append_only = True
