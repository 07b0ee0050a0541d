"""The register of transfers: whose data went to another region, to whom, and on which of the three grounds (P8.1)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

from models.accounts import Account
from models.bands import account_of_today, day
from models.borders import CONSENTS_TO_LEAVE, area_in
from models.columns import About, identity, personal
from models.database import fetch
from models.orders import Order, dealing_of
from models.partners import Partner
from models.rows import Rows
from models.scoping import cleared_for, numbered, scope_for
from models.suppliers import Supplier
from policy.ages import AgeBand
from policy.classes import TRANSFER
from policy.purposes import Purpose
from policy.regions import TransferGround, area_of
from policy.subjects import Subject
from policy.viewer import Viewer


class Receiver(StrEnum):
    """Whom data went to."""

    DEPLOYMENT = "DEPLOYMENT"
    SUPPLIER = "SUPPLIER"
    PARTNER = "PARTNER"


class Transfer(Model):
    """
    That data of a person goes from their region to another one.

    One row for each place, ground and order; what goes there again sets its last instant alone.
    """

    about = About(Subject.ACCOUNT_HOLDER, by="account_id")
    id = identity()
    account: fields.ForeignKeyRelation[Account] = personal(
        TRANSFER, fields.ForeignKeyField("shop.Account", on_delete=fields.RESTRICT, related_name="transfers")
    )
    account_id: UUID
    from_region = personal(TRANSFER, fields.CharField(max_length=2))
    to_region = personal(TRANSFER, fields.CharField(max_length=2))
    receiver = personal(TRANSFER, fields.CharEnumField(Receiver, max_length=16))
    supplier: fields.ForeignKeyNullableRelation[Supplier] = personal(
        TRANSFER,
        cast(
            Any, fields.ForeignKeyField("shop.Supplier", on_delete=fields.RESTRICT, related_name="transfers", null=True)
        ),
    )
    supplier_id: UUID | None
    partner: fields.ForeignKeyNullableRelation[Partner] = personal(
        TRANSFER,
        cast(
            Any, fields.ForeignKeyField("shop.Partner", on_delete=fields.RESTRICT, related_name="transfers", null=True)
        ),
    )
    partner_id: UUID | None
    ground = personal(TRANSFER, fields.CharEnumField(TransferGround, max_length=16))
    classes = personal(TRANSFER, fields.JSONField[list[str]]())
    order: fields.ForeignKeyNullableRelation[Order] = personal(
        TRANSFER,
        cast(Any, fields.ForeignKeyField("shop.Order", on_delete=fields.RESTRICT, related_name="transfers", null=True)),
    )
    order_id: UUID | None
    first_at = personal(TRANSFER, fields.DatetimeField())
    last_at = personal(TRANSFER, fields.DatetimeField())

    class Meta(Model.Meta):
        table = "transfer"
        constraints = (
            CheckConstraint(
                check="(receiver = 'SUPPLIER') = (supplier_id IS NOT NULL)", name="transfer_names_its_supplier"
            ),
            CheckConstraint(
                check="(receiver = 'PARTNER') = (partner_id IS NOT NULL)", name="transfer_names_its_partner"
            ),
            CheckConstraint(check="from_region <> to_region", name="transfer_leaves_the_region"),
            CheckConstraint(check="last_at >= first_at", name="transfer_ends_after_it_began"),
            UniqueConstraint(
                fields=("order_id", "supplier_id"), name="transfer_once_of_order", condition="order_id IS NOT NULL"
            ),
            UniqueConstraint(
                fields=("order_id", "partner_id", "to_region"),
                name="transfer_once_of_charge",
                condition="receiver = 'PARTNER'",
            ),
            UniqueConstraint(
                fields=("account_id", "to_region", "ground"),
                name="transfer_once_of_deployment",
                condition="receiver = 'DEPLOYMENT'",
            ),
        )
        indexes = (Index(fields=["account_id", "id"], name="transfer_of_account"),)

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[Transfer]":
        """Scope transfers to those of the viewer's own data or a child's of theirs, and for officers and auditors."""
        scope = scope_for(
            viewer,
            subject="t.account_id",
            person=cleared_for(Purpose.ACCOUNT),
            guardian=f"s.age_band = '{AgeBand.CHILD.value}'",
            officer=cleared_for(Purpose.PRIVACY),
            auditor=cleared_for(Purpose.AUDIT),
            core=TRANSFER,
        )
        return Rows(cls, viewer, scope)


def suppliers_abroad(order: str) -> str:
    """
    Say in SQL which suppliers of an order are abroad of its buyer, with the buyer and both regions.

    Args:
        order: SQL of the order's id.
    """
    return f"""SELECT DISTINCT o.id AS order_id, o.buyer_id, s.region AS from_region, p.id AS supplier_id,
            p.region AS to_region
        FROM "order" o JOIN account s ON s.id = o.buyer_id JOIN order_line l ON l.order_id = o.id
        JOIN supplier p ON p.id = l.supplier_id
        WHERE o.id = {order} AND ({area_in("p.region")}) <> ({area_in("s.region")})"""


@dataclass(frozen=True, slots=True)
class Border:
    """
    What lies between the buyer of an order and a partner whom the shop tells of it.

    Args:
        is_abroad: Whether the partner works in another region than the buyer lives in.
        ground: On which of the three grounds the order's data may go there; None on none, or where no border is.
    """

    is_abroad: bool
    ground: TransferGround | None

    @property
    def is_closed(self) -> bool:
        """Whether nothing may cross."""
        return self.is_abroad and self.ground is None


async def border_of(order_id: UUID, *, to: Viewer) -> Border:
    """
    Look at the border between a buyer and a partner with a part in their order, as the scopes of rows do (P8.1).

    The buyer's dealing reaches as far as the order's suppliers, and takes the order's own fields there and no others;
    beyond that they consent to it, or for somebody under age the guardian does.
    """
    # INVARIANT (nowhere is abroad): of a partner that nobody knows a region of, everything would cross a border.
    text, values = numbered(
        f"""SELECT ({area_in("s.region")}) <> :area AS is_abroad, {CONSENTS_TO_LEAVE} AS consents,
            ({dealing_of(to, "o")}) AS deals
        FROM "order" o JOIN {account_of_today()} s ON s.id = o.buyer_id WHERE o.id = :order""",
        {**day(), "area": area_of(to.region) if to.region is not None else "", "order": order_id},
    )
    (row,) = await fetch(text, *values)
    if not row["is_abroad"]:
        return Border(is_abroad=False, ground=None)
    if row["deals"]:
        return Border(is_abroad=True, ground=TransferGround.OWN_DEALING)
    return Border(is_abroad=True, ground=TransferGround.CONSENT if row["consents"] else None)
