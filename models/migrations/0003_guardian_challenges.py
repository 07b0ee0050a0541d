"""Guardian challenges."""

# ruff: noqa: RUF012 -- Tortoise reads these lists from the class.

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from models.columns import DigestField
from models.guardianships import ChallengeState
from models.indexes import IndexWhere
from models.sealed import SealedField


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_queue")]

    initial = False

    operations = [
        ops.CreateModel(
            name="GuardianChallenge",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "minor",
                    fields.ForeignKeyField(
                        "shop.Account",
                        source_field="minor_id",
                        to_field="id",
                        related_name="challenges",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("state", fields.CharEnumField(enum_type=ChallengeState, max_length=16)),
                ("code_index", DigestField(unique=True)),
                ("email", SealedField(null=True)),
                ("phone", SealedField(null=True)),
                ("contact_index", DigestField(null=True)),
                ("first_name", SealedField(null=True)),
                ("language", fields.CharField(max_length=8)),
                ("sends", fields.SmallIntField(default=1, db_default=1)),
                ("sent_at", fields.DatetimeField()),
                ("created_at", fields.DatetimeField()),
                ("expires_at", fields.DatetimeField()),
                ("closed_at", fields.DatetimeField(null=True)),
            ],
            options={
                "table": "guardian_challenge",
                "indexes": [
                    Index(fields=["minor_id", "id"], name="guardian_challenge_of_minor"),
                    IndexWhere(fields=["expires_at"], name="guardian_challenge_open", where="state = 'PENDING'"),
                ],
                "pk_attr": "id",
            },
        ),
        ops.AddConstraint(
            model_name="GuardianChallenge",
            constraint=UniqueConstraint(
                fields=("minor_id",), name="guardian_challenge_one_open", condition="state = 'PENDING'"
            ),
        ),
        ops.AddConstraint(
            model_name="GuardianChallenge",
            constraint=CheckConstraint(
                check="(state = 'PENDING') = (closed_at IS NULL)", name="guardian_challenge_is_closed_at_an_instant"
            ),
        ),
        ops.AddConstraint(
            model_name="GuardianChallenge",
            constraint=CheckConstraint(
                check="(state = 'PENDING') = (contact_index IS NOT NULL)", name="guardian_challenge_knows_whom_it_asks"
            ),
        ),
        ops.AddConstraint(
            model_name="GuardianChallenge",
            constraint=CheckConstraint(
                check="state = 'PENDING' OR (email IS NULL AND phone IS NULL AND first_name IS NULL)",
                name="guardian_challenge_forgets_when_closed",
            ),
        ),
        ops.AddField(
            model_name="Guardianship",
            name="guardian_name",
            field=SealedField(null=True),
        ),
    ]
