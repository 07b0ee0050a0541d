"""The journal of what members of staff do."""

# ruff: noqa: RUF012 -- Tortoise reads these lists from the class.

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from policy.viewer import StaffRole


class Migration(migrations.Migration):
    dependencies = [("shop", "0005_checkout")]

    initial = False

    operations = [
        ops.CreateModel(
            name="AuditEvent",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "shop.Account",
                        source_field="actor_id",
                        to_field="id",
                        related_name="audit_events",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("role", fields.CharEnumField(enum_type=StaffRole, max_length=16)),
                ("action", fields.CharField(max_length=64)),
                ("object_type", fields.CharField(max_length=64)),
                ("object_id", fields.UUIDField()),
                ("changes", fields.JSONField()),
                ("request_id", fields.CharField(null=True, max_length=64)),
                ("happened_at", fields.DatetimeField()),
            ],
            options={
                "table": "audit_event",
                "indexes": [
                    Index(fields=["object_id", "id"], name="audit_event_of_object"),
                    Index(fields=["action", "id"], name="audit_event_of_action"),
                    Index(fields=["actor_id", "id"], name="audit_event_of_actor"),
                    Index(fields=["happened_at"], name="audit_event_by_time"),
                ],
                "pk_attr": "id",
            },
        ),
    ]
