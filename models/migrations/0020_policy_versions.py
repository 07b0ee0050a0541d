"""Versions of the policy with what they say, how they were accepted, and who was told of them."""

# ruff: noqa: RUF012 -- Tortoise reads these lists from the class.

import json
from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

from models import clock
from models.accounts import Manner, PolicyVersionState
from policy.versions import snapshot, written

_foreign_key: Any = fields.ForeignKeyField


async def _keep_what_was_said(apps: object, editor: Any) -> None:
    """
    Take the versions that there are for announced, and for saying what the rules say that this program comes with.

    What they were written for is not known any more, and the rules have never been wider than today's.
    """
    client = editor.client
    _, versions = await client.execute_query("SELECT id FROM policy_version LIMIT 1")
    if not versions:
        return
    said = snapshot()
    await client.execute_query(
        "INSERT INTO policy_snapshot (name, said) VALUES ($1, $2::jsonb)", [said.name, json.dumps(written(said))]
    )
    await client.execute_query(
        """UPDATE policy_version
        SET state = 'ANNOUNCED', snapshot_id = $1, announced_at = effective_at, told_at = $2""",
        [said.name, clock.now()],
    )
    await client.execute_query(
        """UPDATE account a SET agreed_version = (
            SELECT v.version FROM policy_acceptance p JOIN policy_version v ON v.id = p.policy_version_id
            WHERE p.account_id = a.id ORDER BY v.effective_at DESC, v.version DESC LIMIT 1)""",
        [],
    )


def _to_account(related_name: str, *, source: str, null: bool) -> Any:
    return _foreign_key(
        "shop.Account",
        source_field=source,
        null=null,
        to_field="id",
        related_name=related_name,
        on_delete=OnDelete.RESTRICT,
    )


class Migration(migrations.Migration):
    dependencies = [("shop", "0017_partners")]

    initial = False

    operations = [
        ops.CreateModel(
            name="PolicySnapshot",
            fields=[
                ("name", fields.CharField(primary_key=True, max_length=64)),
                ("said", fields.JSONField()),
            ],
            options={"table": "policy_snapshot", "pk_attr": "name"},
        ),
        ops.AddField(
            model_name="PolicyVersion",
            name="state",
            field=fields.CharEnumField(
                enum_type=PolicyVersionState,
                max_length=16,
                default=PolicyVersionState.DRAFT,
                db_default=PolicyVersionState.DRAFT.value,
            ),
        ),
        ops.AlterField(model_name="PolicyVersion", name="effective_at", field=fields.DatetimeField(null=True)),
        ops.AddField(
            model_name="PolicyVersion",
            name="snapshot",
            field=_foreign_key(
                "shop.PolicySnapshot",
                source_field="snapshot_id",
                null=True,
                to_field="name",
                related_name="versions",
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            model_name="PolicyVersion",
            name="drafted_by",
            field=_to_account("drafted_policies", source="drafted_by_id", null=True),
        ),
        ops.AddField(
            model_name="PolicyVersion",
            name="announced_by",
            field=_to_account("announced_policies", source="announced_by_id", null=True),
        ),
        ops.AddField(model_name="PolicyVersion", name="announced_at", field=fields.DatetimeField(null=True)),
        ops.AddField(model_name="PolicyVersion", name="told_through", field=fields.UUIDField(null=True)),
        ops.AddField(model_name="PolicyVersion", name="told_at", field=fields.DatetimeField(null=True)),
        ops.AddField(model_name="GuardianConsent", name="policy_version", field=fields.IntField(null=True)),
        ops.AddField(model_name="Account", name="agreed_version", field=fields.IntField(null=True)),
        ops.AddField(
            model_name="PolicyAcceptance",
            name="manner",
            field=fields.CharEnumField(
                enum_type=Manner, max_length=16, default=Manner.EXPLICIT, db_default=Manner.EXPLICIT.value
            ),
        ),
        ops.AddField(
            model_name="PolicyAcceptance",
            name="accepted_by",
            field=_to_account("acceptances_for_wards", source="accepted_by_id", null=True),
        ),
        ops.CreateModel(
            name="PolicyNotice",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                ("account", _to_account("policy_notices", source="account_id", null=False)),
                (
                    "policy_version",
                    _foreign_key(
                        "shop.PolicyVersion",
                        source_field="policy_version_id",
                        to_field="id",
                        related_name="notices",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("told_at", fields.DatetimeField()),
            ],
            options={
                "table": "policy_notice",
                "unique_together": (("account_id", "policy_version_id"),),
                "pk_attr": "id",
            },
        ),
        ops.RunPython(_keep_what_was_said),
        ops.AddConstraint(
            model_name="PolicyVersion",
            constraint=CheckConstraint(
                check="announced_by_id IS NULL OR announced_by_id <> drafted_by_id",
                name="policy_version_is_announced_by_another",
            ),
        ),
        ops.AddConstraint(
            model_name="PolicyVersion",
            constraint=CheckConstraint(
                check="state <> 'ANNOUNCED' OR (effective_at IS NOT NULL AND snapshot_id IS NOT NULL)",
                name="policy_version_that_is_announced_is_whole",
            ),
        ),
    ]
