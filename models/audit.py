"""What members of staff did, in a journal that is only ever added to."""

from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from models.accounts import Account
from models.columns import About, identity, not_personal, personal
from models.rows import Rows
from models.scoping import NOTHING, Scope
from policy.classes import ACCOUNT
from policy.subjects import Subject
from policy.viewer import StaffRole, Viewer

# What of the shop operators look after, and the register of partners; of actions on anything else, such as tickets,
# they learn nothing.
SHOP_OBJECTS = frozenset(
    {
        *("Product", "ProductVariant", "Category", "InventoryLevel"),
        *("Partner", "DataProcessingAgreement", "SecurityReview", "AccessToken"),
    }
)
LOOKED_AS = "viewAs"
"""What it is called that somebody looked as somebody else."""

_SEEN_BY = {
    StaffRole.OPERATOR: "t.object_type = ANY(:shop_objects::text[])",
    # Whose data it was about they are not told: the id is one of theirs alone, and leads nowhere.
    StaffRole.AUDITOR: f"t.action = '{LOOKED_AS}'",
}


class AuditEvent(Model):
    """
    One action of a member of staff: added by `commerce.audit.record` in the transaction of the action, never changed.

    The changes hold values of columns that are declared as not personal, and of others the name alone, so nothing in
    this journal has to be erased with a person whom an action was about (docs/decisions/0065).
    """

    about = About(Subject.STAFF, by="actor_id")
    id = identity()
    actor: fields.ForeignKeyRelation[Account] = personal(
        ACCOUNT, fields.ForeignKeyField("shop.Account", on_delete=fields.RESTRICT, related_name="audit_events")
    )
    actor_id: UUID
    role = personal(ACCOUNT, fields.CharEnumField(StaffRole, max_length=16))
    action = not_personal(fields.CharField(max_length=64))
    object_type = not_personal(fields.CharField(max_length=64))
    object_id = personal(ACCOUNT, fields.UUIDField(), about=About(Subject.ACCOUNT_HOLDER))
    changes: Any = not_personal(fields.JSONField[dict[str, Any]]())
    request_id = not_personal(fields.CharField(max_length=64, null=True))
    happened_at = not_personal(fields.DatetimeField())

    class Meta(Model.Meta):
        table = "audit_event"
        indexes = (
            Index(fields=["object_id", "id"], name="audit_event_of_object"),
            Index(fields=["action", "id"], name="audit_event_of_action"),
            Index(fields=["actor_id", "id"], name="audit_event_of_actor"),
            Index(fields=["happened_at"], name="audit_event_by_time"),
        )

    append_only = True

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[AuditEvent]":
        """
        Scope events, for members of staff with valid training: operators see those on objects of the shop, auditors by
        whose eyes others of the staff have looked; nobody else sees any.
        """
        where = _SEEN_BY.get(viewer.staff, NOTHING) if viewer.staff is not None and viewer.is_trained else NOTHING
        return Rows(cls, viewer, Scope("", where, {}, {"shop_objects": sorted(SHOP_OBJECTS)}))
