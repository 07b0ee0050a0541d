"""That somebody's day of birth was corrected, by whom and why: added, never changed."""

from typing import Any, cast
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from models.accounts import Account
from models.columns import About, identity, personal
from models.sealed import sealed
from policy.ages import AgeBand
from policy.classes import BIRTH_DATE
from policy.subjects import Subject


class AgeCorrection(Model):
    """One correction; the days themselves are not kept, what it changed about the person's protection is (P7.2)."""

    about = About(Subject.ACCOUNT_HOLDER, by="account_id")
    id = identity()
    account: fields.ForeignKeyRelation[Account] = personal(
        BIRTH_DATE, fields.ForeignKeyField("shop.Account", on_delete=fields.RESTRICT, related_name="age_corrections")
    )
    account_id: UUID
    band_before = personal(BIRTH_DATE, fields.CharEnumField(AgeBand, max_length=8))
    band_after = personal(BIRTH_DATE, fields.CharEnumField(AgeBand, max_length=8))
    is_proven = personal(BIRTH_DATE, fields.BooleanField())
    # The member of staff; null where it was the person.
    staff: fields.ForeignKeyNullableRelation[Account] = personal(
        BIRTH_DATE,
        cast(
            Any,
            fields.ForeignKeyField("shop.Account", on_delete=fields.RESTRICT, related_name="ages_corrected", null=True),
        ),
    )
    staff_id: UUID | None
    reason = sealed(BIRTH_DATE, subject="account_id")
    recorded_at = personal(BIRTH_DATE, fields.DatetimeField())

    class Meta(Model.Meta):
        table = "age_correction"
        indexes = (Index(fields=["account_id", "id"], name="age_correction_of_account"),)

    append_only = True
